//! The station on which encoders go on the air.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::common::{BINARY, Coldwave, PLAIN, is_here, track, two_free_ports};

/// The password of its sources.
pub const PASSWORD: &str = "deep-water-7";

/// A DJ of it, and his password, which has a space in it.
pub const DJ: (&str, &str) = ("nina", "her own");

/// What it is called.
pub const NAME: &str = "Harbour FM";

/// What its AutoDJ plays: a track of a minute.
pub const MUSIC: &str = "Anchors Aweigh";

/// A coldwave with one station at `/live`, and with its ports for listeners and for sources next to each other.
pub struct Station {
    pub server: Coldwave,
    /// The port of its listeners.
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Station {
    /// Starts one with an AutoDJ if all these programs can be run. If not, that is said, or fails the test where all are
    /// wanted.
    #[track_caller]
    pub fn for_encoders(programs: &[(&str, &str)]) -> Option<Self> {
        are_here(programs).then(|| Self::start(true, ""))
    }

    /// The same with more settings of the station.
    #[track_caller]
    pub fn with_settings(programs: &[(&str, &str)], settings: &str) -> Option<Self> {
        are_here(programs).then(|| Self::start(true, settings))
    }

    /// The same without an AutoDJ.
    #[track_caller]
    pub fn without_autodj(programs: &[(&str, &str)]) -> Option<Self> {
        are_here(programs).then(|| Self::start(false, ""))
    }

    fn start(has_autodj: bool, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for tests");
        let port = two_free_ports();
        let music = if has_autodj { format!("music = [\"{MUSIC}.mp3\"]\n") } else { String::new() };
        track(folder.path(), &format!("{MUSIC}.mp3"), PLAIN, 100);
        let config = folder.path().join("coldwave.toml");
        let settings = format!(
            "[server]\nlisten = [\"127.0.0.1:{port}\"]\nadmin_password = \"high-water-8\"\n\
             [[station]]\nname = \"{NAME}\"\n{music}{more}source_password = \"{PASSWORD}\"\n\
             dj = [{{ name = \"{}\", password = \"{}\" }}]\n",
            DJ.0, DJ.1
        );
        fs::write(&config, settings).expect("a folder for tests can be written to");
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(config).env_remove("RUST_LOG");
        Self { server: Coldwave::started(command, 1), port, folder }
    }

    /// A folder for what an encoder reads and keeps.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that an encoder reads.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder().join(name);
        fs::write(&path, content).expect("a folder for tests can be written to");
        // There are passwords in it; some programs insist.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
        path
    }

    /// Updates the title as whoever has an encoder that sends none does it: with a page of SHOUTcast's.
    pub fn update_title(&self, title: &str) {
        let title = utf8_percent_encode(title, NON_ALPHANUMERIC);
        let request = format!("GET /admin.cgi?mode=updinfo&pass={PASSWORD}&song={title} HTTP/1.0");
        let head = self.server.ask(&request).head();
        assert!(head.status.ends_with(" 200 OK"), "{head:?}");
    }
}

/// Looks for all, so that all are named.
#[track_caller]
fn are_here(programs: &[(&str, &str)]) -> bool {
    programs.iter().filter(|(program, package)| is_here(program, package)).count() == programs.len()
}
