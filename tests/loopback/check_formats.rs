//! What `--check` says about music in many formats.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{BINARY, fixture};

/// Returns a WAV file with a second of silence.
fn wav(rate: u32, channels: u16) -> Vec<u8> {
    let frame_len = 2 * channels;
    let data_len = rate * u32::from(frame_len);
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data_len).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&data_len.to_le_bytes());
    file.extend_from_slice(&frame_len.to_le_bytes());
    file.extend_from_slice(b"\x10\0data");
    file.extend_from_slice(&data_len.to_le_bytes());
    file.resize(file.len() + data_len as usize, 0);
    file
}

/// Creates a folder with music: most of it is at 44.1 kHz stereo, and each file has another format.
fn music() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let music = folder.path().join("music");
    fs::create_dir(&music).expect("a folder");
    let content = |name: &str| fs::read(fixture(name)).expect(name);
    for (name, content) in [
        ("1.mp3", content("mp3/cbr.mp3").repeat(20)),
        ("2.wav", wav(48_000, 2)),
        ("3.aac", content("aac/lc-44100-stereo-96k.aac")),
        ("4.mp2", content("mp3/layer2.mp3")),
        ("5.mp3", content("mp3/mpeg25-8000-mono-8k.mp3")),
        ("6.flac", b"not a FLAC file".to_vec()),
        ("7.m4a", wav(96_000, 6)),
        ("8.mp3", b"wvpk and so on".to_vec()),
        ("9.m4a", content("formats/heaac-implicit.m4a")),
        ("10.opus", content("formats/opus-5.1.opus")),
    ] {
        fs::write(music.join(name), content).expect("disk space");
    }
    folder
}

/// Returns the lines of the summary with these labels.
#[track_caller]
fn check(folder: &Path, station: &str, labels: &[&str]) -> Vec<String> {
    let config = format!(
        "[server]\nlisten = ['127.0.0.1:0']\nstate_dir = 'state'\nencode_workers = 2\n\
         [[station]]\nmusic = ['music']\n{station}\n"
    );
    fs::write(folder.join("coldwave.toml"), config).expect("disk space");
    let mut command = Command::new(BINARY);
    command.args(["--check", "-c", "coldwave.toml"]).current_dir(folder).env_remove("RUST_LOG");
    let output = command.output().expect("coldwave starts");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let has_label = |line: &&str| labels.iter().any(|label| line.starts_with(&format!("  {label:<12}")));
    text.lines().filter(has_label).map(|line| line.trim_start().to_owned()).collect()
}

const LABELS: [&str; 7] =
    ["format", "passed on", "converted", "left out", "not checked", "conversion", "warning"];

#[test]
#[cfg(feature = "lame")]
fn check_tells_what_happens_to_each_file() {
    let folder = music();
    let lines = check(folder.path(), "loudness = -16", &LABELS);
    assert_eq!(
        lines[..11],
        [
            "format      44100 Hz stereo, 128 kbit/s if encoded (that of most of the music)",
            "passed on   44100 Hz stereo: 1 track",
            "converted   PCM: 2 tracks, such as music/2.wav",
            "converted   AAC: 1 track, such as music/3.aac",
            "converted   MP2: 1 track, such as music/4.mp2",
            "converted   MP3 at 8000 Hz mono: 1 track, such as music/5.mp3",
            "converted   Opus: 1 track, such as music/10.opus",
            "left out    1 text: it is not an audio file of a known format, such as music/6.flac",
            "left out    1 WavPack: the codec WavPack is not supported, such as music/8.mp3",
            "left out    1 M4A: HE-AAC cannot be decoded in full; convert it to AAC-LC or MP3, such as music/9.m4a",
            "conversion  about 2.3 % of a core while a converted track plays, 28 % of the time",
        ]
    );
    assert_eq!(lines[11..], ["conversion  at most about 2.3 % of a core for music, in at most 2 processes"]);
    assert_eq!(check(folder.path(), "", &["playable"]), ["playable    7 of 10 tracks"]);
    assert!(!folder.path().join("state").exists(), "--check stores nothing");
}

