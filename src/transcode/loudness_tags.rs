//! The loudness of a track according to its tags: ReplayGain, R128, and what LAME and iTunes write.
//!
//! Tags store a gain: the amount by which a player has to change the volume to reach the reference of the
//! tag. So the loudness is that reference minus the gain.

use std::ops::RangeInclusive;

use super::TagLoudness;

/// The loudness to which ReplayGain 2 refers, in LUFS. ReplayGain 1 refers to 89 dB SPL of pink noise, for
/// which ReplayGain 2 chose this value
/// (<https://wiki.hydrogenaud.io/index.php?title=ReplayGain_2.0_specification>).
const REPLAY_GAIN_REFERENCE: f32 = -18.0;

/// The level of ReplayGain 1 that equals [`REPLAY_GAIN_REFERENCE`], in dB SPL.
const REPLAY_GAIN_SPL: f32 = 89.0;

/// The loudness to which `R128_TRACK_GAIN` refers, in LUFS (EBU R 128; RFC 7845 section 5.2.1).
const R128_REFERENCE: f32 = -23.0;

/// The loudness to which iTunes' Sound Check refers, in LUFS. Apple publishes no value; this is what others
/// measured.
const SOUND_CHECK_REFERENCE: f32 = -16.0;

/// The loudness that music can have, in LUFS. A tag outside is damaged: white noise at full scale has +1
/// LUFS, a square wave of 2 kHz +6, and R 128 does not measure what is quieter than −70.
pub const PLAUSIBLE_LUFS: RangeInclusive<f32> = -60.0..=10.0;

/// What the tags of a file say about its loudness, in LUFS. Values outside [`PLAUSIBLE_LUFS`] are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LoudnessTags {
    r128: Option<f32>,
    /// The gain in dB, and the reference in LUFS if it is not [`REPLAY_GAIN_REFERENCE`].
    replay_gain: (Option<f32>, Option<f32>),
    relative_volume: Option<f32>,
    lame: Option<f32>,
    sound_check: Option<f32>,
}

impl LoudnessTags {
    /// Takes the text tag `name`, in upper or lower case, if it is about loudness and the first of its kind.
    /// Returns whether its name is one of those about loudness.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        match name.to_ascii_lowercase().as_str() {
            "replaygain_track_gain" => fill(&mut self.replay_gain.0, parse_number(value)),
            "replaygain_reference_loudness" => fill(&mut self.replay_gain.1, parse_reference(value)),
            "r128_track_gain" => fill(&mut self.r128, parse_r128(value)),
            "itunnorm" => fill(&mut self.sound_check, parse_sound_check(value)),
            _ => return false,
        }
        true
    }

    /// Takes the gain in dB of an `RVA2` frame of ID3v2.4. Its programs, such as normalize and foobar2000,
    /// refer to the level of ReplayGain.
    pub fn set_relative_volume(&mut self, gain_db: f32) {
        fill(&mut self.relative_volume, plausible(REPLAY_GAIN_REFERENCE - gain_db));
    }

    /// Takes the gain in dB that LAME stores before the audio, for the level of ReplayGain 1.
    pub fn set_lame(&mut self, gain_db: f32) {
        fill(&mut self.lame, plausible(REPLAY_GAIN_REFERENCE - gain_db));
    }

    /// Fills what is missing from a tag of lower precedence. A reference belongs to the gain beside it.
    pub fn or(self, other: Self) -> Self {
        Self {
            r128: self.r128.or(other.r128),
            replay_gain: if self.replay_gain.0.is_some() { self.replay_gain } else { other.replay_gain },
            relative_volume: self.relative_volume.or(other.relative_volume),
            lame: self.lame.or(other.lame),
            sound_check: self.sound_check.or(other.sound_check),
        }
    }

    /// Returns the loudness from the most reliable tag. RFC 7845 prefers R128 to ReplayGain where an Opus
    /// file has both. What LAME and iTunes write is rough: it is there although no one asked for it, LAME
    /// uses the method of ReplayGain 1, which differs from R 128 by 1 to 2 LU, and iTunes documents neither
    /// method nor reference.
    pub fn loudness(&self) -> Option<TagLoudness> {
        let (gain, reference) = self.replay_gain;
        let replay_gain = gain.and_then(|gain| plausible(reference.unwrap_or(REPLAY_GAIN_REFERENCE) - gain));
        let exact = self.r128.or(replay_gain).or(self.relative_volume);
        let lufs = exact.or(self.lame).or(self.sound_check)?;
        Some(TagLoudness { lufs, is_rough: exact.is_none() })
    }
}

