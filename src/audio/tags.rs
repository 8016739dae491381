//! Recognises ID3 and APE tags between frames, and their lengths, without storing their bytes.

/// The result of looking for a tag at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// No tag begins here.
    None,
    /// A tag may begin here. More bytes are needed to decide.
    Undecided,
    /// A tag of this many bytes begins here. Most of them may not have arrived yet.
    Found(u64),
}

/// The most bytes that [`Tag::at`] needs for a decision: `TAG+` and the `TAG` after it.
pub const LOOKAHEAD: usize = ENHANCED_TAG_LEN + 3;

/// The length of an ID3v1 tag.
const ID3V1_LEN: usize = 128;

/// The length of the extension that some programs put before ID3v1.
const ENHANCED_TAG_LEN: usize = 227;

/// The length of the header, and of the footer, of ID3v2.
const ID3V2_HEADER_LEN: usize = 10;

/// The length of the header, and of the footer, of APE.
const APE_HEADER_LEN: usize = 32;

/// The most bytes an APE tag may claim: as many as ID3v2 can. The field allows 4 GiB, but then one wrong bit
/// could silence a live source for days.
const APE_SIZE_MAX: u32 = 1 << 28;

/// The flag of an APE header. The items follow it.
const APE_FLAG_IS_HEADER: u32 = 1 << 29;

impl Tag {
    /// Checks the start of `bytes`, of which there must be at least 4. If `ended`, no more bytes follow,
    /// and the result is never [`Undecided`](Self::Undecided).
    pub fn at(bytes: &[u8], ended: bool) -> Self {
        let (found, otherwise) = match bytes {
            [b'I', b'D', b'3', ..] => (Self::id3v2(bytes), Self::None),
            [b'T', b'A', b'G', ..] => (Self::id3v1(bytes), Self::Found(ID3V1_LEN as u64)),
            [b'A', b'P', b'E', b'T', ..] => (Self::ape(bytes), Self::None),
            _ => (Self::None, Self::None),
        };
        if ended && found == Self::Undecided { otherwise } else { found }
    }

    /// See <https://id3.org/id3v2.4.0-structure>, 3.1. A tag that is found in junk by mistake would hide the
    /// frames after it, so all requirements of the header are checked: a version that exists, no unknown
    /// flag, no size byte with its top bit set.
    fn id3v2(bytes: &[u8]) -> Self {
        let Some(header) = bytes.first_chunk::<ID3V2_HEADER_LEN>() else { return Self::Undecided };
        let [_, _, _, major, revision, flags, size @ ..] = *header;
        let known = matches!(major, 2..=4) && revision != 0xFF && flags & 0x0F == 0;
        if !known || size.iter().any(|byte| *byte >= 0x80) {
            return Self::None;
        }
        let body = size.iter().fold(0, |sum, byte| sum << 7 | u64::from(*byte));
        let edges = if flags & 0x10 == 0 { ID3V2_HEADER_LEN } else { 2 * ID3V2_HEADER_LEN };
        Self::Found(body + edges as u64)
    }

    /// `TAG+` may also be the title `+44` in a plain tag. Only the extension is followed by a plain tag.
    fn id3v1(bytes: &[u8]) -> Self {
        if bytes[3] != b'+' {
            return Self::Found(ID3V1_LEN as u64);
        }
        match bytes.get(ENHANCED_TAG_LEN..LOOKAHEAD) {
            None => Self::Undecided,
            Some(b"TAG") => Self::Found(ENHANCED_TAG_LEN as u64),
            Some(_) => Self::Found(ID3V1_LEN as u64),
        }
    }

    /// See <https://wiki.hydrogenaudio.org/index.php?title=APE_Tags_Header>. The size covers items and
    /// footer, not the header. A tag without a header is recognised by its footer only; its items were
    /// skipped as junk before.
    fn ape(bytes: &[u8]) -> Self {
        let Some(edge) = bytes.first_chunk::<APE_HEADER_LEN>() else { return Self::Undecided };
        let number = |at: usize| u32::from_le_bytes([edge[at], edge[at + 1], edge[at + 2], edge[at + 3]]);
        let (version, size, flags) = (number(8), number(12), number(20));
        if !edge.starts_with(b"APETAGEX") || !matches!(version, 1000 | 2000) || size > APE_SIZE_MAX {
            return Self::None;
        }
        let following = if flags & APE_FLAG_IS_HEADER == 0 { 0 } else { u64::from(size) };
        Self::Found(APE_HEADER_LEN as u64 + following)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_data::{ape, enhanced_tag, id3v1, id3v2, noise};
    use super::*;

    /// Checks that `tag` is recognised with exactly its length. With fewer bytes the result is the same or
    /// undecided.
    fn check(tag: &[u8]) {
        let whole = Tag::Found(tag.len() as u64);
        let bytes = [tag, &[0; LOOKAHEAD]].concat();
        assert_eq!(Tag::at(&bytes, false), whole);
        assert_eq!(Tag::at(tag, true), whole);
        for cut in 4..bytes.len() {
            let answer = Tag::at(&bytes[..cut], false);
            assert!(answer == whole || answer == Tag::Undecided && cut < LOOKAHEAD, "{answer:?} at {cut}");
        }
    }

    #[test]
    fn every_tag_is_recognised_with_its_length() {
        check(&id3v1("Plain"));
        check(&id3v1("+44"));
        for major in 2..=4 {
            check(&id3v2(major, 1000, false));
        }
        check(&id3v2(4, 1000, true));
        check(&id3v2(4, 0, false));
        check(&ape(2000, 500, true));
        check(&ape(2000, 0, false));
        check(&ape(1000, 0, false));
    }

    #[test]
    fn enhanced_tag_ends_where_the_plain_one_begins() {
        let bytes = [enhanced_tag(), id3v1("Title")].concat();
        assert_eq!(Tag::at(&bytes, false), Tag::Found(227));
    }

    #[test]
    fn largest_id3v2_tag_has_256_mib() {
        let tag = Tag::at(b"ID3\x04\x00\x10\x7F\x7F\x7F\x7F", true);
        assert_eq!(tag, Tag::Found((1 << 28) - 1 + 20));
    }

    #[test]
    fn invalid_tags_are_not_recognised() {
        assert_eq!(Tag::at(b"ID3\xFF\x00\x00\x00\x00\x00\x00", true), Tag::None);
        assert_eq!(Tag::at(b"ID3 tags are read by this", true), Tag::None);
        assert_eq!(Tag::at(b"ID3\x04\x00\x00\x80\x00\x00\x00", true), Tag::None);
        let mut huge = ape(2000, 0, true);
        huge[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Tag::at(&huge, true), Tag::None);
        assert_eq!(Tag::at(&[b"APETAGEY".as_slice(), &[0; 24]].concat(), true), Tag::None);
    }

    #[test]
    fn noise_contains_no_tag() {
        let bytes = noise(1 << 20, 1);
        assert!(bytes.windows(LOOKAHEAD).all(|window| Tag::at(window, true) == Tag::None));
    }
}
