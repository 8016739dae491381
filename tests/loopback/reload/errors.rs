//! Configurations that cannot be used: nothing changes, and a line of the log says why.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{ANY_PORT, Reloading, check_gapless, configuration};
use crate::common::{BINARY, Coldwave, PLAIN, track};

/// The user without privileges of most systems, who may read what all users may read.
const UNPRIVILEGED: u32 = 65_534;

#[test]
fn unusable_file_leaves_everything_as_it_was() {
    let mut server = Reloading::start(ANY_PORT, 1);
    let mut listener = server.server.listen();
    listener.until_seconds(1.0);
    let station = "[[station]]\nmount = \"/live\"\nmusic = [\"music.mp3\"]\n";
    for (text, error) in [
        ("", "[[station]]: at least one is required"),
        ("[server]\nlisten = [\"127.0.0.1:0\"]\n", "[[station]]: at least one is required"),
        ("[server\n", "coldwave.toml:1"),
        (&format!("{station}mont = 1\n"), "mont: unknown key"),
        (&format!("{station}[[station]]\nmount = \"/live\"\n"), "mount"),
        ("<icecast>\n</icecast>\n", "coldwave.toml:1: <icecast>: no source can log in"),
        ("[[station]]\nmount = \"/live\"\nmusic = [\"missing.mp3\"]\n", "missing.mp3"),
    ] {
        server.write(text);
        server.refused_file(error);
    }
    let file = server.path("coldwave.toml");
    fs::remove_file(&file).expect("a file");
    server.refused_file("no such file");
    fs::create_dir(&file).expect("the folder is writable");
    server.refused_file("is a directory");
    fs::remove_dir(&file).expect("a folder");
    symlink(server.path("elsewhere.toml"), &file).expect("the folder is writable");
    server.refused_file("no such file");
    server.write(&configuration(&format!("{ANY_PORT}\nrobots = \"none\"")));
    let log = server.reload_file();
    assert!(log.contains("reload: server: robots: "), "the file behind the link is valid: {log}");
    listener.for_seconds(1.0);
    check_gapless(&listener);
}

#[test]
fn file_replaced_again_and_again_is_read_whole_or_not_at_all() {
    let mut server = Reloading::start(ANY_PORT, 1);
    let names = ["pages", "none"];
    for at in 0..20 {
        let text = configuration(&format!("{ANY_PORT}\nrobots = \"{}\"", names[at % 2]));
        fs::write(server.path("new.toml"), text).expect("the folder is writable");
        fs::rename(server.path("new.toml"), server.path("coldwave.toml")).expect("a file");
        let log = server.reload_file();
        assert!(log.contains("configuration reloaded in "), "{log}");
    }
}

#[test]
fn pipe_in_the_place_of_the_file_is_refused_and_blocks_no_further_reload() {
    let mut server = Reloading::start(ANY_PORT, 1);
    let file = server.path("coldwave.toml");
    fs::remove_file(&file).expect("a file");
    assert!(Command::new("mkfifo").arg(&file).status().expect("mkfifo can be run").success());
    server.refused_file("it is a named pipe, which cannot be read again: restart, or use a file");
    fs::remove_file(&file).expect("a pipe");
    server.reload_with(&format!("{ANY_PORT}\nrobots = \"none\""), "server: robots: ");
}

#[test]
fn unprivileged_user_cannot_read_the_file() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("own folder");
    track(folder.path(), "music.mp3", PLAIN, 500);
    let file = folder.path().join("coldwave.toml");
    fs::write(&file, configuration(ANY_PORT)).expect("the folder is writable");
    let binary = folder.path().join("coldwave");
    fs::copy(BINARY, &binary).expect("room for the program");
    let mut command = Command::new(&binary);
    command.arg("--config").arg(&file).env_remove("RUST_LOG").uid(UNPRIVILEGED).gid(UNPRIVILEGED);
    let server = Coldwave::start(command, 1);
    let mut server = Reloading { folder, server, reloads: 0 };
    let mut listener = server.server.listen();
    let mode = |name: &str, mode| {
        let path = server.folder.path().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("own file");
    };
    mode("coldwave.toml", 0o600);
    mode("music.mp3", 0o644);
    server.refused_file("cannot be read by the user that runs coldwave");
    let mode = |name: &str, mode| {
        let path = server.folder.path().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("own file");
    };
    mode("coldwave.toml", 0o644);
    mode("music.mp3", 0o600);
    server.refused_file("music.mp3");
    fs::set_permissions(server.path("music.mp3"), fs::Permissions::from_mode(0o644)).expect("own file");
    server.refused(&format!("{ANY_PORT}\nstate_dir = \"state\""), "cannot create the state directory");
    server.refused(&format!("{ANY_PORT}\naccess_log = \"access.log\""), "cannot open the access log");
    server.reload_with(&format!("{ANY_PORT}\nrobots = \"none\""), "server: robots: ");
    listener.until_seconds(2.0);
    check_gapless(&listener);
}

#[test]
fn file_with_passwords_that_all_users_can_read_is_a_warning() {
    let mut server = Reloading::start(ANY_PORT, 1);
    let file = server.path("coldwave.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("own file");
    let log = server.reload(&format!("{ANY_PORT}\nadmin_password = \"lighthouse\""));
    assert!(log.contains("all users of this machine can read its passwords: chmod 600"), "{log}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("own file");
    let log = server.reload_file();
    assert!(!log.contains("WARN"), "{log}");
}
