//! `fallback`, `fallback_input` and `overflow`: other stations that a station names.

use std::collections::HashMap;

use super::draft::{OtherStations, StationDraft};
use super::problems::Problems;
use super::section::{Located, Section};
use crate::router::mount_path::path_error;
use crate::settings::StationSettings;
use crate::station::configured_codec;

/// The keys.
const FALLBACK: &str = "fallback";
const INPUT: &str = "fallback_input";
const OVERFLOW: &str = "overflow";

impl OtherStations<Located<&str>> {
    /// Returns where they are named.
    pub fn start(&self) -> OtherStations<usize> {
        let start = |mount: &Option<Located<&str>>| mount.as_ref().map(Located::start);
        OtherStations {
            fallback: start(&self.fallback),
            input: start(&self.input),
            overflow: start(&self.overflow),
        }
    }
}

/// Reads the stations that a station names.
pub fn read<'d>(section: &mut Section<'_, 'd, '_>) -> OtherStations<Located<&'d str>> {
    let mut read = |key| mount_of(section, key);
    OtherStations { fallback: read(FALLBACK), input: read(INPUT), overflow: read(OVERFLOW) }
}

fn mount_of<'d>(section: &mut Section<'_, 'd, '_>, key: &'static str) -> Option<Located<&'d str>> {
    let text = section.string(key, r#""/backup""#)?;
    if let Some(reason) = path_error(text.value) {
        section.report_rejected(key, text.span.clone(), &reason);
        return None;
    }
    Some(text)
}

/// All stations and renditions by their mounts.
type ByMount<'a> = HashMap<&'a str, &'a StationSettings>;

/// Reports stations that cannot be what another one names them for. With `has_unlisted`, a source may make
/// one of them while the server runs.
pub fn check_all(drafts: &[StationDraft], has_unlisted: bool, problems: &mut Problems<'_>) {
    let all: ByMount<'_> =
        drafts.iter().map(|draft| (draft.settings.mount.as_str(), &draft.settings)).collect();
    for StationDraft { settings, schema, others_at, .. } in drafts {
        let OtherStations { fallback, input, overflow } = *others_at;
        let errors = [
            (
                FALLBACK,
                fallback,
                &settings.fallback,
                chain_error(settings, |it| it.fallback.as_deref(), &all),
            ),
            (INPUT, input, &settings.fallback_input, input_error(settings, &all)),
            (OVERFLOW, overflow, &settings.overflow, overflow_error(settings, &all)),
        ];
        for (key, at, mount, reason) in errors {
            let (Some(at), Some(mount)) = (at, mount) else { continue };
            let place = format!("{} {key}: {mount:?}", schema.name);
            match reason {
                Some(reason) => problems.add_error(at, format!("{place} {reason}")),
                None if all.contains_key(mount.as_str()) => {}
                None if key == FALLBACK => {
                    problems.add_error(at, format!("{place} is the mount of no station"));
                }
                None if has_unlisted => {}
                None => {
                    problems.add_warning(at, format!("{place} has no effect: it is the mount of no station"))
                }
            }
        }
    }
}

/// Returns why another station cannot admit the listeners of this one.
fn overflow_error(station: &StationSettings, all: &ByMount<'_>) -> Option<String> {
    let target = all.get(station.overflow.as_deref()?)?;
    (programme(target, all)?.mount == station.mount).then(|| own_error(target))
}

/// Returns why the station that `next` of a station names is invalid, as the end of a sentence that begins
/// with it. `None` also if it is none of these stations.
fn chain_error(
    station: &StationSettings,
    next: fn(&StationSettings) -> Option<&str>,
    all: &ByMount<'_>,
) -> Option<String> {
    let target = all.get(next(station)?)?;
    let programme = programme(target, all)?;
    if programme.mount == station.mount {
        return Some(own_error(target));
    }
    if leads_back(programme, station, next, all) {
        return Some(format!("leads back to {:?}", station.mount));
    }
    let codecs = configured_codec(station).zip(configured_codec(target));
    codecs.filter(|(own, other)| own != other).map(|(own, other)| {
        format!("plays {}, and this station plays {}: players cannot follow", other.name(), own.name())
    })
}

/// Returns why the programme of another station cannot be an input of this one.
fn input_error(station: &StationSettings, all: &ByMount<'_>) -> Option<String> {
    fn next(station: &StationSettings) -> Option<&str> {
        station.fallback_input.as_deref()
    }
    let too_long = || {
        let onward = |from: &&StationSettings| programme(all.get(next(from)?)?, all);
        let max = StationSettings::FALLBACK_INPUTS_MAX;
        let is_longer = std::iter::successors(Some(station), onward).nth(max).is_some();
        is_longer.then(|| format!("makes a chain of more than {max} stations that play one another"))
    };
    chain_error(station, next, all).or_else(too_long)
}

fn own_error(target: &StationSettings) -> String {
    let what = if target.rendition.is_some() { "is a rendition of this station" } else { "is this station" };
    what.to_owned()
}

/// Returns whether `next` leads from `first` to `station`.
fn leads_back(
    first: &StationSettings,
    station: &StationSettings,
    next: fn(&StationSettings) -> Option<&str>,
    all: &ByMount<'_>,
) -> bool {
    let next = |from: &&StationSettings| programme(all.get(next(from)?)?, all);
    // A circle that does not contain the station is reported for those that it contains.
    let mut chain = std::iter::successors(Some(first), next).take(all.len());
    chain.any(|other| other.mount == station.mount)
}

/// Returns the station whose programme another one has: itself, or the one whose rendition it is.
fn programme<'a>(station: &'a StationSettings, all: &ByMount<'a>) -> Option<&'a StationSettings> {
    station.rendition.as_ref().map_or(Some(station), |it| all.get(it.parent.as_str()).copied())
}
