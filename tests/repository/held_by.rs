//! Each `Held by` of the protocol notes names tests that exist.
//!
//! A text that names tests begins with `Held by` and ends with its paragraph or list item. In a table, each
//! cell of a column whose heading begins with `held by` or `test in` is such a text. It names a test as
//! `path::test`, optionally with modules in between, or as `::test` or `test` for the file named last. A path
//! alone names all tests of the file. The heading of a column may name the file or folder of its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

use super::{ROOT, markdown_files, read, source_files};
use crate::tokens::{closing, end_of_attributes, tokens};

/// Texts that are valid without a test.
const WITHOUT_TEST: [&str; 3] = ["the same", "the same tests", "nothing"];

/// One text that names tests in a protocol note.
#[derive(Debug, PartialEq)]
struct HeldBy {
    /// The number of its first line.
    line: usize,
    /// The file or folder of tests that are named without a path.
    place: Option<String>,
    text: String,
}

/// Returns the texts in `note` that name tests, sorted by line.
fn texts(note: &str) -> Vec<HeldBy> {
    let start = Regex::new(r"(?:^|[^`])\b[Hh]eld by\b").expect("a pattern");
    let end = Regex::new(r"^\s*$|^\s*(?:\d+\.|[-*]) |^[#|]").expect("a pattern");
    let lines: Vec<&str> = note.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.starts_with('|')) {
        let Some(start) = start.find(line) else { continue };
        let length = lines[at + 1..].iter().take_while(|line| !end.is_match(line)).count();
        let rest = lines[at + 1..=at + length].join("\n");
        let text = format!("{}\n{rest}", &line[start.end()..]).trim().to_owned();
        found.push(HeldBy { line: at + 1, place: None, text });
    }
    found.extend(tables(&lines).into_iter().flat_map(|(first, rows)| cells(first, &rows)));
    found.sort_by_key(|text| text.line);
    found
}

/// Returns the tables of a note: the number of the first line and the cells of each.
fn tables<'a>(lines: &[&'a str]) -> Vec<(usize, Vec<Vec<&'a str>>)> {
    let mut tables: Vec<(usize, Vec<Vec<&str>>)> = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with('|')) {
        let row = line.trim_matches('|').split('|').map(str::trim).collect();
        match tables.last_mut() {
            Some((first, rows)) if *first + rows.len() == at + 1 => rows.push(row),
            _ => tables.push((at + 1, vec![row])),
        }
    }
    tables
}

/// Returns the cells that name tests in a table. `first` is the number of its first line.
fn cells(first: usize, rows: &[Vec<&str>]) -> Vec<HeldBy> {
    let names_tests = |heading: &&str| heading.starts_with("held by") || heading.starts_with("test in");
    let Some(column) = rows[0].iter().position(names_tests) else { return Vec::new() };
    let place = Regex::new(r"(?:src|tests)/[\w/]+(?:\.rs)?").expect("a pattern");
    let place = place.find(rows[0][column]).map(|found| found.as_str().to_owned());
    let cell = |(at, row): (usize, &Vec<&str>)| {
        let text = row.get(column).copied().unwrap_or_default().to_owned();
        HeldBy { line: first + at, place: place.clone(), text }
    };
    rows.iter().enumerate().skip(2).map(cell).collect()
}

/// The names of the tests in each Rust file of src/ and tests/, by the path of the file.
#[derive(Default)]
pub struct Tests(BTreeMap<PathBuf, BTreeSet<String>>);

impl Tests {
    /// Reads the names of all tests in src/ and tests/.
    pub fn read() -> Self {
        let root = Path::new(ROOT);
        let files = ["src", "tests"].iter().flat_map(|folder| source_files(&root.join(folder)));
        Self(files.map(|path| (path.clone(), tests(&read(&path)))).collect())
    }

