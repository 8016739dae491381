//! `sc_serv.conf`: lines such as `portbase=8000` and `streampath_1=/live`.
//!
//! Keys and defaults are those of the documentation of the DNAS 2.6 and of the comments in the files of 1.9.
//! Each other file of this folder has the rules for one group of keys. A key of one stream ends in its
//! number; without a number, or with 0, it is that of stream 1.

mod access;
mod debugging;
mod directory;
mod lines;
mod listeners;
mod logging;
mod network;
mod pages;
mod read_values;
mod relays;
mod special_files;
mod streams;

#[cfg(test)]
mod tests;

use std::path::Path;

use super::draft::Place;
use super::rules::{self, Rule, Rules};
use super::translation::Translation;
use super::translator::Translator;
use super::values;
use crate::closest_name::closest_name;
use lines::ShoutcastLine;
use streams::StreamPlaces;

/// The rules for keys that hold for all streams.
const SERVER_RULES: [Rules<ShoutcastLine>; 10] = [
    access::RULES,
    debugging::RULES,
    directory::RULES,
    listeners::RULES,
    logging::RULES,
    network::RULES,
    pages::RULES,
    relays::RULES,
    special_files::RULES,
    streams::RULES,
];

/// The rules for keys of one stream. The station of the stream is the current place.
const STREAM_RULES: [Rules<ShoutcastLine>; 9] = [
    access::STREAM_RULES,
    directory::STREAM_RULES,
    listeners::STREAM_RULES,
    logging::STREAM_RULES,
    network::STREAM_RULES,
    pages::STREAM_RULES,
    relays::STREAM_RULES,
    special_files::STREAM_RULES,
    streams::STREAM_RULES,
];

/// Translates an `sc_serv.conf`.
pub(super) fn translate(text: &str, file: &str, folder: &Path) -> Translation {
    let mut translator = Translator::new(folder);
    let lines = lines::read(text);
    let streams = StreamPlaces::new(&mut translator, &lines);
    for line in &lines {
        take(&mut translator, line, &streams);
    }
    defaults(&mut translator, &lines);
    Translation::new(translator, file)
}

/// Applies the rule for a line.
fn take(translator: &mut Translator, line: &ShoutcastLine, streams: &StreamPlaces) {
    let setting = &line.setting;
    let of_stream = find(&STREAM_RULES, &line.name);
    let Some(rule) = of_stream.or_else(|| find(&SERVER_RULES, &line.name)) else {
        let meant = if translator.may_compare() { closest(&line.name) } else { None };
        return translator.unknown(setting, meant.map(str::to_owned));
    };
    if let Some(later) = line.given_again() {
        return translator.no_effect(setting, &format!("line {later} gives it again"));
    }
    if of_stream.is_some() {
        match streams.place(line.number()) {
            Some(place) => translator.current = place,
            None => {
                let why = format!("there is no streamid_{}", line.number());
                return translator.no_effect(setting, &why);
            }
        }
    }
    match rule {
        Rule::NoEffect(why) => translator.no_effect(setting, why),
        Rule::Take(_) if setting.value.is_empty() => {
            translator.already_so(setting, "empty, as if it were not given")
        }
        Rule::Take(take) => take(translator, line),
    }
}

fn find(all: &[Rules<ShoutcastLine>], name: &str) -> Option<&'static Rule<ShoutcastLine>> {
    all.iter().find_map(|rules| rules::find(rules, name))
}

/// Returns the known key that was probably meant.
fn closest(name: &str) -> Option<&'static str> {
    let all = SERVER_RULES.iter().chain(&STREAM_RULES);
    let names: Vec<&str> = all.flat_map(|rules| rules.iter().map(|(known, _)| *known)).collect();
    closest_name(name, &names)
}

/// Sets what sc_serv does if its file does not say otherwise.
fn defaults(translator: &mut Translator, lines: &[ShoutcastLine]) {
    network::set_defaults(translator, lines);
    streams::set_defaults(translator, lines);
    // sc_serv starts with every password; there is a warning.
    translator.default(Place::Server, "allow_weak_passwords", "true".to_owned());
    translator.default(Place::Server, "max_listeners", "512".to_owned());
    translator.default(Place::Server, "robots", values::text("none"));
    translator.default(Place::EveryStation, "metaint", "16384".to_owned());
    translator.default(Place::EveryMount, "source_timeout_s", "30".to_owned());
    translator.default(Place::EveryMount, "public", values::text("as_source"));
}
