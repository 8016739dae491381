//! `<limits>`.

use super::super::draft::Place;
use super::super::finding::Effect;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::xml::Element;
use super::delivery;

const OTHER_CLIENTS: &str = "<max-listeners> is the limit of listeners; other requests have room besides";

/// The maximum of `header_timeout_s`.
const HEADER_TIMEOUT_MAX: u64 = 120;

pub(super) const RULES: Rules<Element> = &[
    ("clients", Rule::Take(clients)),
    ("sources", Rule::Take(sources)),
    ("source-timeout", Rule::Take(source_timeout)),
    ("burst-on-connect", Rule::Take(delivery::burst_on_connect)),
    ("burst-size", Rule::Take(delivery::burst_size)),
    ("queue-size", Rule::Take(delivery::queue_size)),
    ("max-listeners", Rule::Take(max_listeners)),
    ("header-timeout", Rule::Take(header_timeout)),
    (
        "client-timeout",
        Rule::NoEffect("a response must be read within 15 s, and a listener may be <queue-size> behind"),
    ),
    (
        "max-bandwidth",
        Rule::NoEffect("bandwidth is not limited; <max-listeners> and <clients> limit listeners"),
    ),
];

fn clients(translator: &mut Translator, element: &Element) {
    let Some(number) = translator.number(&element.setting) else { return };
    if max_listeners_of(translator, "<max-listeners>").is_some() {
        return translator.differs(&element.setting, OTHER_CLIENTS);
    }
    let value = number.clamp(1, 1_000_000).to_string();
    translator.take(Place::Server, "max_listeners", value, &element.setting);
}

/// `<max-listeners>` of the KH branch: of all mounts together, without other connections.
fn max_listeners(translator: &mut Translator, element: &Element) {
    match translator.integer(&element.setting) {
        Some(..0) => translator.already_so(&element.setting, "<clients> is the only limit"),
        Some(number) => {
            if let Some(clients) = max_listeners_of(translator, "<clients>") {
                translator.replace_findings(&clients, Effect::Differently(OTHER_CLIENTS.to_owned()));
            }
            let value = number.clamp(1, 1_000_000).to_string();
            translator.take(Place::Server, "max_listeners", value, &element.setting);
        }
        None => {}
    }
}

/// Returns where `max_listeners` comes from, if that is this element.
fn max_listeners_of(translator: &Translator, element: &str) -> Option<Origin> {
    let mut entries = translator.draft.server.entries.iter();
    let entry = entries.find(|entry| entry.key == "max_listeners")?;
    entry.origin.clone().filter(|origin| origin.setting.ends_with(element))
}

fn header_timeout(translator: &mut Translator, element: &Element) {
    let Some(number) = translator.number(&element.setting) else { return };
    let seconds = number.clamp(1, HEADER_TIMEOUT_MAX);
    let value = seconds.to_string();
    if seconds == number {
        translator.take(Place::Server, "header_timeout_s", value, &element.setting);
    } else {
        let how = format!("it is from 1 to {HEADER_TIMEOUT_MAX}");
        translator.take_differently(Place::Server, "header_timeout_s", value, &element.setting, &how);
    }
}

fn sources(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.number(&element.setting) {
        translator.put(Place::Unlisted, "max", number.clamp(1, 1000).to_string(), &element.setting);
        translator.take(Place::Server, "max_sources", number.clamp(1, 65_536).to_string(), &element.setting);
    }
}

fn source_timeout(translator: &mut Translator, element: &Element) {
    take_source_timeout(translator, Place::EveryMount, element);
}

/// `<source-timeout>` of a mount.
pub(super) fn mount_source_timeout(translator: &mut Translator, element: &Element) {
    take_source_timeout(translator, translator.current, element);
}

fn take_source_timeout(translator: &mut Translator, place: Place, element: &Element) {
    if let Some(number) = translator.number(&element.setting) {
        let seconds = number.clamp(1, 3600).to_string();
        translator.take(place, "source_timeout_s", seconds, &element.setting);
    }
}
