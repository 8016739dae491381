//! Reloads of the configuration while listeners play: what a change needs, and what a mistake leaves alone.

mod errors;
mod files;
mod music;
mod ports;
mod server_keys;
mod signals;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::{BINARY, Coldwave, Listener, PLAIN, fixture, track, wait_for};

/// A server whose configuration file the test changes.
pub struct Reloading {
    pub folder: tempfile::TempDir,
    pub server: Coldwave,
    /// The number of reloads that have ended.
    reloads: usize,
}

/// Returns a configuration with these lines in `[server]` and a station at `/live` that plays one long track.
pub fn configuration(server: &str) -> String {
    format!(
        "[server]\n{server}\n[[station]]\nmount = \"/live\"\nname = \"Harbour FM\"\nmusic = [\"music.mp3\"]\n\
         public = true\n"
    )
}

/// The address of servers whose port does not matter.
pub const ANY_PORT: &str = "listen = [\"127.0.0.1:0\"]";

impl Reloading {
    /// Starts a server with these lines in `[server]`, and waits for this number of URLs.
    pub fn start(server: &str, urls: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // A track that does not end during the test, so that the bytes of the stream are known.
        track(folder.path(), "music.mp3", PLAIN, 500);
        let file = folder.path().join("coldwave.toml");
        fs::write(&file, configuration(server)).expect("the folder is writable");
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(&file).env_remove("RUST_LOG");
        Self { folder, server: Coldwave::start(command, urls), reloads: 0 }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the configuration file.
    pub fn write(&self, text: &str) {
        fs::write(self.path("coldwave.toml"), text).expect("the folder is writable");
    }

    /// Reloads a configuration with these lines in `[server]`. Returns the lines of the log about it.
    #[track_caller]
    pub fn reload(&mut self, server: &str) -> String {
        self.write(&configuration(server));
        self.reload_file()
    }

    /// Reloads the file as it is. Returns the lines of the log about it.
    #[track_caller]
    pub fn reload_file(&mut self) -> String {
        let before = self.server.log().text().len();
        self.server.signal("HUP");
        self.wait_for_end();
        self.server.log().text()[before..].to_owned()
    }

    /// Waits until one more reload has ended.
    #[track_caller]
    pub fn wait_for_end(&mut self) {
        self.reloads += 1;
        let log = self.server.log();
        let ended = || log.count("; requested by ");
        wait_for("the end of a reload", || (ended() >= self.reloads).then_some(()));
    }

    /// Reloads, and checks that the log has a line with this change.
    #[track_caller]
    pub fn reload_with(&mut self, server: &str, change: &str) {
        let log = self.reload(server);
        assert!(log.contains(&format!("reload: {change}")), "{change:?} is missing in:\n{log}");
    }

    /// Reloads, and checks that this was refused with a line that contains `error`.
    #[track_caller]
    pub fn refused(&mut self, server: &str, error: &str) {
        self.write(&configuration(server));
        self.refused_file(error);
    }

    /// Reloads the file as it is, and checks that this was refused with a line that contains `error`.
    #[track_caller]
    pub fn refused_file(&mut self, error: &str) {
        let log = self.reload_file();
        assert!(
            log.contains("configuration not reloaded, nothing has changed; requested by SIGHUP"),
            "{log}"
        );
        let has_error = log.lines().any(|line| line.contains("ERROR") && line.contains(error));
        assert!(has_error, "{error:?} is missing in:\n{log}");
    }
}

/// Checks that a listener has got the track without a gap.
#[track_caller]
pub fn check_gapless(listener: &Listener) {
    let pattern = fs::read(fixture(PLAIN)).expect("the fixture is readable");
    let end = listener.frames.last().map_or(0, |frame| frame.end);
    let audio = &listener.audio[..end];
    let first = &audio[..pattern.len().min(audio.len())];
    let doubled = pattern.repeat(2);
    let offset = doubled.windows(first.len()).position(|window| window == first);
    let offset = offset.expect("the stream begins with the track");
    let expected = pattern.iter().cycle().skip(offset);
    let torn = audio.iter().zip(expected).position(|(got, expected)| got != expected);
    assert_eq!(torn, None, "the stream of {end} bytes is not the track from this byte on");
}
