//! `<limits>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::xml::Element;
use super::delivery;

pub(super) const RULES: Rules<Element> = &[
    ("clients", Rule::Take(clients)),
    ("sources", Rule::Take(sources)),
    ("source-timeout", Rule::Take(source_timeout)),
    ("burst-on-connect", Rule::Take(delivery::burst_on_connect)),
    ("burst-size", Rule::Take(delivery::burst_size)),
    ("queue-size", Rule::Take(delivery::queue_size)),
];

fn clients(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.number(&element.setting) {
        translator.take(
            Place::Server,
            "max_listeners",
            number.clamp(1, 1_000_000).to_string(),
            &element.setting,
        );
    }
}

fn sources(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.number(&element.setting) {
        translator.take(Place::Unlisted, "max", number.clamp(1, 1000).to_string(), &element.setting);
    }
}

fn source_timeout(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.number(&element.setting) {
        let seconds = number.clamp(1, 3600).to_string();
        translator.take(Place::EveryMount, "source_timeout_s", seconds, &element.setting);
    }
}
