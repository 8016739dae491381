//! Recognises the container of a file by its content.

use super::file_view::FileView;
use crate::audio::{Codec, Framer};
use crate::transcode::LeftOut;

/// A container that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// Native FLAC.
    Flac,
    /// Ogg, with FLAC, Vorbis or Opus in it.
    Ogg,
    /// MP4, with AAC or ALAC in it.
    Mp4,
    /// RIFF WAVE, RF64 and BW64.
    Wave,
    /// AIFF and AIFF-C.
    Aiff,
    /// Core Audio Format.
    Caf,
    /// Frames of MPEG audio layer III.
    Mp3,
    /// Frames of MPEG audio layer I or II.
    MpegLayers,
    /// Frames of AAC.
    Adts,
}

/// The beginnings of files in formats that are not decoded, and their usual names.
const UNSUPPORTED: [(&[u8], &str); 22] = [
    (b"wvpk", "WavPack"),
    (b"MAC ", "Monkey's Audio"),
    (b"MPCK", "Musepack"),
    (b"MP+", "Musepack"),
    (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "WMA"),
    (b"DSD ", "DSD"),
    (b"FRM8", "DSD"),
    (b"TTA1", "TTA"),
    (b"TTA2", "TTA"),
    (b"tBaK", "TAK"),
    (b"OFR ", "OptimFROG"),
    (b"ajkg", "Shorten"),
    (b"\x1A\x45\xDF\xA3", "Matroska"),
    (b".RMF", "RealAudio"),
    (b".ra\xFD", "RealAudio"),
    (b"#!AMR", "AMR"),
    (b".snd", "AU"),
    (b"\x0B\x77", "AC-3"),
    (b"\x7F\xFE\x80\x01", "DTS"),
    (b"riff\x2E\x91\xCF\x11", "Wave64"),
    (b"MThd", "MIDI"),
    (b"FLV\x01", "Flash Video"),
];

/// Returns the usual name of the format of a file that is not decoded, by its first bytes. Beginnings of two
/// bytes are too short to decide what a file is that may also be MP3.
pub fn unsupported_format(beginning: &[u8]) -> Option<&'static str> {
    let mut known = UNSUPPORTED.iter().filter(|(magic, _)| magic.len() > 2);
    known.find(|(magic, _)| beginning.starts_with(magic)).map(|(_, name)| *name)
}

/// How much of a file is searched for frames of MPEG audio or AAC.
const SEARCHED: usize = 256 << 10;

/// The most tags in front of the audio that are skipped.
const MAX_TAGS: usize = 16;

/// The most zeros between a tag and the audio that are skipped.
const MAX_PADDING: usize = 64 << 10;

/// Returns the container, and the file from its first byte on.
pub(super) fn recognise(view: FileView) -> Result<(Container, FileView), LeftOut> {
    let start = skip_padding(&view, skip_tags(&view));
    let view = view.replace_start(start, Vec::new());
    let beginning = view.peek(0, 16);
    if let Some(container) = by_magic(&beginning) {
        return Ok((container, view));
    }
    // Two or three bytes can also be the beginning of junk before the first frame.
    let unsupported = unsupported(&beginning);
    let reason = unsupported.map_or(LeftOut::NotAudio, |(_, name)| LeftOut::UnknownCodec(name.to_owned()));
    match unsupported {
        Some((magic, _)) if magic.len() > 3 => Err(reason),
        _ => recognise_frames(view).map_err(|_| reason),
    }
}

/// Returns the kind of the frames in a file that has no other container.
pub(super) fn recognise_frames(view: FileView) -> Result<(Container, FileView), LeftOut> {
    let container = by_frames(&view).ok_or(LeftOut::NotAudio)?;
    Ok((container, view))
}

/// Returns the offset behind the ID3v2 tags at the beginning, which some programs put in front of any format.
fn skip_tags(view: &FileView) -> u64 {
    let mut at = 0;
    for _ in 0..MAX_TAGS {
        match view.peek_array(at).and_then(id3v2_len) {
            Some(len) => at += len,
            None => break,
        }
    }
    at
}

/// Returns the length of the ID3v2 tag that begins with this header, a footer included.
fn id3v2_len(header: [u8; 10]) -> Option<u64> {
    let [b'I', b'D', b'3', version, _, flags, size @ ..] = header else { return None };
    if version == 0xFF || size.iter().any(|byte| byte & 0x80 != 0) {
        return None;
    }
    let content = size.iter().fold(0, |len, byte| len << 7 | u64::from(*byte));
    Some(10 + content + if flags & 0x10 != 0 { 10 } else { 0 })
}

/// Returns the offset of the first byte from `start` on that is not zero, if a tag came before. The length of
/// the first atom of MP4 begins with zeros, which belong to it.
fn skip_padding(view: &FileView, start: u64) -> u64 {
    if start == 0 {
        return 0;
    }
    let bytes = view.peek(start, MAX_PADDING);
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let atom = bytes[zeros..].windows(4).take(4).position(|kind| kind == b"ftyp");
    start + atom.map_or(zeros, |at| (zeros + at).saturating_sub(4)) as u64
}

fn by_magic(beginning: &[u8]) -> Option<Container> {
    let form = beginning.get(8..12);
    Some(match beginning.get(..4)? {
        b"fLaC" => Container::Flac,
        b"OggS" => Container::Ogg,
        b"RIFF" | b"RF64" | b"BW64" if form == Some(b"WAVE") => Container::Wave,
        b"FORM" if form == Some(b"AIFF") || form == Some(b"AIFC") => Container::Aiff,
        b"caff" => Container::Caf,
        _ if beginning.get(4..8) == Some(b"ftyp") => Container::Mp4,
        _ => return None,
    })
}

/// Searches for frames. If there are frames of several kinds, the kind with most bytes wins: in one kind of
/// frames, an imitation of another is short.
fn by_frames(view: &FileView) -> Option<Container> {
    let bytes = view.peek(0, SEARCHED);
    let candidates = [
        (frame_bytes(Codec::Mp3, &bytes), Container::Mp3),
        (super::mpeg_layers::frame_bytes(&bytes), Container::MpegLayers),
        (frame_bytes(Codec::Aac, &bytes), Container::Adts),
    ];
    let (len, container) = candidates.into_iter().max_by_key(|(len, _)| *len)?;
    (len > 0).then_some(container)
}

fn frame_bytes(codec: Codec, bytes: &[u8]) -> usize {
    let mut framer = Framer::with_codec(codec);
    framer.push(bytes);
    framer.finish();
    let mut len = 0;
    while let Some(frame) = framer.next_frame() {
        len += frame.bytes.len();
    }
    len
}

fn unsupported(beginning: &[u8]) -> Option<(&'static [u8], &'static str)> {
    UNSUPPORTED.into_iter().find(|(magic, _)| beginning.starts_with(magic))
}
