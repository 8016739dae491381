//! The configuration file, from whole files to running stations. Tests of single keys are in `src/config/tests.rs`.
//!
//! To rewrite what the program is expected to say, after having looked at it: `COLDWAVE_REWRITE=1 cargo test --test
//! loopback config`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use coldwave::config::check::report;
use coldwave::config::load;

/// Long enough for any machine; only a test that fails waits that long.
const PATIENCE: Duration = Duration::from_secs(20);

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn coldwave(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coldwave"));
    command.args(arguments).current_dir(ROOT).env_remove("RUST_LOG");
    command
}

fn output(arguments: &[&str]) -> Output {
    coldwave(arguments).output().expect("coldwave starts")
}

/// Compares what was printed with a file in `fixtures/config/`.
#[track_caller]
fn check_golden(printed: &[u8], name: &str) {
    let path = Path::new(ROOT).join("fixtures/config").join(name);
    if std::env::var_os("COLDWAVE_REWRITE").is_some() {
        fs::write(&path, printed).expect("the golden file can be written");
    }
    let printed = String::from_utf8_lossy(printed);
    assert_eq!(printed, fs::read_to_string(&path).unwrap_or_default(), "{name}");
}

#[test]
fn a_right_file_is_told_as_what_would_run() {
    for (name, open_files) in [("example", 20_000), ("mixed", 1024), ("crowded", 1024), ("live", 1024)] {
        let file = format!("fixtures/config/{name}.toml");
        let mut loaded = load(Path::new(&file)).expect(&file);
        loaded.warnings.retain(|warning| !is_of_mode(warning));
        let report = report(&loaded, open_files).expect(&file);
        check_golden(report.as_bytes(), &format!("{name}.txt"));
        // The program says the same, but for what depends on the system's limit.
        let output = output(&["--check", "-c", &file]);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let (stations, _) = report.split_once("\nServer\n").expect("a summary");
        let printed = String::from_utf8_lossy(&output.stdout);
        let printed: String = printed.split_inclusive('\n').filter(|line| !is_of_mode(line)).collect();
        assert!(printed.starts_with(stations), "{output:?}");
        assert!(!printed.contains("kept-for-tests-only"), "{output:?}");
    }
}

/// Whether a line is on who may read the file, which is as the one who checked it out has it.
fn is_of_mode(line: &str) -> bool {
    line.contains("chmod 600")
}

#[test]
fn passwords_that_everybody_may_read_are_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("coldwave.toml");
    let check = |text: &str, mode: u32, warned: bool| {
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        let warnings = load(&path).expect("nothing is wrong").warnings;
        let says = format!("passwords: chmod 600 {}", path.display());
        let told = warnings.iter().filter(|warning| warning.ends_with(&says)).count();
        assert_eq!(
            (told, warnings.len()),
            (usize::from(warned), usize::from(warned)),
            "{mode:o}: {warnings:?}"
        );
    };
    let with_password = "[[station]]\nsource_password = 'kept-for-tests-only'\n";
    check(with_password, 0o644, true);
    check(with_password, 0o640, false);
    check(with_password, 0o600, false);
    check("[[station]]\nrelay = 'http://me:kept-for-tests-only@radio.example/live'\n", 0o604, true);
    check("[[station]]\nrelay = 'http://radio.example/live'\n", 0o644, false);
}

#[test]
fn a_wrong_file_is_told_with_all_that_is_wrong() {
    for name in ["ten-mistakes", "broken", "live-mistakes"] {
        let file = format!("fixtures/config/{name}.toml");
        for arguments in [vec!["--check", "--config", &file], vec!["-c", &file]] {
            let output = output(&arguments);
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            assert!(output.stdout.is_empty(), "{output:?}");
            check_golden(&output.stderr, &format!("{name}.txt"));
        }
    }
}

#[test]
fn what_cannot_be_read_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let latin = folder.path().join("latin.toml");
    fs::write(&latin, b"[server]\n# caf\xe9\n").expect("a file");
    let long = folder.path().join("long.toml");
    fs::write(&long, " ".repeat(1024 * 1024 + 1)).expect("a file");
    for (path, says) in [
        (folder.path().join("nowhere.toml"), "nowhere.toml: no such file"),
        (folder.path().to_owned(), ": is a directory, not a configuration file"),
        (latin, "latin.toml:2: invalid UTF-8"),
        (long, "long.toml: cannot be read: longer than 1048576 bytes"),
    ] {
        let mistakes = load(&path).expect_err("a mistake");
        assert!(mistakes.len() == 1 && mistakes[0].contains(says), "{mistakes:?}");
    }
}

