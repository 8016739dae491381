//! Tests of descriptions and their differences.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Description;
use crate::config;
use crate::settings::{Settings, StationSettings};

/// A configuration with every key. Paths are absolute, as they are in descriptions.
const EVERY_KEY: &str = include_str!("tests/every_key.toml");

const SALT: &[u8] = b"salt";

fn load(text: &str) -> Settings {
    config::fuzzing::load_text(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).settings
}

fn describe(text: &str) -> Description {
    Description::new(&load(text), SALT)
}

/// Describes stations, one for each text, which has the keys besides those of the first lines here.
fn stations(texts: &[&str]) -> Description {
    let tables = texts.iter().map(|text| format!("[[station]]\nsource_password = \"rosebud\"\n{text}\n"));
    describe(&tables.collect::<String>())
}

#[track_caller]
fn check(before: &[&str], after: &[&str], lines: &[&str]) {
    assert_eq!(stations(before).changes(&stations(after)), lines, "{before:?} -> {after:?}");
    assert_eq!(stations(before).changes(&stations(before)), [""; 0]);
}

#[track_caller]
fn check_server(before: &str, after: &str, lines: &[&str]) {
    let station = "[[station]]\nsource_password = \"rosebud\"\n";
    let whole = |text: &str| describe(&format!("{text}\n{station}"));
    assert_eq!(whole(before).changes(&whole(after)), lines, "{before} -> {after}");
}

/// Returns the keys of a table of [`EVERY_KEY`] with their values, which are JSON too.
fn written_in(table: &str) -> BTreeMap<&'static str, Value> {
    let start = EVERY_KEY.find(&format!("{table}\n")).expect(table) + table.len();
    let lines = EVERY_KEY[start..].trim_start().lines().take_while(|line| !line.is_empty());
    let key_and_value = |line: &'static str| {
        let (key, value) = line.split_once(" = ").expect(line);
        (key, serde_json::from_str(value).expect(line))
    };
    lines.map(key_and_value).collect()
}

/// Returns how the key of a table is described. `found` is the description of the table.
fn described_as(table: &str, key: &str, found: &Value) -> Value {
    match (table, key) {
        ("[station.format]", _) => found[format!("format.{key}")].clone(),
        // In the file, it is a list of numbers.
        (_, "geo_lat_long") => serde_json::from_str(&format!("[{}]", found[key].as_str().unwrap())).unwrap(),
        // The list has both files in one text, with the whole paths.
        ("[[tls]]", _) => {
            let text = found[0].as_str().unwrap().replace(concat!(env!("CARGO_MANIFEST_DIR"), "/"), "");
            text.split(" with ").nth(usize::from(key == "key")).unwrap().into()
        }
        // The list has a text for each.
        ("[[alias]]", _) => {
            let text = found[0].as_str().unwrap();
            let (from, rest) = text.split_once(" -> ").unwrap();
            let (to, rest) = rest.split_once(" at ").unwrap();
            let (address, port) = rest.split_once(" port ").unwrap();
            match key {
                "from" => from.into(),
                "to" => to.into(),
                "address" => address.into(),
                _ => port.parse::<u16>().unwrap().into(),
            }
        }
        // A path is described as a whole.
        (_, "tls_ca") => {
            found[key].as_str().unwrap().replace(concat!(env!("CARGO_MANIFEST_DIR"), "/"), "").into()
        }
        _ => found[key].clone(),
    }
}

#[track_caller]
fn check_key(table: &str, key: &str, written: &Value, found: &Value) {
    match key {
        "password" | "source_password" | "admin_password" => {
            assert_eq!(found["digest"].as_str().expect(key).len(), 32, "{table} {key}");
        }
        "intro" => assert!(found.as_str().is_some_and(|it| it.contains(" bytes of frames, ")), "{found}"),
        "artwork" => assert_eq!(found["content_type"], "image/png"),
        "relay" => assert_eq!(found, "http://radio.example:8000/live", "without login and query"),
        _ if written.is_number() => assert_eq!(found.as_f64(), written.as_f64(), "{table} {key}"),
        _ => assert_eq!(found, written, "{table} {key}"),
    }
}

