//! Encode workers: processes of this program that decode and encode audio, because a decoder or LAME may
//! abort the process. The server sends requests through a pipe and reads the responses from another.
//!
//! | part | files |
//! | --- | --- |
//! | in the server: the pool and its jobs | `pool`, `station_encoder`, `station_encoders`, `encoded_file`, `loop_job`, `stream_job`, `ladder_job` |
//! | in the server: state without threads | `pool_state`, `slot`, `ending`, `restart`, `blame` |
//! | in the server: threads and processes | `supervisor`, `launch` |
//! | between them | [`protocol`], `framing` |
//! | in the worker | [`process`], `serve`, `transcoders`, `thread_time` |
//!
//! **Death.** The pipe of a process that dies is closed. All its jobs then fail, and the request that it was
//! answering is to blame; the others can be tried again at once. A process that does not answer a request is
//! killed. A thread waits for the end of each process, so that none becomes a zombie.
//!
//! **Time** is counted in ticks of a second by a thread of the pool. A server that was stopped for a while
//! therefore does not take its workers for dead.

mod blame;
mod encoded_file;
mod ending;
mod framing;
mod job_error;
mod ladder_job;
mod launch;
mod loop_job;
mod pending;
mod pool;
mod pool_handle;
mod pool_state;
pub mod process;
pub mod protocol;
mod restart;
mod serve;
mod slot;
mod station_encoder;
mod station_encoders;
mod status;
mod stream_job;
mod supervisor;
mod thread_time;
mod transcoders;

pub use encoded_file::EncodedFile;
pub use job_error::JobError;
pub use ladder_job::LadderJob;
pub use launch::Launch;
pub use pool::EncodePool;
pub use station_encoder::StationEncoder;
pub use station_encoders::StationEncoders;
pub use status::{EncoderStatus, WorkerState, WorkerStatus};
pub use stream_job::StreamJob;

#[cfg(test)]
mod tests;
