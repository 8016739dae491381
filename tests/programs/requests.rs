//! Recorded requests of players, and the replies to them: fixtures/requests/.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Station;
use crate::common::{Listener, Peer, fixture};

/// Every request of the folder gets the recorded reply, and the stream that the reply announces.
///
/// `COLDWAVE_RECORD=1` records the replies again.
#[test]
fn recorded_requests_get_the_recorded_replies() {
    let station = Station::start();
    // The bit rate is unknown before the first frame.
    station.server.listen().until("a frame", |it| !it.frames.is_empty());
    for path in requests() {
        let bytes = fs::read(&path).expect("the fixture is readable");
        let mut peer = Peer::connect(station.server.address());
        peer.send(&bytes);
        let answer = if bytes.starts_with(b"OPTIONS ") {
            let head = peer.head();
            assert_eq!(peer.read_to_end().expect("a clean end"), b"", "{}", path.display());
            head
        } else {
            let mut listener = Listener::new(peer);
            let wants_titles = String::from_utf8_lossy(&bytes).to_lowercase().contains("\nicy-metadata:");
            assert_eq!(listener.head.get("icy-metaint").is_some(), wants_titles, "{}", path.display());
            listener.until("audio, and titles if they were requested", |it| {
                it.frames.len() > 50 && it.titles().is_empty() != wants_titles
            });
            listener.head
        };
        let headers = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        let shown = format!("{}\n{}", answer.status, headers.collect::<String>());
        check(&path.with_extension("answer.txt"), &shown.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    }
}

/// The README lists the origin of every request.
#[test]
fn readme_lists_exactly_the_recorded_requests() {
    let readme = fs::read_to_string(fixture("requests/README.md")).expect("the fixture is readable");
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
