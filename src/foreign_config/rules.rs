//! What is done with a setting, by its name.

use super::translator::Translator;
use crate::closest_name::closest_name;

/// What is done with a setting.
pub enum Rule<S: 'static> {
    /// The function translates it, and adds at least one finding.
    Take(fn(&mut Translator, &S)),
    /// It has no effect; the text says why.
    NoEffect(&'static str),
}

/// The rules of one place of a file: the names of the settings that are known there.
pub type Rules<S> = &'static [(&'static str, Rule<S>)];

/// Returns the rule for a name. Names are compared as they are, as Icecast does.
pub fn find<S>(rules: Rules<S>, name: &str) -> Option<&'static Rule<S>> {
    rules.iter().find(|(known, _)| *known == name).map(|(_, rule)| rule)
}

/// Returns the known name that was probably meant.
pub fn closest<S>(rules: Rules<S>, name: &str) -> Option<&'static str> {
    let names: Vec<&'static str> = rules.iter().map(|(known, _)| *known).collect();
    closest_name(name, &names)
}
