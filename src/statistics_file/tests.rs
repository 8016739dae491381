//! Tests of the file with the statistics: restarts, damage of every kind, and its bounds.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::line::{server_line, station_line};
use super::*;
use crate::icy::Title;
use crate::station::{PlayedTitle, StationTotals};
use crate::time::Moment;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn title(text: &str, at_s: u64) -> (Duration, Arc<PlayedTitle>) {
    let started_at = Moment::EarlierRun(seconds(at_s));
    let title = Title { artist: Some("Nadia Karim".into()), ..Title::new(text) };
    (seconds(at_s), Arc::new(PlayedTitle { title, set_by: "nina".into(), started_at, cover_version: None }))
}

fn identity(mount: &str) -> StationIdentity {
    StationIdentity { id: None, mount: mount.to_owned() }
}

fn example(mount: &str) -> StationStatistics {
    StationStatistics {
        station: identity(mount),
        taken_at: seconds(1_741_083_072),
        peak: 40,
        peak_at: Some(seconds(1_741_000_000)),
        totals: StationTotals { sessions: 905, bytes_on_air: 1, bytes_sent: 2, skips: 3, too_slow: 4 },
        listeners: vec![
            (seconds(1_741_080_000), 3),
            (seconds(1_741_080_300), 0),
            (seconds(1_741_081_200), 7),
        ],
        titles: vec![title("Tidewater", 1_741_083_000), title("A \"quoted\"\n\u{1}one", 1_741_082_000)],
    }
}

/// Stores statistics in `folder`, and waits until they are on disk.
fn store(folder: &Path, stations: &[StationStatistics], peak: usize) {
    let (file, mut store) = StatisticsFile::open(folder).expect("a thread");
    stations.iter().for_each(|station| store.put(station.clone()));
    store.commit(peak);
    assert!(file.writer.flush(Duration::from_secs(30)));
}

fn load_station(folder: &Path, mount: &str) -> Option<StationStatistics> {
    let (_, store) = StatisticsFile::open(folder).expect("a thread");
    store.load(&identity(mount)).map(|it| (*it).clone())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = entries.map(|entry| name(entry).into_string().expect("a name")).collect();
    names.sort();
    names
}

#[test]
fn statistics_survive_a_restart_in_one_line_for_each_station() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!((load_station(folder.path(), "/live"), names(folder.path())), (None, vec![]));
    store(folder.path(), &[example("/live"), example("/other")], 70);
    let changed = StationStatistics { peak: 41, titles: Vec::new(), ..example("/live") };
    store(folder.path(), std::slice::from_ref(&changed), 71);
    assert_eq!(load_station(folder.path(), "/live"), Some(changed));
    assert_eq!(load_station(folder.path(), "/other"), Some(example("/other")), "it is not in this run");
    let (_, store) = StatisticsFile::open(folder.path()).expect("a thread");
    assert_eq!(store.server_peak(), 71);
    let text = fs::read_to_string(folder.path().join(FILE_NAME)).expect("a file");
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 3, "{text}");
    assert!(
        text.contains(
            r#""listeners":[{"from":1741080000,"highest":[3,0]},{"from":1741081200,"highest":[7]}]"#
        )
    );
    let mode = fs::metadata(folder.path().join(FILE_NAME)).expect("a file").permissions().mode();
    assert_eq!((mode & 0o777, names(folder.path())), (0o600, vec![FILE_NAME.to_owned()]));
}

#[test]
fn damaged_file_is_set_aside_and_its_valid_lines_are_used() {
    let whole =
        HEADER.to_owned() + &server_line(70) + &station_line(&example("/a")) + &station_line(&example("/b"));
    let cut = &whole[..whole.len() - 40];
    let bad_time = whole.replacen("1741083072", "99999999999999", 1);
    let not_text = [whole.as_bytes(), b"\xFF\x00\xFE\n"].concat();
    let first_cut = whole.replacen("{\"version\"", "{\"ver", 1);
    let newer = whole.replacen("\"version\":1", "\"version\":2", 1);
    for (name, content, used, peak) in [
        ("cut", cut.as_bytes(), vec!["/a"], 70),
        ("a time that no clock shows", bad_time.as_bytes(), vec!["/b"], 70),
        ("not text", &not_text, vec!["/a", "/b"], 70),
        ("no first line", first_cut.as_bytes(), vec![], 0),
        ("newer", newer.as_bytes(), vec![], 0),
        ("empty", b"", vec![], 0),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, content).expect("room");
        let (file, mut store) = StatisticsFile::open(folder.path()).expect("a thread");
        let is_used = |mount: &&str| store.load(&identity(mount)).is_some();
        assert_eq!((["/a", "/b"].into_iter().filter(is_used).collect::<Vec<_>>()), used, "{name}");
        assert_eq!(store.server_peak(), peak, "{name}");
        let aside = folder.path().join("statistics.broken-1");
        assert_eq!(fs::read(&aside).expect("it is set aside"), content, "{name}");
        store.put(example("/c"));
        store.commit(1);
        assert!(file.writer.flush(Duration::from_secs(30)));
        assert_eq!(load_station(folder.path(), "/c"), Some(example("/c")), "{name}: the next start is clean");
        assert_eq!(names(folder.path()), ["statistics.broken-1", FILE_NAME], "{name}");
    }
    let unknown_key = whole.replacen("\"peak\":40", "\"peak\":40,\"new\":[1]", 1);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(FILE_NAME), unknown_key).expect("room");
    assert_eq!(load_station(folder.path(), "/a"), Some(example("/a")));
    assert_eq!(names(folder.path()), [FILE_NAME]);
}

