//! Tests of single keys, and of arbitrary text. `tests/loopback/config.rs` tests complete files.

mod authorities;
mod conversion;
mod directory;
mod embedding;
mod fallback;
mod foreign;
mod https;
mod listen;
mod live;
mod master;
mod rendition;
mod reverse_proxy;
mod tls;
mod unlisted;

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::keys;
use super::loaded::{ParsedConfig, parse};
use crate::settings::{DirectoryListing, IcyStatusLine, Settings};

/// Returns an existing directory with music.
fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

/// Parses `text` and returns the settings, the errors and the warnings.
fn read(text: &str) -> (Settings, Vec<String>, Vec<String>) {
    let ParsedConfig { settings, problems, .. } = parse(text, folder(), &[], Vec::new());
    let (errors, warnings) = problems.into_lines(&|line| format!("f:{line}"));
    (settings, errors, warnings)
}

/// Returns a configuration of one station with these lines.
fn station(lines: &str) -> String {
    format!("[[station]]\nmusic = [\"station/\"]\n{lines}\n")
}

#[track_caller]
fn expect_valid(text: &str) -> Settings {
    let (settings, errors, _) = read(text);
    assert!(errors.is_empty(), "{text}: {errors:#?}");
    settings
}

/// Checks that `text` has exactly these errors.
#[track_caller]
fn expect_errors(text: &str, expected: &[&str]) {
    let (_, errors, _) = read(text);
    assert_eq!(errors.len(), expected.len(), "{text}: {errors:#?}");
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.contains(expected), "{text}: {error:?} does not contain {expected:?}");
    }
}

#[test]
fn station_with_music_gets_defaults() {
    let settings = expect_valid(&station(""));
    let first = &settings.stations[0];
    assert_eq!((first.id, first.mount.as_str(), first.name.as_str()), (1, "/live", "coldwave"));
    assert_eq!(
        (first.metaint, first.icy_status_line, first.public, first.shuffle),
        (16_000, IcyStatusLine::Auto, DirectoryListing::Never, false)
    );
    assert_eq!(first.burst, Duration::from_secs(5));
    assert_eq!(first.music, [folder().join("station/")]);
    assert_eq!(settings.listen, Settings::new(Vec::new()).listen);
    assert_eq!((settings.max_listeners, settings.max_connections_per_address), (None, 0));
}

#[test]
fn every_number_has_a_range() {
    for (key, min, max) in [
        ("id", 1, i32::MAX as u32),
        ("metaint", 1, 1_048_576),
        ("delivery_interval_ms", 20, 10_000),
        ("max_listeners", 1, 1_000_000),
        ("source_timeout_s", 1, 3600),
        ("title_delay_ms", 0, 60_000),
        ("max_silence_s", 0, 86_400),
    ] {
        check_range(key, min, max, station);
    }
    let server = |lines: &str| format!("[server]\n{lines}\n{}", station(""));
    check_range("max_listeners", 1, 1_000_000, server);
    check_range("max_connections_per_address", 0, 1_000_000, server);
    check_range("request_memory_mb", 8, 1_048_576, server);
}

fn check_range(key: &str, min: u32, max: u32, file: impl Fn(&str) -> String) {
    for valid in [min.to_string(), max.to_string(), format!("{max:#x}")] {
        expect_valid(&file(&format!("{key} = {valid}")));
    }
    let range = format!("{key}: ").into_boxed_str();
    for out_of_range in [i64::from(min) - 1, i64::from(max) + 1, -1, i64::MIN, i64::MAX] {
        let text = file(&format!("{key} = {out_of_range}"));
        expect_errors(&text, &[&format!("{range}{out_of_range} is out of range, expected a whole number")]);
        expect_errors(&text, &[&format!("from {min} to {max}, such as")]);
    }
    for other in ["1.0", "\"1\"", "true", "[1]", "{}", "1979-05-27"] {
        expect_errors(
            &file(&format!("{key} = {other}")),
            &[&format!("{range}{other} is invalid, expected a whole number")],
        );
    }
}

