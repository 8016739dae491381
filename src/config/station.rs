//! `[[station]]`: the stations.

use crate::pages::is_http_url;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::keys::{self, LocatedTable};
use super::problems::Problems;
use super::ranges::{BUFFER, BURST, DELIVERY_INTERVAL, ID, LISTENERS, METAINT, STATIONS_MAX, TEXT_MAX};
use super::section::{Located, Section};
use super::{conversion, mount, paths, sources, stream_meta};
use crate::image::Image;
use crate::settings::{IcyStatusLine, StationSettings};

const MOUNT: &str = "mount";
const MUSIC: &str = "music";
const ARTWORK: &str = "artwork";
const INTERVAL: &str = "delivery_interval_ms";

/// The expected value of `music`, for error messages.
const MUSIC_EXPECTED: &str =
    r#"a list of files, directories and playlists, such as ["music/", "tonight.m3u"]"#;

const ICY: &[(&str, IcyStatusLine)] =
    &[("auto", IcyStatusLine::Auto), ("always", IcyStatusLine::Always), ("never", IcyStatusLine::Never)];

/// A station, and the byte offsets in the file of its id and its mount.
struct StationDraft {
    settings: StationSettings,
    id_at: usize,
    id_given: bool,
    mount_at: Option<usize>,
}

/// Reads all stations and returns them sorted by id.
pub fn read_all<'t>(
    found: &[LocatedTable<'_, 't>],
    folder: &Path,
    problems: &mut Problems<'t>,
) -> Vec<StationSettings> {
    if let Some((_, start)) = found.get(STATIONS_MAX) {
        problems.add_error(*start, format!("[[station]]: expected at most {STATIONS_MAX} of them"));
    }
    let mut drafts = Vec::new();
    for (index, (table, start)) in found.iter().take(STATIONS_MAX).enumerate() {
        let section = Section::new(table, *start, &keys::STATION, problems);
        drafts.push(read(section, index, found.len() == 1, folder));
    }
    report_duplicates(&drafts, problems);
    let mut stations: Vec<StationSettings> = drafts.into_iter().map(|draft| draft.settings).collect();
    stations.sort_by_key(|station| station.id);
    stations
}