fn fill(field: &mut Option<f32>, value: Option<f32>) {
    *field = field.or(value);
}

fn plausible(lufs: f32) -> Option<f32> {
    Some(lufs).filter(|lufs| PLAUSIBLE_LUFS.contains(lufs))
}

/// Parses the number at the start of a text: `-7.89 dB`, `+1.20`, and `−7,89 dB`, as some programs write in
/// countries with a decimal comma.
fn parse_number(text: &str) -> Option<f32> {
    let text = text.trim().replace('\u{2212}', "-").replace(',', ".");
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c)).unwrap_or(text.len());
    text[..end].parse().ok().filter(|number: &f32| number.is_finite())
}

/// Parses the reference of ReplayGain as LUFS: `89.0 dB`, `-18.00 LUFS`.
fn parse_reference(text: &str) -> Option<f32> {
    let number = parse_number(text)?;
    let lufs = if text.to_ascii_uppercase().contains("LU") {
        number
    } else {
        REPLAY_GAIN_REFERENCE + number - REPLAY_GAIN_SPL
    };
    plausible(lufs)
}

/// Parses the gain of an Opus comment, an integer in 1/256 dB, as loudness. RFC 7845 section 5.2.1: this gain
/// is in addition to the output gain in the header of the file. Every decoder applies that output gain, so
/// the decoded audio includes it, and the loudness of the decoded audio is −23 LUFS minus this gain alone.
fn parse_r128(text: &str) -> Option<f32> {
    let gain: i16 = text.trim().parse().ok()?;
    plausible(R128_REFERENCE - f32::from(gain) / 256.0)
}

