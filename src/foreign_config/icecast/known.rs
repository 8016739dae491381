//! The elements that Icecast 2.4, Icecast 2.5 and the KH branch have, with the reason for those that have no
//! effect in coldwave.

use super::super::rules::Rules;
use super::super::xml::Element;
use crate::closest_name::closest_name;

/// The elements in another, each with the reason why it has no effect unless there is a
/// [rule](super::super::rules) for it.
struct KnownElements {
    /// The name of the element around them.
    name: &'static str,
    /// How the place is called in messages.
    place: &'static str,
    elements: &'static [(&'static str, &'static str)],
}

/// The reason for an element that a rule takes; it is not shown.
const TAKEN: &str = "there is nothing that corresponds to it";

pub(super) const AUTHENTICATION_LATER: &str =
    "listener authentication comes next; the stream needs no password";
const BUFFERS: &str = "the system chooses the sizes of socket buffers and segments";
const NO_PROGRAMS: &str = "coldwave starts no programs; /api/v1/events reports what happens as it happens";
pub(super) const NOT_INCLUDED: &str =
    "this file is not read: copy its elements to this place; what it says is missing here";
const ONE_LOOP: &str = "one event loop serves all connections";
const OGG: &str = "it is about Ogg, which is not served";
const TLS_CIPHERS: &str = "TLS 1.2 and 1.3 are spoken, and all their ciphers here are safe";

