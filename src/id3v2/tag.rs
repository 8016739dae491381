//! What is read from an ID3v2 tag.

/// What is read from a tag. A text can have several values, separated by NULs.
#[derive(Debug, Default, PartialEq)]
pub struct Id3Tag {
    pub artist: Option<String>,
    pub title: Option<String>,
    pub album: Option<String>,
    /// A date that begins with the year, or the year.
    pub date: Option<String>,
    pub isrc: Option<String>,
    /// The names and values of texts with a name (`TXXX`, `COMM`).
    pub named_texts: Vec<(String, String)>,
    /// The volume of the track to which a player should change, in dB (`RVA2`).
    pub relative_volume: Option<f32>,
    /// The first front cover, else the first picture.
    pub picture: Option<Id3Picture>,
    /// The distance in bytes from the end of this tag to another one (`SEEK`).
    pub seek: Option<u32>,
}

/// Where a picture is in the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Id3Picture {
    /// The media type, such as `image/jpeg`.
    pub mime: String,
    pub is_front: bool,
    /// The offset of the image data in the file, in bytes.
    pub offset: u64,
    /// Its length in the file, in bytes.
    pub len: u64,
    /// Whether [`remove_unsynchronisation`](super::remove_unsynchronisation) must be applied to it.
    pub is_unsynchronised: bool,
}
