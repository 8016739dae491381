//! What stands between frames and is no audio: ID3, APE and their lengths, without keeping a byte of them.

/// What the bytes at hand say about a tag beginning with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// None begins here.
    None,
    /// One may begin here; more bytes will tell.
    Undecided,
    /// One begins here and has this many bytes, most of which may be yet to come.
    Found(u64),
}

/// The most bytes that [`Tag::at`] wants to see before it is no longer unclear: `TAG+` and the `TAG` behind
/// it.
pub const LOOKAHEAD: usize = ENHANCED_TAG_LEN + 3;

/// ID3v1 has this many bytes, always.
const ID3V1_LEN: usize = 128;

/// The extension that some programs put before ID3v1.
const ENHANCED_TAG_LEN: usize = 227;

/// Header and footer of ID3v2, each.
const ID3V2_HEADER_LEN: usize = 10;

/// Header and footer of APE, each.
const APE_HEADER_LEN: usize = 32;

/// The most bytes an APE tag may claim: as much as ID3v2 can. The field has room for 4 GiB, but a live source
/// would be mute for days after one wrong bit.
const APE_SIZE_MAX: u32 = 1 << 28;

/// This part of an APE tag is its header, the items follow.
const APE_FLAG_IS_HEADER: u32 = 1 << 29;

impl Tag {
    /// Looks at the beginning of `bytes`, of which at least 4 are there. Never unclear when no more will come
    /// (`ended`).
    pub fn at(bytes: &[u8], ended: bool) -> Self {
        let (found, otherwise) = match bytes {
            [b'I', b'D', b'3', ..] => (Self::id3v2(bytes), Self::None),
            [b'T', b'A', b'G', ..] => (Self::id3v1(bytes), Self::Found(ID3V1_LEN as u64)),
            [b'A', b'P', b'E', b'T', ..] => (Self::ape(bytes), Self::None),
            _ => (Self::None, Self::None),
        };
        if ended && found == Self::Undecided { otherwise } else { found }
    }

    /// <https://id3.org/id3v2.4.0-structure>, 3.1. A tag found in junk by mistake would swallow what follows,
    /// so all that the header promises is asked for: a version that exists, no unknown flag, no size byte
    /// with its top bit set.
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

    /// `TAG+` may also be the title `+44` in a plain tag; only the extension has a plain tag behind it.
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

    /// <https://wiki.hydrogenaudio.org/index.php?title=APE_Tags_Header>. The size covers items and footer,
    /// not the header. Of a tag without one, its items have passed as junk and the footer is all that is
    /// left.
    fn ape(bytes: &[u8]) -> Self {
        let Some(edge) = bytes.first_chunk::<APE_HEADER_LEN>() else { return Self::Undecided };
        let number = |at: usize| u32::from_le_bytes([edge[at], edge[at + 1], edge[at + 2], edge[at + 3]]);
        let (version, size, flags) = (number(8), number(12), number(20));
        if !edge.starts_with(b"APETAGEX") || !matches!(version, 1000 | 2000) || size > APE_SIZE_MAX {
            return Self::None;
        }
        let behind = if flags & APE_FLAG_IS_HEADER == 0 { 0 } else { u64::from(size) };
        Self::Found(APE_HEADER_LEN as u64 + behind)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_data::{ape, enhanced_tag, id3v1, id3v2, noise};
    use super::*;

    /// `tag` has its own length; with fewer bytes the answer is the same or unclear.
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
    fn every_tag_has_its_length() {
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
    fn an_enhanced_tag_ends_where_the_plain_one_begins() {
        let bytes = [enhanced_tag(), id3v1("Title")].concat();
        assert_eq!(Tag::at(&bytes, false), Tag::Found(227));
    }

    #[test]
    fn the_largest_claim_of_id3v2_is_256_mib() {
        let tag = Tag::at(b"ID3\x04\x00\x10\x7F\x7F\x7F\x7F", true);
        assert_eq!(tag, Tag::Found((1 << 28) - 1 + 20));
    }

    #[test]
    fn what_only_resembles_a_tag_is_none() {
        assert_eq!(Tag::at(b"ID3\xFF\x00\x00\x00\x00\x00\x00", true), Tag::None);
        assert_eq!(Tag::at(b"ID3 tags are read by this", true), Tag::None);
        assert_eq!(Tag::at(b"ID3\x04\x00\x00\x80\x00\x00\x00", true), Tag::None);
        let mut huge = ape(2000, 0, true);
        huge[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Tag::at(&huge, true), Tag::None);
        assert_eq!(Tag::at(&[b"APETAGEY".as_slice(), &[0; 24]].concat(), true), Tag::None);
    }

    #[test]
    fn noise_is_none() {
        let bytes = noise(1 << 20, 1);
        assert!(bytes.windows(LOOKAHEAD).all(|window| Tag::at(window, true) == Tag::None));
    }
}
