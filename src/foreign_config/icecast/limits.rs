//! `<limits>`.

use std::ops::RangeInclusive;

use super::super::draft::Place;
use super::super::finding::Effect;
use super::super::rules::{Rule, Rules};
use super::super::setting::Origin;
use super::super::translator::Translator;
use super::super::xml::Element;
use super::delivery;

const OTHER_CLIENTS: &str = "<max-listeners> is the limit of listeners; other requests have room besides";

/// The range of `max_listeners`.
pub(super) const LISTENERS: RangeInclusive<u64> = 1..=1_000_000;

/// The range of `max_sources`.
const SOURCES: RangeInclusive<u64> = 1..=65_536;

/// The range of `source_timeout_s`.
const SOURCE_TIMEOUT: RangeInclusive<u64> = 1..=3600;

/// The range of `header_timeout_s`.
const HEADER_TIMEOUT: RangeInclusive<u64> = 1..=120;

/// The highest `max` of `[unlisted]`: a mount that lingers without a source must not keep out another one.
const UNLISTED_MAX: &str = "1000";

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
    let Some(number) = translator.limit(&element.setting, "listeners have no limit") else { return };
    if max_listeners_of(translator, "<max-listeners>").is_some() {
        return translator.differs(&element.setting, OTHER_CLIENTS);
    }
    translator.take_clamped(Place::Server, "max_listeners", number, LISTENERS, &element.setting);
}

/// `<max-listeners>` of the KH branch: of all mounts together, without other connections.
fn max_listeners(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.limit(&element.setting, "<clients> is the only limit") {
        if let Some(clients) = max_listeners_of(translator, "<clients>") {
            translator.replace_findings(&clients, Effect::Differently(OTHER_CLIENTS.to_owned()));
        }
        translator.take_clamped(Place::Server, "max_listeners", number, LISTENERS, &element.setting);
    }
}

/// Returns where `max_listeners` comes from, if that is this element.
fn max_listeners_of(translator: &Translator, element: &str) -> Option<Origin> {
    let mut entries = translator.draft.server.entries.iter();
    let entry = entries.find(|entry| entry.key == "max_listeners")?;
    entry.origin.clone().filter(|origin| origin.setting.ends_with(element))
}

fn header_timeout(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.number(&element.setting) {
        translator.take_clamped(Place::Server, "header_timeout_s", number, HEADER_TIMEOUT, &element.setting);
    }
}

fn sources(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.limit(&element.setting, "sources have no limit") {
        translator.take_clamped(Place::Server, "max_sources", number, SOURCES, &element.setting);
    }
}

/// `<source-timeout>` of all mounts, or of one.
pub(super) fn source_timeout(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.limit(&element.setting, "the time is that of the server") {
        let place = translator.current;
        translator.take_clamped(place, "source_timeout_s", number, SOURCE_TIMEOUT, &element.setting);
    }
}

/// Sets the limits that Icecast has if its file does not say otherwise. `root` is `<icecast>`.
pub(super) fn defaults(translator: &mut Translator, root: &Element) {
    let is_silent = |name: &str| root.inner_text("limits", name).is_none();
    for (element, key, value) in [("clients", "max_listeners", "256"), ("sources", "max_sources", "16")] {
        if is_silent(element) {
            translator.default(Place::Server, key, value.to_owned());
        }
    }
    if translator.draft.unlisted.get("source_password").is_some() {
        translator.default(Place::Unlisted, "max", UNLISTED_MAX.to_owned());
    }
}
