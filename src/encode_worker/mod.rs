//! Encode workers: processes of this program that decode and encode audio, because a decoder or LAME may abort
//! the process. The server sends requests through a pipe and reads the responses from another.

mod blame;
mod encoded_file;
mod framing;
mod job_error;
mod launch;
mod no_jobs;
mod pending;
mod pool;
mod pool_state;
pub mod protocol;
mod restart;
mod serve;
mod slot;
mod station_encoder;
mod status;
mod stream_job;
mod supervisor;

pub use encoded_file::EncodedFile;
pub use job_error::JobError;
pub use launch::Launch;
pub use pool::EncodePool;
pub use station_encoder::StationEncoder;
pub use status::{EncoderStatus, WorkerState, WorkerStatus};
pub use stream_job::StreamJob;
