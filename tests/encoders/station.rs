//! The station on which encoders go live.

use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::common::{Coldwave, PLAIN, are_available, track, two_free_ports};

/// The password for sources of the station.
pub const PASSWORD: &str = "deep-water-7";

/// The name and the password of a DJ. The password contains a space.
pub const DJ: (&str, &str) = ("nina", "ebb tide");

/// The name of the station.
pub const NAME: &str = "Harbour FM";

/// The title of the track of the AutoDJ, which lasts a minute.
pub const MUSIC: &str = "Anchors Aweigh";

/// A coldwave with one station at `/live`. Its source port is the one after its listener port.
pub struct Station {
    pub server: Coldwave,
    /// The port for listeners.
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Station {
    /// Starts a station with an AutoDJ if all these programs are installed. If not, prints a notice, or fails
    /// the test where all programs are required.
    #[track_caller]
    pub fn for_encoders(programs: &[(&str, &str)]) -> Option<Self> {
        are_available(programs).then(|| Self::start(true, "", ""))
    }

    /// Starts a station with an AutoDJ and more settings if all these programs are installed.
    #[track_caller]
    pub fn with_settings(programs: &[(&str, &str)], settings: &str) -> Option<Self> {
        are_available(programs).then(|| Self::start(true, settings, ""))
    }

    /// Starts a station without an AutoDJ if all these programs are installed.
    #[track_caller]
    pub fn without_autodj(programs: &[(&str, &str)]) -> Option<Self> {
        are_available(programs).then(|| Self::start(false, "", ""))
    }

    /// Starts a station with an AutoDJ and more tables in the configuration if all these programs are
    /// installed.
    #[track_caller]
    pub fn with_tables(programs: &[(&str, &str)], tables: &str) -> Option<Self> {
        are_available(programs).then(|| Self::start(true, "", tables))
    }

    fn start(has_autodj: bool, more_settings: &str, tables: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = two_free_ports();
        let music = if has_autodj { format!("music = [\"{MUSIC}.mp3\"]\n") } else { String::new() };
        track(folder.path(), &format!("{MUSIC}.mp3"), PLAIN, 100);
        let config = format!(
            "[server]\nlisten = [\"127.0.0.1:{port}\"]\nadmin_password = \"high-water-8\"\n\
             [[station]]\nname = \"{NAME}\"\n{music}{more_settings}source_password = \"{PASSWORD}\"\n\
             dj = [{{ name = \"{}\", password = \"{}\" }}]\n{tables}",
            DJ.0, DJ.1
        );
        Self { server: Coldwave::with_config(folder.path(), &config, 1), port, folder }
    }

    /// Returns the folder for the files of an encoder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that an encoder reads, and returns its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder().join(name);
        fs::write(&path, content).expect("the folder is writable");
        // The file may contain a password. Some programs then require this mode.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a file of this test");
        path
    }

    /// Updates the title with SHOUTcast's `/admin.cgi`, for encoders that send no titles.
    pub fn update_title(&self, title: &str) {
        let title = utf8_percent_encode(title, NON_ALPHANUMERIC);
        self.server.get(&format!("/admin.cgi?mode=updinfo&pass={PASSWORD}&song={title}")).send().ok();
    }
}
