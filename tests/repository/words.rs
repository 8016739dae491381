//! A client, a process or a thread is *it*, a person is *they*, and no sentence uses a word that a reader of
//! technical English does not expect.

use std::path::{Path, PathBuf};

use regex::Regex;

use super::{ROOT, files, markdown_files, read, relative};

/// The words, in any case.
const WORDS: [&str; 11] =
    ["he", "his", "him", "himself", "she", "her", "whoever", "nobody", "somebody", "anew", "goodbye"];

/// What to write instead.
const INSTEAD: &str = "A machine is `it`, a person is `they`. Instead of `whoever` write `a client that`, instead of \
    `nobody` and `somebody` write `no listener` and `someone`, instead of `anew` write `again`, and a connection is closed.";

/// The folders to check, at any depth.
const FOLDERS: [&str; 5] = ["src", "tests", "benches", "fuzz", ".ci"];

/// The endings of the files to check there. Files without an ending count if they are scripts.
const ENDINGS: [&str; 7] = ["rs", "js", "mjs", "html", "py", "sh", "md"];

/// What is quoted: the file, the text as it stands there, and the reason.
const QUOTATIONS: &[(&str, &str, &str)] = &[
    ("benches/compare/icecast.rs", "--reuid=nobody", "the user of Linux that icecast2 runs as"),
    ("benches/README.md", "`nobody`", "the user of Linux that icecast2 runs as"),
    ("tests/encoders/icecast.rs", "--reuid=nobody", "the user of Linux that icecast2 runs as"),
    ("CHANGELOG.md", "`/live: nobody listens, leaving URL`", "a line of the log before it was renamed"),
    ("CHANGELOG.md", "telling 3 listeners goodbye", "a line of the log before it was renamed"),
];

/// Returns the files to check. This one is not among them.
fn checked_files() -> Vec<PathBuf> {
    let is_script = |path: &Path| read_bytes(path).starts_with(b"#!");
    let is_checked = |path: &PathBuf| match path.extension() {
        Some(ending) => ENDINGS.iter().any(|it| ending == *it) && !path.ends_with("repository/words.rs"),
        None => is_script(path),
    };
    let found = FOLDERS.iter().flat_map(|folder| files(&Path::new(ROOT).join(folder))).filter(is_checked);
    let documents = markdown_files(&["", "docs", "protocol-notes"]);
    found.chain(documents.into_iter().map(|path| Path::new(ROOT).join(path))).collect()
}

fn read_bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the pattern for texts.
fn in_texts() -> Regex {
    Regex::new(&format!(r"(?i)\b(?:{})\b", WORDS.join("|"))).expect("a pattern")
}

/// Returns the pattern for parts of names, such as `say_goodbye`.
fn in_names() -> Regex {
    let words = WORDS.join("|");
    Regex::new(&format!(r"(?i)(?:\b|_)(?:{words})_|_(?:{words})\b")).expect("a pattern")
}

/// Returns a line for each line of a file that has one of the words.
fn faults(file: &str, text: &str, pattern: &Regex) -> Vec<String> {
    let codec = Regex::new(r"\bHE[-_ ]AAC").expect("a pattern");
    let quotations: Vec<&str> =
        QUOTATIONS.iter().filter(|(place, ..)| *place == file).map(|(_, quoted, _)| *quoted).collect();
    let own = |line: &str| {
        let line = codec.replace_all(line, "").into_owned();
        quotations.iter().fold(line, |line, quoted| line.replace(quoted, ""))
    };
    let found = text.lines().enumerate().filter_map(|(at, line)| {
        let own = own(line);
        let word = pattern.find(&own)?.as_str().trim_matches('_').to_owned();
        Some(format!("{file}:{}: `{word}`: {}", at + 1, line.trim()))
    });
    found.collect()
}

#[track_caller]
fn check(pattern: &Regex) {
    let texts = checked_files().into_iter().map(|path| (relative(&path), path));
    let found: Vec<String> = texts
        .flat_map(|(file, path)| faults(&file, &String::from_utf8_lossy(&read_bytes(&path)), pattern))
        .collect();
    assert!(found.is_empty(), "{} lines. {INSTEAD}\n{}\n", found.len(), found.join("\n"));
}

#[test]
fn texts_use_the_words_of_technical_english() {
    check(&in_texts());
}

#[test]
fn names_use_the_words_of_technical_english() {
    check(&in_names());
}

#[test]
fn quotations_are_still_there() {
    for (file, quoted, reason) in QUOTATIONS {
        assert!(read(file).contains(quoted), "{file} does not contain {quoted:?} any more: {reason}");
    }
}

#[test]
fn forbidden_words_are_found() {
    let text = "the header of HE-AAC and HE_AAC\nHe is gone\n// closes it, anew\nfn say_goodbye() {}\nnobody_is_there\nShe\n";
    let found = |pattern: &Regex| -> Vec<String> {
        let all = faults("a.rs", text, pattern);
        all.into_iter().map(|it| it.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(found(&in_texts()), ["a.rs:2: `He`:", "a.rs:3: `anew`:", "a.rs:6: `She`:"]);
    assert_eq!(found(&in_names()), ["a.rs:4: `goodbye`:", "a.rs:5: `nobody`:"]);
}
