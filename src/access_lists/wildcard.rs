//! Patterns with `*` and `?`.

/// A pattern for a whole text, ignoring case. `*` matches any characters, also none, and `?` one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard {
    /// The parts between the `*`, in lower case.
    pieces: Vec<String>,
}

impl Wildcard {
    /// Reads a pattern. Every text is one.
    pub fn new(text: &str) -> Self {
        Self { pieces: text.to_lowercase().split('*').map(str::to_owned).collect() }
    }

    /// Returns whether it consists of `*`.
    pub fn matches_everything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// Returns whether it matches a text, which must be in lower case. The time is that of one pass over the
    /// text for each part without `?`.
    pub fn matches(&self, text: &str) -> bool {
        let [first, between @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|only| strip_piece(text, only) == Some(""));
        };
        let Some(rest) = strip_piece(text, first) else { return false };
        // The first match of a part leaves the most text for the others.
        let rest = between.iter().try_fold(rest, |rest, piece| after_piece(rest, piece));
        rest.is_some_and(|rest| ends_with_piece(rest, last))
    }
}

/// Returns what follows a piece at the beginning of a text.
fn strip_piece<'t>(text: &'t str, piece: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    let is_match = piece.chars().all(|wanted| rest.next().is_some_and(|c| wanted == '?' || wanted == c));
    is_match.then_some(rest.as_str())
}

/// Returns what follows the first match of a piece in a text.
fn after_piece<'t>(text: &'t str, piece: &str) -> Option<&'t str> {
    if !piece.contains('?') {
        return text.find(piece).map(|at| &text[at + piece.len()..]);
    }
    text.char_indices().find_map(|(at, _)| strip_piece(&text[at..], piece))
}

fn ends_with_piece(text: &str, piece: &str) -> bool {
    let (have, needed) = (text.chars().count(), piece.chars().count());
    let Some(before) = have.checked_sub(needed) else { return false };
    let end = text.char_indices().nth(before).map_or(text.len(), |(at, _)| at);
    strip_piece(&text[end..], piece) == Some("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_matches_any_text_and_question_mark_one_character() {
        for (pattern, text, is_match) in [
            ("VLC/3.0", "vlc/3.0", true),
            ("VLC", "vlc/3.0", false),
            ("vlc*", "vlc/3.0", true),
            ("vlc*", "vlc", true),
            ("*vlc*", "not vlc at all", true),
            ("*3.0", "vlc/3.0", true),
            ("*3.0", "vlc/3.0.1", false),
            ("vlc/?.0", "vlc/3.0", true),
            ("vlc/?.0", "vlc/13.0", false),
            ("*/?.0*", "vlc/13.0 x/2.0.1", true),
            ("a*bc*d", "abcd", true),
            ("a*bc*d", "abd", false),
            ("aba*ba", "aba", false),
            ("aba*ba", "ababa", true),
            ("*?", "", false),
            ("?*", "é", true),
            ("é?", "éü", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("10.0.0.1?", "10.0.0.12", true),
            ("10.0.0.1?", "10.0.0.1", false),
        ] {
            assert_eq!(Wildcard::new(pattern).matches(text), is_match, "{pattern:?} in {text:?}");
        }
        assert!(Wildcard::new("**").matches_everything());
        assert!(!Wildcard::new("*?").matches_everything() && !Wildcard::new("").matches_everything());
    }
}
