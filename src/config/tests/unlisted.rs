//! Tests of `[unlisted]`.

use std::time::Duration;

use super::{expect_errors, expect_valid, read, station};
use crate::settings::{DirectoryListing, IcyStatusLine, Takeover};

const UNLISTED: &str = "[unlisted]\nsource_password = \"a long swim\"\n";

#[test]
fn file_with_unlisted_stations_needs_no_station() {
    let settings = expect_valid(UNLISTED);
    assert!(settings.stations.is_empty() && settings.accepts_sources() && settings.has_passwords());
    assert_eq!(settings.source_ports().len(), 1, "the port for SHOUTcast sources is opened");
    expect_errors("[server]\n", &["f:1: [[station]]: at least one is required, or [unlisted]"]);
}

#[test]
fn keys_of_unlisted_stations_have_defaults() {
    let unlisted = expect_valid(UNLISTED).unlisted.expect("the table");
    assert_eq!((unlisted.account.user.as_str(), unlisted.max), ("source", 10));
    assert!(unlisted.account.password.as_ref().is_some_and(|it| it.matches("a long swim")));
    let station = unlisted.station(4, "/tour/hall 2");
    assert_eq!((station.id, station.mount.as_str()), (4, "/tour/hall 2"));
    assert_eq!((station.name.as_str(), station.is_name_default), ("tour/hall 2", true));
    assert_eq!(station.sources.max_silence, Duration::from_secs(10));
    assert!(station.sources.is_enabled() && !station.public.is_possible() && station.max_listeners.is_none());
}

#[test]
fn keys_of_unlisted_stations_are_those_of_a_station() {
    let keys = "source_user = \"guest\"\nmax = 3\nmax_silence_s = 60\nsource_timeout_s = 20\n\
        takeover = \"never\"\ncharset = \"utf-8\"\ntitle_delay_ms = 500\nmax_listeners = 7\nburst_s = 0.4\n\
        buffer_s = 10\nicy_status_line = \"never\"\npublic = true\n";
    let unlisted = expect_valid(&format!("{UNLISTED}{keys}")).unlisted.expect("the table");
    assert_eq!((unlisted.account.user.as_str(), unlisted.max), ("guest", 3));
    let station = unlisted.station(1, "/a");
    let sources = &station.sources;
    assert_eq!((sources.max_silence.as_secs(), sources.timeout.as_secs()), (60, 20));
    assert_eq!((sources.takeover, sources.charset.as_deref()), (Takeover::Never, Some("UTF-8")));
    assert_eq!((sources.title_delay.as_millis(), station.max_listeners), (500, Some(7)));
    assert_eq!((station.burst.as_millis(), station.buffer.as_secs()), (400, 10));
    assert_eq!((station.icy_status_line, station.public), (IcyStatusLine::Never, DirectoryListing::Always));
    assert_eq!(station.delivery_interval.as_millis(), 100, "a quarter of the burst");
}

#[test]
fn mistakes_below_unlisted_are_reported() {
    for (text, expected) in [
        ("[unlisted]\n", "f:1: [unlisted] source_password: is required"),
        ("[[unlisted]]\nsource_password = 'a long swim'\n", "unlisted: expected single brackets: [unlisted]"),
        ("unlisted = 1\n", "unlisted: expected a table: [unlisted]"),
        ("[unlistd]\nsource_password = 'a long swim'\n", "unlistd: unknown table, did you mean [unlisted]?"),
    ] {
        let (_, errors, _) = read(text);
        assert!(errors.iter().any(|error| error.contains(expected)), "{text}: {errors:?}");
    }
    for (line, expected) in [
        ("max = 0", "max: 0 is out of range"),
        ("max = 1001", "max: 1001 is out of range"),
        ("max_silence_s = 0", "max_silence_s: 0 is out of range"),
        ("music = \"station/\"", "music: unknown key here, it belongs below [[station]]"),
        ("burst_s = 40", "burst_s: 40 is more than buffer_s"),
        ("source_user = \"a:b\"", "source_user: \"a:b\" contains \":\""),
    ] {
        expect_errors(&format!("{UNLISTED}{line}\n"), &[expected]);
    }
    let server = "[server]\nadmin_password = 'a long swim'\n";
    let (_, errors, warnings) = read(&format!("{server}{UNLISTED}{}", station("")));
    assert!(errors.is_empty() && warnings.len() == 1, "{errors:?} {warnings:?}");
    assert!(warnings[0].contains("is also the password of a source of [unlisted]"), "{warnings:?}");
}

#[test]
fn public_unlisted_stations_give_a_directory_its_effect() {
    let server = "[server]\npublic_url = \"http://radio.example\"\n";
    let directory = "[directory]\nurl = \"http://dir.xiph.org/cgi-bin/yp-cgi\"\n";
    for (line, count) in [("", 1), ("public = true\n", 0)] {
        let (_, errors, warnings) = read(&format!("{server}{directory}{UNLISTED}{line}"));
        assert!(errors.is_empty() && warnings.len() == count, "{errors:?} {warnings:?}");
    }
}

#[test]
fn patterns_have_keys_of_their_own_and_those_of_the_table() {
    let text = format!(
        "{UNLISTED}max_listeners = 7\nmax_silence_s = 20\n\
         [[unlisted.mount]]\nmount = '/dj/*'\nsource_password = 'other tide'\nname = 'DJs'\n\
         fallback_input = '/night'\n[[unlisted.mount]]\nmount = '*'\nmax_listeners = 9\nmax_silence_s = 0\n"
    );
    let unlisted = expect_valid(&text).unlisted.expect("the table");
    let [djs, others] = ["/dj/anna", "/tour"].map(|mount| unlisted.station(5, mount));
    assert_eq!((djs.id, djs.mount.as_str(), djs.name.as_str()), (5, "/dj/anna", "DJs"));
    assert_eq!((djs.max_listeners, djs.fallback_input.as_deref()), (Some(7), Some("/night")));
    assert_eq!(djs.sources.max_silence, Duration::from_secs(20));
    assert!(djs.sources.account.password.as_ref().is_some_and(|it| it.matches("other tide")));
    assert_eq!((others.name.as_str(), others.max_listeners), ("tour", Some(9)));
    assert!(others.sources.account.password.as_ref().is_some_and(|it| it.matches("a long swim")));
    assert_eq!(others.sources.max_silence, Duration::from_secs(10), "an unlisted station always ends");
}

#[test]
fn mistakes_in_patterns_are_reported() {
    for (lines, expected) in [
        ("[[unlisted.mount]]\n", "f:3: [[unlisted.mount]] mount: is required"),
        ("[[unlisted.mount]]\nmount = 'dj'\n", "f:4: [[unlisted.mount]] mount: 'dj'"),
        ("[[unlisted.mount]]\nmount = '*'\nmusic = 'a'\n", "f:5: [[unlisted.mount]] music: "),
        ("[[unlisted.mount]]\nmount = '*'\nburst_s = 99\n", "f:5: [[unlisted.mount]] burst_s: "),
        ("mount = '*'\n", "[unlisted] mount: expected a table in double brackets"),
    ] {
        let (_, errors, _) = read(&format!("{UNLISTED}{lines}"));
        assert!(errors.iter().any(|error| error.contains(expected)), "{lines}: {errors:?}");
    }
}