const SECTIONS: &[KnownElements] = &[
    KnownElements {
        name: "icecast",
        place: "<icecast>",
        elements: &[
            ("location", TAKEN),
            ("admin", TAKEN),
            ("server-id", "clients recognise the server by its real name"),
            ("server_id", "clients recognise the server by its real name"),
            ("hostname", TAKEN),
            ("authentication", TAKEN),
            ("source-password", TAKEN),
            ("icelogin", "the logins of old ICE encoders are accepted anyway"),
            ("fileserve", TAKEN),
            ("listen-socket", TAKEN),
            ("port", TAKEN),
            ("bind-address", TAKEN),
            ("limits", TAKEN),
            ("mount", TAKEN),
            ("http-headers", TAKEN),
            ("shoutcast-mount", TAKEN),
            ("mime-types", TAKEN),
            ("relay", TAKEN),
            ("relays-on-demand", TAKEN),
            ("master", TAKEN),
            ("master-server", TAKEN),
            ("master-username", TAKEN),
            ("master-password", TAKEN),
            ("master-server-port", TAKEN),
            ("master-update-interval", TAKEN),
            ("master-bind", "the system chooses the address from which it connects"),
            ("master-relay-auth", "relays need no login at the master"),
            ("master-ssl-port", "the list of streams is read from <master-server-port>"),
            ("master-redirect", "listeners are not sent to other servers"),
            ("redirect", "listeners are not sent to other servers"),
            ("max-redirect-slaves", "listeners are not sent to other servers"),
            ("directory", TAKEN),
            ("yp-directory", TAKEN),
            ("paths", TAKEN),
            ("logging", TAKEN),
            ("security", TAKEN),
            ("event-bindings", NO_PROGRAMS),
            ("kartoffelsalat", NO_PROGRAMS),
            ("include", NOT_INCLUDED),
        ],
    },
    KnownElements {
        name: "limits",
        place: "<limits>",
        elements: &[
            ("clients", TAKEN),
            ("max-listeners", TAKEN),
            ("max-bandwidth", TAKEN),
            ("sources", TAKEN),
            ("threadpool", ONE_LOOP),
            ("workers", ONE_LOOP),
            ("queue-size", TAKEN),
            ("min-queue-size", "the ring buffer always holds the whole queue"),
            ("client-timeout", TAKEN),
            ("header-timeout", TAKEN),
            ("source-timeout", TAKEN),
            ("inactivity-timeout", "a listener that receives nothing is disconnected by its own deadlines"),
            ("body-timeout", "a body must arrive within the time for the head"),
            ("bodysize", "forms of up to 8 KiB are read"),
            ("body-size-limit", "forms of up to 8 KiB are read"),
            ("server-idle-timeout", "connections to other servers are not kept"),
            ("burst-on-connect", TAKEN),
            ("burst-size", TAKEN),
        ],
    },
    KnownElements {
        name: "authentication",
        place: "<authentication>",
        elements: &[
            ("source-password", TAKEN),
            ("admin-user", TAKEN),
            ("admin-password", TAKEN),
            ("relay-user", TAKEN),
            ("relay-password", TAKEN),
            ("shoutcast-user", TAKEN),
            ("role", AUTHENTICATION_LATER),
            ("option", AUTHENTICATION_LATER),
        ],
    },
    KnownElements {
        name: "listen-socket",
        place: "<listen-socket>",
        elements: &[
            ("port", TAKEN),
            ("bind-address", TAKEN),
            ("tls", TAKEN),
            ("ssl", TAKEN),
            ("shoutcast-mount", TAKEN),
            ("shoutcast-compat", TAKEN),
            ("so-sndbuf", BUFFERS),
            ("so-mss", BUFFERS),
            ("queue-len", "the longest queue that the system allows is used"),
            ("listen-backlog", "the longest queue that the system allows is used"),
            ("authentication", AUTHENTICATION_LATER),
            ("http-headers", "headers are those of <http-headers> in <icecast>, on every port"),
        ],
    },
    KnownElements {
        name: "mount",
        place: "<mount>",
        elements: &[
            ("mount-name", TAKEN),
            ("username", TAKEN),
            ("password", TAKEN),
            ("max-listeners", TAKEN),
            ("max-listener-duration", TAKEN),
            ("max-stream-duration", "sources may stay as long as they like"),
            ("max-bandwidth", TAKEN),
            ("limit-rate", TAKEN),
            ("max-history", TAKEN),
            ("charset", TAKEN),
            ("mp3-metadata-interval", TAKEN),
            ("icy-metadata-interval", TAKEN),
            ("metadata-interval", TAKEN),
            ("dump-file", TAKEN),
            ("dump-file-size-limit", "recordings end with the source"),
            ("dump-file-time-limit", "recordings end with the source"),
            ("intro", TAKEN),
            ("intro-skip-replay", "every newcomer hears the intro"),
            ("file-seekable", "files of <webroot> can be read from any byte"),
            ("fallback", TAKEN),
            ("fallback-mount", TAKEN),
            ("fallback-override", TAKEN),
            ("fallback-when-full", TAKEN),
            ("hijack", TAKEN),
            ("allow-chunked", "a chunked stream is always decoded"),
            ("wait-time", "a mount without a source answers at once"),
            ("linger-for", "a mount keeps its listeners for 10 s after its last audio"),
            ("filter-theora", OGG),
            ("ogg-passthrough", OGG),
            ("admin_comments_only", OGG),
            ("allow-url-ogg-metadata", OGG),
            ("skip-accesslog", TAKEN),
            ("accesslog", "one access log has all mounts"),
            ("preroll-log", "there is no log of intros"),
            ("max-send-size", "one write sends everything that is new"),
            ("so-sndbuf", BUFFERS),
            ("min-queue-size", "the ring buffer always holds the whole queue"),
            ("priority", "mounts are found by their names, the exact one first"),
            ("ban-client", "clients are banned by the administrator or by a file"),
            ("redirect", "listeners are not sent to other servers"),
            ("redirect-to", "listeners are not sent to other servers"),
            ("source-timeout", TAKEN),
            ("queue-size", TAKEN),
            ("burst-size", TAKEN),
            ("http-headers", TAKEN),
            ("no-mount", TAKEN),
            ("allow-direct-access", TAKEN),
            ("no-yp", TAKEN),
            ("hidden", TAKEN),
            ("public", TAKEN),
            ("authentication", TAKEN),
            ("on-connect", NO_PROGRAMS),
            ("on-disconnect", NO_PROGRAMS),
            ("event-bindings", NO_PROGRAMS),
            ("kartoffelsalat", NO_PROGRAMS),
            ("listenurl", "addresses of streams follow from <hostname> and the mount"),
            ("cluster-password", "directories are told no password"),
            ("stream-name", TAKEN),
            ("stream-description", TAKEN),
            ("stream-url", TAKEN),
            ("genre", TAKEN),
            ("bitrate", TAKEN),
            ("type", "the type of a stream is that of its frames"),
            ("subtype", "the type of a stream is that of its frames"),
            ("relay", "write it in <icecast>, with this mount as its <local-mount>"),
        ],
    },
    KnownElements {
        name: "relay",
        place: "<relay>",
        elements: &[
            ("server", TAKEN),
            ("ip", TAKEN),
            ("port", TAKEN),
            ("mount", TAKEN),
            ("uri", TAKEN),
            ("local-mount", TAKEN),
            ("username", TAKEN),
            ("password", TAKEN),
            ("bind", TAKEN),
            ("on-demand", TAKEN),
            ("run-on", "a relay on demand ends 10 s after its last listener"),
            ("retry-delay", TAKEN),
            ("timeout", TAKEN),
            ("enable", TAKEN),
            ("relay-shoutcast-metadata", TAKEN),
            ("relay-icy-metadata", TAKEN),
            ("http-headers", "requests of relays have no further headers"),
            ("upstream", TAKEN),
            ("master", TAKEN),
            ("host", TAKEN),
        ],
    },
    KnownElements {
        name: "directory",
        place: "<directory>",
        elements: &[("yp-url", TAKEN), ("yp-url-timeout", TAKEN), ("touch-interval", TAKEN)],
    },
    KnownElements {
        name: "paths",
        place: "<paths>",
        elements: &[
            ("basedir", TAKEN),
            ("logdir", TAKEN),
            ("webroot", TAKEN),
            ("adminroot", TAKEN),
            ("pidfile", TAKEN),
            ("nulldevice", "nothing is written there"),
            ("mime-types", TAKEN),
            ("deny-ip", TAKEN),
            ("banfile", TAKEN),
            ("ban-file", TAKEN),
            ("allow-ip", TAKEN),
            ("deny-agents", TAKEN),
            ("x-forwarded-for", TAKEN),
            ("ssl-certificate", TAKEN),
            ("ssl_certificate", TAKEN),
            ("tls-certificate", TAKEN),
            ("ssl-private-key", TAKEN),
            ("ssl-cafile", TAKEN),
            ("ssl-allowed-ciphers", TLS_CIPHERS),
            ("tls-allowed-ciphers", TLS_CIPHERS),
            ("reportxmldb", "errors are described in one sentence, without a database"),
            ("geoipdb", "countries of clients are not looked up"),
            ("alias", TAKEN),
            ("resource", TAKEN),
        ],
    },
    KnownElements {
        name: "logging",
        place: "<logging>",
        elements: &[
            ("accesslog", TAKEN),
            ("errorlog", TAKEN),
            ("playlistlog", TAKEN),
            ("preroll-log", "there is no log of intros"),
            ("loglevel", TAKEN),
            ("logsize", TAKEN),
            ("logarchive", TAKEN),
            ("memorybacklog", TAKEN),
            ("accesslog_ip", "the access log has addresses, never names"),
            ("accesslog_exclude_ext", "the access log has every request"),
            ("accesslog_lines", "the administrator's page shows the last 500 lines of the log"),
            ("errorlog_lines", "the administrator's page shows the last 500 lines of the log"),
            ("playlistlog_lines", "the administrator's page shows the last 500 lines of the log"),
        ],
    },
    KnownElements {
        name: "security",
        place: "<security>",
        elements: &[
            ("chroot", TAKEN),
            ("changeowner", TAKEN),
            ("tls-context", TAKEN),
            ("prng-seed", "random numbers come from the system"),
        ],
    },
    KnownElements {
        name: "tls-context",
        place: "<tls-context>",
        elements: &[("tls-certificate", TAKEN), ("tls-key", TAKEN), ("tls-allowed-ciphers", TLS_CIPHERS)],
    },
    KnownElements {
        name: "changeowner",
        place: "<changeowner>",
        elements: &[("user", TAKEN), ("group", TAKEN)],
    },
    KnownElements { name: "http-headers", place: "<http-headers>", elements: &[("header", TAKEN)] },
];

