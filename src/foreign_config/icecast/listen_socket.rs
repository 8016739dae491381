//! `<listen-socket>`.

use super::super::draft::{Entry, Place};
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;

const RULES: Rules<Element> = &[
    ("port", Rule::Take(|_, _| {})),
    ("bind-address", Rule::Take(|_, _| {})),
    ("so-sndbuf", Rule::NoEffect("the system chooses the size of socket buffers")),
    ("listen-backlog", Rule::NoEffect("the longest queue that the system allows is used")),
];

/// Adds an address to `listen`.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    walk(translator, element, RULES);
    let Some(port) = element.child("port") else {
        translator.error(&element.setting, "has no <port>");
        return;
    };
    let Ok(number) = port.setting.value.parse::<u16>() else {
        translator.invalid(&port.setting, "a port, from 1 to 65535");
        return;
    };
    let host = match element.text("bind-address") {
        None | Some("0.0.0.0" | "::") => "[::]".to_owned(),
        Some(address) if address.contains(':') => format!("[{}]", address.trim_matches(['[', ']'])),
        Some(host) => host.to_owned(),
    };
    let address = values::text(&format!("{host}:{number}"));
    let origin = Some((port.setting.line, port.setting.path.clone()));
    let server = translator.draft.table(Place::Server);
    let others = server.get("listen").map(|list| list.trim_matches(['[', ']']).to_owned());
    let value = match others {
        Some(others) => format!("[{others}, {address}]"),
        None => format!("[{address}]"),
    };
    server.set(Entry { key: "listen", value, origin });
    translator.already_so(&port.setting, &format!("[server] listen contains {address}"));
    if let Some(bind) = element.child("bind-address") {
        translator.already_so(&bind.setting, &format!("[server] listen contains {address}"));
    }
}
