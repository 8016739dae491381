//! Tests of single keys, and of any text at all. Whole files are in `tests/loopback/config.rs`.

mod directory;
mod live;

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::{keys, parse};
use crate::settings::{IcyStatusLine, Settings};

/// A folder that is there, with music in it.
fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

/// What is understood of `text`, its mistakes and its warnings.
fn read(text: &str) -> (Settings, Vec<String>, Vec<String>) {
    let (settings, problems) = parse(text, folder());
    let (mistakes, warnings) = problems.into_lines("f");
    (settings, mistakes, warnings)
}

/// A station with these lines.
fn station(lines: &str) -> String {
    format!("[[station]]\nmusic = [\"station/\"]\n{lines}\n")
}

#[track_caller]
fn expect_valid(text: &str) -> Settings {
    let (settings, mistakes, _) = read(text);
    assert!(mistakes.is_empty(), "{text}: {mistakes:#?}");
    settings
}

/// Checks that exactly these things are wrong with `text`.
#[track_caller]
fn expect_errors(text: &str, says: &[&str]) {
    let (_, mistakes, _) = read(text);
    assert_eq!(mistakes.len(), says.len(), "{text}: {mistakes:#?}");
    for (mistake, says) in mistakes.iter().zip(says) {
        assert!(mistake.contains(says), "{text}: {mistake:?} does not say {says:?}");
    }
}

#[test]
fn one_station_with_music_is_enough() {
    let settings = expect_valid(&station(""));
    let all = &settings.stations[0];
    assert_eq!((all.id, all.mount.as_str(), all.name.as_str()), (1, "/live", "coldwave"));
    assert_eq!(
        (all.metaint, all.icy_status_line, all.public, all.shuffle),
        (16_000, IcyStatusLine::Auto, false, false)
    );
    assert_eq!(all.burst, Duration::from_secs(5));
    assert_eq!(all.music, [folder().join("station/")]);
    assert_eq!(settings.listen, Settings::new(Vec::new()).listen);
    assert_eq!((settings.max_listeners, settings.max_connections_per_address), (None, 0));
}

#[test]
fn every_number_has_a_range() {
    for (key, least, most) in [
        ("id", 1, i32::MAX as u32),
        ("metaint", 1, 1_048_576),
        ("delivery_interval_ms", 20, 10_000),
        ("max_listeners", 1, 1_000_000),
        ("source_timeout_s", 1, 3600),
        ("title_delay_ms", 0, 60_000),
        ("max_silence_s", 0, 86_400),
    ] {
        check_range(key, least, most, station);
    }
    let server = |lines: &str| format!("[server]\n{lines}\n{}", station(""));
    check_range("max_listeners", 1, 1_000_000, server);
    check_range("max_connections_per_address", 0, 1_000_000, server);
}

fn check_range(key: &str, least: u32, most: u32, file: impl Fn(&str) -> String) {
    for fits in [least.to_string(), most.to_string(), format!("{most:#x}")] {
        expect_valid(&file(&format!("{key} = {fits}")));
    }
    let range = format!("{key}: ").into_boxed_str();
    for beyond in [i64::from(least) - 1, i64::from(most) + 1, -1, i64::MIN, i64::MAX] {
        let text = file(&format!("{key} = {beyond}"));
        expect_errors(&text, &[&format!("{range}{beyond} is out of range, expected a whole number")]);
        expect_errors(&text, &[&format!("from {least} to {most}, such as")]);
    }
    for other in ["1.0", "\"1\"", "true", "[1]", "{}", "1979-05-27"] {
        expect_errors(
            &file(&format!("{key} = {other}")),
            &[&format!("{range}{other} is invalid, expected a whole number")],
        );
    }
}

#[test]
fn seconds_have_decimals_or_none() {
    for (text, seconds) in
        [("0", 0.0), ("0.0", 0.0), ("2.5", 2.5), ("1_0", 10.0), ("6e1", 60.0), ("60", 60.0)]
    {
        let settings = expect_valid(&station(&format!("burst_s = {text}\nbuffer_s = 600")));
        assert_eq!(settings.stations[0].burst, Duration::from_secs_f64(seconds));
    }
    for text in ["-1", "-0.1", "60.1", "61", "inf", "-inf", "nan", "9e99", "99999999999999999999"] {
        let says = format!("burst_s: {text} is out of range, expected a number of seconds from 0 to 60");
        expect_errors(&station(&format!("burst_s = {text}")), &[&says]);
    }
    for text in ["0.9", "600.5"] {
        let lines = format!("burst_s = 0\nbuffer_s = {text}");
        expect_errors(&station(&lines), &["buffer_s: "]);
    }
    let says = "burst_s: \"5s\" is invalid, expected a number of seconds from 0 to 60, such as 5.0";
    expect_errors(&station("burst_s = \"5s\""), &[says]);
}

