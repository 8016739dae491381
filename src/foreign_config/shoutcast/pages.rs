//! Pages, their pictures, and other files of the web.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::lines::ShoutcastLine;

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

pub(super) const STREAM_RULES: Rules<ShoutcastLine> =
    &[("streamartworkfile", Rule::Take(|translator, line| artwork(translator, line, translator.current)))];

const OWN_PAGES: &str = "the pages and their files are part of the program";

const FLASH: &str = "the policy for Flash allows every site, as that of sc_serv does without a file";

fn artwork(translator: &mut Translator, line: &ShoutcastLine, place: Place) {
    let value = super::path(translator, line);
    translator.take(place, "artwork", value, &line.setting);
}
