//! Finds out what a source sends that sends no frames of the announced codec: a container, or frames of the
//! other codec.

use crate::audio::{Codec, Framer};
use crate::transcode::container_name;

/// The number of bytes at the beginning in which a container is recognised. In a WAV file, other chunks may
/// precede the one that tells its codec.
const BEGINNING: usize = 512;

/// Frames of the other codec, one after the other, that are no coincidence.
const OTHER_FRAMES_MIN: u32 = 3;

/// What a source sends instead of the announced frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeFinding {
    /// A container with this name.
    Container(&'static str),
    /// Frames of this codec.
    OtherCodec(Codec),
}

/// Examines the audio of a source until its first frame was found.
#[derive(Debug)]
pub struct AudioProbe {
    beginning: Vec<u8>,
    other_codec: Codec,
    other_framer: Framer,
    other_frames: u32,
}

impl AudioProbe {
    /// Creates a probe for a source that announces this codec.
    pub fn new(announced: Codec) -> Self {
        let other_codec = announced.other();
        Self {
            beginning: Vec::new(),
            other_codec,
            other_framer: Framer::with_codec(other_codec),
            other_frames: 0,
        }
    }

    /// Examines the next bytes.
    pub fn push(&mut self, audio: &[u8]) {
        let room = BEGINNING - self.beginning.len();
        self.beginning.extend_from_slice(&audio[..audio.len().min(room)]);
        self.other_framer.push(audio);
        while self.other_framer.next_frame().is_some() {
            self.other_frames += 1;
        }
    }

    /// Returns what was found.
    pub fn finding(&self) -> Option<ProbeFinding> {
        let container = container_name(&self.beginning, self.beginning.len() == BEGINNING);
        container.map(ProbeFinding::Container).or_else(|| {
            (self.other_frames >= OTHER_FRAMES_MIN).then_some(ProbeFinding::OtherCodec(self.other_codec))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Header, silent_frame};

    fn probed(announced: Codec, bytes: &[u8]) -> Option<ProbeFinding> {
        let mut probe = AudioProbe::new(announced);
        let mut findings = bytes.chunks(7).map(|piece| {
            probe.push(piece);
            probe.finding()
        });
        findings.find(Option::is_some).flatten()
    }

    #[test]
    fn container_is_recognised_by_its_first_bytes() {
        let wav = |format: u8| [b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", &[format, 0, 2, 0][..]].concat();
        for (bytes, name) in [
            (b"OggS\0\x02\0\0\0\0\0\0".to_vec(), "Ogg"),
            (b"fLaC\0\0\0\x22".to_vec(), "FLAC"),
            (b"\x1A\x45\xDF\xA3\x9FB".to_vec(), "Matroska or WebM"),
            (b"\0\0\0\x20ftypM4A ".to_vec(), "MP4"),
            (b"FORM\0\0\0\0AIFF".to_vec(), "AIFF"),
            (b"wvpk\0\0\0\0".to_vec(), "WavPack"),
            (b"RIFF\x24\0\0\0AVI LIST".to_vec(), "AVI"),
            (wav(1), "WAV"),
            ([b"RIFF\x24\0\0\0WAVE", &[b'x'; 600][..]].concat(), "WAV"),
        ] {
            assert_eq!(probed(Codec::Mp3, &bytes), Some(ProbeFinding::Container(name)), "{name}");
            assert_eq!(probed(Codec::Aac, &bytes), Some(ProbeFinding::Container(name)), "{name}");
        }
        assert_eq!(probed(Codec::Mp3, &wav(0x55)), None, "MP3 in WAV is played");
        assert_eq!(probed(Codec::Mp3, b"xOggS"), None, "only at the beginning");
    }

    #[test]
    fn frames_of_the_other_codec_are_recognised() {
        let aac = silent_frame(&Header::new_aac(44_100, 2, 300).expect("a format"));
        let mp3 = silent_frame(&Header::DEFAULT);
        let other = |codec| Some(ProbeFinding::OtherCodec(codec));
        assert_eq!(probed(Codec::Mp3, &aac.repeat(6)), other(Codec::Aac));
        assert_eq!(probed(Codec::Aac, &mp3.repeat(6)), other(Codec::Mp3));
        assert_eq!(probed(Codec::Mp3, &aac.repeat(2)), None);
        assert_eq!(probed(Codec::Mp3, &mp3.repeat(20)), None);
        assert_eq!(probed(Codec::Aac, &aac.repeat(20)), None);
    }
}
