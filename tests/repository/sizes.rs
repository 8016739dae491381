//! Limits on the length of files and functions, so that a reader can grasp each of them at once.

use std::fs;
use std::path::Path;

use crate::tokens::{closing, numbered_tokens};
use crate::{ROOT, source_files};

/// The folders whose Rust files are checked, at any depth.
const FOLDERS: [&str; 5] = ["src", "tests", "benches", "fuzz/src", "fuzz/fuzz_targets"];

/// The maximum lines of a file.
const FILE_MAX: usize = 450;

/// The maximum median of the lines of functions.
const MEDIAN_MAX: usize = 8;

/// The maximum 95th percentile of the lines of functions.
const PERCENTILE_95_MAX: usize = 25;

/// The number of the longest functions that the report shows.
const SHOWN: usize = 10;

#[derive(Debug)]
struct File {
    path: String,
    lines: usize,
    functions: Vec<Function>,
}

/// A function with a body. Its lines run from its `fn` to its closing brace, including nested functions and
/// closures, and without comments and attributes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Function {
    name: String,
    /// The number of the line with its `fn`.
    line: usize,
    lines: usize,
}

impl File {
    fn read(path: &str, source: &str) -> Self {
        let (tokens, numbers) = numbered_tokens(source);
        let functions = (0..tokens.len()).filter_map(|at| function(&tokens, &numbers, at)).collect();
        Self { path: path.to_owned(), lines: source.lines().count(), functions }
    }
}

