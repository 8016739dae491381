//! Converts audio: files of many formats, and frames in another rate or channel count, become frames in a
//! station's format.
//!
//! Everything here is ordinary code that blocks and uses processor time. It runs in an encode worker, a process
//! of its own (see [`encode_worker`](crate::encode_worker)), because a decoder or LAME may abort the process.

mod decode;
mod encoded_frames;
mod file_info;
mod left_out;
mod mp3_formats;
pub mod path_bytes;
mod pcm;
mod target;

pub use decode::{AudioFile, StreamDecoder};
pub use encoded_frames::{EncodedFrames, FrameMark};
pub use file_info::{AudioFileInfo, AudioKind, FileTags, TagLoudness};
pub use left_out::LeftOut;
pub use mp3_formats::{MP3_RATES, mp3_bit_rates};
pub use pcm::PcmBlock;
pub use target::{FileJob, FileOutput, TargetFormat};
