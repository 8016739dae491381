//! Tests of the keys for live sources, relays and the administrator.

use std::time::Duration;

use super::{expect_errors, expect_valid, folder, read, station};
use crate::settings::{Account, LiveStart, RecordSettings, Secret, Takeover};

#[test]
fn station_with_live_input_needs_no_music() {
    for lines in [
        "source_password = 'rosebud'",
        "dj = [{ name = 'nina', password = 'rosebud' }]",
        "relay = 'http://radio.example/live'",
    ] {
        assert!(expect_valid(&format!("[[station]]\n{lines}\n")).stations[0].music.is_empty());
    }
}

#[test]
fn metrics_access_is_read() {
    use crate::settings::MetricsAccess;
    let server = |lines: &str| format!("[server]\n{lines}\n{}", station(""));
    assert_eq!(expect_valid(&server("")).metrics.access, MetricsAccess::Admin);
    assert!(!expect_valid(&server("")).serves_metrics(), "no administrator password is set");
    assert!(expect_valid(&server("admin_password = 'rosebud'")).serves_metrics());
    let settings = expect_valid(&server("metrics = 'public'\nmetrics_icecast_names = true"));
    assert!(settings.serves_metrics() && settings.metrics.icecast_names);
    assert_eq!(expect_valid(&server("metrics = 'off'")).metrics.access, MetricsAccess::Off);
    expect_errors(
        &server("metrics = true"),
        &["metrics: true is invalid, expected \"admin\", \"public\" or \"off\""],
    );
    expect_errors(
        &server("metrics_icecast_names = 'yes'"),
        &["metrics_icecast_names: 'yes' is invalid, expected true or false"],
    );
    expect_errors(&server("metric = 'public'"), &["metric: unknown key, did you mean \"metrics\"?"]);
}

#[test]
fn source_accounts_are_read() {
    let off = expect_valid(&station(""));
    assert!(!off.accepts_sources() && !off.has_passwords());
    let settings = expect_valid(&station("source_password = 'rosebud'"));
    let sources = &settings.stations[0].sources;
    assert_eq!(sources.account.user, "source");
    assert_eq!(sources.account.password, Some(Secret::new("rosebud")));
    assert!(sources.djs.is_empty());
    let settings = expect_valid(&station(
        "source_user = 'desk'\nsource_password = 'rosebud'\n\
         dj = [{ name = 'nina', password = 'sled' }, { name = 'Omar', password = 'snow', priority = 5 }]",
    ));
    let sources = &settings.stations[0].sources;
    assert_eq!(sources.account.user, "desk");
    let djs: Vec<_> = sources.djs.iter().map(|dj| (dj.name.as_str(), dj.priority)).collect();
    assert_eq!(djs, [("nina", 0), ("Omar", 5)]);
    assert_eq!(sources.djs[1].password, Secret::new("snow"));
    // The same in the other notation.
    let settings = expect_valid(&station("[[station.dj]]\nname = 'nina'\npassword = 'sled'"));
    assert_eq!(settings.stations[0].sources.djs[0].name, "nina");
    assert!(settings.accepts_sources());
}

#[test]
fn invalid_accounts_are_reported_without_the_password() {
    for (lines, expected) in [
        ("source_password = ''", "source_password: is empty"),
        ("source_password = 'HackMe'", "source_password: is a well-known default password"),
        ("source_password = 'rosebud:x'", "source_password: contains \":\""),
        ("source_password = \"rosebud\\n\"", "source_password: contains line breaks"),
        ("source_password = ['rosebud']", "source_password: expected a string in quotes"),
        ("source_password = 4711", "source_password: expected a string in quotes"),
        ("source_user = 'rosebud'\nsource_password = 'rosebud'", "source_password: is the same as the name"),
        ("source_user = 'a:b'\nsource_password = 'rosebud'", "source_user: 'a:b' contains \":\""),
        ("source_user = ''\nsource_password = 'rosebud'", "source_user: '' is empty"),
        ("dj = 'nina:rosebud'", "dj: expected a list such as [{"),
        ("dj = { nina = 'rosebud' }", "dj: expected a list such as [{"),
        ("dj = []", "dj: expected a list such as [{"),
        ("dj = ['nina:rosebud']", "dj: expected a list such as [{"),
        ("dj = [{ password = 'rosebud' }]", "dj name: is required"),
        ("dj = [{ name = 'nina' }]", "dj password: is required"),
        ("dj = [{ name = 'nina', password = 'goaway' }]", "dj password: is a well-known default password"),
        (
            "dj = [{ name = 'nina', pasword = 'rosebud' }]",
            "dj pasword: unknown key, did you mean \"password\"?",
        ),
        ("dj = [{ name = 'nina', password = 'rosebud', mount = '/x' }]", "dj mount: unknown key here"),
        (
            "dj = [{ name = 'nina', password = 'rosebud', display = 5 }]",
            "dj display: 5 is invalid, expected a string in quotes, such as \"DJ Nina\"",
        ),
        (
            "dj = [{ name = 'nina', password = 'rosebud', display = \"a\\nb\" }]",
            "dj display: \"a\\nb\" contains line breaks",
        ),
        ("dj = [{ name = '/nina', password = 'rosebud' }]", "dj name: '/nina' begins with /"),
        ("dj = [{ name = 'nina', password = 'rosebud', priority = -1 }]", "dj priority: -1 is out of range"),
        (
            "dj = [{ name = 'nina', password = 'rosebud' }, { name = 'nina', password = 'sled' }]",
            "dj: \"nina\" is already the name of another",
        ),
        (
            "source_password = 'rosebud'\ndj = [{ name = 'source', password = 'sled' }]",
            "dj: \"source\" is already the name of source_user",
        ),
    ] {
        let (_, errors, _) = read(&station(lines));
        let is_expected = |error: &String| error.contains(&format!("[[station]] {expected}"));
        assert!(errors.iter().any(is_expected), "{lines}: {errors:#?}");
        let repeated = |error: &String| error.contains("rosebud") || error.contains("4711");
        assert!(!errors.iter().any(repeated), "{lines}: {errors:#?}");
    }
}

