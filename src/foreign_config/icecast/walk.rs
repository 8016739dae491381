//! Applying rules to elements.

use super::super::rules::{self, Rule, Rules};
use super::super::translator::Translator;
use super::super::xml::Element;

/// Applies the rules to the children of an element.
pub(super) fn walk(translator: &mut Translator, element: &Element, rules: Rules<Element>) {
    for child in &element.children {
        match rules::find(rules, &child.name) {
            Some(Rule::Take(take)) => take(translator, child),
            Some(Rule::NoEffect(why)) => translator.no_effect(&child.setting, why),
            None => {
                let meant = rules::closest(rules, &child.name).map(|name| format!("<{name}>"));
                translator.unknown(&child.setting, meant);
            }
        }
    }
}
