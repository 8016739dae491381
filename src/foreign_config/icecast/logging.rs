//! `<logging>`.

use super::super::rules::{Rule, Rules};
use super::super::xml::Element;

pub(super) const RULES: Rules<Element> =
    &[("memorybacklog", Rule::NoEffect("the administrator's page shows the last 500 lines"))];
