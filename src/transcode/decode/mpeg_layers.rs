//! Finds frames of MPEG audio layers I and II, which stations do not play but files contain.

/// Bit rates in kbit/s by index: layer I and II of MPEG-1, layer I and II of MPEG-2 (ISO/IEC 11172-3,
/// 2.4.2.3; 13818-3, 2.4.2.3).
const KBPS: [[[u32; 15]; 2]; 2] = [
    [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    ],
    [
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ],
];

/// The fewest consecutive frames that count. Fewer can be chance.
const MIN_FRAMES: usize = 3;

/// The bits of a header that are the same in all frames of a stream: sync, version, layer, sampling rate.
const SAME: u32 = 0xFFFE_0C00;

/// Returns the length in bytes of the first consecutive frames of layer I or II, 0 if there are none.
pub(super) fn frame_bytes(bytes: &[u8]) -> usize {
    let starts = (0..bytes.len()).filter(|at| bytes[*at] == 0xFF);
    starts.map(|at| run_len(&bytes[at..])).find(|len| *len > 0).unwrap_or(0)
}

/// Returns whether there are frames of layer I or II, one after the other.
pub fn has_layer_1_or_2(bytes: &[u8]) -> bool {
    frame_bytes(bytes) > 0
}

fn run_len(bytes: &[u8]) -> usize {
    let Some(first) = header(bytes) else { return 0 };
    let (mut at, mut frames) = (0, 0);
    while let Some((len, next)) = bytes.get(at..).and_then(header).and_then(|h| Some((frame_len(h)?, h))) {
        if (next ^ first) & SAME != 0 {
            break;
        }
        at += len;
        frames += 1;
    }
    if frames < MIN_FRAMES { 0 } else { at.min(bytes.len()) }
}

fn header(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// Returns the length of the frame with this header, if it is one of layer I or II.
fn frame_len(header: u32) -> Option<usize> {
    let (version, layer) = (header >> 19 & 3, header >> 17 & 3);
    let (rate_index, kbps_index) = (header >> 10 & 3, header >> 12 & 15);
    let (is_layer_1, is_layer_2) = (layer == 3, layer == 2);
    if header >> 21 != 0x7FF || version == 1 || !(is_layer_1 || is_layer_2) || rate_index == 3 {
        return None;
    }
    let low = usize::from(version != 3);
    let kbps = KBPS[low][usize::from(is_layer_2)].get(kbps_index as usize).filter(|kbps| **kbps > 0)?;
    let rate = [44_100, 48_000, 32_000][rate_index as usize] >> [2, 0, 1, 0][version as usize];
    let padding = header >> 9 & 1;
    let len = if is_layer_1 { (12_000 * kbps / rate + padding) * 4 } else { 144_000 * kbps / rate + padding };
    Some(len as usize)
}
