//! A parsed module of a crate: what it imports, defines and names, and its child modules.

use std::collections::BTreeSet;

use crate::tokens::{closing, tokens, without_tests};

/// The segments of a path, as written.
pub type Segments = Vec<String>;

/// One name that a `use` imports into a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub path: Segments,
    /// The local name; `*` for a glob import.
    pub name: String,
    /// Whether it is a re-export.
    pub is_public: bool,
}

/// The content of one file outside tests.
#[derive(Debug, Clone, Default)]
pub struct Module {
    /// The path of the file.
    pub file: String,
    /// The declared modules, each with the file of its `#[path]`.
    pub children: Vec<(String, Option<String>)>,
    pub imports: Vec<Import>,
    /// The names of its items other than modules.
    pub items: BTreeSet<String>,
    /// Paths with two or more segments, outside of `use`.
    pub paths: BTreeSet<Segments>,
    /// Single names and first segments of paths, outside of `use`.
    pub names: BTreeSet<String>,
    /// The functions of each inherent `impl`, with the type as written.
    pub impls: Vec<(Segments, BTreeSet<String>)>,
    /// The functions called on values.
    pub calls: BTreeSet<String>,
    /// The names of all functions, with repetitions.
    pub functions: Vec<String>,
}

impl Module {
    /// Parses `source`, the content of `file`.
    pub fn parse(file: &str, source: &str) -> Self {
        let mut module = Self { file: file.to_owned(), ..Self::default() };
        let tokens = without_tests(&tokens(source));
        module.functions = following(&tokens, "fn");
        module.read_items(&tokens);
        module
    }

    fn read_items(&mut self, tokens: &[String]) {
        let (mut at, mut depth) = (0, 0_usize);
        while at < tokens.len() {
            match tokens[at].as_str() {
                "use" if tokens[at + 1] != "<" => at = self.read_use(tokens, at),
                "mod" if tokens.get(at + 2).is_some_and(|token| token == ";") => {
                    self.children.push((tokens[at + 1].clone(), path_before(tokens, at)));
                    at += 3;
                }
                token => {
                    match token {
                        "{" => depth += 1,
                        "}" => depth -= 1,
                        "impl" if depth == 0 && begins_item(tokens, at) => {
                            self.impls.extend(inherent(tokens, at))
                        }
                        _ if depth == 0 && DEFINING_KEYWORDS.contains(&token) => {
                            self.items.insert(tokens[at + 1].clone());
                        }
                        _ => {}
                    }
                    at = self.read_name(tokens, at);
                }
            }
        }
    }

    /// Records the imports of the `use` at `tokens[at]`, and returns the index after it.
    fn read_use(&mut self, tokens: &[String], at: usize) -> usize {
        let end = at + tokens[at..].iter().position(|token| token == ";").expect("a use ends");
        let is_public = at > 0 && (tokens[at - 1] == "pub" || tokens[at - 1] == ")");
        for (path, name) in leaves(&tokens[at + 1..end], &[]) {
            self.imports.push(Import { path, name, is_public });
        }
        end + 1
    }

    /// Records the path, the name or the call at `tokens[at]`, and returns the index after it.
    fn read_name(&mut self, tokens: &[String], at: usize) -> usize {
        if !is_name(&tokens[at]) {
            return at + 1;
        }
        let mut end = at + 1;
        while tokens.get(end).is_some_and(|token| token == "::")
            && tokens.get(end + 1).is_some_and(|token| is_name(token))
        {
            end += 2;
        }
        let before = at.checked_sub(1).map_or("", |before| &tokens[before]);
        let is_field = tokens.get(end).is_some_and(|token| token == ":");
        match before {
            "." if tokens.get(end).is_some_and(|token| token == "(") => {
                self.calls.insert(tokens[at].clone());
            }
            "." => {}
            "::" => {}
            _ if DEFINING_KEYWORDS.contains(&before) || end == at + 1 && is_field => {}
            _ => {
                self.names.insert(tokens[at].clone());
                let path: Segments = tokens[at..end].iter().step_by(2).cloned().collect();
                self.paths.extend(Some(path).filter(|path| path.len() > 1));
            }
        }
        end
    }
}

