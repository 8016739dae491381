//! `<authentication>` in `<icecast>`: the passwords of sources and of the administrator.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;

pub(super) const RULES: Rules<Element> = &[
    ("source-password", Rule::Take(source_password)),
    ("relay-password", Rule::NoEffect("every relay may connect without a password, as in Icecast")),
    ("admin-user", Rule::Take(|translator, element| text(translator, element, "admin_user"))),
    ("admin-password", Rule::Take(|translator, element| text(translator, element, "admin_password"))),
];

/// The password of every source without one of its own, at every mount.
fn source_password(translator: &mut Translator, element: &Element) {
    let value = values::text(&element.setting.value);
    translator.put(Place::Unlisted, "source_password", value.clone(), &element.setting);
    translator.take(Place::EveryStation, "source_password", value, &element.setting);
}

fn text(translator: &mut Translator, element: &Element, key: &'static str) {
    translator.take(Place::Server, key, values::text(&element.setting.value), &element.setting);
}
