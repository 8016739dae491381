//! `icecast.xml`: its elements, one file for each part of it.
//!
//! Defaults are those of Icecast 2.4 where they matter to listeners and sources.

mod alias;
mod authentication;
mod certificates;
mod change_owner;
mod checks;
mod default_mount;
mod delivery;
mod directory;
mod fallback_file;
mod fallbacks;
mod files_of_mounts;
mod http_headers;
mod known;
mod limits;
mod listen_socket;
mod logging;
mod master;
mod mount;
mod mounts_without_sources;
mod paths;
mod relay;
mod root;
mod security;
mod shoutcast_mounts;
mod station_texts;
mod unread_parts;
mod walk;

#[cfg(test)]
mod tests;

use std::path::Path;

use super::draft::Place;
use super::translation::Translation;
use super::translator::Translator;
use super::values;
use super::xml::{self, Element, ParsedXml};
use walk::walk;

/// Translates an `icecast.xml`.
///
/// # Errors
/// Returns the line and a message if it is no XML, or something else.
pub(super) fn translate(text: &str, file: &str, folder: &Path) -> Result<Translation, (usize, String)> {
    let ParsedXml { root, faults } = xml::parse(text)?;
    if root.name != "icecast" {
        return Err((root.setting.line, format!("<{}>: expected <icecast>", root.name)));
    }
    let mut translator = Translator::new(folder);
    translator.log_dir = root.inner_text("paths", "logdir").map(str::to_owned);
    unread_parts::note(&mut translator, &root);
    walk(&mut translator, &root, root::RULES);
    paths::webroot(&mut translator, &root);
    listen_socket::take_root(&mut translator, &root);
    relay::finish(&mut translator, &root);
    master::finish(&mut translator, &root);
    files_of_mounts::intros(&mut translator, &root);
    checks::run(&mut translator, &root);
    directory::finish(&mut translator);
    defaults(&mut translator, &root);
    limits::defaults(&mut translator, &root);
    logging::defaults(&mut translator, &root);
    for fault in faults {
        let how = format!("Icecast would refuse the whole file: {}", fault.message);
        translator.differs(&fault.setting, &how);
    }
    Ok(Translation::new(translator, file))
}

/// Returns why no station can come to be. The password may be in a file that is not read.
fn no_login(root: &Element) -> String {
    let message = "no source can log in: <authentication><source-password> is missing";
    match root.child("include") {
        Some(include) => {
            format!("{message}; files of <include>, line {}, are not read", include.setting.line)
        }
        None => message.to_owned(),
    }
}

/// Sets what Icecast does if its file does not say otherwise.
fn defaults(translator: &mut Translator, root: &Element) {
    // Any source with the password creates a mount.
    let unlisted = &translator.draft.unlisted;
    if unlisted.get("source_password").is_none() && !unlisted.entries.is_empty() {
        translator.draft.unlisted.entries.clear();
    }
    let has_mounts = !translator.draft.unlisted.entries.is_empty();
    let has_master = translator.draft.tables.iter().any(|table| table.header == "[master]");
    if !has_mounts && !has_master && translator.draft.stations().next().is_none() {
        translator.error(&root.setting, &no_login(root));
    }
    // Icecast starts with every password; there is a warning.
    translator.default(Place::Server, "allow_weak_passwords", "true".to_owned());
    translator.default(Place::Server, "location", values::text("Earth"));
    translator.default(Place::Server, "admin_contact", values::text("icemaster@localhost"));
    // Icecast opens no port that its file does not name.
    translator.default(Place::Server, "source_listen", values::list([]));
    delivery::defaults(translator);
    translator.default(Place::EveryMount, "source_timeout_s", "10".to_owned());
    translator.default(Place::EveryMount, "max_silence_s", "10".to_owned());
    mount::defaults(translator);
    // A mount exists while it has a source.
    translator.default(Place::EveryStation, "only_while_on_air", "true".to_owned());
}