#[test]
fn every_key_of_the_reference_is_described_as_in_the_file() {
    let described = serde_json::to_value(describe(EVERY_KEY)).unwrap();
    let [station, rendition] = [0, 1].map(|at| &described["stations"][at]);
    for (table, keys) in config::known_keys() {
        let (written, found) = (
            written_in(table),
            match table {
                "[server]" => &described["server"],
                "[directory]" => &described["directory"],
                "[master]" => &described["master"],
                "[[tls]]" => &described["server"]["tls"],
                "[[alias]]" => &described["server"]["alias"],
                "[unlisted]" => &described["unlisted"],
                "[[station]]" | "[station.format]" => &station["settings"],
                "[[station.dj]]" => &station["djs"]["nina"],
                "[[station.rendition]]" => &rendition["settings"],
                other => panic!("{other} is not described"),
            },
        );
        for &key in keys {
            let outer = if table == "[[station]]" { station } else { rendition };
            match (table, key) {
                // Tables, and what they are found by.
                ("[[station]]", "format" | "dj" | "rendition") | ("[[station.dj]]", "name") => {}
                // It is about the file, not about the server.
                ("[server]", "allow_weak_passwords") => {}
                // Its tables are described below their patterns.
                ("[unlisted]", "mount") => assert_eq!(found["mount /dj/* max_listeners"], 5),
                (_, "id" | "mount") => assert_eq!(outer[key], written[key], "{table} {key}"),
                _ => check_key(table, key, &written[key], &described_as(table, key, found)),
            }
        }
    }
    let text = described.to_string();
    for secret in ["rosebud", "lighthouse", "sandpiper", "turnstone", "token"] {
        assert!(EVERY_KEY.contains(secret) && !text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn description_survives_json() {
    let known_ids = vec![("/old".to_owned(), 7)];
    let description = describe(EVERY_KEY).with_known_ids(known_ids.clone());
    let text = serde_json::to_string(&description).unwrap();
    let read: Description = serde_json::from_str(&text).unwrap();
    assert_eq!(read, description, "decimals too");
    assert_eq!(read.changes(&description), [""; 0]);
    assert_eq!(read.salt().unwrap(), SALT);
    assert_eq!(read.known_ids(), known_ids);
    assert_eq!(read.changes(&describe(EVERY_KEY)), [""; 0], "known ids are no settings");
}

#[test]
fn value_before_and_after_is_named() {
    check(&["burst_s = 5"], &["burst_s = 10"], &["/live: burst_s: 5 -> 10"]);
    check(
        &["burst_s = 5"],
        &["burst_s = 0.25"],
        &["/live: burst_s: 5 -> 0.25", "/live: delivery_interval_ms: 1000 -> 62.5"],
    );
    check(&["burst_s = 5.0"], &["burst_s = 5"], &[]);
    check(&["public = true"], &[""], &["/live: public: true -> false"]);
    check(&[""], &["max_listeners = 7"], &["/live: max_listeners: none -> 7"]);
    check(&["genre = \"a\""], &["genre = 'say \"b\"'"], &[r#"/live: genre: "a" -> "say \"b\"""#]);
    check(&[""], &["loudness = -16.3"], &["/live: loudness: none -> -16.3"]);
    check(&[""], &["format = { channels = 2 }"], &["/live: format.channels: none -> 2"]);
    check(&["takeover = \"never\""], &[""], &["/live: takeover: \"never\" -> \"same_user\""]);
    check(&["relay = \"http://a/b\""], &[""], &["/live: relay: \"http://a/b\" -> none"]);
    check_server(
        "server.listen = 8000",
        "server.listen = [8000, 8100]",
        &[
            r#"server: listen: ["[::]:8000"] -> ["[::]:8000", "[::]:8100"]"#,
            r#"server: source_listen: ["[::]:8001"] -> ["[::]:8001", "[::]:8101"]"#,
        ],
    );
    check_server(
        "server.public_url = \"http://a\"",
        "server.public_url = \"http://a\"\ndirectory.url = \"http://b\"",
        &["directory: added"],
    );
}

#[test]
fn table_that_is_added_or_removed_is_one_line() {
    let without = "server.public_url = \"http://a\"";
    let url = |url: &str| format!("{without}\ndirectory.url = {url:?}");
    check_server(without, &url("http://b"), &["directory: added"]);
    check_server(&url("http://b"), without, &["directory: removed"]);
    check_server(&url("http://b"), &url("http://c"), &[r#"directory: url: "http://b" -> "http://c""#]);
    let two = format!("{without}\ndirectory.url = ['http://b', 'http://c']");
    let added = r#"directory: url: "http://b" -> ["http://b", "http://c"]"#;
    check_server(&url("http://b"), &two, &[added]);
    let unlisted = "unlisted.source_password = \"sandpiper\"";
    check_server("", unlisted, &["unlisted: added"]);
    check_server(unlisted, "", &["unlisted: removed"]);
    check_server(unlisted, &format!("{unlisted}\nunlisted.max = 7"), &["unlisted: max: 10 -> 7"]);
}

#[test]
fn ports_for_sources_are_described_as_they_are_opened() {
    check_server(
        "server.listen = 8000",
        "server.listen = 8100",
        &[
            r#"server: listen: ["[::]:8000"] -> ["[::]:8100"]"#,
            r#"server: source_listen: ["[::]:8001"] -> ["[::]:8101"]"#,
        ],
    );
    check_server("", "server.source_listen = []", &[r#"server: source_listen: ["[::]:8001"] -> []"#]);
    check_server(
        "",
        "server.source_listen = 8001",
        &["server: source_listen: now given in the configuration"],
    );
    let music = describe("[[station]]\nmusic = [\"fixtures\"]\n");
    let with_sources = describe("[[station]]\nmusic = [\"fixtures\"]\nsource_password = \"rosebud\"\n");
    assert_eq!(
        music.changes(&with_sources),
        [r#"server: source_listen: [] -> ["[::]:8001"]"#, "/live: source_password: added"],
        "the first station with sources opens the port"
    );
}

#[test]
fn key_that_is_given_with_its_default_is_a_change() {
    check(&[""], &["name = \"coldwave\""], &["/live: name: now given in the configuration"]);
    check(&["name = \"A\""], &[""], &["/live: name: \"A\" -> \"coldwave\""]);
    check(&["codec = \"mp3\""], &[""], &["/live: codec: no longer given in the configuration"]);
    check(&[""], &["codec = \"aac\""], &["/live: codec: \"mp3\" -> \"aac\""]);
    check(&[""], &["id = 1"], &["/live: id: now given in the configuration"]);
}

#[test]
fn secret_is_only_changed_added_or_removed() {
    check(
        &["dj = [{ name = \"nina\", password = \"sandpiper\" }]"],
        &["dj = [{ name = \"nina\", password = \"turnstone\" }]"],
        &["/live: dj \"nina\": password: changed"],
    );
    check_server("", "server.admin_password = \"lighthouse\"", &["server: admin_password: added"]);
    check_server("server.admin_password = \"lighthouse\"", "", &["server: admin_password: removed"]);
    let relay = |relay: &str| format!("relay = \"{relay}\"");
    for (before, after, lines) in [
        ("http://u:a@h/x", "http://u:b@h/x", &["/live: relay_credentials: changed"][..]),
        ("http://h/x?t=1", "http://h/x?t=2", &["/live: relay_credentials: changed"]),
        ("http://h/x", "http://h/x?t=2", &["/live: relay_credentials: added"]),
        ("http://h/x", "http://h/y", &[r#"/live: relay: "http://h/x" -> "http://h/y""#]),
    ] {
        check(&[&relay(before)], &[&relay(after)], lines);
    }
    let with = |salt| serde_json::to_string(&Description::new(&load(EVERY_KEY), salt)).unwrap();
    assert_eq!(with(b"a"), with(b"a"));
    assert_ne!(with(b"a").replace("\"salt\":\"61\"", ""), with(b"b").replace("\"salt\":\"62\"", ""));
}

#[test]
fn dj_is_added_and_removed() {
    let dj = |name: &str| format!("dj = [{{ name = {name:?}, password = \"sandpiper\" }}]");
    let (nina, anna) = (dj("nina"), dj("anna"));
    check(&[&nina], &[&anna], &["/live: dj \"anna\": added", "/live: dj \"nina\": removed"]);
}

#[test]
fn long_list_shows_only_what_was_added_and_removed() {
    let list = |items: &[u32]| {
        let all: Vec<String> = items.iter().map(|item| format!("\"10.0.0.{item}\"")).collect();
        format!("server.trusted_proxies = [{}]", all.join(", "))
    };
    let line = |before: &[u32], after: &[u32], expected: &str| {
        check_server(&list(before), &list(after), &[&format!("server: trusted_proxies: {expected}")]);
    };
    line(&[1, 2, 3, 4, 5], &[1, 2, 3, 4, 5, 6], r#"1 added ("10.0.0.6/32")"#);
    line(&[1, 2, 3, 4, 5], &[2, 3, 4, 5, 7], r#"1 added ("10.0.0.7/32"); 1 removed ("10.0.0.1/32")"#);
    line(&[1, 2, 3, 4, 5], &[2, 1, 3, 4, 5], "other order or repetitions");
    line(
        &[],
        &[1, 2, 3, 4, 5, 6],
        r#"6 added ("10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32", "10.0.0.4/32", "10.0.0.5/32", …)"#,
    );
    line(&[1], &[2], r#"["10.0.0.1/32"] -> ["10.0.0.2/32"]"#);
}

#[test]
fn station_is_recognised_by_its_given_id_or_else_its_mount() {
    let at = |mount: &str| format!("mount = {mount:?}");
    let with_id = |id: u32, mount: &str| format!("id = {id}\nmount = {mount:?}");
    let (a, b, c) = (&*at("/a"), &*at("/b"), &*at("/c"));
    check(&[a, b], &[a, b, c], &["/c: added"]);
    check(&[a, b], &[b], &["/b: id: 2 -> 1", "/a: removed"]);
    check(&[&with_id(3, "/a")], &[&with_id(3, "/b")], &["id 3: mount: /a -> /b"]);
    check(
        &[&with_id(3, "/a")],
        &[&format!("{}\nmetaint = 8192", with_id(3, "/b"))],
        &["id 3: mount: /a -> /b", "/b: metaint: 16000 -> 8192"],
    );
    check(
        &[&with_id(1, "/a"), &with_id(2, "/b")],
        &[&with_id(1, "/b"), &with_id(2, "/a")],
        &["id 1: mount: /a -> /b", "id 2: mount: /b -> /a"],
    );
    check(&[&with_id(3, "/a")], &[&with_id(4, "/a")], &["/a: added", "/a: removed"]);
    check(&[a], &[&with_id(4, "/a")], &["/a: id: 1 -> 4"]);
    // The station of the given id is not the same as a new one that takes its mount.
    check(
        &[&with_id(1, "/a")],
        &[&with_id(1, "/b"), "mount = \"/a\""],
        &["id 1: mount: /a -> /b", "/a: added"],
    );
}

#[test]
fn rendition_has_only_keys_of_its_own() {
    let with = |keys: &str, rendition: &str| {
        describe(&format!(
            "[[station]]\nsource_password = \"rosebud\"\n{keys}\n[[station.rendition]]\nmount = \"/64\"\n{rendition}"
        ))
    };
    if !crate::transcode::Mp3Encoder::IS_AVAILABLE {
        return;
    }
    let before = with("burst_s = 5", "bitrate = 64");
    assert_eq!(before.changes(&with("burst_s = 6", "bitrate = 64")), ["/live: burst_s: 5 -> 6"]);
    let lines = before.changes(&with("burst_s = 5", "bitrate = 48"));
    assert_eq!(lines, ["/64: bitrate: 64 -> 48", "/64: samplerate: 24000 -> 22050"]);
    let keys = serde_json::to_value(&before).unwrap()["stations"][1]["settings"].clone();
    let keys: BTreeSet<String> = keys.as_object().unwrap().keys().cloned().collect();
    assert!(keys.contains("station") && !keys.contains("burst_s"), "{keys:?}");
}

#[test]
fn rendition_of_another_station_is_another_one() {
    if !crate::transcode::Mp3Encoder::IS_AVAILABLE {
        return;
    }
    let station = |head: &str, rendition: Option<&str>| {
        let table = format!("[[station]]\nsource_password = \"rosebud\"\n{head}\n");
        let rendition =
            rendition.map(|mount| format!("[[station.rendition]]\nmount = {mount:?}\nbitrate = 64\n"));
        table + &rendition.unwrap_or_default()
    };
    let (a, b) = ("id = 1\nmount = \"/a\"", "id = 2\nmount = \"/b\"");
    let before = describe(&(station(a, Some("/64")) + &station(b, None)));
    let changes = |after: String| before.changes(&describe(&after));
    assert_eq!(changes(station(a, None) + &station(b, Some("/64"))), ["/64: added", "/64: removed"]);
    let as_station = station(a, None) + &station(b, None) + &station("mount = \"/64\"", None);
    assert_eq!(changes(as_station), ["/64: added", "/64: removed"]);
    let renamed = station("id = 1\nmount = \"/c\"", Some("/64")) + &station(b, None);
    assert_eq!(changes(renamed), ["id 1: mount: /a -> /c"], "the rendition stays");
}

#[test]
fn line_is_one_line_of_bounded_length() {
    let with_genre = |genre: String| {
        Description::new(&Settings::new(vec![StationSettings { genre, ..StationSettings::default() }]), SALT)
    };
    let lines = with_genre("a\nb\u{9b}".into()).changes(&with_genre("é".repeat(1000)));
    assert_eq!(lines, [format!("/live: genre: \"a\u{fffd}b\u{fffd}\" -> \"{}…\"", "é".repeat(200))]);
}
