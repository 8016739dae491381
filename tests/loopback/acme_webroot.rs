//! The files with which an ACME client proves that the server answers for its name.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::common::{BINARY, Coldwave, Reply, Request, fixture, wait_for};

const FOLDER: &str = ".well-known/acme-challenge";

fn config(folder: &Path, webroot: &str, server: &str) -> Coldwave {
    let config = text(webroot, server);
    Coldwave::with_config(folder, &config, 1)
}

fn text(webroot: &str, server: &str) -> String {
    let music = fixture("station");
    format!("[server]\nlisten = [\"127.0.0.1:0\"]\n{webroot}\n{server}\n[[station]]\nmusic = [{music:?}]\n")
}

fn ask(server: &Coldwave, method: &str, token: &str) -> Reply {
    let request = Request::new(server.address(), method, &format!("/{FOLDER}/{token}")).http11();
    request
        .header("Host", "radio.example")
        .agent("Mozilla/5.0 (compatible; Let's Encrypt validation server)")
        .send()
}

#[test]
fn file_of_a_challenge_is_served_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let webroot = folder.path().join("webroot");
    let challenges = webroot.join(FOLDER);
    fs::create_dir_all(challenges.join("folder")).expect("room");
    fs::write(challenges.join("to_k-EN"), "to_k-EN.thumbprint").expect("room");
    fs::write(challenges.join("empty"), "").expect("room");
    fs::write(challenges.join("name.txt"), "not a token").expect("room");
    fs::write(challenges.join("long"), "x".repeat(4097)).expect("room");
    fs::write(webroot.join("outside"), "secret").expect("room");
    fs::write(challenges.join("folder/file"), "secret").expect("room");
    symlink(webroot.join("outside"), challenges.join("link")).expect("a link");
    let server = config(folder.path(), "acme_webroot = \"webroot\"", "");
    let reply = ask(&server, "GET", "to_k-EN");
    assert_eq!(reply.status_line(), "HTTP/1.0 200 OK");
    assert_eq!(reply.head.get("Content-Type"), Some("application/octet-stream"));
    assert_eq!(reply.text(), "to_k-EN.thumbprint");
    server.log().wait_for("was sent an ACME challenge");
    let head = ask(&server, "HEAD", "to_k-EN");
    assert_eq!((head.head.get("Content-Length"), head.body.len()), (Some("18"), 0));
    assert_eq!(ask(&server, "GET", "empty").body, b"");
    for token in
        ["missing", "", "name.txt", "../../outside", "..%2f..%2foutside", "folder/file", "a%00b", "%c3%a9"]
    {
        let reply = ask(&server, "GET", token);
        assert_eq!(reply.status_line(), "HTTP/1.0 404 Not Found", "{token}");
    }
    server.log().wait_for("requests an ACME challenge that does not exist");
    for (token, reason) in [
        ("link", "link cannot be read: it is a symbolic link, which is not followed"),
        ("folder", "folder is a directory, not a file"),
        ("long", "long is longer than 4096 bytes"),
    ] {
        let reply = ask(&server, "GET", token);
        assert_eq!(reply.status_line(), "HTTP/1.0 503 Service Unavailable", "{token}");
        assert!(!String::from_utf8_lossy(&reply.body).contains("secret"));
        server.log().wait_for(reason);
    }
    assert_eq!(ask(&server, "POST", "to_k-EN").status_line(), "HTTP/1.0 405 Method Not Allowed");
    assert_eq!(ask(&server, "GET", &"a".repeat(257)).status_line(), "HTTP/1.0 404 Not Found");
}

/// An ACME client may create the directory at its first run, and a reload exchanges it.
#[test]
fn directory_may_come_later_and_be_exchanged_by_a_reload() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = config(folder.path(), "acme_webroot = \"one\"", "");
    server.log().wait_for("one does not exist: create it");
    assert_eq!(ask(&server, "GET", "token").status_line(), "HTTP/1.0 404 Not Found");
    for webroot in ["one", "two"] {
        fs::create_dir_all(folder.path().join(webroot).join(FOLDER)).expect("room");
        fs::write(folder.path().join(webroot).join(FOLDER).join("token"), webroot).expect("room");
    }
    assert_eq!(ask(&server, "GET", "token").ok(), "one");
    fs::write(folder.path().join("coldwave.toml"), text("acme_webroot = \"two\"", "")).expect("room");
    server.signal("HUP");
    wait_for("the other directory", || (ask(&server, "GET", "token").text() == "two").then_some(()));
    fs::write(folder.path().join("coldwave.toml"), text("", "")).expect("room");
    server.signal("HUP");
    wait_for("no directory", || ask(&server, "GET", "token").status_line().contains(" 404 ").then_some(()));
}

/// The user without permissions, as which coldwave runs if the test runs as root.
const UNPRIVILEGED: u32 = 65_534;

/// An ACME client may create folders in which the user that runs coldwave can look up names, but no more.
#[test]
fn folder_may_be_searched_only_and_the_one_at_fault_is_named() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [parent, challenges] = [".well-known", FOLDER].map(|path| folder.path().join("webroot").join(path));
    fs::create_dir_all(&challenges).expect("room");
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("own folder");
    };
    fs::write(challenges.join("token"), "token.thumbprint").expect("room");
    fs::write(folder.path().join("coldwave.toml"), text("acme_webroot = \"webroot\"", "")).expect("room");
    fs::copy(BINARY, folder.path().join("coldwave")).expect("room for the program");
    for path in [folder.path(), &folder.path().join("webroot"), &parent, &challenges] {
        mode(path, 0o711);
    }
    let mut command = Command::new(folder.path().join("coldwave"));
    command.arg("--config").arg(folder.path().join("coldwave.toml")).env_remove("RUST_LOG");
    command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
    let server = Coldwave::start(command, 1);
    assert_eq!(ask(&server, "GET", "token").ok(), "token.thumbprint");
    let denied = |path: &Path| {
        let line = "cannot be read by the user that runs coldwave (uid 65534): Permission denied";
        assert_eq!(ask(&server, "GET", "token").status_line(), "HTTP/1.0 503 Service Unavailable");
        server.log().wait_for(&format!("is refused an ACME challenge: {} {line}", path.display()));
    };
    mode(&challenges.join("token"), 0o600);
    denied(&challenges.join("token"));
    mode(&challenges, 0o700);
    denied(&challenges);
    mode(&parent, 0o700);
    denied(&parent);
    fs::rename(&parent, folder.path().join("elsewhere")).expect("own folder");
    symlink(folder.path().join("elsewhere"), &parent).expect("a link");
    assert_eq!(ask(&server, "GET", "token").status_line(), "HTTP/1.0 503 Service Unavailable");
    let line = format!("{} cannot be read: it is a symbolic link, which is not followed", parent.display());
    server.log().wait_for(&line);
}
