//! Tests of the file with the formats of sources.

use std::fs;

use super::*;

const AAC: Format = Format { codec: Codec::Aac, rate: 48_000, channels: 1 };
const MP3: Format = Format { codec: Codec::Mp3, rate: 22_050, channels: 2 };

fn station(id: Option<u32>, mount: &str) -> StationIdentity {
    StationIdentity { id, mount: mount.to_owned() }
}

/// Stores formats in `folder`, and waits until they are on disk.
fn store(folder: &Path, all: &[(StationIdentity, Format)]) {
    let (file, mut formats) = SourceFormatFile::open(folder).expect("a thread");
    all.iter().for_each(|(station, format)| formats.store(station, *format));
    file.writer.flush(Duration::from_secs(30));
}

fn load(folder: &Path, station: &StationIdentity) -> Option<Format> {
    SourceFormatFile::open(folder).expect("a thread").1.load(station)
}

fn lines(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join(FILE_NAME)).expect("a file");
    text.lines().skip_while(|line| line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn format_of_a_source_survives_a_restart_in_one_line_for_each_station() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(load(folder.path(), &station(None, "/live")), None);
    assert!(!folder.path().join(FILE_NAME).exists(), "nothing was stored");
    store(folder.path(), &[(station(None, "/live"), MP3), (station(Some(7), "/id"), MP3)]);
    store(folder.path(), &[(station(None, "/live"), AAC)]);
    assert_eq!(
        lines(folder.path()),
        [
            r#"{"mount":"/live","codec":"aac","samplerate":48000,"channels":1}"#,
            r#"{"mount":"/id","id":7,"codec":"mp3","samplerate":22050,"channels":2}"#,
        ]
    );
    for (id, mount, expected) in [
        (None, "/live", Some(AAC)),
        (Some(1), "/live", Some(AAC)),
        (Some(7), "/renamed", Some(MP3)),
        (Some(8), "/id", None),
        (None, "/other", None),
    ] {
        assert_eq!(load(folder.path(), &station(id, mount)), expected, "{id:?} {mount}");
    }
}

#[test]
fn damaged_lines_are_skipped() {
    let text = "# a comment\n\n\
        {\"mount\":\"/live\",\"codec\":\"aac\",\"samplerate\":48000,\"channels\":1,\"new\":true}\r\n\
        {\"mount\":\"/cut\",\"codec\":\"aa\n{\"mount\":\"/a\",\"codec\":\"opus\",\"samplerate\":48000,\"channels\":2}\n\
        noise \u{0}\n[]\n{\"mount\":\"/b\",\"codec\":\"mp3\",\"samplerate\":96000,\"channels\":2}\n\
        {\"mount\":\"/c\",\"codec\":\"aac\",\"samplerate\":48000,\"channels\":0}\n\
        {\"mount\":\"/d\",\"codec\":\"mp3\",\"samplerate\":44100,\"channels\":6}\n\
        {\"mount\":\"/e\",\"codec\":\"aac\",\"samplerate\":44100,\"channels\":6}\n";
    let (lines, invalid) = state_lines::parse(text, parse_line);
    let mounts: Vec<&str> = lines.iter().map(|line| line.mount.as_str()).collect();
    assert_eq!(mounts, ["/live", "/e"]);
    assert_eq!(invalid.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9, 10]);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(FILE_NAME), [text.as_bytes(), b"\xFF\xFE\n"].concat()).expect("room");
    assert_eq!(load(folder.path(), &station(None, "/live")), Some(AAC));
}

#[test]
fn file_that_cannot_be_read_is_left_alone_and_formats_stay_in_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE_NAME);
    let long = vec![b'\n'; state_lines::FILE_BYTES_MAX as usize + 1];
    fs::write(&path, &long).expect("room");
    let (file, mut formats) = SourceFormatFile::open(folder.path()).expect("a thread");
    formats.store(&station(None, "/live"), AAC);
    assert_eq!(formats.load(&station(None, "/live")), Some(AAC));
    file.writer.flush(Duration::from_secs(30));
    assert_eq!(fs::metadata(&path).expect("a file").len(), long.len() as u64);
}

#[test]
fn failed_write_is_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("missing");
    let (file, mut formats) = SourceFormatFile::open(&state).expect("a thread");
    formats.store(&station(None, "/live"), AAC);
    assert!(file.writer.flush(Duration::from_secs(30)), "the failure is logged, and nothing waits");
    assert!(!state.exists());
    fs::create_dir(&state).expect("room");
    assert!(file.writer.flush(Duration::from_secs(30)));
    assert_eq!(state_lines::read(&state.join(FILE_NAME), parse_line).expect("a file").len(), 1);
}

#[test]
fn lines_of_removed_stations_are_dropped_when_there_are_too_many() {
    let lines = (0..LINES_MAX).map(|at| SourceLine::new(&station(None, &format!("/{at}")), MP3)).collect();
    let mut formats = StoredFormats { lines, writer: None };
    formats.store(&station(None, "/new"), AAC);
    assert_eq!(formats.lines.len(), LINES_MAX);
    assert_eq!((formats.load(&station(None, "/0")), formats.load(&station(None, "/new"))), (None, Some(AAC)));
}
