//! What is played before and beside the programme: intros and backups.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::static_files;
use super::super::translator::{Translator, path_value};
use super::super::values;
use super::lines::ShoutcastLine;
use super::read_values::{file_name, number, path};
use crate::open_file;

pub(super) const RULES: Rules<ShoutcastLine> = &[
    ("introfile", Rule::Take(|translator, line| intro(translator, line, Place::EveryStation))),
    ("backupfile", Rule::Take(|translator, line| backup(translator, line, Place::EveryStation))),
    ("backuptitle", Rule::NoEffect(TITLE)),
    ("backuploop", Rule::Take(backup_loop)),
    ("maxspecialfilesize", Rule::NoEffect("files are read piece by piece, so they may have any size")),
    ("specialfiletmpdir", Rule::NoEffect("files are played where they are")),
];

pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[
    ("streamintrofile", Rule::Take(|translator, line| intro(translator, line, translator.current))),
    ("streambackupfile", Rule::Take(|translator, line| backup(translator, line, translator.current))),
    ("streambackuptitle", Rule::NoEffect(TITLE)),
    ("streambackuploop", Rule::Take(backup_loop)),
];

const TITLE: &str = "the title of the backup is that of its tags, or else its name";

/// Plays a file to each new listener.
fn intro(translator: &mut Translator, line: &ShoutcastLine, place: Place) {
    let value = path(translator, line);
    translator.take(place, "intro", value, &line.setting);
}

/// Plays a file while there is no source.
fn backup(translator: &mut Translator, line: &ShoutcastLine, place: Place) {
    let file = translator.path(&file_name(line, &line.setting.value));
    match open_file::check_readable(&file) {
        Ok(()) => {
            let value = values::list([path_value(&file)]);
            translator.put(place, static_files::MUSIC, value, &line.setting);
            translator.differs(&line.setting, &static_files::how(&file));
        }
        Err(error) => {
            let why = format!("{} {}", file.display(), open_file::describe_error(&error));
            translator.no_effect(&line.setting, &why);
        }
    }
}

fn backup_loop(translator: &mut Translator, line: &ShoutcastLine) {
    match number(translator, line) {
        Some(0) => translator.already_so(&line.setting, "the backup is repeated until a source logs in"),
        Some(_) => translator.no_effect(&line.setting, "the backup is repeated until a source logs in"),
        None => {}
    }
}
