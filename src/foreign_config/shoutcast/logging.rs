//! Log files.

use super::super::rules::{Rule, Rules};
use super::lines::ShoutcastLine;

pub(super) const RULES: Rules<ShoutcastLine> =
    &[("weblog", Rule::NoEffect("requests of pages are in the access log, access_log in [server]"))];

pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[];
