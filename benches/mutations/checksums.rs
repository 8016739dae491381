//! Corrects the checksums of mutated files, without which their decoders would not see the mutations.

use fastrand::Rng;

/// The mark at the start of an Ogg page (RFC 3533).
const OGG_PAGE: &[u8] = b"OggS";

/// The header of a page up to the number of its segments, and where its checksum is.
const OGG_HEADER: usize = 27;
const OGG_CHECKSUM: std::ops::Range<usize> = 22..26;

/// Corrects the checksum of every complete page.
pub fn repair_ogg(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(4).position(|four| four == OGG_PAGE) {
        at += found;
        match page_len(&bytes[at..]) {
            Some(len) => {
                let page = &mut bytes[at..at + len];
                page[OGG_CHECKSUM].fill(0);
                let checksum = crc(page, 0x04C1_1DB7, 32).to_le_bytes();
                page[OGG_CHECKSUM].copy_from_slice(&checksum);
                at += len;
            }
            None => at += OGG_PAGE.len(),
        }
    }
}

fn page_len(page: &[u8]) -> Option<usize> {
    let segments = usize::from(*page.get(OGG_HEADER - 1)?);
    let lengths = page.get(OGG_HEADER..OGG_HEADER + segments)?;
    let len = OGG_HEADER + segments + lengths.iter().map(|len| usize::from(*len)).sum::<usize>();
    (len <= page.len()).then_some(len)
}

/// The frames of a FLAC file.
pub struct FlacFrames {
    /// Where each begins, and where its header ends, with the checksum of the header.
    frames: Vec<(usize, usize)>,
}

/// The shortest and longest header of a frame (RFC 9639, 9.1), with its checksum.
const HEADER_MIN: usize = 6;
const HEADER_MAX: usize = 16;

impl FlacFrames {
    /// Finds the frames by the checksums of their headers.
    pub fn find(file: &[u8]) -> Self {
        let is_start =
            |at: &usize| file[*at] == 0xFF && file.get(at + 1).is_some_and(|byte| byte & 0xFE == 0xF8);
        let header_end = |at: usize| {
            let fits = |end: &usize| file.get(*end - 1) == Some(&(crc(&file[at..*end - 1], 0x07, 8) as u8));
            (at + HEADER_MIN..=(at + HEADER_MAX).min(file.len())).find(fits)
        };
        let starts = (0..file.len()).filter(is_start);
        Self { frames: starts.filter_map(|at| Some((at, header_end(at)?))).collect() }
    }

    /// Changes bytes of one frame and corrects its checksums.
    pub fn mutate(&self, file: &mut [u8], random: &mut Rng) {
        let Some(last) = self.frames.len().checked_sub(1) else { return };
        let chosen = random.usize(..=last);
        let (start, header_end) = self.frames[chosen];
        let end = self.frames.get(chosen + 1).map_or(file.len(), |(next, _)| *next);
        let in_header = random.u8(..4) == 0;
        let changed = if in_header { start + 2..header_end - 1 } else { header_end..end - 2 };
        for _ in 0..=random.usize(..6) {
            let at = random.usize(changed.clone());
            // Most decisions are at the start of a subframe.
            let at = if in_header || random.bool() {
                at
            } else {
                (header_end + (at - header_end) % 8).min(end - 3)
            };
            file[at] = if random.bool() { random.u8(..) } else { file[at] ^ 1 << random.u8(..8) };
        }
        file[header_end - 1] = crc(&file[start..header_end - 1], 0x07, 8) as u8;
        let checksum = crc(&file[start..end - 2], 0x8005, 16) as u16;
        file[end - 2..end].copy_from_slice(&checksum.to_be_bytes());
    }
}

/// Returns the checksum of `bits` bits with this polynomial, the highest bit of each byte first.
fn crc(bytes: &[u8], polynomial: u32, bits: u32) -> u32 {
    let mask = u32::MAX >> (32 - bits);
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << (bits - 8), |crc, _| {
            let shifted = (crc << 1) & mask;
            if crc >> (bits - 1) & 1 == 1 { shifted ^ polynomial } else { shifted }
        })
    })
}
