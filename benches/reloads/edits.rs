//! The changes of the configuration: each key of the reference at least once, and stations that come, go,
//! swap places and change their mounts.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use crate::configuration::{Configuration, Table};

/// The mounts of the stations with listeners.
pub const LIVE: &str = "/live";
pub const SOURCE: &str = "/source";
pub const SOURCE2: &str = "/source2";

/// The administrator at the start, and after the reload that changes the account.
pub const ADMIN: [(&str, &str); 2] = [("admin", "measuring"), ("boss", "measuring2")];

/// The password of the live sources, and `source:…` with it in Base64.
const SOURCE_PASSWORD: &str = "measured";
pub const SOURCE_LOGIN: &str = "c291cmNlOm1lYXN1cmVk";

/// A change of the configuration.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Sets a key.
    Set(Table, &'static str, String),
    /// Removes a key.
    Remove(Table, &'static str),
    /// Removes a table.
    RemoveTable(Table),
    /// Moves the station that comes and goes to the beginning of the file, or back to its end.
    SpareFirst(bool),
}

impl Edit {
    pub fn apply(&self, to: &mut Configuration) {
        match self {
            Self::Set(table, key, value) => to.set(*table, key, value),
            Self::Remove(table, key) => to.remove(*table, key),
            Self::RemoveTable(table) => to.remove_table(*table),
            Self::SpareFirst(is_first) => to.spare_first = *is_first,
        }
    }
}

/// What the configuration refers to.
pub struct Places<'a> {
    pub folder: &'a Path,
    /// The folder with the music.
    pub music: &'a str,
    /// The addresses for listeners at the start and later, and one for sources.
    pub listen: [SocketAddr; 2],
    pub source_listen: SocketAddr,
}

fn text(value: impl AsRef<str>) -> String {
    format!("{:?}", value.as_ref())
}

fn list(values: &[impl AsRef<str>]) -> String {
    format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(", "))
}

/// Returns the configuration at the start.
pub fn base(places: &Places<'_>) -> Configuration {
    let password = || text(SOURCE_PASSWORD);
    let path = |name: &str| text(places.folder.join(name).to_string_lossy());
    Configuration::new(&[
        (Table::Server, "admin_password", text(ADMIN[0].1)),
        (Table::Server, "listen", list(&[places.listen[0].to_string()])),
        (Table::Server, "source_listen", "[]".into()),
        (Table::Tls, "certificate", path("first.crt")),
        (Table::Tls, "key", path("first.key")),
        (Table::Live, "mount", text(LIVE)),
        (Table::Live, "music", text(places.music)),
        (Table::Source, "mount", text(SOURCE)),
        (Table::Source, "source_password", password()),
        (Table::Source2, "mount", text(SOURCE2)),
        (Table::Source2, "source_password", password()),
        (Table::Source2, "music", text(places.music)),
        (Table::Subject, "mount", text("/subject")),
        (Table::Subject, "music", text(places.music)),
    ])
}