    /// Returns whether `place`, a file or a folder, has a test with this name, which may begin with modules.
    /// Without a name, returns whether the file or a module below it has any test.
    pub fn has(&self, place: &str, name: Option<&str>) -> bool {
        let path = Path::new(ROOT).join(place);
        let below = path.with_extension("");
        let is_in =
            |file: &Path| file == path || (name.is_none() || path.is_dir()) && file.starts_with(&below);
        let has_name = |test: &str| {
            let before = name.map_or(Some(""), |name| test.strip_suffix(name));
            before.is_some_and(|before| before.is_empty() || before.ends_with("::"))
        };
        let mut tests = self.0.iter().filter(|(file, _)| is_in(file)).flat_map(|(_, tests)| tests);
        tests.any(|test| name.is_none() || has_name(test))
    }
}

/// Returns the names of the tests in a source, each with its modules: `test`, `tests::test`.
fn tests(source: &str) -> BTreeSet<String> {
    let tokens = tokens(source);
    let is_at = |at: usize, words: &[&str]| tokens[at..].iter().take(words.len()).eq(words);
    let modules: Vec<_> = (0..tokens.len().saturating_sub(2))
        .filter(|&at| tokens[at] == "mod" && tokens[at + 2] == "{")
        .map(|at| (at..closing(&tokens, at + 2), &tokens[at + 1]))
        .collect();
    let test = |at: usize| {
        let around = modules.iter().filter(|(body, _)| body.contains(&at)).map(|(_, name)| name.as_str());
        let item = end_of_attributes(&tokens, at);
        let function = item + tokens[item..].iter().position(|token| token == "fn").expect("a test is a fn");
        around.chain([tokens[function + 1].as_str()]).collect::<Vec<_>>().join("::")
    };
    (0..tokens.len()).filter(|&at| is_at(at, &["#", "[", "test", "]"])).map(test).collect()
}

/// One thing that a text names.
#[derive(Debug, PartialEq)]
enum Reference {
    Test {
        place: String,
        name: String,
    },
    /// All tests of the file at this path.
    AllTests(String),
    FuzzTarget(String),
    /// A test without a file before it.
    WithoutFile(String),
}

/// Returns what a text names, in order.
fn references(held_by: &HeldBy) -> Vec<Reference> {
    const PATTERN: &str = r"fuzz target `(?<target>\w+)`|(?<path>\b(?:src|tests|fuzz)/[\w/]+\.rs)(?:::(?<name>\w+(?:::\w+)*))?|`(?:::)?(?<test>[a-z][a-z0-9_]*)`";
    let pattern = Regex::new(PATTERN).expect("a pattern");
    let (mut place, mut found) = (held_by.place.clone(), Vec::new());
    for part in pattern.captures_iter(&held_by.text) {
        let [target, path, name, test] = ["target", "path", "name", "test"]
            .map(|group| part.name(group).map(|found| found.as_str().to_owned()));
        place = path.clone().or(place);
        let test = name.or(test);
        found.extend(match (target, test, place.clone()) {
            (Some(target), ..) => Some(Reference::FuzzTarget(target)),
            (None, Some(name), Some(place)) => Some(Reference::Test { place, name }),
            (None, Some(name), None) => Some(Reference::WithoutFile(name)),
            (None, None, _) => path.map(Reference::AllTests),
        });
    }
    found
}

/// Returns a message for each thing that a text names and that does not exist, or one if it names nothing.
fn faults(held_by: &HeldBy, tests: &Tests) -> Vec<String> {
    let references = references(held_by);
    let names_nothing =
        references.is_empty() && !WITHOUT_TEST.contains(&held_by.text.trim_matches([':', ' ', '.']));
    let fault = |reference: &Reference| match reference {
        Reference::Test { place, name } if !tests.has(place, Some(name)) => {
            Some(format!("{place} has no test {name}"))
        }
        // These files contain functions, not tests. The fuzz targets call them.
        Reference::AllTests(place) if place.starts_with("fuzz/") && Path::new(ROOT).join(place).exists() => {
            None
        }
        Reference::AllTests(place) if !tests.has(place, None) => Some(format!("{place} has no tests")),
        Reference::FuzzTarget(name)
            if !Path::new(ROOT).join(format!("fuzz/fuzz_targets/{name}.rs")).exists() =>
        {
            Some(format!("fuzz target {name} does not exist"))
        }
        Reference::WithoutFile(name) => Some(format!("no file is named before {name}")),
        _ => None,
    };
    let nothing = names_nothing.then(|| format!("names no test: {:?}", held_by.text));
    references.iter().filter_map(fault).chain(nothing).collect()
}

