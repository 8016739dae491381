//! What the rules use: it collects keys, findings and errors.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::amount::Amount;
use super::draft::{Draft, Entry, Place, Table};
use super::finding::{Effect, Finding};
use super::setting::{Origin, Setting};
use super::values;

/// Keys whose values are not shown.
const SECRETS: [&str; 4] = ["password", "admin_password", "source_password", "relay"];

/// The most characters of a value that a message repeats.
const QUOTED_MAX: usize = 60;

/// What is said of a value that a script was to replace.
const VARIABLE: &str = "a variable in ${ } is not replaced: the value is as it is written";

/// Collects keys, findings and errors.
pub struct Translator {
    pub draft: Draft,
    pub findings: Vec<Finding>,
    /// Errors: the line, and the message.
    pub errors: Vec<(usize, String)>,
    /// The place of the `[[station]]` that is being translated.
    pub current: Place,
    /// The directory of logs, if the file has one. It may be relative.
    pub log_dir: Option<String>,
    /// The directory at which relative paths begin.
    folder: PathBuf,
    /// How many unknown names have been compared with the known ones.
    compared: usize,
}

impl Translator {
    /// Creates one without keys. Relative paths begin at `folder`.
    pub fn new(folder: &Path) -> Self {
        Self {
            draft: Draft::new(),
            findings: Vec::new(),
            errors: Vec::new(),
            current: Place::EveryMount,
            log_dir: None,
            folder: folder.to_owned(),
            compared: 0,
        }
    }

    /// Returns whether another unknown name may be compared with the known ones: a file of unknown names
    /// must not take long.
    pub fn may_compare(&mut self) -> bool {
        /// Enough for every file of an operator.
        const COMPARED_MAX: usize = 200;
        self.compared += 1;
        self.compared <= COMPARED_MAX
    }

    /// Sets a key to a TOML value, and says so.
    pub fn take(&mut self, place: Place, key: &'static str, value: String, setting: &Setting) {
        let shown = self.shown(place, key, &value);
        self.put(place, key, value, setting);
        let effect = match has_variable(&setting.value) {
            true => Effect::Differently(format!("{shown}: {VARIABLE}")),
            false => Effect::Taken(shown),
        };
        self.add(setting, effect);
    }

    /// Sets a key to a TOML value whose effect is not the same; `how` says what differs.
    pub fn take_differently(
        &mut self,
        place: Place,
        key: &'static str,
        value: String,
        setting: &Setting,
        how: &str,
    ) {
        let shown = self.shown(place, key, &value);
        self.put(place, key, value, setting);
        self.add(setting, Effect::Differently(format!("{shown}: {how}")));
    }

    /// Sets a key to the nearest number in its range, and says so if that is another one.
    pub fn take_clamped(
        &mut self,
        place: Place,
        key: &'static str,
        number: u64,
        range: RangeInclusive<u64>,
        setting: &Setting,
    ) {
        let (min, max) = range.into_inner();
        let taken = number.clamp(min, max);
        if taken == number {
            return self.take(place, key, taken.to_string(), setting);
        }
        let how = format!("coldwave's range is {min} to {max}");
        self.take_differently(place, key, taken.to_string(), setting, &how);
    }

    /// Sets a key without a finding, for a setting that leads to several keys.
    pub fn put(&mut self, place: Place, key: &'static str, value: String, setting: &Setting) {
        let origin = Some(setting.origin());
        self.draft.table(place).set(Entry { key, value, origin });
    }

    /// Sets a key to what the other server does if its file does not say otherwise. A value of the file
    /// stays.
    pub fn default(&mut self, place: Place, key: &'static str, value: String) {
        let table = self.draft.table(place);
        if table.get(key).is_none() {
            table.set(Entry { key, value, origin: None });
        }
    }

    /// Notes that a setting has the same effect without a key; the text says how.
    pub fn already_so(&mut self, setting: &Setting, how: &str) {
        self.add(setting, Effect::Taken(how.to_owned()));
    }

    /// Notes that a setting has an effect that is not the same.
    pub fn differs(&mut self, setting: &Setting, how: &str) {
        self.add(setting, Effect::Differently(how.to_owned()));
    }

    /// Notes that a setting has no effect.
    pub fn no_effect(&mut self, setting: &Setting, why: &str) {
        self.add(setting, Effect::NoEffect(why.to_owned()));
    }

