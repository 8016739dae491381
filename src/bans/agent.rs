//! Patterns for the User-Agent of programs.

use super::target_error::BanTargetError;

/// The most bytes of a pattern: coldwave stores at most this many bytes of a User-Agent.
const AGENT_MAX: usize = 105;

/// The fewest characters of a pattern besides `*` and white space: a shorter pattern would match everything
/// by mistake.
const LETTERS_MIN: usize = 3;

/// A case-insensitive pattern for the User-Agent. Without `*`, it matches every User-Agent that contains it.
/// With `*`, it must match the complete User-Agent, and each `*` matches any text, including none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPattern {
    text: String,
    /// The parts between the `*`, in lower case.
    pieces: Vec<String>,
}

impl AgentPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// If it would match every program, or none.
    pub fn parse(text: &str) -> Result<Self, BanTargetError> {
        let text = text.trim();
        let letters = text.chars().filter(|&c| c != '*' && !c.is_whitespace()).count();
        if text.len() > AGENT_MAX || text.contains(char::is_control) || letters < LETTERS_MIN {
            return Err(BanTargetError::Agent);
        }
        let pieces = text.to_lowercase().split('*').map(str::to_owned).collect();
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// Returns the text of the pattern, without surrounding spaces.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether both patterns match the same programs.
    pub fn is_equivalent(&self, other: &Self) -> bool {
        self.pieces == other.pieces
    }

    /// Returns whether it matches a User-Agent, which must be in lower case.
    pub fn matches(&self, user_agent: &str) -> bool {
        let [first, between @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|only| user_agent.contains(only.as_str()));
        };
        let inner = user_agent.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
        let after = |rest: &str, piece: &String| rest.find(piece.as_str()).map(|at| at + piece.len());
        // The first match of a part leaves the most text for the others.
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
    fn check(pattern: &str, user_agent: &str, is_match: bool) {
        let agent = AgentPattern::parse(pattern).expect(pattern);
        assert_eq!(agent.matches(&user_agent.to_lowercase()), is_match, "{pattern:?} in {user_agent:?}");
    }

    #[test]
    fn pattern_without_star_matches_a_part_and_with_star_the_complete_user_agent() {
        for (pattern, user_agent, is_match) in [
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
            check(pattern, user_agent, is_match);
        }
    }

    #[test]
    fn patterns_that_match_everything_or_nothing_are_refused() {
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
