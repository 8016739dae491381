//! `fallback`: the station to which the listeners of another one are moved.

use std::collections::HashMap;

use super::draft::StationDraft;
use super::mount;
use super::problems::Problems;
use super::section::{Located, Section};
use crate::settings::StationSettings;
use crate::station::configured_codec;

/// The key of the fallback.
const FALLBACK: &str = "fallback";

/// Reads the fallback of a station.
pub fn read<'d>(section: &mut Section<'_, 'd, '_>) -> Option<Located<&'d str>> {
    let text = section.string(FALLBACK, r#""/backup""#)?;
    if let Some(reason) = mount::path_error(text.value) {
        section.report_rejected(FALLBACK, text.span.clone(), &reason);
        return None;
    }
    Some(text)
}

/// Reports fallbacks to which no listener can be moved.
pub fn check_all(drafts: &[StationDraft], problems: &mut Problems<'_>) {
    let stations: HashMap<&str, &StationSettings> =
        drafts.iter().map(|draft| (draft.settings.mount.as_str(), &draft.settings)).collect();
    for draft in drafts {
        let StationDraft { settings, schema, fallback_at: Some(at), .. } = draft else { continue };
        if let Some(reason) = settings.fallback.as_ref().and_then(|_| fallback_error(settings, &stations)) {
            let fallback = settings.fallback.as_deref().unwrap_or_default();
            problems.add_error(*at, format!("{} {FALLBACK}: {fallback:?} {reason}", schema.name));
        }
    }
}

/// Returns why the fallback of a station is invalid, as the end of a sentence that begins with it.
fn fallback_error(station: &StationSettings, all: &HashMap<&str, &StationSettings>) -> Option<String> {
    let Some(target) = all.get(station.fallback.as_deref()?) else {
        return Some("is the mount of no station".to_owned());
    };
    let programme = programme(target, all)?;
    if programme.mount == station.mount {
        let what =
            if target.rendition.is_some() { "is a rendition of this station" } else { "is this station" };
        return Some(what.to_owned());
    }
    if leads_back(programme, station, all) {
        return Some(format!("leads back to {:?}", station.mount));
    }
    let codecs = configured_codec(station).zip(configured_codec(target));
    codecs.filter(|(own, other)| own != other).map(|(own, other)| {
        format!("plays {}, and this station plays {}: players cannot follow", other.name(), own.name())
    })
}

/// Returns whether the fallbacks of `first` lead to `station`.
fn leads_back(
    first: &StationSettings,
    station: &StationSettings,
    all: &HashMap<&str, &StationSettings>,
) -> bool {
    let next = |from: &&StationSettings| {
        let target = all.get(from.fallback.as_deref()?)?;
        programme(target, all)
    };
    // A circle that does not contain the station is reported for those that it contains.
    let mut chain = std::iter::successors(Some(first), next).take(all.len());
    chain.any(|other| other.mount == station.mount)
}

/// Returns the station whose programme another one has: itself, or the one whose rendition it is.
fn programme<'a>(
    station: &'a StationSettings,
    all: &HashMap<&str, &'a StationSettings>,
) -> Option<&'a StationSettings> {
    station.rendition.as_ref().map_or(Some(station), |it| all.get(it.parent.as_str()).copied())
}
