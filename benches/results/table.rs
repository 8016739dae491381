//! Markdown tables that are aligned, so that they can be read as plain text.

use std::fmt::{self, Display};

/// A table with columns of text, aligned left, followed by columns of numbers, aligned right.
pub struct Table {
    /// The number of text columns.
    text_columns: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(text_columns: &[&str], number_columns: &[&str]) -> Self {
        let head = text_columns.iter().chain(number_columns).map(|name| escaped(name)).collect();
        Self { text_columns: text_columns.len(), rows: vec![head] }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| escaped(&cell)).collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max(3)
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, row: &[String]) -> fmt::Result {
        for (column, cell) in row.iter().enumerate() {
            let width = self.width(column);
            if column < self.text_columns {
                write!(f, "| {cell:width$} ")?;
            } else {
                write!(f, "| {cell:>width$} ")?;
            }
        }
        writeln!(f, "|")
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [head, rows @ ..] = self.rows.as_slice() else { return Ok(()) };
        self.line(f, head)?;
        for column in 0..head.len() {
            let dashes = "-".repeat(self.width(column) - 1);
            let (last, dashes) = if column < self.text_columns { ("-", dashes) } else { (":", dashes) };
            write!(f, "| {dashes}{last} ")?;
        }
        writeln!(f, "|")?;
        rows.iter().try_for_each(|row| self.line(f, row))
    }
}

/// Escapes text for Markdown and HTML and puts it on one line.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '*' | '_' | '`' | '[' | ']' => out.extend(['\\', letter]),
            _ if letter.is_control() => out.push(' '),
            _ => out.push(letter),
        }
    }
    out
}

/// Puts text on one line, for a block of code.
pub fn on_one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