/// Returns the function whose `fn` is at `tokens[at]`, unless it is a declaration without a body or a
/// function pointer type.
fn function(tokens: &[String], numbers: &[usize], at: usize) -> Option<Function> {
    let name = tokens.get(at + 1).filter(|name| tokens[at] == "fn" && is_name(name))?;
    let open = body(tokens, at)?;
    let end = numbers[closing(tokens, open)];
    Some(Function { name: name.clone(), line: numbers[at], lines: end + 1 - numbers[at] })
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Returns the index of the `{` that begins the body of the function at `tokens[at]`.
fn body(tokens: &[String], at: usize) -> Option<usize> {
    let mut index = at;
    loop {
        match tokens.get(index)?.as_str() {
            "{" => return Some(index),
            ";" => return None,
            "(" | "[" => index = closing(tokens, index) + 1,
            _ => index += 1,
        }
    }
}

/// Reads the sources in `folder`, a path relative to `root`.
fn files(root: &Path, folder: &Path) -> Vec<File> {
    source_files(&root.join(folder)).iter().map(|path| read(root, path)).collect()
}

fn read(root: &Path, path: &Path) -> File {
    let name = path.strip_prefix(root).expect("a path below the root").to_string_lossy();
    File::read(&name, &fs::read_to_string(path).expect("UTF-8"))
}

/// The lengths of files, and of the functions in them.
#[derive(Debug)]
struct Sizes {
    /// A line for each file above the limit.
    long_files: Vec<String>,
    median: usize,
    percentile_95: usize,
    functions: usize,
    /// A line for each of the longest functions.
    longest: Vec<String>,
}

impl Sizes {
    fn measure(files: &[File]) -> Self {
        let long = files.iter().filter(|file| file.lines > FILE_MAX);
        let mut functions: Vec<(&str, &Function)> =
            files.iter().flat_map(|file| file.functions.iter().map(|it| (file.path.as_str(), it))).collect();
        functions.sort_by_key(|(_, function)| function.lines);
        let lines: Vec<usize> = functions.iter().map(|(_, function)| function.lines).collect();
        let shown =
            |(path, it): &(&str, &Function)| format!("{path}:{}: {}, {} lines", it.line, it.name, it.lines);
        Self {
            long_files: long.map(|file| format!("{}: {} lines", file.path, file.lines)).collect(),
            median: percentile(&lines, 50),
            percentile_95: percentile(&lines, 95),
            functions: lines.len(),
            longest: functions.iter().rev().take(SHOWN).map(shown).collect(),
        }
    }

    fn are_within_limits(&self) -> bool {
        let functions_are = self.median <= MEDIAN_MAX && self.percentile_95 <= PERCENTILE_95_MAX;
        self.long_files.is_empty() && functions_are
    }

    fn report(&self) -> String {
        let Self { long_files, median, percentile_95, functions, longest } = self;
        format!(
            "files above {FILE_MAX} lines: {long_files:#?}\n{functions} functions: median {median} lines (at most \
             {MEDIAN_MAX}), 95 % within {percentile_95} (at most {PERCENTILE_95_MAX})\nthe longest: {longest:#?}"
        )
    }
}

/// Returns the least value of `sorted` that at least `per_cent` per cent of the values do not exceed, or 0 if
/// it is empty.
fn percentile(sorted: &[usize], per_cent: usize) -> usize {
    let rank = (sorted.len() * per_cent).div_ceil(100);
    rank.checked_sub(1).map_or(0, |at| sorted[at])
}

#[test]
fn files_and_functions_are_short() {
    let root = Path::new(ROOT);
    let all: Vec<File> = FOLDERS.iter().flat_map(|folder| files(root, Path::new(folder))).collect();
    let (src, everything) = (Sizes::measure(&files(root, Path::new("src"))), Sizes::measure(&all));
    assert!(src.functions > 1000, "the sources are not read: {src:?}");
    assert!(
        src.are_within_limits() && everything.are_within_limits(),
        "\nsrc alone: {}\n\neverything: {}\n",
        src.report(),
        everything.report()
    );
}

/// Returns the name, line and length of each function in a source.
fn functions(source: &str) -> Vec<(String, usize, usize)> {
    let functions = File::read("a.rs", source).functions;
    functions.into_iter().map(|it| (it.name, it.line, it.lines)).collect()
}

#[track_caller]
fn check(source: &str, expected: &[(&str, usize, usize)]) {
    let found = functions(source);
    let found: Vec<_> = found.iter().map(|(name, at, lines)| (name.as_str(), *at, *lines)).collect();
    assert_eq!(found, expected, "{source}");
}

#[test]
fn functions_have_the_lines_from_fn_to_closing_brace() {
    check("fn a() {}", &[("a", 1, 1)]);
    check("/// A.\n#[test]\npub(crate) fn a(\n    x: [u8; 2],\n) -> [u8; 2]\n{\n    x\n}\n", &[("a", 3, 6)]);
    check("trait T {\n    fn a(&self);\n    fn b(&self) {\n    }\n}", &[("b", 3, 2)]);
    check("struct S {\n    f: fn(u8),\n}\nfn a<F: Fn()>(f: F) where F: Copy {\n}", &[("a", 4, 2)]);
}

#[test]
fn nested_function_counts_twice_and_closure_once() {
    check("fn a() {\n    fn b() {\n    }\n    b()\n}\nfn c() {}", &[("a", 1, 5), ("b", 2, 2), ("c", 6, 1)]);
    check("fn a() {\n    let b = || {\n        1\n    };\n    b()\n}", &[("a", 1, 6)]);
    check("mod tests {\n    impl S {\n        fn a() {\n        }\n    }\n}", &[("a", 3, 2)]);
}

#[test]
fn braces_in_literals_and_comments_are_ignored() {
    for text in [
        "\"}\"",
        "\"\\\"}\"",
        "'}'",
        "b'}'",
        "r\"}\\\"",
        "r#\"}\"}\"#",
        "br##\"\"#}\"##",
        "// }",
        "/* } /* } */ } */",
        "// fn b() {",
        "\"fn b() {\"",
    ] {
        check(&format!("fn a<'a>(x: &'a u8) {{\n    {text}\n}}\nfn c() {{}}"), &[("a", 1, 3), ("c", 4, 1)]);
    }
    check("fn a() {\n    \"1\n2 }\n3\";\n}\nfn b() {}", &[("a", 1, 5), ("b", 6, 1)]);
}

#[test]
fn long_files_and_functions_are_found() {
    let function = |lines: usize| format!("fn f() {{\n{}}}\n", "    x();\n".repeat(lines - 2));
    let sizes = |sources: &[String]| {
        let files: Vec<File> = sources.iter().map(|source| File::read("a.rs", source)).collect();
        Sizes::measure(&files)
    };
    assert!(sizes(&["\n".repeat(FILE_MAX)]).are_within_limits());
    let long = sizes(&["\n".repeat(FILE_MAX + 1)]);
    assert!(!long.are_within_limits() && long.report().contains("a.rs: 451 lines"), "{}", long.report());
    let short = function(MEDIAN_MAX).repeat(19);
    assert!(
        sizes(&[short.clone(), function(100)]).are_within_limits(),
        "one function in twenty may be longer"
    );
    let long = sizes(&[short, function(26), function(27)]);
    assert!(!long.are_within_limits() && long.report().contains("95 % within 26"), "{}", long.report());
    assert_eq!(long.longest[..2], ["a.rs:1: f, 27 lines", "a.rs:1: f, 26 lines"]);
    assert!(!sizes(&[function(MEDIAN_MAX + 1)]).are_within_limits());
}

#[test]
fn percentiles_are_values_of_the_list() {
    let values: Vec<usize> = (1..=100).collect();
    assert_eq!((percentile(&values, 50), percentile(&values, 95)), (50, 95));
    assert_eq!((percentile(&[1, 2, 3], 50), percentile(&[7], 95), percentile(&[], 50)), (2, 7, 0));
}
