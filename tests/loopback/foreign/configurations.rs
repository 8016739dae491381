//! Whole configurations in fixtures/icecast: what is said about them, what they are converted to, and that
//! coldwave runs on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use coldwave::config;
use coldwave::settings::Description;

use super::ForeignServer;
use crate::common::{BINARY, Finished, Program, fixture, wait_for};

/// The directory in the fixtures for everything that they name.
const FOLDER: &str = "/srv/radio";

/// A configuration, with a mount where a source can log in with the password of the tests, if there is one.
const CONFIGURATIONS: [(&str, Option<&str>); 20] = [
    ("01-as-installed", Some("/any")),
    ("02-smallest", Some("/any")),
    ("03-azuracast", Some("/radio.mp3")),
    ("04-libretime", Some("/main")),
    ("05-passwords-of-mounts", Some("/open")),
    ("06-fallbacks", Some("/automation")),
    ("07-tls-of-2.4", Some("/any")),
    ("08-icecast-2.5", Some("/live")),
    ("09-several-sockets", Some("/any")),
    ("10-shoutcast-sources", Some("/live")),
    ("11-shoutcast-compat", Some("/any")),
    ("12-relays", Some("/any")),
    ("13-slave", Some("/any")),
    ("14-kh-branch", Some("/studio/one")),
    ("15-defaults-for-mounts", Some("/live")),
    ("16-directory", Some("/live")),
    ("17-headers-and-aliases", Some("/live")),
    ("18-old-and-odd", Some("/live")),
    ("19-ogg-and-webm", Some("/stream")),
    ("20-as-a-service", Some("/live")),
];

/// Returns the text of a configuration whose ports and files are placeholders.
fn text(name: &str) -> Vec<u8> {
    fs::read(fixture(&format!("icecast/{name}.xml"))).expect("the fixture is readable")
}

/// Replaces bytes, since not all configurations are UTF-8.
fn replaced(text: &[u8], pairs: &[(&str, String)]) -> Vec<u8> {
    let mut text: String = text.iter().map(|byte| char::from(*byte)).collect();
    pairs.iter().for_each(|(from, to)| text = text.replace(from, to));
    text.chars().map(|character| character as u8).collect()
}

/// Creates the directory with all files that the configurations name.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    fs::create_dir(path.join("web")).expect("a folder");
    let pem = fs::read_to_string(fixture("tls/ec-sec1.pem")).expect("a certificate");
    for name in ["ssl.crt", "ssl.key", "icecast.pem"] {
        fs::write(path.join(name), &pem).expect("a file");
    }
    for name in ["ip_bans.txt", "user_agent_bans.txt", "allowed.txt", "mime.types", "chain.pem"] {
        fs::write(path.join(name), "").expect("a file");
    }
    for name in ["web/welcome.mp3", "web/silence.mp3", "web/fallback-[128].mp3"] {
        fs::copy(fixture(crate::common::PLAIN), path.join(name)).expect("a file");
    }
    folder
}

/// Writes a configuration into a folder, with its files there.
fn write(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join("icecast.xml");
    let here = folder.to_string_lossy().into_owned();
    fs::write(&path, replaced(&text(name), &[(FOLDER, here)])).expect("a file");
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/icecast/findings").join(name);
    if std::env::var_os("COLDWAVE_RECORD").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, &printed).expect("the golden file can be written");
    }
    assert_eq!(printed, fs::read_to_string(&path).unwrap_or_default(), "{name}");
}

#[test]
fn each_element_of_each_configuration_is_reported_with_its_line() {
    for (name, _) in CONFIGURATIONS {
        let folder = folder();
        write(folder.path(), name);
        let check = run(folder.path(), &["--check", "-c", "icecast.xml"]);
        assert_eq!(check.code, Some(0), "{name}: {check:?}");
        let (findings, _) = check.stdout.split_once("The configuration is valid").expect("a summary");
        check_golden(findings, folder.path(), &format!("{name}.txt"));
        let elements = without_comments(&text(name)).lines().filter(|line| is_setting(line)).count();
        assert!(findings.lines().count() >= elements, "{name}: {elements} elements, {findings}");
    }
}

/// Returns a text without what is in comments.
fn without_comments(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).into_owned();
    let mut parts = text.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once("-->").map_or("", |(_, after)| after));
    rest.fold(first, |all, part| all + part)
}

/// Returns whether a line has an element with a text: each of them has a finding.
fn is_setting(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('<') && !line.starts_with("</") && line.contains("</") && line.matches("</").count() == 1
}

/// `coldwave convert` writes a configuration that runs as the other does.
#[test]
fn converted_configuration_is_the_same() {
    for (name, _) in CONFIGURATIONS {
        let folder = folder();
        let path = write(folder.path(), name);
        let converted = run(folder.path(), &["convert", "icecast.xml"]);
        assert_eq!((converted.code, &*converted.stderr), (Some(0), ""), "{name}: {converted:?}");
        // Its paths are absolute, so it can be anywhere.
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        let toml = elsewhere.path().join("coldwave.toml");
        fs::write(&toml, &converted.stdout).expect("a file");
        let [one, other] = [&path, &toml].map(|path| {
            let loaded = config::load(path).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
            Description::new(&loaded.settings, b"salt")
        });
        assert_eq!(one.changes(&other), [""; 0], "{name}");
    }
}

#[test]
fn each_configuration_starts_and_plays_a_source() {
    for (name, mount) in CONFIGURATIONS {
        let ports = [("8000", "{port}"), ("8443", "{next}"), (FOLDER, "{folder}")];
        let ports = ports.map(|(from, to)| (from, to.to_owned()));
        let text = replaced(&text(name), &ports);
        let text: String = text.into_iter().map(char::from).collect();
        let foreign = ForeignServer::with_file(folder(), "icecast.xml", &text);
        if let Some(mount) = mount {
            let _source = foreign.source_with_audio(mount);
            wait_for(name, || foreign.status(mount).contains(" 200 ").then_some(()));
        }
        let log = foreign.server.log().text();
        assert!(!log.contains(" ERROR "), "{name}: {log}");
    }
}

#[test]
fn source_of_another_format_gets_415_with_the_reason() {
    let foreign = ForeignServer::with_icecast("<mount><mount-name>/live.ogg</mount-name></mount>");
    for mount in ["/live.ogg", "/other"] {
        let request = crate::common::Request::new(foreign.server.address(), "SOURCE", mount);
        let request = request.auth("source", super::PASSWORD).header("Content-Type", "application/ogg");
        let mut peer = request.open();
        assert!(peer.head().status.contains(" 415 "), "{mount}");
        let body = peer.read_to_end().expect("the reply ends cleanly");
        assert!(String::from_utf8_lossy(&body).contains("coldwave plays MP3"), "{body:?}");
    }
}
