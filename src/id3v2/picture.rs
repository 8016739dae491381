//! The header of a picture in an ID3v2 tag (`APIC`, `PIC`).

/// Maximum length of a picture's header in bytes: its format and a description.
pub const MAX_HEAD_BYTES: usize = 4 << 10;

/// The picture type of a front cover.
const FRONT_COVER: u8 = 3;

/// What precedes the image data of a picture.
#[derive(Debug, PartialEq, Eq)]
pub struct PictureHeader {
    /// Such as `image/jpeg`.
    pub mime: String,
    /// Whether it is the front cover, and not another picture such as of the artist.
    pub is_front: bool,
    /// Number of bytes before the image data.
    pub len: usize,
}

impl PictureHeader {
    /// Parses the header that `content` begins with: the encoding of the description, the format, the type of
    /// picture and the description. `None` for a link instead of image data, and if it is damaged.
    pub fn parse(content: &[u8], version: u8) -> Option<Self> {
        let (encoding, rest) = content.split_first()?;
        let (format, rest) = if version == 2 {
            rest.split_at_checked(3)?
        } else {
            let end = rest.iter().position(|byte| *byte == 0)?;
            (&rest[..end], &rest[end + 1..])
        };
        let (picture_type, rest) = rest.split_first()?;
        let image = find_image(rest, matches!(encoding, 1 | 2))?;
        let len = content.len() - image.len();
        mime_type(format).map(|mime| Self { mime, is_front: *picture_type == FRONT_COVER, len })
    }
}

/// Returns the image data after the description. Programs end a description in UTF-16 with one NUL if it is
/// empty, so image data that begins after one NUL is preferred.
fn find_image(rest: &[u8], is_wide: bool) -> Option<&[u8]> {
    let narrow = rest.iter().position(|byte| *byte == 0).map(|end| &rest[end + 1..]);
    if !is_wide || narrow.is_some_and(is_image) {
        return narrow;
    }
    let end = rest.chunks_exact(2).position(|unit| unit == [0; 2])?;
    Some(&rest[2 * end + 2..])
}

fn is_image(bytes: &[u8]) -> bool {
    [&b"\xff\xd8\xff"[..], b"\x89PNG", b"GIF8", b"RIFF"].iter().any(|magic| bytes.starts_with(magic))
}

/// Returns `image/jpeg` for `image/jpeg`, `JPG` and `jpeg`. `-->` means that there is a link instead of image
/// data, which is not supported.
fn mime_type(format: &[u8]) -> Option<String> {
    let format = str::from_utf8(format).ok()?.trim().to_ascii_lowercase();
    let format = format.strip_prefix("image/").unwrap_or(&format);
    let is_valid = |format: &&str| {
        let mut letters = format.bytes();
        letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && letters.all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c))
    };
    Some(format)
        .filter(is_valid)
        .map(|format| format!("image/{}", if format == "jpg" { "jpeg" } else { format }))
}
