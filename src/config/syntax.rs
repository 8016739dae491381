//! From text to a table. Every line that is no TOML is told, not only the first.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::problems::{Problems, printable};

/// Mistakes told of one file that is no TOML. With more, it is another kind of file.
const SYNTAX_ERRORS_MAX: usize = 100;

/// The table that `text` is, as far as it is one.
pub fn parse<'t>(text: &'t str, problems: &mut Problems<'t>) -> DeTable<'t> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let table = table.into_inner();
    if !errors.is_empty() {
        let mut lists = Vec::new();
        collect_arrays(&table, &mut lists);
        lists.sort_by_key(|list| list.start);
        report_errors(errors, &lists, problems);
    }
    table
}

/// Of every line only what comes first is told, and of every list: one without its end takes in all that follows, where
/// everything is wrong then.
fn report_errors(errors: Vec<Error>, lists: &[Range<usize>], problems: &mut Problems<'_>) {
    let place = |error: &Error| error.span().map_or(0, |span| span.start);
    let mut errors: Vec<(usize, Error)> = errors.into_iter().map(|error| (place(&error), error)).collect();
    errors.sort_by_key(|(at, _)| *at);
    let (mut told_until, mut told) = (0, 0);
    for (at, error) in errors {
        if problems.line(at) <= told_until {
            continue;
        }
        told += 1;
        if told > SYNTAX_ERRORS_MAX {
            return problems.add_syntax_error(at, at, "more errors like this, not shown".to_owned());
        }
        let list = enclosing_array(at, lists);
        let until = list.map_or(at, |list| list.end);
        let began = list.map(|list| problems.line(list.start)).filter(|began| *began < problems.line(at));
        let of_list =
            began.map(|line| format!(", in the list that begins at line {line}")).unwrap_or_default();
        let (column, says) = (problems.column(at), printable(error.message()));
        problems.add_syntax_error(at, until, format!("column {column}: {says}{of_list}"));
        told_until = problems.line(until);
    }
}

fn enclosing_array(at: usize, lists: &[Range<usize>]) -> Option<&Range<usize>> {
    let before = lists.partition_point(|list| list.start < at);
    lists[..before].last().filter(|list| at <= list.end)
}

/// Where the outermost lists are that are written in brackets.
fn collect_arrays(table: &DeTable<'_>, lists: &mut Vec<Range<usize>>) {
    for value in table.values() {
        match value.get_ref() {
            DeValue::Table(table) => collect_arrays(table, lists),
            DeValue::Array(items) if items.iter().any(is_table) => {
                items
                    .iter()
                    .filter_map(|item| item.get_ref().as_table())
                    .for_each(|table| collect_arrays(table, lists));
            }
            DeValue::Array(_) => lists.push(value.span()),
            _ => {}
        }
    }
}

fn is_table(item: &Spanned<DeValue<'_>>) -> bool {
    item.get_ref().is_table()
}
