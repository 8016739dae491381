//! Each type name has one meaning in the whole of src/, and no function has the meaningless name `of`.

use std::collections::BTreeMap;
use std::path::Path;

use super::{ROOT, read, relative, source_files};
use crate::tokens::{closing, numbered_tokens, outside_tests};
use crate::tree::Tree;

/// Type names that may be defined more than once, each with the reason.
const SHARED: &[(&str, &str)] = &[];

/// Returns the types that a source defines, each with its line number. Omits associated types and types that
/// are compiled for tests only.
fn types(source: &str) -> Vec<(String, usize)> {
    let (tokens, numbers) = numbered_tokens(source);
    let kept = outside_tests(&tokens);
    let (tokens, numbers): (Vec<_>, Vec<_>) =
        kept.into_iter().map(|at| (tokens[at].clone(), numbers[at])).unzip();
    let bodies: Vec<_> = (0..tokens.len()).filter_map(|at| body_with_associated_types(&tokens, at)).collect();
    let is_associated = |at: usize| tokens[at] == "type" && bodies.iter().any(|body| body.contains(&at));
    let defines = |at: &usize| {
        let is_keyword = matches!(tokens[*at].as_str(), "enum" | "struct" | "trait" | "type");
        is_keyword && is_type_name(&tokens[at + 1]) && !is_associated(*at)
    };
    let found = (0..tokens.len().saturating_sub(1)).filter(defines);
    found.map(|at| (tokens[at + 1].clone(), numbers[at])).collect()
}

/// Returns the range of the body of the `impl` or `trait` at `tokens[at]`, if one begins there.
fn body_with_associated_types(tokens: &[String], at: usize) -> Option<std::ops::Range<usize>> {
    let before = at.checked_sub(1).map_or(";", |before| &tokens[before]);
    let begins_item = matches!(before, "{" | "}" | ";" | "]" | ")" | "pub" | "unsafe");
    if !begins_item || !matches!(tokens[at].as_str(), "impl" | "trait") {
        return None;
    }
    let open = at + tokens[at..].iter().position(|token| token == "{")?;
    Some(open..closing(tokens, open))
}

fn is_type_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Returns a line with all places for each type name that is defined more than once and not in `shared`.
/// `types` consists of names and places.
fn repeated(types: &[(String, String)], shared: &[(&str, &str)]) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, place) in types {
        places.entry(name).or_default().push(place);
    }
    places.retain(|name, places| places.len() > 1 && !shared.iter().any(|(other, _)| other == name));
    places.into_iter().map(|(name, places)| format!("{name}: {}", places.join(", "))).collect()
}

#[test]
fn each_type_name_is_defined_once() {
    let read_source = |file: &str| Path::new(ROOT).join(file).exists().then(|| read(file));
    let library = Tree::read("src/lib.rs", &read_source);
    let files = library.files().chain(["src/main.rs"]);
    let all: Vec<(String, String)> = files
        .flat_map(|file| {
            types(&read(file)).into_iter().map(move |(name, line)| (name, format!("{file}:{line}")))
        })
        .collect();
    assert!(all.len() > 300, "the sources are not read: {all:?}");
    let found = repeated(&all, SHARED);
    assert!(
        found.is_empty(),
        "{} type names are defined more than once. Keep the name for the general type and give the others a \
         specific one, such as `ReplyState`; or add the name to SHARED with a reason:\n{}\n",
        found.len(),
        found.join("\n")
    );
    for (name, reason) in SHARED {
        let is_repeated = all.iter().filter(|(other, _)| other == name).count() > 1;
        assert!(is_repeated, "{name} is defined only once, remove it from SHARED: {reason}");
    }
}

#[test]
fn repeated_type_names_are_found() {
    let source = "pub struct A<T>(T);\nenum B { X }\nimpl Iterator for A<u8> { type Item = u8;\n fn f() { struct C; } }\n\
        pub trait D { type E; }\ntype F = A<impl G>;\n#[cfg(test)]\nmod tests { struct H; }\nfn g(x: impl I) {}";
    let found = types(source);
    let expected = [("A", 1), ("B", 2), ("C", 4), ("D", 5), ("F", 6)];
    assert_eq!(found, expected.map(|(name, line)| (name.to_owned(), line)));
    let places = [("A", "a.rs:1"), ("B", "a.rs:2"), ("A", "b.rs:7"), ("B", "c.rs:1")];
    let places = places.map(|(name, place)| (name.to_owned(), place.to_owned()));
    assert_eq!(repeated(&places, &[("B", "of the two protocols")]), ["A: a.rs:1, b.rs:7"]);
}

/// Returns the line numbers of the functions called `of`.
fn functions_called_of(source: &str) -> Vec<usize> {
    let (tokens, numbers) = numbered_tokens(source);
    let found = (1..tokens.len()).filter(|&at| tokens[at - 1] == "fn" && tokens[at] == "of");
    found.map(|at| numbers[at]).collect()
}

#[test]
fn no_function_is_called_of() {
    let mut found = Vec::new();
    for path in source_files(&Path::new(ROOT).join("src")) {
        let lines = functions_called_of(&read(&path));
        found.extend(lines.into_iter().map(|line| format!("{}:{line}", relative(&path))));
    }
    assert!(
        found.is_empty(),
        "{} functions are called `of`. Call a constructor `new`, `from_…`, `with_…` or `parse`, and name a look-up after \
         its result:\n{}\n",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn functions_called_of_are_found() {
    assert_eq!(
        functions_called_of("impl A {\n    fn of(x: u8) {}\n}\n// fn of\nfn off() {}\nfn of<T>() {}"),
        [2, 6]
    );
}
