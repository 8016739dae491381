//! Every file and every test that a document names exists.

use std::fs;
use std::path::Path;

use regex::Regex;

use super::{DOCUMENT_FOLDERS, ROOT, markdown_files, read};

/// Returns the source of a file and of the modules below it.
fn sources(path: &Path) -> String {
    let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("main" | "mod") => path.parent().map(Path::to_owned),
        _ => Some(path.with_extension("")),
    };
    let children = folder.and_then(|folder| fs::read_dir(folder).ok());
    let children = children.into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let files =
        children.filter(|path| path.extension().is_some_and(|it| it == "rs")).chain([path.to_owned()]);
    files.map(|path| fs::read_to_string(path).expect("UTF-8")).collect()
}

/// Returns a line for each file, folder or function of a Rust file that a text names and that does not exist.
fn faults(root: &Path, text: &str) -> Vec<String> {
    let folders =
        r"src|tests|benches|fuzz|fixtures|docs|protocol-notes|LICENSES|packaging|\.ci|\.cargo|\.github";
    let named = Regex::new(&format!(r"`((?:{folders})(?:/[\w.-]+)+/?)(?:::(\w+))?[ `]")).expect("a pattern");
    let mut faults = Vec::new();
    for found in named.captures_iter(text) {
        let path = root.join(&found[1]);
        if !path.exists() {
            faults.push(format!("{} does not exist", &found[1]));
        } else if let Some(name) = found.get(2).map(|name| name.as_str())
            && !sources(&path).contains(&format!("fn {name}("))
        {
            faults.push(format!("{} has no {name}", &found[1]));
        }
    }
    faults
}

#[test]
fn files_and_tests_named_in_documents_exist() {
    let mut all = Vec::new();
    for document in markdown_files(&DOCUMENT_FOLDERS) {
        let found = faults(Path::new(ROOT), &read(&document));
        all.extend(found.into_iter().map(|fault| format!("{}: {fault}", document.display())));
    }
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
}

#[test]
fn names_that_do_not_exist_are_found() {
    let root = Path::new(ROOT);
    let text = "`tests/repository/documents.rs::names_that_do_not_exist_are_found`, `tests/run --test programs`, `docs/`, `docs/cli.md`";
    assert_eq!(faults(root, text), [""; 0]);
    let text = "`src/nowhere.rs` and `tests/repository/documents.rs::no_such_test`, `src/nowhere.rs::test`, `docs/gone/`";
    let expected = [
        "src/nowhere.rs does not exist",
        "tests/repository/documents.rs has no no_such_test",
        "src/nowhere.rs does not exist",
        "docs/gone/ does not exist",
    ];
    assert_eq!(faults(root, text), expected);
}
