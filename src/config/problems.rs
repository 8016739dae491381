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
    guessed: Vec<RangeInclusive<usize>>,
}

#[derive(Debug)]
struct Problem {
    /// The byte of the text that it is about.
    at: usize,
    kind: Kind,
    says: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// This is not TOML.
    Syntax,
    /// Something that stands there is wrong.
    Wrong,
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
        Self { text, lines, found: Vec::new(), guessed: Vec::new() }
    }

    /// This is no TOML, so that what was understood from here up to the line of `until` is a guess.
    pub fn syntax(&mut self, at: usize, until: usize, says: String) {
        self.guessed.push(self.line(at)..=self.line(until));
        self.found.push(Problem { at, kind: Kind::Syntax, says });
    }

    /// What stands here is wrong.
    pub fn wrong(&mut self, at: usize, says: String) {
        self.found.push(Problem { at, kind: Kind::Wrong, says });
    }

    /// Something should stand here, but does not.
    pub fn missing(&mut self, at: usize, says: String) {
        self.found.push(Problem { at, kind: Kind::Missing, says });
    }

    /// This can be run, but not as it stands there.
    pub fn warning(&mut self, at: usize, says: String) {
        self.found.push(Problem { at, kind: Kind::Warning, says });
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
        shown(&quoted)
    }

    /// The mistakes and the warnings, each one line that begins with the name of the file, in the order of the file.
    ///
    /// Where something is no TOML, nothing is called missing.
    pub fn into_lines(mut self, file: &str) -> (Vec<String>, Vec<String>) {
        self.found.sort_by_key(|problem| problem.at);
        self.leave_out_guesses();
        let of_kind = |warning: bool| {
            let found = self.found.iter().filter(|problem| (problem.kind == Kind::Warning) == warning);
            found.map(|problem| format!("{file}:{}: {}", self.line(problem.at), problem.says)).collect()
        };
        (of_kind(false), of_kind(true))
    }

    fn leave_out_guesses(&mut self) {
        if self.guessed.is_empty() {
            return;
        }
        for problem in std::mem::take(&mut self.found) {
            let line = self.line(problem.at);
            let known = match problem.kind {
                Kind::Syntax => true,
                Kind::Wrong => !self.is_guessed(line),
                Kind::Missing | Kind::Warning => false,
            };
            if known {
                self.found.push(problem);
            }
        }
    }

    /// What was guessed is in the order of the text, and no two of it overlap but in a line.
    fn is_guessed(&self, line: usize) -> bool {
        let next = self.guessed.partition_point(|lines| *lines.end() < line);
        self.guessed.get(next).is_some_and(|lines| lines.contains(&line))
    }
}

/// A text as it may stand in one line of a log or a terminal.
pub fn shown(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
