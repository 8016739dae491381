//! Reads the keys of one table of the file, and reports those with wrong types or values. Every method
//! returns a value of the right type, or reports a problem with an example of a valid value.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::TableSchema;
use super::problems::{Problems, printable};
use super::ranges::{DecimalRange, IntegerRange};

/// A value and its position in the file.
#[derive(Debug, Clone)]
pub struct Located<T> {
    pub value: T,
    pub span: Range<usize>,
}

impl<T> Located<T> {
    /// Returns the byte offset at which the value begins.
    pub fn start(&self) -> usize {
        self.span.start
    }
}

/// An item of a list: a text, or an integer as text, or a table.
pub enum TextOrTable<'d, 't> {
    Text(Cow<'d, str>),
    Table(&'d DeTable<'t>),
}

/// One table of the file and its schema.
pub struct Section<'a, 'd, 't> {
    table: &'d DeTable<'t>,
    schema: &'static TableSchema,
    /// The byte offset at which the table begins.
    pub start: usize,
    problems: &'a mut Problems<'t>,
}

impl<'a, 'd, 't> Section<'a, 'd, 't> {
    /// Creates a reader of `table`. Reports the keys that do not belong in it.
    pub fn new(
        table: &'d DeTable<'t>,
        start: usize,
        schema: &'static TableSchema,
        problems: &'a mut Problems<'t>,
    ) -> Self {
        let mut section = Self { table, schema, start, problems };
        for key in table.keys() {
            if let Some(error) = schema.key_error(key.get_ref()) {
                section.report_error(&printable(key.get_ref()), key.span().start, &error);
            }
        }
        section
    }

    /// Returns whether the file of the operator is another one, from which the table was translated.
    pub fn is_translated(&self) -> bool {
        self.problems.is_translated()
    }

