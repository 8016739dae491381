//! The metadata of FLAC in Ogg (<https://xiph.org/flac/ogg_mapping.html>): as in a FLAC file, one block in
//! each packet. lofty does not read it, but reads the same blocks as a FLAC file.

use std::io::Read;

/// The length of what precedes a FLAC file's beginning in the first packet: a type, `FLAC`, a version, and
/// the number of packets.
const PREFIX_LEN: usize = 9;

/// The offset of the first block in a FLAC file.
const FIRST_BLOCK: usize = 4;

/// The most pages that are read.
const MAX_PAGES: usize = 10_000;

/// The flag of the last block, in its first byte.
const LAST: u8 = 0x80;

/// Returns the metadata as in a FLAC file: `fLaC` and the blocks. `None` if it is damaged.
pub fn read_metadata(file: &mut impl Read) -> Option<Vec<u8>> {
    let mut packets = OggPackets::new(file);
    let mut flac = packets.next()?.get(PREFIX_LEN..)?.to_vec();
    let mut last_block = FIRST_BLOCK;
    while flac.get(last_block)? & LAST == 0 {
        match packets.next() {
            // Audio follows: an encoder has forgotten the flag.
            None | Some([0xff, ..]) => flac[last_block] |= LAST,
            Some([]) => return None,
            Some(block) => {
                last_block = flac.len();
                flac.extend_from_slice(block);
            }
        }
    }
    Some(flac)
}

/// Returns the second packet of the first stream in an Ogg file, which has the comments of Vorbis and Opus.
pub fn read_second_packet(file: &mut impl Read) -> Option<Vec<u8>> {
    let mut packets = OggPackets::new(file);
    packets.next()?;
    packets.next().map(<[u8]>::to_vec)
}

/// The packets of the first stream in an Ogg file (RFC 3533).
struct OggPackets<'f, R> {
    file: &'f mut R,
    serial: Option<[u8; 4]>,
    /// The beginning of a packet that continues on the next page.
    partial: Vec<u8>,
    /// Packets of this page, in reverse order, and one that was returned last at their end.
    complete: Vec<Vec<u8>>,
    pages: usize,
}

impl<'f, R: Read> OggPackets<'f, R> {
    fn new(file: &'f mut R) -> Self {
        Self { file, serial: None, partial: Vec::new(), complete: Vec::new(), pages: 0 }
    }

    fn next(&mut self) -> Option<&[u8]> {
        self.complete.pop();
        while self.complete.is_empty() {
            self.read_page()?;
        }
        self.complete.last().map(Vec::as_slice)
    }

    fn read_page(&mut self) -> Option<()> {
        self.pages += 1;
        let mut head = [0; 27];
        self.file.read_exact(&mut head).ok().filter(|()| self.pages <= MAX_PAGES)?;
        let [b'O', b'g', b'g', b'S', _, _, _, _, _, _, _, _, _, _, s0, s1, s2, s3, .., count] = head else {
            return None;
        };
        let mut lengths = vec![0; count.into()];
        self.file.read_exact(&mut lengths).ok()?;
        let is_ours = *self.serial.get_or_insert([s0, s1, s2, s3]) == [s0, s1, s2, s3];
        for length in lengths {
            let at = self.partial.len();
            self.partial.resize(at + usize::from(length), 0);
            self.file.read_exact(&mut self.partial[at..]).ok()?;
            if !is_ours {
                self.partial.truncate(at);
            } else if length < u8::MAX {
                self.complete.insert(0, std::mem::take(&mut self.partial));
            }
        }
        Some(())
    }
}
