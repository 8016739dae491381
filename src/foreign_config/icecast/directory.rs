//! `<directory>`.

use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;

const RULES: Rules<Element> =
    &[("yp-url", Rule::Take(yp_url)), ("yp-url-timeout", Rule::NoEffect("the timeout is fixed"))];

/// Adds a directory.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    walk(translator, element, RULES);
}

fn yp_url(translator: &mut Translator, element: &Element) {
    let directory = translator.draft.add_table("[directory]", &element.setting);
    translator.take(directory, "url", values::text(&element.setting.value), &element.setting);
}
