//! `<paths>`.

use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::xml::Element;

pub(super) const RULES: Rules<Element> = &[
    ("basedir", Rule::NoEffect("nothing is read from there")),
    ("logdir", Rule::Take(log_dir)),
    ("adminroot", Rule::NoEffect("the pages are part of the program")),
];

/// `logging` has read it.
fn log_dir(translator: &mut Translator, element: &Element) {
    translator.already_so(&element.setting, "the names of logs begin there");
}
