//! The keys of each table, and suggestions for misspelt keys.

use std::sync::LazyLock;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::problems::{Problems, printable};
use super::synonyms::SYNONYMS;
use crate::closest_name::{closest_name, normalized};

/// A kind of table in the file, with its keys.
#[derive(Debug)]
pub struct TableSchema {
    /// The table's header in the file, such as `[server]`.
    pub name: &'static str,
    /// The keys that the table may contain.
    pub keys: &'static [&'static str],
    /// Keys that are planned but not supported yet.
    pub planned: &'static [&'static str],
}

/// The table with the settings of the server.
pub const SERVER: TableSchema = TableSchema {
    name: "[server]",
    keys: &[
        "listen",
        "source_listen",
        "max_listeners",
        "max_sources",
        "max_connections_per_address",
        "request_memory_mb",
        "access_log",
        "w3c_log",
        "log_file",
        "log_level",
        "playlist_log",
        "log_size_kb",
        "log_archive",
        "pid_file",
        "user",
        "group",
        "state_dir",
        "admin_user",
        "admin_password",
        "allow_weak_passwords",
        "trusted_proxies",
        "deny_ip_file",
        "allow_ip_file",
        "deny_agents_file",
        "reserved_ip_file",
        "webroot",
        "public_url",
        "https_redirect",
        "acme_webroot",
        "metrics",
        "metrics_icecast_names",
        "encode_workers",
        "robots",
        "location",
        "admin_contact",
        "embed_from",
        "http_headers",
        "header_timeout_s",
        "tls_ca",
    ],
    planned: &[],
};

/// An address to listen on, as a table.
pub const ADDRESS: TableSchema =
    TableSchema { name: "[server] listen", keys: &["address", "tls_only"], planned: &[] };

/// An address for SHOUTcast v1 sources, as a table.
pub const SOURCE_ADDRESS: TableSchema =
    TableSchema { name: "[server] source_listen", keys: &["address", "tls_only", "mount"], planned: &[] };

/// A table with the files of a certificate.
pub const TLS: TableSchema = TableSchema { name: "[[tls]]", keys: &["certificate", "key"], planned: &[] };

/// A table with another path for what is at a path.
pub const ALIAS: TableSchema =
    TableSchema { name: "[[alias]]", keys: &["from", "to", "address", "port"], planned: &[] };

/// The table of the directory in which public stations are announced.
pub const DIRECTORY: TableSchema =
    TableSchema { name: "[directory]", keys: &["url", "touch_interval_s", "timeout_s"], planned: &[] };

/// The table of the server whose mounts are relayed.
pub const MASTER: TableSchema = TableSchema {
    name: "[master]",
    keys: &["url", "user", "password", "interval_s", "on_demand", "max"],
    planned: &[],
};

/// The table of the stations that exist only while they have a source. All keys but `max` are those of a
/// station.
pub const UNLISTED: TableSchema = TableSchema {
    name: "[unlisted]",
    keys: &[
        "source_password",
        "source_user",
        "max",
        "mount",
        "max_silence_s",
        "source_timeout_s",
        "max_source_bitrate",
        "min_source_bitrate",
        "takeover",
        "charset",
        "title_delay_ms",
        "max_listeners",
        "max_listener_duration_s",
        "burst_s",
        "burst_bytes",
        "buffer_s",
        "buffer_bytes",
        "icy_status_line",
        "public",
        "hidden",
    ],
    planned: &[],
};

/// The keys of a station that an unlisted one cannot have: its source is its only input.
const NOT_UNLISTED: [&str; 8] =
    ["id", "music", "shuffle", "loudness", "live_start", "only_while_on_air", "rendition", "dj"];

/// The table of the unlisted stations whose mounts match a pattern: its keys are those of a station.
pub static UNLISTED_MOUNT: LazyLock<TableSchema> = LazyLock::new(|| {
    let may_have = |key: &&str| !NOT_UNLISTED.contains(key) && !key.starts_with("relay");
    let keys: Vec<&'static str> = STATION.keys.iter().copied().filter(may_have).collect();
    TableSchema { name: "[[unlisted.mount]]", keys: keys.leak(), planned: &[] }
});

/// All top-level tables.
const SCHEMAS: [TableSchema; 5] = [SERVER, STATION, DIRECTORY, UNLISTED, TLS];

/// The table of one station.
pub const STATION: TableSchema = TableSchema {
    name: "[[station]]",
    keys: &[
        "id",
        "mount",
        "name",
        "description",
        "genre",
        "url",
        "public",
        "hidden",
        "logo",
        "country_code",
        "country_subdivision_code",
        "language_codes",
        "geo_lat_long",
        "do_not_index",
        "music",
        "shuffle",
        "codec",
        "format",
        "process",
        "loudness",
        "metaint",
        "burst_s",
        "burst_bytes",
        "buffer_s",
        "buffer_bytes",
        "delivery_interval_ms",
        "icy_status_line",
        "intro",
        "http_headers",
        "max_listeners",
        "max_listener_duration_s",
        "fallback",
        "fallback_input",
        "overflow",
        "only_while_on_air",
        "source_password",
        "source_user",
        "dj",
        "source_timeout_s",
        "max_source_bitrate",
        "min_source_bitrate",
        "live_start",
        "takeover",
        "charset",
        "title_delay_ms",
        "allow_codec_change",
        "max_silence_s",
        "record",
        "relay",
        "relay_on_demand",
        "artwork",
        "artwork_in_stream_url",
        "rendition",
    ],
    planned: &[],
};

