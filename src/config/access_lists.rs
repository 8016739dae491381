//! The files with lists of addresses and programs: who is refused, and who is admitted.

use std::path::Path;

use super::keys::{self, LocatedTable};
use super::paths;
use super::problems::{Problems, printable};
use super::section::Section;
use crate::access_lists::{self, LoadedLists};
use crate::settings::{ListFiles, ListKind};

/// Returns the files.
pub fn files(section: &mut Section<'_, '_, '_>, folder: &Path) -> ListFiles {
    let mut files = ListFiles::new();
    for kind in ListKind::ALL {
        let Some(text) = section.string(kind.key(), r#""/etc/coldwave/banned.txt""#) else { continue };
        match paths::resolve(folder, text.value) {
            Ok(path) => drop(files.insert(kind, path)),
            Err(reason) => section.report_rejected(kind.key(), text.span, &reason),
        }
    }
    files
}

/// Reads the files. Warns about lines that are left out, and about files that cannot be read: an Icecast
/// starts without them, and what writes them may do so later.
pub fn read_all<'t>(
    files: &ListFiles,
    server: Option<LocatedTable<'_, 't>>,
    problems: &mut Problems<'t>,
) -> LoadedLists {
    let mut all = LoadedLists::new();
    for (&kind, path) in files {
        let loaded = access_lists::read(kind, path);
        let warnings = match &loaded {
            Ok(read) => read.remarks.iter().map(|remark| format!("{}: {remark}", path.display())).collect(),
            Err(reason) => vec![format!("{} {reason}: {}", path.display(), without_file(kind))],
        };
        let value = server.and_then(|(table, _)| table.get(kind.key()));
        let at = value.map_or(0, |value| value.span().start);
        for warning in warnings {
            problems.add_warning(at, printable(&format!("{} {}: {warning}", keys::SERVER.name, kind.key())));
        }
        all.insert(kind, loaded);
    }
    all
}

/// Returns what happens while a file cannot be read.
fn without_file(kind: ListKind) -> &'static str {
    match kind {
        ListKind::DenyIp | ListKind::DenyAgents => {
            "what was read from it last stays in force, at the start nothing"
        }
        ListKind::AllowIp => {
            "what was read from it last stays in force; at the start only this machine may connect"
        }
        ListKind::ReservedIp => "what was read from it last stays in force, at the start nothing is reserved",
    }
}
