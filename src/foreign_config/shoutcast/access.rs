//! Who may listen: lists of banned and reserved addresses and of programs.

use super::super::rules::{Rule, Rules};
use super::lines::ShoutcastLine;

pub(super) const RULES: Rules<ShoutcastLine> = &[
    ("savebanlistonexit", Rule::NoEffect(NOT_WRITTEN)),
    ("saveriplistonexit", Rule::NoEffect(NOT_WRITTEN)),
    ("saveagentlistonexit", Rule::NoEffect(NOT_WRITTEN)),
];

pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[];

const NOT_WRITTEN: &str = "the list is only read; bans of the admin page are kept in state_dir";
