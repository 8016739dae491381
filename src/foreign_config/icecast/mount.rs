//! `<mount>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::station_texts::{self, line};
use super::walk::walk;

const RULES: Rules<Element> = &[
    ("mount-name", Rule::Take(|translator, element| text(translator, element, "mount"))),
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
    ("no-yp", Rule::Take(no_yp)),
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

/// -1, the default of Icecast, leaves it to the source.
fn public(translator: &mut Translator, element: &Element) {
    if element.setting.value == "-1" {
        let how = "directories list the mount only with <public>1</public>, whatever its source says";
        return translator.differs(&element.setting, how);
    }
    if translator.draft.table(translator.current).get("public") == Some("false") {
        return translator.already_so(&element.setting, "no directory lists the mount (<no-yp>)");
    }
    if let Some(flag) = translator.flag(&element.setting) {
        translator.take(translator.current, "public", flag.to_string(), &element.setting);
    }
}

fn no_yp(translator: &mut Translator, element: &Element) {
    match translator.flag(&element.setting) {
        Some(true) => translator.take(translator.current, "public", "false".to_owned(), &element.setting),
        Some(false) => translator.already_so(&element.setting, "<public> decides what directories list"),
        None => {}
    }
}
