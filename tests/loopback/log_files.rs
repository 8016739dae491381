//! `log_file` and `log_level`: where the log goes, and what is in it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::{BINARY, Coldwave, Listener, PLAIN, track, wait_for};

/// Starts a server whose `[server]` has these lines, and returns it with its folder.
fn start(lines: &str) -> (Coldwave, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "a.mp3", PLAIN, 100);
    let server = Coldwave::with_config(folder.path(), &config(lines), 1);
    (server, folder)
}

fn config(lines: &str) -> String {
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n{lines}\n[[station]]\nmount = \"/live\"\nmusic = \"a.mp3\"\n"
    )
}

fn reload(server: &Coldwave, folder: &Path, lines: &str) {
    fs::write(folder.join("coldwave.toml"), config(lines)).expect("the folder is writable");
    server.signal("HUP");
}

/// Returns what coldwave prints to stderr with these options, if JOURNAL_STREAM names its stderr or another
/// file.
fn printed(options: &[&str], is_journal: bool) -> String {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let metadata = file.as_file().metadata().expect("metadata");
    let inode = metadata.ino() + u64::from(!is_journal);
    let mut command = Command::new(BINARY);
    command.args(options).env_remove("RUST_LOG").stdout(Stdio::null());
    command.env("JOURNAL_STREAM", format!("{}:{inode}", metadata.dev()));
    command.stderr(file.reopen().expect("the file"));
    assert!(!command.status().expect("coldwave runs").success());
    fs::read_to_string(file.path()).expect("text")
}

#[test]
fn lines_in_the_journal_have_priorities_and_no_time() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = format!("--listen={}", taken.local_addr().expect("an address"));
    // Without music it plays the demo station, and says so.
    let text = printed(&[&listen], true);
    assert!(text.starts_with("<6>[INFO  coldwave] no music given"), "{text}");
    assert!(text.lines().last().is_some_and(|line| line.starts_with("<3>coldwave: ")), "{text}");
    let text = printed(&[&listen], false);
    assert!(
        text.starts_with("[20") && text.contains("Z INFO  coldwave] ") && !text.contains("<3>"),
        "{text}"
    );
    let refused = printed(&["--check", "--config", "/no/such/file.toml"], true);
    assert!(refused.lines().all(|line| line.starts_with("<3>")), "{refused}");
}

fn wait_for_line(path: &Path, expected: &str) {
    let is_there = || fs::read_to_string(path).is_ok_and(|text| text.contains(expected));
    wait_for(&format!("{expected:?} in {}", path.display()), || is_there().then_some(()));
}

#[test]
fn log_goes_to_its_file_and_a_reload_moves_it() {
    let (server, folder) = start("log_file = \"one.log\"");
    let (one, two) = (folder.path().join("one.log"), folder.path().join("two.log"));
    wait_for_line(&one, "INFO  coldwave::program] ");
    assert_eq!(server.log().text().lines().count(), 1, "{}", server.log().text());
    server.log().wait_for("the log goes to ");
    reload(&server, folder.path(), "log_file = \"two.log\"");
    wait_for_line(&two, "reload: server: log_file: ");
    reload(&server, folder.path(), "log_file = \"two.log\"\nlog_level = \"debug\"");
    wait_for_line(&two, "reload: server: log_level: ");
    server.get("/nothing").send();
    wait_for_line(&two, "DEBUG coldwave");
    reload(&server, folder.path(), "");
    server.log().wait_for("reload: server: log_file: ");
    fs::rename(&two, folder.path().join("two.log.1")).expect("a file");
    server.signal("USR1");
    server.get("/nothing").send();
    assert!(!two.exists(), "a file that is no longer used is not opened again");
}

#[test]
fn log_that_cannot_be_written_is_one_warning_and_its_lines_go_to_stderr() {
    let (server, folder) = start("log_file = \"/dev/full\"\naccess_log = \"/dev/full\"");
    let mut listener = server.listen();
    listener.until_seconds(1.0);
    for _ in 0..5 {
        server.get("/nothing").send();
        reload(
            &server,
            folder.path(),
            "log_file = \"/dev/full\"\naccess_log = \"/dev/full\"\nrobots = \"none\"",
        );
    }
    server.log().wait_for("reload: server: robots: ");
    server.log().wait_for("cannot write the access log /dev/full: No space left on device");
    listener.for_seconds(1.0);
    for name in ["log", "access log"] {
        assert_eq!(server.log().count(&format!("cannot write the {name} /dev/full: ")), 1);
    }
    // The disk has room again.
    reload(&server, folder.path(), "log_file = \"again.log\"");
    wait_for_line(&folder.path().join("again.log"), "reload: server: log_file: ");
    listener.until("the end of a frame", Listener::is_whole);
}

#[test]
fn log_that_cannot_be_opened_does_not_keep_the_radio_from_starting() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "a.mp3", PLAIN, 100);
    let (log, access_log) = (folder.path().join("log"), folder.path().join("access.log"));
    // No user can open a socket as a file, not even root.
    for path in [&log, &access_log] {
        UnixListener::bind(path).expect("a socket");
    }
    let lines = "log_file = \"log\"\naccess_log = \"access.log\"";
    let server = Coldwave::with_config(folder.path(), &config(lines), 1);
    server.log().wait_for("cannot write the log ");
    server.log().wait_for("cannot write the access log ");
    server.listen().until_seconds(1.0);
    fs::remove_file(&log).expect("a socket");
    server.signal("USR1");
    wait_for_line(&log, "reopened the log ");
}

#[test]
fn rust_log_is_more_important_than_the_level_of_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "a.mp3", PLAIN, 100);
    let path = folder.path().join("coldwave.toml");
    fs::write(&path, config("log_level = \"error\"")).expect("the folder is writable");
    let mut command = Command::new(BINARY);
    command.arg("-c").arg(&path).env("RUST_LOG", "info");
    let server = Coldwave::start(command, 1);
    server.log().wait_for(" INFO ");
}

#[test]
fn unknown_time_zone_is_reported() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "a.mp3", PLAIN, 100);
    let path = folder.path().join("coldwave.toml");
    fs::write(&path, config("")).expect("the folder is writable");
    let start = |zone: &str| {
        let mut command = Command::new(BINARY);
        command.arg("-c").arg(&path).env("TZ", zone).env_remove("RUST_LOG");
        Coldwave::start(command, 1)
    };
    start("Mars/Phobos").log().wait_for("TZ: \"Mars/Phobos\" is not known here");
    for known in ["UTC", "CET-1CEST,M3.5.0,M10.5.0/3", ""] {
        let mut server = start(known);
        server.signal("TERM");
        server.wait();
        assert_eq!(server.log().count("is not known here"), 0, "{known:?}");
    }
}
