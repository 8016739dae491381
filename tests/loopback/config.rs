//! The configuration file, from whole files to running stations. Tests of single keys are in
//! `src/config/tests.rs`.
//!
//! `COLDWAVE_RECORD=1 cargo test --test loopback config` rewrites the expected output. Read the difference
//! before you commit it.

mod example;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use coldwave::config::check_summary::report;
use coldwave::config::load;
use coldwave::encode_worker::Launch;

use crate::common::{BINARY, Coldwave, fixture};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// 2026-11-29, the day of the summaries, in UTC since 1970-01-01.
const TODAY: Duration = Duration::from_secs(1_795_910_400);

fn coldwave(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(ROOT).env_remove("RUST_LOG");
    command
}

fn output(arguments: &[&str]) -> Output {
    coldwave(arguments).output().expect("coldwave starts")
}

/// Compares the output with a file in `fixtures/config/`.
#[track_caller]
pub fn check_golden(printed: &[u8], name: &str) {
    let path = Path::new(ROOT).join("fixtures/config").join(name);
    if std::env::var_os("COLDWAVE_RECORD").is_some() {
        fs::write(&path, printed).expect("the golden file can be written");
    }
    let printed = String::from_utf8_lossy(printed);
    assert_eq!(printed, fs::read_to_string(&path).unwrap_or_default(), "{name}");
}

#[test]
#[cfg_attr(not(feature = "lame"), ignore = "the summaries are those of a build with an encoder")]
fn valid_file_is_summarised() {
    for (name, open_files) in [
        ("example", 20_000),
        ("mixed", 1024),
        ("crowded", 1024),
        ("live", 1024),
        ("renditions", 1024),
        ("unlisted", 1024),
    ] {
        let file = format!("fixtures/config/{name}.toml");
        let mut loaded = load(Path::new(&file)).expect(&file);
        loaded.warnings.retain(|warning| !is_about_file_mode(warning));
        // The default depends on the machine.
        loaded.settings.encode_workers.get_or_insert(1);
        let report = report(&loaded, open_files, TODAY, Launch::Thread).expect(&file).text;
        check_golden(report.as_bytes(), &format!("{name}.txt"));
        // The program prints the same, except for what depends on the limit of the system.
        let output = output(&["--check", "-c", &file]);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let (stations, _) = report.split_once("\nServer\n").expect("a summary");
        let printed = String::from_utf8_lossy(&output.stdout);
        let printed: String =
            printed.split_inclusive('\n').filter(|line| !is_about_file_mode(line)).collect();
        assert!(printed.starts_with(stations), "{output:?}");
        assert!(!printed.contains("kept-for-tests-only"), "{output:?}");
    }
}

/// Returns whether a line is about the mode of the file, which depends on the checkout.
fn is_about_file_mode(line: &str) -> bool {
    line.contains("chmod 600")
}

#[test]
fn file_with_passwords_that_is_readable_by_others_gets_a_warning() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("coldwave.toml");
    let check = |text: &str, mode: u32, warned: bool| {
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        let warnings = load(&path).expect("a valid file").warnings;
        let message = format!("passwords: chmod 600 {}", path.display());
        let count = warnings.iter().filter(|warning| warning.ends_with(&message)).count();
        assert_eq!(
            (count, warnings.len()),
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
fn all_mistakes_of_a_file_are_reported() {
    for name in ["ten-mistakes", "broken", "live-mistakes", "rendition-mistakes"] {
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
fn unreadable_file_is_reported_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let latin = folder.path().join("latin.toml");
    fs::write(&latin, b"[server]\n# caf\xe9\n").expect("a file");
    let long = folder.path().join("long.toml");
    fs::write(&long, " ".repeat(1024 * 1024 + 1)).expect("a file");
    for (path, message) in [
        (folder.path().join("nowhere.toml"), "nowhere.toml: no such file"),
        (folder.path().to_owned(), ": is a directory, not a configuration file"),
        (latin, "latin.toml:2: invalid UTF-8"),
        (long, "long.toml: cannot be read: longer than 1048576 bytes"),
    ] {
        let mistakes = load(&path).expect_err("a mistake");
        assert!(mistakes.len() == 1 && mistakes[0].contains(message), "{mistakes:?}");
    }
}

#[test]
fn check_works_with_files_on_the_command_line() {
    let right = output(&["--check", "fixtures/station"]);
    let text = String::from_utf8_lossy(&right.stdout);
    assert!(right.status.success() && text.contains("fixtures/station: 3 tracks"), "{right:?}");
    let wrong = output(&["--check", "nowhere.mp3", "fixtures/station", "missing.mp3"]);
    assert_eq!(wrong.status.code(), Some(1));
    check_golden(&wrong.stderr, "no-music.txt");
    let both = output(&["--check", "-c", "fixtures/config/example.toml", "fixtures/station"]);
    assert_eq!(both.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&both.stderr).contains("cannot be combined"), "{both:?}");
}

/// Returns a configuration of two stations.
fn two_stations(server: &str) -> String {
    format!(
        "[server]\n{server}\n\
         [[station]]\nid = 7\nmount = '/evening'\nname = 'Evening'\nmusic = ['{0}']\nmetaint = 4000\n\
         [[station]]\nid = 3\nmount = '/morning'\nname = 'Morning'\nmusic = ['{0}']\ngenre = 'Birds'\n",
        fixture("station").display()
    )
}

/// Returns a `listen` line with an address that is in use as long as the socket exists.
fn taken_address() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("listen = ['{address}']"))
}

