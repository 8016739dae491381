//! Checks single layer III frames with symphonia's parser.
//!
//! symphonia's readers expect a source that blocks. A reader that was kept for a stream would lose frames
//! whenever no bytes are available. So each frame gets a new reader over exactly its own bytes. This also
//! disables symphonia's check of the next header, which would refuse the last frame before a tag; `sync` does
//! that check instead. symphonia 0.6.1 cannot panic on such a slice: the shortest frame has 24 bytes, and
//! symphonia checks the length before each access.
//!
//! A reader needs a buffer of 64 KiB. Allocating and clearing it for each frame took longer than parsing the
//! frame. So the stream that owns the buffer is reused: it is rewound, and its bytes are replaced. Old bytes
//! stay in the buffer, but the rewound stream does not use them. A test compares its results with the results
//! of new streams.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::formats::FormatReader;
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::default::formats::MpaReader;

use super::header::Header;

/// The kind of a slice that begins with a header and has the length given in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// A frame to be played.
    Audio,
    /// A frame with a Xing, Info or VBRI table. It gives the number of frames in a file, and players that
    /// find it in a stream take the stream for finite (Chromium's `<audio>` does).
    Info,
    /// Not a frame.
    NotAFrame,
}

/// Classifies `bytes`, which begin with `header`. For AAC, a valid header is sufficient (see `adts`).
pub fn classify(header: &Header, bytes: &[u8]) -> FrameKind {
    match header {
        Header::Mp3(_) => classify_mp3(bytes),
        Header::Aac(_) => FrameKind::Audio,
    }
}

/// A stream that can be reused.
///
/// There is one for the process and not one per framer or thread, because there may be hundreds of these,
/// most of them idle. If another thread uses it, a thread creates a stream of its own. That one becomes the
/// spare stream, or is freed if there is one again. No thread waits for the lock.
static SPARE_STREAM: Mutex<Option<ReusableStream>> = Mutex::new(None);

/// Classifies `bytes` with symphonia. Takes about half a microsecond.
fn classify_mp3(bytes: &[u8]) -> FrameKind {
    let spare = SPARE_STREAM.try_lock().ok().and_then(|mut spare| spare.take());
    let (kind, stream) = classify_with(spare.unwrap_or_else(ReusableStream::new), bytes);
    if let Ok(mut spare) = SPARE_STREAM.try_lock()
        && spare.is_none()
    {
        *spare = stream;
    }
    kind
}

/// Classifies `bytes`, and returns the stream for reuse. Returns no stream if symphonia cannot create a
/// reader for the bytes, which does not happen if they begin with a header.
fn classify_with(mut stream: ReusableStream, bytes: &[u8]) -> (FrameKind, Option<ReusableStream>) {
    if stream.rewind(bytes).is_err() {
        return (FrameKind::NotAFrame, None);
    }
    let ReusableStream { media, content } = stream;
    let Ok(reader) = MpaReader::try_new(media, Default::default()) else {
        return (FrameKind::NotAFrame, None);
    };
    let mut reader = Box::new(reader);
    let kind = classify_first(&mut reader, bytes.len());
    (kind, Some(ReusableStream { media: reader.into_inner(), content }))
}

/// Classifies the first frame of a reader over `len` bytes.
fn classify_first(reader: &mut MpaReader<'_>, len: usize) -> FrameKind {
    if !is_layer_3(reader) {
        return FrameKind::NotAFrame;
    }
    match reader.next_packet() {
        Ok(Some(packet)) if packet.data.len() == len => FrameKind::Audio,
        // The reader recognised the table and skipped the frame.
        Ok(None) => FrameKind::Info,
        _ => FrameKind::NotAFrame,
    }
}

fn is_layer_3(reader: &MpaReader) -> bool {
    let params = reader.tracks().first().and_then(|track| track.codec_params.as_ref());
    matches!(params, Some(CodecParameters::Audio(audio)) if audio.codec == CODEC_ID_MP3)
}

