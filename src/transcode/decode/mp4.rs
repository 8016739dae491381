//! MP4 files: which track is heard, what a demuxer must not see, and which samples the encoder has added.
//!
//! symphonia reads neither edit lists nor iTunes' gapless data. It reads all tags, with pictures of any size,
//! and refuses files in which it does not know a property of a track that is not audio.

use super::file_view::FileView;
use super::mp4_atoms::{Atom, AtomWalk};
use super::mp4_track::Mp4Track;
use crate::transcode::{AudioKind, LeftOut};

/// What is known about an MP4 file before it is demuxed.
#[derive(Debug)]
pub(super) struct Mp4 {
    /// The track that is heard.
    pub track: Mp4Track,
    /// The samples that are heard according to iTunes: how many are dropped, how many are kept.
    pub gapless: Option<(u64, u64)>,
    /// The duration units per second of edit lists.
    pub movie_timescale: u32,
}

/// The largest delay that is taken from iTunes' data, in samples. Encoders have up to 2112.
const MAX_DELAY: u64 = 16_384;

/// The longest text with iTunes' gapless data that is read, in bytes. It has 118.
const MAX_GAPLESS_TEXT: usize = 256;

impl Mp4 {
    /// Reads the structure of a file, and hides all of it from demuxers that is not the audio track.
    ///
    /// # Errors
    /// If there is no audio track, its codec is unknown, or it is encrypted.
    pub fn read(view: &mut FileView) -> Result<Self, LeftOut> {
        let mut walk = AtomWalk::new(view);
        let moov = walk.find(walk.whole(), b"moov").ok_or(LeftOut::Damaged)?;
        let children = walk.children(moov.content);
        let tracks: Vec<_> =
            atoms(&children, b"trak").filter_map(|atom| Mp4Track::read(&mut walk, atom)).collect();
        let chosen = tracks.iter().find(|track| track.is_decodable()).or_else(|| tracks.first());
        let track = chosen.ok_or(LeftOut::NotAudio)?.clone();
        track.check()?;
        let gapless = atoms(&children, b"udta").find_map(|udta| gapless(&mut walk, udta));
        let movie_timescale = atoms(&children, b"mvhd").find_map(|mvhd| walk.timescale(mvhd)).unwrap_or(0);
        let hidden = hidden(&mut walk, &children, &track);
        view.free_atoms(&hidden);
        Ok(Self { track, gapless, movie_timescale })
    }

    /// Returns the samples that are heard, at the rate of the media: how many are dropped at the beginning,
    /// and how many are kept.
    pub fn heard(&self, kind: AudioKind) -> (u64, Option<u64>) {
        if let (Some((skip, kept)), AudioKind::AacLc) = (self.gapless, kind) {
            return (skip, Some(kept));
        }
        let (skip, edited) = self.track.edit(self.movie_timescale).unwrap_or((0, None));
        let by_table =
            self.track.samples.and_then(|samples| samples.checked_sub(skip)).filter(|kept| *kept > 0);
        (skip, self.kept(edited, by_table))
    }

    /// Chooses between the length of the edit and that of the packets without the delay. The edit's is in
    /// units of the movie, often milliseconds, and rounded; so if both are the same as far as these units
    /// tell, that of the packets is right. Otherwise the shorter one is: the edit cuts something off.
    fn kept(&self, edited: Option<u64>, by_table: Option<u64>) -> Option<u64> {
        let (Some(edited), Some(by_table)) = (edited, by_table) else { return edited.or(by_table) };
        let unit = u64::from(self.track.timescale.div_ceil(self.movie_timescale.max(1)));
        Some(if edited.abs_diff(by_table) <= unit { by_table } else { edited.min(by_table) })
    }
}

fn atoms<'a>(children: &'a [Atom], kind: &'a [u8; 4]) -> impl Iterator<Item = &'a Atom> {
    children.iter().filter(move |atom| &atom.kind == kind)
}

/// Returns the offsets of the types of all atoms that a demuxer must not see.
fn hidden(walk: &mut AtomWalk<'_>, children: &[Atom], track: &Mp4Track) -> Vec<u64> {
    let mut hidden = Vec::new();
    for atom in children {
        match &atom.kind {
            b"udta" | b"meta" => hidden.push(atom.type_offset()),
            b"trak" if atom.content != track.content => hidden.push(atom.type_offset()),
            b"mvex" => {
                let defaults = walk.children(atom.content.clone());
                let others =
                    atoms(&defaults, b"trex").filter(|trex| walk.number(trex.content.start + 4) != track.id);
                hidden.extend(others.map(Atom::type_offset));
            }
            _ => {}
        }
    }
    hidden
}

/// Returns what iTunes has written about the samples that are heard: the delay, and the number of samples.
fn gapless(walk: &mut AtomWalk<'_>, udta: &Atom) -> Option<(u64, u64)> {
    let meta = walk.find(udta.content.clone(), b"meta")?;
    let ilst = walk.find(meta.content.start + 4..meta.content.end, b"ilst")?;
    let items = walk.children(ilst.content);
    atoms(&items, b"----").find_map(|item| {
        let parts = walk.children(item.content.clone());
        let name = atoms(&parts, b"name").next()?;
        let data = atoms(&parts, b"data").next()?;
        let is_gapless = walk.bytes(name.content.start + 4, 8) == b"iTunSMPB"
            && name.content.end - name.content.start == 12;
        let len = usize::try_from(data.content.end.checked_sub(data.content.start + 8)?).ok()?;
        is_gapless
            .then(|| walk.bytes(data.content.start + 8, len.min(MAX_GAPLESS_TEXT)))
            .and_then(|text| parse_gapless(&text))
    })
}

/// Parses ` 00000000 00000840 000001CA 00000000003F31F6 …`: unknown, delay, padding, samples, in hexadecimal.
fn parse_gapless(text: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(text).ok()?;
    let mut numbers = text.split_ascii_whitespace().map(|number| u64::from_str_radix(number, 16).ok());
    let (delay, samples) = (numbers.nth(1)??, numbers.nth(1)??);
    (delay <= MAX_DELAY && samples > 0).then_some((delay, samples))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gapless_text_of_itunes_is_parsed() {
        let text = b" 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000 00000000 00000000";
        assert_eq!(parse_gapless(text), Some((2112, 0x003F_31F6)));
        assert_eq!(parse_gapless(b" 00000000 00000840 000001CA 0000000000000000"), None, "no samples");
        assert_eq!(parse_gapless(b" 00000000 FFFFFFFF 000001CA 00000000003F31F6"), None, "delay");
        assert_eq!(parse_gapless(b" 00000000 00000840"), None, "cut");
        assert_eq!(parse_gapless(b"\xFF\xFE"), None, "no text");
    }
}
