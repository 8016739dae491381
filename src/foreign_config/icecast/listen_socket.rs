//! `<listen-socket>`, and `<port>` and `<bind-address>` of old files.

use super::super::draft::ListenItem;
use super::super::finding::Effect;
use super::super::rules::{Rule, Rules};
use super::super::setting::Setting;
use super::super::translator::Translator;
use super::super::xml::Element;
use super::walk::walk;

/// The port that Icecast opens if its file has none.
const DEFAULT_PORT: u16 = 8000;

const RULES: Rules<Element> = &[
    ("port", Rule::Take(|_, _| {})),
    ("bind-address", Rule::Take(|_, _| {})),
    ("tls", Rule::Take(|_, _| {})),
    ("ssl", Rule::Take(|_, _| {})),
    // These are translated when all sockets are known.
    ("shoutcast-mount", Rule::Take(|_, _| {})),
    ("shoutcast-compat", Rule::Take(|_, _| {})),
];

const TLS_ONLY: &str = "[server] listen: tls_only = true";

/// Whether a port speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TlsMode {
    /// With and without TLS, if there is a certificate.
    Both,
    /// Only with TLS.
    Only,
}

/// Adds an address to `listen`.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    walk(translator, element, RULES);
    if element.attribute("type") == Some("virtual") {
        let why =
            "a virtual socket opens no port: its settings apply to requests, which have those of the server";
        return translator.no_effect(&element.setting, why);
    }
    let port = element.child("port").map_or(&element.setting, |port| &port.setting);
    let Some(number) = port_number(translator, element, port) else { return };
    let bind = element.child("bind-address").map(|bind| &bind.setting);
    let host = bind.and_then(|bind| host(&bind.value));
    let tls = tls_mode(translator, element);
    let origin = port.origin();
    let item = ListenItem { host, port: number, tls_only: tls == TlsMode::Only, origin };
    add(translator, item, [Some(port), bind]);
}

/// Sets the port of an old file, which has no `<listen-socket>`. With one, Icecast ignores it.
pub(super) fn take_root(translator: &mut Translator, root: &Element) {
    let [port, bind] = ["port", "bind-address"].map(|name| root.child(name).map(|it| &it.setting));
    let [port, bind] = [port, bind].map(|it| it.filter(|it| !it.value.is_empty()));
    if !translator.draft.listen.is_empty() {
        let why = "<listen-socket> is used instead";
        return [port, bind].into_iter().flatten().for_each(|it| translator.no_effect(it, why));
    }
    if root.children.iter().any(|it| it.name == "listen-socket") {
        return;
    }
    let number = match port.map(|port| port.value.parse::<u16>()) {
        Some(Ok(number)) if number > 0 => number,
        Some(_) => {
            return port.into_iter().for_each(|port| translator.invalid(port, "a port, from 1 to 65535"));
        }
        None => DEFAULT_PORT,
    };
    let host = bind.and_then(|bind| host(&bind.value));
    let setting = port.or(bind).unwrap_or(&root.setting);
    let origin = setting.origin();
    add(translator, ListenItem { host, port: number, tls_only: false, origin }, [port, bind]);
}

fn port_number(translator: &mut Translator, element: &Element, port: &Setting) -> Option<u16> {
    if element.text("port").is_none() {
        return Some(DEFAULT_PORT);
    }
    let number = port.value.parse().ok().filter(|number| *number > 0);
    if number.is_none() {
        translator.invalid(port, "a port, from 1 to 65535");
    }
    number
}

/// Returns the address without a port; `None` for all addresses.
fn host(address: &str) -> Option<String> {
    match address.trim_matches(['[', ']']) {
        "" | "::" => None,
        address if address.contains(':') => Some(format!("[{address}]")),
        address => Some(address.to_owned()),
    }
}

/// Returns whether a socket speaks TLS: `1` in Icecast 2.4, the names of modes in 2.5. The KH branch has no
/// such element, and speaks TLS on all ports if there is a certificate, as coldwave does.
fn tls_mode(translator: &mut Translator, element: &Element) -> TlsMode {
    let Some(setting) = tls_setting(element) else { return TlsMode::Both };
    match setting.value.to_ascii_lowercase().as_str() {
        "" => TlsMode::Both,
        "auto" => {
            translator.already_so(setting, "every port speaks TLS and plain text if there is a certificate");
            TlsMode::Both
        }
        "0" | "no" | "false" | "off" | "disabled" | "rfc2817" => {
            let how = "the port speaks plain text, and also TLS if there is a certificate";
            translator.already_so(setting, how);
            TlsMode::Both
        }
        "auto_no_plain" => {
            translator.differs(setting, "tls_only = true: without the upgrade of RFC 2817");
            TlsMode::Only
        }
        "1" | "yes" | "true" | "on" | "rfc2818" => {
            translator.already_so(setting, TLS_ONLY);
            TlsMode::Only
        }
        _ => {
            translator.invalid(setting, "1, 0, auto, auto_no_plain, rfc2817, rfc2818 or disabled");
            TlsMode::Both
        }
    }
}

/// Adds an address. One that others cover is not opened twice.
fn add(translator: &mut Translator, item: ListenItem, settings: [Option<&Setting>; 2]) {
    let settings = settings.into_iter().flatten();
    let listen = &mut translator.draft.listen;
    if let Some(other) = listen.iter().find(|other| covers(other, &item)) {
        let why = format!("{}, line {}, is opened instead", other.address(), other.origin.line);
        return settings.for_each(|setting| translator.no_effect(setting, &why));
    }
    listen.retain(|other| !covers(&item, other));
    let how = format!("[server] listen = \"{}\"", item.address());
    listen.push(item);
    settings.for_each(|setting| translator.already_so(setting, &how));
}

/// Returns whether a socket takes all connections to another address.
fn covers(one: &ListenItem, other: &ListenItem) -> bool {
    let is_ipv4 = |host: &str| !host.starts_with('[');
    one.port == other.port
        && match (one.host.as_deref(), other.host.as_deref()) {
            (None, _) => true,
            (Some("0.0.0.0"), Some(host)) => is_ipv4(host),
            (one, other) => one == other,
        }
}

/// Opens the ports that speak only TLS in plain text if there is no certificate, as Icecast does.
pub(super) fn without_certificate(translator: &mut Translator, root: &Element) {
    if translator.draft.tables.iter().any(|table| table.header == "[[tls]]") {
        return;
    }
    translator.draft.listen.iter_mut().for_each(|item| item.tls_only = false);
    let sockets = root.children.iter().filter(|child| child.name == "listen-socket");
    let is_virtual = |socket: &&Element| socket.attribute("type") == Some("virtual");
    for socket in sockets.filter(|socket| !is_virtual(socket)) {
        if let Some(setting) = tls_setting(socket).filter(|setting| is_tls_only(&setting.value)) {
            let how = "the port speaks plain text: there is no certificate";
            let origin = setting.origin();
            translator.replace_findings(&origin, Effect::Differently(how.to_owned()));
        }
    }
}

fn tls_setting(socket: &Element) -> Option<&Setting> {
    socket.child("tls").or_else(|| socket.child("ssl")).map(|element| &element.setting)
}

fn is_tls_only(mode: &str) -> bool {
    ["1", "yes", "true", "on", "rfc2818", "auto_no_plain"].contains(&mode.to_ascii_lowercase().as_str())
}
