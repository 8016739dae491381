//! Core Audio Format: which samples the encoder has added.

use super::file_view::FileView;

/// The most chunks that are read.
const MAX_CHUNKS: usize = 1000;

/// Returns how many samples are dropped at the beginning, and how many are kept, if the file says so: the
/// header of its packet table (Apple, "Core Audio Format Specification 1.0", packet table chunk).
pub(super) fn heard(view: &FileView) -> Option<(u64, u64)> {
    let mut at = 8;
    for _ in 0..MAX_CHUNKS {
        let kind = view.peek_array::<4>(at)?;
        let len = i64::from_be_bytes(view.peek_array(at + 4)?);
        if &kind == b"pakt" {
            let valid = u64::from_be_bytes(view.peek_array(at + 20)?);
            let priming = u32::from_be_bytes(view.peek_array(at + 28)?);
            return (valid > 0 && valid < u64::MAX / 2).then_some((priming.into(), valid));
        }
        // The length of the last chunk may be -1: until the end of the file.
        at = u64::try_from(len).ok().and_then(|len| at.checked_add(12)?.checked_add(len))?;
    }
    None
}
