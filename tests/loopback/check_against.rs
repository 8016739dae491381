//! `coldwave --check` and a reload agree: on what is wrong with a configuration, and on what it would change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{BINARY, Coldwave, Finished, Program, Request, fixture};

/// Replaces the addresses in configuration files, so that no test uses ports that others use.
const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

const API: &str = "/api/v1/admin/reload";

/// A running server and its configuration file, in a folder of its own.
struct Running {
    server: Coldwave,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

/// Returns a configuration with a password for the administrator and this text for the only station.
fn good(station: &str) -> String {
    let music = fixture("station");
    format!(
        "[server]\nadmin_password = \"lighthouse\"\n[[station]]\nmount = \"/live\"\nmusic = [{music:?}]\n{station}\n"
    )
}

impl Running {
    fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("coldwave.toml");
        fs::write(&file, config).expect("the folder is writable");
        let mut command = Command::new(BINARY);
        command.args(LISTEN).arg("--config").arg(&file).env_remove("RUST_LOG");
        Self { server: Coldwave::start(command, 1), file, _folder: folder }
    }

    /// Puts another configuration in the place of the file.
    fn write(&self, config: &str) {
        fs::write(&self.file, config).expect("the folder is writable");
    }

    /// Requests a reload. Returns the status line and the report.
    fn reload(&self) -> (String, Value) {
        let request =
            Request::new(self.server.address(), "POST", API).http11().header("Host", "radio.example");
        let reply = request.auth("admin", "lighthouse").body("").send();
        (reply.status_line().to_owned(), reply.json())
    }

    fn address(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Runs `coldwave --check` with the file and further arguments.
    fn check(&self, arguments: &[&str], password: Option<&str>) -> Finished {
        let mut command = Command::new(BINARY);
        command.arg("--check").args(LISTEN).args(arguments).arg("--config").arg(&self.file);
        command.env_remove("RUST_LOG").env_remove("COLDWAVE_ADMIN_PASSWORD");
        password.into_iter().for_each(|password| _ = command.env("COLDWAVE_ADMIN_PASSWORD", password));
        Program::start(command).finish()
    }

    /// Returns the lines that a reload with the file would cause, as `--check --against` prints them.
    #[track_caller]
    fn preview(&self) -> Vec<String> {
        let finished = self.check(&["--against", &self.address()], Some("lighthouse"));
        assert!((finished.code == Some(0)), "{finished:?}");
        let address = self.address();
        if finished.stdout == format!("A reload of {address} would change nothing.\n") {
            return Vec::new();
        }
        let lines = finished.stdout.strip_prefix(&format!("A reload of {address} would change:\n\n"));
        lines.expect(&finished.stdout).lines().map(str::to_owned).collect()
    }
}

fn lines_of(value: &Value) -> Vec<String> {
    let lines = value.as_array().expect("a list").iter();
    lines.map(|line| line.as_str().expect("a line").to_owned()).collect()
}

/// Returns the names and the texts of all files in fixtures/config, with paths that are valid elsewhere, and
/// without hosts in the network.
fn fixtures() -> Vec<(String, String)> {
    let folder = fixture("config");
    let name_of = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let all = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<(String, String)> = all
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("UTF-8");
            let above = format!("\"{}/", folder.parent().expect("fixtures").display());
            let text = text.replace("\"../", &above).replace("radio.example", "127.0.0.1");
            (name_of(&path), text.replace("mixed.m3u", &folder.join("mixed.m3u").to_string_lossy()))
        })
        .collect();
    files.sort();
    assert!(files.len() >= 9, "{files:?}");
    files
}

#[test]
#[cfg_attr(not(feature = "lame"), ignore = "a build without an encoder refuses renditions")]
fn check_and_reload_agree_on_every_file() {
    let (mut accepted, mut refused) = (0, 0);
    for (name, text) in fixtures() {
        let running = Running::start(&good(""));
        running.write(&text);
        let check = running.check(&[], None);
        if check.code == Some(0) {
            accepted += 1;
            let preview = running.preview();
            assert!(!preview.is_empty(), "{name} is another configuration");
            let (status, report) = running.reload();
            assert_eq!(status, "HTTP/1.0 200 OK", "{name}: {report}");
            assert_eq!(
                (lines_of(&report["changes"]), &report["result"]),
                (preview, &json!("applied")),
                "{name}"
            );
        } else {
            refused += 1;
            let (status, report) = running.reload();
            assert_eq!(status, "HTTP/1.0 422 Unprocessable Content", "{name}: {report}");
            let errors: Vec<String> = check.stderr.lines().map(str::to_owned).collect();
            assert_eq!(
                (lines_of(&report["errors"]), &report["result"]),
                (errors, &json!("refused")),
                "{name}"
            );
            assert_eq!(report["changes"], json!([]), "{name}");
            running.write(&good(""));
            assert_eq!(running.preview(), [""; 0], "{name} has changed nothing");
        }
    }
    assert!(accepted >= 4 && refused >= 4, "{accepted} {refused}");
}