/// The keywords before a name that is defined.
const DEFINING_KEYWORDS: [&str; 8] = ["const", "enum", "fn", "static", "struct", "trait", "type", "union"];

/// Returns whether `tokens[at]` begins an item, as opposed to being part of a type.
fn begins_item(tokens: &[String], at: usize) -> bool {
    at == 0 || matches!(tokens[at - 1].as_str(), "}" | ";" | "]")
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_') && !token.contains(['"', '\''])
}

/// Returns the file in a `#[path]` before the `mod` at `tokens[at]`.
fn path_before(tokens: &[String], at: usize) -> Option<String> {
    let since = tokens[..at].iter().rposition(|token| token == ";" || token == "}");
    let attributes = &tokens[since.unwrap_or(0)..at];
    let literal =
        attributes.iter().position(|token| token == "path").and_then(|place| attributes.get(place + 2));
    literal.map(|literal| literal.trim_matches('"').to_owned())
}

/// Returns every path in a tree of imports, with its local name.
fn leaves(tree: &[String], prefix: &[String]) -> Vec<(Segments, String)> {
    if let Some(open) = tree.iter().position(|token| token == "{") {
        let prefix = [prefix, &segments(&tree[..open])].concat();
        return branches(&tree[open + 1..closing(tree, open)])
            .iter()
            .flat_map(|tree| leaves(tree, &prefix))
            .collect();
    }
    let is_renamed = tree.len() > 2 && tree[tree.len() - 2] == "as";
    let written = if is_renamed { &tree[..tree.len() - 2] } else { tree };
    let mut path = [prefix, &segments(written)].concat();
    path.pop_if(|last| last == "self");
    let is_glob = tree.last().is_some_and(|last| last == "*");
    let name = if is_renamed || is_glob { tree.last() } else { path.last() };
    name.cloned().map(|name| (path, name)).into_iter().collect()
}

/// Returns the segments of the path in `tokens`, without `::`.
fn segments(tokens: &[String]) -> Segments {
    tokens.iter().filter(|token| is_name(token)).cloned().collect()
}

/// Splits at the commas outside of braces.
fn branches(tokens: &[String]) -> Vec<&[String]> {
    let mut depth = 0;
    tokens
        .split(|token| {
            depth += i32::from(token == "{") - i32::from(token == "}");
            token == "," && depth == 0
        })
        .filter(|branch| !branch.is_empty())
        .collect()
}

/// Returns the type and the functions of the `impl` at `tokens[at]`, unless it implements a trait.
fn inherent(tokens: &[String], at: usize) -> Option<(Segments, BTreeSet<String>)> {
    let open = at + tokens[at..].iter().position(|token| token == "{")?;
    let head = &tokens[at + 1..open];
    let start = if head.first()? == "<" { end_of_generics(head) } else { 0 };
    if head.iter().any(|token| token == "for") {
        return None;
    }
    let type_path = head[start..].iter().take_while(|token| is_name(token) || *token == "::");
    let path = type_path.filter(|token| *token != "::").cloned().collect();
    let body = &tokens[open..closing(tokens, open)];
    Some((path, following(body, "fn").into_iter().collect()))
}

/// Returns the token after each `word`.
fn following(tokens: &[String], word: &str) -> Vec<String> {
    tokens.windows(2).filter(|pair| pair[0] == word).map(|pair| pair[1].clone()).collect()
}

/// Returns the index after the generic parameters at the start of `head`.
fn end_of_generics(head: &[String]) -> usize {
    let mut depth = 0;
    head.iter()
        .position(|token| {
            depth += i32::from(token == "<") - i32::from(token == ">");
            depth == 0
        })
        .map_or(head.len(), |at| at + 1)
}
