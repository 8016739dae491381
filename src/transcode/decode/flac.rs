//! Native FLAC without its pictures and other metadata.

use super::file_view::FileView;
use crate::transcode::LeftOut;

/// The most metadata blocks that are skipped.
const MAX_BLOCKS: usize = 4096;

/// The length of the only block that a decoder needs, STREAMINFO.
const STREAMINFO_LEN: u32 = 34;

/// The first bit of a block: it is the last before the audio.
const IS_LAST: u8 = 0x80;

/// Returns the file with only the block that a decoder needs in front of the audio (RFC 9639, 8).
pub(super) fn without_metadata(view: FileView) -> Result<FileView, LeftOut> {
    let mut at = 4;
    let mut head = Vec::new();
    for _ in 0..MAX_BLOCKS {
        let [kind, len @ ..] = view.peek_array::<4>(at).ok_or(LeftOut::Damaged)?;
        let len = u32::from_be_bytes([0, len[0], len[1], len[2]]);
        if kind & !IS_LAST == 0 && len == STREAMINFO_LEN && head.is_empty() {
            let content = view.peek(at + 4, STREAMINFO_LEN as usize);
            head = [b"fLaC", &[IS_LAST, 0, 0, STREAMINFO_LEN as u8][..], &content].concat();
        }
        at += 4 + u64::from(len);
        if kind & IS_LAST != 0 {
            let has_audio = !head.is_empty() && at < view.len();
            return if has_audio { Ok(view.replace_start(at, head)) } else { Err(LeftOut::Damaged) };
        }
    }
    Err(LeftOut::Damaged)
}
