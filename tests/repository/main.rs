//! Checks of the repository itself: which modules use which, the lengths of files and functions, and the names that
//! documents mention.

mod documents;
mod layers;
mod module;
mod siblings;
mod sizes;
mod tokens;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

/// Folders of third-party packages, which `tests/run` installs below tests/.
const INSTALLED: [&str; 2] = ["node_modules", "venv"];

/// The Rust files in a folder, at any depth, in the order of their paths.
fn source_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the sources are there");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the sources can be listed").path()).collect();
    paths.sort();
    paths.retain(|path| !INSTALLED.iter().any(|name| path.ends_with(name)));
    paths
        .into_iter()
        .flat_map(|path| if path.is_dir() { source_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