    /// Reads a string.
    pub fn string(&mut self, key: &str, example: &str) -> Option<Located<&'d str>> {
        let value = self.value(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.report_invalid(key, value.span(), &format!("a string in quotes, such as {example}"));
        }
        Some(Located { value: text?, span: value.span() })
    }

    /// Reads a secret string. Error messages never contain its value.
    pub fn secret(&mut self, key: &str) -> Option<Located<&'d str>> {
        let value = self.value(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.report_error(key, value.span().start, "expected a string in quotes");
        }
        Some(Located { value: text?, span: value.span() })
    }

    /// Reads a list of secret strings that is not empty. A single string counts as a list of one. Error
    /// messages never contain a value.
    pub fn secrets(&mut self, key: &str) -> Vec<Located<&'d str>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let items = value.get_ref().as_array().filter(|items| !items.is_empty());
        let items: Vec<&Spanned<DeValue<'t>>> = items.map_or(vec![value], |items| items.iter().collect());
        let mut all = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => all.push(Located { value: text, span: item.span() }),
                None => self.report_error(key, item.span().start, "expected a string in quotes"),
            }
        }
        all
    }

    /// Reads one of the keywords in `all` and returns its value.
    pub fn choice<T: Copy>(&mut self, key: &str, all: &[(&str, T)]) -> Option<T> {
        let value = self.value(key)?;
        let text = value.get_ref().as_str();
        let found = all.iter().find(|(name, _)| Some(*name) == text).map(|(_, value)| *value);
        if found.is_none() {
            self.report_invalid(key, value.span(), &listed(all.iter().map(|(name, _)| format!("{name:?}"))));
        }
        found
    }

    /// Reads `true` or `false`.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.report_invalid(key, value.span(), "true or false, without quotes");
        }
        flag
    }

    /// Reads `false` or `true`, for which there are values, or a keyword with its value.
    pub fn flag_or_choice<T>(
        &mut self,
        key: &str,
        [by_false, by_true]: [T; 2],
        (keyword, by_keyword): (&str, T),
    ) -> Option<T> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Boolean(true) => Some(by_true),
            DeValue::Boolean(false) => Some(by_false),
            DeValue::String(text) if text == keyword => Some(by_keyword),
            _ => {
                let expected = format!("true or false, without quotes, or {keyword:?}");
                self.report_invalid(key, value.span(), &expected);
                None
            }
        }
    }

    /// Reads an integer within its range.
    pub fn integer(&mut self, key: &str, number: &IntegerRange) -> Option<Located<u32>> {
        let value = self.value(key)?;
        let Some(integer) = value.get_ref().as_integer() else {
            self.report_invalid(key, value.span(), &number.expectation());
            return None;
        };
        let found = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        let found = found.filter(|found| number.range.contains(found));
        if found.is_none() {
            self.report_out_of_range(key, value.span(), &number.expectation());
        }
        Some(Located { value: found?, span: value.span() })
    }

    /// Reads a number of seconds within its range, with or without decimals.
    pub fn seconds(&mut self, key: &str, number: &DecimalRange) -> Option<Located<Duration>> {
        let Located { value, span } = self.decimal(key, number)?;
        Some(Located { value: Duration::from_secs_f64(value), span })
    }

    /// Reads a number within its range, with or without decimals.
    pub fn decimal(&mut self, key: &str, number: &DecimalRange) -> Option<Located<f64>> {
        let value = self.value(key)?;
        let found = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            DeValue::Integer(integer) => {
                i32::from_str_radix(integer.as_str(), integer.radix()).ok().map(f64::from)
            }
            _ => {
                self.report_invalid(key, value.span(), &number.expectation());
                return None;
            }
        };
        let found = found.filter(|found| number.range.contains(found));
        if found.is_none() {
            self.report_out_of_range(key, value.span(), &number.expectation());
        }
        Some(Located { value: found?, span: value.span() })
    }

    /// Reads one of the numbers in `all`. `unit` describes them in the plural.
    pub fn one_of(&mut self, key: &str, all: &[u32], unit: &str) -> Option<Located<u32>> {
        let value = self.value(key)?;
        let number = value.get_ref().as_integer();
        let found = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        let found = found.filter(|found| all.contains(found));
        if found.is_none() {
            let numbers = listed(all.iter().map(ToString::to_string));
            self.report_invalid(key, value.span(), &format!("one of these {unit}: {numbers}"));
        }
        Some(Located { value: found?, span: value.span() })
    }

    /// Reads one table with `read`.
    pub fn table<T>(
        &mut self,
        key: &str,
        schema: &'static TableSchema,
        expected: &str,
        read: impl Fn(Section<'_, 'd, 't>) -> T,
    ) -> Option<T> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.report_invalid(key, value.span(), expected);
            return None;
        };
        Some(read(Section::new(table, value.span().start, schema, self.problems)))
    }

    /// Reads a list of strings that is not empty. A single string counts as a list of one.
    pub fn strings(&mut self, key: &str, expected: &str) -> Option<Located<Vec<Located<&'d str>>>> {
        self.list(key, expected, DeValue::as_str)
    }

    /// Like [`strings`](Self::strings), of strings, integers that are not negative, and tables.
    pub fn texts_or_tables(
        &mut self,
        key: &str,
        expected: &str,
    ) -> Option<Located<Vec<Located<TextOrTable<'d, 't>>>>> {
        self.list(key, expected, |value| match value {
            DeValue::Table(table) => Some(TextOrTable::Table(table)),
            value => text_or_integer(value).map(TextOrTable::Text),
        })
    }

    /// Reads a string, or an integer that is not negative.
    pub fn string_or_integer(&mut self, key: &str, expected: &str) -> Option<Located<Cow<'d, str>>> {
        let value = self.value(key)?;
        let text = text_or_integer(value.get_ref());
        if text.is_none() {
            self.report_invalid(key, value.span(), expected);
        }
        Some(Located { value: text?, span: value.span() })
    }

    /// Returns a reader of a table inside this one, which begins at `start`.
    pub fn nested(
        &mut self,
        table: &'d DeTable<'t>,
        start: usize,
        schema: &'static TableSchema,
    ) -> Section<'_, 'd, 't> {
        Section::new(table, start, schema, self.problems)
    }

    fn list<T>(
        &mut self,
        key: &str,
        expected: &str,
        read: impl Fn(&'d DeValue<'t>) -> Option<T>,
    ) -> Option<Located<Vec<Located<T>>>> {
        let value = self.value(key)?;
        if let Some(one) = read(value.get_ref()) {
            let one = Located { value: one, span: value.span() };
            return Some(Located { value: vec![one], span: value.span() });
        }
        let Some(items) = value.get_ref().as_array().filter(|items| !items.is_empty()) else {
            self.report_invalid(key, value.span(), expected);
            return None;
        };
        let mut all = Vec::new();
        for item in items.iter() {
            match read(item.get_ref()) {
                Some(found) => all.push(Located { value: found, span: item.span() }),
                None => self.report_invalid(key, item.span(), expected),
            }
        }
        Some(Located { value: all, span: value.span() })
    }

    /// Reads a list of numbers, with or without decimals.
    pub fn numbers(&mut self, key: &str, expected: &str) -> Option<Located<Vec<f64>>> {
        let value = self.value(key)?;
        let number = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            DeValue::Integer(integer) => {
                i32::from_str_radix(integer.as_str(), integer.radix()).ok().map(f64::from)
            }
            _ => None,
        };
        let items = value.get_ref().as_array();
        let numbers: Option<Vec<f64>> = items.and_then(|items| items.iter().map(number).collect());
        if numbers.is_none() {
            self.report_invalid(key, value.span(), expected);
        }
        Some(Located { value: numbers?, span: value.span() })
    }

    /// Returns whether the value of the key is an empty list.
    pub fn is_empty_list(&self, key: &str) -> bool {
        self.value(key).and_then(|value| value.get_ref().as_array()).is_some_and(|items| items.is_empty())
    }

    /// Reads a list of tables, each with `read`. The error message about an item that is not a table does not
    /// contain the item.
    pub fn tables<T>(
        &mut self,
        key: &str,
        schema: &'static TableSchema,
        expected: &str,
        read: impl Fn(Section<'_, 'd, 't>) -> T,
    ) -> Option<Vec<T>> {
        let value = self.value(key)?;
        let Some(items) = value.get_ref().as_array().filter(|items| !items.is_empty()) else {
            self.report_error(key, value.span().start, &format!("expected {expected}"));
            return None;
        };
        let mut all = Vec::new();
        for item in items.iter() {
            let at = item.span().start;
            match item.get_ref().as_table() {
                Some(table) => all.push(read(Section::new(table, at, schema, self.problems))),
                None => self.report_error(key, at, &format!("expected {expected}")),
            }
        }
        Some(all)
    }

    /// Returns the position of a key's value, if the key is present.
    pub fn span(&self, key: &str) -> Option<Range<usize>> {
        self.value(key).map(Spanned::span)
    }

    /// Reports a value as invalid; `expected` describes a valid one.
    pub fn report_invalid(&mut self, key: &str, span: Range<usize>, expected: &str) {
        let quote = self.problems.quote(span.clone());
        self.report_error(key, span.start, &format!("{quote} is invalid, expected {expected}"));
    }

    /// Reports a value as invalid, with the reason.
    pub fn report_rejected(&mut self, key: &str, span: Range<usize>, reason: &str) {
        let quote = self.problems.quote(span.clone());
        self.report_error(key, span.start, &format!("{quote} {reason}"));
    }

    /// Reports that a required key is missing.
    pub fn report_missing(&mut self, key: &str, message: &str) {
        self.problems.add_missing(self.start, format!("{} {key}: {message}", self.schema.name));
    }

    /// Reports a weak password: as an error, unless the file allows such passwords.
    pub fn report_weak_password(&mut self, key: &str, at: usize, message: &str) {
        match self.problems.weak_passwords_allowed() {
            true => self.warn_at(key, at, message),
            false => self.report_error(key, at, message),
        }
    }

    /// Warns about a key whose effect may surprise the operator.
    pub fn warn(&mut self, key: &str, message: &str) {
        let at = self.span(key).map_or(self.start, |span| span.start);
        self.warn_at(key, at, message);
    }

    /// Like [`warn`](Self::warn), about the text at the byte offset `at`.
    pub fn warn_at(&mut self, key: &str, at: usize, message: &str) {
        self.problems.add_warning(at, format!("{} {key}: {message}", self.schema.name));
    }

    fn report_out_of_range(&mut self, key: &str, span: Range<usize>, expected: &str) {
        let quote = self.problems.quote(span.clone());
        self.report_error(key, span.start, &format!("{quote} is out of range, expected {expected}"));
    }

    /// Reports an error about the text at the byte offset `at`. The message does not quote that text.
    pub fn report_error(&mut self, key: &str, at: usize, message: &str) {
        self.problems.add_error(at, format!("{} {key}: {message}", self.schema.name));
    }

    fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'t>>> {
        self.table.get(key)
    }
}

/// Returns a string, or an integer that is not negative.
fn text_or_integer<'d>(value: &'d DeValue<'_>) -> Option<Cow<'d, str>> {
    match value {
        DeValue::String(text) => Some(Cow::Borrowed(&**text)),
        DeValue::Integer(integer) => {
            let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
            number.map(|number| Cow::Owned(number.to_string()))
        }
        _ => None,
    }
}

/// Joins words as `a, b or c`.
pub fn listed(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} or {last}", words.join(", ")) }
}
