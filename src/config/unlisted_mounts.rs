//! `[[unlisted.mount]]`: settings of the unlisted stations whose mounts match a pattern.

use toml::de::{DeTable, DeValue};

use super::keys;
use super::mount::MOUNT;
use super::problems::Problems;
use super::ranges::MOUNT_PATTERNS_MAX;
use super::section::Section;
use super::station::{self, StationContext};
use crate::settings::{UnlistedMount, UnlistedSettings};

const EXPECTED: &str =
    "[unlisted] mount: expected a table in double brackets for each pattern: [[unlisted.mount]]";

/// The keys of `[unlisted]` that are no keys of a station.
const OWN_KEYS: [&str; 2] = ["max", MOUNT];

/// Reads the tables of patterns in `[unlisted]`, in the order of the file.
pub fn read_all<'t>(
    unlisted: &DeTable<'t>,
    context: StationContext<'_>,
    problems: &mut Problems<'t>,
) -> Vec<UnlistedMount> {
    let Some(value) = unlisted.get(MOUNT) else { return Vec::new() };
    let DeValue::Array(items) = value.get_ref() else {
        problems.add_error(value.span().start, EXPECTED.to_owned());
        return Vec::new();
    };
    let mut mounts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = item.span().start;
        match item.get_ref().as_table() {
            Some(_) if index >= MOUNT_PATTERNS_MAX => {
                let message = format!("[[unlisted.mount]]: expected at most {MOUNT_PATTERNS_MAX} of them");
                problems.add_error(at, message);
                break;
            }
            Some(table) => mounts.extend(read(table, at, unlisted, context, problems)),
            None => problems.add_error(at, EXPECTED.to_owned()),
        }
    }
    mounts
}

fn read<'t>(
    table: &DeTable<'t>,
    at: usize,
    unlisted: &DeTable<'t>,
    context: StationContext<'_>,
    problems: &mut Problems<'t>,
) -> Option<UnlistedMount> {
    let pattern = pattern(&mut Section::new(table, at, &keys::UNLISTED_MOUNT, problems));
    // What the table does not say is as in `[unlisted]`.
    let mut merged = unlisted.clone();
    merged.extend(table.iter().map(|(key, value)| (key.clone(), value.clone())));
    // Keys that do not belong here were reported above.
    let is_own = |key: &str| OWN_KEYS.contains(&key) || !keys::UNLISTED_MOUNT.keys.contains(&key);
    let own: Vec<String> =
        merged.keys().map(|key| key.get_ref().to_string()).filter(|key| is_own(key)).collect();
    own.iter().for_each(|key| drop(merged.remove(key.as_str())));
    let section = Section::new(&merged, at, &keys::UNLISTED_MOUNT, problems);
    let mut station = station::read_template(section, context);
    if station.sources.max_silence.is_zero() {
        station.sources.max_silence = UnlistedSettings::DEFAULT_MAX_SILENCE;
    }
    Some(UnlistedMount { pattern: pattern?, station })
}

/// Reads a pattern: `*` is any text, `?` any one character, and `[a-c]` one of these.
fn pattern(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let example = r#""/live/*""#;
    if section.span(MOUNT).is_none() {
        section.report_missing(MOUNT, &format!("is required, such as mount = {example}"));
    }
    let text = section.string(MOUNT, example)?;
    if !text.value.starts_with(['/', '*', '?']) {
        section.report_rejected(MOUNT, text.span, "does not begin with a slash or a wildcard");
        return None;
    }
    Some(text.value.to_owned())
}