#[test]
fn keys_without_effect_and_shared_passwords_cause_warnings() {
    let dj = |lines: &str| format!("dj = [{{ name = 'nina', password = 'sled' }}]\n{lines}");
    for (lines, expected) in [
        ("source_user = 'desk'".to_owned(), "source_user: has no effect without source_password"),
        ("live_start = 'immediate'".to_owned(), "live_start: has no effect without source_password or dj"),
        ("record = '%Y'".to_owned(), "record: has no effect without source_password or dj"),
        ("allow_codec_change = true".to_owned(), "allow_codec_change: has no effect"),
        ("relay_on_demand = true".to_owned(), "relay_on_demand: has no effect without relay"),
        ("source_password = 'rösebud'".to_owned(), "source_password: has non-ASCII characters"),
        (dj("source_user = 'desk'"), "source_user: has no effect without source_password"),
        (dj("source_password = 'sled'"), "dj: \"nina\" has the same password as source_password"),
        (
            "dj = [{ name = 'a', password = 'sled' }, { name = 'b', password = 'sled' }]".to_owned(),
            "dj: \"b\" and \"a\" have the same password",
        ),
    ] {
        let (_, errors, warnings) = read(&station(&lines));
        assert!(errors.is_empty(), "{lines}: {errors:?}");
        assert!(warnings.len() == 1 && warnings[0].contains(expected), "{lines}: {warnings:?}");
        assert!(!warnings[0].contains("sled"), "{warnings:?}");
    }
    for lines in [
        dj("live_start = 'immediate'\nrecord = '%Y'"),
        "relay = 'http://a'\nrelay_on_demand = true\nallow_codec_change = true\ncharset = 'koi8-r'"
            .to_owned(),
        "max_silence_s = 5".to_owned(),
    ] {
        assert_eq!(read(&station(&lines)).2, Vec::<String>::new(), "{lines}");
    }
}

#[test]
fn live_source_options_are_read() {
    let settings = expect_valid(&station(
        "source_password = 'rosebud'\nsource_timeout_s = 30\nlive_start = 'end_of_track'\ntakeover = 'any_user'\n\
         charset = 'latin1'\ntitle_delay_ms = 1500\nallow_codec_change = true\nmax_silence_s = 60",
    ));
    let sources = &settings.stations[0].sources;
    assert_eq!((sources.timeout, sources.max_silence), (Duration::from_secs(30), Duration::from_secs(60)));
    assert_eq!((sources.live_start, sources.takeover), (LiveStart::EndOfTrack, Takeover::AnyUser));
    assert_eq!((sources.charset.as_deref(), sources.allow_codec_change), (Some("windows-1252"), true));
    assert_eq!(sources.title_delay, Duration::from_millis(1500));
    for (keyword, takeover) in
        [("same_user", Takeover::SameUser), ("never", Takeover::Never), ("priority", Takeover::Priority)]
    {
        let settings =
            expect_valid(&station(&format!("source_password = 'rosebud'\ntakeover = '{keyword}'")));
        assert_eq!(settings.stations[0].sources.takeover, takeover);
    }
    for (lines, expected) in [
        (
            "live_start = 'later'",
            "live_start: 'later' is invalid, expected \"immediate\" or \"end_of_track\"",
        ),
        (
            "takeover = true",
            "takeover: true is invalid, expected \"same_user\", \"never\", \"any_user\" or \"priority\"",
        ),
        ("charset = 'latin99'", "charset: 'latin99' is invalid, expected the name of a web encoding"),
        ("charset = 'replacement'", "charset: 'replacement' is invalid"),
    ] {
        expect_errors(&station(lines), &[&format!("f:3: [[station]] {expected}")]);
    }
}

