//! The configuration of coldwave for trials that need more than its defaults, and music of the requested bit
//! rate.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use coldwave::audio::{Header, silent_frame};
use tempfile::TempDir;

use crate::admin_page;
use crate::failure::Failure;
use crate::kind::TrialKind;
use crate::options::{DEFAULT_INTERVAL_MS, DEFAULT_KBPS, Options};
use crate::tls;

/// The default music.
const MUSIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// The password of the sources, for a coldwave that runs for minutes on loopback.
pub const PASSWORD: &str = "measured";

/// The frames of the generated music: half a minute.
const FRAMES: usize = 1150;

/// A temporary folder with the configuration and music of a coldwave.
pub struct Setup {
    folder: TempDir,
}

impl Setup {
    /// Creates the folder. Returns `None` if the defaults of coldwave are sufficient.
    pub fn create(kind: TrialKind, options: &Options) -> Result<Option<Self>, Failure> {
        let has_defaults = options.kbps == DEFAULT_KBPS
            && options.interval_ms == DEFAULT_INTERVAL_MS
            && options.burst.is_none()
            && !options.admin
            && options.stations(kind) == 1;
        if has_defaults && !matches!(kind, TrialKind::Live | TrialKind::Renditions | TrialKind::Tls) {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        let mut music = options.music.clone();
        if options.kbps != DEFAULT_KBPS {
            music = vec![write_silence(folder.path(), options.kbps)?];
        } else if music.is_empty() {
            music = vec![MUSIC.into()];
        }
        let setup = Self { folder };
        let mut text = config(kind, options, &music);
        if kind == TrialKind::Tls {
            text += &tls::certificate()?.write(setup.folder.path(), "server")?;
        }
        fs::write(setup.file(), text)?;
        // The configuration may contain a password.
        fs::set_permissions(setup.file(), Permissions::from_mode(0o600))?;
        Ok(Some(setup))
    }

    /// Returns the path of the configuration file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }
}

const FILE: &str = "coldwave.toml";

/// Returns the mount of a station, counted from 0.
pub fn mount(station: usize) -> String {
    if station == 0 { "/live".into() } else { format!("/live{station}") }
}

/// The bit rates of the renditions in kbit/s.
const RENDITIONS: [u32; 6] = [192, 128, 96, 64, 48, 32];

fn config(kind: TrialKind, options: &Options, music: &[PathBuf]) -> String {
    let mut out = String::new();
    if options.admin {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "[server]\nadmin_password = {:?}", admin_page::PASSWORD);
    }
    for station in 0..options.stations(kind) {
        let _ = writeln!(out, "[[station]]\nmount = {:?}", mount(station));
        let _ = match kind {
            TrialKind::Live => writeln!(out, "source_password = {PASSWORD:?}"),
            _ => writeln!(out, "music = {music:?}"),
        };
        let _ = writeln!(out, "delivery_interval_ms = {}", options.interval_ms);
        if let Some(burst) = options.burst {
            let _ = writeln!(out, "burst_s = {burst}.0");
        }
        if kind == TrialKind::Renditions {
            for kbps in RENDITIONS {
                let _ = writeln!(out, "[[station.rendition]]\nmount = \"/live-{kbps}\"\nbitrate = {kbps}");
            }
        }
    }
    out
}

/// Writes a file of silence at a bit rate and returns its path.
fn write_silence(folder: &Path, kbps: u32) -> Result<PathBuf, Failure> {
    let file = folder.join("silence.mp3");
    fs::write(&file, silence(kbps, FRAMES)?)?;
    Ok(file)
}

/// Returns frames of silence at a bit rate.
pub fn silence(kbps: u32, frames: usize) -> Result<Vec<u8>, Failure> {
    let header = u16::try_from(kbps).ok().and_then(|kbps| Header::new_mp3(RATE, CHANNELS, kbps));
    let header = header.ok_or_else(|| format!("MP3 has no {kbps} kbit/s"))?;
    Ok(silent_frame(&header).repeat(frames))
}

/// The sample rate. At this rate, all frames of an MP3 bit rate have the same length, so the bit rate is
/// exact without padding.
const RATE: u32 = 48_000;

const CHANNELS: u8 = 2;
