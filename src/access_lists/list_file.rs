//! Reads the file of a list: one entry a line. May block on the disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::AccessList;
use super::address_entry::AddressEntry;
use crate::file_version::FileStamp;
use crate::open_file;
use crate::settings::ListKind;
use crate::text::shortened;

/// The longest file in bytes.
const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The most entries of a list: 6 megabytes of memory. Public lists of bad addresses have a hundred thousand.
pub const ENTRIES_MAX: usize = 250_000;

/// The most patterns with `*` or `?` of a list. Each is compared with every new listener: a tenth of a
/// millisecond for all of them.
pub const PATTERNS_MAX: usize = 1000;

/// The most characters of a line that a message repeats.
const QUOTED_MAX: usize = 60;

/// What files contain, or why they cannot be used.
pub type LoadedLists = BTreeMap<ListKind, Result<ReadList, String>>;

/// A list that was read.
#[derive(Debug, Clone)]
pub struct ReadList {
    /// The entries that apply.
    pub list: Arc<AccessList>,
    /// What is left out, one sentence each, with the number of the line; empty if nothing is.
    pub remarks: Vec<String>,
    /// The stamp of the file before it was read.
    pub stamp: Option<FileStamp>,
}

/// Reads a file.
///
/// # Errors
/// Returns a sentence without the path, such as `does not exist`.
pub fn read(kind: ListKind, path: &Path) -> Result<ReadList, String> {
    let stamp = FileStamp::read(path);
    let bytes =
        open_file::read_regular(path, FILE_BYTES_MAX).map_err(|error| open_file::describe_error(&error))?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(format!("is longer than {} MB", FILE_BYTES_MAX / (1024 * 1024)));
    }
    let (list, remarks) = parse(kind, &bytes);
    Ok(ReadList { list: Arc::new(list), remarks, stamp })
}

/// Returns the list in a text, and what is left out of it. Empty lines and those that begin with `#` have no
/// entry.
pub fn parse(kind: ListKind, text: &[u8]) -> (AccessList, Vec<String>) {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = String::from_utf8_lossy(text);
    let (mut list, mut left_out) = (AccessList::empty(kind), LinesLeftOut::default());
    for (index, line) in text.lines().enumerate() {
        let line = without_comment(kind, line);
        if line.is_empty() {
            continue;
        }
        if list.len() >= ENTRIES_MAX {
            left_out.remarks.push(format!(
                "line {}: only {ENTRIES_MAX} entries are possible, all after them are left out",
                index + 1
            ));
            break;
        }
        if let Err(reason) = add(&mut list, kind, line) {
            left_out.note(index + 1, line, reason);
        }
    }
    (list, left_out.into_remarks())
}

/// Returns a line without white space and comment. A User-Agent can contain `#`.
fn without_comment(kind: ListKind, line: &str) -> &str {
    let line = line.trim();
    match (kind, line.find('#')) {
        (_, Some(0)) => "",
        (ListKind::DenyAgents, _) | (_, None) => line,
        (_, Some(at)) => line[..at].trim_end(),
    }
}

fn add(list: &mut AccessList, kind: ListKind, line: &str) -> Result<(), &'static str> {
    const TOO_MANY: &str = "is one pattern with * or ? too many: at most 1000 are possible";
    match list {
        AccessList::Agents(list) => {
            if list.patterns() >= PATTERNS_MAX && line.contains(['*', '?']) {
                return Err(TOO_MANY);
            }
            list.add(line)
        }
        AccessList::Addresses(list) => match AddressEntry::parse(line)? {
            entry if kind == ListKind::DenyIp && entry.is_everyone() => Err("would refuse every address"),
            AddressEntry::Pattern(_) if list.patterns() >= PATTERNS_MAX => Err(TOO_MANY),
            entry => {
                list.add(entry);
                Ok(())
            }
        },
    }
}

/// The lines that are left out.
#[derive(Debug, Default)]
struct LinesLeftOut {
    /// The number of lines with an error.
    bad: usize,
    /// The message about the first.
    first: Option<String>,
    remarks: Vec<String>,
}

impl LinesLeftOut {
    fn note(&mut self, number: usize, line: &str, reason: &str) {
        self.bad += 1;
        self.first
            .get_or_insert_with(|| format!("line {number}: {:?} {reason}", shortened(line, QUOTED_MAX)));
    }

    fn into_remarks(self) -> Vec<String> {
        let others = match self.bad.saturating_sub(1) {
            0 => String::new(),
            1 => " (and another line)".to_owned(),
            more => format!(" (and {more} other lines)"),
        };
        let bad = self.first.map(|first| format!("{first}{others}; the other entries apply"));
        bad.into_iter().chain(self.remarks).collect()
    }
}
