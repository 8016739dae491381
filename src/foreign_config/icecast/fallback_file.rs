//! Whether a file of `<webroot>` can be a fallback.

use std::path::Path;

use crate::audio::{Codec, Framer};
use crate::open_file;

/// How much of a file is looked at.
const EXAMINED_MAX: usize = 256 * 1024;

/// The first bytes of audio files that do not begin with a frame. After a tag there can be a large picture.
const MAGIC: [&[u8]; 5] = [b"ID3", b"fLaC", b"OggS", b"RIFF", b"FORM"];

/// Returns why an existing file cannot be played, as the rest of a sentence that begins with it.
pub(super) fn problem(path: &Path) -> Option<String> {
    match open_file::read_regular(path, EXAMINED_MAX) {
        Ok(bytes) if is_audio(&bytes) => None,
        Ok(_) => Some("is not audio".to_owned()),
        Err(error) => Some(format!("cannot be read: {error}")),
    }
}

fn is_audio(bytes: &[u8]) -> bool {
    let is_known = MAGIC.iter().any(|magic| bytes.starts_with(magic)) || bytes.get(4..8) == Some(b"ftyp");
    is_known || [Codec::Mp3, Codec::Aac].into_iter().any(|codec| has_frame(bytes, codec))
}

fn has_frame(bytes: &[u8], codec: Codec) -> bool {
    let mut framer = Framer::with_codec(codec);
    framer.push(bytes);
    framer.finish();
    framer.next_frame().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_without_audio_is_no_fallback() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        for (name, expected) in [
            ("mp3/id3v24-utf8-apic.mp3", None),
            ("aac/lc-44100-stereo-96k.aac", None),
            ("formats/flac-44100-stereo-16.flac", None),
            ("mp3/empty.mp3", Some("is not audio")),
            ("icecast/02-smallest.xml", Some("is not audio")),
            ("mp3", Some("cannot be read: is a directory")),
        ] {
            assert_eq!(problem(&fixtures.join(name)).as_deref(), expected, "{name}");
        }
    }
}
