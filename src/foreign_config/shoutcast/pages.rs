//! Pages, their pictures, and other files of the web.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::lines::ShoutcastLine;
use super::read_values::path;

pub(super) const RULES: Rules<ShoutcastLine> = &[
    ("admincssfile", Rule::NoEffect(OWN_PAGES)),
    ("faviconfile", Rule::NoEffect(OWN_PAGES)),
    ("faviconmimetype", Rule::NoEffect(OWN_PAGES)),
    (
        "robotstxtfile",
        Rule::NoEffect(
            "robots.txt is not a file: robots in [server] says what it allows, which is nothing, as in sc_serv",
        ),
    ),
    ("crossdomain", Rule::NoEffect(FLASH)),
    ("flashpolicyfile", Rule::NoEffect(FLASH)),
    (
        "flashpolicyserverport",
        Rule::NoEffect("Flash has ended: nothing listens on the port for its policies"),
    ),
    ("hidestats", Rule::Take(hide_stats)),
    ("redirecturl", Rule::NoEffect(REDIRECT)),
    ("songhistory", Rule::NoEffect(HISTORY)),
    ("showlastsongs", Rule::NoEffect(HISTORY)),
    ("artworkfile", Rule::Take(|translator, line| artwork(translator, line, Place::EveryStation))),
    (
        "contentdir",
        Rule::NoEffect("files are not served on demand: add a station that plays them with music"),
    ),
    ("cleanxml", Rule::NoEffect("pages in XML are always well-formed")),
    ("configrewrite", Rule::NoEffect("the configuration file is never written")),
    (
        "unique",
        Rule::Take(|translator, line| {
            translator.already_so(&line.setting, "stands for $ in the names of files")
        }),
    ),
    ("include", Rule::NoEffect("other files are not included: put their lines into this one")),
];

pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[
    ("streamartworkfile", Rule::Take(|translator, line| artwork(translator, line, translator.current))),
    ("streamhidestats", Rule::Take(stream_hide_stats)),
    ("streamredirecturl", Rule::NoEffect(REDIRECT)),
    ("streamsonghistory", Rule::NoEffect(HISTORY)),
];

const REDIRECT: &str = "pages are not redirected";

const HISTORY: &str = "the list of titles has the last 20";

const OWN_PAGES: &str = "the pages and their files are part of the program";

const FLASH: &str = "the policy for Flash allows every site, as that of sc_serv does without a file";

fn artwork(translator: &mut Translator, line: &ShoutcastLine, place: Place) {
    let value = path(translator, line);
    translator.take(place, "artwork", value, &line.setting);
}

fn hide_stats(translator: &mut Translator, line: &ShoutcastLine) {
    match line.setting.value.to_ascii_lowercase().as_str() {
        "0" | "none" => translator.already_so(&line.setting, "pages are for all"),
        _ => translator.no_effect(
            &line.setting,
            "pages of the server are for all; hidden in [[station]] leaves a stream out",
        ),
    }
}

/// Leaves a stream out of the pages for all.
fn stream_hide_stats(translator: &mut Translator, line: &ShoutcastLine) {
    match line.setting.value.to_ascii_lowercase().as_str() {
        "all" => {
            let how = "pages of all streams leave it out; those that name it by sid are for all";
            translator.take_differently(translator.current, "hidden", "true".to_owned(), &line.setting, how);
        }
        "0" | "none" => translator.already_so(&line.setting, "pages show the stream"),
        _ => translator.no_effect(&line.setting, "single pages of a stream cannot be hidden"),
    }
}
