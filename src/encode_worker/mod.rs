//! Encode workers: processes of this program that decode and encode audio, because a decoder or LAME may abort
//! the process. The server sends requests through a pipe and reads the responses from another.

pub mod protocol;
