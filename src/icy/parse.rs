//! Parses the title in the text of a metadata block from another server or a source.
//!
//! See `protocol-notes/metadata.md`, "Reading a block".

use encoding_rs::{Encoding, WINDOWS_1252};

use super::block::without_controls;
use super::character_references::decode_references;
use super::title::Title;
use crate::text::{decode_or, truncated};

/// The most pairs that are read from one block. Advertising platforms send about six. The bound protects
/// against a peer that sends only the beginnings of pairs.
const PAIRS_MAX: usize = 16;

/// The most bytes of a title, and of its other pairs. The same limit applies to a title that is set by
/// request.
const TEXT_MAX: usize = 1024;

const TITLE: &str = "StreamTitle";
const URL: &str = "StreamUrl";

impl Title {
    /// Parses the text of a block, with or without its padding. Returns `None` if it has no `StreamTitle`,
    /// not even an empty one: then the title on air does not change.
    pub fn parse(block: &[u8]) -> Option<Self> {
        Self::parse_with_fallback(block, WINDOWS_1252)
    }

    /// Like [`parse`](Self::parse), for a block that is in the charset `fallback` if it is not UTF-8.
    pub fn parse_with_fallback(block: &[u8], fallback: &'static Encoding) -> Option<Self> {
        // The bytes after the first NUL are padding, or the rest of an earlier block.
        let text = block.split(|byte| *byte == 0).next().unwrap_or_default();
        Self::from_pairs(&without_controls(&decode_or(text, fallback)))
    }

    /// Drops the pairs of [`extra`](Self::extra) whose value `keep` does not accept.
    pub fn retain_extra(&mut self, keep: impl Fn(&str) -> bool) {
        let kept = Pairs(&self.extra).filter(|(_, value)| keep(value));
        self.extra = kept.map(|(key, value)| format!("{key}='{value}';")).collect();
    }

    fn from_pairs(text: &str) -> Option<Self> {
        let (mut title, mut url, mut extra) = (None, None, String::new());
        for (key, value) in Pairs(text).take(PAIRS_MAX) {
            if matches_key(key, TITLE) {
                title.get_or_insert(value);
            } else if matches_key(key, URL) {
                url.get_or_insert(value);
            } else {
                // Escape what could be taken for the end of the value, or for another title.
                extra += &format!("{key}='{}';", value.replace("';", "’;"));
            }
        }
        let url = url.unwrap_or_default().trim().to_owned();
        let text = truncated(decode_references(title?).trim(), TEXT_MAX).to_owned();
        if extra.len() > TEXT_MAX {
            extra.clear();
        }
        Some(Self { text, url, extra, ..Self::default() })
    }
}

/// Iterates over the keys and values of `key='value';key='value';`, as far as they can be recognised.
struct Pairs<'t>(&'t str);

impl<'t> Iterator for Pairs<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, quoted) = loop {
            match pair_start(self.0) {
                Some(found) => break found,
                // Continue where the next pair may begin.
                None => self.0 = self.0.split_once(';')?.1,
            }
        };
        let (value, rest) = split_value(quoted);
        self.0 = rest;
        Some((key, value))
    }
}

/// Splits a pair into its key and the text after `='`.
fn pair_start(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (key, rest) = text.split_at(text.find(|c: char| !is_key_char(c))?);
    let quoted = rest.strip_prefix("='")?;
    (!key.is_empty()).then_some((key, quoted))
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.".contains(c)
}

/// Compares keys without regard to case.
fn matches_key(key: &str, known: &str) -> bool {
    key.eq_ignore_ascii_case(known)
}

/// Splits the text after an opening quote into the value and the text after it. Quotes are not escaped, so
/// the closing quote is the first one that is followed by nothing or by another pair. If there is none, it is
/// the first one that ends the value for players.
fn split_value(text: &str) -> (&str, &str) {
    let ends = text.match_indices('\'').find_map(|(at, _)| Some((at, after_closing_quote(&text[at + 1..])?)));
    match ends {
        Some((end, rest)) => (&text[..end], rest),
        None => text.split_once("';").unwrap_or((text, "")),
    }
}

