//! Converts audio: files of many formats, and frames in another rate or channel count, become frames in a
//! station's format.
//!
//! Everything here is ordinary code that blocks and uses processor time. It runs in an encode worker, a
//! process of its own (see [`encode_worker`](crate::encode_worker)), because a decoder or LAME may abort the
//! process.

mod aligned_converter;
mod decode;
mod encoded_frames;
mod file_info;
mod file_to_adts;
mod file_to_mp3;
mod file_transcoder;
mod format_converter;
mod frame_history;
mod ladder;
mod ladder_rung;
#[cfg(feature = "lame")]
mod lame;
mod left_out;
mod limiter;
mod loudness_meter;
mod loudness_tags;
mod mix;
mod mp3_encoder;
mod mp3_formats;
#[cfg(not(feature = "lame"))]
mod no_lame;
pub mod path_bytes;
mod pcm;
mod pcm_source;
mod resample;
mod rung;
mod stream_transcoder;
pub mod tags;
mod target;
mod true_peak;

#[cfg(test)]
#[cfg_attr(not(feature = "lame"), expect(dead_code, reason = "most of it is for tests of the encoder"))]
mod test_audio;

pub use decode::{
    AdtsFile, AudioFile, ProgrammeDecoder, SbrMonitor, StreamDecoder, container_name, has_layer_1_or_2,
};
pub use encoded_frames::{EncodedFrames, FrameMark};
pub use file_info::{AudioFileInfo, AudioKind, CoverInfo, FileTags, TagLoudness};
pub use file_transcoder::FileTranscoder;
pub use ladder::{CpuClock, Ladder};
pub use left_out::LeftOut;
pub use limiter::Limiter;
pub use loudness_meter::LoudnessMeter;
pub use loudness_tags::{LoudnessTags, PLAUSIBLE_LUFS};
pub use mp3_encoder::Mp3Encoder;
pub use mp3_formats::{MP3_RATES, mp3_bit_rates};
pub use pcm::PcmBlock;
pub use rung::{RUNG_DELAY, Rung, RungFrames, RungId};
pub use stream_transcoder::StreamTranscoder;
pub use target::{DEFAULT_KBPS, FileJob, FileOutput, TargetFormat};
