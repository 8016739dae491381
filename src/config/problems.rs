//! The errors and warnings about a file, with their lines.

use std::ops::{Range, RangeInclusive};

/// Maximum number of characters of a value that a message repeats.
const QUOTED_MAX: usize = 60;

/// Collects the errors and warnings about `text`.
#[derive(Debug)]
pub struct Problems<'t> {
    text: &'t str,
    /// The byte offsets at which lines begin.
    lines: Vec<usize>,
    /// Where each line comes from, if the operator's file is another one; 0 for a line from nowhere.
    origins: Vec<usize>,
    found: Vec<Problem>,
    /// Lines with syntax errors. Other errors in these lines are not reported, because they may result from
    /// the syntax error.
    unreliable_lines: Vec<RangeInclusive<usize>>,
    /// Whether a well-known password is a warning instead of an error.
    weak_passwords_allowed: bool,
}

#[derive(Debug)]
struct Problem {
    /// The byte offset in the text.
    at: usize,
    kind: ProblemKind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProblemKind {
    /// The text is not valid TOML.
    Syntax,
    /// A value or key is invalid.
    Invalid,
    /// A required key is missing. Not reported if the file has syntax errors.
    Missing,
    /// A warning: the configuration can run nevertheless.
    Warning,
}

impl<'t> Problems<'t> {
    /// Creates an empty collection for `text`.
    pub fn new(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = [0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect();
        Self {
            text,
            lines,
            origins: Vec::new(),
            found: Vec::new(),
            unreliable_lines: Vec::new(),
            weak_passwords_allowed: false,
        }
    }

    /// Sets the line of the operator's file from which each line comes, if the text was made from it.
    pub fn set_origins(&mut self, origins: Vec<usize>) {
        self.origins = origins;
    }

    /// Returns whether the file of the operator is another one.
    pub fn is_translated(&self) -> bool {
        !self.origins.is_empty()
    }

    /// Returns the line of a byte offset in the file of the operator, for a message that names another line.
    pub fn line_of_operator(&self, at: usize) -> usize {
        let line = self.line(at);
        self.origins.get(line - 1).copied().filter(|origin| *origin > 0).unwrap_or(line)
    }

    /// Says whether a well-known password is a warning instead of an error.
    pub fn allow_weak_passwords(&mut self, allowed: bool) {
        self.weak_passwords_allowed = allowed;
    }

    /// Returns whether a well-known password is a warning instead of an error.
    pub fn weak_passwords_allowed(&self) -> bool {
        self.weak_passwords_allowed
    }

    /// Adds a syntax error at `at`. All lines from `at` to `until` become unreliable.
    pub fn add_syntax_error(&mut self, at: usize, until: usize, message: String) {
        self.unreliable_lines.push(self.line(at)..=self.line(until));
        self.found.push(Problem { at, kind: ProblemKind::Syntax, message });
    }

    /// Adds an error about the text at `at`.
    pub fn add_error(&mut self, at: usize, message: String) {
        self.found.push(Problem { at, kind: ProblemKind::Invalid, message });
    }

    /// Adds an error about something that is missing at `at`.
    pub fn add_missing(&mut self, at: usize, message: String) {
        self.found.push(Problem { at, kind: ProblemKind::Missing, message });
    }

    /// Adds a warning about the text at `at`.
    pub fn add_warning(&mut self, at: usize, message: String) {
        self.found.push(Problem { at, kind: ProblemKind::Warning, message });
    }

    /// Returns the line of a byte offset, counted from 1.
    pub fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// Returns the column of a byte offset in characters, counted from 1.
    pub fn column(&self, at: usize) -> usize {
        let start = self.lines[self.line(at) - 1];
        let before = self.text.get(start..).unwrap_or_default().char_indices();
        before.take_while(|(index, _)| start + index < at).count() + 1
    }

    /// Returns the lines from the one with the byte offset `at`, each with the offset at which it begins.
    pub fn lines_from(&self, at: usize) -> impl Iterator<Item = (usize, &'t str)> {
        let (text, starts) = (self.text, &self.lines[self.line(at) - 1..]);
        starts.iter().map(move |&start| (start, text[start..].lines().next().unwrap_or_default()))
    }

    /// Returns whether there is an error about something in `span`, or just behind it.
    pub fn has_error_in(&self, span: Range<usize>) -> bool {
        let is_error = |problem: &&Problem| problem.kind != ProblemKind::Warning;
        self.found.iter().filter(is_error).any(|problem| (span.start..=span.end).contains(&problem.at))
    }

    /// Returns whether a part of the text could not be read.
    pub fn has_syntax_error(&self) -> bool {
        self.found.iter().any(|problem| problem.kind == ProblemKind::Syntax)
    }

    /// Returns the text of `span`, shortened for a message.
    pub fn quote(&self, span: Range<usize>) -> String {
        let text = self.text.get(span).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        let mut quoted: String = line.chars().take(QUOTED_MAX).collect();
        if quoted.len() < text.len() {
            quoted.push('…');
        }
        printable(&quoted)
    }

    /// Returns the errors and the warnings, one line each, in the order of the file. They begin with what
    /// `place` returns for their line, such as `coldwave.toml:12`.
    ///
    /// If there is a syntax error, missing keys and warnings are left out.
    pub fn into_lines(mut self, place: &dyn Fn(usize) -> String) -> (Vec<String>, Vec<String>) {
        self.found.sort_by_key(|problem| problem.at);
        self.drop_repeated();
        self.drop_unreliable();
        let of_kind = |warning: bool| {
            let found = self.found.iter().filter(|problem| (problem.kind == ProblemKind::Warning) == warning);
            found.map(|problem| format!("{}: {}", place(self.line(problem.at)), problem.message)).collect()
        };
        (of_kind(false), of_kind(true))
    }

    /// Keeps the last of several problems with the same text at the same place: tables inherit keys.
    fn drop_repeated(&mut self) {
        let text = |problem: &Problem| problem.message.split_once(": ").map(|(_, text)| text.to_owned());
        self.found.reverse();
        self.found.dedup_by(|one, other| one.at == other.at && text(one) == text(other));
        self.found.reverse();
    }

    fn drop_unreliable(&mut self) {
        if self.unreliable_lines.is_empty() {
            return;
        }
        for problem in std::mem::take(&mut self.found) {
            let line = self.line(problem.at);
            let is_reliable = match problem.kind {
                ProblemKind::Syntax => true,
                ProblemKind::Invalid => !self.is_unreliable(line),
                ProblemKind::Missing | ProblemKind::Warning => false,
            };
            if is_reliable {
                self.found.push(problem);
            }
        }
    }

    /// Returns whether a line is in an unreliable range. The ranges are sorted, and two of them overlap in at
    /// most one line.
    fn is_unreliable(&self, line: usize) -> bool {
        let next = self.unreliable_lines.partition_point(|lines| *lines.end() < line);
        self.unreliable_lines.get(next).is_some_and(|lines| lines.contains(&line))
    }
}

/// Returns `text` with control characters replaced, so that it is one line in a log or on a terminal.
pub fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
