//! Ports, addresses and certificates.

use std::net::IpAddr;

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::setting::Setting;
use super::super::translator::Translator;
use super::super::values;
use super::lines::ShoutcastLine;
use super::read_values::{file_value, flag, number, path};

pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[(
    "streamportlegacy",
    Rule::NoEffect(
        "every port takes the sources of all streams: one chooses its stream with #ID after the password",
    ),
)];

pub(super) const RULES: Rules<ShoutcastLine> = &[
    ("portbase", Rule::Take(port_base)),
    ("portlegacy", Rule::Take(port_legacy)),
    ("alternateports", Rule::Take(alternate_ports)),
    ("destip", Rule::Take(listener_address)),
    ("dstip", Rule::Take(listener_address)),
    ("destdns", Rule::Take(listener_address)),
    ("srcip", Rule::Take(source_address)),
    ("srcdns", Rule::Take(source_address)),
    ("publicip", Rule::NoEffect(PUBLIC_ADDRESS)),
    ("publicdns", Rule::NoEffect(PUBLIC_ADDRESS)),
    ("publicport", Rule::NoEffect(PUBLIC_ADDRESS)),
    ("sslcertificatefile", Rule::Take(certificate)),
    ("sslcertificatekeyfile", Rule::Take(certificate_key)),
    ("namelookups", Rule::Take(name_lookups)),
    ("maxheaderlinesize", Rule::NoEffect(HEAD_LIMITS)),
    ("maxheaderlinecount", Rule::NoEffect(HEAD_LIMITS)),
    ("cpucount", Rule::NoEffect("one event loop serves all connections")),
    ("licenceid", Rule::NoEffect(LICENCE)),
    ("userid", Rule::NoEffect(LICENCE)),
];

const PUBLIC_ADDRESS: &str = "links in pages and playlists have the address that the client has used; public_url in [server] gives another";

const HEAD_LIMITS: &str = "the head of a request may have 16 KiB";

const LICENCE: &str = "everything is available without a licence";

/// The port if the file has none.
const PORT_DEFAULT: u16 = 8000;

/// The keys with the address for listeners. `destip` is also written `dstip`.
const LISTENER_ADDRESS: [&str; 3] = ["destip", "dstip", "destdns"];

/// The keys with the address for sources.
const SOURCE_ADDRESS: [&str; 2] = ["srcip", "srcdns"];

/// Opens the ports that sc_serv opens: one for everyone, and the next one for sources of SHOUTcast 1.
pub(super) fn set_defaults(translator: &mut Translator, lines: &[ShoutcastLine]) {
    let address = |keys: &[&str]| {
        let found =
            lines.iter().rfind(|line| keys.contains(&line.name.as_str()) && !line.setting.value.is_empty());
        host(found.map(|line| &line.setting))
    };
    let listen = values::list([values::text(&format!("{}:{PORT_DEFAULT}", address(&LISTENER_ADDRESS)))]);
    translator.default(Place::Server, "listen", listen);
    let base = lines.iter().rfind(|line| line.name == "portbase").and_then(|line| port(&line.setting.value));
    let source_listen = base.unwrap_or(PORT_DEFAULT).checked_add(1);
    let source_listen =
        source_listen.map(|port| values::text(&format!("{}:{port}", address(&SOURCE_ADDRESS))));
    translator.default(Place::Server, "source_listen", values::list(source_listen));
}

/// Returns a port, of which text after it is no part.
fn port(text: &str) -> Option<u16> {
    let digits = text.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|port| *port > 0)
}

/// Returns the host of an address to listen on: all addresses, unless it is an address of this machine.
fn host(setting: Option<&Setting>) -> String {
    match setting.map(|setting| (setting.value.parse::<IpAddr>(), setting.value.as_str())) {
        Some((Ok(IpAddr::V6(address)), _)) => format!("[{address}]"),
        Some((Ok(address), _)) if !address.is_unspecified() => address.to_string(),
        Some((Err(_), "localhost")) => "localhost".to_owned(),
        _ => "[::]".to_owned(),
    }
}

