//! Encodes a title as the metadata block that listeners receive: escaping, line breaks, length.

use std::borrow::Cow;

use super::title::Title;
use crate::text::truncated;

/// The most bytes of a title that are sent. Some clients read only 255 bytes of a block, and one player
/// library ignores blocks of 512 bytes and more (protocol-notes/metadata.md).
pub const TITLE_MAX: usize = 240;

/// The length of a block, after its length byte, is a multiple of this many bytes.
const UNIT: usize = 16;

/// The highest length byte that coldwave sends. With 255, some releases of ffmpeg write the terminating zero
/// past the end of their buffer.
const UNITS_MAX: usize = 254;

const TITLE_START: &str = "StreamTitle='";
const VALUE_END: &str = "';";
const URL_START: &str = "StreamUrl='";

/// The most bytes of a `StreamUrl`, and of the pairs that a relay's upstream may add to title and URL. A
/// longer value is left out, because a truncated one would be a different value.
const STREAM_URL_MAX: usize = 512;
const EXTRA_MAX: usize = 1024;

/// One metadata block as on the wire: length byte, text, at least one NUL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block(Box<[u8]>);

impl Block {
    /// Returns the block for a title: `StreamTitle='…';`.
    ///
    /// The title may be any text. It is cleaned so that every player finds its end, and truncated at
    /// [`TITLE_MAX`] bytes. The rules, and the players that require them, are in protocol-notes/metadata.md.
    pub fn from_title_text(title: &str) -> Self {
        Self::from_text(&format!("{TITLE_START}{}{VALUE_END}", clean_title(title)))
    }

    /// Returns the block for a title and its other fields: `StreamTitle='…';StreamUrl='…';` and the pairs
    /// that an upstream added.
    pub fn from_title(title: &Title) -> Self {
        let mut text = format!("{TITLE_START}{}{VALUE_END}", clean_title(&title.text));
        if !title.url.is_empty() && title.url.len() <= STREAM_URL_MAX {
            text += &format!("{URL_START}{}{VALUE_END}", escape_value(&title.url));
        }
        if title.extra.len() <= EXTRA_MAX {
            text += &without_controls(&title.extra);
        }
        Self::from_text(&text)
    }

    /// Returns the title in the block, as cleaned.
    pub fn title(&self) -> &str {
        let text = self.0[1..].split(|&byte| byte == 0).next().unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        let title = text.strip_prefix(TITLE_START).unwrap_or_default();
        title.find(VALUE_END).map_or("", |end| &title[..end])
    }

    /// Returns the title with the other fields of the block, for a block of the same bytes.
    pub fn to_title(&self) -> Title {
        let text = self.0[1..].split(|&byte| byte == 0).next().unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        let rest = &text[text.len().min(TITLE_START.len() + self.title().len() + VALUE_END.len())..];
        let url = rest.strip_prefix(URL_START).and_then(|rest| rest.split_once(VALUE_END));
        let (url, extra) = url.unwrap_or(("", rest));
        let (text, url, extra) = (self.title().to_owned(), url.to_owned(), extra.to_owned());
        Title { text, url, extra, ..Title::default() }
    }

    fn from_text(text: &str) -> Self {
        // A NUL always follows, also after a text that fills its last unit.
        let units = text.len() / UNIT + 1;
        assert!(units <= UNITS_MAX, "a cleaned text of {} bytes fits a block", text.len());
        let mut bytes = vec![0; 1 + units * UNIT];
        bytes[0] = units as u8;
        bytes[1..=text.len()].copy_from_slice(text.as_bytes());
        Self(bytes.into())
    }

    /// Returns the block, from its length byte to its last NUL. Never empty.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes a title safe between `StreamTitle='` and `';`.
fn clean_title(title: &str) -> Cow<'_, str> {
    match escape_value(title) {
        Cow::Borrowed(title) => truncated(title, TITLE_MAX).into(),
        Cow::Owned(title) => truncated(&title, TITLE_MAX).to_owned().into(),
    }
}

/// Replaces each `';`, which would end the value too early, and cleans control characters.
fn escape_value(text: &str) -> Cow<'_, str> {
    let text = without_controls(text);
    if text.contains(VALUE_END) { text.replace(VALUE_END, "’;").into() } else { text }
}