#[test]
fn the_command_line_can_be_checked_too() {
    let right = output(&["--check", "fixtures/station"]);
    let text = String::from_utf8_lossy(&right.stdout);
    assert!(right.status.success() && text.contains("fixtures/station: 3 tracks"), "{right:?}");
    let wrong = output(&["--check", "nowhere.mp3", "fixtures/station", "nobody.mp3"]);
    assert_eq!(wrong.status.code(), Some(1));
    check_golden(&wrong.stderr, "no-music.txt");
    let both = output(&["--check", "-c", "fixtures/config/example.toml", "fixtures/station"]);
    assert_eq!(both.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&both.stderr).contains("cannot be combined"), "{both:?}");
}

/// The keys of the example by table, with their values, those that are commented out too.
fn keys_of_example(text: &str) -> BTreeMap<(String, String), String> {
    let (mut table, mut keys) = (String::new(), BTreeMap::new());
    for line in text.lines() {
        match line.trim_start_matches('#').split_once(" = ") {
            Some((key, value)) if key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') => {
                keys.entry((table.clone(), key.to_owned())).or_insert(value.to_owned());
            }
            _ if uncommented(line).unwrap_or(line).starts_with('[') => {
                table = line.trim_start_matches('#').to_owned();
            }
            _ => {}
        }
    }
    keys
}

