//! Tests with real files.

use std::fs;

use super::*;

const KIND: LogKind = LogKind { name: "test log", fallback: Fallback::Lost };

const NEVER: LogRotation = LogRotation { max_size: None, keeps_all: false };

#[derive(Debug)]
struct TextLine(&'static str);

impl LogLine for TextLine {
    fn render(self, _: &TimeZone) -> String {
        format!("{}\n", self.0)
    }
}

fn lines(path: &Path) -> usize {
    fs::read_to_string(path).expect("a file").lines().count()
}

#[test]
fn dropped_lines_are_reported_together_at_an_interval() {
    let mut report = DroppedReport::new();
    let at = |seconds| Timestamp::from_second(seconds).expect("a time");
    for (dropped, seconds, reported) in
        [(0, 100, None), (5, 100, Some(5)), (9, 101, None), (12, 109, None), (14, 110, Some(9))]
    {
        assert_eq!(report.due(dropped, at(seconds)), reported, "{seconds}");
    }
}

#[test]
fn full_disk_is_reported_once_until_a_new_file_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("access.log");
    std::os::unix::fs::symlink("/dev/full", &path).expect("a link");
    LogFile::open(KIND, &path, NEVER).expect_err("a link is refused");
    let mut file = LogFile::open(KIND, Path::new("/dev/full"), NEVER).expect("a device");
    for _ in 0..3 {
        file.add(b"lost\n");
        file.flush();
        assert!(file.has_failed(), "the failure persists from one line to the next");
    }
    fs::remove_file(&path).expect("a link");
    file.move_to(&path);
    file.reopen();
    file.add(b"kept\n");
    file.flush();
    assert!(!file.has_failed());
    assert_eq!(lines(&path), 1);
}

#[test]
fn reopen_continues_in_a_new_file_after_a_rename() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
    let log = LogWriter::open(KIND, &path, NEVER).expect("a log");
    log.add(TextLine("one"));
    log.add(TextLine("two"));
    log.flush();
    fs::rename(&path, &moved).expect("the file exists");
    log.reopen();
    log.add(TextLine("three"));
    log.flush();
    assert_eq!((lines(&moved), lines(&path)), (2, 1));
}

#[test]
fn large_file_is_renamed_and_a_new_one_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("access.log");
    let rotation = LogRotation { max_size: Some(10), keeps_all: false };
    let log = LogWriter::open(KIND, &path, rotation).expect("a log");
    for line in ["first 10 bytes", "second", "third", "fourth"] {
        log.add(TextLine(line));
        log.flush();
    }
    let text = |name| fs::read_to_string(folder.path().join(name)).expect("a file");
    assert_eq!((text("access.log"), text("access.log.old")), ("fourth\n".into(), "second\nthird\n".into()));
}

#[test]
fn files_that_are_all_kept_have_the_time_in_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("icecast_access.log");
    let rotation = LogRotation { max_size: Some(1), keeps_all: true };
    let log = LogWriter::open(KIND, &path, rotation).expect("a log");
    for _ in 0..5 {
        log.add(TextLine("full"));
        log.flush();
    }
    let names = fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry"));
    let names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let is_dated = |name: &&String| {
        let date = name.strip_prefix("icecast_access.log.").unwrap_or_default();
        let shape: String = date.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        shape.starts_with("00000000_000000")
    };
    assert_eq!((names.len(), names.iter().filter(is_dated).count()), (6, 5), "{names:?}");
}

#[test]
fn file_that_cannot_be_renamed_grows_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("access.log");
    fs::create_dir_all(folder.path().join("access.log.old/in the way")).expect("a folder");
    let rotation = LogRotation { max_size: Some(1), keeps_all: false };
    let log = LogWriter::open(KIND, &path, rotation).expect("a log");
    for _ in 0..3 {
        log.add(TextLine("kept"));
        log.flush();
    }
    assert_eq!(lines(&path), 3);
}

#[test]
fn log_that_cannot_be_opened_begins_when_it_is_reopened() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("missing/access.log");
    LogWriter::<TextLine>::open(KIND, &path, NEVER).expect_err("there is no such directory");
    let log = LogWriter::open_when_possible(KIND, &path, NEVER).expect("a thread");
    log.add(TextLine("lost"));
    log.flush();
    fs::create_dir(folder.path().join("missing")).expect("a folder");
    log.reopen();
    log.add(TextLine("kept"));
    log.flush();
    assert_eq!(fs::read_to_string(&path).expect("a file"), "kept\n");
}

#[test]
fn log_whose_directory_was_removed_continues_when_there_is_one_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let logs = folder.path().join("logs");
    let path = logs.join("access.log");
    fs::create_dir(&logs).expect("a folder");
    for reopens in [false, true] {
        let mut file = LogFile::open(KIND, &path, NEVER).expect("a log");
        fs::remove_dir_all(&logs).expect("a folder");
        if reopens {
            file.reopen();
        }
        let mut add = |line: &str| {
            file.let_time_pass();
            file.add(line.as_bytes());
            file.flush();
            file.has_failed()
        };
        assert!(add("lost\n"));
        fs::create_dir(&logs).expect("a folder");
        assert!(!add("kept\n"));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "kept\n", "reopens: {reopens}");
    }
}
