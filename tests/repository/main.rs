//! Checks of the repository itself: the dependencies between modules, the lengths of files and functions,
//! names, words and comments, the tests and links that documents name, and the agreement of the documents
//! with the program.

mod build_needs;
mod comments;
mod documents;
mod effects;
mod held_by;
mod layers;
mod links;
mod log_lines;
mod manual;
mod map;
mod module;
mod names;
mod reference;
mod siblings;
mod sizes;
mod source_map;
mod tokens;
mod tree;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

/// The names of folders that are not checked: third-party packages, which `tests/run` installs below tests/,
/// build output, and the inputs of the fuzzer.
const SKIPPED: [&str; 5] = ["node_modules", "venv", "target", "artifacts", "corpus"];

/// Returns the files in a folder, at any depth, sorted by path.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a directory entry").path()).collect();
    paths.sort();
    paths.retain(|path| !SKIPPED.iter().any(|name| path.ends_with(name)));
    paths.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Returns the Rust files in a folder, at any depth, sorted by path.
fn source_files(folder: &Path) -> Vec<PathBuf> {
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files(folder).into_iter().filter(is_rust).collect()
}

/// The root of the repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The folders of the documents. The first one is the root, with README.md, CONTRIBUTING.md, SECURITY.md and
/// others.
const DOCUMENT_FOLDERS: [&str; 8] =
    ["", "docs", "protocol-notes", "benches", "fuzz", "fixtures", "LICENSES", "packaging"];

/// Returns the text of a file of the repository.
fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the path of a file of the repository, relative to its root.
fn relative(path: &Path) -> String {
    path.strip_prefix(ROOT).expect("below the root").display().to_string()
}

/// Returns the paths of the Markdown files in these directories, relative to the root of the repository. Does
/// not descend into sub-folders.
fn markdown_files(directories: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for directory in directories {
        let entries = fs::read_dir(Path::new(ROOT).join(directory)).expect(directory);
        let names = entries.map(|entry| entry.expect("a directory entry").file_name());
        let paths = names.map(|name| Path::new(directory).join(name));
        found.extend(paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    found.sort();
    found
}
