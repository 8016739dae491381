//! The files that coldwave keeps: who can read them, and what an administrator is told when they cannot be
//! written.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{BINARY, Coldwave, PLAIN, Request, track, wait_for};

/// Writes a configuration with an administrator, `state_dir` and an access log.
fn configuration(folder: &Path) -> std::path::PathBuf {
    track(folder, "1.mp3", PLAIN, 10);
    let config = folder.join("coldwave.toml");
    let text = "[server]\nlisten = [\"127.0.0.1:0\"]\nadmin_password = \"lighthouse\"\nstate_dir = \"state\"\n\
                access_log = \"access.log\"\n[[station]]\nmount = \"/live\"\nmusic = [\"1.mp3\"]\n";
    fs::write(&config, text).expect("the folder is writable");
    config
}

fn start(folder: &Path) -> Coldwave {
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(configuration(folder)).current_dir(folder);
    Coldwave::start(command, 1)
}

#[track_caller]
fn ban(server: &Coldwave, address: &str) -> Value {
    let request = Request::new(server.address(), "POST", "/api/v1/admin/bans").http11();
    let request = request.header("Host", "radio.example").auth("admin", "lighthouse");
    let reply = request.body(&format!("address={address}")).send();
    assert_eq!(reply.status_line(), "HTTP/1.0 200 OK", "{address}");
    reply.json()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it exists").permissions().mode() & 0o777
}

#[test]
fn ban_is_reported_as_saved_only_when_it_is_on_disk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = start(folder.path());
    let (state, moved) = (folder.path().join("state"), folder.path().join("moved"));
    assert_eq!(ban(&server, "203.0.113.1")["saved"], true);
    assert!(fs::read_to_string(state.join("bans.jsonl")).expect("a file").contains("203.0.113.1"));
    fs::rename(&state, &moved).expect("the directory exists");
    fs::write(&state, "no directory").expect("the folder is writable");
    let reply = ban(&server, "203.0.113.2");
    assert_eq!(reply["saved"], false);
    let note = "not saved: state_dir cannot be written, see the log";
    assert!(reply["message"].as_str().is_some_and(|text| text.ends_with(note)), "{reply}");
    fs::remove_file(&state).expect("the file exists");
    fs::rename(&moved, &state).expect("the directory exists");
    assert_eq!(ban(&server, "203.0.113.3")["saved"], true);
    let stored = fs::read_to_string(state.join("bans.jsonl")).expect("a file");
    assert!(stored.contains("203.0.113.2") && stored.contains("203.0.113.3"), "{stored}");
}

#[test]
fn files_of_the_server_are_private() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = start(folder.path());
    ban(&server, "203.0.113.1");
    let at = |name: &str| folder.path().join(name);
    assert_eq!(mode(&at("state")) & !0o700, 0);
    assert_eq!(mode(&at("state/bans.jsonl")) & !0o600, 0);
    assert_eq!(mode(&at("access.log")) & !0o640, 0);
}

#[test]
fn link_instead_of_a_file_of_the_server_is_refused_at_start() {
    for (name, message) in
        [("state/bans.jsonl", "it is a symbolic link"), ("access.log", "is a symbolic link, expected")]
    {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = configuration(folder.path());
        let victim = folder.path().join("victim");
        fs::write(&victim, "mine").expect("the folder is writable");
        fs::create_dir(folder.path().join("state")).expect("the folder is writable");
        symlink(&victim, folder.path().join(name)).expect("a link");
        let output = Command::new(BINARY).arg("--config").arg(&config).output().expect("it runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(message), "{name}: {errors}");
        assert_eq!(fs::read_to_string(&victim).expect("a file"), "mine");
    }
}

/// Returns the state of the station in the API.
fn station(server: &Coldwave) -> Value {
    server.get("/api/v1/stations/1").send().json()
}

/// Returns the peak, the listener sessions, and the number of titles.
fn statistics(server: &Coldwave) -> (u64, u64, usize) {
    let number = |value: &Value| value.as_u64().expect("a number");
    let listeners = station(server)["listeners"].clone();
    let history = server.get("/api/v1/stations/live/history").send().json();
    let titles = history["history"].as_array().expect("a list").len();
    (number(&listeners["peak"]), number(&listeners["total"]), titles)
}

#[test]
fn statistics_survive_sigterm_and_sigkill() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = start(folder.path());
    let listener = server.listen();
    wait_for("a listener that counts", || (statistics(&server).0 == 1).then_some(()));
    let title = station(&server)["title"]["text"].clone();
    drop(listener);
    server.signal("TERM");
    assert!(server.wait().success());
    let file = folder.path().join("state/statistics.jsonl");
    let stored = fs::read_to_string(&file).expect("a file");
    assert!(stored.contains(title.as_str().expect("a title")), "{stored}");
    assert_eq!(mode(&file), 0o600);
    for _ in 0..2 {
        let mut server = start(folder.path());
        let (peak, total, titles) = statistics(&server);
        assert_eq!((peak, total), (1, 1));
        assert!(titles > 0, "the title from before the restart");
        server.signal("KILL");
        server.wait();
    }
    assert_eq!(fs::read_to_string(&file).expect("a file"), stored, "nothing is half written");
}

#[test]
fn damaged_statistics_cost_one_warning_and_not_the_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    configuration(folder.path());
    let state = folder.path().join("state");
    fs::create_dir(&state).expect("the folder is writable");
    fs::write(state.join("statistics.jsonl"), "{\"version\":1,\"peak\":9}\n{\"mount\":\"/live\",\"pe")
        .expect("room");
    let mut server = start(folder.path());
    assert_eq!(statistics(&server).0, 0);
    server.log().wait_for("it is kept as");
    assert_eq!(server.log().count("statistics.jsonl"), 1, "{}", server.log().text());
    assert!(state.join("statistics.broken-1").exists());
    server.signal("TERM");
    assert!(server.wait().success());
    let server = start(folder.path());
    assert_eq!(server.log().count("statistics.jsonl"), 0, "the next start is clean");
}