#[test]
fn the_burst_is_within_the_buffer() {
    expect_valid(&station("burst_s = 30"));
    expect_errors(&station("burst_s = 31"), &["f:3: [[station]] burst_s: 31 is more than buffer_s (30.0)"]);
    expect_errors(&station("buffer_s = 4"), &["f:3: [[station]] buffer_s: 4 is less than burst_s (5.0)"]);
}

#[test]
fn the_delivery_interval_is_at_most_a_quarter_of_the_burst() {
    for (lines, interval_ms, says) in [
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
        let (settings, mistakes, warnings) = read(&station(lines));
        assert!(mistakes.is_empty(), "{lines}: {mistakes:?}");
        assert_eq!(settings.stations[0].delivery_interval, Duration::from_millis(interval_ms), "{lines}");
        assert_eq!(warnings.len(), usize::from(!says.is_empty()), "{lines}: {warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains(says)), "{lines}: {warnings:?}");
    }
}

#[test]
fn texts_and_switches() {
    let settings = expect_valid(&station(
        "name = \"Ö\"\npublic = true\nshuffle = true\nurl = \"https://x\"\nicy_status_line = 'never'",
    ));
    let of = &settings.stations[0];
    assert_eq!(
        (of.name.as_str(), of.public, of.shuffle, of.url.as_str(), of.icy_status_line),
        ("Ö", true, true, "https://x", IcyStatusLine::Never)
    );
    for (lines, says) in [
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
        expect_errors(&station(lines), &[&format!("f:3: [[station]] {says}")]);
    }
    let long = format!("genre = \"{}\"", "x".repeat(1001));
    expect_errors(&station(&long), &["… is longer than 1000 bytes"]);
}

#[test]
fn music_has_to_be_there() {
    let music = |list: &str| format!("[[station]]\nmusic = {list}");
    for (list, says) in [
        ("[]", "music: [] is invalid, expected a list of files, directories and playlists"),
        ("\"a.mp3\"", "expected a list of files"),
        ("[5]", "music: 5 is invalid"),
        ("[\"\"]", "music: \"\" is empty"),
        ("[\"~/Music\"]", "begins with ~"),
        ("[\"http://x/y.mp3\"]", "is a URL"),
        ("[\"nowhere/\"]", "music: \"nowhere/\" cannot be played: no such file or directory: "),
    ] {
        expect_errors(&music(list), &[says]);
    }
    expect_errors(&music("[\"a\",\n\"station\",\n\"b\"]"), &["f:2: ", "f:4: "]);
    expect_errors(
        "[[station]]\n",
        &["f:1: [[station]] music: is required without source_password, dj or relay"],
    );
}

#[test]
fn addresses_to_listen_on() {
    let server = |list: &str| format!("[server]\nlisten = {list}\n{}", station(""));
    let settings =
        expect_valid(&server("[\"127.0.0.1:8000\", \"[::1]:8000\", \"127.0.0.1:0\", \"127.0.0.1:0\"]"));
    assert_eq!(settings.listen.len(), 4);
    assert_eq!(settings.listen[0].fallback, None);
    let everywhere = expect_valid(&server("[\"[::]:80\"]")).listen[0];
    assert_eq!(everywhere.fallback, Some("0.0.0.0:80".parse().unwrap()));
    for list in
        ["[]", "\"[::]:8000\"", "8000", "[8000]", "[\"localhost:8000\"]", "[\":8000\"]", "[\"::1:8000\"]"]
    {
        expect_errors(&server(list), &["listen: "]);
        expect_errors(
            &server(list),
            &["is invalid, expected a list of addresses with ports, such as [\"[::]:8000\"]"],
        );
    }
    for list in [
        "[\"1.2.3.4:5\", \"1.2.3.4:5\"]",
        "[\"[::]:80\", \"0.0.0.0:80\"]",
        "[\"1.2.3.4:80\", \"[::]:80\"]",
        "[\"1.2.3.4:80\", \"0.0.0.0:80\"]",
    ] {
        expect_errors(&server(list), &["in the same list"]);
    }
    let many: Vec<String> = (1..=65).map(|port| format!("\"127.0.0.1:{port}\"")).collect();
    expect_errors(&server(&format!("[{}]", many.join(","))), &["has more than 64 addresses"]);
}

#[test]
fn the_access_log_is_a_file_in_a_folder_that_exists() {
    let server = |path: &str| format!("[server]\naccess_log = {path}\n{}", station(""));
    let settings = expect_valid(&server("\"access.log\""));
    assert_eq!(settings.access_log, Some(folder().join("access.log")));
    for (path, says) in [
        ("\"station\"", "is a directory"),
        ("\"nowhere/access.log\"", "in a directory that does not exist"),
        ("\"~/log\"", "begins with ~"),
        ("5", "expected a string"),
    ] {
        expect_errors(&server(path), &[says]);
    }
}

#[test]
fn the_state_folder_is_one_or_can_be_made() {
    let server = |path: &str| format!("[server]\nstate_dir = {path}\n{}", station(""));
    for path in ["station", "state", "a/new/one"] {
        let settings = expect_valid(&server(&format!("{path:?}")));
        assert_eq!(settings.state_dir, Some(folder().join(path)));
    }
    for (path, says) in [
        ("\"README.md\"", "f:2: [server] state_dir: \"README.md\" is not a directory"),
        ("\"README.md/state\"", "cannot be created: a parent is not a directory"),
        ("\"\"", "is empty"),
        ("\"~/state\"", "begins with ~"),
        ("5", "expected a string in quotes, such as \"state\""),
    ] {
        expect_errors(&server(path), &[says]);
    }
}

#[test]
fn stations_have_ids_in_order_and_mounts_of_their_own() {
    let all = |lines: [&str; 3]| lines.map(station).concat();
    let settings = expect_valid(&all(["mount = '/a'\nid = 9", "mount = '/b'", "mount = '/c'"]));
    let ids: Vec<(u32, &str)> = settings.stations.iter().map(|of| (of.id, of.mount.as_str())).collect();
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
    expect_errors(
        &all(["mount = '/a'", "mount = '/b'\nid = 1", "mount = '/c'"]),
        &["f:7: [[station]] id: 1 is already the id of the station in line 1; without an id"],
    );
}

#[test]
fn keys_in_the_wrong_place_are_told_where_they_belong() {
    for (text, says) in [
        ("name = 'x'\n", "f:1: name: belongs below [[station]]"),
        ("listen = []\n", "f:1: listen: belongs below [server]"),
        ("port = 80\n", "f:1: port: unknown key, there are [server], [directory] and [[station]]"),
        ("[srever]\n", "f:1: srever: unknown table, did you mean [server]?"),
        ("[[stations]]\n", "f:1: stations: unknown table, did you mean [[station]]?"),
        ("[directories]\n", "f:1: directories: unknown table, did you mean [directory]?"),
        ("[server]\nname = 'x'\n", "f:2: [server] name: unknown key here, it belongs below [[station]]"),
        ("[server]\nburst-size = 1\n", "f:2: [server] burst-size: unknown key"),
        ("[[server]]\n", "f:1: server: expected single brackets"),
        ("server = 5\n", "f:1: server: expected a table"),
    ] {
        expect_errors(&(text.to_owned() + &station("")), &[says]);
    }
    expect_errors("[station]\nmusic = ['station']\n", &["f:1: station: expected a table in double brackets"]);
    expect_errors("station = [5]\n", &["f:1: [[station]]: at least one", "f:1: station: expected"]);
    expect_errors(&station("mont = '/x'"), &["f:3: [[station]] mont: unknown key, did you mean \"mount\"?"]);
    expect_errors("", &["f:1: [[station]]: at least one"]);
}

#[test]
fn what_is_no_toml_is_told_line_by_line() {
    expect_errors("[server]\nlisten = \nmax_listeners = x\n", &["f:2: column 10: ", "f:3: column 17: "]);
    expect_errors("[[station]\n", &["f:1: column "]);
    expect_errors("a = 1\na = 2\n", &["f:1: a: unknown key", "f:2: column 1: duplicate key"]);
    // What is right TOML is read all the same, but nothing is said to be missing.
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
fn texts_of_windows_are_read() {
    let text = format!("\u{feff}{}", station("id = 5\nmont = 1").replace('\n', "\r\n"));
    expect_errors(&text, &["f:4: [[station]] mont: unknown key"]);
}

/// Lines that are nearly right.
fn line() -> impl Strategy<Value = String> {
    let all: Vec<&str> =
        keys::SERVER.keys.iter().chain(keys::STATION.keys).chain(keys::SERVER.planned).copied().collect();
    let value = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:?}")),
        any::<String>().prop_map(|text| format!("{text:?}")),
        prop::collection::vec(any::<String>(), 0..3).prop_map(|texts| format!("{texts:?}")),
        any::<(String, String)>()
            .prop_map(|(name, word)| format!("[{{ name = {name:?}, password = {word:?} }}]")),
        Just("[[station]]".to_owned()),
        Just("true".to_owned()),
    ];
    prop_oneof![
        (prop::sample::select(all), value).prop_map(|(key, value)| format!("{key} = {value}")),
        prop::sample::select(vec!["[server]", "[[station]]", "[station]", "[[server]]"])
            .prop_map(str::to_owned),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn any_lines_are_answered_each_in_one_line(lines in prop::collection::vec(line(), 0..12)) {
        let (settings, mistakes, warnings) = read(&lines.join("\n"));
        for told in mistakes.iter().chain(&warnings) {
            prop_assert!(told.starts_with("f:") && !told.contains(char::is_control), "{told:?}");
        }
        prop_assert!(!mistakes.is_empty() || !settings.stations.is_empty());
    }
}

#[test]
fn what_stands_between_is_told_in_addresses() {
    let server = |lines: &str| format!("[server]\n{lines}\n{}", station(""));
    let settings = expect_valid(&server(
        "trusted_proxies = ['127.0.0.1', '10.1.2.3/8', '::1']\npublic_url = 'https://Radio.example/fm/'",
    ));
    let networks: Vec<String> = settings.trusted_proxies.networks().iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]);
    assert_eq!(settings.public_url.as_deref(), Some("https://radio.example/fm"));
    assert!(expect_valid(&server("trusted_proxies = []")).trusted_proxies.networks().is_empty());
    for (line, says) in [
        ("trusted_proxies = '127.0.0.1'", "is invalid, expected a list of IP addresses and networks"),
        (
            "trusted_proxies = ['proxy.example']",
            "'proxy.example' is invalid, expected a list of IP addresses",
        ),
        (
            "trusted_proxies = ['10.0.0.0/33']",
            "expected a list of IP addresses and networks, such as [\"127.",
        ),
        ("trusted_proxies = [1]", "f:2: [server] trusted_proxies: 1 is invalid"),
        ("public_url = 5", "f:2: [server] public_url: 5 is invalid, expected a string in quotes"),
        ("public_url = 'radio.example'", "expected an address that begins with http:// or https://"),
        ("public_url = 'https://a:b@h'", "contains a login"),
        ("public_url = 'https://h/?a'", "contains ? or #"),
        ("public_url = 'https://h/a b'", "must be percent-encoded"),
        ("public_url = 'https://h:0'", "expected a port from 1 to 65535"),
        ("public_urls = 'https://h'", "did you mean \"public_url\"?"),
    ] {
        expect_errors(&server(line), &[says]);
    }
    let (_, mistakes, warnings) = read(&server("trusted_proxies = ['::/0']"));
    assert!(mistakes.is_empty() && warnings[0].contains("trusts every client"), "{warnings:?}");
    let many = vec!["'10.0.0.0/8'"; 257].join(", ");
    expect_errors(&server(&format!("trusted_proxies = [{many}]")), &["has more than 256 entries"]);
}

#[test]
fn a_picture_has_to_be_one() {
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
    for (name, says) in [
        ("text.jpg", "is not an image, expected PNG, JPEG, GIF or WebP"),
        ("empty.jpg", "empty.jpg' is empty"),
        ("large.gif", "is larger than 523872 bytes"),
        ("none.jpg", "cannot be read: No such file"),
        ("", "is not a file, expected an image"),
    ] {
        expect_errors(&artwork(name), &[says]);
    }
    expect_errors(&station("artwork = 1"), &["expected a string in quotes, such as \"cover.jpg\""]);
}