/// Returns the edits of each reload with a valid configuration, in order.
pub fn all(places: &Places<'_>) -> Vec<Vec<Edit>> {
    let Places { folder, music, listen, source_listen } = places;
    let path = |name: &str| text(folder.join(name).to_string_lossy());
    let both = list(&listen.map(|address| address.to_string()));
    let track = text(format!("{music}/01-foehn-over-the-skerries.mp3"));
    let set = |table: Table, key: &'static str, value: &str| vec![Edit::Set(table, key, value.to_owned())];
    let quoted = |table: Table, key: &'static str, value: &str| vec![Edit::Set(table, key, text(value))];
    let many = |table: Table, keys: &[(&'static str, &str)]| -> Vec<Edit> {
        keys.iter().map(|(key, value)| Edit::Set(table, key, (*value).to_owned())).collect()
    };
    vec![
        set(Table::Server, "listen", &both),
        set(Table::Server, "source_listen", &list(&[source_listen.to_string()])),
        set(Table::Server, "max_listeners", "9000"),
        set(Table::Server, "max_connections_per_address", "9000"),
        set(Table::Server, "request_memory_mb", "32"),
        set(Table::Server, "access_log", &path("access.log")),
        set(Table::Server, "state_dir", &path("state")),
        many(Table::Server, &[("admin_user", &text(ADMIN[1].0)), ("admin_password", &text(ADMIN[1].1))]),
        set(Table::Server, "trusted_proxies", &list(&["127.0.2.0/24"])),
        quoted(Table::Server, "public_url", "http://radio.example"),
        quoted(Table::Server, "metrics", "public"),
        set(Table::Server, "metrics_icecast_names", "true"),
        set(Table::Server, "encode_workers", "2"),
        quoted(Table::Server, "robots", "none"),
        quoted(Table::Server, "location", "Hamburg"),
        quoted(Table::Server, "admin_contact", "studio@radio.example"),
        set(Table::Server, "embed_from", &list(&["https://example.org"])),
        many(Table::Tls, &[("certificate", &path("second.crt")), ("key", &path("second.key"))]),
        // Those who listen over TLS stay.
        vec![Edit::RemoveTable(Table::Tls)],
        // No directory answers there.
        quoted(Table::Directory, "url", "http://127.0.0.1:9/yp"),
        many(
            Table::Unlisted,
            &[
                ("source_password", &text(SOURCE_PASSWORD)),
                ("source_user", &text("guest")),
                ("max", "3"),
                ("max_listeners", "10"),
                ("max_silence_s", "5"),
                ("source_timeout_s", "8"),
                ("public", "true"),
                ("burst_s", "4"),
                ("buffer_s", "20"),
                ("icy_status_line", &text("always")),
                ("takeover", &text("any_user")),
                ("charset", &text("koi8-r")),
                ("title_delay_ms", "100"),
            ],
        ),
        set(Table::Live, "id", "1"),
        quoted(Table::Live, "name", "Reloaded"),
        quoted(Table::Live, "description", "Again and again"),
        many(Table::Live, &[("genre", &text("Ambient")), ("url", &text("http://example.org"))]),
        set(Table::Live, "public", "true"),
        many(
            Table::Live,
            &[
                ("logo", &text("https://example.org/logo.png")),
                ("country_code", &text("DE")),
                ("country_subdivision_code", &text("DE-HH")),
                ("language_codes", &list(&["de"])),
                ("geo_lat_long", "[53.5, 9.9]"),
                ("do_not_index", "true"),
            ],
        ),
        set(Table::Live, "music", &format!("[{track}, {}]", text(music))),
        set(Table::Live, "shuffle", "true"),
        set(Table::Live, "metaint", "8000"),
        set(Table::Live, "burst_s", "4.0"),
        set(Table::Live, "buffer_s", "20.0"),
        set(Table::Live, "delivery_interval_ms", "500"),
        quoted(Table::Live, "icy_status_line", "never"),
        set(Table::Live, "max_listeners", "8000"),
        many(Table::Live, &[("source_password", &text("rosebud")), ("source_user", &text("studio"))]),
        many(
            Table::LiveDj,
            &[
                ("name", &text("nina")),
                ("password", &text("rosebud2")),
                ("priority", "10"),
                ("display", &text("DJ Nina")),
            ],
        ),
        set(Table::Source, "source_timeout_s", "12"),
        quoted(Table::Source, "live_start", "end_of_track"),
        quoted(Table::Source, "takeover", "priority"),
        quoted(Table::Source2, "charset", "koi8-r"),
        set(Table::Source2, "title_delay_ms", "500"),
        set(Table::Source2, "allow_codec_change", "true"),
        set(Table::Source2, "max_silence_s", "60"),
        set(Table::Source2, "record", &path("recordings/%H-{mount}")),
        quoted(Table::Source2, "fallback", LIVE),
        set(Table::Live, "artwork", &path("logo.png")),
        set(Table::Live, "artwork_in_stream_url", "true"),
        set(Table::SubjectFormat, "samplerate", "48000"),
        set(Table::SubjectFormat, "channels", "1"),
        set(Table::SubjectFormat, "bitrate", "96"),
        set(Table::Subject, "loudness", "-16"),
        quoted(Table::Subject, "process", "always"),
        many(
            Table::SubjectRendition,
            &[("mount", &text("/subject-64")), ("bitrate", "64"), ("id", "90"), ("name", &text("Small"))],
        ),
        many(
            Table::SubjectRendition,
            &[
                ("samplerate", "22050"),
                ("channels", "1"),
                ("description", &text("for phones")),
                ("public", "false"),
                ("max_listeners", "5"),
            ],
        ),
        set(Table::SubjectRendition, "bitrate", "48"),
        vec![Edit::RemoveTable(Table::SubjectRendition), Edit::RemoveTable(Table::SubjectFormat)],
        // Nothing listens there either.
        vec![
            Edit::Remove(Table::Subject, "music"),
            Edit::Remove(Table::Subject, "loudness"),
            Edit::Remove(Table::Subject, "process"),
            Edit::Set(Table::Subject, "codec", text("aac")),
            Edit::Set(Table::Subject, "relay", text("http://127.0.0.1:9/live")),
            Edit::Set(Table::Subject, "relay_on_demand", "false".into()),
        ],
        set(Table::Subject, "relay_on_demand", "true"),
        vec![Edit::RemoveTable(Table::Subject)],
        many(Table::Spare, &[("mount", &text("/spare")), ("music", &text(music))]),
        vec![Edit::SpareFirst(true)],
        set(Table::Spare, "id", "7"),
        set(Table::Spare, "mount", &text("/renamed")),
        vec![Edit::Set(Table::Source, "id", "11".into()), Edit::Set(Table::Spare, "id", "12".into())],
        vec![Edit::SpareFirst(false)],
        vec![Edit::RemoveTable(Table::Spare)],
        // The port at which all have joined is closed, and they stay.
        set(Table::Server, "listen", &list(&[listen[1].to_string()])),
    ]
}

/// Returns the keys of the reference that no edit changes and [`base`] does not have, such as `[server]
/// listen`.
pub fn uncovered(places: &Places<'_>) -> Vec<String> {
    let covered: BTreeSet<(&str, &str)> = all(places)
        .iter()
        .flatten()
        .filter_map(|edit| match edit {
            Edit::Set(table, key, _) => Some((table.schema(), *key)),
            _ => None,
        })
        .collect();
    // These are tables in the reference too.
    let tables = ["format", "dj", "rendition"];
    let keys = coldwave::config::known_keys().into_iter().flat_map(|(table, keys)| {
        keys.iter().filter(|key| !tables.contains(key)).map(move |key| (table, *key))
    });
    keys.filter(|key| !covered.contains(key)).map(|(table, key)| format!("{table} {key}")).collect()
}
