//! `[directory]`: the directories in which public stations are announced.

use std::time::Duration;

use super::keys::{self, LocatedTable};
use super::problems::Problems;
use super::ranges::{DIRECTORIES_MAX, DIRECTORY_TIMEOUT, IntegerRange, TEXT_MAX, TOUCH_INTERVAL};
use super::section::Section;
use crate::settings::{DirectoryListing, DirectorySettings, Settings, StationSettings, UnlistedSettings};

const URL: &str = "url";

/// The expected value, for error messages.
const URL_EXPECTED: &str =
    r#"an address that begins with http:// or https://, such as "https://dir.xiph.org/cgi-bin/yp-cgi""#;

/// Returns the directories, if there is a `[directory]` table.
pub fn read<'t>(
    found: Option<LocatedTable<'_, 't>>,
    settings: &Settings,
    problems: &mut Problems<'t>,
) -> Option<DirectorySettings> {
    let (table, start) = found?;
    let mut section = Section::new(table, start, &keys::DIRECTORY, problems);
    if section.span(URL).is_none() {
        section.report_missing(URL, &format!("is required, expected {URL_EXPECTED}"));
    }
    if settings.public_url.is_none() {
        section.report_missing(URL, "requires public_url in [server], the address of the stations");
    }
    let urls = urls(&mut section);
    let touch_interval = seconds(&mut section, "touch_interval_s", &TOUCH_INTERVAL);
    let timeout = seconds(&mut section, "timeout_s", &DIRECTORY_TIMEOUT);
    warn(&mut section, settings);
    (!urls.is_empty()).then(|| DirectorySettings {
        urls,
        touch_interval: touch_interval.unwrap_or(DirectorySettings::TOUCH_INTERVAL),
        timeout: timeout.unwrap_or(DirectorySettings::TIMEOUT),
    })
}

fn seconds(section: &mut Section<'_, '_, '_>, key: &str, range: &IntegerRange) -> Option<Duration> {
    section.integer(key, range).map(|seconds| Duration::from_secs(seconds.value.into()))
}

fn urls(section: &mut Section<'_, '_, '_>) -> Vec<String> {
    let texts = section.strings(URL, URL_EXPECTED).map(|texts| texts.value).unwrap_or_default();
    if let Some(text) = texts.get(DIRECTORIES_MAX) {
        section.report_error(URL, text.start(), &format!("expected at most {DIRECTORIES_MAX} addresses"));
    }
    let mut urls: Vec<String> = Vec::new();
    for text in texts {
        if !is_url(text.value) {
            section.report_invalid(URL, text.span, URL_EXPECTED);
        } else if urls.iter().any(|url| url == text.value) {
            section.report_rejected(URL, text.span, "is in the list twice");
        } else {
            urls.push(text.value.to_owned());
        }
    }
    urls
}

fn is_url(text: &str) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    has_host && text.chars().all(|character| character.is_ascii_graphic()) && text.len() <= TEXT_MAX
}

/// Warns of stations that a directory would not list.
fn warn(section: &mut Section<'_, '_, '_>, Settings { stations, unlisted, .. }: &Settings) {
    let mut public = stations.iter().filter(|station| station.public.is_possible()).peekable();
    let has_public = public.peek().is_some() || unlisted.as_ref().is_some_and(may_be_public);
    if !has_public {
        return section.warn(URL, "has no effect: no station has public = true or public = \"as_source\"");
    }
    let gets_name = |station: &StationSettings| inputs_of(station, stations).sources.is_enabled();
    for station in public.filter(|station| station.is_name_default && !gets_name(station)) {
        section.warn(URL, &format!("will not list {:?}, which sets no name", station.mount));
    }
}

/// Reads whether directories may list a station.
pub fn public(section: &mut Section<'_, '_, '_>) -> Option<DirectoryListing> {
    let flags = [DirectoryListing::Never, DirectoryListing::Always];
    section.flag_or_choice("public", flags, ("as_source", DirectoryListing::AsSource))
}

/// Returns whether directories may list an unlisted station.
fn may_be_public(unlisted: &UnlistedSettings) -> bool {
    unlisted.public.is_possible() || unlisted.mounts.iter().any(|mount| mount.station.public.is_possible())
}

/// Returns the station whose inputs `station` plays: its own, or those of the station of which it is a
/// rendition.
fn inputs_of<'s>(station: &'s StationSettings, all: &'s [StationSettings]) -> &'s StationSettings {
    let parent = station.rendition.as_ref().map(|rendition| &rendition.parent);
    let parent = parent.and_then(|parent| all.iter().find(|other| other.mount == *parent));
    parent.unwrap_or(station)
}
