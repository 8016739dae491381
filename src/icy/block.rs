//! The block of text that tells a listener what is on the air.

use std::borrow::Cow;

use crate::text::cut;

/// Bytes of title that are sent at most. Some readers stop at metaint + 255 bytes, and a player library ignores blocks
/// of 512 bytes and more (protocol-notes/metadata.md).
pub const TITLE_MAX: usize = 240;

/// A block is a multiple of this many bytes, after its length byte.
const UNIT: usize = 16;

/// The highest length byte that we send. 255 makes some releases of ffmpeg write their terminator past the end.
const UNITS_MAX: usize = 254;

const BEFORE: &str = "StreamTitle='";
const AFTER: &str = "';";

/// One metadata block as it stands on the wire: length byte, text, at least one NUL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block(Box<[u8]>);

impl Block {
    /// The block for a title: `StreamTitle='…';`.
    ///
    /// The title may be anything; it is cleaned so that every player finds its end, and cut at [`TITLE_MAX`] bytes.
    /// The rules and the players behind them are in protocol-notes/metadata.md.
    pub fn of_title(title: &str) -> Self {
        Self::of_text(&format!("{BEFORE}{}{AFTER}", clean(title)))
    }

    /// The title in it, as cleaned.
    pub fn title(&self) -> &str {
        let text = self.0[1..].split(|&byte| byte == 0).next().unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        text.strip_prefix(BEFORE).and_then(|text| text.strip_suffix(AFTER)).unwrap_or_default()
    }

    fn of_text(text: &str) -> Self {
        // There is always a NUL, also behind a text that fills its last unit.
        let units = text.len() / UNIT + 1;
        assert!(units <= UNITS_MAX, "a cleaned text of {} bytes fits a block", text.len());
        let mut bytes = vec![0; 1 + units * UNIT];
        bytes[0] = units as u8;
        bytes[1..=text.len()].copy_from_slice(text.as_bytes());
        Self(bytes.into())
    }

    /// The block, from its length byte to its last NUL. Never empty.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes a title safe to stand between `StreamTitle='` and `';`.
fn clean(title: &str) -> Cow<'_, str> {
    let title = without_controls(title);
    let title = if title.contains("';") { title.replace("';", "’;").into() } else { title };
    match title {
        Cow::Borrowed(title) => cut(title, TITLE_MAX).into(),
        Cow::Owned(title) => cut(&title, TITLE_MAX).to_owned().into(),
    }
}

/// Runs of tabs and line ends become one space, other control characters go.
fn without_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let mut clean = String::with_capacity(text.len());
    let mut in_run = false;
    for c in text.chars() {
        let breaks = matches!(c, '\t' | '\r' | '\n');
        if breaks && !in_run {
            clean.push(' ');
        } else if !c.is_control() {
            clean.push(c);
        }
        in_run = breaks;
    }
    clean.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(title: &str, text: &str) {
        let block = Block::of_title(title);
        let end = block.bytes().iter().skip(1).position(|&b| b == 0).expect("a NUL") + 1;
        assert_eq!(std::str::from_utf8(&block.bytes()[1..end]).expect("UTF-8"), text);
        assert_eq!(format!("{BEFORE}{}{AFTER}", block.title()), text);
    }

    #[test]
    fn titles_as_players_want_them() {
        check("", "StreamTitle='';");
        check("Nadia Karim - Tidewater", "StreamTitle='Nadia Karim - Tidewater';");
        check("O'Brien; \"Ça va\" — 東京", "StreamTitle='O'Brien; \"Ça va\" — 東京';");
        check("a';b", "StreamTitle='a’;b';");
        check(";", "StreamTitle=';';");
        check("a'\u{1};b", "StreamTitle='a’;b';");
        check("a\t\r\nb\nc", "StreamTitle='a b c';");
        check("a\0b\u{85}c\u{7f}d", "StreamTitle='abcd';");
    }

    #[test]
    fn a_block_is_known_byte_by_byte() {
        assert_eq!(Block::of_title("").bytes(), b"\x01StreamTitle='';\0");
        // 16 bytes of text still get their NUL, in a unit of its own.
        assert_eq!(Block::of_title("x").bytes(), b"\x02StreamTitle='x';\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    }

    #[test]
    fn long_titles_are_cut_between_characters() {
        check(&"x".repeat(1000), &format!("StreamTitle='{}';", "x".repeat(240)));
        check(&"東".repeat(100), &format!("StreamTitle='{}';", "東".repeat(80)));
        check(&format!("xx{}", "東".repeat(100)), &format!("StreamTitle='xx{}';", "東".repeat(79)));
    }

    proptest! {
        #[test]
        fn any_title_makes_a_sound_block(title in any::<String>()) {
            let block = Block::of_title(&title);
            let bytes = block.bytes();
            prop_assert_eq!(bytes.len(), 1 + usize::from(bytes[0]) * UNIT);
            prop_assert_eq!(bytes.last(), Some(&0));
            prop_assert!(bytes.len() <= 4063);
            let end = 1 + bytes[1..].iter().position(|&b| b == 0).expect("a NUL");
            prop_assert!(bytes[end..].iter().all(|&b| b == 0));
            let text = std::str::from_utf8(&bytes[1..end]).expect("UTF-8");
            // Behind the opening quote, the value ends where the first `';` stands, whatever was in it.
            let value = text.strip_prefix(BEFORE).expect("a title");
            prop_assert_eq!(value.find(AFTER), Some(value.len() - AFTER.len()));
            prop_assert!(!text.contains(char::is_control));
        }
    }
}