/// Reads the station at `index` in the file, counted from 0.
fn read(mut section: Section<'_, '_, '_>, index: usize, is_only: bool, folder: &Path) -> StationDraft {
    let defaults = StationSettings::default();
    let id = section.integer("id", &ID);
    let mount = read_mount(&mut section, is_only);
    let (burst, buffer) = burst_and_buffer(&mut section, &defaults);
    let conversion = conversion::read(&mut section);
    let mut settings = StationSettings {
        id: id.as_ref().map_or(index as u32 + 1, |id| id.value),
        has_explicit_id: id.is_some(),
        mount: mount.as_ref().map_or(defaults.mount, |mount| mount.value.to_owned()),
        name: name(&mut section).unwrap_or(defaults.name),
        description: line(&mut section, "description", r#""Slow music""#).unwrap_or_default(),
        genre: line(&mut section, "genre", r#""Ambient""#).unwrap_or_default(),
        url: home_page(&mut section).unwrap_or_default(),
        public: section.flag("public").unwrap_or(defaults.public),
        meta: stream_meta::read(&mut section),
        music: music(&mut section, folder),
        shuffle: section.flag("shuffle").unwrap_or(defaults.shuffle),
        codec: conversion.codec,
        format: conversion.format,
        process: conversion.process,
        loudness: conversion.loudness,
        metaint: section.integer("metaint", &METAINT).map_or(defaults.metaint, |metaint| metaint.value),
        delivery_interval: defaults.delivery_interval,
        burst,
        buffer,
        icy_status_line: section.choice("icy_status_line", ICY).unwrap_or(defaults.icy_status_line),
        max_listeners: section.integer("max_listeners", &LISTENERS).map(|max| max.value as usize),
        is_name_default: section.span("name").is_none(),
        sources: sources::read(&mut section),
        record: sources::record(&mut section, folder),
        relay: sources::relay(&mut section),
        rendition: None,
        artwork: artwork(&mut section, folder),
    };
    settings.delivery_interval = delivery_interval(&mut section, &settings);
    let id_at = id.as_ref().map_or(section.start, Located::start);
    StationDraft { settings, id_at, id_given: id.is_some(), mount_at: mount.map(|mount| mount.start()) }
}

/// Reads one line of text.
fn line(section: &mut Section<'_, '_, '_>, key: &str, example: &str) -> Option<String> {
    let text = section.string(key, example)?;
    if text.value.contains(char::is_control) {
        section.report_rejected(
            key,
            text.span,
            "contains line breaks or control characters, expected one line",
        );
        return None;
    }
    if text.value.len() > TEXT_MAX {
        section.report_rejected(key, text.span, &format!("is longer than {TEXT_MAX} bytes"));
        return None;
    }
    Some(text.value.to_owned())
}

fn name(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let name = line(section, "name", r#""Harbour FM""#)?;
    if name.trim().is_empty() {
        let span = section.span("name")?;
        section.report_rejected(
            "name",
            span,
            "is empty: some players show titles only if the station has a name",
        );
    }
    Some(name)
}

fn home_page(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let url = line(section, "url", r#""http://example.org""#)?;
    if !url.is_empty() && !is_http_url(&url) {
        let span = section.span("url")?;
        section.report_invalid("url", span, "an address that begins with http:// or https://");
    }
    Some(url)
}

fn artwork(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<Image> {
    let text = section.string(ARTWORK, r#""cover.jpg""#)?;
    paths::image(folder, text.value)
        .map_err(|reason| section.report_rejected(ARTWORK, text.span, &reason))
        .ok()
}

fn read_mount<'d>(section: &mut Section<'_, 'd, '_>, is_only: bool) -> Option<Located<&'d str>> {
    if section.span(MOUNT).is_none() && !is_only {
        section.report_missing(MOUNT, "is required with more than one station, such as mount = \"/live\"");
    }
    let text = section.string(MOUNT, r#""/live""#)?;
    if let Some(reason) = mount::path_error(text.value) {
        section.report_rejected(MOUNT, text.span.clone(), &reason);
    }
    Some(text)
}

fn music(section: &mut Section<'_, '_, '_>, folder: &Path) -> Vec<PathBuf> {
    if section.span(MUSIC).is_none() && !sources::has_live_key(section) {
        section.report_missing(
            MUSIC,
            &format!("is required without source_password, dj or relay, expected {MUSIC_EXPECTED}"),
        );
    }
    let mut music = Vec::new();
    for text in section.strings(MUSIC, MUSIC_EXPECTED).into_iter().flat_map(|texts| texts.value) {
        match paths::music(folder, text.value) {
            Ok(path) => music.push(path),
            Err(reason) => section.report_rejected(MUSIC, text.span, &reason),
        }
    }
    music
}

fn burst_and_buffer(section: &mut Section<'_, '_, '_>, defaults: &StationSettings) -> (Duration, Duration) {
    let [burst_key, buffer_key] = ["burst_s", "buffer_s"];
    let burst = section.seconds(burst_key, &BURST).map_or(defaults.burst, |burst| burst.value);
    let buffer = section.seconds(buffer_key, &BUFFER).map_or(defaults.buffer, |buffer| buffer.value);
    if burst > buffer {
        let [burst_s, buffer_s] = [burst, buffer].map(|length| length.as_secs_f64());
        match (section.span(burst_key), section.span(buffer_key)) {
            (Some(span), _) => {
                let reason = format!("is more than {buffer_key} ({buffer_s:.1})");
                section.report_rejected(burst_key, span, &reason);
            }
            (None, Some(span)) => {
                let reason = format!("is less than {burst_key} ({burst_s:.1})");
                section.report_rejected(buffer_key, span, &reason);
            }
            (None, None) => {}
        }
    }
    (burst, buffer)
}

/// Returns the delivery interval, limited according to the burst. `station` still has the default interval.
fn delivery_interval(section: &mut Section<'_, '_, '_>, station: &StationSettings) -> Duration {
    let given = section.integer(INTERVAL, &DELIVERY_INTERVAL);
    let requested =
        given.as_ref().map_or(station.delivery_interval, |given| Duration::from_millis(given.value.into()));
    let max = station.max_delivery_interval();
    if requested <= max {
        return requested;
    }
    let [requested_ms, max_ms] = [requested, max].map(|interval| interval.as_millis());
    let default = if given.is_some() { "" } else { " (the default)" };
    let limit =
        if station.burst.is_zero() { "the maximum without a burst" } else { "a quarter of the burst" };
    section.warn(INTERVAL, &format!("{requested_ms}{default} is more than {limit}, using {max_ms}"));
    max
}

/// Reports stations that have the id or the mount of an earlier one.
fn report_duplicates(drafts: &[StationDraft], problems: &mut Problems<'_>) {
    for (index, draft) in drafts.iter().enumerate() {
        let earlier = &drafts[..index];
        let (id, mount) = (draft.settings.id, &draft.settings.mount);
        if let Some(other) = earlier.iter().find(|other| other.settings.id == id) {
            let hint = if draft.id_given && other.id_given { "" } else { DEFAULT_ID_HINT };
            let line = problems.line(other.id_at);
            let message =
                format!("[[station]] id: {id} is already the id of the station in line {line}{hint}");
            problems.add_error(draft.id_at, message);
        }
        let other = earlier.iter().find(|other| other.mount_at.is_some() && other.settings.mount == *mount);
        if let (Some(at), Some(other_at)) = (draft.mount_at, other.and_then(|other| other.mount_at)) {
            let line = problems.line(other_at);
            let message =
                format!("[[station]] mount: {mount:?} is already the mount of the station in line {line}");
            problems.add_error(at, message);
        }
    }
}

/// Added to the error message if one of the two ids is a default.
const DEFAULT_ID_HINT: &str = "; without an id, the first station gets 1, the second 2";