#[test]
fn the_example_has_every_key_and_its_comments_are_the_defaults() {
    let path = Path::new(ROOT).join("fixtures/config/example.toml");
    let text = fs::read_to_string(&path).expect("the example");
    let keys: Vec<String> =
        keys_of_example(&text).into_keys().map(|(table, key)| table + " " + &key).collect();
    let server = [
        "access_log",
        "admin_password",
        "admin_user",
        "listen",
        "max_connections_per_address",
        "max_listeners",
        "metrics",
        "metrics_icecast_names",
        "public_url",
        "source_listen",
        "state_dir",
        "trusted_proxies",
    ];
    let station = [
        "allow_codec_change",
        "artwork",
        "buffer_s",
        "burst_s",
        "charset",
        "country_code",
        "country_subdivision_code",
        "delivery_interval_ms",
        "description",
        "dj",
        "do_not_index",
        "genre",
        "geo_lat_long",
        "icy_status_line",
        "id",
        "language_codes",
        "live_start",
        "logo",
        "max_listeners",
        "max_silence_s",
        "metaint",
        "mount",
        "music",
        "name",
        "public",
        "record",
        "relay",
        "relay_on_demand",
        "shuffle",
        "source_password",
        "source_timeout_s",
        "source_user",
        "takeover",
        "title_delay_ms",
        "url",
    ];
    let stations = station.map(|key| format!("[[station]] {key}")).into_iter();
    let others = server.map(|key| format!("[server] {key}"));
    let all: Vec<String> = stations.chain(["[directory] url".to_owned()]).chain(others).collect();
    assert_eq!(keys, all);

    let as_it_stands = load(&path).expect("the example is right").settings;
    let lines: Vec<&str> = text.lines().map(|line| uncommented(line).unwrap_or(line)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let music = Path::new(ROOT).join("fixtures/station");
    std::os::unix::fs::symlink(&music, folder.path().join("station")).expect("a link");
    let inner = folder.path().join("config");
    fs::create_dir(&inner).expect("a folder");
    fs::write(inner.join("cover.jpg"), b"\xFF\xD8\xFF a picture").expect("a file");
    let all = inner.join("all.toml");
    fs::write(&all, lines.join("\n")).expect("a file");
    let refused = load(&all).expect_err("the example's passwords are refused");
    assert!(
        refused.len() == 3 && refused.iter().all(|mistake| mistake.contains("well-known")),
        "{refused:?}"
    );
    let number = |text: String, number| text.replacen("\"changeme\"", &format!("\"of my own {number}\""), 1);
    let with_passwords = (0..4).fold(lines.join("\n"), number);
    fs::write(&all, with_passwords).expect("a file");
    let mut with_all = load(&all).expect("every other line of the example is right").settings;
    // What is not as it would be without the line.
    (with_all.access_log, with_all.state_dir, with_all.public_url) = (None, None, None);
    with_all.directory = None;
    with_all.admin.password = None;
    assert_eq!(with_all.source_listen.take(), Some(with_all.source_ports()));
    for (station, other) in with_all.stations.iter_mut().zip(&as_it_stands.stations) {
        station.music = other.music.clone();
        station.sources.account.password = None;
        station.sources.djs.clear();
        station.sources.charset = None;
        (station.record, station.relay, station.artwork) = (None, None, None);
        station.meta = other.meta.clone();
    }
    assert_eq!(format!("{with_all:?}"), format!("{as_it_stands:?}"));
}

/// What stands in a line that is a key or the head of a table commented out.
fn uncommented(line: &str) -> Option<&str> {
    let key = line.strip_prefix('#')?;
    let is_table = key.starts_with('[') && key.ends_with(']');
    (is_table || !key.starts_with(' ') && key.contains(" = ")).then_some(key)
}

/// A running coldwave, which ends with the test.
struct Running {
    child: Child,
    /// Where it says it can be heard.
    urls: Vec<String>,
}

impl Running {
    /// Starts one and waits until it has told `urls` places.
    fn start(arguments: &[&str], urls: usize) -> Self {
        let child = coldwave(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut running = Self { child: child.expect("coldwave starts"), urls: Vec::new() };
        let stdout = BufReader::new(running.child.stdout.take().expect("stdout is a pipe"));
        running.urls = stdout.lines().take(urls).map(|line| line.expect("UTF-8")).collect();
        assert_eq!(running.urls.len(), urls, "it told of all stations");
        running
    }

    /// Asks for a path where the first station can be heard; the head of what comes, and some of the audio.
    fn listen(&self, path: &str) -> (String, Vec<u8>) {
        let address = self.urls[0].trim_start_matches("http://").split('/').next().unwrap_or_default();
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("a request can be sent");
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).expect("a head") > 0 {}
        let mut audio = vec![0; if head.contains("200 OK") { 10_000 } else { 0 }];
        reader.read_exact(&mut audio).expect("audio");
        (head, audio)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A configuration of two stations in a folder of its own.
fn two_stations(folder: &Path, server: &str) -> PathBuf {
    let station = Path::new(ROOT).join("fixtures/station");
    let path = folder.join("two.toml");
    let text = format!(
        "[server]\n{server}\n\
         [[station]]\nid = 7\nmount = '/evening'\nname = 'Evening'\nmusic = ['{0}']\nmetaint = 4000\n\
         [[station]]\nid = 3\nmount = '/morning'\nname = 'Morning'\nmusic = ['{0}']\ngenre = 'Birds'\n",
        station.display()
    );
    fs::write(&path, text).expect("a file");
    path
}

/// A line for `listen` with an address on which nobody else can listen while the socket is there.
fn taken_address() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("listen = ['{address}']"))
}

#[test]
fn two_stations_are_heard_at_their_mounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = two_stations(folder.path(), "listen = ['127.0.0.1:0']");
    let running = Running::start(&["-c", &path.to_string_lossy()], 2);
    assert!(
        running.urls[0].ends_with("/morning") && running.urls[1].ends_with("/evening"),
        "{:?}",
        running.urls
    );
    // The lowest id answers where none is asked for.
    for (asked, name) in [
        ("/morning", "Morning"),
        ("/evening", "Evening"),
        ("/stream/3", "Morning"),
        ("/stream/7", "Evening"),
        ("/;", "Morning"),
    ] {
        let (head, audio) = running.listen(asked);
        assert!(head.contains(&format!("icy-name: {name}\r\n")), "{asked}: {head}");
        assert!(audio.windows(2).any(|bytes| bytes[0] == 0xFF && bytes[1] & 0xE0 == 0xE0), "{asked}");
    }
    assert!(running.listen("/live").0.contains(" 404 "));
}

#[test]
fn the_command_line_says_where_to_listen_before_the_file_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_taken, listen) = taken_address();
    let path = two_stations(folder.path(), &listen);
    let running = Running::start(&["-c", &path.to_string_lossy(), "-l", "127.0.0.1:0"], 2);
    assert!(running.urls.iter().all(|url| url.starts_with("http://127.0.0.1:")), "{:?}", running.urls);
}

#[test]
fn a_warning_is_logged_once_and_stops_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_taken, listen) = taken_address();
    let path = two_stations(folder.path(), &listen);
    let text = fs::read_to_string(&path).expect("the file") + "burst_s = 1\n";
    fs::write(&path, text).expect("the file");
    let output = output(&["-c", &path.to_string_lossy()]);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(log.matches("delivery_interval_ms: 1000 (the default) is more than").count(), 1, "{log}");
    // What stops it comes behind.
    assert!(log.contains("cannot listen"), "{log}");
}
