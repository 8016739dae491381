//! The streams: their ids, paths and passwords.

use std::collections::BTreeMap;

use super::super::draft::{Place, Table};
use super::super::rules::{Rule, Rules};
use super::super::setting::{Origin, Setting};
use super::super::translator::Translator;
use super::super::values;
use super::lines::ShoutcastLine;
use super::read_values::{flag, number};
use crate::router::mount_path::path_error;

/// The keys for all streams.
pub(super) const RULES: Rules<ShoutcastLine> = &[
    ("password", Rule::Take(password)),
    ("adminpassword", Rule::Take(admin_password)),
    ("requirestreamconfigs", Rule::Take(require_stream_configs)),
    ("uvoxcipherkey", Rule::NoEffect(NO_ULTRAVOX)),
];

/// The keys of one stream.
pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[
    ("streamid", Rule::Take(stream_id)),
    ("streampath", Rule::Take(stream_path)),
    ("streampassword", Rule::Take(stream_password)),
    (
        "streamadminpassword",
        Rule::NoEffect("there is one administrator: adminpassword is valid for all streams"),
    ),
    ("streamuvoxcipherkey", Rule::NoEffect(NO_ULTRAVOX)),
    ("streammovedurl", Rule::NoEffect("a stream cannot send its listeners to another server")),
];

const NO_ULTRAVOX: &str =
    "sources of SHOUTcast 2 (Ultravox) cannot log in: set the encoder to SHOUTcast 1 or Icecast";

/// What is said of the password of sources in a file without a password of the administrator. A source should
/// not get the rights of the administrator.
const NO_ADMINISTRATOR: &str = "it is for sources alone: the pages of the administrator, admin.cgi, are off until \
                                adminpassword gives them a password";

/// The largest id.
const ID_MAX: u64 = i32::MAX as u64;

/// The `[[station]]` tables by the numbers of the streams.
pub(super) struct StreamPlaces(BTreeMap<u32, Place>);

impl StreamPlaces {
    /// Adds a table for each stream with an id. Without any, there is stream 1, as every source expects.
    pub fn new(translator: &mut Translator, lines: &[ShoutcastLine]) -> Self {
        let mut places = BTreeMap::new();
        for line in lines.iter().filter(|line| line.name == "streamid") {
            let add = || translator.draft.add_table("[[station]]", &line.setting);
            places.entry(line.number()).or_insert_with(add);
        }
        if places.is_empty() {
            // What is missing is the fault of no line.
            let whole = Setting { line: 1, path: "the file".to_owned(), ..Setting::default() };
            let place = translator.draft.add_table("[[station]]", &whole);
            translator.default(place, "id", "1".to_owned());
            places.insert(1, place);
        }
        Self(places)
    }

    /// Returns the table of a stream.
    pub fn place(&self, number: u32) -> Option<Place> {
        self.0.get(&number).copied()
    }
}

/// Gives streams the mounts and passwords that they do not have from their own keys.
pub(super) fn set_defaults(translator: &mut Translator, lines: &[ShoutcastLine]) {
    let has_password = translator.draft.every_station.get("source_password").is_some();
    let mut without_source = Vec::new();
    for station in translator.draft.stations() {
        let id = station.get("id").unwrap_or("1").to_owned();
        if station.get("mount").is_none() {
            let (key, origin) = ("mount", None);
            station.entries.push(super::super::draft::Entry {
                key,
                value: values::text(&format!("/stream{id}")),
                origin,
            });
        }
        if !has_password && !has_input(station) {
            without_source.extend(station.origin.clone());
        }
    }
    report_missing_password(translator, without_source, lines);
    let password = translator.draft.every_station.get("source_password").map(str::to_owned);
    // The rule for the key has decided otherwise.
    let decides = lines.iter().rfind(|line| line.name == "requirestreamconfigs");
    let is_given = decides.is_some_and(|line| !line.setting.value.is_empty());
    if let Some(password) = password.filter(|_| !is_given) {
        translator.default(Place::Unlisted, "source_password", password);
    }
}

