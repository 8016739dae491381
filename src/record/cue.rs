//! Cue sheets: which title begins when in an audio file.
//!
//! The form is that of CDRWIN, as players of files read it: in UTF-8, with minutes and tracks beyond 99, and with FILE
//! types that know MP3 and call everything else WAVE.

use std::time::Duration;

use crate::audio::Codec;
use crate::icy::Title;
use crate::text::truncated;
use crate::time::AudioTime;

/// A title that comes so soon is that of the session's beginning: many encoders send theirs right after the first audio.
const FIRST_TITLE_WITHIN: Duration = Duration::from_secs(5);

/// Bytes of one text; the same as of a title in the stream.
const TEXT_MAX: usize = 240;

/// Tracks in one sheet. More than in any show, and few enough for a sheet to stay small when somebody floods us with
/// titles.
const TRACKS_MAX: u32 = 999;

/// What stands at the head of a sheet.
#[derive(Debug, Clone)]
pub struct SheetHeader {
    /// Who is live.
    pub performer: String,
    /// The station.
    pub title: String,
    /// What the audio is encoded with.
    pub codec: Codec,
}

/// A sheet that grows with its audio file.
#[derive(Debug)]
pub struct CueSheet {
    tracks: u32,
    /// The title that holds.
    title: Title,
    /// What was not written yet.
    text: String,
}

impl CueSheet {
    /// The sheet for the audio file of this name.
    pub fn new(about: &SheetHeader, audio: &str) -> Self {
        let kind = if about.codec == Codec::Mp3 { "MP3" } else { "WAVE" };
        let (performer, title) = (quoted(&about.performer), quoted(&about.title));
        let text = format!("PERFORMER {performer}\nTITLE {title}\nFILE \"{}\" {kind}\n", sanitized(audio));
        Self { tracks: 0, title: Title::default(), text }
    }

    /// From `at` on, `title` holds. Times must not go back.
    pub fn add_title(&mut self, at: AudioTime, title: &Title) {
        if *title == self.title {
            return;
        }
        let is_soon = self.tracks == 0 && at < FIRST_TITLE_WITHIN.into();
        if !is_soon {
            self.extend_to(at);
        }
        self.title = title.clone();
        if *title != Title::default() {
            self.add_track(if is_soon { AudioTime::ZERO } else { at });
        } else if !is_soon {
            self.add_track(at);
        }
    }

    /// There is audio up to `at`: a sheet needs a track at its beginning, also where nobody says what that is called.
    pub fn extend_to(&mut self, at: AudioTime) {
        if self.tracks == 0 && at >= FIRST_TITLE_WITHIN.into() {
            self.add_track(AudioTime::ZERO);
        }
    }

    /// There is no more audio.
    pub fn finish(&mut self) {
        if self.tracks == 0 {
            self.add_track(AudioTime::ZERO);
        }
    }

    /// What is to be written behind what was written.
    pub fn unwritten(&self) -> &str {
        &self.text
    }

    /// Notes that it was.
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

/// Artist and title; of a line, what stands before the first dash and behind it.
fn artist_and_title(title: &Title) -> (Option<&str>, Option<&str>) {
    match (&title.artist, &title.title) {
        (artist, Some(name)) => (artist.as_deref(), Some(name)),
        (_, None) => match title.text.split_once(" - ") {
            Some((artist, name)) => (Some(artist), Some(name)),
            None => (None, Some(&title.text)),
        },
    }
}

/// Minutes, seconds and 75ths of seconds.
fn index(at: AudioTime) -> String {
    let at = at.duration();
    let (seconds, frames) = (at.as_secs(), u64::from(at.subsec_micros()) * 75 / 1_000_000);
    format!("{:02}:{:02}:{frames:02}", seconds / 60, seconds % 60)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", sanitized(text))
}

/// Text that ends neither its quotes nor its line. A sheet has no way to say `"`.
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
        let about =
            SheetHeader { performer: "Anna \"Ä\"".into(), title: "Harbour FM".into(), codec: Codec::Mp3 };
        CueSheet::new(&about, "2026-11-22_2000_Anna.mp3")
    }

    /// Notes titles by milliseconds, ends the sheet, and compares it but for its head.
    fn check(titles: &[(u64, &str)], expected: &str) {
        let mut sheet = sheet();
        sheet.mark_written();
        let at = |millis| AudioTime::from(Duration::from_millis(millis));
        titles.iter().for_each(|&(millis, title)| sheet.add_title(at(millis), &Title::new(title)));
        sheet.finish();
        assert_eq!(sheet.unwritten(), expected, "{titles:?}");
    }

    #[test]
    fn the_head_names_the_file() {
        assert_eq!(
            sheet().unwritten(),
            "PERFORMER \"Anna 'Ä'\"\nTITLE \"Harbour FM\"\nFILE \"2026-11-22_2000_Anna.mp3\" MP3\n"
        );
        let about = SheetHeader { performer: String::new(), title: "a\nb".into(), codec: Codec::Aac };
        assert_eq!(
            CueSheet::new(&about, "x.aac").unwritten(),
            "PERFORMER \"\"\nTITLE \"a b\"\nFILE \"x.aac\" WAVE\n"
        );
    }

    #[test]
    fn the_first_track_begins_at_the_beginning() {
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
    fn what_does_not_change_is_no_track_and_what_is_cleared_is() {
        let expected = "  TRACK 01 AUDIO\n    TITLE \"x\"\n    INDEX 01 00:00:00\n  TRACK 02 AUDIO\n    INDEX 01 00:02:37\n";
        check(&[(0, "x"), (1_000, "x"), (2_500, "")], expected);
    }

    #[test]
    fn times_go_beyond_an_hour() {
        for (millis, expected) in
            [(0, "00:00:00"), (59_999, "00:59:74"), (60_000, "01:00:00"), (9_000_500, "150:00:37")]
        {
            assert_eq!(index(Duration::from_millis(millis).into()), expected);
        }
    }

    #[test]
    fn artists_are_told_apart_from_titles() {
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
    fn a_flood_of_titles_ends() {
        let mut sheet = sheet();
        for n in 0..10_000 {
            sheet.add_title(Duration::from_secs(n).into(), &Title::new(format!("{n}{}", "x".repeat(1000))));
        }
        assert_eq!(sheet.unwritten().matches("TRACK").count(), 999);
        assert!(sheet.unwritten().len() < 999 * 310, "{}", sheet.unwritten().len());
    }
}