#[test]
fn seconds_may_have_decimals() {
    for (text, seconds) in
        [("0", 0.0), ("0.0", 0.0), ("2.5", 2.5), ("1_0", 10.0), ("6e1", 60.0), ("60", 60.0)]
    {
        let settings = expect_valid(&station(&format!("burst_s = {text}\nbuffer_s = 600")));
        assert_eq!(settings.stations[0].burst, Duration::from_secs_f64(seconds));
    }
    for text in ["-1", "-0.1", "60.1", "61", "inf", "-inf", "nan", "9e99", "99999999999999999999"] {
        let expected = format!("burst_s: {text} is out of range, expected a number of seconds from 0 to 60");
        expect_errors(&station(&format!("burst_s = {text}")), &[&expected]);
    }
    for text in ["0.9", "600.5"] {
        let lines = format!("burst_s = 0\nbuffer_s = {text}");
        expect_errors(&station(&lines), &["buffer_s: "]);
    }
    let expected = "burst_s: \"5s\" is invalid, expected a number of seconds from 0 to 60, such as 5.0";
    expect_errors(&station("burst_s = \"5s\""), &[expected]);
}

#[test]
fn burst_must_fit_in_the_buffer() {
    expect_valid(&station("burst_s = 30"));
    expect_errors(&station("burst_s = 31"), &["f:3: [[station]] burst_s: 31 is more than buffer_s (30.0)"]);
    expect_errors(&station("buffer_s = 4"), &["f:3: [[station]] buffer_s: 4 is less than burst_s (5.0)"]);
}

#[test]
fn limits_in_bytes_have_priority_over_seconds() {
    let (settings, errors, warnings) =
        read(&station("burst_bytes = 65536\nburst_s = 31\nbuffer_bytes = 20000"));
    assert_eq!((errors.len(), warnings.len()), (0, 1), "{errors:?} {warnings:?}");
    assert!(warnings[0].contains("burst_s: has no effect with burst_bytes"), "{warnings:?}");
    let station_settings = &settings.stations[0];
    assert_eq!((station_settings.burst_bytes, station_settings.buffer_bytes), (Some(65_536), Some(20_000)));
    assert_eq!(station_settings.burst_length(), Duration::from_millis(4096), "at 128 kbit/s");
    let settings = expect_valid(&station("burst_bytes = 0"));
    assert_eq!(settings.stations[0].delivery_interval, Duration::from_millis(250));
    let settings = expect_valid(&station("burst_bytes = 65536\nformat = { bitrate = 64 }"));
    assert_eq!(settings.stations[0].burst_length(), Duration::from_millis(8192));
    expect_errors(&station("buffer_bytes = 100"), &["buffer_bytes: 100 is out of range"]);
}

