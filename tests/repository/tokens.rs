//! A tokenizer for Rust, precise enough to find what a file imports and names.

/// Splits a source into identifiers, literals as written, `::`, and single characters. Omits comments and
/// lifetimes.
pub fn tokens(source: &str) -> Vec<String> {
    numbered_tokens(source).0
}

/// Returns the tokens, and the number of the line in which each begins.
pub fn numbered_tokens(source: &str) -> (Vec<String>, Vec<usize>) {
    let (mut tokens, mut numbers) = (Vec::new(), Vec::new());
    let (mut rest, mut number) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let (token, length) = token(rest, first);
        numbers.extend(token.as_ref().map(|_| number));
        tokens.extend(token);
        number += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    (tokens, numbers)
}

/// Returns the token at the start of `rest`, unless it is omitted, and its length in bytes.
fn token(rest: &str, first: char) -> (Option<String>, usize) {
    if let Some(length) = comment(rest).or_else(|| space(rest)) {
        (None, length)
    } else if let Some(length) = text(rest).or_else(|| character(rest)) {
        (Some(rest[..length].to_owned()), length)
    } else if first == '\'' {
        (None, 1 + word_len(&rest[1..]))
    } else if let length @ 1.. = word_len(rest) {
        (Some(rest[..length].to_owned()), length)
    } else if rest.starts_with("::") {
        (Some("::".to_owned()), 2)
    } else {
        (Some(first.to_string()), first.len_utf8())
    }
}

/// Returns the length of the identifier or number at the start, or 0 if there is none.
fn word_len(rest: &str) -> usize {
    rest.find(|c: char| !is_word_char(c)).unwrap_or(rest.len())
}

/// Returns whether `c` can be part of an identifier or a number.
fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn space(rest: &str) -> Option<usize> {
    let length = rest.len() - rest.trim_start().len();
    (length > 0).then_some(length)
}

fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let inner = rest.strip_prefix("/*")?;
    let (mut depth, mut at) = (1, 0);
    while depth > 0 {
        let found = at + inner[at..].find("*/").expect("a comment ends");
        depth += inner[at..found].matches("/*").count();
        (depth, at) = (depth - 1, found + 2);
    }
    Some(at + 2)
}

/// Returns the length of a string literal of any kind at the start.
fn text(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c| !matches!(c, 'b' | 'c' | 'r')).filter(|&at| at <= 2)?;
    let hashes = rest[prefix..].find(|c| c != '#')?;
    let inner = rest[prefix + hashes..].strip_prefix('"')?;
    let is_raw = rest[..prefix].contains('r');
    let start = prefix + hashes + 1;
    if is_raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(start + inner.find(&end).expect("a string ends") + end.len());
    }
    (hashes == 0).then(|| start + until_quote(inner, '"').expect("a string ends"))
}

/// Returns the length of a character literal, as opposed to a lifetime, at the start.
fn character(rest: &str) -> Option<usize> {
    let prefix = usize::from(rest.starts_with('b'));
    let inner = rest[prefix..].strip_prefix('\'')?;
    let is_escaped = inner.starts_with('\\');
    let is_one = inner.char_indices().nth(1).is_some_and(|(at, _)| inner[at..].starts_with('\''));
    (is_escaped || is_one).then(|| prefix + 1 + until_quote(inner, '\'').expect("a character ends"))
}

/// Returns the length up to and including the next `quote` that is not escaped.
fn until_quote(inner: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    inner.char_indices().find_map(|(at, c)| {
        let ends = c == quote && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends.then_some(at + 1)
    })
}

/// The keywords that begin an item, after its visibility.
const ITEMS: [&str; 11] =
    ["const", "enum", "fn", "impl", "macro_rules", "mod", "static", "struct", "trait", "type", "use"];

/// Returns the index after the item that begins at `tokens[at]`: after its `;` or the `}` of its body.
pub fn end_of_item(tokens: &[String], at: usize) -> usize {
    let begins_with =
        |words: &[&str]| tokens[at..].iter().take(6).any(|token| words.contains(&token.as_str()));
    let (is_use, is_item) = (begins_with(&["use"]), begins_with(&ITEMS));
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(at) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" if depth == 0 => return index,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 && (token == ";" || token == "," && !is_item || token == "}" && !is_use) {
            return index + 1;
        }
    }
    tokens.len()
}

/// Returns the tokens without items that are compiled for tests only.
pub fn without_tests(tokens: &[String]) -> Vec<String> {
    outside_tests(tokens).into_iter().map(|at| tokens[at].clone()).collect()
}

/// Returns the indices of the tokens that are not compiled for tests only.
pub fn outside_tests(tokens: &[String]) -> Vec<usize> {
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let attribute = end_of_attribute(tokens, at);
        if attribute.is_some_and(|end| is_for_tests(&tokens[at..end])) {
            at = end_of_item(tokens, end_of_attributes(tokens, at));
        } else {
            kept.push(at);
            at += 1;
        }
    }
    kept
}

/// Returns whether an attribute is a `#[cfg(…)]` that requires `test`.
fn is_for_tests(attribute: &[String]) -> bool {
    let has = |word: &str| attribute.iter().any(|token| token == word);
    has("cfg") && has("test") && !has("not")
}

/// Returns the index after the attributes that begin at `tokens[at]`.
pub fn end_of_attributes(tokens: &[String], at: usize) -> usize {
    end_of_attribute(tokens, at).map_or(at, |end| end_of_attributes(tokens, end))
}

fn end_of_attribute(tokens: &[String], at: usize) -> Option<usize> {
    let begins = tokens[at..].starts_with(&["#".to_owned(), "[".to_owned()]);
    begins.then(|| closing(tokens, at + 1) + 1)
}

/// Returns the index of the bracket that closes the one at `tokens[at]`.
pub fn closing(tokens: &[String], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(at) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    tokens.len()
}

#[test]
fn literals_and_comments_are_not_names() {
    let source = "a::b /* c /* d */ e */ 'x' '\\'' b'\"' // f\n\"g \\\" h\" r#\"i \" j\"# b\"k\" &'l m r";
    let expected =
        ["a", "::", "b", "'x'", "'\\''", "b'\"'", "\"g \\\" h\"", "r#\"i \" j\"#", "b\"k\"", "&", "m", "r"];
    assert_eq!(tokens(source), expected);
}

#[test]
fn tokens_have_the_number_of_their_first_line() {
    let source = "a\n\n/* b\n */ c \"d\ne\" f\n// g\nh";
    let (tokens, numbers) = numbered_tokens(source);
    assert_eq!(tokens, ["a", "c", "\"d\ne\"", "f", "h"]);
    assert_eq!(numbers, [1, 4, 4, 5, 7]);
}

#[test]
fn test_items_are_omitted() {
    for (source, kept) in [
        ("#[cfg(test)] use a::{b, c}; d", "d"),
        ("#[cfg(test)] #[allow(x)] mod a { fn b() {} } d", "d"),
        ("#[cfg(all(test, unix))] mod a; d", "d"),
        ("#[cfg(test)] fn a(b: C) -> D<E, F> { g } d", "d"),
        ("{ #[cfg(test)] a: B<C>, d }", "{ d }"),
        ("#[cfg(not(test))] d", "# [ cfg ( not ( test ) ) ] d"),
    ] {
        assert_eq!(without_tests(&tokens(source)).join(" "), kept, "{source}");
    }
}
