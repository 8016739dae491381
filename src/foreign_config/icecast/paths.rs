//! `<paths>`.

use super::super::rules::{Rule, Rules};
use super::super::xml::Element;

pub(super) const RULES: Rules<Element> = &[
    ("basedir", Rule::NoEffect("nothing is read from there")),
    ("adminroot", Rule::NoEffect("the pages are part of the program")),
];
