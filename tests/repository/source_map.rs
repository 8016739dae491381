//! `src/README.md` lists every source file with the first sentence of its documentation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::{ROOT, read, source_files};

const PATH: &str = "src/README.md";

const INTRODUCTION: &str = "\
# Source files

Every Rust file below `src/` with the first sentence of its documentation. Templates, style sheets and recorded replies
are beside the files that use them. The order of the layers, from top to bottom, is in [lib.rs](lib.rs); the paths that
data takes are in [ARCHITECTURE.md](../ARCHITECTURE.md).

This file is generated: `COLDWAVE_RECORD=1 cargo test --test repository source_map` writes it, and the same test without
the variable fails when it is out of date.
";

/// Returns the first sentence of a file's `//!` documentation. References to items become plain code.
fn first_sentence(source: &str) -> Option<String> {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let paragraph: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ").replace("[`", "`").replace("`]", "`");
    let end = paragraph.find(". ").unwrap_or(paragraph.len());
    let sentence = paragraph[..end].trim_end_matches(['.', ':']).replace('|', "\\|");
    (!sentence.is_empty()).then_some(sentence)
}

/// Returns the text of the map, and the files that have no documentation.
fn render() -> (String, Vec<String>) {
    let source = Path::new(ROOT).join("src");
    let mut directories: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut undocumented = Vec::new();
    for path in source_files(&source) {
        let name = path.strip_prefix(&source).expect("a path below src").display().to_string();
        let Some(sentence) = first_sentence(&read(&path)) else {
            undocumented.push(name);
            continue;
        };
        let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory).to_owned();
        directories.entry(directory).or_default().push((name, sentence));
    }
    let mut text = INTRODUCTION.to_owned();
    for (directory, files) in &directories {
        let _ = write!(text, "\n## src/{directory}\n\n| file | contents |\n| --- | --- |\n");
        for (name, sentence) in files {
            let file = name.rsplit('/').next().unwrap_or(name);
            let _ = writeln!(text, "| [{file}]({name}) | {sentence} |");
        }
    }
    (text, undocumented)
}

#[test]
fn source_map_lists_every_file_with_its_first_sentence() {
    let (expected, undocumented) = render();
    assert!(undocumented.is_empty(), "files without a `//!` comment: {undocumented:?}");
    if std::env::var_os("COLDWAVE_RECORD").is_some() {
        fs::write(Path::new(ROOT).join(PATH), &expected).expect("src/README.md can be written");
    }
    let outdated =
        "src/README.md is out of date; run COLDWAVE_RECORD=1 cargo test --test repository source_map";
    assert!(read(PATH) == expected, "{outdated}");
}

#[test]
fn first_sentence_ends_at_a_full_stop() {
    let source = "//! Reads [`Frame`]s\n//! of a file. Then more.\n//!\n//! Details.\n\nuse std;\n";
    assert_eq!(first_sentence(source).as_deref(), Some("Reads `Frame`s of a file"));
    assert_eq!(first_sentence("use std;\n//! Late.\n"), None);
}
