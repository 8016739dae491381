//! The differences between two descriptions, one line each.

use std::collections::{BTreeSet, HashSet};

use super::origins::origins;
use super::station::{PARENT, StationDescription};
use super::value::{SettingValue, SettingValues};

/// The most entries of a list that a line shows in full, before and after. A longer list is shown by what was
/// added and removed.
const LIST_SHOWN_MAX: usize = 4;

/// The most entries that a line names as added, and as removed.
const NAMED_MAX: usize = 5;

/// The most characters of one text in a line.
const TEXT_SHOWN_MAX: usize = 200;

/// The end of a key that says whether another key is in the file, or has its default.
const GIVEN: &str = "_given";

/// Returns the changes of a table that exists once. `label` begins each line.
pub fn of_table(label: &str, before: &SettingValues, after: &SettingValues) -> Vec<String> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let has_changed = |key: &str| before.get(key) != after.get(key);
    let is_reported = |key: &&&String| {
        // A value that has changed says enough.
        has_changed(key) && !key.strip_suffix(GIVEN).is_some_and(has_changed)
    };
    let line = |key: &String| format!("{label}: {}", of_key(key, before.get(key), after.get(key)));
    keys.iter().filter(is_reported).map(|key| line(key)).collect()
}

/// Returns the changes of a table that may be missing. A missing table has no keys.
pub fn of_optional_table(label: &str, before: &SettingValues, after: &SettingValues) -> Vec<String> {
    match (before.is_empty(), after.is_empty()) {
        (true, false) => vec![format!("{label}: added")],
        (false, true) => vec![format!("{label}: removed")],
        _ => of_table(label, before, after),
    }
}

/// Returns the changes of all stations, in the order of `after`, and the removed ones at the end.
pub fn of_stations(before: &[StationDescription], after: &[StationDescription]) -> Vec<String> {
    let origins = origins(before, after);
    let mut lines: Vec<String> = after
        .iter()
        .zip(&origins)
        .flat_map(|(station, origin)| match origin {
            Some(at) => of_station(&before[*at], station),
            None => vec![format!("{}: added", shown(&station.mount))],
        })
        .collect();
    let stays: HashSet<usize> = origins.iter().flatten().copied().collect();
    let removed = before.iter().enumerate().filter(|(at, _)| !stays.contains(at));
    lines.extend(removed.map(|(_, station)| format!("{}: removed", shown(&station.mount))));
    lines
}

fn of_station(before: &StationDescription, after: &StationDescription) -> Vec<String> {
    let label = shown(&after.mount);
    let mut lines = Vec::new();
    if before.mount != after.mount {
        lines.push(format!("id {}: mount: {} -> {label}", after.id, shown(&before.mount)));
    }
    if before.id != after.id {
        lines.push(format!("{label}: id: {} -> {}", before.id, after.id));
    } else if before.id_given != after.id_given {
        lines.push(format!("{label}: id: {}", given(after.id_given)));
    }
    // The station of a rendition is the same, perhaps with another mount.
    let settings = [before, after].map(|it| {
        let mut settings = it.settings.clone();
        settings.remove(PARENT);
        settings
    });
    lines.extend(of_table(&label, &settings[0], &settings[1]));
    lines.extend(of_djs(&label, before, after));
    lines
}

fn of_djs(label: &str, before: &StationDescription, after: &StationDescription) -> Vec<String> {
    let names: BTreeSet<&String> = before.djs.keys().chain(after.djs.keys()).collect();
    names
        .into_iter()
        .flat_map(|name| {
            let label = format!("{label}: dj {}", quoted(name));
            match (before.djs.get(name), after.djs.get(name)) {
                (Some(before), Some(after)) => of_table(&label, before, after),
                (None, _) => vec![format!("{label}: added")],
                (_, None) => vec![format!("{label}: removed")],
            }
        })
        .collect()
}

fn of_key(key: &str, before: Option<&SettingValue>, after: Option<&SettingValue>) -> String {
    match (before, after) {
        (Some(SettingValue::Flag(_)), Some(SettingValue::Flag(is_given))) if key.ends_with(GIVEN) => {
            format!("{}: {}", key.trim_end_matches(GIVEN), given(*is_given))
        }
        (Some(SettingValue::Secret { .. }), Some(SettingValue::Secret { .. })) => format!("{key}: changed"),
        (Some(SettingValue::Secret { .. }), None) => format!("{key}: removed"),
        (None, Some(SettingValue::Secret { .. })) => format!("{key}: added"),
        (Some(SettingValue::List(before)), Some(SettingValue::List(after)))
            if before.len().max(after.len()) > LIST_SHOWN_MAX =>
        {
            format!("{key}: {}", of_list(before, after))
        }
        _ => format!("{key}: {} -> {}", spelled(before), spelled(after)),
    }
}

fn given(is_given: bool) -> &'static str {
    if is_given { "now given in the configuration" } else { "no longer given in the configuration" }
}

fn of_list(before: &[String], after: &[String]) -> String {
    let missing_in = |all: &[String], from: &[String]| -> Vec<String> {
        let all: BTreeSet<&String> = all.iter().collect();
        from.iter().filter(|item| !all.contains(item)).map(|item| quoted(item)).collect()
    };
    let (added, removed) = (missing_in(before, after), missing_in(after, before));
    let parts = [counted(&added, "added"), counted(&removed, "removed")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "other order or repetitions".to_owned() } else { parts.join("; ") }
}

/// Returns such as `2 added ("a", "b")`; `None` if there are none.
fn counted(items: &[String], what: &str) -> Option<String> {
    let named = items.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    let more = if items.len() > NAMED_MAX { ", …" } else { "" };
    (!items.is_empty()).then(|| format!("{} {what} ({named}{more})", items.len()))
}

/// Returns a value as it is written in the configuration file; a key without a value is `none`.
fn spelled(value: Option<&SettingValue>) -> String {
    match value {
        None => "none".to_owned(),
        Some(SettingValue::Flag(flag)) => flag.to_string(),
        Some(SettingValue::Number(number)) => number.to_string(),
        Some(SettingValue::Text(text)) => quoted(text),
        Some(SettingValue::List(items)) => {
            format!("[{}]", items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", "))
        }
        Some(SettingValue::Secret { .. }) => "a secret".to_owned(),
        Some(SettingValue::Image { content_type, bytes, hash }) => {
            format!("{content_type} of {bytes} bytes ({hash})")
        }
    }
}

/// Returns a text in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// Returns a text without control characters, shortened.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(TEXT_SHOWN_MAX).collect();
    if text.chars().nth(TEXT_SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown.replace(char::is_control, "\u{fffd}")
}