#[test]
#[cfg(feature = "lame")]
fn check_shows_where_the_format_comes_from() {
    let folder = music();
    let format = |station: &str| check(folder.path(), station, &["format"]);
    assert_eq!(
        format("format = { samplerate = 48000, channels = 1, bitrate = 96 }"),
        ["format      48000 Hz mono, 96 kbit/s if encoded (configured)"]
    );
    fs::create_dir(folder.path().join("state")).expect("a folder");
    let line = "{\"mount\":\"/live\",\"samplerate\":32000,\"channels\":1}\n";
    fs::write(folder.path().join("state/stations.jsonl"), line).expect("disk space");
    assert_eq!(format(""), ["format      32000 Hz mono, 128 kbit/s if encoded (stored in state_dir)"]);
    assert_eq!(
        format("format = { channels = 2 }"),
        ["format      32000 Hz stereo, 128 kbit/s if encoded (stored in state_dir)"]
    );
}

#[test]
fn check_of_a_station_without_conversion_names_what_it_leaves_out() {
    let folder = music();
    assert_eq!(
        check(folder.path(), "codec = 'aac'", &LABELS[..6]),
        [
            "format      44100 Hz stereo: 1 track",
            "left out    2 MP3: a station with codec = \"aac\" plays only AAC files, such as music/1.mp3",
            "left out    2 WAV: a station with codec = \"aac\" plays only AAC files, such as music/2.wav",
            "left out    1 MP2: a station with codec = \"aac\" plays only AAC files, such as music/4.mp2",
            "left out    1 text: it is not an audio file of a known format, such as music/6.flac",
            "left out    1 WavPack: the codec WavPack is not supported, such as music/8.mp3",
            "left out    1 M4A: HE-AAC cannot be decoded in full; convert it to AAC-LC or MP3, such as music/9.m4a",
            "left out    1 Opus: a station with codec = \"aac\" plays only AAC files, such as music/10.opus",
        ]
    );
    assert_eq!(
        check(folder.path(), "process = 'never'", &["format", "left out"]),
        [
            "format      44100 Hz stereo: 1 track, such as music/1.mp3",
            "format      8000 Hz mono: 1 track, such as music/5.mp3",
            "left out    2 WAV: PCM would have to be converted, and process is \"never\", such as music/2.wav",
            "left out    1 AAC: AAC would have to be converted, and process is \"never\", such as music/3.aac",
            "left out    1 MP2: MP2 would have to be converted, and process is \"never\", such as music/4.mp2",
            "left out    1 text: it is not an audio file of a known format, such as music/6.flac",
            "left out    1 WavPack: the codec WavPack is not supported, such as music/8.mp3",
            "left out    1 M4A: HE-AAC cannot be decoded in full; convert it to AAC-LC or MP3, such as music/9.m4a",
            "left out    1 Opus: Opus would have to be converted, and process is \"never\", such as music/10.opus",
        ]
    );
}

