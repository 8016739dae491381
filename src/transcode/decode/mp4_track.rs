//! The audio track of an MP4 file.

use std::ops::Range;

use super::mp4_atoms::{Atom, AtomWalk};
use crate::transcode::LeftOut;

/// A track with sound.
#[derive(Debug, Clone)]
pub(super) struct Mp4Track {
    /// Its number.
    pub id: u32,
    /// The offsets of its atom's content.
    pub content: Range<u64>,
    /// Units per second of its times; usually the sampling rate.
    pub timescale: u32,
    /// The type of its only sample entry, which names the codec.
    entry: [u8; 4],
    /// The codec of an encrypted track.
    original: Option<[u8; 4]>,
    /// The edit list: duration in units of the movie, start in units of the track.
    edits: Vec<(u64, u64)>,
    /// The number of samples according to the table of packets, if all packets but the last have the same
    /// length.
    pub samples: Option<u64>,
}

/// The types of sample entries that symphonia knows as audio it can decode.
const DECODABLE: [&[u8; 4]; 15] = [
    b"mp4a", b"alac", b"fLaC", b"Opus", b".mp3", b"lpcm", b"sowt", b"twos", b"raw ", b"in24", b"in32",
    b"fl32", b"fl64", b"alaw", b"ulaw",
];

/// The names of codecs by the type of their sample entry.
const NAMES: [(&[u8; 4], &str); 17] = [
    (b"ac-3", "AC-3"),
    (b"ec-3", "E-AC-3"),
    (b"ac-4", "AC-4"),
    (b"dtsc", "DTS"),
    (b"dtse", "DTS"),
    (b"dtsh", "DTS-HD"),
    (b"dtsl", "DTS-HD"),
    (b"mlpa", "TrueHD"),
    (b"samr", "AMR"),
    (b"sawb", "AMR-WB"),
    (b"mha1", "MPEG-H"),
    (b"mhm1", "MPEG-H"),
    (b"QDM2", "QDesign"),
    (b"ima4", "IMA ADPCM in MP4"),
    (b"spex", "Speex"),
    (b"iamf", "IAMF"),
    (b"agsm", "GSM 6.10"),
];

/// The most entries of an edit list that are read.
const MAX_EDITS: u32 = 64;

/// The most entries of the table of packet lengths that are read. There are one or two.
const MAX_LENGTHS: u32 = 4096;

/// The start of an edit that is a pause.
const PAUSE: u64 = u64::MAX;

impl Mp4Track {
    /// Reads a track. Returns `None` if it has no sound.
    pub fn read(walk: &mut AtomWalk<'_>, trak: &Atom) -> Option<Self> {
        let range = trak.content.clone();
        let mdia = walk.find(range.clone(), b"mdia")?.content;
        let handler = walk.find(mdia.clone(), b"hdlr")?;
        if walk.bytes(handler.content.start + 8, 4) != b"soun" {
            return None;
        }
        let header = walk.find(range.clone(), b"tkhd")?;
        let id_at = header.content.start + if walk.version(&header) == 1 { 20 } else { 12 };
        let id = walk.number(id_at);
        let media_header = walk.find(mdia.clone(), b"mdhd")?;
        let timescale = walk.timescale(&media_header)?;
        let table = walk.find_path(mdia, &[b"minf", b"stbl"])?.content;
        let descriptions = walk.find(table.clone(), b"stsd")?;
        let entries = walk.children(descriptions.content.start + 8..descriptions.content.end);
        let entry = entries.into_iter().next()?;
        let original = original_format(walk, &entry);
        let edits =
            walk.find_path(range.clone(), &[b"edts", b"elst"]).map_or(Vec::new(), |list| edits(walk, &list));
        let samples = walk.find(table, b"stts").and_then(|lengths| samples(walk, &lengths));
        Some(Self { id, content: range, timescale, entry: entry.kind, original, edits, samples })
    }

    /// Returns whether symphonia decodes the codec.
    pub fn is_decodable(&self) -> bool {
        DECODABLE.contains(&&self.entry)
    }

    /// Returns why the track is not played, if it is not.
    pub fn check(&self) -> Result<(), LeftOut> {
        if &self.entry == b"drms" || &self.entry == b"enca" {
            let entry = self.original.unwrap_or(self.entry);
            return Err(LeftOut::Unsupported(format!("it is encrypted ({})", codec_name(entry))));
        }
        if self.is_decodable() { Ok(()) } else { Err(LeftOut::UnknownCodec(codec_name(self.entry))) }
    }

    /// Returns where the only edit begins and how many samples it has, both in units of the track. An edit
    /// without a duration, as in fragmented files, lasts until the end.
    pub fn edit(&self, movie_timescale: u32) -> Option<(u64, Option<u64>)> {
        let mut edits = self.edits.iter().filter(|(_, start)| *start != PAUSE);
        let (Some((duration, start)), None) = (edits.next(), edits.next()) else { return None };
        let ticks = u128::from(*duration) * u128::from(self.timescale);
        let samples =
            ticks.checked_div(movie_timescale.into()).and_then(|samples| u64::try_from(samples).ok());
        Some((*start, samples.filter(|samples| *samples > 0)))
    }
}

fn original_format(walk: &mut AtomWalk<'_>, entry: &Atom) -> Option<[u8; 4]> {
    // The fields of an audio sample entry have 28 bytes.
    let protection = walk.find(entry.content.start + 28..entry.content.end, b"sinf")?;
    let format = walk.find(protection.content, b"frma")?;
    walk.bytes(format.content.start, 4).try_into().ok()
}

fn codec_name(entry: [u8; 4]) -> String {
    let known = NAMES.iter().find(|(kind, _)| **kind == entry).map(|(_, name)| (*name).to_owned());
    known.unwrap_or_else(|| entry.escape_ascii().to_string())
}

/// Reads the durations and starts of an edit list (ISO/IEC 14496-12, 8.6.6).
fn edits(walk: &AtomWalk<'_>, list: &Atom) -> Vec<(u64, u64)> {
    let is_long = walk.version(list) == 1;
    let size = if is_long { 20 } else { 12 };
    let count = walk.number(list.content.start + 4).min(MAX_EDITS);
    let starts = (0..u64::from(count)).map(|index| list.content.start + 8 + index * size);
    starts
        .filter(|at| at + size <= list.content.end)
        .map(|at| match is_long {
            true => (walk.long_number(at), walk.long_number(at + 8)),
            false => (walk.number(at).into(), sign_extend(walk.number(at + 4))),
        })
        .collect()
}

fn sign_extend(number: u32) -> u64 {
    if number == u32::MAX { PAUSE } else { number.into() }
}

/// Adds up the lengths of all packets (ISO/IEC 14496-12, 8.6.1.2).
fn samples(walk: &AtomWalk<'_>, lengths: &Atom) -> Option<u64> {
    let count = walk.number(lengths.content.start + 4);
    if count == 0 || count > MAX_LENGTHS {
        return None;
    }
    let at = |index: u32| lengths.content.start + 8 + u64::from(index) * 8;
    let entry = |index| (u64::from(walk.number(at(index))), u64::from(walk.number(at(index) + 4)));
    let (_, usual) = entry(0);
    let mut total = 0_u64;
    for index in 0..count {
        let (packets, len) = entry(index);
        let is_plausible = len == usual || (index + 1 == count && packets == 1 && len < usual);
        total = total.checked_add(packets * len).filter(|_| is_plausible)?;
    }
    Some(total)
}
