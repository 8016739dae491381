//! Programs, by what they call themselves.

use super::target_error::BanTargetError;

/// Bytes of a pattern: more is not kept of what a program calls itself either.
const AGENT_MAX: usize = 105;

/// Letters that a pattern must have beside `*`: with fewer it fits everybody, and was not meant.
const LETTERS_MIN: usize = 3;

/// What a program calls itself, or a part of that, in capitals or not. With `*` in it, all of what it calls itself, where
/// `*` stands for anything and nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPattern {
    text: String,
    /// What stands between the stars, in small letters.
    pieces: Vec<String>,
}

impl AgentPattern {
    /// A pattern.
    ///
    /// # Errors
    /// It would fit everybody or nobody.
    pub fn parse(text: &str) -> Result<Self, BanTargetError> {
        let text = text.trim();
        let letters = text.chars().filter(|&c| c != '*' && !c.is_whitespace()).count();
        if text.len() > AGENT_MAX || text.contains(char::is_control) || letters < LETTERS_MIN {
            return Err(BanTargetError::Agent);
        }
        let pieces = text.to_lowercase().split('*').map(str::to_owned).collect();
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it fits the same as another.
    pub fn is_equivalent(&self, other: &Self) -> bool {
        self.pieces == other.pieces
    }

    /// Whether it fits what a program calls itself, given in small letters.
    pub fn matches(&self, user_agent: &str) -> bool {
        let [first, between @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|only| user_agent.contains(only.as_str()));
        };
        let inner = user_agent.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        let after = |rest: &str, piece: &String| rest.find(piece.as_str()).map(|at| at + piece.len());
        // The first place where a piece stands leaves most to the others.
        let all = inner.and_then(|inner| {
            between.iter().try_fold(inner, |rest, piece| after(rest, piece).map(|end| &rest[end..]))
        });
        all.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, user_agent: &str, fits: bool) {
        let agent = AgentPattern::parse(pattern).expect(pattern);
        assert_eq!(agent.matches(&user_agent.to_lowercase()), fits, "{pattern:?} in {user_agent:?}");
    }

    #[test]
    fn a_pattern_is_a_part_of_a_name_or_all_of_it() {
        for (pattern, user_agent, fits) in [
            ("EvilBot", "Mozilla/5.0 (compatible; evilbot/1.0)", true),
            ("evilbot", "EVILBOT", true),
            ("EvilBot", "Evil Bot", false),
            ("EvilBot", "", false),
            ("ÉVIL", "évil", true),
            (".(x", "a.(x", true),
            (".(x", "abcx", false),
            ("vlc/*", "VLC/3.0", true),
            ("vlc/*", "VLC/", true),
            ("vlc/*", "not VLC/3.0", false),
            ("*vlc*", "not VLC/3.0", true),
            ("*/3.0", "VLC/3.0", true),
            ("*/3.0", "VLC/3.0.1", false),
            ("a*bc*d", "a bc bc d", true),
            ("a*bc*d", "abcd", true),
            ("a*bc*d", "abd", false),
            ("aba*ba", "aba", false),
            ("aba*ba", "ababa", true),
            ("a**bcd", "abcd", true),
        ] {
            check(pattern, user_agent, fits);
        }
    }

    #[test]
    fn what_fits_everybody_or_nobody_is_refused() {
        for text in ["", "*", "***", "ab", "a*b", " a b ", "a\nbcd", "a\u{1b}bcd", &"a".repeat(106)] {
            assert_eq!(AgentPattern::parse(text), Err(BanTargetError::Agent), "{text:?}");
        }
        assert_eq!(AgentPattern::parse(" abc ").expect("three").text(), "abc");
        assert!(
            AgentPattern::parse("aBc*")
                .expect("three")
                .is_equivalent(&AgentPattern::parse("AbC*").expect("three"))
        );
    }
}