/// The summary is printed, and stderr and the exit code say that the station would be silent.
#[test]
fn check_fails_if_nothing_is_left_to_play() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let music = folder.path().join("music");
    fs::create_dir(&music).expect("a folder");
    let check = || {
        let mut command = Command::new(BINARY);
        command.arg("--check").arg("music").current_dir(folder.path()).env_remove("RUST_LOG");
        let output = command.output().expect("coldwave starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let silence =
        "  warning     no playable files: listeners would hear silence while there is no other input\n";
    let (code, stdout, stderr) = check();
    assert_eq!(
        (code, stderr.as_str()),
        (Some(1), "coldwave: nothing to play on /live: its music has no tracks\n")
    );
    assert!(stdout.contains(silence) && stdout.contains("  music       music: 0 tracks\n"), "{stdout}");
    let heading = "The configuration has no errors, but a station would play nothing. It would run:\n";
    assert!(stdout.starts_with(heading), "{stdout}");
    for (name, content) in [("a.ape", "MAC "), ("b.mp3", "<html>"), ("b.jpg", ""), ("b.nfo", "text")] {
        fs::write(music.join(name), content).expect("disk space");
    }
    let (code, stdout, stderr) = check();
    assert_eq!(
        (code, stderr.as_str()),
        (Some(1), "coldwave: nothing to play on /live: all 2 tracks are left out\n")
    );
    let lines = [
        "  music       music: 2 tracks, 2 other files\n",
        silence,
        "  left out    1 Monkey's Audio: the codec Monkey's Audio is not supported, such as music/a.ape\n",
        "  left out    1 HTML: it is not an audio file of a known format, such as music/b.mp3\n",
    ];
    assert!(lines.iter().all(|line| stdout.contains(line)), "{stdout}");
    fs::copy(fixture("mp3/cbr.mp3"), music.join("c.mp3")).expect("disk space");
    let (code, stdout, stderr) = check();
    assert!(code == Some(0) && stderr.is_empty() && !stdout.contains(silence), "{stdout}{stderr}");
}

/// Playlists in the forms that players write, with relative paths to the playlist and from it.
#[test]
fn playlists_of_other_programs_name_their_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let decomposed = "Music/Beyonce\u{301}/De\u{301}ja\u{300} Vu.mp3";
    for name in [decomposed, "Music/Kino/a.mp3", "Music/AC-DC/#1 100%.mp3"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::copy(fixture("mp3/cbr.mp3"), path).expect("disk space");
    }
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let vlc = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<playlist xmlns=\"http://xspf.org/ns/0/\" \
               xmlns:vlc=\"http://www.videolan.org/vlc/playlist/ns/0/\" version=\"1\"><trackList><track>\
               <location>Music/AC-DC/%231%20100%25.mp3</location><extension \
               application=\"http://www.videolan.org/vlc/playlist/0\"><vlc:id>0</vlc:id></extension></track>\
               </trackList></playlist>";
    let lists: [(&str, Vec<u8>); 8] = [
        (
            "foobar2000.m3u8",
            "\u{feff}#EXTM3U\r\n#EXTINF:4,x\r\nMusic\\Beyonc\u{e9}\\D\u{e9}j\u{e0} Vu.mp3\r\n".into(),
        ),
        ("Winamp.m3u", b"#EXTM3U\r\n\\Music\\Beyonc\xe9\\D\xe9j\xe0 Vu.mp3\r\n".to_vec()),
        ("Winamp.m3u8", "\u{feff}#EXTM3U\r\nD:\\Sound\\Music\\Kino\\a.mp3\r\n".into()),
        ("iTunes.m3u", b"#EXTM3U\r#EXTINF:4,x\rMusic/Kino/a.mp3\r".to_vec()),
        ("Unicode Text.m3u", utf16("#EXTM3U\r\nMusic/Kino/a.mp3\r\n")),
        ("VLC.xspf", vlc.into()),
        ("VLC.m3u", "#EXTM3U\n#EXTINF:4,x\n#EXTVLCOPT:start-time=2\nMusic/AC-DC/%231%20100%25.mp3\n".into()),
        ("Rhythmbox.pls", "[playlist]\nX-GNOME-Title=x\nNumberOfEntries=1\nFile1=Music/Kino/a.mp3\n".into()),
    ];
    for (name, text) in lists {
        fs::write(folder.path().join(name), text).expect("disk space");
        let mut command = Command::new(BINARY);
        let output =
            command.args(["--check", name]).current_dir(folder.path()).output().expect("coldwave starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let expected = format!("  music       {name}: 1 track\n");
        assert!(output.status.success() && text.contains(&expected), "{output:?}");
    }
}

/// The rest of the warnings is counted, also those that a scan does not keep.
#[test]
fn check_counts_every_missing_entry_of_a_playlist() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing: String = (0..5000).map(|number| format!("{number}.mp3\n")).collect();
    fs::write(folder.path().join("list.m3u"), missing).expect("disk space");
    let mut command = Command::new(BINARY);
    command.args(["--check", "list.m3u"]).current_dir(folder.path()).env_remove("RUST_LOG");
    let output = command.output().expect("coldwave starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("  warning")).collect();
    let shown = lines.iter().filter(|line| line.contains("no such file")).count();
    assert!(lines.contains(&&*format!("  warning     and {} more", 5000 - shown)), "{text}");
}
