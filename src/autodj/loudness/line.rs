//! The line format of a measured track: loudness, size, time of modification, path.

use std::ffi::OsString;
use std::fmt::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::measured::Measured;
use crate::file_version::FileVersion;
use crate::transcode::PLAUSIBLE_LUFS;

/// The loudness of a silent file.
const SILENT: &str = "silent";

/// Appends the line of a track: `-9.87 5242880 1700000000.123456789 /music/a.flac`. In the path, control
/// characters, `%` and bytes that are not UTF-8 are percent-encoded.
pub fn push_line(text: &mut String, path: &Path, measured: &Measured) {
    let FileVersion { len, modified: (seconds, nanoseconds) } = measured.version;
    // Writing to a string cannot fail.
    let _ = match measured.lufs {
        Some(lufs) => write!(text, "{lufs:.2}"),
        None => write!(text, "{SILENT}"),
    };
    let _ = write!(text, " {len} {seconds}.{nanoseconds:09} ");
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_escaped(text, c));
        chunk.invalid().iter().for_each(|byte| _ = write!(text, "%{byte:02X}"));
    }
    text.push('\n');
}

fn push_escaped(text: &mut String, c: char) {
    if c.is_control() || c == '%' {
        c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write!(text, "%{byte:02X}"));
    } else {
        text.push(c);
    }
}

/// Parses a line; `None` if it is damaged.
pub fn parse_line(line: &str) -> Option<(PathBuf, Measured)> {
    let mut fields = line.splitn(4, ' ');
    let lufs = parse_lufs(fields.next()?)?;
    let len = fields.next()?.parse().ok()?;
    let (seconds, nanoseconds) = fields.next()?.split_once('.')?;
    let modified = (seconds.parse().ok()?, nanoseconds.parse().ok()?);
    let path: Vec<u8> = percent_decode_str(fields.next()?).collect();
    let path = Some(PathBuf::from(OsString::from_vec(path))).filter(|path| !path.as_os_str().is_empty())?;
    Some((path, Measured { version: FileVersion { len, modified }, lufs }))
}

fn parse_lufs(text: &str) -> Option<Option<f32>> {
    if text == SILENT {
        return Some(None);
    }
    text.parse().ok().filter(|lufs| PLAUSIBLE_LUFS.contains(lufs)).map(Some)
}
