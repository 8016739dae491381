//! The translated configuration as text.

use std::fmt::Write;

use super::draft::{Draft, ListenItem, Table};
use super::finding::Finding;
use super::setting::Origin;
use super::values;

/// A configuration of coldwave, with the origin of each line.
#[derive(Debug)]
pub struct Document {
    /// The text: TOML.
    pub text: String,
    /// The origin of each line; that of the last setting before it for a line that is a default.
    origins: Vec<Option<Origin>>,
}

impl Document {
    /// Returns the origin of a line, counted from 1.
    pub fn origin(&self, line: usize) -> Option<&Origin> {
        self.origins.get(line.checked_sub(1)?)?.as_ref()
    }

    /// Returns the line from which each line comes; 0 for a line without origin.
    pub fn origins(&self) -> Vec<usize> {
        self.origins.iter().map(|origin| origin.as_ref().map_or(0, |origin| origin.line)).collect()
    }

    /// Writes the tables of a draft, whose keys come from `file`, and the findings of settings that have
    /// become no key as comments.
    pub fn new(draft: &Draft, file: &str, findings: &[Finding]) -> Self {
        let mut document = Self { text: String::new(), origins: Vec::new() };
        document.comment(&format!("Translated from {file} by coldwave {}.", env!("CARGO_PKG_VERSION")));
        let notable: Vec<&Finding> = findings.iter().filter(|finding| finding.effect.is_notable()).collect();
        if !notable.is_empty() {
            document.comment("");
            document.comment("What differs from the other server:");
        }
        for finding in notable {
            document.comment(&format!("{file}:{}: {finding}", finding.line));
        }
        let unlisted = (!draft.unlisted.entries.is_empty()).then_some(&draft.unlisted);
        document.line("", None);
        document.line(draft.server.header, None);
        document.listen(&draft.listen);
        document.entries(&draft.server);
        for table in unlisted.into_iter().chain(&draft.tables) {
            document.table(table);
        }
        document
    }

    fn table(&mut self, table: &Table) {
        self.line("", None);
        self.line(table.header, table.origin.as_ref());
        self.entries(table);
    }

    /// Writes the addresses on which the server listens, each on a line of its own.
    fn listen(&mut self, items: &[ListenItem]) {
        if items.is_empty() {
            return;
        }
        self.line("listen = [", Some(&items[0].origin));
        for item in items {
            let address = values::text(&item.address());
            let value = match item.tls_only {
                true => values::inline_table([("address", address), ("tls_only", "true".to_owned())]),
                false => address,
            };
            let Origin { line, setting, .. } = &item.origin;
            let from = comment_text(&format!("line {line}, {setting}"));
            self.line(&format!("    {value}, # {from}"), Some(&item.origin));
        }
        self.line("]", Some(&items[0].origin));
    }

    fn entries(&mut self, table: &Table) {
        for entry in &table.entries {
            let from = match &entry.origin {
                Some(Origin { line, setting, .. }) => format!("line {line}, {setting}"),
                None => "the default there".to_owned(),
            };
            let line = format!("{} = {} # {}", entry.key, entry.value, comment_text(&from));
            self.line(&line, entry.origin.as_ref().or(table.origin.as_ref()));
        }
    }

    fn comment(&mut self, text: &str) {
        let line = format!("# {}", comment_text(text));
        self.line(line.trim_end(), None);
    }

    fn line(&mut self, text: &str, origin: Option<&Origin>) {
        let _ = writeln!(self.text, "{text}");
        self.origins.push(origin.cloned());
    }
}

/// Returns a text for a comment: one line without characters that TOML forbids there.
fn comment_text(text: &str) -> String {
    text.replace(|character: char| character.is_control(), "\u{fffd}")
}