/// Replaces each run of tabs and line ends with one space, and removes other control characters.
pub(super) fn without_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let mut clean = String::with_capacity(text.len());
    let mut in_break = false;
    for c in text.chars() {
        let is_break = matches!(c, '\t' | '\r' | '\n');
        if is_break && !in_break {
            clean.push(' ');
        } else if !c.is_control() {
            clean.push(c);
        }
        in_break = is_break;
    }
    clean.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(title: &str, text: &str) {
        let block = Block::from_title_text(title);
        let end = block.bytes().iter().skip(1).position(|&b| b == 0).expect("a NUL") + 1;
        assert_eq!(std::str::from_utf8(&block.bytes()[1..end]).expect("UTF-8"), text);
        assert_eq!(format!("{TITLE_START}{}{VALUE_END}", block.title()), text);
    }

    #[test]
    fn url_and_other_pairs_follow_the_title() {
        let title = Title {
            text: "a';b".into(),
            url: "http://h/?q='x';y\n".into(),
            extra: "adw_ad='true';".into(),
            ..Title::default()
        };
        let block = Block::from_title(&title);
        let expected = "StreamTitle='a’;b';StreamUrl='http://h/?q='x’;y ';adw_ad='true';";
        assert_eq!(block.bytes()[1..].split(|&byte| byte == 0).next(), Some(expected.as_bytes()));
        assert_eq!(block.title(), "a’;b");
        let long = "x".repeat(5000);
        let block = Block::from_title(&Title {
            text: long.clone(),
            url: long.clone(),
            extra: long,
            ..Title::default()
        });
        assert_eq!(block, Block::from_title_text(&"x".repeat(TITLE_MAX)));
    }

    #[test]
    fn title_of_a_block_makes_the_same_block() {
        let (url, extra) = ("http://h/?q='x';y".to_owned(), "adw_ad='true';".to_owned());
        for (url, extra) in [("", ""), (&*url, ""), ("", &*extra), (&*url, &*extra)] {
            for text in ["", "a';b", &"x".repeat(500)] {
                let (url, extra) = (url.to_owned(), extra.to_owned());
                let block = Block::from_title(&Title { text: text.into(), url, extra, ..Title::default() });
                assert_eq!(Block::from_title(&block.to_title()), block, "{text}");
            }
        }
        assert_eq!(Block::from_title_text("").to_title(), Title::default());
    }

    #[test]
    fn titles_are_cleaned_for_players() {
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
    fn block_has_the_expected_bytes() {
        assert_eq!(Block::from_title_text("").bytes(), b"\x01StreamTitle='';\0");
        // After 16 bytes of text, the NUL needs a second unit.
        assert_eq!(
            Block::from_title_text("x").bytes(),
            b"\x02StreamTitle='x';\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        );
    }

    #[test]
    fn long_titles_are_truncated_between_characters() {
        check(&"x".repeat(1000), &format!("StreamTitle='{}';", "x".repeat(240)));
        check(&"東".repeat(100), &format!("StreamTitle='{}';", "東".repeat(80)));
        check(&format!("xx{}", "東".repeat(100)), &format!("StreamTitle='xx{}';", "東".repeat(79)));
    }

    proptest! {
        #[test]
        fn any_title_makes_a_valid_block(title in any::<String>()) {
            let block = Block::from_title_text(&title);
            let bytes = block.bytes();
            prop_assert_eq!(bytes.len(), 1 + usize::from(bytes[0]) * UNIT);
            prop_assert_eq!(bytes.last(), Some(&0));
            prop_assert!(bytes.len() <= 4063);
            let end = 1 + bytes[1..].iter().position(|&b| b == 0).expect("a NUL");
            prop_assert!(bytes[end..].iter().all(|&b| b == 0));
            let text = std::str::from_utf8(&bytes[1..end]).expect("UTF-8");
            // After the opening quote, the value ends at the first `';`, for any title.
            let value = text.strip_prefix(TITLE_START).expect("a title");
            prop_assert_eq!(value.find(VALUE_END), Some(value.len() - VALUE_END.len()));
            prop_assert!(!text.contains(char::is_control));
        }
    }
}