/// Checks whether a quote ends a value, given the text after it. If so, returns the text after the quote's
/// `;`. Some servers omit the last `;`.
fn after_closing_quote(text: &str) -> Option<&str> {
    let ends = |rest: &&str| rest.trim_start().is_empty() || pair_start(rest).is_some();
    match text.strip_prefix(';') {
        Some(rest) => Some(rest).filter(ends),
        None => text.trim_start().is_empty().then_some(""),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Block;
    use super::*;
    use encoding_rs::SHIFT_JIS;
    use proptest::prelude::*;

    const TRICKY_TITLE: &str = "O'Brien; \"Ça va\" — 東京";

    fn title(text: &str, url: &str, extra: &str) -> Option<Title> {
        Some(Title { text: text.into(), url: url.into(), extra: extra.into(), ..Title::default() })
    }

    #[track_caller]
    fn check(block: &str, expected: Option<Title>) {
        assert_eq!(Title::parse(block.as_bytes()), expected, "{block:?}");
    }

    #[test]
    fn blocks_of_other_servers_are_parsed() {
        check("StreamTitle='';", title("", "", ""));
        check("StreamTitle='Nadia Karim - Tidewater';\0\0\0", title("Nadia Karim - Tidewater", "", ""));
        check("StreamTitle='a';StreamUrl='http://h/?a=b;c';\0';", title("a", "http://h/?a=b;c", ""));
        check(&format!("StreamTitle='{TRICKY_TITLE}';StreamUrl='';"), title(TRICKY_TITLE, "", ""));
        check("streamtitle='a';STREAMURL='b';", title("a", "b", ""));
        check("StreamUrl='b';StreamTitle='a';", title("a", "b", ""));
    }

    #[test]
    fn unknown_pairs_are_kept() {
        check(
            "StreamTitle='';StreamUrl='u';adw_ad='true';durationMilliseconds='20427';StreamNext='B - C';",
            title("", "u", "adw_ad='true';durationMilliseconds='20427';StreamNext='B - C';"),
        );
        check("adId='1';StreamTitle='a'", title("a", "", "adId='1';"));
        check("x=1;StreamTitle='a';", title("a", "", ""));
    }

    #[test]
    fn quotes_and_semicolons_may_be_anywhere_in_a_value() {
        check("StreamTitle='It's '; here';StreamUrl='u';", title("It's '; here", "u", ""));
        check("StreamTitle='Rock 'n'';", title("Rock 'n'", "", ""));
        check("StreamTitle=''';", title("'", "", ""));
        check("StreamTitle='; ';", title(";", "", ""));
        check("StreamTitle='a=b';", title("a=b", "", ""));
        check("StreamTitle='a'; StreamUrl='u'; x='1'; ", title("a", "u", "x='1';"));
        check("StreamTitle='a';x='b'; c';", title("a", "", "x='b’; c';"));
    }

    #[test]
    fn missing_quotes_and_semicolons_are_tolerated() {
        check("StreamTitle='a'", title("a", "", ""));
        check("StreamTitle='a", title("a", "", ""));
        check("StreamTitle='", title("", "", ""));
        check("StreamTitle='a';StreamUrl='u' ", title("a", "u", ""));
        check("StreamTitle='a'; and more", title("a", "", ""));
        check(" ;;what is this;\r\nStreamTitle=' a\r\nb\t';", title("a b", "", ""));
    }

    #[test]
    fn character_references_of_icecast_are_decoded() {
        let latin1 = b"StreamTitle='O'Brien; \"\xC7a va\" &#8212; &#26481;&#20140;';\0\0";
        assert_eq!(Title::parse(latin1), title(TRICKY_TITLE, "", ""));
        check("StreamTitle='&#8212';", title("&#8212", "", ""));
    }

    #[test]
    fn first_of_two_titles_is_used() {
        check("StreamTitle='a';StreamTitle='b';StreamUrl='u';streamurl='v';", title("a", "u", ""));
    }

    #[test]
    fn block_without_a_title_returns_none() {
        for block in [
            "",
            "\0\0",
            "\0StreamTitle='a';",
            "StreamUrl='u';",
            "StreamTitle",
            "StreamTitle=a;",
            "Stream Title='a';",
            "='a';",
        ] {
            check(block, None);
        }
        let many = "a='b';".repeat(PAIRS_MAX);
        check(&format!("{many}StreamTitle='a';"), None);
    }

    #[test]
    fn text_is_utf8_or_in_the_fallback_charset() {
        let cafe = b"StreamTitle='O\x92Brien; \x93\xC7a va\x94 \x97 Caf\xE9';";
        assert_eq!(Title::parse(cafe), title("O’Brien; “Ça va” — Café", "", ""));
        let tokyo = b"StreamTitle='\x93\x8C\x8B\x9E';";
        assert_eq!(Title::parse_with_fallback(tokyo, SHIFT_JIS), title("東京", "", ""));
        let utf8 = format!("StreamTitle='{TRICKY_TITLE}';");
        assert_eq!(Title::parse_with_fallback(utf8.as_bytes(), SHIFT_JIS), title(TRICKY_TITLE, "", ""));
    }

    fn texts() -> impl Strategy<Value = String> {
        let pieces = ["'", ";", "';", "=", "StreamTitle", "StreamUrl", "x", " ", "é", "\0", "\n", "’"];
        let piece =
            prop_oneof![8 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => ".{0,3}"];
        prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn blocks_of_coldwave_parse_to_the_same_title(text in texts(), url in texts()) {
            let block = Block::from_title(&Title { text, url, ..Title::default() });
            let read = Title::parse(&block.bytes()[1..]).expect("a title");
            prop_assert_eq!(&read.text, block.title().trim());
            prop_assert_eq!(Title::parse(&Block::from_title(&read).bytes()[1..]), Some(read));
        }

        #[test]
        fn parsed_titles_have_no_control_characters(begin in prop::sample::select(vec!["", "StreamTitle='", "x='"]), text in texts(), bytes: Vec<u8>) {
            for rest in [text.as_bytes(), bytes.as_slice()] {
                if let Some(read) = Title::parse(&[begin.as_bytes(), rest].concat()) {
                    for text in [&read.text, &read.url, &read.extra] {
                        prop_assert!(!text.contains(char::is_control), "{:?}", text);
                    }
                    let again = Title::parse(&Block::from_title(&read).bytes()[1..]).map(|again| again.extra);
                    prop_assert_eq!(again, Some(read.extra));
                }
            }
        }
    }
}
