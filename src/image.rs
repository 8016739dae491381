//! Recognises PNG, JPEG, GIF and WebP by their first bytes. File names and declared media types are ignored.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The largest image that is shown, in bytes: the most that DNAS accepts as artwork.
pub const IMAGE_MAX: usize = 523_872;

/// An image.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    content_type: &'static str,
    bytes: Arc<[u8]>,
    digest: u64,
}

/// Why bytes are not an image that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageError {
    /// There are no bytes.
    Empty,
    /// It is larger than [`IMAGE_MAX`].
    TooLarge,
    /// It is neither PNG nor JPEG nor GIF nor WebP.
    UnknownFormat,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLarge => write!(f, "is larger than {IMAGE_MAX} bytes"),
            Self::UnknownFormat => f.write_str("is not an image, expected PNG, JPEG, GIF or WebP"),
        }
    }
}

impl Image {
    /// Returns these bytes as an image.
    ///
    /// # Errors
    /// If they are not an image that can be shown.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ImageError> {
        if bytes.is_empty() {
            return Err(ImageError::Empty);
        }
        if bytes.len() > IMAGE_MAX {
            return Err(ImageError::TooLarge);
        }
        let content_type = content_type(&bytes).ok_or(ImageError::UnknownFormat)?;
        Ok(Self { content_type, digest: digest(&bytes), bytes: bytes.into() })
    }

    /// Returns the media type.
    pub fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// Returns a hash of the image, which is different for different images with high probability.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Returns the bytes of the image.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.content_type, self.bytes.len())
    }
}

/// Returns a version of an image, or the digest of one, as it is written in URLs and ETags.
pub fn version_text(version: u64) -> String {
    format!("{version:016x}")
}

/// Returns a hash of `value`, which is the same in every run of this build.
pub fn digest(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Returns the media type for the first bytes of an image. SVG is not supported, because it can contain
/// scripts.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let begins = |signature: &[u8]| bytes.starts_with(signature);
    match () {
        () if begins(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        () if begins(b"\xFF\xD8\xFF") => Some("image/jpeg"),
        () if begins(b"GIF87a") || begins(b"GIF89a") => Some("image/gif"),
        () if is_webp => Some("image/webp"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_determine_the_format() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], Ok("image/png")),
            (b"\xFF\xD8\xFF\xE0..", Ok("image/jpeg")),
            (b"GIF89a", Ok("image/gif")),
            (b"GIF87a..", Ok("image/gif")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Ok("image/webp")),
            (b"RIFF\x10\0\0\0WAVEfmt ", Err(ImageError::UnknownFormat)),
            (b"RIFF", Err(ImageError::UnknownFormat)),
            (b"\x89PNG", Err(ImageError::UnknownFormat)),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", Err(ImageError::UnknownFormat)),
            (b"<html><script>GIF89a", Err(ImageError::UnknownFormat)),
            (b"BM", Err(ImageError::UnknownFormat)),
            (b"", Err(ImageError::Empty)),
        ] {
            let found = Image::parse(bytes.to_vec()).map(|image| image.content_type());
            assert_eq!(found, expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn different_images_have_different_digests() {
        let digest = |bytes: &[u8]| Image::parse(bytes.to_vec()).map(|image| image.digest());
        assert_eq!(digest(b"GIF89a1"), digest(b"GIF89a1"));
        assert_ne!(digest(b"GIF89a1"), digest(b"GIF89a2"));
    }

    #[test]
    fn too_large_image_is_refused() {
        let image = |length: usize| Image::parse([&b"\xFF\xD8\xFF"[..], &vec![0; length - 3]].concat());
        assert_eq!(image(IMAGE_MAX).map(|image| image.bytes().len()), Ok(IMAGE_MAX));
        assert_eq!(image(IMAGE_MAX + 1), Err(ImageError::TooLarge));
    }
}
