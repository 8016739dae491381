//! `<changeowner>` and `<pidfile>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::{Translator, path_value};
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;

const RULES: Rules<Element> = &[("user", Rule::Take(user)), ("group", Rule::Take(group))];

/// Takes the user that the process becomes.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    if element.text("user").is_none() {
        translator.no_effect(&element.setting, "it has no <user>");
        return;
    }
    walk(translator, element, RULES);
}

fn user(translator: &mut Translator, element: &Element) {
    translator.take(Place::Server, "user", values::text(&element.setting.value), &element.setting);
}

fn group(translator: &mut Translator, element: &Element) {
    match element.setting.value.as_str() {
        "" => translator.already_so(&element.setting, "the group of the user"),
        name => translator.take(Place::Server, "group", values::text(name), &element.setting),
    }
}

/// Takes the file with the number of the process.
pub(super) fn pid_file(translator: &mut Translator, element: &Element) {
    match element.setting.value.as_str() {
        "" => translator.already_so(&element.setting, "no such file"),
        "/dev/null" => translator.no_effect(&element.setting, "the number of the process is not kept there"),
        name => {
            let path = path_value(&translator.path(name));
            translator.take(Place::Server, "pid_file", path, &element.setting);
        }
    }
}
