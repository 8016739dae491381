//! `<limits>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::xml::Element;
use super::delivery;

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
    if has_max_listeners(translator) {
        let how = "<max-listeners> is the limit of listeners; other requests have room besides";
        return translator.differs(&element.setting, how);
    }
    let value = number.clamp(1, 1_000_000).to_string();
    translator.take(Place::Server, "max_listeners", value, &element.setting);
}

/// `<max-listeners>` of the KH branch: of all mounts together, without other connections.
fn max_listeners(translator: &mut Translator, element: &Element) {
    match translator.integer(&element.setting) {
        Some(..0) => translator.already_so(&element.setting, "<clients> is the only limit"),
        Some(number) => {
            let value = number.clamp(1, 1_000_000).to_string();
            translator.take(Place::Server, "max_listeners", value, &element.setting);
        }
        None => {}
    }
}

/// Returns whether there was a `<max-listeners>` with a limit before.
fn has_max_listeners(translator: &Translator) -> bool {
    let mut entries = translator.draft.server.entries.iter();
    let of_element = |path: &str| path.ends_with("<max-listeners>");
    entries.any(|entry| entry.origin.as_ref().is_some_and(|origin| of_element(&origin.setting)))
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
    if let Some(number) = translator.number(&element.setting) {
        let seconds = number.clamp(1, 3600).to_string();
        translator.take(Place::EveryMount, "source_timeout_s", seconds, &element.setting);
    }
}
