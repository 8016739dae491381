//! Whole configurations of sc_serv in fixtures/shoutcast, and the effects of their keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use coldwave::config;
use coldwave::settings::Description;

use super::ForeignServer;
use crate::common::{BINARY, Finished, PLAIN, Program, fixture, wait_for};

/// The directory in the fixtures for everything that they name.
const FOLDER: &str = "/srv/radio";

/// A configuration, with a mount where a source can log in with the password of the tests.
const CONFIGURATIONS: [(&str, &str); 6] = [
    ("01-azuracast", "/radio.mp3"),
    ("02-smallest", "/stream/1"),
    ("03-centova", "/stream/1"),
    ("04-version-1", "/stream/1"),
    ("05-several-streams", "/live"),
    ("06-everything-else", "/stream/1"),
];

fn text(name: &str) -> String {
    fs::read_to_string(fixture(&format!("shoutcast/{name}.conf"))).expect("the fixture is readable")
}

/// Creates the directory with all files that the configurations name.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    ["var/log", "etc"].iter().for_each(|name| fs::create_dir_all(path.join(name)).expect("a folder"));
    let pem = fs::read_to_string(fixture("tls/ec-sec1.pem")).expect("a certificate");
    ["ssl.crt", "ssl.key"].iter().for_each(|name| fs::write(path.join(name), &pem).expect("a file"));
    for name in ["sc_serv.ban", "sc_serv.rip", "sc_serv.agent", "etc/sc_serv.ban", "etc/sc_serv.rip"] {
        fs::write(path.join(name), "").expect("a file");
    }
    fs::write(path.join("harbour.rip"), "127.0.0.1\n").expect("a file");
    fs::copy(fixture(PLAIN), path.join("backup.mp3")).expect("a file");
    folder
}

/// Writes a configuration into a folder, with its files there.
fn write(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join("sc_serv.conf");
    fs::write(&path, text(name).replace(FOLDER, &folder.to_string_lossy())).expect("a file");
    path
}

fn run(folder: &Path, arguments: &[&str]) -> Finished {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder).env_remove("RUST_LOG");
    Program::start(command).finish()
}

/// Compares with a file, or writes it.
#[track_caller]
fn check_golden(printed: &str, folder: &Path, name: &str) {
    let printed = printed.replace(&*folder.to_string_lossy(), FOLDER);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/shoutcast/findings").join(name);
    if std::env::var_os("COLDWAVE_RECORD").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, &printed).expect("the golden file can be written");
    }
    assert_eq!(printed, fs::read_to_string(&path).unwrap_or_default(), "{name}");
}

#[test]
fn each_key_of_each_configuration_is_reported_with_its_line() {
    for (name, _) in CONFIGURATIONS {
        let folder = folder();
        write(folder.path(), name);
        let check = run(folder.path(), &["--check", "-c", "sc_serv.conf"]);
        assert_eq!(check.code, Some(0), "{name}: {check:?}");
        let (findings, _) = check.stdout.split_once("The configuration is valid").expect("a summary");
        check_golden(findings, folder.path(), &format!("{name}.txt"));
        for (index, line) in text(name).lines().enumerate() {
            let is_comment = line.is_empty() || line.starts_with([';', '#', '[']);
            let place = format!("sc_serv.conf:{}: ", index + 1);
            assert!(is_comment || findings.contains(&place), "{name}: {line:?} has no finding");
        }
    }
}

/// `coldwave convert` writes a configuration that runs as the other does.
#[test]
fn converted_configuration_of_sc_serv_is_the_same() {
    for (name, _) in CONFIGURATIONS {
        let folder = folder();
        // Relative paths begin at the working directory, which the tests share.
        let absolute = text(name).replace("=var/", "=/srv/radio/var/").replace("=etc/", "=/srv/radio/etc/");
        let path = folder.path().join("sc_serv.conf");
        fs::write(&path, absolute.replace(FOLDER, &folder.path().to_string_lossy())).expect("a file");
        let converted = run(folder.path(), &["convert", "sc_serv.conf"]);
        assert_eq!((converted.code, &*converted.stderr), (Some(0), ""), "{name}: {converted:?}");
        let toml = folder.path().join("coldwave.toml");
        fs::write(&toml, &converted.stdout).expect("a file");
        let [one, other] = [&path, &toml].map(|path| {
            let loaded = config::load(path).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
            Description::new(&loaded.settings, b"salt")
        });
        assert_eq!(one.changes(&other), [""; 0], "{name}");
    }
}

#[test]
fn each_configuration_of_sc_serv_starts_and_plays_a_source() {
    for (name, mount) in CONFIGURATIONS {
        let text = text(name).replace("8001", "{next}").replace("8000", "{port}").replace(FOLDER, "{folder}");
        // Two free ports are known, and one is enough for listeners.
        let text = text.replace("alternateports=8002\n", "");
        let text = text.replace("=var/", "={folder}/var/").replace("=etc/", "={folder}/etc/");
        let foreign = ForeignServer::with_file(folder(), "sc_serv.conf", &text);
        let _source = foreign.source_with_audio(mount);
        wait_for(name, || foreign.status(mount).contains(" 200 ").then_some(()));
        let log = foreign.server.log().text();
        assert!(!log.contains(" ERROR "), "{name}: {log}");
    }
}