    /// Notes that a setting is not known.
    pub fn unknown(&mut self, setting: &Setting, meant: Option<String>) {
        self.add(setting, Effect::Unknown(meant));
    }

    /// Notes that a setting belongs in another place, such as `<limits>`.
    pub fn misplaced(&mut self, setting: &Setting, place: &str) {
        self.add(setting, Effect::Misplaced(place.to_owned()));
    }

    /// Replaces all findings about a setting by another.
    pub fn replace_findings(&mut self, origin: &Origin, effect: Effect) {
        let is_other = |it: &Finding| it.ordinal != origin.ordinal || it.setting != origin.setting;
        self.findings.retain(is_other);
        self.push(origin.clone(), effect);
    }

    /// Reports that a value cannot be understood.
    pub fn error(&mut self, setting: &Setting, message: &str) {
        self.errors.push((setting.line, format!("{}: {message}", setting.path)));
    }

    /// Reports that a value is not what is expected.
    pub fn invalid(&mut self, setting: &Setting, expected: &str) {
        let quoted: String = setting.value.chars().take(QUOTED_MAX).collect();
        let variable = if has_variable(&quoted) { format!("; {VARIABLE}") } else { String::new() };
        self.error(setting, &format!("{quoted:?} is invalid, expected {expected}{variable}"));
    }

    /// Says of all settings of a table that they have no effect.
    pub fn refute(&mut self, table: &Table, why: &str) {
        let origins = table.entries.iter().filter_map(|entry| entry.origin.as_ref()).chain(&table.origin);
        origins.for_each(|origin| self.replace_findings(origin, Effect::NoEffect(why.to_owned())));
    }

    /// Reads a whole number that is not negative. Reports anything else.
    pub fn number(&mut self, setting: &Setting) -> Option<u64> {
        let number = setting.value.parse().ok();
        if number.is_none() {
            self.invalid(setting, "a whole number");
        }
        number
    }

    /// Reads a whole number that can be negative. Reports anything else.
    pub fn integer(&mut self, setting: &Setting) -> Option<i64> {
        let number = setting.value.parse().ok();
        if number.is_none() {
            self.invalid(setting, "a whole number");
        }
        number
    }

    /// Reads a limit. A negative one is none, as in the other servers; `unlimited` says what applies then.
    pub fn limit(&mut self, setting: &Setting, unlimited: &str) -> Option<u64> {
        let number = self.integer(setting)?;
        if number < 0 {
            self.already_so(setting, unlimited);
        }
        u64::try_from(number).ok()
    }

    /// Reads a number of bytes, or of seconds of audio, as the KH branch of Icecast accepts them: `65536`,
    /// `64k`, `1m`, `30s`. Reports anything else.
    pub fn amount(&mut self, setting: &Setting) -> Option<Amount> {
        let amount = Amount::parse(&setting.value);
        if amount.is_none() {
            self.invalid(setting, "a number of bytes, such as 65536 or 64k");
        }
        amount
    }

    /// Reads a boolean, as Icecast writes it. Reports anything else.
    pub fn flag(&mut self, setting: &Setting) -> Option<bool> {
        let flag = values::flag(&setting.value);
        if flag.is_none() {
            self.invalid(setting, "1 or 0");
        }
        flag
    }

    /// Returns a path of the file; a relative one begins at the working directory, as in the other servers.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn add(&mut self, setting: &Setting, effect: Effect) {
        self.push(setting.origin(), effect);
    }

    fn push(&mut self, Origin { line, setting, ordinal }: Origin, effect: Effect) {
        self.findings.push(Finding { line, setting, ordinal, effect });
    }

    /// Returns a key with its value, unless that is secret.
    fn shown(&mut self, place: Place, key: &str, value: &str) -> String {
        let header = match place {
            Place::EveryMount => "all mounts:",
            place => self.draft.table(place).header,
        };
        match SECRETS.contains(&key) {
            true => format!("{header} {key}"),
            false => format!("{header} {key} = {value}"),
        }
    }
}

/// Returns whether a value is one of a template, such as `${SOURCE_PASSWORD}`.
fn has_variable(value: &str) -> bool {
    value.split_once("${").is_some_and(|(_, rest)| rest.contains('}'))
}

/// Returns a path as a TOML string.
pub fn path_value(path: &Path) -> String {
    values::text(&path.to_string_lossy())
}
