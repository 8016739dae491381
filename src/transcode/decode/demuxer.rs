//! Reads the packets of one audio track with symphonia, whatever else is in the file.

use std::io;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::ReadBytes;
use symphonia::core::packet::Packet;
use symphonia::default::formats::{
    AiffReader, CafReader, FlacReader, IsoMp4Reader, MpaReader, OggReader, WavReader,
};

use super::caught::caught;
use super::container::Container;
use super::file_view::FileView;
use crate::transcode::LeftOut;

/// A demuxer and its audio track.
pub(super) struct Demuxer {
    /// `None` after it has panicked.
    reader: Option<Box<dyn FormatReader>>,
    track: Track,
}

/// What comes next in a file.
pub(super) enum Demuxed {
    /// A packet of the track.
    Packet(Packet),
    /// A new stream begins, whose codec may differ: the next link of a chain in Ogg.
    NewStream,
    /// The end.
    End,
}

/// The most consecutive errors, or packets of other tracks, after which a file ends. A video has several
/// packets for each of its audio; damage that a demuxer cannot pass repeats for ever.
const MAX_WITHOUT_PACKET: usize = 1000;

/// The most samples of a packet. Those of FLAC have at most 65,535. A decoder reserves memory for a whole
/// packet, so a damaged number in the header of a file could require more memory than a worker may use.
const MAX_PACKET_SAMPLES: u64 = 1 << 20;

impl Demuxer {
    /// Opens a file in this container.
    ///
    /// # Errors
    /// If it has no audio track, or is damaged.
    pub fn open(container: Container, view: FileView) -> Result<Self, LeftOut> {
        let opened = caught(|| open_reader(container, view)).ok_or(LeftOut::Damaged)?;
        let reader = opened.map_err(|error| left_out(&error))?;
        let track = audio_track(&*reader).ok_or(LeftOut::NotAudio)?.clone();
        let opened = Self { reader: Some(reader), track };
        if opened.codec().max_frames_per_packet.is_some_and(|samples| samples > MAX_PACKET_SAMPLES) {
            return Err(LeftOut::Damaged);
        }
        Ok(opened)
    }

    /// Returns the track.
    pub fn track(&self) -> &Track {
        &self.track
    }

    /// Returns the parameters of the codec.
    pub fn codec(&self) -> AudioCodecParameters {
        match &self.track.codec_params {
            Some(CodecParameters::Audio(audio)) => audio.clone(),
            _ => AudioCodecParameters::new(),
        }
    }

    /// Reads the next packet of the track.
    pub fn next(&mut self) -> Demuxed {
        for _ in 0..MAX_WITHOUT_PACKET {
            match self.read() {
                Ok(Some(packet)) if packet.track_id == self.track.id => return Demuxed::Packet(packet),
                Err(Error::ResetRequired) if self.choose_track() => return Demuxed::NewStream,
                Ok(None) | Err(Error::IoError(_)) => break,
                Ok(Some(_)) | Err(_) => {}
            }
        }
        Demuxed::End
    }

    fn read(&mut self) -> Result<Option<Packet>, Error> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        caught(|| reader.next_packet()).unwrap_or_else(|| {
            self.reader = None;
            Ok(None)
        })
    }

    /// Returns whether there is an audio track.
    fn choose_track(&mut self) -> bool {
        let Some(track) = self.reader.as_ref().and_then(|reader| audio_track(&**reader)) else {
            return false;
        };
        self.track = track.clone();
        true
    }
}

fn open_reader(container: Container, view: FileView) -> Result<Box<dyn FormatReader>, Error> {
    let (stream, options) = (view.into_stream(), FormatOptions::default());
    Ok(match container {
        Container::Flac => Box::new(FlacReader::try_new(stream, options)?),
        Container::Ogg => Box::new(OggReader::try_new(stream, options)?),
        Container::Mp4 => {
            let mut stream = stream;
            // The reader goes back by four bytes, as if its marker, `ftyp`, had been found.
            stream.read_quad_bytes().map_err(Error::IoError)?;
            Box::new(IsoMp4Reader::try_new(stream, options)?)
        }
        Container::Wave => Box::new(WavReader::try_new(stream, options)?),
        Container::Aiff => Box::new(AiffReader::try_new(stream, options)?),
        Container::Caf => Box::new(CafReader::try_new(stream, options)?),
        Container::MpegLayers | Container::Mp3 | Container::Adts => {
            Box::new(MpaReader::try_new(stream, options)?)
        }
    })
}

/// Returns the first audio track with a known codec, else the first audio track.
fn audio_track(reader: &dyn FormatReader) -> Option<&Track> {
    reader.first_track_known_codec(TrackType::Audio).or_else(|| reader.first_track(TrackType::Audio))
}

/// Returns why a demuxer has refused a file.
fn left_out(error: &Error) -> LeftOut {
    match error {
        Error::Unsupported(what) | Error::LimitError(what) => LeftOut::Unsupported((*what).to_owned()),
        Error::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            LeftOut::Unreadable(error.to_string())
        }
        _ => LeftOut::Damaged,
    }
}
