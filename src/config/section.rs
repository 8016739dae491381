//! One table of the file: values of the right type, or a problem that says what would be right.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::TableSchema;
use super::problems::{Problems, printable};
use super::ranges::{IntegerRange, SecondsRange};

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub struct Located<T> {
    pub value: T,
    pub span: Range<usize>,
}

impl<T> Located<T> {
    /// Where it begins.
    pub fn start(&self) -> usize {
        self.span.start
    }
}

/// One table.
pub struct Section<'a, 'd, 't> {
    table: &'d DeTable<'t>,
    schema: &'static TableSchema,
    /// Where the table begins.
    pub start: usize,
    problems: &'a mut Problems<'t>,
}

impl<'a, 'd, 't> Section<'a, 'd, 't> {
    /// Begins to read a table; tells of the keys that do not belong there.
    pub fn new(
        table: &'d DeTable<'t>,
        start: usize,
        place: &'static TableSchema,
        problems: &'a mut Problems<'t>,
    ) -> Self {
        let mut section = Self { table, schema: place, start, problems };
        for key in table.keys() {
            if let Some(fault) = place.key_error(key.get_ref()) {
                section.report_error(&printable(key.get_ref()), key.span().start, &fault);
            }
        }
        section
    }

    /// A text.
    pub fn string(&mut self, key: &str, such_as: &str) -> Option<Located<&'d str>> {
        let value = self.value(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.report_invalid(key, value.span(), &format!("a string in quotes, such as {such_as}"));
        }
        Some(Located { value: text?, span: value.span() })
    }

    /// A text that is not repeated, whatever is wrong with it.
    pub fn secret(&mut self, key: &str) -> Option<Located<&'d str>> {
        let value = self.value(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.report_error(key, value.span().start, "expected a string in quotes");
        }
        Some(Located { value: text?, span: value.span() })
    }

    /// One of these words, as what it stands for.
    pub fn choice<T: Copy>(&mut self, key: &str, all: &[(&str, T)]) -> Option<T> {
        let value = self.value(key)?;
        let word = value.get_ref().as_str();
        let found = all.iter().find(|(name, _)| Some(*name) == word).map(|(_, meant)| *meant);
        if found.is_none() {
            self.report_invalid(key, value.span(), &listed(all.iter().map(|(name, _)| *name)));
        }
        found
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.report_invalid(key, value.span(), "true or false, without quotes");
        }
        flag
    }

    /// A whole number within its range.
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

    /// A number of seconds within its range, with decimals or without.
    pub fn seconds(&mut self, key: &str, number: &SecondsRange) -> Option<Located<Duration>> {
        let value = self.value(key)?;
        let found = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            DeValue::Integer(integer) => {
                u32::from_str_radix(integer.as_str(), integer.radix()).ok().map(f64::from)
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
        Some(Located { value: Duration::from_secs_f64(found?), span: value.span() })
    }

    /// A list of texts, with something in it.
    pub fn strings(&mut self, key: &str, expects: &str) -> Option<Located<Vec<Located<&'d str>>>> {
        let value = self.value(key)?;
        let Some(items) = value.get_ref().as_array().filter(|items| !items.is_empty()) else {
            self.report_invalid(key, value.span(), expects);
            return None;
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_str() {
                Some(text) => texts.push(Located { value: text, span: item.span() }),
                None => self.report_invalid(key, item.span(), expects),
            }
        }
        Some(Located { value: texts, span: value.span() })
    }

    /// A list of numbers, with decimals or without.
    pub fn numbers(&mut self, key: &str, expects: &str) -> Option<Located<Vec<f64>>> {
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
            self.report_invalid(key, value.span(), expects);
        }
        Some(Located { value: numbers?, span: value.span() })
    }

    /// Whether there is a list with nothing in it.
    pub fn is_empty_list(&self, key: &str) -> bool {
        self.value(key).and_then(|value| value.get_ref().as_array()).is_some_and(|items| items.is_empty())
    }

    /// A list of tables, each as `read` takes it. What is no table is not repeated.
    pub fn tables<T>(
        &mut self,
        key: &str,
        place: &'static TableSchema,
        expects: &str,
        read: impl Fn(Section<'_, 'd, 't>) -> T,
    ) -> Option<Vec<T>> {
        let value = self.value(key)?;
        let Some(items) = value.get_ref().as_array().filter(|items| !items.is_empty()) else {
            self.report_error(key, value.span().start, &format!("expected {expects}"));
            return None;
        };
        let mut all = Vec::new();
        for item in items.iter() {
            let at = item.span().start;
            match item.get_ref().as_table() {
                Some(table) => all.push(read(Section::new(table, at, place, self.problems))),
                None => self.report_error(key, at, &format!("expected {expects}")),
            }
        }
        Some(all)
    }

    /// Where a key's value stands, if the key is there.
    pub fn span(&self, key: &str) -> Option<Range<usize>> {
        self.value(key).map(Spanned::span)
    }

    /// Tells that a value is wrong, and what would be right.
    pub fn report_invalid(&mut self, key: &str, span: Range<usize>, what: &str) {
        let quote = self.problems.quote(span.clone());
        self.report_error(key, span.start, &format!("{quote} is invalid, expected {what}"));
    }

    /// Tells that a value is wrong, and why.
    pub fn report_rejected(&mut self, key: &str, span: Range<usize>, why: &str) {
        let quote = self.problems.quote(span.clone());
        self.report_error(key, span.start, &format!("{quote} {why}"));
    }

    /// Tells that a key which has to be there is not.
    pub fn report_missing(&mut self, key: &str, what: &str) {
        self.problems.add_missing(self.start, format!("{} {key}: {what}", self.schema.name));
    }

    /// Tells what is not as the operator may think.
    pub fn warn(&mut self, key: &str, what: &str) {
        let at = self.span(key).map_or(self.start, |span| span.start);
        self.warn_at(key, at, what);
    }

    /// [`warn`](Self::warn) of what stands there.
    pub fn warn_at(&mut self, key: &str, at: usize, what: &str) {
        self.problems.add_warning(at, format!("{} {key}: {what}", self.schema.name));
    }

    fn report_out_of_range(&mut self, key: &str, span: Range<usize>, what: &str) {
        let quote = self.problems.quote(span.clone());
        self.report_error(key, span.start, &format!("{quote} is out of range, expected {what}"));
    }

    /// Tells that what stands there is wrong, without repeating it.
    pub fn report_error(&mut self, key: &str, at: usize, says: &str) {
        self.problems.add_error(at, format!("{} {key}: {says}", self.schema.name));
    }

    fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'t>>> {
        self.table.get(key)
    }
}

/// `"a", "b" or "c"`.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut quoted: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    let last = quoted.pop().unwrap_or_default();
    if quoted.is_empty() { last } else { format!("{} or {last}", quoted.join(", ")) }
}
