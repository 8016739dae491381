//! Frames that a conversion has produced, and the points where titles begin.

use serde::{Deserialize, Serialize};

/// Consecutive complete frames.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodedFrames {
    /// The index of the first frame, counted from the start of the encoder, which several files may share: 0,
    /// 1, 2 …
    pub index: u64,
    /// The number of frames.
    pub count: u32,
    /// The frames, without gaps.
    pub bytes: Vec<u8>,
    /// Points in the input that begin with one of these frames, in order.
    pub marks: Vec<FrameMark>,
    /// Whether these are the last frames of the job.
    pub is_last: bool,
}

/// A point in the input, such as the beginning of a title, and the frame at which it is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameMark {
    /// The index of a frame among those with which the mark was sent: 0 is the first of them.
    pub frame: u32,
    /// The number by which the sender of the input recognises the point.
    pub token: u32,
}
