//! What the documents say holds a rule does exist: every file and every test that they name.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The documents.
fn documents(root: &Path) -> Vec<PathBuf> {
    let notes = fs::read_dir(root.join("protocol-notes")).expect("the notes are there");
    let notes = notes.map(|entry| entry.expect("an entry").path());
    let others = ["README.md", "benches/README.md", "fuzz/README.md", "fixtures/README.md"];
    notes.chain(others.map(|name| root.join(name))).collect()
}

/// The sources of a file, and of the modules below it.
fn sources(path: &Path) -> String {
    let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("main" | "mod") => path.parent().map(Path::to_owned),
        _ => Some(path.with_extension("")),
    };
    let below = folder.and_then(|folder| fs::read_dir(folder).ok());
    let below = below.into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let files = below.filter(|path| path.extension().is_some_and(|it| it == "rs")).chain([path.to_owned()]);
    files.map(|path| fs::read_to_string(path).expect("UTF-8")).collect()
}

/// What is wrong with the names in a text.
fn faults(root: &Path, text: &str) -> Vec<String> {
    let named = Regex::new(r"`((?:src|tests|benches|fuzz)/[\w/.-]+\.rs)(?:::(\w+))?").expect("a pattern");
    let mut faults = Vec::new();
    for found in named.captures_iter(text) {
        let path = root.join(&found[1]);
        if !path.exists() {
            faults.push(format!("there is no {}", &found[1]));
        } else if let Some(name) = found.get(2).map(|name| name.as_str())
            && !sources(&path).contains(&format!("fn {name}("))
        {
            faults.push(format!("{} has no {name}", &found[1]));
        }
    }
    faults
}

#[test]
fn files_and_tests_that_documents_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for document in documents(root) {
        let text = fs::read_to_string(&document).expect("UTF-8");
        let name = document.strip_prefix(root).expect("found there").display().to_string();
        all.extend(faults(root, &text).into_iter().map(|fault| format!("{name}: {fault}")));
    }
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
}

#[test]
fn wrong_names_are_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(
        faults(
            root,
            "see `tests/repository/documents.rs`, `tests/repository/documents.rs::wrong_names_are_found`"
        ),
        [""; 0]
    );
    let text = "`src/nowhere.rs` and `tests/repository/documents.rs::no_such_test`, `src/nowhere.rs::test`";
    let expected = [
        "there is no src/nowhere.rs",
        "tests/repository/documents.rs has no no_such_test",
        "there is no src/nowhere.rs",
    ];
    assert_eq!(faults(root, text), expected);
}