/// Returns a configuration with one stream at /live and further lines.
pub fn with_lines(lines: &str) -> String {
    let base = "portbase={port}\ndestip=127.0.0.1\nsrcip=127.0.0.1\npassword=a long swim\nadminpassword=high water\n";
    format!("{base}requirestreamconfigs=1\nstreamid_1=1\nstreampath_1=/live\n{lines}\n")
}

#[test]
fn listener_that_leaves_has_a_line_in_the_w3c_log() {
    let foreign =
        ForeignServer::with_shoutcast(&with_lines("w3clog={folder}/sc_w3c.log\nw3cenable=1\nnamelookups=0"));
    let _source = foreign.source_with_audio("/live");
    let mut listener = foreign.server.get("/live").header("User-Agent", "WinampMPEG/5.1").open();
    assert!(listener.head().status.contains(" 200 "));
    drop(listener);
    let path = foreign.folder.path().join("sc_w3c.log");
    let lines = wait_for("the line", || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        text.contains("WinampMPEG").then(|| text.lines().map(str::to_owned).collect::<Vec<_>>())
    });
    let [software, version, fields, line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(software, "#Software: SHOUTcast");
    assert!(version.starts_with("#Version: coldwave "), "{version}");
    assert!(
        fields.starts_with("#Fields: c-ip c-dns date time cs-uri-stem c-status cs(User-Agent)"),
        "{fields}"
    );
    let words: Vec<&str> = line.split(' ').collect();
    assert_eq!((words.len(), words[0], words[1]), (10, "127.0.0.1", "127.0.0.1"), "{line}");
    assert_eq!((words[5], words[6]), ("200", "WinampMPEG%2F5%2E1"));
    assert!(words[4].starts_with("/stream?title="), "{line}");
}

#[test]
fn backup_file_plays_until_a_source_comes_and_after_it() {
    for lines in [
        "backupfile={folder}/backup.mp3\nbackuploop=0",
        "streambackupfile_1={folder}/backup.mp3\nstreambackuploop_1=0",
    ] {
        check_backup(lines);
    }
}

fn check_backup(lines: &str) {
    let foreign = ForeignServer::with_file(folder(), "sc_serv.conf", &with_lines(lines));
    let title = || foreign.server.get("/currentsong?sid=1").send().ok();
    wait_for("the backup", || (!title().trim().is_empty()).then_some(()));
    // The file has less than a second, so it is repeated.
    foreign.server.listen().until_seconds(7.0);
    let mut source = foreign.source_with_audio("/live");
    source.send(&super::audio());
    foreign.server.listen().until("a frame", |it| !it.frames.is_empty());
}

#[test]
fn intro_file_of_sc_serv_is_heard_first() {
    ["introfile", "streamintrofile_1"].into_iter().for_each(check_intro);
}

fn check_intro(key: &str) {
    let folder = folder();
    let intro = fs::read(folder.path().join("backup.mp3")).expect("a file");
    let lines = with_lines(&format!("{key}={{folder}}/backup.mp3"));
    let foreign = ForeignServer::with_file(folder, "sc_serv.conf", &lines);
    let _source = foreign.source_with_audio("/live");
    wait_for("the stream", || foreign.status("/live").contains(" 200 ").then_some(()));
    let mut listener = foreign.server.get("/live").listen();
    listener.until("a frame", |it| !it.frames.is_empty());
    let first = listener.frame(0).to_vec();
    assert!(intro.windows(first.len()).any(|window| window == first), "the first frame is of the intro");
}

#[test]
fn banned_program_of_sc_serv_gets_no_stream() {
    let folder = folder();
    fs::write(folder.path().join("sc_serv.ban"), "203.0.113.9;255;\n").expect("a file");
    let lines = with_lines("banfile={folder}/sc_serv.ban\nagentfile={folder}/sc_serv.agent");
    fs::write(folder.path().join("sc_serv.agent"), "BadBot*\n").expect("a file");
    let foreign = ForeignServer::with_file(folder, "sc_serv.conf", &lines);
    let _source = foreign.source_with_audio("/live");
    let status = |agent: &str| foreign.server.get("/live").header("User-Agent", agent).open().head().status;
    assert!(status("VLC/3").contains(" 200 "));
    assert!(status("BadBot/1").contains(" 403 "));
}

#[test]
fn stream_of_another_id_takes_its_own_password_only() {
    let text = with_lines("streamid_2=7\nstreampath_2=second\nstreampassword_2=a longer swim");
    let foreign = ForeignServer::with_shoutcast(&text);
    let login = |mount: &str, password: &str| {
        let request = crate::common::Request::new(foreign.server.address(), "SOURCE", mount);
        request.auth("source", password).header("Content-Type", "audio/mpeg").open().head().status
    };
    assert!(login("/second", "a longer swim").contains(" 200 "));
    assert!(login("/second", "a long swim").contains(" 401 "));
    assert!(login("/stream/7", "a longer swim").contains(" 200 "));
}