/// Reports streams at which no source can log in: at the line of the password if that is empty.
fn report_missing_password(translator: &mut Translator, streams: Vec<Origin>, lines: &[ShoutcastLine]) {
    let empty = lines.iter().rfind(|line| line.name == "password").map(|line| &line.setting);
    match empty.filter(|_| !streams.is_empty()) {
        Some(password) => translator.error(password, "no source can log in: it is empty"),
        None => {
            for Origin { line, setting, .. } in streams {
                let message = format!("{setting}: no source can log in: password is missing");
                translator.errors.push((line, message));
            }
        }
    }
}

/// Returns whether something can be on air at a station besides sources with the password for all.
fn has_input(station: &Table) -> bool {
    ["source_password", "relay", "music"].iter().any(|key| station.get(key).is_some())
}

fn password(translator: &mut Translator, line: &ShoutcastLine) {
    let value = values::text(&line.setting.value);
    let (place, key) = (Place::EveryStation, "source_password");
    match line.other("adminpassword") {
        Some(_) => translator.take(place, key, value, &line.setting),
        None => translator.take_differently(place, key, value, &line.setting, NO_ADMINISTRATOR),
    }
}

fn admin_password(translator: &mut Translator, line: &ShoutcastLine) {
    translator.take(Place::Server, "admin_password", values::text(&line.setting.value), &line.setting);
}

/// Without stream configurations, a source creates its stream.
fn require_stream_configs(translator: &mut Translator, line: &ShoutcastLine) {
    let setting = &line.setting;
    match flag(translator, line) {
        Some(true) => translator.already_so(setting, "only the streams of this file exist"),
        Some(false) => match line.other("password") {
            Some(password) => {
                let value = values::text(&password.value);
                let how = "a source creates a stream by naming its mount; the ids of such streams are those that are free";
                translator.take_differently(Place::Unlisted, "source_password", value, setting, how);
            }
            None => translator.no_effect(setting, "there is no password for streams that are not configured"),
        },
        None => {}
    }
}

fn stream_id(translator: &mut Translator, line: &ShoutcastLine) {
    match number(translator, line) {
        Some(id @ 1..=ID_MAX) => translator.take(translator.current, "id", id.to_string(), &line.setting),
        Some(_) => translator.invalid(&line.setting, "a number from 1 to 2147483647"),
        None => {}
    }
}

fn stream_password(translator: &mut Translator, line: &ShoutcastLine) {
    let value = values::text(&line.setting.value);
    translator.take(translator.current, "source_password", value, &line.setting);
}

/// Sets the mount. Paths at which coldwave has the stream anyway are no mounts.
fn stream_path(translator: &mut Translator, line: &ShoutcastLine) {
    let setting = &line.setting;
    if setting.value.contains("://") {
        let how =
            "it is the address of a server and no path, such as /live: the stream is at the path with its id";
        return translator.no_effect(setting, how);
    }
    let path = format!("/{}", setting.value.trim_matches('/'));
    let id = line.of_same_stream("streamid").map_or("1", |id| id.value.as_str());
    if path == format!("/stream/{id}") {
        return translator.already_so(setting, "every stream is also at the path with its id");
    }
    let is_of_lowest = path == "/" || path.starts_with("/;");
    if is_of_lowest && id == "1" {
        return translator.already_so(setting, "players also find stream 1 there");
    }
    if is_of_lowest {
        let how = format!("this path is that of the stream with the lowest id; this one is at /stream/{id}");
        return translator.differs(setting, &how);
    }
    if let Some(reason) = path_error(&path) {
        return translator.no_effect(setting, &format!("{path:?} {reason}; the stream is at /stream{id}"));
    }
    translator.take(translator.current, "mount", values::text(&path), setting);
}