/// A symphonia stream, and shared access to the bytes that it reads.
struct ReusableStream {
    media: MediaSourceStream<'static>,
    content: Arc<Mutex<Vec<u8>>>,
}

impl ReusableStream {
    fn new() -> Self {
        let content = Arc::<Mutex<Vec<u8>>>::default();
        let source = SwappableSource { content: content.clone(), at: 0 };
        Self { media: MediaSourceStream::new(Box::new(source), Default::default()), content }
    }

    /// Resets the stream to the state of a new one over these bytes.
    fn rewind(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut content = lock(&self.content);
        content.clear();
        content.extend_from_slice(bytes);
        drop(content);
        // This resets all counters of symphonia's stream.
        self.media.seek(SeekFrom::Start(0)).map(drop)
    }
}

/// A source whose bytes can be replaced while symphonia owns it. Only one thread at a time uses it.
struct SwappableSource {
    content: Arc<Mutex<Vec<u8>>>,
    at: usize,
}

impl Read for SwappableSource {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = lock(&self.content).get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

impl Seek for SwappableSource {
    /// Seeks to the start. Nothing else is supported.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if to != SeekFrom::Start(0) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.at = 0;
        Ok(0)
    }
}

impl MediaSource for SwappableSource {
    /// The reader must not seek. If the source were seekable, symphonia would estimate the length from the
    /// bit rate.
    fn is_seekable(&self) -> bool {
        false
    }

    fn byte_len(&self) -> Option<u64> {
        None
    }
}