/// Returns the reason why an element has no effect for which there is no rule, if Icecast has it there.
pub(super) fn reason(section: &str, name: &str) -> Option<&'static str> {
    let elements = SECTIONS.iter().find(|it| it.name == section)?.elements;
    elements.iter().find(|(known, _)| *known == name).map(|(_, why)| *why)
}

/// Returns where Icecast has an element, such as `<limits>`, or `<limits> or <mount>`.
pub(super) fn place(name: &str) -> Option<String> {
    let has = |section: &&KnownElements| section.elements.iter().any(|(known, _)| *known == name);
    let places: Vec<&str> = SECTIONS.iter().filter(has).map(|section| section.place).collect();
    (!places.is_empty()).then(|| places.join(" or "))
}

/// Returns the name in this section that was probably meant.
pub(super) fn closest(section: &str, rules: Rules<Element>, name: &str) -> Option<&'static str> {
    let elements = SECTIONS.iter().find(|it| it.name == section).map_or(&[][..], |it| it.elements);
    let known = elements.iter().map(|(known, _)| *known);
    let names: Vec<&'static str> = known.chain(rules.iter().map(|(known, _)| *known)).collect();
    closest_name(name, &names)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::super::{Effect, ForeignFormat, translate};
    use super::*;

    #[test]
    fn every_taken_element_has_a_rule() {
        let password = "<source-password>rosebud</source-password>";
        for section in SECTIONS {
            let (open, close) = match section.name {
                "icecast" => (String::new(), String::new()),
                "relay" => {
                    ("<relay><server>127.0.0.1</server><port>9</port>".to_owned(), "</relay>".to_owned())
                }
                name @ ("tls-context" | "changeowner") => {
                    (format!("<security><{name}>"), format!("</{name}></security>"))
                }
                name => (format!("<{name}>"), format!("</{name}>")),
            };
            for (name, _) in section.elements.iter().filter(|(_, why)| *why == TAKEN) {
                let text = format!("<icecast>{password}{open}<{name}>1</{name}>{close}</icecast>");
                // A value that is refused was read by a rule.
                let Ok(translation) = translate(ForeignFormat::Icecast, &text, "a.xml", Path::new("/"))
                else {
                    continue;
                };
                let mut effects = translation.findings.iter().map(|finding| &finding.effect);
                let is_missing = effects.any(|effect| *effect == Effect::NoEffect(TAKEN.to_owned()));
                assert!(!is_missing, "{}<{name}>", section.place);
            }
        }
    }
}
