//! `rendition`: the programme of a station at other bit rates.

use super::conversion::{self, BIT_RATE};
use super::draft::{OtherStations, StationDraft};
use super::keys;
use super::mount;
use super::ranges::{ID, LISTENERS, RENDITIONS_MAX};
use super::section::{Located, Section};
use super::{directory, texts};
use crate::settings::{Process, RenditionSettings, StationCodec, StationSettings};
use crate::transcode::{DEFAULT_KBPS, Mp3Encoder};

const RENDITION: &str = "rendition";

/// The expected value, for error messages.
const RENDITIONS_EXPECTED: &str = r#"a list such as [{ mount = "/live-64", bitrate = 64 }]"#;

/// The error in a program that cannot encode.
const NO_ENCODER: &str =
    "this build has no encoder: build coldwave with the feature lame, which is on by default";

/// Returns the renditions of the station in this section, in the order of the file. Those without an id have
/// the id 0.
pub fn read(section: &mut Section<'_, '_, '_>, parent: &StationSettings) -> Vec<StationDraft> {
    let read = |section: Section<'_, '_, '_>| read_rendition(section, parent);
    let Some(mut drafts) = section.tables(RENDITION, &keys::RENDITION, RENDITIONS_EXPECTED, read) else {
        return Vec::new();
    };
    if let Some(first) = drafts.first().filter(|_| !Mp3Encoder::IS_AVAILABLE) {
        section.report_error(RENDITION, first.start, NO_ENCODER);
    }
    if let Some(first) = drafts.get(RENDITIONS_MAX) {
        let message = format!("expected at most {RENDITIONS_MAX} for each station");
        section.report_error(RENDITION, first.start, &message);
        drafts.truncate(RENDITIONS_MAX);
    }
    drafts
}

fn read_rendition(mut section: Section<'_, '_, '_>, parent: &StationSettings) -> StationDraft {
    let id = section.integer("id", &ID);
    let missing = r#"is required, such as mount = "/live-64""#;
    let mount = mount::read(&mut section, r#""/live-64""#, Some(missing));
    let name = texts::name(&mut section);
    let description = texts::line(&mut section, "description", r#""Slow music""#);
    let public = directory::public(&mut section);
    let max_listeners = section.integer("max_listeners", &LISTENERS).map(|max| max.value as usize);
    let rendition = format(&mut section, parent);
    let inherited = parent.as_rendition(rendition);
    let settings = StationSettings {
        id: id.as_ref().map_or(0, |id| id.value),
        has_explicit_id: id.is_some(),
        mount: mount.as_ref().map_or(String::new(), |mount| mount.value.to_owned()),
        is_name_default: inherited.is_name_default && name.is_none(),
        name: name.unwrap_or(inherited.name),
        description: description.unwrap_or(inherited.description),
        public: public.unwrap_or(inherited.public),
        max_listeners: max_listeners.or(inherited.max_listeners),
        ..inherited
    };
    StationDraft {
        settings,
        schema: &keys::RENDITION,
        start: section.start,
        id_at: id.map_or(section.start, |id| id.start()),
        mount_at: mount.as_ref().map(Located::start),
        others_at: OtherStations::default(),
    }
}

/// Reads the format, which by default is the one that suits the bit rate.
fn format(section: &mut Section<'_, '_, '_>, parent: &StationSettings) -> RenditionSettings {
    let rate = conversion::sampling_rate(section);
    let channels = conversion::channels(section);
    if section.span(BIT_RATE).is_none() {
        section.report_missing(BIT_RATE, "is required, in kbit/s, such as bitrate = 64");
    }
    let kbps = conversion::bit_rate(section, rate).inspect(|kbps| warn_of_waste(section, *kbps, parent));
    let kbps = kbps.unwrap_or(DEFAULT_KBPS);
    let channels = channels.unwrap_or(RenditionSettings::default_channels(kbps));
    let rate = rate.unwrap_or(RenditionSettings::default_rate(kbps, channels));
    RenditionSettings { parent: parent.mount.clone(), rate, channels, kbps }
}

/// Warns about a bit rate above that of the station, if that is the same for all of its audio.
fn warn_of_waste(section: &mut Section<'_, '_, '_>, kbps: u16, parent: &StationSettings) {
    let is_fixed = parent.codec == StationCodec::Mp3 && parent.process == Process::Always;
    let station_kbps = parent.format.kbps.unwrap_or(DEFAULT_KBPS);
    if is_fixed && kbps > station_kbps {
        section.warn(BIT_RATE, &waste(kbps, station_kbps.into()));
    }
}

/// Returns the warning about a bit rate above that of the station, both in kbit/s.
pub fn waste(kbps: u16, station_kbps: u64) -> String {
    let higher = format!("{kbps} kbit/s is more than the {station_kbps} of the station");
    format!("{higher}: it costs bandwidth and cannot sound better")
}