/// No operation under these locks can panic half-way, so a poisoned lock is safe to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use symphonia::core::io::ReadOnlySource;

    use super::super::mp3::Mp3Header;
    use super::super::silence::silent_frame;
    use super::super::test_data::{all_headers, frame, info_frame, mp3_header, noise, vbri_frame, with_crc};
    use super::*;

    /// Classifies `bytes` with a new stream.
    fn classify_with_new_stream(bytes: &[u8]) -> FrameKind {
        let source = MediaSourceStream::new(Box::new(ReadOnlySource::new(bytes)), Default::default());
        MpaReader::try_new(source, Default::default())
            .map_or(FrameKind::NotAFrame, |mut reader| classify_first(&mut reader, bytes.len()))
    }

    /// Returns the properties of a frame according to symphonia: sampling rate, channels, samples, length.
    fn symphonia_view(bytes: &[u8]) -> Option<(u32, usize, u64, usize)> {
        let source = MediaSourceStream::new(Box::new(ReadOnlySource::new(bytes)), Default::default());
        let mut reader = MpaReader::try_new(source, Default::default()).ok()?;
        let packet = reader.next_packet().ok()??;
        let Some(CodecParameters::Audio(audio)) = &reader.tracks()[0].codec_params else { return None };
        let channels = audio.channels.as_ref()?.count();
        Some((audio.sample_rate?, channels, packet.dur.get(), packet.data.len()))
    }

    #[test]
    fn symphonia_parses_every_header_to_the_same_values() {
        // The private bit, copyright, original and emphasis change nothing in either parser.
        for header in
            all_headers().filter(|header| header.bytes()[2] & 1 == 0 && header.bytes()[3] & 0x0F == 0)
        {
            let bytes = frame(header, 1);
            let expected = (
                header.rate(),
                usize::from(header.channels()),
                u64::from(header.samples()),
                header.frame_len(),
            );
            assert_eq!(symphonia_view(&bytes), Some(expected), "{header:?}");
            assert_eq!(classify_mp3(&bytes), FrameKind::Audio, "{header:?}");
        }
    }

    #[test]
    fn symphonia_accepts_no_layer_iii_header_that_coldwave_refuses() {
        for word in 0..=u16::MAX {
            let [third, fourth] = word.to_be_bytes();
            for second in [0xE2, 0xE3, 0xEA, 0xEB, 0xF2, 0xF3, 0xFA, 0xFB] {
                let bytes = [0xFF, second, third, fourth];
                if fourth & 0x3F == 0 && Header::parse_mp3(bytes).is_none() {
                    let padding = [0; Mp3Header::MAX_FRAME_LEN];
                    assert_eq!(symphonia_view(&[bytes.as_slice(), &padding].concat()), None, "{bytes:02X?}");
                }
            }
        }
    }

    #[test]
    fn info_frames_are_distinguished_from_audio() {
        for header in [
            mp3_header(44_100, 2, 128),
            mp3_header(44_100, 1, 64),
            mp3_header(22_050, 2, 64),
            mp3_header(8_000, 1, 32),
        ] {
            assert_eq!(classify_mp3(&info_frame(header, b"Xing")), FrameKind::Info, "{header:?}");
            assert_eq!(classify_mp3(&info_frame(header, b"Info")), FrameKind::Info, "{header:?}");
            assert_eq!(classify_mp3(&info_frame(with_crc(header), b"Info")), FrameKind::Info, "{header:?}");
            assert_eq!(classify_mp3(&vbri_frame(header)), FrameKind::Info, "{header:?}");
            assert_eq!(classify_mp3(&silent_frame(&header)), FrameKind::Audio, "{header:?}");
        }
    }

    #[test]
    fn noise_after_a_header_is_audio_and_does_not_panic() {
        for (seed, header) in all_headers().step_by(101).enumerate() {
            let mut bytes = noise(header.frame_len(), seed as u64);
            bytes[..4].copy_from_slice(header.bytes());
            assert_eq!(classify_mp3(&bytes), FrameKind::Audio, "{header:?}");
        }
    }

    #[test]
    fn reused_stream_classifies_as_a_new_one_and_survives_any_frame() {
        let mut stream = Some(ReusableStream::new());
        for (seed, header) in all_headers().step_by(7).enumerate() {
            let bytes = [header.bytes(), &noise(header.frame_len() - 4, seed as u64)].concat();
            let used = stream.take().expect("there was a header");
            let (kind, used) = classify_with(used, &bytes);
            assert_eq!(kind, classify_with_new_stream(&bytes), "{header:?}");
            stream = used;
        }
    }

    /// Generates slices with and without a layer III header: complete frames, info frames, slices that are
    /// too short or too long.
    fn slices() -> impl Strategy<Value = Vec<u8>> {
        let headers: Vec<Header> = all_headers().step_by(997).collect();
        let frames = (prop::sample::select(headers), any::<u64>(), 0..8_u8, 0..3000_usize);
        let framed = frames.prop_map(|(header, seed, kind, len)| {
            let has_room = header.frame_len() >= 48;
            let mut bytes = match kind {
                0 if has_room => info_frame(header, b"Xing"),
                1 if has_room => info_frame(header, b"Info"),
                2 if has_room => vbri_frame(header),
                3 => silent_frame(&header),
                4 => [header.bytes(), &noise(header.frame_len() - 4, seed)].concat(),
                _ => frame(header, seed),
            };
            match kind {
                5 => bytes.truncate(len),
                6 => bytes.extend(noise(len, seed)),
                7 => bytes.extend(frame(header, len as u64)),
                _ => {}
            }
            bytes
        });
        let junk = (0..3000_usize, any::<u64>()).prop_map(|(len, seed)| noise(len, seed));
        // Layers I and II and free format, which symphonia supports and coldwave does not, or the reverse.
        let other = (0xE0..=0xFF_u8, any::<[u8; 2]>(), any::<u64>())
            .prop_map(|(second, rest, seed)| [&[0xFF, second][..], &rest, &noise(1000, seed)].concat());
        prop_oneof![6 => framed, 1 => junk, 1 => other, 1 => Just(Vec::new())]
    }

    proptest! {
        #[test]
        fn reused_stream_keeps_no_state_of_earlier_slices(slices in prop::collection::vec(slices(), 1..20)) {
            for bytes in slices {
                prop_assert_eq!(classify_mp3(&bytes), classify_with_new_stream(&bytes), "{:02X?}", &bytes[..bytes.len().min(8)]);
            }
        }
    }
}
