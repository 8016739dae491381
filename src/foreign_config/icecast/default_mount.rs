//! `<mount type="default">`: what the other mounts do not say themselves.

use std::collections::BTreeSet;

use super::super::draft::{self, Draft, Entry, Table};
use super::super::translator::Translator;
use super::super::values;
use super::http_headers;
use crate::http::response::extra_headers::EXTRA_HEADERS_MAX;

/// The keys that name another mount.
const OTHER_MOUNTS: [&str; 2] = ["fallback_input", "overflow"];

/// Gives each station what it does not have itself. Without a password that makes mounts, the defaults have
/// no further use.
pub(super) fn run(translator: &mut Translator) {
    let draft = &mut translator.draft;
    let defaults: Vec<Table> = draft.tables.iter().filter(|table| is_default(table)).cloned().collect();
    for entry in defaults.iter().flat_map(|table| &table.entries).filter(|entry| entry.key != "mount") {
        inherit(draft, entry);
    }
    if draft.unlisted.get("source_password").is_none() {
        draft.tables.retain(|table| !is_default(table));
    }
}

/// Returns whether a table is that of a default mount.
pub(super) fn is_default(table: &Table) -> bool {
    table.header == "[[unlisted.mount]]" && table.get("mount") == Some(&values::text("*"))
}

/// A mount does not fall back to itself, also not over others.
fn inherit(draft: &mut Draft, entry: &Entry) {
    let behind = if OTHER_MOUNTS.contains(&entry.key) { behind(draft, entry) } else { BTreeSet::new() };
    for station in draft.stations() {
        if station.get("mount").is_some_and(|mount| behind.contains(mount)) {
            continue;
        }
        match station.get(http_headers::KEY).filter(|_| entry.key == http_headers::KEY) {
            Some(own) => {
                let both = both(own, &entry.value);
                station.set(Entry { value: both, ..entry.clone() });
            }
            None => station.set_missing(entry),
        }
    }
}

/// Returns the mount that a key names, and those to which it leads.
fn behind(draft: &mut Draft, entry: &Entry) -> BTreeSet<String> {
    let (mut behind, mut next) = (BTreeSet::new(), Some(entry.value.clone()));
    while let Some(mount) = next.filter(|mount| behind.insert(mount.clone())) {
        let station = draft.stations().find(|station| station.get("mount") == Some(&mount));
        next = station.and_then(|station| station.get(entry.key)).map(str::to_owned);
    }
    behind
}

/// Returns the headers of two lists, or those of the first if both have too many.
fn both(own: &str, defaults: &str) -> String {
    match own.len() + defaults.len() <= EXTRA_HEADERS_MAX {
        true => values::list([own, defaults].map(|list| draft::items(list).to_owned())),
        false => own.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::icecast;

    const PASSWORD: &str = "<authentication><source-password>rosebud</source-password></authentication>";

    /// Returns the text of the station at a mount.
    fn station(inner: &str, mount: &str) -> String {
        let password = if inner.contains(PASSWORD) { "" } else { PASSWORD };
        let text = icecast(&format!("{password}{inner}")).document.text;
        let stations = text.split("[[station]]");
        let found = stations.skip(1).find(|part| part.contains(&format!("mount = {mount:?}")));
        let found = found.unwrap_or_else(|| panic!("{mount} is missing in {text}"));
        found.split("\n[").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn mounts_have_what_the_default_mount_says_and_they_do_not() {
        let mounts = "<mount type='default'><username>dj</username><password>lighthouse</password>\
             <max-listeners>9</max-listeners><burst-size>1000</burst-size><hidden>1</hidden>\
             <stream-name>Harbour</stream-name>\
             <http-headers><header name='X-A' value='1'/></http-headers></mount>\
             <mount><mount-name>/a</mount-name><max-listeners>7</max-listeners>\
             <http-headers><header name='X-B' value='2'/></http-headers></mount>";
        for password in [PASSWORD, ""] {
            let text = station(&format!("{password}{mounts}"), "/a");
            for line in [
                "source_user = \"dj\"",
                "source_password = \"lighthouse\"",
                "max_listeners = 7 ",
                "burst_bytes = 1000 ",
                "hidden = true",
                "name = \"Harbour\"",
                "http_headers = [\"X-B: 2\", \"X-A: 1\"]",
            ] {
                assert!(text.contains(line), "{line}: {text}");
            }
        }
    }

    #[test]
    fn fallback_of_the_default_mount_leads_no_mount_back_to_itself() {
        let mounts = format!(
            "{PASSWORD}<mount type='default'><fallback-mount>/b</fallback-mount></mount>\
             <mount><mount-name>/a</mount-name></mount><mount><mount-name>/b</mount-name>\
             <fallback-mount>/c</fallback-mount></mount><mount><mount-name>/c</mount-name></mount>"
        );
        assert!(station(&mounts, "/a").contains("fallback_input = \"/b\""));
        assert!(station(&mounts, "/b").contains("fallback_input = \"/c\""));
        assert!(!station(&mounts, "/c").contains("fallback_input"));
    }
}
