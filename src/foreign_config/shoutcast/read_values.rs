//! Reading the values of lines.

use super::super::draft::Place;
use super::super::translator::{self, Translator};
use super::lines::ShoutcastLine;

/// Returns a whole number. As in sc_serv, text after it is ignored.
pub(super) fn number(translator: &mut Translator, line: &ShoutcastLine) -> Option<u64> {
    let value = &line.setting.value;
    let end = value.find(|character: char| !character.is_ascii_digit()).unwrap_or(value.len());
    let (digits, rest) = value.split_at(end);
    let ends = rest.is_empty() || rest.starts_with([' ', '\t', ';', '#', '.']);
    let number = digits.parse().ok().filter(|_| ends);
    if number.is_none() {
        translator.invalid(&line.setting, "a whole number");
    }
    number
}

/// Sets a key to a number, which is brought into the range of coldwave.
pub(super) fn take_number(
    translator: &mut Translator,
    line: &ShoutcastLine,
    place: Place,
    key: &'static str,
    range: [u64; 2],
) {
    let Some(number) = number(translator, line) else { return };
    let [min, max] = range;
    translator.take_clamped(place, key, number, min..=max, &line.setting);
}

/// Returns a boolean, as both versions of sc_serv write it. Reports anything else.
pub(super) fn flag(translator: &mut Translator, line: &ShoutcastLine) -> Option<bool> {
    translator.flag(&line.setting)
}

/// Returns the path in a line as a TOML value.
pub(super) fn path(translator: &Translator, line: &ShoutcastLine) -> String {
    file_value(translator, line, &line.setting.value)
}

/// Returns the path of a file as a TOML value.
pub(super) fn file_value(translator: &Translator, line: &ShoutcastLine, file: &str) -> String {
    translator::path_value(&translator.path(&file_name(line, file)))
}

/// Returns the name of a file. The value of `unique` stands for each `$` in it.
pub(super) fn file_name(line: &ShoutcastLine, file: &str) -> String {
    let unique = line.other("unique").map_or("$", |unique| unique.value.as_str());
    file.replace('$', unique)
}
