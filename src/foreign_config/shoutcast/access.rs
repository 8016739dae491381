//! Who may listen: lists of banned and reserved addresses and of programs.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::lines::ShoutcastLine;
use super::read_values::{file_value, flag, path};

pub(super) const RULES: Rules<ShoutcastLine> = &[
    ("banfile", Rule::Take(|translator, line| list(translator, line, DENY_IP))),
    ("ripfile", Rule::Take(|translator, line| list(translator, line, RESERVED_IP))),
    ("agentfile", Rule::Take(|translator, line| list(translator, line, DENY_AGENTS))),
    ("riponly", Rule::Take(rip_only)),
    ("blockemptyuseragent", Rule::Take(block_empty_agent)),
    ("savebanlistonexit", Rule::NoEffect(NOT_WRITTEN)),
    ("saveriplistonexit", Rule::NoEffect(NOT_WRITTEN)),
    ("saveagentlistonexit", Rule::NoEffect(NOT_WRITTEN)),
];

pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[
    ("streambanfile", Rule::NoEffect("a list of banned addresses holds for all streams: use banfile")),
    ("streamripfile", Rule::NoEffect("a list of reserved addresses holds for all streams: use ripfile")),
    ("streamagentfile", Rule::NoEffect("a list of refused programs holds for all streams: use agentfile")),
    ("streamriponly", Rule::NoEffect("who may connect is the same for all streams: use riponly")),
];

const DENY_IP: &str = "deny_ip_file";
const ALLOW_IP: &str = "allow_ip_file";
const RESERVED_IP: &str = "reserved_ip_file";
const DENY_AGENTS: &str = "deny_agents_file";

const NOT_WRITTEN: &str = "the file is only read; bans of the admin page are kept in state_dir";

fn list(translator: &mut Translator, line: &ShoutcastLine, key: &'static str) {
    let value = path(translator, line);
    translator.take(Place::Server, key, value, &line.setting);
}

/// Lets only the reserved addresses connect.
fn rip_only(translator: &mut Translator, line: &ShoutcastLine) {
    let is_only = flag(translator, line);
    match (is_only, line.other("ripfile")) {
        (Some(true), Some(file)) => {
            let value = file_value(translator, line, &file.value);
            let how = "sources and pages of other addresses are refused, too";
            translator.take_differently(Place::Server, ALLOW_IP, value, &line.setting, how);
        }
        (Some(true), None) => {
            translator.no_effect(&line.setting, "ripfile is missing, so no client could connect");
        }
        (Some(false), _) => translator.already_so(&line.setting, "all addresses may connect"),
        (None, _) => {}
    }
}

fn block_empty_agent(translator: &mut Translator, line: &ShoutcastLine) {
    match flag(translator, line) {
        Some(true) => translator.no_effect(&line.setting, "players that do not give their name are served"),
        Some(false) => translator.already_so(&line.setting, "players need not give their name"),
        None => {}
    }
}