/// Parses iTunes' ten hexadecimal numbers as loudness. The first four are the volume adjustment for left and
/// right, in units of 1/1000 and of 1/2500; iTunes takes the greatest. 0 means that there is none
/// (<https://id3.org/iTunes%20Normalization%20settings>).
fn parse_sound_check(text: &str) -> Option<f32> {
    let mut numbers = text.split_whitespace().map(|number| u32::from_str_radix(number, 16));
    let mut ratio: f64 = 0.0;
    for unit in [1000.0, 1000.0, 2500.0, 2500.0] {
        ratio = ratio.max(f64::from(numbers.next()?.ok()?) / unit);
    }
    plausible(SOUND_CHECK_REFERENCE + 10.0 * ratio.log10() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the loudness that these tags state, rounded to 1/100 LUFS.
    fn lufs(tags: &[(&str, &str)]) -> Option<f32> {
        let mut all = LoudnessTags::default();
        tags.iter().for_each(|(name, value)| assert!(all.set(name, value), "{name}"));
        all.loudness().map(|loudness| (loudness.lufs * 100.0).round() / 100.0)
    }

    #[test]
    fn loudness_is_the_reference_minus_the_gain() {
        for (name, value, expected) in [
            ("REPLAYGAIN_TRACK_GAIN", "-7.89 dB", Some(-10.11)),
            ("replaygain_track_gain", "+1.20 dB", Some(-19.2)),
            ("ReplayGain_Track_Gain", " 3.5", Some(-21.5)),
            ("REPLAYGAIN_TRACK_GAIN", "-7,89 dB", Some(-10.11)),
            ("REPLAYGAIN_TRACK_GAIN", "\u{2212}7.89dB", Some(-10.11)),
            ("R128_TRACK_GAIN", "0", Some(-23.0)),
            ("R128_TRACK_GAIN", "-1792", Some(-16.0)),
            ("R128_TRACK_GAIN", "+256", Some(-24.0)),
            // 10 * log10(2) = 3.01 dB louder than the reference.
            ("iTunNORM", " 000007D0 000003E8 000003E8 000003E8 0 0 0 0 0 0", Some(-12.99)),
            ("ITUNNORM", " 000003E8 000003E8 00001388 000009C4 0 0 0 0 0 0", Some(-12.99)),
        ] {
            assert_eq!(lufs(&[(name, value)]), expected, "{name}={value}");
        }
    }

    #[test]
    fn implausible_and_damaged_values_are_ignored() {
        for (name, value) in [
            ("REPLAYGAIN_TRACK_GAIN", ""),
            ("REPLAYGAIN_TRACK_GAIN", "loud"),
            ("REPLAYGAIN_TRACK_GAIN", "NaN dB"),
            ("REPLAYGAIN_TRACK_GAIN", "inf"),
            ("REPLAYGAIN_TRACK_GAIN", "1e30"),
            ("REPLAYGAIN_TRACK_GAIN", "-.+-. dB"),
            ("REPLAYGAIN_TRACK_GAIN", "-28.1 dB"),
            ("REPLAYGAIN_TRACK_GAIN", "64.00 dB"),
            ("R128_TRACK_GAIN", "32767"),
            ("R128_TRACK_GAIN", "32768"),
            ("R128_TRACK_GAIN", "-3.5 dB"),
            ("iTunNORM", " 00000000 00000000 00000000 00000000"),
            ("iTunNORM", " 000003E8 000003E8"),
            ("iTunNORM", "xyz"),
        ] {
            let lufs = lufs(&[(name, value)]);
            // `1e30` is read as far as it is a plain number.
            assert_eq!(lufs, (value == "1e30").then_some(-19.0), "{name}={value}");
        }
        assert!(!LoudnessTags::default().set("REPLAYGAIN_ALBUM_GAIN", "-3 dB"));
    }

    #[test]
    fn reference_of_replay_gain_may_be_stated() {
        let gain = ("REPLAYGAIN_TRACK_GAIN", "-2.00 dB");
        for (reference, expected) in [
            ("89.0 dB", -16.0),
            ("83.0 dB", -22.0),
            ("-23.00 LUFS", -21.0),
            ("-18.00 LUFS", -16.0),
            ("unknown", -16.0),
            ("900 dB", -16.0),
        ] {
            let found = lufs(&[("REPLAYGAIN_REFERENCE_LOUDNESS", reference), gain]);
            assert_eq!(found, Some(expected), "{reference}");
        }
    }

    #[test]
    fn most_reliable_tag_wins() {
        let mut tags = LoudnessTags::default();
        tags.set("iTunNORM", "000003E8 000003E8 000003E8 000003E8");
        let mut expect = |set: &dyn Fn(&mut LoudnessTags), lufs, is_rough| {
            set(&mut tags);
            assert_eq!(tags.loudness(), Some(TagLoudness { lufs, is_rough }));
        };
        expect(&|_| (), -16.0, true);
        expect(&|tags| tags.set_lame(1.0), -19.0, true);
        expect(&|tags| tags.set_relative_volume(2.0), -20.0, false);
        expect(&|tags| _ = tags.set("REPLAYGAIN_TRACK_GAIN", "3 dB"), -21.0, false);
        expect(&|tags| _ = tags.set("REPLAYGAIN_TRACK_GAIN", "9 dB"), -21.0, false);
        expect(&|tags| _ = tags.set("R128_TRACK_GAIN", "256"), -24.0, false);
        let other = LoudnessTags { r128: Some(-50.0), ..LoudnessTags::default() };
        assert_eq!(other.or(tags).loudness(), Some(TagLoudness { lufs: -50.0, is_rough: false }));
        assert_eq!(LoudnessTags::default().or(tags), tags);
        assert_eq!(LoudnessTags::default().loudness(), None);
    }

    #[test]
    fn gain_is_not_combined_with_the_reference_of_another_tag() {
        let (mut first, mut second) = (LoudnessTags::default(), LoudnessTags::default());
        first.set("REPLAYGAIN_TRACK_GAIN", "-2 dB");
        second.set("REPLAYGAIN_TRACK_GAIN", "-9 dB");
        second.set("REPLAYGAIN_REFERENCE_LOUDNESS", "83 dB");
        assert_eq!(first.or(second).loudness(), Some(TagLoudness { lufs: -16.0, is_rough: false }));
        assert_eq!(second.or(first).loudness(), Some(TagLoudness { lufs: -15.0, is_rough: false }));
    }
}
