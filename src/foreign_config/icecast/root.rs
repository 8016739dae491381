//! The elements directly in `<icecast>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;
use super::{authentication, directory, limits, listen_socket, logging, mount, paths, relay, security};

pub(super) const RULES: Rules<Element> = &[
    ("location", Rule::NoEffect("status pages have no place for it")),
    ("admin", Rule::NoEffect("status pages have no place for it")),
    // It decides about <webroot>, see `paths::webroot`.
    ("fileserve", Rule::Take(|_, _| {})),
    ("mime-types", Rule::NoEffect(paths::MIME_TYPES)),
    ("hostname", Rule::Take(hostname)),
    ("limits", Rule::Take(|translator, element| walk(translator, element, limits::RULES))),
    ("authentication", Rule::Take(|translator, element| walk(translator, element, authentication::RULES))),
    ("listen-socket", Rule::Take(listen_socket::take)),
    ("mount", Rule::Take(mount::take)),
    ("relay", Rule::Take(relay::take)),
    ("directory", Rule::Take(directory::take)),
    ("paths", Rule::Take(|translator, element| walk(translator, element, paths::RULES))),
    ("logging", Rule::Take(|translator, element| walk(translator, element, logging::RULES))),
    ("security", Rule::Take(|translator, element| walk(translator, element, security::RULES))),
];

/// `<hostname>` is the host in the addresses that Icecast writes into playlists and directories. Icecast adds
/// the port of its first socket.
fn hostname(translator: &mut Translator, element: &Element) {
    match element.setting.value.as_str() {
        "" | "localhost" => translator.differs(
            &element.setting,
            "links have the host that the client has used; a name other than localhost would be used for all",
        ),
        host => {
            let url = values::text(&format!("http://{host}"));
            translator.take(Place::Server, "public_url", url, &element.setting);
        }
    }
}
