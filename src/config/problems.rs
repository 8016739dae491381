//! What is wrong with a file, and in which line.

use std::ops::{Range, RangeInclusive};

/// Characters of a value that are repeated in a message.
const QUOTED_MAX: usize = 60;

/// What is wrong with `text`, as it is found.
#[derive(Debug)]
pub struct Problems<'t> {
    text: &'t str,
    /// The bytes at which lines begin.
    lines: Vec<usize>,
    found: Vec<Problem>,
    /// Lines of which nothing but what is no TOML can be told: what was understood of them is a guess.
    unreliable_lines: Vec<RangeInclusive<usize>>,
}

#[derive(Debug)]
struct Problem {
    /// The byte of the text that it is about.
    at: usize,
    kind: ProblemKind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProblemKind {
    /// This is not TOML.
    Syntax,
    /// Something that stands there is wrong.
    Invalid,
    /// Something does not stand there: no news where the text could not be read.
    Missing,
    /// It runs all the same.
    Warning,
}

impl<'t> Problems<'t> {
    /// Nothing was found yet.
    pub fn new(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = [0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect();
        Self { text, lines, found: Vec::new(), unreliable_lines: Vec::new() }
    }

    /// This is no TOML, so that what was understood from here up to the line of `until` is a guess.
    pub fn add_syntax_error(&mut self, at: usize, until: usize, says: String) {
        self.unreliable_lines.push(self.line(at)..=self.line(until));
        self.found.push(Problem { at, kind: ProblemKind::Syntax, message: says });
    }

    /// What stands here is wrong.
    pub fn add_error(&mut self, at: usize, says: String) {
        self.found.push(Problem { at, kind: ProblemKind::Invalid, message: says });
    }

    /// Something should stand here, but does not.
    pub fn add_missing(&mut self, at: usize, says: String) {
        self.found.push(Problem { at, kind: ProblemKind::Missing, message: says });
    }

    /// This can be run, but not as it stands there.
    pub fn add_warning(&mut self, at: usize, says: String) {
        self.found.push(Problem { at, kind: ProblemKind::Warning, message: says });
    }

    /// The line, counted from 1, of a byte of the text.
    pub fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// The place in its line, in characters counted from 1, of a byte of the text.
    pub fn column(&self, at: usize) -> usize {
        let start = self.lines[self.line(at) - 1];
        let before = self.text.get(start..).unwrap_or_default().char_indices();
        before.take_while(|(place, _)| start + place < at).count() + 1
    }

    /// What stands there, short enough to be repeated.
    pub fn quote(&self, span: Range<usize>) -> String {
        let text = self.text.get(span).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        let mut quoted: String = line.chars().take(QUOTED_MAX).collect();
        if quoted.len() < text.len() {
            quoted.push('…');
        }
        printable(&quoted)
    }

    /// The mistakes and the warnings, each one line that begins with the name of the file, in the order of the file.
    ///
    /// Where something is no TOML, nothing is called missing.
    pub fn into_lines(mut self, file: &str) -> (Vec<String>, Vec<String>) {
        self.found.sort_by_key(|problem| problem.at);
        self.drop_unreliable();
        let of_kind = |warning: bool| {
            let found = self.found.iter().filter(|problem| (problem.kind == ProblemKind::Warning) == warning);
            found.map(|problem| format!("{file}:{}: {}", self.line(problem.at), problem.message)).collect()
        };
        (of_kind(false), of_kind(true))
    }

    fn drop_unreliable(&mut self) {
        if self.unreliable_lines.is_empty() {
            return;
        }
        for problem in std::mem::take(&mut self.found) {
            let line = self.line(problem.at);
            let known = match problem.kind {
                ProblemKind::Syntax => true,
                ProblemKind::Invalid => !self.is_unreliable(line),
                ProblemKind::Missing | ProblemKind::Warning => false,
            };
            if known {
                self.found.push(problem);
            }
        }
    }

    /// What was guessed is in the order of the text, and no two of it overlap but in a line.
    fn is_unreliable(&self, line: usize) -> bool {
        let next = self.unreliable_lines.partition_point(|lines| *lines.end() < line);
        self.unreliable_lines.get(next).is_some_and(|lines| lines.contains(&line))
    }
}

/// A text as it may stand in one line of a log or a terminal.
pub fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
