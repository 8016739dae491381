//! Applying rules to elements.

use super::super::rules::{self, Rule, Rules};
use super::super::translator::Translator;
use super::super::xml::Element;
use super::{known, unread_parts};

/// Elements of which Icecast uses all, not only the last one.
const REPEATED: [&str; 3] = ["mount", "relay", "x-forwarded-for"];

const EMPTY: &str = "it is empty";

/// Applies the rules to the children of an element. A name without a rule that a version of Icecast has is
/// said to have no effect.
///
/// As in Icecast, elements without content are ignored, and the last one of a name is used.
pub(super) fn walk(translator: &mut Translator, element: &Element, rules: Rules<Element>) {
    for (index, child) in element.children.iter().enumerate() {
        if child.is_empty() && is_known(element, child, rules) {
            translator.no_effect(&child.setting, EMPTY);
        } else if let Some(later) = later(&element.children[index + 1..], child) {
            let why = format!("line {} has it again, and the last one is used", later.setting.line);
            translator.no_effect(&child.setting, &why);
        } else {
            apply(translator, &element.name, child, rules);
        }
    }
}

fn is_known(element: &Element, child: &Element, rules: Rules<Element>) -> bool {
    rules::find(rules, &child.name).is_some() || known::reason(&element.name, &child.name).is_some()
}

/// Returns the element that is used instead of another that is only a text.
fn later<'e>(siblings: &'e [Element], element: &Element) -> Option<&'e Element> {
    let is_text = element.children.is_empty() && element.attributes.is_empty();
    if !is_text || REPEATED.contains(&element.name.as_str()) {
        return None;
    }
    siblings.iter().rfind(|other| other.name == element.name && !other.is_empty())
}

fn apply(translator: &mut Translator, section: &str, child: &Element, rules: Rules<Element>) {
    match rules::find(rules, &child.name) {
        Some(Rule::Take(take)) => {
            unread_parts::note(translator, child);
            match unread_parts::is_without_content(child) {
                true => translator.no_effect(&child.setting, EMPTY),
                false => take(translator, child),
            }
        }
        Some(Rule::NoEffect(why)) => translator.no_effect(&child.setting, why),
        None => match known::reason(section, &child.name) {
            Some(why) => translator.no_effect(&child.setting, why),
            None => unknown(translator, section, child, rules),
        },
    }
}

/// Notes an unknown element, and what was probably meant.
fn unknown(translator: &mut Translator, section: &str, child: &Element, rules: Rules<Element>) {
    if child.name == "include" {
        return translator.no_effect(&child.setting, known::NOT_INCLUDED);
    }
    if let Some(place) = known::place(&child.name) {
        return translator.misplaced(&child.setting, &place);
    }
    let meant = translator.may_compare().then(|| known::closest(section, rules, &child.name)).flatten();
    translator.unknown(&child.setting, meant.map(|name| format!("<{name}>")));
}
