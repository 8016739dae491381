//! The chunks of WAV and AIFF files: what the demuxer needs, without pictures, and with the length that the
//! data really has.
//!
//! Recorders that were killed leave a length of 0, programs that write to a pipe leave the largest number,
//! and a file that was cut is shorter than it says. RF64 has lengths of 64 bits, which symphonia does not
//! read.

use super::file_view::FileView;
use crate::transcode::LeftOut;

/// The most chunks that are read before the data. Recorders write a few.
const MAX_CHUNKS: usize = 1000;

/// The most bytes of a chunk that is passed to the demuxer. The largest, `fmt `, has less than 100.
const MAX_KEPT: u32 = 4096;

/// Where the data of a file is, and what was in front of it.
struct Chunks {
    /// The chunks that the demuxer needs.
    kept: Vec<u8>,
    /// The content of the chunk with the format.
    format: Vec<u8>,
    /// The offset of the content of the chunk with the data.
    data: u64,
    /// The length of that content.
    data_len: u64,
}

/// What a WAV file contains.
pub(super) enum WaveContent {
    /// Frames of MPEG audio.
    Frames(FileView),
    /// Samples. The last block of ADPCM is longer than the signal, so the file says how many samples there
    /// are.
    Samples { view: FileView, count: Option<u64> },
}

/// Numbers and names of a kind of file.
struct ChunkForm {
    is_big_endian: bool,
    kept: &'static [&'static [u8; 4]],
    data: &'static [u8; 4],
}

const WAVE: ChunkForm = ChunkForm { is_big_endian: false, kept: &[b"fmt ", b"fact"], data: b"data" };
const AIFF: ChunkForm = ChunkForm { is_big_endian: true, kept: &[b"COMM", b"FVER"], data: b"SSND" };

/// Returns a WAV file with only its format and its data, or the frames of MPEG audio in it.
pub(super) fn wave(view: FileView) -> Result<WaveContent, LeftOut> {
    let chunks = WAVE.read(&view).ok_or(LeftOut::Damaged)?;
    match chunks.format.first_chunk().map(|tag| u16::from_le_bytes(*tag)) {
        Some(0x50 | 0x55) => Ok(WaveContent::Frames(view.replace_start(chunks.data, Vec::new()))),
        Some(tag) if WAVE_TAGS.contains(&tag) => {
            let count = chunks.fact();
            Ok(WaveContent::Samples { view: WAVE.rebuild(b"RIFF", b"WAVE", chunks, view), count })
        }
        Some(tag) => {
            let number = || format!("{tag:#06x} in WAV");
            Err(LeftOut::UnknownCodec(wave_codec(tag).map_or_else(number, str::to_owned)))
        }
        None => Err(LeftOut::Damaged),
    }
}

/// Returns an AIFF file with only its format and its data.
pub(super) fn aiff(view: FileView) -> Result<FileView, LeftOut> {
    let form = view.peek_array(8).ok_or(LeftOut::Damaged)?;
    let chunks = AIFF.read(&view).ok_or(LeftOut::Damaged)?;
    // The compression type follows the sampling rate, in AIFF-C only.
    if let (b"AIFC", Some(compression)) = (&form, chunks.format.get(18..22))
        && !AIFF_TYPES.contains(&compression.to_ascii_lowercase().as_slice())
    {
        return Err(LeftOut::UnknownCodec(format!("{} in AIFF", compression.escape_ascii())));
    }
    Ok(AIFF.rebuild(b"FORM", &form, chunks, view))
}

/// The compression types of AIFF-C that symphonia decodes, in small letters.
const AIFF_TYPES: [&[u8]; 11] =
    [b"none", b"alaw", b"ulaw", b"in24", b"in32", b"23ni", b"fl32", b"fl64", b"sowt", b"twos", b"raw "];

/// The formats of WAV that symphonia decodes: PCM, Microsoft's ADPCM, floating point, A-law, mu-law, IMA
/// ADPCM, and the number that says that another field has the format.
const WAVE_TAGS: [u16; 7] = [0x01, 0x02, 0x03, 0x06, 0x07, 0x11, 0xFFFE];

/// The names of codecs that are not decoded (`mmreg.h`).
fn wave_codec(tag: u16) -> Option<&'static str> {
    Some(match tag {
        0x0022 => "TrueSpeech",
        0x0031 => "GSM 6.10",
        0x0042 => "G.723.1",
        0x0045 => "G.726",
        0x00FF | 0x1600..=0x1610 | 0x706D => "AAC in WAV",
        0x0160..=0x0163 => "WMA",
        0x0270 => "ATRAC3",
        0x2000 => "AC-3",
        0x2001 => "DTS",
        0x674F..=0x6771 => "Vorbis in WAV",
        0xF1AC => "FLAC in WAV",
        _ => return None,
    })
}

impl ChunkForm {
    fn read(&self, view: &FileView) -> Option<Chunks> {
        let mut found = Chunks { kept: Vec::new(), format: Vec::new(), data: 0, data_len: 0 };
        let mut at = 12;
        for _ in 0..MAX_CHUNKS {
            let (name, len) = self.chunk_header(view, at)?;
            if &name == self.data && !found.format.is_empty() {
                found.data = at + 8;
                found.data_len = self.data_len(view, found.data, len);
                return Some(found);
            }
            if self.kept.contains(&&name) && len <= MAX_KEPT {
                found.keep(view, at, len, &name == self.kept[0]);
            }
            at += 8 + u64::from(len) + u64::from(len & 1);
        }
        None
    }

    fn chunk_header(&self, view: &FileView, at: u64) -> Option<([u8; 4], u32)> {
        let [n0, n1, n2, n3, len @ ..] = view.peek_array::<8>(at)?;
        let len = if self.is_big_endian { u32::from_be_bytes(len) } else { u32::from_le_bytes(len) };
        Some(([n0, n1, n2, n3], len))
    }

    fn data_len(&self, view: &FileView, data: u64, claimed: u32) -> u64 {
        let available = view.len().saturating_sub(data);
        match claimed {
            0 | u32::MAX => available,
            claimed => available.min(claimed.into()),
        }
    }

    /// Returns the file with a beginning that has only the chunks that are kept.
    fn rebuild(&self, riff: &[u8; 4], form: &[u8; 4], chunks: Chunks, view: FileView) -> FileView {
        let data_len = u32::try_from(chunks.data_len).unwrap_or(u32::MAX);
        let total = data_len.saturating_add(4 + 8 + chunks.kept.len() as u32);
        let head =
            [riff, &self.number(total)[..], form, &chunks.kept, self.data, &self.number(data_len)].concat();
        view.replace_start(chunks.data, head)
    }

    fn number(&self, number: u32) -> [u8; 4] {
        if self.is_big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }
}

impl Chunks {
    /// Returns the number of samples per channel that a chunk of a WAV file says.
    fn fact(&self) -> Option<u64> {
        let fact = self.kept.windows(4).position(|name| name == b"fact")?;
        let count = self.kept.get(fact + 8..)?.first_chunk().map(|count| u32::from_le_bytes(*count))?;
        (count > 0 && count < u32::MAX).then_some(count.into())
    }

    fn keep(&mut self, view: &FileView, at: u64, len: u32, is_format: bool) {
        let padded = 8 + len as usize + (len & 1) as usize;
        let mut bytes = view.peek(at, padded);
        bytes.resize(padded, 0);
        if is_format {
            self.format = bytes[8..8 + len as usize].to_vec();
        }
        self.kept.extend_from_slice(&bytes);
    }
}