#[test]
fn record_and_relay_are_read() {
    let settings = expect_valid(&station(
        "source_password = 'rosebud'\nrecord = 'archive/%Y_{dj}'\n\
         relay = 'http://me:rosebud@radio.example:8000/live'\nrelay_on_demand = true",
    ));
    let first = &settings.stations[0];
    let record = RecordSettings { folder: folder().to_owned(), pattern: "archive/%Y_{dj}".to_owned() };
    assert_eq!(first.record, Some(record));
    let relay = first.relay.as_ref().expect("a relay");
    assert_eq!((relay.url.to_string().as_str(), relay.on_demand), ("http://radio.example:8000/live", true));
    let without = expect_valid(&station("relay = 'http://a'"));
    assert!(!without.stations[0].relay.as_ref().expect("a relay").on_demand);
    let several = expect_valid(&station("relay = ['http://a', 'https://b/live', 'http://c']"));
    let relay = several.stations[0].relay.as_ref().expect("a relay");
    let urls: Vec<String> = relay.urls().map(ToString::to_string).collect();
    assert_eq!(urls, ["http://a/", "https://b/live", "http://c/"]);
    let too_many = format!("relay = [{}]", "'http://a', ".repeat(17));
    expect_errors(&station(&too_many), &["f:3: [[station]] relay: expected at most 16 addresses"]);
    for (lines, expected) in [
        ("record = 'archive/'", "record: 'archive/' is a directory"),
        ("record = '%Q'", "record: '%Q' contains \"%Q\""),
        ("relay = 'radio.example'", "relay: expected an address that begins with http://"),
        ("relay = 'http://me:rosebud@'", "relay: expected a host after http://"),
        ("relay = 'https://me:rosebud@'", "relay: expected a host after http:// or https://"),
        ("relay = [true]", "relay: expected a string in quotes"),
        ("relay = []", "relay: expected a string in quotes"),
        ("relay = ['http://x', 'https://me:rosebud@']", "relay: expected a host after http:// or https://"),
    ] {
        expect_errors(&station(lines), &[&format!("f:3: [[station]] {expected}")]);
    }
}

#[test]
fn source_ports_are_configured_or_the_next_ports() {
    let server = |lines: &str| format!("[server]\n{lines}\n{}", station("source_password = 'rosebud'"));
    let ports = |lines: &str| -> Vec<String> {
        expect_valid(&server(lines)).source_ports().iter().map(|port| port.address.to_string()).collect()
    };
    assert_eq!(ports(""), ["[::]:8001"]);
    assert_eq!(ports("source_listen = ['127.0.0.1:9000']"), ["127.0.0.1:9000"]);
    assert_eq!(ports("source_listen = []"), [""; 0]);
    for list in ["'[::]:x'", "['nowhere']", "[true]", "80000"] {
        let expected = "source_listen: ";
        expect_errors(&server(&format!("source_listen = {list}")), &[expected]);
        expect_errors(
            &server(&format!("source_listen = {list}")),
            &["expected a port or a list of addresses with ports"],
        );
    }
    expect_errors(
        &server("source_listen = ['[::]:1', '[::]:1']"),
        &["source_listen: '[::]:1' is covered by [::]:1"],
    );
    let (_, _, warnings) = read(&format!("[server]\nsource_listen = ['[::]:1']\n{}", station("")));
    assert!(warnings.len() == 1 && warnings[0].contains("source_listen: has no effect"), "{warnings:?}");
}

#[test]
fn admin_account_is_read() {
    let server = |lines: &str| format!("[server]\n{lines}\n{}", station("source_password = 'rosebud'"));
    let settings = expect_valid(&server(""));
    assert_eq!((settings.admin.user.as_str(), &settings.admin.password), ("admin", &None));
    let settings = expect_valid(&server("admin_user = 'boss'\nadmin_password = 'a:b'"));
    assert_eq!(settings.admin, Account { user: "boss".into(), password: Some(Secret::new("a:b")) });
    for (lines, expected) in [
        ("admin_password = 'changeme'", "admin_password: is a well-known default password"),
        ("admin_password = ''", "admin_password: is empty"),
        ("admin_user = 'boss'\nadmin_password = 'boss'", "admin_password: is the same as the name"),
        ("admin_user = 'a:b'\nadmin_password = 'sled'", "admin_user: 'a:b' contains \":\""),
    ] {
        expect_errors(&server(lines), &[&format!("[server] {expected}")]);
    }
    for (lines, expected) in [
        ("admin_user = 'boss'", "admin_user: has no effect without admin_password"),
        ("admin_password = 'rosebud'", "admin_password: is also the password of a source of /live"),
    ] {
        let (_, errors, warnings) = read(&server(lines));
        assert!(errors.is_empty() && warnings.len() == 1, "{lines}: {errors:?} {warnings:?}");
        assert!(warnings[0].contains(expected) && !warnings[0].contains("rosebud"), "{warnings:?}");
    }
}