/// The table of a station's format.
pub const FORMAT: TableSchema =
    TableSchema { name: "[[station]] format", keys: &["samplerate", "channels", "bitrate"], planned: &[] };

/// The table of one DJ of a station.
pub const DJ: TableSchema =
    TableSchema { name: "[[station]] dj", keys: &["name", "password", "priority", "display"], planned: &[] };

/// The table of one rendition of a station.
pub const RENDITION: TableSchema = TableSchema {
    name: "[[station]] rendition",
    keys: &[
        "id",
        "mount",
        "bitrate",
        "samplerate",
        "channels",
        "name",
        "description",
        "public",
        "max_listeners",
    ],
    planned: &[],
};

/// A table and the byte offset of its beginning in the text.
pub type LocatedTable<'d, 't> = (&'d DeTable<'t>, usize);

/// The top-level tables of a file.
#[derive(Default)]
pub struct FileTables<'d, 't> {
    pub server: Option<LocatedTable<'d, 't>>,
    pub directory: Option<LocatedTable<'d, 't>>,
    pub master: Option<LocatedTable<'d, 't>>,
    pub unlisted: Option<LocatedTable<'d, 't>>,
    pub certificates: Vec<LocatedTable<'d, 't>>,
    pub aliases: Vec<LocatedTable<'d, 't>>,
    pub stations: Vec<LocatedTable<'d, 't>>,
}

/// Splits a file into its top-level tables. Reports everything else at the top level as an error.
pub fn split_tables<'d, 't>(root: &'d DeTable<'t>, problems: &mut Problems<'_>) -> FileTables<'d, 't> {
    let mut parts = FileTables::default();
    for (key, value) in root.iter() {
        let at = key.span().start;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("server", DeValue::Table(table)) => parts.server = Some((table, value.span().start)),
            ("directory", DeValue::Table(table)) => parts.directory = Some((table, value.span().start)),
            ("master", DeValue::Table(table)) => parts.master = Some((table, value.span().start)),
            ("unlisted", DeValue::Table(table)) => parts.unlisted = Some((table, value.span().start)),
            (name @ ("server" | "directory" | "master" | "unlisted"), DeValue::Array(_)) => {
                problems.add_error(at, format!("{name}: expected single brackets: [{name}]"))
            }
            (name @ ("server" | "directory" | "master" | "unlisted"), _) => {
                problems.add_error(at, format!("{name}: expected a table: [{name}]"))
            }
            ("station", DeValue::Array(items)) => {
                parts.stations = tables_of(items, STATION_EXPECTED, problems);
            }
            ("alias", DeValue::Array(items)) => parts.aliases = tables_of(items, ALIAS_EXPECTED, problems),
            ("alias", _) => problems.add_error(at, ALIAS_EXPECTED.into()),
            ("tls", DeValue::Array(items)) => parts.certificates = tables_of(items, TLS_EXPECTED, problems),
            ("station", DeValue::Table(table)) => {
                // Read nevertheless, so that errors inside it are reported in the same run.
                parts.stations.push((table, value.span().start));
                problems.add_error(at, STATION_EXPECTED.into());
            }
            ("tls", DeValue::Table(table)) => {
                parts.certificates.push((table, value.span().start));
                problems.add_error(at, TLS_EXPECTED.into());
            }
            ("tls", _) => problems.add_error(at, TLS_EXPECTED.into()),
            ("station", _) => problems.add_error(at, STATION_EXPECTED.into()),
            (name, _) => problems.add_error(at, unknown_key(name, value)),
        }
    }
    parts
}

/// Returns the tables of a list, and reports everything else in it: `expected` describes a table.
fn tables_of<'d, 't>(
    items: &'d DeArray<'t>,
    expected: &str,
    problems: &mut Problems<'_>,
) -> Vec<LocatedTable<'d, 't>> {
    let mut tables = Vec::new();
    for item in items.iter() {
        match item.get_ref().as_table() {
            Some(table) => tables.push((table, item.span().start)),
            None => problems.add_error(item.span().start, expected.to_owned()),
        }
    }
    tables
}

const TLS_EXPECTED: &str = "tls: expected a table in double brackets for each certificate: [[tls]]";

const ALIAS_EXPECTED: &str = "alias: expected a table in double brackets for each other path: [[alias]]";
const STATION_EXPECTED: &str = "station: expected a table in double brackets for each station: [[station]]";

