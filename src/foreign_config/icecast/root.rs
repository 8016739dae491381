//! The elements directly in `<icecast>`.

use super::super::rules::{Rule, Rules};
use super::super::xml::Element;
use super::station_texts::server_line;
use super::walk::walk;
use super::{
    authentication, directory, http_headers, limits, listen_socket, logging, mount, paths, relay, security,
};

pub(super) const RULES: Rules<Element> = &[
    // It decides about <webroot>, see `paths::webroot`.
    ("fileserve", Rule::Take(|_, _| {})),
    ("mime-types", Rule::NoEffect(paths::MIME_TYPES)),
    ("location", Rule::Take(|translator, element| server_line(translator, element, "location"))),
    ("admin", Rule::Take(|translator, element| server_line(translator, element, "admin_contact"))),
    // These are translated when the sockets are known.
    ("hostname", Rule::Take(|_, _| {})),
    ("port", Rule::Take(|_, _| {})),
    ("bind-address", Rule::Take(|_, _| {})),
    ("shoutcast-mount", Rule::Take(|_, _| {})),
    ("source-password", Rule::Take(authentication::source_password)),
    ("limits", Rule::Take(|translator, element| walk(translator, element, limits::RULES))),
    ("authentication", Rule::Take(|translator, element| walk(translator, element, authentication::RULES))),
    ("listen-socket", Rule::Take(listen_socket::take)),
    ("mount", Rule::Take(mount::take)),
    ("http-headers", Rule::Take(http_headers::of_server)),
    ("relay", Rule::Take(relay::take)),
    ("relays-on-demand", Rule::Take(relay::relays_on_demand)),
    ("directory", Rule::Take(directory::take)),
    ("yp-directory", Rule::Take(directory::take_yp)),
    ("paths", Rule::Take(|translator, element| walk(translator, element, paths::RULES))),
    ("logging", Rule::Take(|translator, element| walk(translator, element, logging::RULES))),
    ("security", Rule::Take(|translator, element| walk(translator, element, security::RULES))),
];
