//! `<relay>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;

const RULES: Rules<Element> = &[
    ("server", Rule::Take(|_, _| {})),
    ("port", Rule::Take(|_, _| {})),
    ("mount", Rule::Take(|_, _| {})),
    ("local-mount", Rule::Take(|_, _| {})),
];

/// Adds a station with a relay.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    walk(translator, element, RULES);
    let Some(server) = element.text("server") else {
        translator.error(&element.setting, "has no <server>");
        return;
    };
    let port = element.text("port").unwrap_or("8000");
    let mount = element.text("mount").unwrap_or("/");
    let local = element.text("local-mount").unwrap_or(mount);
    let station = translator.draft.add_table("[[station]]", &element.setting);
    translator.put(station, "mount", values::text(local), &element.setting);
    let url = values::text(&format!("http://{server}:{port}{mount}"));
    translator.take(station, "relay", url, &element.setting);
    translator.current = Place::EveryMount;
}
