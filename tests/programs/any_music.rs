//! Stations whose music is in many formats: every file is heard, with its title and its sound, in one
//! format.

mod left_out;
mod playback;
mod recording;
pub mod sound;

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::audio_folder::{AudioFormat, FORMATS, MAKERS};
use crate::common::{Coldwave, are_available};
use left_out::LeftOutFile;
use recording::Recording;
use sound::{Agreement, Sound};

/// How long each file plays, at least. Each is a little longer than the previous one, so that their ends are
/// at different places within a frame.
const SECONDS: f64 = 4.0;

/// The bytes of audio between two metadata blocks: fewer than those of the shortest frame, so that each block
/// belongs to one frame.
const METAINT: usize = 100;

/// The least correlation of what is heard with ffmpeg's decoding of the file.
const CORRELATION_MIN: f64 = 0.95;

/// A folder with music, and the titles in the order in which they are heard.
struct Music {
    folder: tempfile::TempDir,
    files: Vec<(PathBuf, String)>,
}

impl Music {
    fn make<'a>(formats: impl Iterator<Item = &'a AudioFormat>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let music = folder.path().join("music");
        fs::create_dir(&music).expect("the folder is writable");
        let make = |(number, format): (usize, &AudioFormat)| {
            let seconds = SECONDS + 0.037 * number as f64;
            (format.make(&music, number, seconds), format.heard_title())
        };
        let files = formats.enumerate().map(make).collect();
        Self { folder, files }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("music")
    }

    /// Starts a station with this music and these lines in its configuration.
    fn play(&self, station: &str) -> Coldwave {
        let config = format!(
            "[server]\nlisten = [\"127.0.0.1:0\"]\n[[station]]\nmusic = [\"music\"]\nmetaint = {METAINT}\n{station}"
        );
        Coldwave::with_config(self.folder.path(), &config, 1)
    }

    /// Listens until every file was heard from its beginning to its end, and checks the order of the titles.
    fn record(&self, server: &Coldwave) -> Recording {
        let titles: Vec<&str> = self.files.iter().map(|(_, title)| title.as_str()).collect();
        let recording = Recording::of_titles(server.listen_with_titles(), titles.len() + 2, METAINT);
        let heard: Vec<&str> = recording.titles().collect();
        let first = titles.iter().position(|title| *title == heard[0]);
        let first = first.unwrap_or_else(|| panic!("{:?} is not the title of a file", heard[0]));
        let expected: Vec<&str> = titles.iter().cycle().skip(first).take(heard.len()).copied().collect();
        assert_eq!(heard, expected);
        recording
    }
}

/// Checks each file against ffmpeg's decoding of it. `decoded` is all that was heard.
fn check_sounds(music: &Music, recording: &Recording, decoded: &Sound) {
    let mut failed = Vec::new();
    for (path, title) in &music.files {
        let (start, frames) = recording.place(title);
        let samples = recording.samples_per_frame();
        let file = Sound::decode(path);
        let agreement = file.agreement(decoded, start * samples);
        let longer = frames as f64 - file.len() as f64 / samples as f64;
        let line = format!("{title}: {agreement}, {longer:+.1} frames");
        println!("{line}");
        let is_heard = agreement.correlation >= CORRELATION_MIN && agreement.lag.abs() <= Agreement::LAG_MAX;
        if !is_heard || longer.abs() > 2.0 {
            failed.push(line);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn folder_of_all_formats_is_heard_in_the_format_of_the_station() {
    if !are_available(&MAKERS) {
        return;
    }
    let music = Music::make(FORMATS.iter());
    let left_out = LeftOutFile::make_all(&music.path());
    let server = music.play("");
    let recording = music.record(&server);
    let decoded = recording.decode(music.folder.path());
    assert_eq!(recording.formats(), [(44_100, 2)]);
    check_sounds(&music, &recording, &decoded);
    check_log(&server, &left_out);
}

/// AAC is passed on as it is; nothing else is played.
#[test]
fn station_of_aac_plays_aac_files_without_encoding() {
    if !are_available(&MAKERS) {
        return;
    }
    let of_kind = |name: &&AudioFormat| ["06 aac.m4a", "08 adts.aac"].contains(&name.name);
    let music = Music::make(FORMATS.iter().filter(of_kind));
    let flac = FORMATS[1].make(&music.path(), 9, SECONDS);
    let server = music.play("codec = \"aac\"\n");
    let recording = music.record(&server);
    let decoded = recording.decode(music.folder.path());
    check_sounds(&music, &recording, &decoded);
    check_log(&server, &[LeftOutFile::new(&flac, "plays only AAC files")]);
}

/// Checks that the log names each of these files once with its reason, and has no other warnings except those
/// about their types.
fn check_log(server: &Coldwave, left_out: &[LeftOutFile]) {
    let log = server.log().text();
    for file in left_out {
        let lines = log.lines().filter(|line| line.contains(&file.name) && !line.contains("left out: "));
        let lines = lines.filter(|line| line.contains(file.reason));
        assert_eq!(lines.count(), 1, "{}: {:?} once in {log}", file.name, file.reason);
    }
    let others = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
    let others: Vec<&str> =
        others.filter(|line| !left_out.iter().any(|file| line.contains(&file.name))).collect();
    let others: Vec<&str> = others.into_iter().filter(|line| !line.contains("left out: ")).collect();
    assert!(others.is_empty(), "{others:#?}");
}

fn name_of(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8").to_owned()
}
