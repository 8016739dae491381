//! Patterns of mounts, as `fnmatch` of C reads them without flags: Icecast-KH matches mounts so.

/// A part of a pattern.
#[derive(Debug, PartialEq)]
enum PatternPart {
    /// `*`: any text.
    AnyText,
    /// `?`: any one character.
    AnyCharacter,
    /// `[a-c]`, or `[!a-c]` if it is negated: one of these characters.
    Set { is_negated: bool, ranges: Vec<(char, char)> },
    /// The character itself.
    Literal(char),
}

impl PatternPart {
    /// Returns whether one character matches.
    fn matches(&self, character: char) -> bool {
        match self {
            Self::AnyText | Self::AnyCharacter => true,
            Self::Set { is_negated, ranges } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&character)) != *is_negated
            }
            Self::Literal(literal) => *literal == character,
        }
    }
}

/// Returns whether a mount matches a pattern.
pub fn matches(pattern: &str, mount: &str) -> bool {
    let (parts, mount): (Vec<PatternPart>, Vec<char>) = (parse(pattern), mount.chars().collect());
    // Where the last `*` is, and how much of the mount it covers.
    let (mut at, mut in_parts, mut star) = (0, 0, None);
    while at < mount.len() {
        match parts.get(in_parts) {
            Some(PatternPart::AnyText) => {
                star = Some((in_parts, at));
                in_parts += 1;
            }
            Some(part) if part.matches(mount[at]) => (at, in_parts) = (at + 1, in_parts + 1),
            _ => {
                let Some((star_at, covered)) = star else { return false };
                star = Some((star_at, covered + 1));
                (at, in_parts) = (covered + 1, star_at + 1);
            }
        }
    }
    parts[in_parts..].iter().all(|part| *part == PatternPart::AnyText)
}

fn parse(pattern: &str) -> Vec<PatternPart> {
    let characters: Vec<char> = pattern.chars().collect();
    let (mut parts, mut at) = (Vec::new(), 0);
    while let Some(&character) = characters.get(at) {
        let (part, length) = match character {
            '*' => (PatternPart::AnyText, 1),
            '?' => (PatternPart::AnyCharacter, 1),
            '\\' if at + 1 < characters.len() => (PatternPart::Literal(characters[at + 1]), 2),
            // A bracket that is not closed is a character.
            '[' => set(&characters[at..]).unwrap_or((PatternPart::Literal('['), 1)),
            literal => (PatternPart::Literal(literal), 1),
        };
        parts.push(part);
        at += length;
    }
    parts
}

/// Parses a set with its brackets, and returns its length. A `]` at its beginning is one of its characters.
fn set(characters: &[char]) -> Option<(PatternPart, usize)> {
    let is_negated = matches!(characters.get(1), Some('!' | '^'));
    let begin = if is_negated { 2 } else { 1 };
    let end = begin + 1 + characters.get(begin + 1..)?.iter().position(|&character| character == ']')?;
    let (mut ranges, mut rest) = (Vec::new(), &characters[begin..end]);
    while let Some((&first, behind)) = rest.split_first() {
        match behind {
            ['-', last, others @ ..] => {
                ranges.push((first, *last));
                rest = others;
            }
            _ => {
                ranges.push((first, first));
                rest = behind;
            }
        }
    }
    Some((PatternPart::Set { is_negated, ranges }, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_has_wildcards_sets_and_escapes() {
        for (pattern, matching, others) in [
            ("/live", &["/live"][..], &["/live2", "/liv"][..]),
            ("/live*", &["/live", "/live/a/b"], &["/liv"]),
            ("*.mp3", &["/a.mp3", "/a.mp3.mp3"], &["/a.mp3x"]),
            ("/?", &["/a", "/é"], &["/", "/ab"]),
            ("/dj[1-3]", &["/dj1", "/dj3"], &["/dj4", "/dj", "/dj[1-3]"]),
            ("/[ab]*[!0-9]", &["/a1x", "/bz"], &["/a1", "/cx", "/a"]),
            ("/[]x]", &["/]", "/x"], &["/a"]),
            ("/[a-]", &["/a", "/-"], &["/b"]),
            ("/[^a]", &["/b"], &["/a"]),
            ("/[a", &["/[a"], &["/a"]),
            ("/[]", &["/[]"], &["/"]),
            (r"/\[1\]\*", &["/[1]*"], &["/1x"]),
            ("/[z-a]", &[], &["/z", "/m"]),
        ] {
            for mount in matching {
                assert!(matches(pattern, mount), "{pattern} {mount}");
            }
            for mount in others {
                assert!(!matches(pattern, mount), "{pattern} {mount}");
            }
        }
        let (many, long) = ("*a".repeat(500), "a".repeat(499));
        assert!(!matches(&many, &long), "no pattern takes long");
    }
}
