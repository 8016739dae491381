//! `[[station]]`: the stations.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::delivery::{self, Delivery};
use super::draft::{self, StationDraft};
use super::keys::{self, LocatedTable};
use super::problems::Problems;
use super::ranges::{DELIVERY_INTERVAL, ID, LISTENERS, METAINT, STATIONS_MAX};
use super::section::{Located, Section};
use super::texts::{self, line};
use super::{
    conversion, directory, fallback, http_headers, intro, mount, paths, rendition, sources, stream_meta,
};
use crate::image::Image;
use crate::settings::{IcyStatusLine, StationSettings};

const MUSIC: &str = "music";
const ARTWORK: &str = "artwork";
const ARTWORK_IN_STREAM_URL: &str = "artwork_in_stream_url";
const INTERVAL: &str = "delivery_interval_ms";

/// The expected value of `music`, for error messages.
const MUSIC_EXPECTED: &str =
    r#"a file, a directory, a playlist, or a list of them, such as "music/" or ["music/", "tonight.m3u"]"#;

/// The values of `icy_status_line`.
pub const ICY: &[(&str, IcyStatusLine)] =
    &[("auto", IcyStatusLine::Auto), ("always", IcyStatusLine::Always), ("never", IcyStatusLine::Never)];

/// The error without a mount. A file with one station needs none.
const NO_MOUNT: &str = "is required with more than one station, such as mount = \"/live\"";

/// What the rest of the file says that matters to stations.
#[derive(Debug, Clone, Copy)]
pub struct StationContext<'p> {
    /// The directory at which relative paths begin.
    pub folder: &'p Path,
    pub has_public_url: bool,
    /// Whether sources may create stations.
    pub has_unlisted: bool,
}

/// Reads all stations and their renditions, and returns them sorted by id.
pub fn read_all<'t>(
    found: &[LocatedTable<'_, 't>],
    context: StationContext<'_>,
    problems: &mut Problems<'t>,
) -> Vec<StationSettings> {
    if let Some((_, start)) = found.get(STATIONS_MAX) {
        problems.add_error(*start, format!("[[station]]: expected at most {STATIONS_MAX} of them"));
    }
    let mut drafts = Vec::new();
    for (index, (table, start)) in found.iter().take(STATIONS_MAX).enumerate() {
        let section = Section::new(table, *start, &keys::STATION, problems);
        let mut read = read(section, (index, found.len() == 1), context);
        read.iter_mut().for_each(|draft| intro::share(&mut draft.settings, &drafts));
        drafts.append(&mut read);
    }
    if let Some(first) = drafts.get(STATIONS_MAX).filter(|_| found.len() <= STATIONS_MAX) {
        let message = format!("expected at most {STATIONS_MAX} stations and renditions together");
        problems.add_error(first.start, format!("{}: {message}", first.schema.name));
    }
    draft::number_stations(&mut drafts);
    draft::number_renditions(&mut drafts, problems);
    draft::report_duplicates(&drafts, problems);
    draft::warn_of_default_rendition(&drafts, problems);
    fallback::check_all(&drafts, context.has_unlisted, problems);
    let mut stations: Vec<StationSettings> = drafts.into_iter().map(|draft| draft.settings).collect();
    stations.sort_by_key(|station| station.id);
    stations
}

/// Reads the settings of stations whose mounts are not known yet.
pub fn read_template(section: Section<'_, '_, '_>, context: StationContext<'_>) -> StationSettings {
    let drafts = read(section, (0, true), context);
    drafts.into_iter().next().map(|draft| draft.settings).unwrap_or_default()
}

