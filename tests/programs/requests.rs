//! What players send, as it was recorded, and what it is answered: fixtures/requests/.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Station;
use crate::common::{Listening, Peer, fixture};

/// Every request of the folder is answered as recorded beside it, and what is promised in the answer comes.
///
/// `COLDWAVE_RECORD=1` records the answers anew.
#[test]
fn requests_are_answered_as_recorded() {
    let station = Station::start();
    // Before the first frame a station does not know its bit rate.
    station.server.listen().until("a frame", |it| !it.frames.is_empty());
    for path in requests() {
        let bytes = fs::read(&path).expect("a fixture can be read");
        let mut peer = Peer::connect(station.server.address());
        peer.send(&bytes);
        let answer = if bytes.starts_with(b"OPTIONS ") {
            let head = peer.head();
            assert_eq!(peer.read_to_end().expect("a clean end"), b"", "{}", path.display());
            head
        } else {
            let mut listening = Listening::to(peer);
            let asked_for_titles = String::from_utf8_lossy(&bytes).to_lowercase().contains("\nicy-metadata:");
            assert_eq!(listening.head.get("icy-metaint").is_some(), asked_for_titles, "{}", path.display());
            listening.until("audio, and titles for those who asked", |it| {
                it.frames.len() > 50 && it.titles().is_empty() != asked_for_titles
            });
            listening.head
        };
        let headers = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        let shown = format!("{}\n{}", answer.status, headers.collect::<String>());
        check(&path.with_extension("answer.txt"), &shown.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    }
}

/// The README says of every request where it comes from, and of nothing else.
#[test]
fn every_recorded_request_is_accounted_for() {
    let readme = fs::read_to_string(fixture("requests/README.md")).expect("a fixture can be read");
    let mut listed: Vec<&str> =
        readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    listed.sort_unstable();
    let requests = requests();
    let files: Vec<_> = requests.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
    assert_eq!(listed, files);
}

fn requests() -> Vec<PathBuf> {
    let folder = fs::read_dir(fixture("requests")).expect("a folder of fixtures");
    let paths = folder.map(|entry| entry.expect("an entry of a folder").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|it| it == "request")).collect();
    paths.sort_by_key(|path| path.file_stem().map(ToOwned::to_owned));
    paths
}

#[track_caller]
fn check(path: &Path, shown: &str) {
    if std::env::var_os("COLDWAVE_RECORD").is_some() {
        fs::write(path, shown).expect("a fixture can be written");
    }
    let recorded = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(shown, recorded, "{} differs", path.display());
}
