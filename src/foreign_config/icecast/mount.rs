//! `<mount>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::delivery;
use super::station_texts::{self, line};
use super::walk::walk;

const RULES: Rules<Element> = &[
    ("mount-name", Rule::Take(station_texts::mount)),
    ("username", Rule::Take(|translator, element| text(translator, element, "source_user"))),
    ("password", Rule::Take(|translator, element| text(translator, element, "source_password"))),
    ("max-listeners", Rule::Take(max_listeners)),
    ("charset", Rule::Take(station_texts::charset)),
    ("stream-name", Rule::Take(|translator, element| line(translator, element, "name"))),
    ("stream-description", Rule::Take(|translator, element| line(translator, element, "description"))),
    ("stream-url", Rule::Take(station_texts::home_page)),
    ("genre", Rule::Take(|translator, element| line(translator, element, "genre"))),
    ("bitrate", Rule::Take(station_texts::bitrate)),
    ("public", Rule::Take(public)),
    ("hidden", Rule::Take(hidden)),
    ("burst-size", Rule::Take(delivery::mount_burst_size)),
    ("queue-size", Rule::Take(delivery::mount_queue_size)),
];

/// Adds a station.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    translator.current = translator.draft.add_table("[[station]]", &element.setting);
    walk(translator, element, RULES);
    translator.current = Place::EveryMount;
}

fn text(translator: &mut Translator, element: &Element, key: &'static str) {
    translator.take(translator.current, key, values::text(&element.setting.value), &element.setting);
}

fn max_listeners(translator: &mut Translator, element: &Element) {
    if let Some(number) = translator.number(&element.setting) {
        let number = number.clamp(1, 1_000_000).to_string();
        translator.take(translator.current, "max_listeners", number, &element.setting);
    }
}

fn hidden(translator: &mut Translator, element: &Element) {
    if let Some(flag) = translator.flag(&element.setting) {
        translator.take(translator.current, "hidden", flag.to_string(), &element.setting);
    }
}

fn public(translator: &mut Translator, element: &Element) {
    if let Some(flag) = translator.flag(&element.setting) {
        translator.take(translator.current, "public", flag.to_string(), &element.setting);
    }
}