#[test]
fn reload_changes_what_the_check_has_announced_and_then_nothing() {
    let running = Running::start(&good("burst_s = 5"));
    assert_eq!(running.preview(), [""; 0]);
    assert_eq!(running.reload().1["result"], "unchanged");
    running.write(&good("burst_s = 10\nsource_password = \"deep water\""));
    let announced = running.preview();
    assert_eq!(announced, ["/live: burst_s: 5 -> 10", "/live: source_password: added"]);
    assert_eq!(lines_of(&running.reload().1["changes"]), announced);
    assert_eq!(running.preview(), [""; 0]);
    let music = fixture("station");
    // Inserted on top: the station that has id 1 by its place keeps it.
    let on_top =
        format!("[[station]]\nmount = \"/news\"\nmusic = [{music:?}]\n[[station]]\nmount = \"/live\"");
    running.write(&good("burst_s = 10\nsource_password = \"deep water\"").replacen(
        "[[station]]\nmount = \"/live\"",
        &on_top,
        1,
    ));
    assert_eq!(running.preview(), ["/news: added"]);
    assert_eq!(lines_of(&running.reload().1["changes"]), ["/news: added"]);
    // It keeps its id while it is gone.
    running.write(&good("burst_s = 10\nsource_password = \"deep water\""));
    assert_eq!(running.preview(), ["/news: removed"]);
    assert_eq!(lines_of(&running.reload().1["changes"]), ["/news: removed"]);
    assert_eq!(running.preview(), [""; 0]);
}

/// A station inserted above others gets none of their ids, also if the same edit takes a given id away.
#[test]
fn station_keeps_its_id_when_the_file_does_not_give_it_any_more() {
    let running = Running::start(&good("id = 2"));
    let music = fixture("station");
    let top = format!("[[station]]\nmount = \"/top\"\nmusic = [{music:?}]\n[[station]]\nmount = \"/noon\"\n");
    let all = format!("{top}music = [{music:?}]\n[[station]]\nmount = \"/live\"");
    running.write(&good("").replacen("[[station]]\nmount = \"/live\"", &all, 1));
    let announced = running.preview();
    let same = "/live: id: no longer given in the configuration";
    assert_eq!(announced, ["/top: added", same, "/noon: added"]);
    assert_eq!(lines_of(&running.reload().1["changes"]), announced);
    let reply = Request::new(running.server.address(), "GET", "/api/v1/stations").send().json();
    let stations = reply["stations"].as_array().expect("a list").iter();
    let ids: Vec<_> = stations.map(|it| (it["mount"].as_str().expect("a mount"), &it["id"])).collect();
    assert_eq!(ids, [("/top", &json!(1)), ("/live", &json!(2)), ("/noon", &json!(3))]);
}

#[test]
fn check_against_a_server_takes_the_address_of_a_page() {
    let running = Running::start(&good(""));
    let address = running.address();
    for page in ["/admin", "/admin/", "/api/v1/status", "/index.html"] {
        let finished = running.check(&["--against", &format!("{address}{page}")], None);
        let expected = format!("A reload of {address} would change nothing.\n");
        assert_eq!((finished.code, &finished.stdout), (Some(0), &expected), "{page}: {finished:?}");
    }
}

#[test]
fn check_against_a_server_reaches_addresses_of_ipv6() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("coldwave.toml");
    fs::write(&file, good("")).expect("the folder is writable");
    let command = |address: &str| {
        let mut command = Command::new(BINARY);
        command.args(["--listen", address, "--config"]).arg(&file).env_remove("RUST_LOG");
        command
    };
    let server = Coldwave::start(command("[::1]:0"), 1);
    let address = format!("http://{}", server.address());
    assert!(address.starts_with("http://[::1]:"), "{address}");
    let mut check = command(&server.address().to_string());
    check.args(["--check", "--against", &address]).env_remove("COLDWAVE_ADMIN_PASSWORD");
    let finished = Program::start(check).finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let lines: Vec<&str> = finished.stdout.lines().collect();
    // Port 0 of the running server is another setting.
    assert_eq!(lines.len(), 3, "{finished:?}");
    assert!(lines[2].starts_with("server: listen: [\"[::1]:0\"] -> "), "{finished:?}");
}

#[test]
fn check_against_a_server_says_which_password_was_refused() {
    let running = Running::start(&good(""));
    let address = running.address();
    let with_login = |login: &str| address.replace("http://", &format!("http://{login}@"));
    for (against, password, sentence) in [
        (address.clone(), Some("wrong"), "refuses the password in COLDWAVE_ADMIN_PASSWORD: set"),
        (with_login("admin:wrong"), Some("lighthouse"), "refuses the login in the address: set"),
        ("ftp://radio.example".into(), None, "expected an address that begins with http:// or https://"),
        ("127.0.0.1:1".into(), Some("lighthouse"), "cannot reach http://127.0.0.1:1: "),
        (format!("{address}/base"), None, "has no page /api/v1/admin/settings"),
    ] {
        let finished = running.check(&["--against", &against], password);
        assert_eq!(finished.code, Some(1), "{against}: {finished:?}");
        assert!(finished.stderr.contains(sentence), "{against}: {finished:?}");
        assert!(finished.stdout.is_empty() && !finished.stderr.contains("lighthouse"), "{finished:?}");
    }
    for (against, password) in [(address.clone(), None), (with_login("admin:lighthouse"), Some("wrong"))] {
        let finished = running.check(&["--against", &against], password);
        assert!((finished.code == Some(0)), "{finished:?}");
        assert_eq!(finished.stdout, format!("A reload of {address} would change nothing.\n"));
    }
    // The password of the file is the next one.
    running.write(&good("").replace("lighthouse", "turnstone"));
    let finished = running.check(&["--against", &address], None);
    let old = "refuses admin_password of the checked configuration; if it has changed, the running server still \
               has the old one: set COLDWAVE_ADMIN_PASSWORD";
    assert!(finished.stderr.contains(old), "{finished:?}");
    assert_eq!(running.preview(), ["server: admin_password: changed"]);
    assert_eq!(running.reload().1["changes"], json!(["server: admin_password: changed"]));
}
