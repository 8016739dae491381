//! `docs/operations.md` has every line of the log at level info and above, with its level.

use std::path::Path;

use super::{read, source_files};

/// The shortest text by which a line is found in the document. Lines that consist of variables are shorter.
const FRAGMENT_MIN: usize = 7;

/// A call that logs a line.
struct LogCall {
    place: String,
    /// The level, if it is always the same.
    level: Option<&'static str>,
    /// The longest text between two variables of its format.
    fragment: String,
}

/// The macros that log, and a method, with their levels.
const CALLS: [(&str, Option<&str>); 7] = [
    ("error!(", Some("ERROR")),
    ("warn!(", Some("WARN")),
    ("info!(", Some("INFO")),
    ("warn_limited!(", Some("WARN")),
    ("log_limited!(", Some("INFO")),
    ("log::log!(", None),
    (".log_once(", Some("WARN")),
];

/// Files that do not log lines of their own: the macros, the last limit of all lines, and warnings that were
/// composed elsewhere.
const SKIPPED: [&str; 3] = ["src/log_limiter.rs", "src/log_tail.rs", "src/autodj/warnings.rs"];

#[test]
fn every_line_of_the_log_is_documented_with_its_level() {
    let document = read("docs/operations.md");
    let rows: Vec<[&str; 2]> = document.lines().filter_map(line_and_level).collect();
    let calls = log_calls();
    assert!(calls.len() > 90, "{} calls", calls.len());
    let is_documented = |call: &LogCall| {
        let has_level = |level: &str| call.level.is_none_or(|expected| level.contains(expected));
        rows.iter().any(|[line, level]| line.contains(&call.fragment) && has_level(level))
    };
    let missing: Vec<String> = calls
        .iter()
        .filter(|call| !is_documented(call))
        .map(|call| format!("{}: {} {:?}", call.place, call.level.unwrap_or_default(), call.fragment))
        .collect();
    assert!(missing.is_empty(), "not in docs/operations.md:\n{}", missing.join("\n"));
}

/// Returns the first two cells of a row about a line of the log.
fn line_and_level(row: &str) -> Option<[&str; 2]> {
    let mut cells = row.strip_prefix("| ")?.split(" | ");
    let (line, level) = (cells.next()?, cells.next()?);
    ["ERROR", "WARN", "INFO"].iter().any(|name| level.starts_with(name)).then_some([line, level])
}

fn log_calls() -> Vec<LogCall> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut calls = Vec::new();
    for path in source_files(&root.join("src")) {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        if !SKIPPED.contains(&name.as_str()) && !name.contains("/tests") {
            calls.append(&mut calls_in(&name));
        }
    }
    calls
}

fn calls_in(name: &str) -> Vec<LogCall> {
    let text = read(name);
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut calls = Vec::new();
    for (call, level) in CALLS {
        for (at, _) in text.match_indices(call) {
            // `warn!(` is not the end of another name, and a path such as `log::warn!(` is the same macro.
            let before = text[..at].chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let fragment = longest_fragment(&text[at + call.len()..]);
            if fragment.len() >= FRAGMENT_MIN {
                let place = format!("{name}:{}", text[..at].matches('\n').count() + 1);
                calls.push(LogCall { place, level, fragment });
            }
        }
    }
    calls
}

/// Returns the longest text between two variables in the format of the call whose arguments these are.
fn longest_fragment(arguments: &str) -> String {
    let format = literals(arguments).into_iter().max_by_key(String::len).unwrap_or_default();
    let parts = format.split(['{', '}']).step_by(2).map(str::trim);
    parts.max_by_key(|part| part.len()).unwrap_or_default().to_owned()
}

/// Returns the string literals up to the closing parenthesis of the call, without line breaks.
fn literals(arguments: &str) -> Vec<String> {
    let (mut all, mut literal, mut depth) = (Vec::new(), None::<String>, 1);
    let mut chars = arguments.chars().peekable();
    while let Some(c) = chars.next() {
        match (&mut literal, c) {
            (Some(text), '\\') => match chars.next() {
                Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                escaped => text.extend(escaped),
            },
            (Some(_), '"') => all.extend(literal.take()),
            (Some(text), c) => text.push(c),
            (None, '"') => literal = Some(String::new()),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) => {}
        }
        if depth == 0 {
            break;
        }
    }
    all
}
