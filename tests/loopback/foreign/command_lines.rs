//! coldwave started with the command lines of Icecast and sc_serv.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{BINARY, CHECKED, Coldwave, fixture, two_free_ports};

use super::icecast_xml;

/// Writes an `icecast.xml` and an `sc_serv.conf` with one stream of files, and returns their paths.
fn configurations(folder: &Path) -> [PathBuf; 2] {
    let port = two_free_ports().to_string();
    let [xml, conf] = ["icecast.xml", "sc_serv.conf"].map(|name| folder.join(name));
    fs::write(&xml, icecast_xml("").replace("{port}", &port)).expect("the folder is writable");
    let lines = format!("portbase={port}\npassword=a long swim\nadminpassword=high water\nstreamid_1=1\n");
    fs::write(&conf, lines + "streampath_1=/live\n").expect("the folder is writable");
    [xml, conf]
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn program_with_the_name_of_another_server_takes_its_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let [xml, conf] = configurations(folder.path());
    for (name, arguments, version) in [
        ("icecast", vec!["-c".into(), xml.clone()], "Icecast 2.4.4 (coldwave "),
        ("icecast2", vec!["-c".into(), xml], "Icecast 2.4.4 (coldwave "),
        ("sc_serv", vec![conf], "Shoutcast DNAS v2.6.1.777 (coldwave "),
    ] {
        let program = folder.path().join(name);
        symlink(BINARY, &program).expect("a link");
        let printed = output(Command::new(&program).arg("--version"));
        assert!(printed.starts_with(version) && printed.lines().count() == 1, "{printed:?}");
        let mut command = Command::new(&program);
        command.args(arguments).env_remove("RUST_LOG");
        let server = Coldwave::start(command, 1);
        server.log().wait_for("page for listeners");
    }
}

#[test]
fn name_of_another_server_as_the_first_argument_is_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let [xml, conf] = configurations(folder.path());
    let xml = xml.to_str().expect("UTF-8");
    for arguments in [vec!["icecast", "-c", xml], vec!["sc_serv", conf.to_str().expect("UTF-8")]] {
        let mut command = Command::new(BINARY);
        command.args(&arguments).env_remove("RUST_LOG");
        drop(Coldwave::start(command, 1));
    }
    assert!(output(Command::new(BINARY).args(["icecast", "-v"])).starts_with("Icecast 2.4.4 "));
}

#[test]
fn encode_workers_start_from_a_program_with_another_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("icecast");
    // A file that is mounted over another one has no name of its own.
    fs::hard_link(BINARY, &program).or_else(|_| fs::copy(BINARY, &program).map(drop)).expect("a program");
    let port = two_free_ports();
    let file = folder.path().join("coldwave.toml");
    let music = fixture(CHECKED);
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\n[[station]]\nmusic = {music:?}\nprocess = \"always\"\n"
    );
    fs::write(&file, text).expect("the folder is writable");
    let mut command = Command::new(&program);
    command.arg("-c").arg(&file).env_remove("RUST_LOG");
    Coldwave::start(command, 1).listen().until("a frame", |it| !it.frames.is_empty());
}
