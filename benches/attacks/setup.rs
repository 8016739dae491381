//! The configuration and the music of the attacked coldwave.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use tempfile::TempDir;

use crate::crowd::PROXIES;
use crate::failure::Failure;
use crate::kind::AttackKind;

/// The mounts: of the AutoDJ with most listeners, of a live source, and of a relay.
pub const AUTODJ: &str = "/live";
pub const SOURCE: &str = "/source";
pub const RELAY: &str = "/relay";

/// The passwords of the source and of the administrator, for a coldwave that runs for minutes on loopback,
/// and `source:…` and `admin:…` with them in Base64.
pub const SOURCE_PASSWORD: &str = "measured";
pub const SOURCE_LOGIN: &str = "c291cmNlOm1lYXN1cmVk";
const ADMIN_PASSWORD: &str = "measuring";
pub const ADMIN_LOGIN: &str = "YWRtaW46bWVhc3VyaW5n";

/// The music.
const MUSIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// The bytes of a shortened track: about a second, so that many tracks begin during an attack.
const SHORT_TRACK: usize = 16_000;

/// A temporary folder with the configuration of a coldwave, and with music if the attack changes it.
pub struct Setup {
    folder: TempDir,
}

impl Setup {
    /// Creates the folder for an attack. `upstream` is the stream that the relay requests.
    pub fn create(kind: AttackKind, listeners: usize, upstream: Option<&str>) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let music = match kind {
            AttackKind::Fifo => shortened_music(folder.path())?,
            _ => vec![PathBuf::from(MUSIC)],
        };
        let setup = Self { folder };
        fs::write(setup.file(), config(kind, listeners, &music, upstream))?;
        // The configuration contains passwords.
        fs::set_permissions(setup.file(), Permissions::from_mode(0o600))?;
        Ok(setup)
    }

    /// Returns the path of the configuration file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("coldwave.toml")
    }

    /// Replaces all tracks but the first by FIFOs that no process writes to, and those by the tracks, again
    /// and again until the returned value is dropped.
    pub fn swap_tracks_and_fifos(&self) -> Result<Swaps, Failure> {
        let fifo = self.folder.path().join("fifo");
        let status = Command::new("mkfifo").arg(&fifo).status()?;
        if !status.success() {
            return Err(format!("mkfifo {}: {status}", fifo.display()).into());
        }
        let tracks = tracks_in(&self.folder.path().join(MUSIC_FOLDER))?;
        let is_over = Arc::new(AtomicBool::new(false));
        let until = is_over.clone();
        let thread = thread::spawn(move || swap(&tracks[1..], &fifo, &until));
        Ok(Swaps { is_over, thread: Some(thread) })
    }
}

/// The swaps of tracks and FIFOs, which end when this value is dropped.
pub struct Swaps {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Swaps {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().into_iter().for_each(|thread| drop(thread.join()));
    }
}

fn swap(tracks: &[PathBuf], fifo: &Path, is_over: &AtomicBool) {
    let saved: Vec<PathBuf> = tracks.iter().map(|track| track.with_extension("saved")).collect();
    let place = |from: &Path, track: &Path| {
        let link = track.with_extension("link");
        fs::hard_link(from, &link).and_then(|()| fs::rename(&link, track))
    };
    // Without the links, only the first swaps fail, and the attack is weaker.
    tracks.iter().zip(&saved).for_each(|(track, saved)| drop(fs::hard_link(track, saved)));
    while !is_over.load(Ordering::Relaxed) {
        for (track, saved) in tracks.iter().zip(&saved) {
            let _ = place(fifo, track).and_then(|()| place(saved, track));
        }
    }
}

const MUSIC_FOLDER: &str = "music";

/// Writes shortened tracks, and returns the paths to play: the folder, and each track by its name, because a
/// name in the configuration is trusted more than a file that is found in a folder.
fn shortened_music(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let music = folder.join(MUSIC_FOLDER);
    fs::create_dir(&music)?;
    for track in tracks()? {
        let bytes = fs::read(&track)?;
        let name = track.file_name().ok_or("a track without a name")?;
        fs::write(music.join(name), &bytes[..bytes.len().min(SHORT_TRACK)])?;
    }
    let mut all = tracks_in(&music)?;
    all.push(music);
    Ok(all)
}

/// Returns the tracks of the bundled station.
pub fn tracks() -> Result<Vec<PathBuf>, Failure> {
    tracks_in(Path::new(MUSIC))
}

fn tracks_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<Result<Vec<_>, Failure>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "mp3"));
    paths.sort();
    Ok(paths)
}

fn config(kind: AttackKind, listeners: usize, music: &[PathBuf], upstream: Option<&str>) -> String {
    let mut out = format!(
        "[server]\nadmin_password = {ADMIN_PASSWORD:?}\ntrusted_proxies = [{PROXIES:?}]\nsource_listen = []\n"
    );
    // Writing into a String cannot fail.
    let mut add = |mount: &str, keys: &str| {
        let _ = writeln!(out, "[[station]]\nmount = {mount:?}\n{keys}");
    };
    add(AUTODJ, &format!("music = {music:?}"));
    if let Some(upstream) = upstream {
        let is_on_demand = kind == AttackKind::RelayPath;
        add(RELAY, &format!("relay = {upstream:?}\nrelay_on_demand = {is_on_demand}"));
    }
    let password = format!("source_password = {SOURCE_PASSWORD:?}");
    if kind.has_live_source() || kind.has_guesses() {
        add(SOURCE, &password);
    }
    // With short buffers, which are full before the attack: their growth would count as memory of the attack.
    let password = format!("{password}\nbuffer_s = 2\nburst_s = 1");
    for station in 1..kind.stations(listeners) {
        add(&format!("{SOURCE}{station}"), &password);
    }
    out
}