#[test]
fn each_held_by_names_tests_that_exist() {
    let tests = Tests::read();
    let (mut total, mut wrong) = (0, Vec::new());
    for note in markdown_files(&["protocol-notes"]) {
        for text in texts(&read(&note)) {
            total += references(&text).len();
            let place = format!("{}:{}", note.display(), text.line);
            wrong.extend(faults(&text, &tests).into_iter().map(|fault| format!("{place}: {fault}")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong names:\n{}\n", wrong.len(), wrong.join("\n"));
    assert!(total > 350, "only {total} names were found");
}

/// A note with every form of naming a test.
const NOTE: &str = "\
Held by: `src/a.rs::one`, `src/a.rs::tests::two`,
`::three` (as `in-a-file`), and the fuzz target `upstream`

1. An item.
   Held by, for the limits: src/b.rs, `four` and
   `five`; `src/c.rs` (all of it).
2. The next item, `six`.

`Held by:` is not meant.

| player | test in `tests/d/` |
| --- | --- |
| first | `seven`, `src/e.rs`: `eight` |
| second | the same |

Held by: `nine`
";

#[test]
fn every_form_of_held_by_is_parsed() {
    let texts = texts(NOTE);
    let test = |place: &str, name: &str| Reference::Test { place: place.to_owned(), name: name.to_owned() };
    let expected = [
        vec![
            test("src/a.rs", "one"),
            test("src/a.rs", "tests::two"),
            test("src/a.rs", "three"),
            Reference::FuzzTarget("upstream".to_owned()),
        ],
        vec![
            Reference::AllTests("src/b.rs".to_owned()),
            test("src/b.rs", "four"),
            test("src/b.rs", "five"),
            Reference::AllTests("src/c.rs".to_owned()),
        ],
        vec![
            test("tests/d/", "seven"),
            Reference::AllTests("src/e.rs".to_owned()),
            test("src/e.rs", "eight"),
        ],
        vec![],
        vec![Reference::WithoutFile("nine".to_owned())],
    ];
    assert_eq!(texts.iter().map(references).collect::<Vec<_>>(), expected);
    assert_eq!(texts.iter().map(|text| text.line).collect::<Vec<_>>(), [1, 5, 13, 14, 16]);
}

#[test]
fn names_of_missing_tests_are_found() {
    let tests = Tests::read();
    let faults = |text: &str| {
        let held_by = HeldBy { line: 1, place: None, text: text.to_owned() };
        faults(&held_by, &tests)
    };
    let file = "tests/repository/held_by.rs";
    for valid in [
        &format!("`{file}::names_of_missing_tests_are_found`, `every_form_of_held_by_is_parsed`"),
        "`src/time.rs::tests::bit_rates_are_rounded`, `src/time.rs`, `src/config.rs`",
        "`fuzz/src/pages.rs`, the fuzz target `pages`",
        "the same tests",
        ": nothing.",
    ] {
        assert_eq!(faults(valid), [""; 0], "{valid}");
    }
    for (wrong, fault) in [
        (format!("`{file}::faults`"), format!("{file} has no test faults")),
        (format!("`{file}`, `gone`"), format!("{file} has no test gone")),
        (
            format!("`{file}::other::every_form_of_held_by_is_parsed`"),
            format!("{file} has no test other::every_form_of_held_by_is_parsed"),
        ),
        ("`src/nowhere.rs`".into(), "src/nowhere.rs has no tests".into()),
        ("the fuzz target `nothing`".into(), "fuzz target nothing does not exist".into()),
        ("`lonely`".into(), "no file is named before lonely".into()),
        ("some tests".into(), "names no test: \"some tests\"".into()),
    ] {
        assert_eq!(faults(&wrong), [fault]);
    }
}
