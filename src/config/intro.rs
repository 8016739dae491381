//! `intro`: a file that each new listener hears first.

use std::io::Cursor;
use std::path::Path;

use encoding_rs::WINDOWS_1252;

use super::draft::StationDraft;
use super::paths;
use super::section::Section;
use crate::audio::{Codec, Format, Framer};
use crate::autodj::track_info;
use crate::open_file;
use crate::settings::{INTRO_MAX, Intro, StationCodec, StationSettings};

const INTRO: &str = "intro";

/// The largest file that is read: it can have a picture besides its frames.
const FILE_MAX: usize = 16 * 1024 * 1024;

/// Reads the file, so that no listener waits for the disk. A file that cannot be used is left out: the
/// station plays without it.
pub fn read(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<Intro> {
    let text = section.string(INTRO, r#""intro.mp3""#)?;
    let intro = paths::resolve(folder, text.value).and_then(|path| load(&path));
    let warn = |reason: String| section.warn(INTRO, &format!("{:?} is left out: it {reason}", text.value));
    intro.map_err(warn).ok()
}

/// Makes a station share the intro of another one that has the same, so that it is in memory once.
pub fn share(settings: &mut StationSettings, others: &[StationDraft]) {
    let mut intros = others.iter().filter_map(|draft| draft.settings.intro.as_ref());
    if let Some(same) = intros.find(|intro| Some(*intro) == settings.intro.as_ref()) {
        settings.intro = Some(same.clone());
    }
}

fn load(path: &Path) -> Result<Intro, String> {
    let bytes =
        open_file::read_regular(path, FILE_MAX).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() > FILE_MAX {
        return Err(format!("is larger than {FILE_MAX} bytes"));
    }
    let found = [Codec::Mp3, Codec::Aac].map(|codec| frames(&bytes, codec));
    let longest = found.into_iter().flatten().max_by_key(|(_, frames)| frames.len());
    let Some((format, frames)) = longest else {
        return Err("has no frames, expected MP3 or AAC (ADTS)".to_owned());
    };
    if frames.len() > INTRO_MAX {
        return Err(format!("has {} bytes of audio, more than {INTRO_MAX}", frames.len()));
    }
    let (codec, Format { rate, channels, .. }) = (station_codec(format.codec), format);
    Ok(Intro { title: title(path, &bytes), codec, rate, channels, frames: frames.into() })
}

/// Returns the frames of a codec, all in the format of the first one.
fn frames(bytes: &[u8], codec: Codec) -> Option<(Format, Vec<u8>)> {
    let mut framer = Framer::with_codec(codec);
    framer.push(bytes);
    framer.finish();
    let (mut format, mut frames) = (None, Vec::new());
    while let Some(frame) = framer.next_frame() {
        if *format.get_or_insert(frame.header.format()) == frame.header.format() {
            frames.extend_from_slice(frame.bytes);
        }
    }
    Some((format?, frames))
}

/// Returns the title of the tags, or an empty text.
fn title(path: &Path, bytes: &[u8]) -> String {
    // This is the title if the tags have none.
    const NONE: &str = "\u{2205}";
    let (title, _) = track_info(path, &mut Cursor::new(bytes), Some(NONE), WINDOWS_1252);
    if title == NONE { String::new() } else { title }
}

fn station_codec(codec: Codec) -> StationCodec {
    match codec {
        Codec::Mp3 => StationCodec::Mp3,
        Codec::Aac => StationCodec::Aac,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Result<Intro, String> {
        load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name))
    }

    #[test]
    fn frames_and_title_of_a_file_are_its_intro() {
        let intro = fixture("mp3/id3v24-utf8-apic.mp3").expect("an intro");
        assert_eq!((intro.codec, intro.rate), (StationCodec::Mp3, 44_100));
        assert!(!intro.title.is_empty() && intro.frames.len() > 1000, "{intro:?}");
        assert!(intro.frames.starts_with(b"\xFF"), "no tag");
        let aac = fixture("aac/lc-44100-stereo-96k.aac").expect("an intro");
        assert_eq!((aac.codec, aac.rate, aac.channels), (StationCodec::Aac, 44_100, 2));
        assert_eq!(aac.title, "");
    }

    #[test]
    fn file_without_frames_is_rejected_with_the_reason() {
        for (name, expected) in [
            ("mp3/empty.mp3", "has no frames, expected MP3 or AAC (ADTS)"),
            ("formats/flac-44100-stereo-16.flac", "has no frames"),
            ("mp3/nowhere.mp3", "cannot be read: "),
            ("mp3", "cannot be read: "),
        ] {
            let error = fixture(name).expect_err(name);
            assert!(error.contains(expected), "{name}: {error}");
        }
    }
}
