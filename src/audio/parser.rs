//! symphonia's parser of layer III, asked about one frame at a time.
//!
//! Its readers expect a source that blocks: kept over one that runs dry they lose frames. So each frame gets
//! a fresh reader over exactly its own bytes. That there is nothing behind them also switches off symphonia's
//! look at the next header, which would refuse the last frame before a tag; `sync` does that part. Its 0.6.1
//! cannot panic on such a slice: the shortest frame has 24 bytes, and each of its look-ups is guarded by a
//! length.

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::formats::FormatReader;
use symphonia::core::io::{MediaSourceStream, ReadOnlySource};
use symphonia::default::formats::MpaReader;

use super::header::Header;

/// What a slice that begins with a header and has the length it says turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A frame that is to be played.
    Audio,
    /// A frame that holds a Xing, Info or VBRI table: it counts the frames of a file, and players that find
    /// it in a stream believe that to be finite (Chromium's `<audio>` does).
    Info,
    /// No frame.
    Neither,
}

/// What these bytes are, which begin with this header. Of AAC the header tells all (see `adts`).
pub fn examine(header: &Header, bytes: &[u8]) -> Kind {
    match header {
        Header::Mp3(_) => examine_mp3(bytes),
        Header::Aac(_) => Kind::Audio,
    }
}

/// What symphonia finds in `bytes`. Takes some microseconds, most of them for its 64 KiB buffer.
fn examine_mp3(bytes: &[u8]) -> Kind {
    let source = MediaSourceStream::new(Box::new(ReadOnlySource::new(bytes)), Default::default());
    let Ok(mut reader) = MpaReader::try_new(source, Default::default()) else { return Kind::Neither };
    if !is_layer_3(&reader) {
        return Kind::Neither;
    }
    match reader.next_packet() {
        Ok(Some(packet)) if packet.data.len() == bytes.len() => Kind::Audio,
        // The reader found a frame and kept it for itself.
        Ok(None) => Kind::Info,
        _ => Kind::Neither,
    }
}

fn is_layer_3(reader: &MpaReader) -> bool {
    let params = reader.tracks().first().and_then(|track| track.codec_params.as_ref());
    matches!(params, Some(CodecParameters::Audio(audio)) if audio.codec == CODEC_ID_MP3)
}

#[cfg(test)]
mod tests {
    use super::super::mp3::Mp3Header;
    use super::super::samples::{all_headers, frame, header, info_frame, noise, protected, vbri_frame};
    use super::super::silence::silent_frame;
    use super::*;

    /// symphonia's own view of a frame: sampling rate, channels, samples, length.
    fn view(bytes: &[u8]) -> Option<(u32, usize, u64, usize)> {
        let source = MediaSourceStream::new(Box::new(ReadOnlySource::new(bytes)), Default::default());
        let mut reader = MpaReader::try_new(source, Default::default()).ok()?;
        let packet = reader.next_packet().ok()??;
        let Some(CodecParameters::Audio(audio)) = &reader.tracks()[0].codec_params else { return None };
        let channels = audio.channels.as_ref()?.count();
        Some((audio.sample_rate?, channels, packet.dur.get(), packet.data.len()))
    }

    #[test]
    fn symphonia_reads_every_header_as_we_do() {
        // The private bit, copyright, original and emphasis change nothing in either reading.
        for header in
            all_headers().filter(|header| header.bytes()[2] & 1 == 0 && header.bytes()[3] & 0x0F == 0)
        {
            let bytes = frame(header, 1);
            let ours = (
                header.rate(),
                usize::from(header.channels()),
                u64::from(header.samples()),
                header.frame_len(),
            );
            assert_eq!(view(&bytes), Some(ours), "{header:?}");
            assert_eq!(examine_mp3(&bytes), Kind::Audio, "{header:?}");
        }
    }

    #[test]
    fn symphonia_takes_no_layer_iii_header_that_we_refuse() {
        for word in 0..=u16::MAX {
            let [third, fourth] = word.to_be_bytes();
            for second in [0xE2, 0xE3, 0xEA, 0xEB, 0xF2, 0xF3, 0xFA, 0xFB] {
                let bytes = [0xFF, second, third, fourth];
                if fourth & 0x3F == 0 && Header::parse(bytes).is_none() {
                    let padding = [0; Mp3Header::MAX_FRAME_LEN];
                    assert_eq!(view(&[bytes.as_slice(), &padding].concat()), None, "{bytes:02X?}");
                }
            }
        }
    }

    #[test]
    fn tables_are_told_from_audio() {
        for header in
            [header(44_100, 2, 128), header(44_100, 1, 64), header(22_050, 2, 64), header(8_000, 1, 32)]
        {
            assert_eq!(examine_mp3(&info_frame(header, b"Xing")), Kind::Info, "{header:?}");
            assert_eq!(examine_mp3(&info_frame(header, b"Info")), Kind::Info, "{header:?}");
            assert_eq!(examine_mp3(&info_frame(protected(header), b"Info")), Kind::Info, "{header:?}");
            assert_eq!(examine_mp3(&vbri_frame(header)), Kind::Info, "{header:?}");
            assert_eq!(examine_mp3(&silent_frame(&header)), Kind::Audio, "{header:?}");
        }
    }

    #[test]
    fn noise_behind_a_header_is_audio_and_nothing_panics() {
        for (seed, header) in all_headers().step_by(101).enumerate() {
            let mut bytes = noise(header.frame_len(), seed as u64);
            bytes[..4].copy_from_slice(header.bytes());
            assert_eq!(examine_mp3(&bytes), Kind::Audio, "{header:?}");
        }
    }
}
