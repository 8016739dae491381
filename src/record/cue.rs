//! Cue sheets, which list the titles of an audio file and their times.
//!
//! The format is CDRWIN's, as audio players read it: UTF-8, minutes and track numbers may exceed 99, and the
//! FILE type is MP3 or, for every other codec, WAVE.

use std::time::Duration;

use crate::audio::Codec;
use crate::icy::Title;
use crate::text::truncated;
use crate::time::AudioTime;

/// A title that arrives this soon after the start applies from the start, because many encoders send the
/// first title shortly after the first audio.
const FIRST_TITLE_WITHIN: Duration = Duration::from_secs(5);

/// The most bytes of one text, as for a title in the stream.
const TEXT_MAX: usize = 240;

/// The most tracks in one sheet. No real show has more. The limit keeps the sheet small if a source sends a
/// flood of titles.
const TRACKS_MAX: u32 = 999;

/// The data for the head of a sheet.
#[derive(Debug, Clone)]
pub struct SheetHeader {
    /// The DJ.
    pub performer: String,
    /// The name of the station.
    pub title: String,
    /// The codec of the audio.
    pub codec: Codec,
}

/// A cue sheet that is extended while the audio file is written.
#[derive(Debug)]
pub struct CueSheet {
    tracks: u32,
    /// The current title.
    title: Title,
    /// The text that is not written yet.
    text: String,
}

impl CueSheet {
    /// Returns the sheet for the audio file with this name.
    pub fn new(header: &SheetHeader, audio: &str) -> Self {
        let file_type = if header.codec == Codec::Mp3 { "MP3" } else { "WAVE" };
        let (performer, title) = (quoted(&header.performer), quoted(&header.title));
        let text =
            format!("PERFORMER {performer}\nTITLE {title}\nFILE \"{}\" {file_type}\n", sanitized(audio));
        Self { tracks: 0, title: Title::default(), text }
    }

    /// Sets the title from `at` on. `at` must not be earlier than in previous calls.
    pub fn add_title(&mut self, at: AudioTime, title: &Title) {
        if *title == self.title {
            return;
        }
        let is_first_title = self.tracks == 0 && at < FIRST_TITLE_WITHIN.into();
        if !is_first_title {
            self.extend_to(at);
        }
        self.title = title.clone();
        if *title != Title::default() {
            self.add_track(if is_first_title { AudioTime::ZERO } else { at });
        } else if !is_first_title {
            self.add_track(at);
        }
    }

    /// Records that there is audio up to `at`. A sheet needs a track at 0, even without a title.
    pub fn extend_to(&mut self, at: AudioTime) {
        if self.tracks == 0 && at >= FIRST_TITLE_WITHIN.into() {
            self.add_track(AudioTime::ZERO);
        }
    }

    /// Ends the sheet. Adds a track if it has none.
    pub fn finish(&mut self) {
        if self.tracks == 0 {
            self.add_track(AudioTime::ZERO);
        }
    }

    /// Returns the text to append to the file.
    pub fn unwritten(&self) -> &str {
        &self.text
    }

    /// Records that this text was written.
    pub fn mark_written(&mut self) {
        self.text.clear();
    }

    fn add_track(&mut self, at: AudioTime) {
        if self.tracks == TRACKS_MAX {
            return;
        }
        self.tracks += 1;
        self.text += &format!("  TRACK {:02} AUDIO\n", self.tracks);
        let (performer, title) = artist_and_title(&self.title);
        for (key, value) in [("TITLE", title), ("PERFORMER", performer)] {
            if let Some(value) = value.map(sanitized).filter(|value| !value.is_empty()) {
                self.text += &format!("    {key} \"{value}\"\n");
            }
        }
        self.text += &format!("    INDEX 01 {}\n", index(at));
    }
}

/// Returns artist and title. If they are not given separately, splits the title line at the first ` - `.
fn artist_and_title(title: &Title) -> (Option<&str>, Option<&str>) {
    match (&title.artist, &title.title) {
        (artist, Some(name)) => (artist.as_deref(), Some(name)),
        (_, None) => match title.text.split_once(" - ") {
            Some((artist, name)) => (Some(artist), Some(name)),
            None => (None, Some(&title.text)),
        },
    }
}

