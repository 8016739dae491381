//! Recognises files that are not MPEG audio layer III by their first bytes.
//!
//! Other files can contain bytes that look like two frames of layer III in a row, which would be heard as a
//! blip of noise. So a file is searched for such frames only if its beginning does not say what else it is.

use std::fs::File;
use std::io::{self, Read, Seek};

use crate::audio::{Codec, Header};
use crate::id3v2::skip_tags;
use crate::transcode::container_name;

/// Number of bytes after the tags that are examined: an ADTS frame of usual length, and the next header.
const EXAMINED_BYTES: u64 = 8 << 10;

/// Returns whether the file says by its first bytes, after any tags, that it is not layer III. Leaves the
/// file at its start.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub fn is_other_audio(file: &mut File) -> io::Result<bool> {
    skip_tags(file)?;
    let mut start = Vec::new();
    file.take(EXAMINED_BYTES).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(container_name(&start, true).is_some() || is_adts(&start))
}

/// Returns whether two AAC frames in a row are at the beginning.
fn is_adts(start: &[u8]) -> bool {
    let Some(first) = Header::parse(Codec::Aac, start) else { return false };
    let next = start.get(first.frame_len()..).and_then(|rest| Header::parse(Codec::Aac, rest));
    next.is_some_and(|next| next.is_compatible_with(&first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::path::Path;

    fn is_other(bytes: &[u8]) -> bool {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("disk space");
        is_other_audio(&mut file).expect("a readable file")
    }

    fn fixture(name: &str) -> Vec<u8> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
        std::fs::read(path).expect("a file")
    }

    fn wav(format: u8) -> Vec<u8> {
        [b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0".as_slice(), &[format, 0, 2, 0], &[0; 40]].concat()
    }

    #[test]
    fn signatures_are_found_also_after_tags() {
        assert!(is_other(b"RIFF\x24\0\0\0AVI LIST") && is_other(b"\0\0\x01\xbaD\0\x04\0"));
        assert!(is_other(&[b"G\x40\x11\x10".as_slice(), &[0xff; 184]].concat().repeat(5)), "MPEG-TS");
        assert!(is_other(b"fLaC\0\0\0\x22"));
        assert!(is_other(b"tBaK") && is_other(b"wvpk"));
        assert!(is_other(b"\0\0\0\x20ftypM4A "));
        assert!(is_other(b"ID3\x04\0\0\0\0\0\x04abcdOggS"));
        assert!(is_other(&fixture("aac/lc-44100-stereo-96k.aac")));
        assert!(!is_other(b"ID3\x04\0\0\0\0\0\x04abcd\xff\xfb"));
        assert!(!is_other(b""));
    }

    #[test]
    fn wav_is_searched_only_if_it_contains_mp3() {
        assert!(is_other(&wav(1)));
        assert!(!is_other(&wav(0x55)));
    }

    #[test]
    fn no_mp3_fixture_is_taken_for_something_else() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3");
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "mp3") {
                assert!(!is_other(&std::fs::read(&path).expect("a file")), "{}", path.display());
            }
        }
    }
}