/// Returns the error message for an unknown key outside of all tables.
fn unknown_key(name: &str, value: &Spanned<DeValue<'_>>) -> String {
    let schema = SCHEMAS.into_iter().find(|schema| schema.keys.contains(&name));
    let tables = ["server", "tls", "alias", "directory", "master", "unlisted", "station"];
    match (schema, closest_key(name, &tables)) {
        (Some(schema), _) => format!("{name}: belongs below {}{}", schema.name, header_hint(name, value)),
        (None, Some(table @ ("server" | "directory" | "master" | "unlisted"))) => {
            format!("{}: unknown table, did you mean [{table}]?", printable(name))
        }
        (None, Some(table)) => format!("{}: unknown table, did you mean [[{table}]]?", printable(name)),
        (None, None) if SERVER.format_hint(name).is_some() => {
            format!("{name}: {}", SERVER.format_hint(name).unwrap_or_default())
        }
        (None, None) if SERVER.tls_hint(name).is_some() => {
            format!("{name}: {}", SERVER.tls_hint(name).unwrap_or_default())
        }
        (None, None) => {
            let what = if holds_tables(value.get_ref()) { "table" } else { "key" };
            let tables = "[server], [[tls]], [[alias]], [directory], [master], [unlisted] and [[station]]";
            format!("{}: unknown {what}, there are {tables}", printable(name))
        }
    }
}

/// Returns how the header of a table that belongs to a station is written; empty for anything else.
fn header_hint(name: &str, value: &Spanned<DeValue<'_>>) -> String {
    let headers =
        [("format", "[station.format]"), ("dj", "[[station.dj]]"), ("rendition", "[[station.rendition]]")];
    let header = headers.iter().find(|(table, _)| *table == name && holds_tables(value.get_ref()));
    header.map_or(String::new(), |(_, header)| format!(", write {header}"))
}

fn holds_tables(value: &DeValue<'_>) -> bool {
    value.is_table()
        || value.as_array().is_some_and(|items| items.iter().any(|item| item.get_ref().is_table()))
}

impl TableSchema {
    /// Returns why this key is not allowed in this table; `None` if it is allowed.
    pub fn key_error(&self, key: &str) -> Option<String> {
        if self.keys.contains(&key) {
            return None;
        }
        if self.planned.contains(&key) {
            return Some("not supported yet".to_owned());
        }
        if let Some(hint) = self.rendition_hint(key).map(ToOwned::to_owned).or_else(|| self.tls_hint(key)) {
            return Some(hint);
        }
        let elsewhere = SCHEMAS.into_iter().find(|schema| schema.keys.contains(&key));
        Some(match (elsewhere, closest_key(key, self.keys)) {
            (Some(schema), _) => format!("unknown key here, it belongs below {}", schema.name),
            // It is also the end of other keys.
            (None, Some(_)) if FORMAT.keys.contains(&&*normalized(key)) => {
                self.format_hint(key).unwrap_or_else(|| "unknown key".to_owned())
            }
            (None, Some(meant)) => format!("unknown key, did you mean {meant:?}?"),
            (None, None) => self.format_hint(key).unwrap_or_else(|| "unknown key".to_owned()),
        })
    }

    /// Returns the error message for a key that belongs in [`TLS`], under its name or another: other programs
    /// have it beside the address to listen on.
    fn tls_hint(&self, key: &str) -> Option<String> {
        let key = normalized(key);
        let is_other_name = |(synonym, meant): &(&str, &str)| {
            *synonym == key && (TLS.keys.contains(meant) || *meant == "tls")
        };
        let is_tls = ![TLS.name, ADDRESS.name, SOURCE_ADDRESS.name].contains(&self.name)
            && (key == "tls" || SYNONYMS.iter().any(is_other_name));
        is_tls.then(|| {
            "unknown key here, certificates are given in [[tls]] tables, with certificate and key".to_owned()
        })
    }

    /// Returns the error message for a key of a station that a rendition has in another form.
    fn rendition_hint(&self, key: &str) -> Option<&'static str> {
        match key {
            _ if self.name != RENDITION.name => None,
            "format" => Some("unknown key here, write its samplerate, channels and bitrate without it"),
            "codec" => Some("unknown key here: a rendition is always MP3"),
            _ => None,
        }
    }

    /// Returns the error message for a key that belongs in [`FORMAT`]: other programs have it beside the
    /// other keys of a stream.
    fn format_hint(&self, key: &str) -> Option<String> {
        let meant = closest_key(key, FORMAT.keys)?;
        let table = if self.name == STATION.name { "" } else { "below [[station]] " };
        let values = [("samplerate", "44100"), ("channels", "2"), ("bitrate", "128")];
        let (_, value) = values.into_iter().find(|(key, _)| *key == meant)?;
        Some(format!("unknown key here, write {table}format = {{ {meant} = {value} }}"))
    }
}

/// Returns the key of `all` that was probably meant.
pub fn closest_key<'k>(key: &str, all: &[&'k str]) -> Option<&'k str> {
    let name = normalized(key);
    let synonym = SYNONYMS.iter().find(|(synonym, meant)| *synonym == name && all.contains(meant));
    synonym.map(|(_, meant)| *meant).or_else(|| closest_name(key, all))
}

#[cfg(test)]
mod tests;
