//! No text and no name uses a personal pronoun for a machine, or a word that is unusual in technical English,
//! and no merge conflict is left.

use std::path::{Path, PathBuf};

use regex::Regex;

use super::{ROOT, files, markdown_files, read, relative};

/// The forbidden words, in any case.
const WORDS: [&str; 11] =
    ["he", "his", "him", "himself", "she", "her", "whoever", "nobody", "somebody", "anew", "goodbye"];

/// The advice in the message of a failed test.
const INSTEAD: &str = "A machine is `it`, a person is `they`. Instead of `whoever` write `a client that`, instead of \
    `nobody` and `somebody` write `no listener` and `someone`, instead of `anew` write `again`, and a connection is closed.";

/// The folders to check, at any depth.
const FOLDERS: [&str; 9] =
    ["src", "tests", "benches", "fuzz", "fixtures", "packaging", ".ci", ".cargo", "LICENSES"];

/// The extensions of the files to check there. A file without an extension is checked if it begins with `#!`.
const EXTENSIONS: [&str; 7] = ["rs", "js", "mjs", "html", "py", "sh", "md"];

/// The quotations that are allowed: the file, the quoted text, and the reason.
const QUOTATIONS: &[(&str, &str, &str)] = &[
    ("benches/compare/icecast.rs", "--reuid=nobody", "the Linux user that icecast2 runs as"),
    ("benches/README.md", "`nobody`", "the Linux user that icecast2 runs as"),
    ("tests/common/icecast.rs", "--reuid=nobody", "the Linux user that icecast2 runs as"),
    ("CHANGELOG.md", "`/live: nobody listens, leaving URL`", "a line of the log before it was renamed"),
    ("CHANGELOG.md", "telling 3 listeners goodbye", "a line of the log before it was renamed"),
];

/// Returns the files to check: all but this one.
fn checked_files() -> Vec<PathBuf> {
    let is_script = |path: &Path| read_bytes(path).starts_with(b"#!");
    let is_checked = |path: &PathBuf| match path.extension() {
        Some(extension) => {
            EXTENSIONS.iter().any(|it| extension == *it) && !path.ends_with("repository/words.rs")
        }
        None => is_script(path),
    };
    let found = FOLDERS.iter().flat_map(|folder| files(&Path::new(ROOT).join(folder))).filter(is_checked);
    let documents = markdown_files(&["", "docs", "protocol-notes"]);
    found.chain(documents.into_iter().map(|path| Path::new(ROOT).join(path))).collect()
}

fn read_bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the pattern of a forbidden word in a text.
fn text_pattern() -> Regex {
    Regex::new(&format!(r"(?i)\b(?:{})\b", WORDS.join("|"))).expect("a pattern")
}

/// Returns the pattern of a forbidden word in an identifier, such as `say_goodbye`.
fn name_pattern() -> Regex {
    let words = WORDS.join("|");
    Regex::new(&format!(r"(?i)(?:\b|_)(?:{words})_|_(?:{words})\b")).expect("a pattern")
}

/// Returns a message for each line of a file in which `pattern` occurs outside of quotations.
fn faults(file: &str, text: &str, pattern: &Regex) -> Vec<String> {
    let codec = Regex::new(r"\bHE[-_ ]AAC").expect("a pattern");
    let quotations: Vec<&str> =
        QUOTATIONS.iter().filter(|(place, ..)| *place == file).map(|(_, quoted, _)| *quoted).collect();
    let without_quotations = |line: &str| {
        let line = codec.replace_all(line, "").into_owned();
        quotations.iter().fold(line, |line, quoted| line.replace(quoted, ""))
    };
    let found = text.lines().enumerate().filter_map(|(at, line)| {
        let line = line.trim();
        let checked = without_quotations(line);
        let word = pattern.find(&checked)?.as_str().trim_matches('_').to_owned();
        Some(format!("{file}:{}: `{word}`: {line}", at + 1))
    });
    found.collect()
}

/// Fails if `pattern` occurs in one of the checked files.
#[track_caller]
fn check(pattern: &Regex) {
    let found: Vec<String> = checked_files()
        .into_iter()
        .flat_map(|path| faults(&relative(&path), &String::from_utf8_lossy(&read_bytes(&path)), pattern))
        .collect();
    assert!(found.is_empty(), "{} lines. {INSTEAD}\n{}\n", found.len(), found.join("\n"));
}

#[test]
fn texts_have_no_forbidden_words() {
    check(&text_pattern());
}

#[test]
fn names_have_no_forbidden_words() {
    check(&name_pattern());
}

#[test]
fn quotations_exist() {
    for (file, quoted, reason) in QUOTATIONS {
        assert!(read(file).contains(quoted), "{file} does not contain {quoted:?}: {reason}");
    }
}

#[test]
fn forbidden_words_are_found() {
    let text = "the header of HE-AAC and HE_AAC\nHe is gone\n// closes it, anew\nfn say_goodbye() {}\nnobody_is_there\nShe\n";
    let found = |pattern: &Regex| -> Vec<String> {
        let all = faults("a.rs", text, pattern);
        all.into_iter().map(|it| it.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(found(&text_pattern()), ["a.rs:2: `He`:", "a.rs:3: `anew`:", "a.rs:6: `She`:"]);
    assert_eq!(found(&name_pattern()), ["a.rs:4: `goodbye`:", "a.rs:5: `nobody`:"]);
}

/// A merge that was committed too early leaves them, and Markdown shows them as text.
#[test]
fn no_file_has_markers_of_a_merge_conflict() {
    let is_marker = |line: &str| ["<<<<<<<", "|||||||", ">>>>>>>"].iter().any(|it| line.starts_with(it));
    let with_markers = checked_files().into_iter().filter(|path| {
        let bytes = read_bytes(path);
        String::from_utf8_lossy(&bytes).lines().any(is_marker)
    });
    let with_markers: Vec<String> = with_markers.map(|path| relative(&path)).collect();
    assert!(with_markers.is_empty(), "{with_markers:?}");
}