fn other(line: &ShoutcastLine, keys: &[&str]) -> String {
    host(keys.iter().find_map(|key| line.other(key)))
}

fn port_base(translator: &mut Translator, line: &ShoutcastLine) {
    let Some(base) = port(&line.setting.value) else {
        return translator.invalid(&line.setting, "a port, from 1 to 65535");
    };
    let host = other(line, &LISTENER_ADDRESS);
    let others = line.other("alternateports").map(|ports| ports.value.as_str()).unwrap_or_default();
    let all = [base].into_iter().chain(others.split(',').filter_map(|text| port(text.trim())));
    let mut ports: Vec<u16> = Vec::new();
    for port in all {
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    let list = values::list(ports.iter().map(|port| values::text(&format!("{host}:{port}"))));
    translator.take(Place::Server, "listen", list, &line.setting);
}

fn alternate_ports(translator: &mut Translator, line: &ShoutcastLine) {
    if line.setting.value.split(',').any(|text| port(text.trim()).is_none()) {
        return translator.invalid(&line.setting, "ports with commas between them, such as 80,8080");
    }
    match line.other("portbase") {
        Some(_) => translator.differs(
            &line.setting,
            "[server] listen has these ports, with all pages and not only the streams",
        ),
        None => translator.no_effect(&line.setting, "portbase is missing"),
    }
}

/// Sets the port for sources of SHOUTcast 1. 0 is none.
fn port_legacy(translator: &mut Translator, line: &ShoutcastLine) {
    let Some(given) = number(translator, line) else { return };
    let ports = match u16::try_from(given) {
        Ok(0) => None,
        Ok(port) => Some(values::text(&format!("{}:{port}", other(line, &SOURCE_ADDRESS)))),
        Err(_) => return translator.invalid(&line.setting, "a port, from 0 to 65535"),
    };
    translator.take(Place::Server, "source_listen", values::list(ports), &line.setting);
}

fn listener_address(translator: &mut Translator, line: &ShoutcastLine) {
    bind(translator, &line.setting, "listen");
}

fn source_address(translator: &mut Translator, line: &ShoutcastLine) {
    bind(translator, &line.setting, "source_listen");
}

/// Says what an address to listen on leads to.
fn bind(translator: &mut Translator, setting: &Setting, key: &str) {
    let is_any = setting.value.eq_ignore_ascii_case("any");
    let host = host(Some(setting));
    match setting.value.parse::<IpAddr>().is_ok() || is_any || host == "localhost" {
        true => translator.already_so(setting, &format!("[server] {key} has {host}")),
        false => translator.differs(setting, &format!("it is a name, so [server] {key} has all addresses")),
    }
}

fn certificate(translator: &mut Translator, line: &ShoutcastLine) {
    let table = translator.draft.add_table("[[tls]]", &line.setting);
    let value = path(translator, line);
    translator.take(table, "certificate", value, &line.setting);
    if let Some(key) = line.other("sslcertificatekeyfile") {
        let value = file_value(translator, line, &key.value);
        translator.put(table, "key", value, key);
    }
}

fn certificate_key(translator: &mut Translator, line: &ShoutcastLine) {
    match line.other("sslcertificatefile") {
        Some(_) => translator.already_so(&line.setting, "the key of [[tls]]"),
        None => translator.no_effect(&line.setting, "sslCertificateFile is missing"),
    }
}

fn name_lookups(translator: &mut Translator, line: &ShoutcastLine) {
    match flag(translator, line) {
        Some(true) => translator
            .no_effect(&line.setting, "names of listeners are not looked up: pages and logs have addresses"),
        Some(false) => translator.already_so(&line.setting, "names of listeners are not looked up"),
        None => {}
    }
}
