//! The directory of SHOUTcast.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::lines::ShoutcastLine;

pub(super) const RULES: Rules<ShoutcastLine> = &[
    ("publicserver", Rule::Take(|translator, line| public(translator, line, Place::EveryMount))),
    ("yp2", Rule::NoEffect(NO_DIRECTORY)),
    ("ypaddr", Rule::NoEffect(NO_DIRECTORY)),
    ("ypport", Rule::NoEffect(NO_DIRECTORY)),
    ("yppath", Rule::NoEffect(NO_DIRECTORY)),
    ("yptimeout", Rule::NoEffect(NO_DIRECTORY)),
    ("ypmaxretries", Rule::NoEffect(NO_DIRECTORY)),
    ("ypreportinterval", Rule::NoEffect(NO_DIRECTORY)),
    ("ypminreportinterval", Rule::NoEffect(NO_DIRECTORY)),
    ("yport", Rule::NoEffect(NO_DIRECTORY)),
    ("tchlog", Rule::NoEffect(NO_DIRECTORY)),
];

pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[
    ("streampublicserver", Rule::Take(|translator, line| public(translator, line, translator.current))),
    ("streamauthhash", Rule::NoEffect(NO_DIRECTORY)),
];

const NO_DIRECTORY: &str =
    "SHOUTcast's directory takes only SHOUTcast's servers; [directory] announces to directories of Icecast";

/// Says whether streams are public. The directory of SHOUTcast does not learn it.
fn public(translator: &mut Translator, line: &ShoutcastLine, place: Place) {
    let how = "SHOUTcast's directory takes only SHOUTcast's servers; pages show it, and a [directory] would list the stream";
    match line.setting.value.to_ascii_lowercase().as_str() {
        "always" => translator.take_differently(place, "public", "true".to_owned(), &line.setting, how),
        "never" => translator.take(place, "public", "false".to_owned(), &line.setting),
        "default" => {
            translator.take_differently(place, "public", values::text("as_source"), &line.setting, how)
        }
        _ => translator.invalid(&line.setting, "default, always or never"),
    }
}
