//! What coldwave is told where its defaults are not what is to be tried: a configuration, and music of the bit rate
//! asked for.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use coldwave::audio::{Header, silent_frame};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::kind::Kind;
use crate::options::{Options, USUAL_INTERVAL_MS, USUAL_KBPS};

/// What coldwave plays when nothing else is said.
const MUSIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// With which sources log in. Opens nothing but a coldwave that lives for minutes on loopback.
pub const PASSWORD: &str = "measured";

/// Frames of the music of another bit rate: half a minute.
const FRAMES: usize = 1150;

/// A folder with all that a coldwave needs, gone with this value.
pub struct Setup {
    folder: TempDir,
}

impl Setup {
    /// What `kind` needs, if it is more than the defaults.
    pub fn of(kind: Kind, options: &Options) -> Result<Option<Self>, Failure> {
        let is_usual = options.kbps == USUAL_KBPS && options.interval_ms == USUAL_INTERVAL_MS;
        let is_usual = is_usual && options.burst.is_none() && options.stations(kind) == 1;
        if is_usual && kind != Kind::Live {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        let mut music = options.music.clone();
        if options.kbps != USUAL_KBPS {
            music = vec![tone(folder.path(), options.kbps)?];
        } else if music.is_empty() {
            music = vec![MUSIC.into()];
        }
        let setup = Self { folder };
        fs::write(setup.file(), config(kind, options, &music))?;
        // It may have a password in it, even if one that opens nothing.
        fs::set_permissions(setup.file(), Permissions::from_mode(0o600))?;
        Ok(Some(setup))
    }

    /// The configuration file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }
}

const FILE: &str = "coldwave.toml";

/// The path of the station with this number, from 0 on.
pub fn mount(station: usize) -> String {
    if station == 0 { "/live".into() } else { format!("/live{station}") }
}

fn config(kind: Kind, options: &Options, music: &[PathBuf]) -> String {
    let mut out = String::new();
    for station in 0..options.stations(kind) {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "[[station]]\nmount = {:?}", mount(station));
        let _ = match kind {
            Kind::Live => writeln!(out, "source_password = {PASSWORD:?}"),
            _ => writeln!(out, "music = {music:?}"),
        };
        let _ = writeln!(out, "delivery_interval_ms = {}", options.interval_ms);
        if let Some(burst) = options.burst {
            let _ = writeln!(out, "burst_s = {burst}.0");
        }
    }
    out
}

/// A file of silence at a bit rate, and its path.
fn tone(folder: &Path, kbps: u32) -> Result<PathBuf, Failure> {
    let file = folder.join("silence.mp3");
    fs::write(&file, silence(kbps, FRAMES)?)?;
    Ok(file)
}

/// So many frames of silence at a bit rate.
pub fn silence(kbps: u32, frames: usize) -> Result<Vec<u8>, Failure> {
    let header = u16::try_from(kbps).ok().and_then(|kbps| Header::new_mp3(RATE, CHANNELS, kbps));
    let header = header.ok_or_else(|| format!("MP3 has no {kbps} kbit/s"))?;
    Ok(silent_frame(&header).repeat(frames))
}

/// Samples a second, at which frames of every bit rate that MP3 has are equally long: no padding is needed for the bit
/// rate to be exact.
const RATE: u32 = 48_000;

const CHANNELS: u8 = 2;