#[test]
fn two_stations_stream_at_their_mounts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = two_stations("listen = ['127.0.0.1:0']");
    let server = Coldwave::with_config(folder.path(), &config, 2);
    assert!(
        server.urls[0].ends_with("/morning") && server.urls[1].ends_with("/evening"),
        "{:?}",
        server.urls
    );
    // A request for no particular station gets the one with the lowest id.
    for (target, name) in [
        ("/morning", "Morning"),
        ("/evening", "Evening"),
        ("/stream/3", "Morning"),
        ("/stream/7", "Evening"),
        ("/;", "Morning"),
    ] {
        let mut listener = server.get(target).listen();
        assert_eq!(listener.head.get("icy-name"), Some(name), "{target}");
        listener.until("audio", |it| it.audio.len() >= 10_000);
    }
    assert_eq!(server.get("/live").send().status_line(), "HTTP/1.0 404 Not Found");
}

#[test]
fn listen_option_overrides_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_taken, listen) = taken_address();
    let path = folder.path().join("two.toml");
    fs::write(&path, two_stations(&listen)).expect("the folder is writable");
    let server = Coldwave::start(coldwave(&["-c", &path.to_string_lossy(), "-l", "127.0.0.1:0"]), 2);
    assert!(server.urls.iter().all(|url| url.starts_with("http://127.0.0.1:")), "{:?}", server.urls);
    server.log().wait_for("two.toml:2: [server] listen is ignored: --listen is in force");
}

/// An operator who asks for ids gets those of the server that runs with this state directory.
#[test]
fn check_shows_the_ids_in_the_state_directory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("radio.toml");
    let station = |mount: &str| format!("[[station]]\nmount = '{mount}'\nsource_password = 'deep water'\n");
    let stations = station("/top") + &station("/a") + &station("/b") + "id = 2\n";
    fs::write(&path, format!("[server]\nstate_dir = 'state'\n{stations}")).expect("the folder is writable");
    let check = || {
        let output = output(&["--check", "-c", &path.to_string_lossy()]);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let at = |mount: &str| {
            let (before, _) = text.split_once(&format!("{mount} and /stream/")).expect(mount);
            before.rsplit_once("\nStation ").expect("a station").1.chars().next()
        };
        [at("/top"), at("/a"), at("/b")]
    };
    assert_eq!(check(), [Some('1'), Some('3'), Some('2')]);
    let state = folder.path().join("state");
    assert!(!state.exists(), "a check creates nothing");
    fs::create_dir(&state).expect("the folder is writable");
    let ids = "{\"mount\":\"/a\",\"id\":1}\n{\"mount\":\"/gone\",\"id\":3}\n";
    fs::write(state.join("station_ids.jsonl"), ids).expect("the folder is writable");
    assert_eq!(check(), [Some('4'), Some('1'), Some('2')]);
    assert_eq!(fs::read_dir(&state).expect("the folder").count(), 1, "a check creates nothing");
}

#[test]
fn warning_is_logged_once_and_the_server_continues() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_taken, listen) = taken_address();
    let path = folder.path().join("two.toml");
    fs::write(&path, two_stations(&listen) + "burst_s = 1\n").expect("the folder is writable");
    let output = output(&["-c", &path.to_string_lossy()]);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(log.matches("delivery_interval_ms: 1000 (the default) is more than").count(), 1, "{log}");
    // The warning does not stop the server: it continues until it cannot open the socket.
    assert!(log.contains("cannot listen"), "{log}");
}
