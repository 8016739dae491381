//! Comments are at most as wide as rustfmt.toml allows. rustfmt does not wrap comments itself.

use std::path::Path;

use regex::Regex;

use super::{ROOT, read, relative, source_files};

/// The folders whose Rust files are checked, at any depth.
const FOLDERS: [&str; 4] = ["src", "tests", "benches", "fuzz"];

/// Returns the maximum width of a comment in columns: `comment_width` of rustfmt.toml, or else `max_width`.
fn comment_width() -> usize {
    let config = read("rustfmt.toml");
    let value = |key: &str| {
        let pattern = Regex::new(&format!(r"(?m)^{key}\s*=\s*(\d+)")).expect("a pattern");
        pattern.captures(&config).map(|found| found[1].parse().expect("a number of columns"))
    };
    value("comment_width").or_else(|| value("max_width")).expect("rustfmt.toml sets a width")
}

/// Returns the numbers and lengths of the comment lines in `source` that have more than `width` columns. Rows
/// of tables and texts without a space, such as URLs, are exempt because they cannot be broken.
fn long_comments(source: &str, width: usize) -> Vec<(usize, usize)> {
    let is_long = |line: &str| {
        let text = line.trim_start().trim_start_matches(['/', '!']).trim();
        let is_comment = line.trim_start().starts_with("//");
        is_comment && line.chars().count() > width && !text.starts_with('|') && text.contains(' ')
    };
    let numbered = source.lines().enumerate().filter(|(_, line)| is_long(line));
    numbered.map(|(at, line)| (at + 1, line.chars().count())).collect()
}

#[test]
fn comments_fit_the_width_of_rustfmt() {
    let (width, mut found) = (comment_width(), Vec::new());
    for folder in FOLDERS {
        for path in source_files(&Path::new(ROOT).join(folder)) {
            let long = long_comments(&read(&path), width);
            let file = relative(&path);
            found.extend(long.into_iter().map(|(line, columns)| format!("{file}:{line}: {columns} columns")));
        }
    }
    let count = found.len();
    assert!(found.is_empty(), "{count} comments of more than {width} columns:\n{}\n", found.join("\n"));
}

#[test]
fn long_comments_are_found() {
    let source = "// a bcd\n/// é fg\n    //! | a | b | c |\n// https://radio.example/\nlet x = \"abcdefgh\";\n//// a bcde";
    assert_eq!(long_comments(source, 8), [(6, 11)]);
    assert_eq!(long_comments(source, 7), [(1, 8), (2, 8), (6, 11)]);
}
