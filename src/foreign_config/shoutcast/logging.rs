//! Log files.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::lines::ShoutcastLine;
use super::read_values::{file_value, flag, path};

pub(super) const RULES: Rules<ShoutcastLine> = &[
    ("log", Rule::Take(log)),
    ("logfile", Rule::Take(log_file)),
    ("screenlog", Rule::Take(screen_log)),
    ("logclients", Rule::Take(log_clients)),
    ("logrotates", Rule::NoEffect(ROTATION)),
    ("logarchive", Rule::NoEffect(ROTATION)),
    ("rotateinterval", Rule::NoEffect(ROTATION)),
    ("w3cenable", Rule::Take(w3c_enable)),
    ("w3clog", Rule::Take(w3c_log)),
    ("pidfile", Rule::Take(pid_file)),
    ("weblog", Rule::NoEffect("requests of pages are in the access log, access_log in [server]")),
];

pub(super) const STREAM_RULES: Rules<ShoutcastLine> =
    &[("streamw3clog", Rule::NoEffect("one W3C log has the listeners of all streams: use w3clog"))];

const ROTATION: &str =
    "files are renamed by their size, log_size_kb in [server], or by logrotate, which sends SIGUSR1";

/// The file of the W3C log if the file names none.
const W3C_FILE: &str = "sc_w3c.log";

/// What a line of the W3C log is.
const W3C_DIFFERS: &str = "a listener has one line, at its end, and not one for each title";

/// Sets the file with the number of the process. Without a name, there is none.
fn pid_file(translator: &mut Translator, line: &ShoutcastLine) {
    if line.setting.value == "/dev/null" {
        return translator.no_effect(&line.setting, "the number of the process is not kept there");
    }
    let value = path(translator, line);
    translator.take(Place::Server, "pid_file", value, &line.setting);
}

fn is_off(line: &ShoutcastLine, key: &str) -> bool {
    line.other(key).is_some_and(|setting| ["0", "no"].contains(&setting.value.to_ascii_lowercase().as_str()))
}

fn log(translator: &mut Translator, line: &ShoutcastLine) {
    match flag(translator, line) {
        Some(true) => translator.already_so(&line.setting, "the log goes to logfile, or else to stderr"),
        Some(false) => translator.differs(&line.setting, "no file is written; the log goes to stderr"),
        None => {}
    }
}

fn log_file(translator: &mut Translator, line: &ShoutcastLine) {
    if is_off(line, "log") {
        return translator.no_effect(&line.setting, "log is 0");
    }
    let value = path(translator, line);
    translator.take(Place::Server, "log_file", value, &line.setting);
}

fn screen_log(translator: &mut Translator, line: &ShoutcastLine) {
    let has_file = line.other("logfile").is_some() && !is_off(line, "log");
    match flag(translator, line) {
        Some(true) if has_file => {
            translator.differs(&line.setting, "the log goes to logfile and not also to stderr")
        }
        Some(false) if !has_file => {
            translator.differs(&line.setting, "without logfile, the log goes to stderr")
        }
        Some(_) => translator.already_so(&line.setting, "as logfile says"),
        None => {}
    }
}

fn log_clients(translator: &mut Translator, line: &ShoutcastLine) {
    match flag(translator, line) {
        Some(true) => translator.differs(&line.setting, "a listener has one line, when it leaves"),
        Some(false) => translator
            .no_effect(&line.setting, "a listener has a line when it leaves; RUST_LOG=warn leaves them out"),
        None => {}
    }
}

fn w3c_enable(translator: &mut Translator, line: &ShoutcastLine) {
    match flag(translator, line) {
        Some(true) if line.other("w3clog").is_some() => {
            translator.already_so(&line.setting, "w3clog names the file");
        }
        Some(true) => {
            let value = file_value(translator, line, W3C_FILE);
            translator.take_differently(Place::Server, "w3c_log", value, &line.setting, W3C_DIFFERS);
        }
        Some(false) => translator.already_so(&line.setting, "there is no W3C log"),
        None => {}
    }
}

fn w3c_log(translator: &mut Translator, line: &ShoutcastLine) {
    if is_off(line, "w3cenable") {
        return translator.no_effect(&line.setting, "w3cenable is 0");
    }
    let value = path(translator, line);
    translator.take_differently(Place::Server, "w3c_log", value, &line.setting, W3C_DIFFERS);
}
