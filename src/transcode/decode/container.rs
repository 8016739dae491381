//! Recognises the container of a file by its content.

use super::file_view::FileView;
use crate::audio::{Codec, Framer};
use crate::id3v2::skip_tags;
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
const UNSUPPORTED: [(&[u8], &str); 23] = [
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
    (b"\0\0\x01\xBA", "MPEG-PS"),
];

/// The signatures of containers that are decoded or that sources send: where they begin, their bytes, the
/// name of the container. WAV is not among them.
const SIGNATURES: [(usize, &[u8], &str); 6] = [
    (0, b"OggS", "Ogg"),
    (0, b"fLaC", "FLAC"),
    (0, b"\x1A\x45\xDF\xA3", "Matroska or WebM"),
    (4, b"ftyp", "MP4"),
    (0, b"FORM", "AIFF"),
    (0, b"caff", "CAF"),
];

/// The format tag of MPEG audio layer III in a WAV file. Its frames can be played.
const WAV_FORMAT_MP3: [u8; 2] = [0x55, 0];

/// Returns the name of the container that begins with these bytes, unless it is a WAV file with frames of
/// layer III. Other containers can have bytes that look like such frames, or frames with other data between
/// them. `is_complete` is whether no further bytes are examined: in a WAV file, other chunks may precede the
/// one that tells its format.
pub fn container_name(beginning: &[u8], is_complete: bool) -> Option<&'static str> {
    let begins = |&&(at, magic, _): &&(usize, &[u8], _)| {
        beginning.get(at..).is_some_and(|rest| rest.starts_with(magic))
    };
    let by_signature = SIGNATURES.iter().find(begins).map(|&(_, _, name)| name);
    by_signature
        .or_else(|| unsupported_format(beginning))
        .or_else(|| is_wav_without_mp3(beginning, is_complete).then_some("WAV"))
}

fn is_wav_without_mp3(beginning: &[u8], is_complete: bool) -> bool {
    let is_wav = matches!(beginning.get(..4), Some(b"RIFF" | b"RF64" | b"BW64"))
        && beginning.get(8..12) == Some(b"WAVE");
    let format = beginning.windows(4).position(|window| window == b"fmt ");
    let tag = format.and_then(|at| beginning.get(at + 8..at + 10));
    is_wav && (is_complete || tag.is_some()) && tag != Some(&WAV_FORMAT_MP3)
}

/// Returns the usual name of the format of a file that is not decoded, by its first bytes. Beginnings of two
/// bytes are too short to decide what a file is that may also be MP3.
fn unsupported_format(beginning: &[u8]) -> Option<&'static str> {
    let mut known = UNSUPPORTED.iter().filter(|(magic, _)| magic.len() > 2);
    let by_magic = known.find(|(magic, _)| beginning.starts_with(magic)).map(|(_, name)| *name);
    by_magic.or_else(|| video_with_frames(beginning))
}

/// Returns the name of a format of video that can have frames of layer III in it, each with other data before
/// and after it, so that only a part of them would be found.
fn video_with_frames(beginning: &[u8]) -> Option<&'static str> {
    const PACKET: usize = 188;
    let is_sync = |number: usize| beginning.get(number * PACKET) == Some(&0x47);
    match (beginning.get(..4)?, beginning.get(8..12)?) {
        (b"RIFF", b"AVI ") => Some("AVI"),
        _ => (0..4).all(is_sync).then_some("MPEG-TS"),
    }
}

/// How much of a file [`unsupported_format`] needs.
const BEGINNING: usize = 1 << 10;

/// How much of a file is searched for frames of MPEG audio or AAC.
const SEARCHED: usize = 256 << 10;

/// The most zeros between a tag and the audio that are skipped.
const MAX_PADDING: usize = 64 << 10;

/// Returns the container, and the file from its first byte on.
pub(super) fn recognise(mut view: FileView) -> Result<(Container, FileView), LeftOut> {
    // Some programs put ID3v2 tags in front of any format.
    let behind_tags = skip_tags(&mut view).unwrap_or_default();
    let start = skip_padding(&view, behind_tags);
    let view = view.replace_start(start, Vec::new());
    let beginning = view.peek(0, BEGINNING);
    if let Some(container) = by_magic(&beginning) {
        return Ok((container, view));
    }
    // Two or three bytes can also be the beginning of junk before the first frame.
    if let Some(name) = video_with_frames(&beginning) {
        return Err(LeftOut::UnknownCodec(name.to_owned()));
    }
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
