//! Recognises files that are not MPEG audio layer III by their first bytes.
//!
//! Other files can contain bytes that look like two frames of layer III in a row, which would be heard as a
//! blip of noise. So a file is searched for such frames only if its beginning does not say what else it is.

use std::fs::File;
use std::io::{self, Read, Seek};

use super::tags::skip_tags;
use crate::audio::{Codec, Header};
use crate::transcode::unsupported_format;

/// Number of bytes after the tags that are examined: an ADTS frame of usual length, and the next header.
const EXAMINED_BYTES: u64 = 8 << 10;

/// The format tag of MPEG audio layer III in a WAV file.
const WAV_FORMAT_MP3: [u8; 2] = [0x55, 0];

/// Where a signature begins, and its bytes.
type Signature = (usize, &'static [u8]);

/// Signatures of formats that are decoded and do not consist of frames alone. WAV is not among them.
const SIGNATURES: [Signature; 5] = [(0, b"fLaC"), (0, b"OggS"), (4, b"ftyp"), (0, b"FORM"), (0, b"caff")];

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
    let has = |&(at, bytes): &Signature| start.get(at..).is_some_and(|rest| rest.starts_with(bytes));
    let is_known = SIGNATURES.iter().any(has) || unsupported_format(&start).is_some();
    Ok(is_known || is_wav_without_mp3(&start) || is_adts(&start))
}

fn is_wav_without_mp3(start: &[u8]) -> bool {
    let is_wav =
        matches!(start.get(..4), Some(b"RIFF" | b"RF64" | b"BW64")) && start.get(8..12) == Some(b"WAVE");
    let format = start.windows(4).position(|window| window == b"fmt ");
    is_wav && format.and_then(|at| start.get(at + 8..at + 10)) != Some(&WAV_FORMAT_MP3)
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
