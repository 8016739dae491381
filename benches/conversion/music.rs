//! The music that is converted: the bundled station in other formats.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::failure::Failure;

/// The bundled station.
const STATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/station");

/// Its tracks.
const TRACKS: [&str; 3] =
    ["01-foehn-over-the-skerries.mp3", "02-last-ferry-light-snow.mp3", "03-blue-hour-waltz.mp3"];

/// A folder with the folders `flac` and `mp3`, and all tracks as one file.
pub struct Music {
    pub folder: TempDir,
}

impl Music {
    pub fn make() -> Result<Self, Failure> {
        let music = Self { folder: tempfile::tempdir()? };
        for kind in ["flac", "mp3"] {
            std::fs::create_dir(music.of_kind(kind))?;
        }
        for track in TRACKS {
            let source = Path::new(STATION).join(track);
            std::fs::copy(&source, music.of_kind("mp3").join(track))?;
            let flac = music.of_kind("flac").join(track).with_extension("flac");
            ffmpeg(&[&source], &["-map", "0:a", "-sample_fmt", "s16"], &flac)?;
        }
        let sources = TRACKS.map(|track| Path::new(STATION).join(track));
        let sources: Vec<&Path> = sources.iter().map(PathBuf::as_path).collect();
        ffmpeg(&sources, &["-filter_complex", "concat=n=3:v=0:a=1", "-c:a", "pcm_s16le"], &music.wav())?;
        Ok(music)
    }

    pub fn of_kind(&self, kind: &str) -> PathBuf {
        self.folder.path().join(kind)
    }

    /// Returns the path of all tracks as one file.
    pub fn wav(&self) -> PathBuf {
        self.folder.path().join("all.wav")
    }
}

fn ffmpeg(sources: &[&Path], arguments: &[&str], out: &Path) -> Result<(), Failure> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y"]);
    for source in sources {
        command.arg("-i").arg(source);
    }
    let status = command.args(arguments).arg(out).status()?;
    if status.success() { Ok(()) } else { Err(format!("ffmpeg failed: {status}").into()) }
}