#[test]
fn what_is_not_a_file_is_set_aside_and_never_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let victim = folder.path().join("victim");
    fs::write(&victim, "mine").expect("room");
    let state = folder.path().join("state");
    fs::create_dir(&state).expect("room");
    symlink(&victim, state.join(FILE_NAME)).expect("a link");
    store(&state, &[example("/live")], 1);
    fs::remove_file(state.join(FILE_NAME)).expect("a file");
    fs::create_dir(state.join(FILE_NAME)).expect("room");
    store(&state, &[example("/live")], 1);
    let long = fs::File::create(folder.path().join("long")).expect("room");
    long.set_len(FILE_BYTES_MAX as u64 + 1).expect("a file with a hole");
    fs::rename(folder.path().join("long"), state.join(FILE_NAME)).expect("a file");
    store(&state, &[example("/live")], 1);
    assert_eq!(fs::read_to_string(&victim).expect("a file"), "mine");
    assert_eq!(load_station(&state, "/live"), Some(example("/live")));
    let broken = ["statistics.broken-1", "statistics.broken-2", "statistics.broken-3", FILE_NAME];
    assert_eq!(names(&state), broken);
}

#[test]
fn failed_write_is_repeated_with_the_next_statistics() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    fs::create_dir(&state).expect("room");
    let (file, mut store) = StatisticsFile::open(&state).expect("a thread");
    fs::remove_dir(&state).expect("an empty folder");
    store.put(example("/live"));
    store.commit(1);
    assert!(file.writer.flush(Duration::from_secs(30)), "the failure is logged, and nothing waits");
    fs::create_dir(&state).expect("room");
    file.flush();
    assert_eq!(load_station(&state, "/live"), Some(example("/live")));
}

#[test]
fn lines_and_files_are_bounded() {
    let long = "x".repeat(4000);
    let titles: Vec<_> =
        (0..200).map(|number| title(&format!("{number} {long}"), 1_741_083_000 - number)).collect();
    let line = station_line(&StationStatistics { titles, ..example("/live") });
    assert!((30_000..60 * 1024).contains(&line.len()), "{}", line.len());
    let read = FileContent::parse(&(server_line(1) + &line)).list.stations.remove(0);
    assert!(read.titles.len() > 8 && read.titles[0].1.title.text.starts_with("0 "), "the latest are kept");
    let mut stored = StoredStatistics { all: StatisticsList::default(), writer: None };
    for number in 0..LINES_MAX + 10 {
        stored.put(example(&format!("/{number}")));
    }
    assert_eq!(stored.all.stations.len(), LINES_MAX);
    assert!(stored.load(&identity("/9")).is_none() && stored.load(&identity("/10")).is_some());
    // An attacker cannot write the file, but a damaged disk can.
    let run = r#"{"from":0,"highest":[1,1,1]},"#.repeat(1000);
    let many = format!(r#"{{"mount":"/a","taken_at":0,"listeners":[{}]}}"#, run.trim_end_matches(','));
    let read = FileContent::parse(&(server_line(1) + &many)).list.stations.remove(0);
    assert_eq!(read.listeners.len(), 288);
}

#[test]
fn set_aside_files_are_limited() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 1..=100 {
        fs::write(folder.path().join(format!("statistics.broken-{number}")), "").expect("room");
    }
    let path = folder.path().join(FILE_NAME);
    fs::write(&path, "damaged").expect("room");
    store(folder.path(), &[example("/live")], 1);
    assert_eq!(fs::read_to_string(&path).expect("a file"), "damaged", "it is left alone");
}