/// Reads the station at `index` in the file, counted from 0. Returns it and its renditions.
fn read(
    mut section: Section<'_, '_, '_>,
    (index, is_only): (usize, bool),
    StationContext { folder, has_public_url, .. }: StationContext<'_>,
) -> Vec<StationDraft> {
    let defaults = StationSettings::default();
    let id = section.integer("id", &ID);
    let mount = mount::read(&mut section, r#""/live""#, (!is_only).then_some(NO_MOUNT));
    let conversion = conversion::read(&mut section);
    let Delivery { burst, burst_bytes, buffer, buffer_bytes } = delivery::read(&mut section);
    let others = fallback::read(&mut section);
    let mut settings = StationSettings {
        id: id.as_ref().map_or(index as u32 + 1, |id| id.value),
        has_explicit_id: id.is_some(),
        mount: mount.as_ref().map_or(defaults.mount, |mount| mount.value.to_owned()),
        name: texts::name(&mut section).unwrap_or(defaults.name),
        description: line(&mut section, "description", r#""Slow music""#).unwrap_or_default(),
        genre: line(&mut section, "genre", r#""Ambient""#).unwrap_or_default(),
        url: texts::home_page(&mut section).unwrap_or_default(),
        public: directory::public(&mut section).unwrap_or(defaults.public),
        hidden: section.flag("hidden").unwrap_or(defaults.hidden),
        meta: stream_meta::read(&mut section),
        music: music(&mut section, folder),
        shuffle: section.flag("shuffle").unwrap_or(defaults.shuffle),
        codec: conversion.codec.unwrap_or_default(),
        is_codec_given: conversion.codec.is_some(),
        format: conversion.format,
        process: conversion.process,
        loudness: conversion.loudness,
        metaint: section.integer("metaint", &METAINT).map_or(defaults.metaint, |metaint| metaint.value),
        delivery_interval: defaults.delivery_interval,
        burst,
        burst_bytes,
        buffer,
        buffer_bytes,
        icy_status_line: section.choice("icy_status_line", ICY).unwrap_or(defaults.icy_status_line),
        intro: intro::read(&mut section, folder),
        http_headers: http_headers::read(&mut section),
        max_listeners: section.integer("max_listeners", &LISTENERS).map(|max| max.value as usize),
        only_while_on_air: section.flag("only_while_on_air").unwrap_or(defaults.only_while_on_air),
        fallback: others.fallback.as_ref().map(|mount| mount.value.to_owned()),
        fallback_input: others.input.as_ref().map(|mount| mount.value.to_owned()),
        overflow: others.overflow.as_ref().map(|mount| mount.value.to_owned()),
        max_listener_duration: delivery::max_listener_duration(&mut section),
        is_name_default: section.span("name").is_none(),
        sources: sources::read(&mut section),
        record: sources::record(&mut section, folder),
        relay: sources::relay(&mut section),
        rendition: None,
        artwork: artwork(&mut section, folder),
        artwork_in_stream_url: artwork_in_stream_url(&mut section, has_public_url),
    };
    settings.delivery_interval = delivery_interval(&mut section, &settings);
    let mut renditions = rendition::read(&mut section, &settings);
    let mut all = vec![StationDraft {
        settings,
        schema: &keys::STATION,
        start: section.start,
        id_at: id.as_ref().map_or(section.start, Located::start),
        // The only station has the mount /live if it names none.
        mount_at: mount.map(|mount| mount.start()).or(is_only.then_some(section.start)),
        others_at: others.start(),
    }];
    all.append(&mut renditions);
    all
}

fn artwork(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<Image> {
    let text = section.string(ARTWORK, r#""cover.jpg""#)?;
    paths::image(folder, text.value)
        .map_err(|reason| section.report_rejected(ARTWORK, text.span, &reason))
        .ok()
}

/// Returns whether titles have the URLs of covers. All listeners get the same bytes, so the URLs cannot begin
/// with the address that each of them has used.
fn artwork_in_stream_url(section: &mut Section<'_, '_, '_>, has_public_url: bool) -> bool {
    let is_requested = section.flag(ARTWORK_IN_STREAM_URL) == Some(true);
    let Some(span) = section.span(ARTWORK_IN_STREAM_URL).filter(|_| is_requested) else { return false };
    if !has_public_url {
        let reason = "requires public_url in [server], the address of the pictures";
        section.report_rejected(ARTWORK_IN_STREAM_URL, span, reason);
    } else if section.span(MUSIC).is_none() {
        section.warn(ARTWORK_IN_STREAM_URL, "has no effect without music");
    }
    true
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

/// Returns the delivery interval, limited according to the burst. `station` still has the default interval.
fn delivery_interval(section: &mut Section<'_, '_, '_>, station: &StationSettings) -> Duration {
    let given = section.integer(INTERVAL, &DELIVERY_INTERVAL);
    let requested =
        given.as_ref().map_or(station.delivery_interval, |given| Duration::from_millis(given.value.into()));
    let max = station.max_delivery_interval();
    if requested <= max {
        return requested;
    }
    // A burst in bytes comes from other servers, which have no such interval.
    if given.is_none() && station.burst_bytes.is_some() {
        return max;
    }
    let [requested_ms, max_ms] = [requested, max].map(|interval| interval.as_millis());
    let default = if given.is_some() { "" } else { " (the default)" };
    let limit = if station.burst_length().is_zero() {
        "the maximum without a burst"
    } else {
        "a quarter of the burst"
    };
    section.warn(INTERVAL, &format!("{requested_ms}{default} is more than {limit}, using {max_ms}"));
    max
}