/// Formats minutes, seconds and 75ths of seconds.
fn index(at: AudioTime) -> String {
    let at = at.duration();
    let (seconds, frames) = (at.as_secs(), u64::from(at.subsec_micros()) * 75 / 1_000_000);
    format!("{:02}:{:02}:{frames:02}", seconds / 60, seconds % 60)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", sanitized(text))
}

/// Replaces characters that would end the quoted text or the line. The format has no escape for `"`.
fn sanitized(text: &str) -> String {
    let harmless = |c: char| match c {
        '"' => '\'',
        c if c.is_control() => ' ',
        c => c,
    };
    truncated(text.trim(), TEXT_MAX).chars().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> CueSheet {
        let header =
            SheetHeader { performer: "Anna \"Ä\"".into(), title: "Harbour FM".into(), codec: Codec::Mp3 };
        CueSheet::new(&header, "2026-11-22_2000_Anna.mp3")
    }

    /// Adds titles at times in milliseconds, ends the sheet, and compares it without its head.
    fn check(titles: &[(u64, &str)], expected: &str) {
        let mut sheet = sheet();
        sheet.mark_written();
        let at = |millis| AudioTime::from(Duration::from_millis(millis));
        titles.iter().for_each(|&(millis, title)| sheet.add_title(at(millis), &Title::new(title)));
        sheet.finish();
        assert_eq!(sheet.unwritten(), expected, "{titles:?}");
    }

    #[test]
    fn head_names_the_audio_file() {
        assert_eq!(
            sheet().unwritten(),
            "PERFORMER \"Anna 'Ä'\"\nTITLE \"Harbour FM\"\nFILE \"2026-11-22_2000_Anna.mp3\" MP3\n"
        );
        let header = SheetHeader { performer: String::new(), title: "a\nb".into(), codec: Codec::Aac };
        assert_eq!(
            CueSheet::new(&header, "x.aac").unwritten(),
            "PERFORMER \"\"\nTITLE \"a b\"\nFILE \"x.aac\" WAVE\n"
        );
    }

    #[test]
    fn first_track_starts_at_zero() {
        let untitled = "  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n";
        let titled = "  TRACK 01 AUDIO\n    TITLE \"x\"\n    INDEX 01 00:00:00\n";
        check(&[], untitled);
        check(&[(0, "")], untitled);
        check(&[(0, "x")], titled);
        check(&[(0, ""), (4_900, "x")], titled);
        let late = "  TRACK 02 AUDIO\n    TITLE \"x\"\n    INDEX 01 00:05:00\n";
        check(&[(0, ""), (5_000, "x")], &format!("{untitled}{late}"));
    }

    #[test]
    fn same_title_adds_no_track_and_empty_title_adds_one() {
        let expected = "  TRACK 01 AUDIO\n    TITLE \"x\"\n    INDEX 01 00:00:00\n  TRACK 02 AUDIO\n    INDEX 01 00:02:37\n";
        check(&[(0, "x"), (1_000, "x"), (2_500, "")], expected);
    }

    #[test]
    fn times_may_exceed_an_hour() {
        for (millis, expected) in
            [(0, "00:00:00"), (59_999, "00:59:74"), (60_000, "01:00:00"), (9_000_500, "150:00:37")]
        {
            assert_eq!(index(Duration::from_millis(millis).into()), expected);
        }
    }

    #[test]
    fn artist_is_separated_from_title() {
        check(
            &[(0, "Nadia Karim - Tide - Water"), (6_000, "O'Brien; \"Ça va\" — 東京\n")],
            "  TRACK 01 AUDIO\n    TITLE \"Tide - Water\"\n    PERFORMER \"Nadia Karim\"\n    INDEX 01 00:00:00\n  \
             TRACK 02 AUDIO\n    TITLE \"O'Brien; 'Ça va' — 東京\"\n    INDEX 01 00:06:00\n",
        );
        let title =
            Title { artist: Some("A - B".into()), title: Some("C".into()), ..Title::new("A - B - C") };
        assert_eq!(artist_and_title(&title), (Some("A - B"), Some("C")));
    }

    #[test]
    fn number_of_tracks_is_limited() {
        let mut sheet = sheet();
        for n in 0..10_000 {
            sheet.add_title(Duration::from_secs(n).into(), &Title::new(format!("{n}{}", "x".repeat(1000))));
        }
        assert_eq!(sheet.unwritten().matches("TRACK").count(), 999);
        assert!(sheet.unwritten().len() < 999 * 310, "{}", sheet.unwritten().len());
    }
}
