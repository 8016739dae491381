//! `<logging>` and `<logdir>`: the files that Icecast would write, with their names.

use std::fs;
use std::path::{Path, PathBuf};

use super::{ForeignServer, icecast_xml};
use crate::common::wait_for;

/// `<paths>` and `<logging>`.
fn logging(elements: &str) -> String {
    format!("<paths><logdir>{{folder}}</logdir></paths><logging>{elements}</logging>")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[track_caller]
fn wait_for_text(path: &Path, expected: &str) {
    let what = format!("{expected:?} in {}", path.display());
    wait_for(&what, || text(path).contains(expected).then_some(()));
}

/// Sends requests until `found` returns something.
fn request_until<T>(foreign: &ForeignServer, found: impl Fn() -> Option<T>) -> T {
    let agent = "x".repeat(100);
    wait_for("a renamed file", || {
        (0..20).for_each(|_| _ = foreign.server.get("/nothing").agent(&agent).send());
        found()
    })
}

/// Returns a renamed log, whose name ends in the time.
fn dated(foreign: &ForeignServer, log: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(foreign.folder.path()).expect("a folder");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    paths.find(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{log}.20")))
    })
}

#[test]
fn azuracast_has_its_access_log_beside_stderr() {
    let foreign = ForeignServer::with_icecast(&logging(
        "<accesslog>icecast_access.log</accesslog><errorlog>/dev/stderr</errorlog><loglevel>2</loglevel>\
         <logsize>4</logsize>",
    ));
    let log = foreign.folder.path().join("icecast_access.log");
    foreign.status("/nothing");
    wait_for_text(&log, "\"GET /nothing HTTP/");
    let old = foreign.folder.path().join("icecast_access.log.old");
    request_until(&foreign, || old.exists().then_some(()));
    assert_eq!(foreign.server.log().count(" INFO "), 0, "level 2 are warnings");
    // With <logarchive>, AzuraCast finds all of them by their names, and deletes the old ones.
    foreign.reload(&icecast_xml(&logging(
        "<accesslog>icecast_access.log</accesslog><logsize>4</logsize><logarchive>1</logarchive>",
    )));
    let dated = request_until(&foreign, || dated(&foreign, "icecast_access.log"));
    assert!(text(&dated).contains("\"GET /nothing HTTP/"));
    // Icecast's default, now that the file names no <errorlog>.
    wait_for_text(&foreign.folder.path().join("error.log"), " INFO ");
}

#[test]
fn error_log_is_reopened_by_a_sighup_after_its_rotation() {
    let xml = logging("<errorlog>radio.log</errorlog><loglevel>3</loglevel>");
    let foreign = ForeignServer::with_icecast(&xml);
    let (log, moved) = (foreign.folder.path().join("radio.log"), foreign.folder.path().join("radio.log.1"));
    wait_for_text(&log, "INFO");
    assert!(foreign.folder.path().join("access.log").exists(), "Icecast writes it unless told otherwise");
    fs::rename(&log, &moved).expect("the file exists");
    foreign.reload(&icecast_xml(&xml));
    wait_for_text(&log, "reopened the log");
    wait_for_text(&log, "reload");
}

#[test]
fn logs_of_the_kh_branch_are_elements() {
    let foreign = ForeignServer::with_icecast(&logging(
        "<accesslog><name>kh.log</name><size>5</size><archive>1</archive><exclude_ext>js css</exclude_ext>\
         <ip>1</ip></accesslog>\
         <errorlog><name>-</name><level>4</level></errorlog>",
    ));
    foreign.status("/nothing");
    wait_for_text(&foreign.folder.path().join("kh.log"), "\"GET /nothing HTTP/");
    foreign.server.log().wait_for("<logging><accesslog><exclude_ext>");
    foreign.server.log().wait_for("log_size_kb = 5: one size applies to all logs");
    foreign.server.log().wait_for("DEBUG coldwave");
    request_until(&foreign, || dated(&foreign, "kh.log"));
}

#[test]
fn playlist_log_has_every_title_with_its_listeners() {
    let foreign = ForeignServer::with_icecast(&logging(
        "<playlistlog>playlist.log</playlistlog><errorlog>-</errorlog>",
    ));
    let mut source = foreign.source_with_audio("/tour");
    wait_for("the mount", || foreign.status("/tour").contains(" 200 ").then_some(()));
    let _listener = foreign.server.get("/tour").open();
    // A title begins with the audio that is sent after it.
    let mut set = |title: &str| {
        let target = format!("/admin/metadata?mount=/tour&mode=updinfo&song={title}");
        foreign.server.get(&target).auth("source", super::PASSWORD).send().ok();
        source.send(&super::audio());
    };
    set("Nina%20-%20Harbour");
    let log = foreign.folder.path().join("playlist.log");
    wait_for_text(&log, "|Nina - Harbour\n");
    set("Nina%20-%20Lighthouse");
    wait_for_text(&log, "|Nina - Lighthouse\n");
    let lines = text(&log);
    let fields: Vec<Vec<&str>> = lines.lines().map(|line| line.split('|').collect()).collect();
    assert!(fields.iter().all(|fields| fields.len() == 4 && fields[1] == "/tour"), "{lines}");
    assert!(fields[0][0].len() == "04/Mar/2025:10:11:12 +0000".len(), "{lines}");
    assert_eq!(lines.lines().count(), 2, "each title once: {lines}");
}
