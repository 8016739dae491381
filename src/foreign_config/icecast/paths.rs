//! `<paths>`.

use std::path::Path;

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::{Translator, path_value};
use super::super::values;
use super::super::xml::Element;
use super::{alias, certificates, change_owner};
use crate::access_lists;

const TRUSTED_PROXIES: &str = "trusted_proxies";

pub(super) const RULES: Rules<Element> = &[
    ("basedir", Rule::NoEffect("nothing is read from there")),
    ("pidfile", Rule::Take(change_owner::pid_file)),
    ("logdir", Rule::Take(log_dir)),
    ("adminroot", Rule::NoEffect("the pages are part of the program")),
    // They depend on <fileserve>, see `webroot`.
    ("webroot", Rule::Take(|_, _| {})),
    ("mime-types", Rule::NoEffect(MIME_TYPES)),
    ("ssl-certificate", Rule::Take(certificates::certificate)),
    ("ssl_certificate", Rule::Take(certificates::certificate)),
    ("tls-certificate", Rule::Take(certificates::certificate)),
    ("ssl-private-key", Rule::Take(certificates::private_key)),
    ("ssl-cafile", Rule::Take(certificates::chain)),
    ("deny-ip", Rule::Take(|translator, element| list(translator, element, "deny_ip_file"))),
    ("banfile", Rule::Take(|translator, element| list(translator, element, "deny_ip_file"))),
    ("ban-file", Rule::Take(|translator, element| list(translator, element, "deny_ip_file"))),
    ("allow-ip", Rule::Take(|translator, element| list(translator, element, "allow_ip_file"))),
    ("deny-agents", Rule::Take(|translator, element| list(translator, element, "deny_agents_file"))),
    ("alias", Rule::Take(alias::take)),
    ("resource", Rule::Take(alias::take)),
    ("x-forwarded-for", Rule::Take(forwarded_for)),
];

/// Why a file with media types has no effect.
pub(super) const MIME_TYPES: &str = "the types of files follow from the ends of their names";

/// The directory whose files are served, unless `<fileserve>` forbids it. Icecast serves them by default.
pub(super) fn webroot(translator: &mut Translator, root: &Element) {
    let fileserve = last_with_value(root, "fileserve").map(|element| &element.setting);
    let serves = fileserve.is_none_or(|setting| translator.flag(setting) != Some(false));
    if let Some(setting) = fileserve {
        let how = if serves { "files of <webroot> are served" } else { "no files are served" };
        translator.already_so(setting, how);
    }
    let paths = root.children.iter().filter(|child| child.name == "paths");
    for Element { setting, .. } in paths.filter_map(|paths| last_with_value(paths, "webroot")) {
        if serves {
            let folder = translator.path(&setting.value);
            let how = format!(
                "its .xsl files and those whose names begin with a dot are not served, except those of \
                 .well-known/acme-challenge, and links in it are not followed{}",
                replaced_pages(&folder)
            );
            let path = path_value(&folder);
            // A client such as certbot puts its answers there. An authority asks without TLS.
            let listen = &translator.draft.listen;
            let has_plain_port = listen.is_empty() || listen.iter().any(|item| !item.tls_only);
            if has_plain_port && folder.is_dir() {
                translator.put(Place::Server, "acme_webroot", path.clone(), setting);
            }
            translator.take_differently(Place::Server, "webroot", path, setting, &how);
        } else {
            translator.no_effect(setting, "no files are served");
        }
    }
}

/// Files that stations put into the webroot, in whose places coldwave has pages of its own.
const OWN_PAGES: [&str; 8] = [
    "index.html",
    "robots.txt",
    "favicon.ico",
    "crossdomain.xml",
    "style.css",
    "index.css",
    "played.html",
    "7.html",
];

/// Names the files that are not served because a page of coldwave is in their place.
fn replaced_pages(folder: &Path) -> String {
    let found: Vec<&str> = OWN_PAGES.into_iter().filter(|name| folder.join(name).is_file()).collect();
    if found.is_empty() {
        return String::new();
    }
    format!("; coldwave has pages of its own instead of {}", found.join(", "))
}

/// Returns the child that is used: the last one that is not empty.
fn last_with_value<'e>(element: &'e Element, name: &str) -> Option<&'e Element> {
    element.children.iter().rfind(|child| child.name == name && !child.setting.value.is_empty())
}

/// A file with one address or program on each line.
fn list(translator: &mut Translator, element: &Element, key: &'static str) {
    if element.setting.value.is_empty() {
        return translator.already_so(&element.setting, "it names no file");
    }
    let path = path_value(&translator.path(&element.setting.value));
    translator.take(Place::Server, key, path, &element.setting);
}

/// A proxy whose `X-Forwarded-For` is believed; there may be several.
fn forwarded_for(translator: &mut Translator, element: &Element) {
    let Some(network) = access_lists::network_of(&element.setting.value) else {
        return translator.invalid(&element.setting, "the address of a proxy, such as 127.0.0.1");
    };
    let before = translator.draft.table(Place::Server).get(TRUSTED_PROXIES).map(str::to_owned);
    let before = before.iter().map(|list| list.trim_matches(['[', ']']).to_owned());
    let all = before.chain([values::text(&network.to_string())]);
    translator.take(Place::Server, TRUSTED_PROXIES, values::list(all), &element.setting);
}

/// `logging` has read it.
fn log_dir(translator: &mut Translator, element: &Element) {
    translator.already_so(&element.setting, "the names of logs begin there");
}
