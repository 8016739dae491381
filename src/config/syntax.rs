//! Parses text into a TOML table. Reports every line with a syntax error, not only the first.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::problems::{Problems, printable};

/// Maximum number of syntax errors reported for one file. A file with more is probably not TOML.
const SYNTAX_ERRORS_MAX: usize = 100;

/// Parses `text` as far as it is valid TOML.
pub fn parse<'t>(text: &'t str, problems: &mut Problems<'t>) -> DeTable<'t> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let table = table.into_inner();
    if !errors.is_empty() {
        let mut arrays = Vec::new();
        collect_arrays(&table, &mut arrays);
        arrays.sort_by_key(|array| array.start);
        report_errors(errors, &arrays, problems);
    }
    table
}

/// Reports the first error of each line and of each array. An array without its closing bracket extends over
/// the rest of the file, where it causes further errors.
fn report_errors(errors: Vec<Error>, arrays: &[Range<usize>], problems: &mut Problems<'_>) {
    let offset = |error: &Error| error.span().map_or(0, |span| span.start);
    let mut errors: Vec<(usize, Error)> = errors.into_iter().map(|error| (offset(&error), error)).collect();
    errors.sort_by_key(|(at, _)| *at);
    let (mut reported_until, mut reported) = (0, 0);
    for (at, error) in errors {
        if problems.line(at) <= reported_until {
            continue;
        }
        reported += 1;
        if reported > SYNTAX_ERRORS_MAX {
            return problems.add_syntax_error(at, at, "more errors like this, not shown".to_owned());
        }
        if let Some((message, until)) = repeated_table(&error, at, problems) {
            problems.add_syntax_error(at, until, message);
            reported_until = problems.line(until);
            continue;
        }
        let array = enclosing_array(at, arrays);
        let until = array.map_or(at, |array| array.end);
        let first_line = array
            .map(|array| problems.line(array.start))
            .filter(|first_line| *first_line < problems.line(at));
        let context =
            first_line.map(|line| format!(", in the list that begins at line {line}")).unwrap_or_default();
        let (column, message) = (problems.column(at), printable(error.message()));
        problems.add_syntax_error(at, until, format!("column {column}: {message}{context}"));
        reported_until = problems.line(until);
    }
}

/// Returns the message about a header such as `[station]` that is there for a second table, and where that
/// table ends: its keys cause further errors.
fn repeated_table(error: &Error, at: usize, problems: &Problems<'_>) -> Option<(String, usize)> {
    let mut lines = problems.lines_from(at);
    let name = header_name(lines.next()?.1)?;
    if error.message() != "duplicate key" || !LISTED_TABLES.contains(&name) {
        return None;
    }
    let is_below = |header: &str| header.trim_start_matches('[').starts_with(&format!("{name}."));
    let is_inside = |line: &str| !line.trim_start().starts_with('[') || is_below(line.trim_start());
    let last = lines.take_while(|(_, line)| is_inside(line)).last();
    let message = format!("[{name}] is there more than once: write [[{name}]] for each");
    Some((message, last.map_or(at, |(start, _)| start)))
}

/// Returns the name in a header with single brackets.
fn header_name(line: &str) -> Option<&str> {
    let header = line.split('#').next()?.trim();
    Some(header.strip_prefix('[')?.strip_suffix(']')?.trim())
}

/// The tables that a file may have several times.
const LISTED_TABLES: [&str; 3] = ["station", "station.dj", "station.rendition"];

fn enclosing_array(at: usize, arrays: &[Range<usize>]) -> Option<&Range<usize>> {
    let before = arrays.partition_point(|array| array.start < at);
    arrays[..before].last().filter(|array| at <= array.end)
}

/// Collects the positions of the outermost arrays that are written in brackets.
fn collect_arrays(table: &DeTable<'_>, arrays: &mut Vec<Range<usize>>) {
    for value in table.values() {
        match value.get_ref() {
            DeValue::Table(table) => collect_arrays(table, arrays),
            DeValue::Array(items) if items.iter().any(is_table) => {
                items
                    .iter()
                    .filter_map(|item| item.get_ref().as_table())
                    .for_each(|table| collect_arrays(table, arrays));
            }
            DeValue::Array(_) => arrays.push(value.span()),
            _ => {}
        }
    }
}

fn is_table(item: &Spanned<DeValue<'_>>) -> bool {
    item.get_ref().is_table()
}
