//! The header of a frame of ID3v2.

/// The kind of content of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameContent {
    Artist,
    Title,
    Album,
    /// The time of recording; up to version 2.3 only its year.
    Date,
    Isrc,
    /// A text with a name, after the encoding and this many more bytes.
    NamedText(usize),
    /// The volume to which a player should change (`RVA2`).
    RelativeVolume,
    Picture,
    /// The distance to another tag.
    Seek,
}

/// The header of a frame, in one form for all versions.
#[derive(Debug, Clone, Copy)]
pub struct FrameHeader {
    /// The three letters of version 2.2 are padded with a NUL, as iTunes also wrote them into 2.3.
    pub id: [u8; 4],
    /// The length of the content as its version defines it.
    pub len: u64,
    /// The length as another version defines it. Old versions of iTunes wrote plain numbers into 2.4, and
    /// other programs wrote seven bits in each byte into 2.3.
    pub other_len: Option<u64>,
    /// Number of bytes before the content: group, length.
    pub prefix: usize,
    pub is_compressed: bool,
    pub is_encrypted: bool,
    pub is_unsynchronised: bool,
}

impl FrameHeader {
    /// Returns the length of a header.
    pub fn len_in(version: u8) -> u64 {
        if version == 2 { 6 } else { 10 }
    }

    /// Parses the header that `bytes` begin with. `None` if that is not one: its name has other characters
    /// than ASCII, or none. Names that no standard has are usual: iTunes writes `TST` and a space.
    pub fn parse(bytes: &[u8], version: u8) -> Option<Self> {
        let frame = match (version, bytes) {
            (2, [a, b, c, x, y, z, ..]) => Self::new([*a, *b, *c, 0], u32::from_be_bytes([0, *x, *y, *z])),
            (3, [a, b, c, d, w, x, y, z, _, flags, ..]) => {
                let size = [*w, *x, *y, *z];
                Self {
                    other_len: has_seven_bits(size).then(|| syncsafe(size).into()),
                    is_compressed: flags & 0x80 != 0,
                    is_encrypted: flags & 0x40 != 0,
                    prefix: count(flags & 0x80, 4) + count(flags & 0x20, 1),
                    ..Self::new([*a, *b, *c, *d], u32::from_be_bytes(size))
                }
            }
            (4, [a, b, c, d, w, x, y, z, _, flags, ..]) => {
                let (id, size) = ([*a, *b, *c, *d], [*w, *x, *y, *z]);
                let plain = u32::from_be_bytes(size);
                let both = has_seven_bits(size);
                Self {
                    other_len: both.then_some(plain.into()),
                    is_compressed: flags & 0x08 != 0,
                    is_encrypted: flags & 0x04 != 0,
                    is_unsynchronised: flags & 0x02 != 0,
                    // Compressed frames have a length, whether they say so or not.
                    prefix: count(flags & 0x40, 1) + count(flags & 0x09, 4),
                    ..Self::new(id, if both { syncsafe(size) } else { plain })
                }
            }
            _ => return None,
        };
        let frame = Self { other_len: frame.other_len.filter(|len| *len != frame.len), ..frame };
        frame.has_valid_id().then_some(frame)
    }

    /// Returns the kind of content; `None` if it is not read.
    pub fn content_kind(&self) -> Option<FrameContent> {
        Some(match &self.id {
            b"TIT2" | b"TT2\0" => FrameContent::Title,
            b"TPE1" | b"TP1\0" => FrameContent::Artist,
            b"TALB" | b"TAL\0" => FrameContent::Album,
            b"TDRC" | b"TYER" | b"TYE\0" => FrameContent::Date,
            b"TSRC" | b"TRC\0" => FrameContent::Isrc,
            b"TXXX" | b"TXX\0" => FrameContent::NamedText(0),
            // The language precedes the name.
            b"COMM" | b"COM\0" => FrameContent::NamedText(3),
            // `XRVA` is the same in version 2.3, which does not define it.
            b"RVA2" | b"XRVA" => FrameContent::RelativeVolume,
            b"APIC" | b"PIC\0" => FrameContent::Picture,
            b"SEEK" => FrameContent::Seek,
            _ => return None,
        })
    }

    fn new(id: [u8; 4], len: u32) -> Self {
        Self {
            id,
            len: len.into(),
            other_len: None,
            prefix: 0,
            is_compressed: false,
            is_encrypted: false,
            is_unsynchronised: false,
        }
    }

    fn has_valid_id(&self) -> bool {
        let [first, second, third, last] = self.id;
        let is_character = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        first.is_ascii_alphanumeric()
            && is_character(second)
            && is_character(third)
            && (last == 0 || is_character(last))
    }
}

/// Decodes a number with seven bits in each byte.
pub fn syncsafe(size: [u8; 4]) -> u32 {
    size.into_iter().fold(0, |sum, byte| sum << 7 | u32::from(byte & 0x7f))
}

/// Returns whether a number can have seven bits in each byte.
pub fn has_seven_bits(size: [u8; 4]) -> bool {
    size.iter().all(|byte| byte & 0x80 == 0)
}

fn count(flag: u8, bytes: usize) -> usize {
    if flag == 0 { 0 } else { bytes }
}
