//! `listen` and `source_listen`: the addresses on which coldwave listens.

use std::borrow::Cow;
use std::net::SocketAddr;

use super::keys;
use super::listen_text;
use super::mount;
use super::ranges::ADDRESSES_MAX;
use super::section::{Located, Section, TextOrTable};
use crate::settings::Listen;

/// The key of the addresses for everyone.
pub const LISTEN: &str = "listen";

/// The key of the addresses for sources.
const SOURCE_LISTEN: &str = "source_listen";

/// The keys of a table.
const ADDRESS: &str = "address";
const TLS_ONLY: &str = "tls_only";

/// The expected value, for error messages.
const ADDRESSES_EXPECTED: &str =
    r#"a port or a list of addresses with ports, such as 8000, ["[::]:8000"] or ["127.0.0.1:8000"]"#;

/// The expected value of an address in a table.
const ADDRESS_EXPECTED: &str = r#"an address with a port, such as "[::]:8443", or a port"#;

/// Returns the addresses in `listen`; `None` if the key is missing or has no valid address. `has_tls` says
/// whether the server has a certificate.
pub fn listen(section: &mut Section<'_, '_, '_>, has_tls: bool) -> Option<Vec<Listen>> {
    addresses(section, LISTEN, has_tls, &mut Vec::new()).filter(|all| !all.is_empty())
}

/// Returns the addresses for SHOUTcast v1 sources in `source_listen`, and the mounts of those that have one.
/// An empty list disables the separate ports.
pub fn source_listen(
    section: &mut Section<'_, '_, '_>,
    has_tls: bool,
) -> (Option<Vec<Listen>>, Vec<(SocketAddr, String)>) {
    let (key, mut mounts) = (SOURCE_LISTEN, Vec::new());
    let all = match section.is_empty_list(key) {
        true => Some(Vec::new()),
        false => addresses(section, key, has_tls, &mut mounts),
    };
    (all, mounts)
}

/// Reads the addresses of a key. Adds the mounts of its tables to `mounts`.
fn addresses(
    section: &mut Section<'_, '_, '_>,
    key: &str,
    has_tls: bool,
    mounts: &mut Vec<(SocketAddr, String)>,
) -> Option<Vec<Listen>> {
    let items = section.texts_or_tables(key, ADDRESSES_EXPECTED)?;
    if items.value.len() > ADDRESSES_MAX {
        section.report_rejected(key, items.span, &format!("has more than {ADDRESSES_MAX} addresses"));
        return None;
    }
    let mut all: Vec<Located<Listen>> = Vec::new();
    for Located { value, span } in items.value {
        all.extend(match value {
            TextOrTable::Text(text) => {
                let text = Located { value: text, span };
                parse(section, key, &text, &format!("; expected {ADDRESSES_EXPECTED}"))
            }
            TextOrTable::Table(table) if key == SOURCE_LISTEN => {
                let mut table = section.nested(table, span.start, &keys::SOURCE_ADDRESS);
                let read = read_table(&mut table, has_tls);
                let mount = mount::read(&mut table, r#""/live""#, None);
                let with_mount =
                    |it: &Located<Listen>| Some((it.value.address, mount.as_ref()?.value.to_owned()));
                mounts.extend(read.iter().filter_map(with_mount));
                read
            }
            TextOrTable::Table(table) => {
                read_table(&mut section.nested(table, span.start, &keys::ADDRESS), has_tls)
            }
        });
    }
    report_overlaps(section, key, &all);
    Some(all.into_iter().map(|address| address.value).collect())
}

/// Returns the addresses of a table such as `{ address = "[::]:8443", tls_only = true }`: a name has several.
fn read_table(section: &mut Section<'_, '_, '_>, has_tls: bool) -> Vec<Located<Listen>> {
    let tls_only = section.flag(TLS_ONLY).unwrap_or(false);
    if tls_only && !has_tls {
        let at = section.span(TLS_ONLY).map_or(section.start, |span| span.start);
        section.report_error(TLS_ONLY, at, "requires a certificate: add a [[tls]] table");
    }
    if section.span(ADDRESS).is_none() {
        section.report_missing(ADDRESS, &format!("is required, {ADDRESS_EXPECTED}"));
    }
    let text = section.string_or_integer(ADDRESS, ADDRESS_EXPECTED);
    let all = text.map(|text| parse(section, ADDRESS, &text, "")).unwrap_or_default();
    let with_flag = |it: Located<Listen>| Located { value: Listen { tls_only, ..it.value }, span: it.span };
    all.into_iter().map(with_flag).collect()
}

/// Parses one text. `hint` ends the message about one that is no address.
fn parse(
    section: &mut Section<'_, '_, '_>,
    key: &str,
    text: &Located<Cow<'_, str>>,
    hint: &str,
) -> Vec<Located<Listen>> {
    let span = &text.span;
    match listen_text::parse(&text.value) {
        Ok(all) => all.into_iter().map(|value| Located { value, span: span.clone() }).collect(),
        Err(reason) => {
            section.report_rejected(key, span.clone(), &format!("{reason}{hint}"));
            Vec::new()
        }
    }
}

fn report_overlaps(section: &mut Section<'_, '_, '_>, key: &str, all: &[Located<Listen>]) {
    let mut reported = None;
    for (index, address) in all.iter().enumerate() {
        let other = all[..index].iter().find(|other| address.value.overlaps(other.value.address));
        // A name has several addresses.
        if let Some(other) = other.filter(|_| reported.as_ref() != Some(&address.span)) {
            reported = Some(address.span.clone());
            let reason = format!("is covered by {} in the same list", other.value.address);
            section.report_rejected(key, address.span.clone(), &reason);
        }
    }
}