#[test]
fn delivery_interval_is_at_most_a_quarter_of_the_burst() {
    for (lines, interval_ms, expected) in [
        ("burst_s = 4", 1000, ""),
        ("burst_s = 10\ndelivery_interval_ms = 2500", 2500, ""),
        ("burst_s = 0\ndelivery_interval_ms = 250", 250, ""),
        (
            "delivery_interval_ms = 2000",
            1250,
            "f:3: [[station]] delivery_interval_ms: 2000 is more than a quarter",
        ),
        ("burst_s = 2", 500, "1000 (the default) is more than a quarter of the burst, using 500"),
        ("burst_s = 0", 250, "more than the maximum without a burst, using 250"),
        ("burst_s = 0.01", 20, "using 20"),
    ] {
        let (settings, errors, warnings) = read(&station(lines));
        assert!(errors.is_empty(), "{lines}: {errors:?}");
        assert_eq!(settings.stations[0].delivery_interval, Duration::from_millis(interval_ms), "{lines}");
        assert_eq!(warnings.len(), usize::from(!expected.is_empty()), "{lines}: {warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains(expected)), "{lines}: {warnings:?}");
    }
}

#[test]
fn strings_and_flags_are_checked() {
    let settings = expect_valid(&station(
        "name = \"Ö\"\npublic = true\nshuffle = true\nurl = \"https://x\"\nicy_status_line = 'never'",
    ));
    let first = &settings.stations[0];
    assert_eq!(
        (first.name.as_str(), first.public, first.shuffle, first.url.as_str(), first.icy_status_line),
        ("Ö", DirectoryListing::Always, true, "https://x", IcyStatusLine::Never)
    );
    for (lines, expected) in [
        ("name = 5", "name: 5 is invalid, expected a string in quotes, such as \"Harbour FM\""),
        ("name = \"\"", "name: \"\" is empty: some players"),
        ("name = \"a\\nb\"", "name: \"a\\nb\" contains line breaks"),
        ("genre = true", "genre: true is invalid, expected a string"),
        ("description = '''a\nb'''", "description: '''a… contains line breaks"),
        (
            "url = \"example.org\"",
            "url: \"example.org\" is invalid, expected an address that begins with http://",
        ),
        ("public = \"yes\"", "public: \"yes\" is invalid, expected true or false, without quotes"),
        ("shuffle = 1", "shuffle: 1 is invalid, expected true or false"),
        (
            "icy_status_line = \"sometimes\"",
            "icy_status_line: \"sometimes\" is invalid, expected \"auto\", \"always\" or \"never\"",
        ),
        ("mount = \"live\"", "mount: \"live\" does not begin with /"),
        ("mount = \"/7.html\"", "mount: \"/7.html\" is reserved for a page"),
    ] {
        expect_errors(&station(lines), &[&format!("f:3: [[station]] {expected}")]);
    }
    let long = format!("genre = \"{}\"", "x".repeat(1001));
    expect_errors(&station(&long), &["… is longer than 1000 bytes"]);
}

#[test]
fn music_must_exist() {
    let music = |list: &str| format!("[[station]]\nmusic = {list}");
    for (list, expected) in [
        ("[]", "music: [] is invalid, expected a file, a directory, a playlist, or a list of them"),
        ("\"a.mp3\"", "music: \"a.mp3\" cannot be played: no such file or directory: "),
        ("5", "expected a file, a directory, a playlist, or a list of them, such as \"music/\" or ["),
        (
            "\"config/example.toml\"",
            "is a configuration file of coldwave, expected a file, directory or playlist",
        ),
        ("[5]", "music: 5 is invalid"),
        ("[\"\"]", "music: \"\" is empty"),
        ("[\"~/Music\"]", "begins with ~"),
        ("[\"http://x/y.mp3\"]", "is a URL"),
        ("[\"nowhere/\"]", "music: \"nowhere/\" cannot be played: no such file or directory: "),
    ] {
        expect_errors(&music(list), &[expected]);
    }
    expect_errors(&music("[\"a\",\n\"station\",\n\"b\"]"), &["f:2: ", "f:4: "]);
    expect_errors(
        "[[station]]\n",
        &["f:1: [[station]] music: is required without source_password, dj or relay"],
    );
}

#[test]
fn access_log_must_be_in_an_existing_directory() {
    let server = |path: &str| format!("[server]\naccess_log = {path}\n{}", station(""));
    let settings = expect_valid(&server("\"access.log\""));
    assert_eq!(settings.access_log, Some(folder().join("access.log")));
    for (path, expected) in [
        ("\"station\"", "is a directory"),
        ("\"nowhere/access.log\"", "in a directory that does not exist"),
        ("\"~/log\"", "begins with ~"),
        ("5", "expected a string"),
    ] {
        expect_errors(&server(path), &[expected]);
    }
}

#[test]
fn state_dir_must_be_a_directory_or_creatable() {
    let server = |path: &str| format!("[server]\nstate_dir = {path}\n{}", station(""));
    for path in ["station", "state", "a/new/one"] {
        let settings = expect_valid(&server(&format!("{path:?}")));
        assert_eq!(settings.state_dir, Some(folder().join(path)));
    }
    for (path, expected) in [
        ("\"README.md\"", "f:2: [server] state_dir: \"README.md\" is not a directory"),
        ("\"README.md/state\"", "cannot be created: a parent is not a directory"),
        ("\"\"", "is empty"),
        ("\"~/state\"", "begins with ~"),
        ("5", "expected a string in quotes, such as \"state\""),
    ] {
        expect_errors(&server(path), &[expected]);
    }
}

#[test]
fn stations_are_sorted_by_id_and_have_unique_mounts() {
    let all = |lines: [&str; 3]| lines.map(station).concat();
    let settings = expect_valid(&all(["mount = '/a'\nid = 9", "mount = '/b'", "mount = '/c'"]));
    let ids: Vec<(u32, &str)> =
        settings.stations.iter().map(|station| (station.id, station.mount.as_str())).collect();
    assert_eq!(ids, [(2, "/b"), (3, "/c"), (9, "/a")], "sorted by id");
    expect_errors(
        &all(["mount = '/a'", "", "mount = '/c'"]),
        &["f:4: [[station]] mount: is required with more than one"],
    );
    expect_errors(
        &all(["mount = '/a'\nid = 5", "mount = '/a'", "mount = '/a'\nid = 5"]),
        &[
            "f:7: [[station]] mount: \"/a\" is already the mount of the station in line 3",
            "f:10: [[station]] mount: \"/a\" is already the mount of the station in line 3",
            "f:11: [[station]] id: 5 is already the id of the station in line 4",
        ],
    );
}

/// As after a rename, which gives an id, and a station inserted above it.
#[test]
fn id_that_is_given_excludes_no_station_without_one() {
    let ids = |lines: &[&str]| {
        let text: String = lines.iter().map(|line| station(line)).collect();
        let settings = expect_valid(&text);
        let ids = settings.stations.iter().map(|station| format!("{}={}", station.mount, station.id));
        ids.collect::<Vec<_>>().join(" ")
    };
    for (lines, expected) in [
        (&["mount = '/top'", "mount = '/live'", "mount = '/night'\nid = 2"][..], "/top=1 /night=2 /live=3"),
        (&["mount = '/a'", "mount = '/b'\nid = 1", "mount = '/c'"], "/b=1 /a=2 /c=3"),
        (&["mount = '/a'", "mount = '/b'\nid = 1", "mount = '/c'\nid = 3"], "/b=1 /a=2 /c=3"),
        (&["mount = '/b'\nid = 2", "mount = '/a'"], "/a=1 /b=2"),
    ] {
        assert_eq!(ids(lines), expected, "{lines:?}");
    }
}

/// The keys of the second table, and tables below it, cause no errors of their own.
#[test]
fn single_brackets_for_several_tables_are_one_error_for_each() {
    let table =
        "[station] # evening\nmount = '/a'\nmusic = ['station/']\n[station.format]\nbitrate = 128\n\n";
    expect_errors(
        &format!("{}[server]\nmax_listeners = 0\n", table.repeat(3)),
        &[
            "f:7: [station] is there more than once: write [[station]] for each",
            "f:13: [station] is there more than once: write [[station]] for each",
            "f:20: [server] max_listeners: 0 is out of range",
        ],
    );
    let dj = "[station.dj]\nname = 'nina'\npassword = 'quiet-harbour'\n";
    let expected = "f:6: [station.dj] is there more than once: write [[station.dj]] for each";
    expect_errors(&station(&dj.repeat(2)), &[expected]);
}

#[test]
fn misplaced_key_error_names_the_right_table() {
    for (text, expected) in [
        ("name = 'x'\n", "f:1: name: belongs below [[station]]"),
        ("listen = []\n", "f:1: listen: belongs below [server]"),
        (
            "port = 80\n",
            "f:1: port: unknown key, there are [server], [[tls]], [[alias]], [directory], [master], [unlisted] and [[station]]",
        ),
        ("[srever]\n", "f:1: srever: unknown table, did you mean [server]?"),
        ("[[stations]]\n", "f:1: stations: unknown table, did you mean [[station]]?"),
        ("[directories]\n", "f:1: directories: unknown table, did you mean [directory]?"),
        ("[server]\nname = 'x'\n", "f:2: [server] name: unknown key here, it belongs below [[station]]"),
        ("[server]\nburst-size = 1\n", "f:2: [server] burst-size: unknown key"),
        ("[[server]]\n", "f:1: server: expected single brackets"),
        ("[format]\n", "f:1: format: belongs below [[station]], write [station.format]"),
        ("[[dj]]\n", "f:1: dj: belongs below [[station]], write [[station.dj]]"),
        ("[[rendition]]\n", "f:1: rendition: belongs below [[station]], write [[station.rendition]]"),
        ("[[renditions]]\n", "f:1: renditions: unknown table"),
        ("server = 5\n", "f:1: server: expected a table"),
    ] {
        expect_errors(&(text.to_owned() + &station("")), &[expected]);
    }
    expect_errors("[station]\nmusic = ['station']\n", &["f:1: station: expected a table in double brackets"]);
    expect_errors("station = [5]\n", &["f:1: [[station]]: at least one", "f:1: station: expected"]);
    expect_errors(&station("mont = '/x'"), &["f:3: [[station]] mont: unknown key, did you mean \"mount\"?"]);
    expect_errors("", &["f:1: [[station]]: at least one"]);
}

#[test]
fn syntax_errors_are_reported_line_by_line() {
    expect_errors("[server]\nlisten = \nmax_listeners = x\n", &["f:2: column 10: ", "f:3: column 17: "]);
    expect_errors("[[station]\n", &["f:1: column "]);
    expect_errors("a = 1\na = 2\n", &["f:1: a: unknown key", "f:2: column 1: duplicate key"]);
    // Valid lines are checked nevertheless, but missing keys are not reported.
    expect_errors(
        "[[station]]\nid = 0\nmount = /live\n",
        &["f:2: [[station]] id: 0 is out of range", "f:3: column 9: "],
    );
    expect_errors(
        "[[station]]\nmusic = [\"a\"\nid = 1\n[[station]]\n",
        &["f:2: ", "in the list that begins at line 2"],
    );
}

#[test]
fn byte_order_mark_and_crlf_are_accepted() {
    let text = format!("\u{feff}{}", station("id = 5\nmont = 1").replace('\n', "\r\n"));
    expect_errors(&text, &["f:4: [[station]] mont: unknown key"]);
}

/// Generates lines that are almost valid.
fn line() -> impl Strategy<Value = String> {
    let all: Vec<&str> =
        keys::SERVER.keys.iter().chain(keys::STATION.keys).chain(keys::RENDITION.keys).copied().collect();
    let value = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:?}")),
        any::<String>().prop_map(|text| format!("{text:?}")),
        prop::collection::vec(any::<String>(), 0..3).prop_map(|texts| format!("{texts:?}")),
        any::<(String, String)>()
            .prop_map(|(name, password)| format!("[{{ name = {name:?}, password = {password:?} }}]")),
        any::<(String, u32)>()
            .prop_map(|(mount, kbps)| format!("[{{ mount = {mount:?}, bitrate = {kbps} }}]")),
        Just("[[station]]".to_owned()),
        Just("true".to_owned()),
    ];
    prop_oneof![
        (prop::sample::select(all), value).prop_map(|(key, value)| format!("{key} = {value}")),
        prop::sample::select(vec!["[server]", "[[station]]", "[station]", "[[server]]"])
            .prop_map(str::to_owned),
        Just("[[station.rendition]]".to_owned()),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_panic(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn any_lines_give_problems_of_one_line_each(lines in prop::collection::vec(line(), 0..12)) {
        let (settings, errors, warnings) = read(&lines.join("\n"));
        for line in errors.iter().chain(&warnings) {
            prop_assert!(line.starts_with("f:") && !line.contains(char::is_control), "{line:?}");
        }
        prop_assert!(!errors.is_empty() || !settings.stations.is_empty());
    }
}

#[test]
fn artwork_must_be_an_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("cover.png"), b"\x89PNG\r\n\x1a\n a picture").expect("a file");
    std::fs::write(path("text.jpg"), b"<svg/>").expect("a file");
    std::fs::write(path("empty.jpg"), b"").expect("a file");
    std::fs::write(path("large.gif"), [&b"GIF89a"[..], &vec![0; 523_872]].concat()).expect("a file");
    let artwork = |name: &str| station(&format!("artwork = '{}'", path(name).display()));
    let settings = expect_valid(&artwork("cover.png"));
    let image = settings.stations[0].artwork.as_ref().expect("a picture");
    assert_eq!(image.content_type(), "image/png");
    for (name, expected) in [
        ("text.jpg", "is not an image, expected PNG, JPEG, GIF or WebP"),
        ("empty.jpg", "empty.jpg' is empty"),
        ("large.gif", "is larger than 523872 bytes"),
        ("none.jpg", "cannot be read: No such file"),
        ("", "is not a file, expected an image"),
    ] {
        expect_errors(&artwork(name), &[expected]);
    }
    expect_errors(&station("artwork = 1"), &["expected a string in quotes, such as \"cover.jpg\""]);
}
