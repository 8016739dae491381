//! What can be said only when all elements are known.

use std::net::IpAddr;

use super::super::draft::{Draft, Entry, Place, Table};
use super::super::finding::Effect;
use super::super::setting::Setting;
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::{
    certificates, default_mount, fallbacks, listen_socket, mounts_without_sources, shoutcast_mounts,
    station_texts,
};
use crate::router::mount_path::path_error;

/// Checks the elements together, and completes keys that depend on several of them.
pub(super) fn run(translator: &mut Translator, root: &Element) {
    certificates::drop_key_alone(translator);
    listen_socket::without_certificate(translator, root);
    shoutcast_mounts::run(translator, root);
    public_url(translator, root);
    drop_nameless(translator);
    drop_impossible(translator);
    drop_useless_patterns(translator);
    fallbacks::run(translator, root);
    drop_duplicates(translator);
    default_mount::run(translator);
    mounts_without_sources::drop_all(translator);
    root.children.iter().filter(|child| child.name == "mount").for_each(|mount| format(translator, mount));
}

/// `<hostname>` is the host in the addresses that Icecast writes into playlists and directories. Icecast adds
/// the port of its first socket.
fn public_url(translator: &mut Translator, root: &Element) {
    let Some(element) = root.child("hostname").filter(|it| !it.setting.value.is_empty()) else { return };
    let setting = &element.setting;
    let host = setting.value.to_ascii_lowercase();
    if host == "localhost" || is_own_address(&host) {
        let how = "links have the host that the client has used: with this one they would lead other machines \
                   nowhere";
        return translator.differs(setting, how);
    }
    if host.starts_with("http://") || host.starts_with("https://") {
        let url = values::text(host.trim_end_matches('/'));
        return translator.take_differently(
            Place::Server,
            "public_url",
            url,
            setting,
            "it is a whole address, to which Icecast would add http:// and a port",
        );
    }
    if crate::stream_url::parse_host_port(&host).is_err() {
        return translator.differs(setting, "it is no host: links have the host that the client has used");
    }
    let url = base_url(&translator.draft, &host);
    translator.take(Place::Server, "public_url", values::text(&url), setting);
}

/// Returns whether a host is an address at which only this machine finds the server, such as `0.0.0.0`.
fn is_own_address(host: &str) -> bool {
    let name = crate::stream_url::parse_host_port(host).map_or(host, |(name, _)| name);
    name.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified() || address.is_loopback())
}

/// Returns the address of the server at a host: Icecast's first socket, with TLS only if all sockets speak
/// nothing else.
fn base_url(draft: &Draft, host: &str) -> String {
    let plain = draft.listen.iter().find(|item| !item.tls_only);
    let (scheme, usual) = if plain.is_some() { ("http", 80) } else { ("https", 443) };
    match plain.or(draft.listen.first()).map(|item| item.port).filter(|port| *port != usual) {
        Some(port) if !host.contains(':') => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    }
}

/// Takes away mounts without a name, which Icecast ignores.
fn drop_nameless(translator: &mut Translator) {
    let is_nameless = |table: &mut Table| table.header == "[[station]]" && table.get("mount").is_none();
    let dropped: Vec<Table> = translator.draft.tables.extract_if(.., is_nameless).collect();
    for table in dropped {
        let why = "the <mount> has no <mount-name>";
        translator.refute(&table, why);
    }
}

/// Takes away mounts that no station can have, because players resolve them or a page is there.
fn drop_impossible(translator: &mut Translator) {
    let reason = |table: &Table| path_error(&values::mount_of(table.get("mount")?));
    let is_impossible = |table: &mut Table| table.header == "[[station]]" && reason(table).is_some();
    let dropped: Vec<Table> = translator.draft.tables.extract_if(.., is_impossible).collect();
    for table in dropped {
        let why = format!("the mount {}", reason(&table).unwrap_or_default());
        translator.refute(&table, &why);
    }
}

/// Sorts the patterns: the first that matches is used here, and in Icecast `type="default"` comes last.
/// Without a password that makes mounts, none has an effect.
fn drop_useless_patterns(translator: &mut Translator) {
    let is_pattern = |table: &mut Table| table.header == "[[unlisted.mount]]";
    let mut patterns: Vec<Table> = translator.draft.tables.extract_if(.., is_pattern).collect();
    if translator.draft.unlisted.get("source_password").is_none() {
        let why = "no source can make such a mount: <source-password> is missing";
        // The other mounts have what the default one says.
        let has_stations = translator.draft.stations().next().is_some();
        let is_used = |table: &mut Table| has_stations && default_mount::is_default(table);
        let used: Vec<Table> = patterns.extract_if(.., is_used).collect();
        translator.draft.tables.extend(used);
        return patterns.iter().for_each(|table| translator.refute(table, why));
    }
    let everything = values::text("*");
    patterns.sort_by_key(|table| table.get("mount") == Some(&everything));
    translator.draft.tables.splice(0..0, patterns);
}

/// Joins a `<relay>` and the `<mount>` of its stream, which are one station here, and takes away mounts that
/// were there before: Icecast uses the first.
fn drop_duplicates(translator: &mut Translator) {
    let tables = std::mem::take(&mut translator.draft.tables);
    let mut kept: Vec<Table> = Vec::new();
    let mut drops_parts = false;
    for table in tables {
        let is_station = table.header == "[[station]]";
        let mount = table.get("mount").filter(|_| is_station);
        let is_same = |other: &&mut Table| other.header == "[[station]]" && other.get("mount") == mount;
        let other = mount.and_then(|_| kept.iter_mut().find(is_same));
        match other {
            Some(other) => {
                join(translator, other, table);
                drops_parts = true;
            }
            None if is_station => {
                drops_parts = false;
                kept.push(table);
            }
            // Tables of a station follow it.
            None if drops_parts && table.header.starts_with("[[station.") => {}
            None => kept.push(table),
        }
    }
    translator.draft.tables = kept;
}

fn join(translator: &mut Translator, first: &mut Table, second: Table) {
    let is_relay = |table: &Table| table.get("relay").is_some();
    if is_relay(first) == is_relay(&second) {
        let line = first.origin.as_ref().map_or(0, |origin| origin.line);
        let why = format!("line {line} has the same mount, and the first one is used");
        return translator.refute(&second, &why);
    }
    let missing = |entry: &Entry| first.get(entry.key).is_none();
    let entries: Vec<Entry> = second.entries.into_iter().filter(missing).collect();
    first.entries.extend(entries);
}

/// Names a mount whose sources will be refused, because coldwave does not serve their format.
fn format(translator: &mut Translator, mount: &Element) {
    let Some(name) = mount.child("mount-name").map(|name| &name.setting) else { return };
    let by_type = ["type", "subtype"].iter().find_map(|element| {
        let setting = &mount.child(element)?.setting;
        is_other_type(&setting.value).then_some(setting)
    });
    if by_type.is_some() || station_texts::has_other_format(&name.value) {
        warn(translator, name);
    }
}

fn is_other_type(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ["ogg", "opus", "vorbis", "flac", "webm", "matroska", "theora"].iter().any(|name| value.contains(name))
}

fn warn(translator: &mut Translator, name: &Setting) {
    let how = format!(
        "[[station]] mount = {}: Ogg and WebM are not served, a source that sends them is refused with 415; MP3 \
         and AAC work at every mount",
        values::text(&name.value)
    );
    translator.replace_findings(&name.origin(), Effect::Differently(how));
}
