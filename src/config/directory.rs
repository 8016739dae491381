//! `[directory]`: the directory in which public stations are announced.

use super::keys::{self, LocatedTable};
use super::problems::Problems;
use super::ranges::TEXT_MAX;
use super::section::Section;
use crate::settings::{Settings, StationSettings};

const URL: &str = "url";

/// The expected value, for error messages.
const URL_EXPECTED: &str =
    r#"an address that begins with http:// or https://, such as "https://dir.xiph.org/cgi-bin/yp-cgi""#;

/// Returns the URL of the directory, if a `[directory]` table sets one.
pub fn read<'t>(
    found: Option<LocatedTable<'_, 't>>,
    settings: &Settings,
    problems: &mut Problems<'t>,
) -> Option<String> {
    let (table, start) = found?;
    let mut section = Section::new(table, start, &keys::DIRECTORY, problems);
    if section.span(URL).is_none() {
        section.report_missing(URL, &format!("is required, expected {URL_EXPECTED}"));
    }
    if settings.public_url.is_none() {
        section.report_missing(URL, "requires public_url in [server], the address of the stations");
    }
    let url = url(&mut section);
    warn(&mut section, settings);
    url
}

fn url(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let text = section.string(URL, r#""http://dir.xiph.org/cgi-bin/yp-cgi""#)?;
    let is_valid = |c: char| c.is_ascii_graphic();
    let rest = ["http://", "https://"].iter().find_map(|scheme| text.value.strip_prefix(scheme));
    let host = rest.filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    if host.is_none() || !text.value.chars().all(is_valid) || text.value.len() > TEXT_MAX {
        section.report_invalid(URL, text.span, URL_EXPECTED);
        return None;
    }
    Some(text.value.to_owned())
}

/// Warns of stations that a directory would not list.
fn warn(section: &mut Section<'_, '_, '_>, Settings { stations, unlisted, .. }: &Settings) {
    let mut public = stations.iter().filter(|station| station.public).peekable();
    let has_public = public.peek().is_some() || unlisted.as_ref().is_some_and(|unlisted| unlisted.public);
    if !has_public {
        return section.warn(URL, "has no effect: no station has public = true");
    }
    let gets_name = |station: &StationSettings| inputs_of(station, stations).sources.is_enabled();
    for station in public.filter(|station| station.is_name_default && !gets_name(station)) {
        section.warn(URL, &format!("will not list {:?}, which sets no name", station.mount));
    }
}

/// Returns the station whose inputs `station` plays: its own, or those of the station of which it is a
/// rendition.
fn inputs_of<'s>(station: &'s StationSettings, all: &'s [StationSettings]) -> &'s StationSettings {
    let parent = station.rendition.as_ref().map(|rendition| &rendition.parent);
    let parent = parent.and_then(|parent| all.iter().find(|other| other.mount == *parent));
    parent.unwrap_or(station)
}
