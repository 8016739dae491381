//! Files of all formats, decoded by coldwave and by ffmpeg: the samples must be the same.

use std::fs;
use std::path::Path;
use std::process::Command;

use coldwave::transcode::{AudioFile, LeftOut, PcmBlock};

use crate::are_available;
use crate::common::fixture;

/// How much of a file with loss must agree: the ratio of the signal and the difference in dB. The figures
/// measured were 121 and more; 16-bit samples have 98.
const LEAST_RATIO: f64 = 115.0;

/// The same for Opus, of which 83 and more were measured. Its decoders may differ where they extrapolate and
/// fold bands; RFC 8251 compares them with a measure of hearing.
const LEAST_RATIO_OF_OPUS: f64 = 75.0;

/// Twelve seconds of real music at these rates and numbers of channels.
const SOURCES: [(&str, &str, &str); 3] =
    [("stereo", "44100", "2"), ("mono", "48000", "1"), ("low", "22050", "2")];

/// A format: the name of its file, and the options with which ffmpeg makes and decodes it.
struct Case {
    name: &'static str,
    encode: &'static [&'static str],
    /// ffmpeg's own decoders of some formats compute with integers.
    decode: &'static [&'static str],
}

const fn case(name: &'static str, encode: &'static [&'static str]) -> Case {
    Case { name, encode, decode: &[] }
}

const LOSSLESS: [Case; 17] = [
    case("16.flac", &["-c:a", "flac"]),
    case("24.flac", &["-c:a", "flac", "-sample_fmt", "s32"]),
    case("flac.oga", &["-c:a", "flac"]),
    case("flac.mp4", &["-c:a", "flac", "-strict", "-2"]),
    case("alac.m4a", &["-c:a", "alac"]),
    case("alac.caf", &["-c:a", "alac"]),
    case("16.wav", &["-c:a", "pcm_s16le"]),
    case("24.wav", &["-c:a", "pcm_s24le"]),
    case("8.wav", &["-c:a", "pcm_u8"]),
    case("float.wav", &["-c:a", "pcm_f32le"]),
    case("rf64.wav", &["-c:a", "pcm_s16le", "-rf64", "always"]),
    case("alaw.wav", &["-c:a", "pcm_alaw"]),
    case("mulaw.wav", &["-c:a", "pcm_mulaw"]),
    case("16.aiff", &["-c:a", "pcm_s16be"]),
    case("24.aiff", &["-c:a", "pcm_s24be"]),
    case("16.caf", &["-c:a", "pcm_s16le"]),
    case("ms.wav", &["-c:a", "adpcm_ms"]),
];

const LOSSY: [Case; 6] = [
    case("lame.mp3", &["-c:a", "libmp3lame", "-q:a", "4"]),
    case("cbr.mp3", &["-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0"]),
    Case { name: "layer2.mp2", encode: &["-c:a", "mp2", "-b:a", "96k"], decode: &["-c:a", "mp2float"] },
    case("vorbis.ogg", &["-c:a", "libvorbis", "-q:a", "5"]),
    case("lc.aac", &["-c:a", "aac", "-b:a", "96k"]),
    case("opus.opus", &["-c:a", "libopus", "-b:a", "96k"]),
];

fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    let output = command.args(["-v", "error", "-y"]).args(arguments).output().expect("ffmpeg");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Makes a file of this case from a source. Returns it as coldwave and as ffmpeg decode it.
fn decode(case: &Case, source: &Path, folder: &Path) -> (Vec<f32>, Vec<f32>) {
    let file = folder.join(case.name);
    let (file, source) = (file.to_str().expect("a path"), source.to_str().expect("a path"));
    ffmpeg(&[&["-i", source][..], case.encode, &[file]].concat());
    let reference = ffmpeg(&[case.decode, &["-i", file, "-map", "0:a:0", "-f", "f32le", "-"]].concat());
    let samples = |bytes: [u8; 4]| f32::from_le_bytes(bytes);
    let reference = reference.as_chunks().0.iter().copied().map(samples).collect();
    (coldwave_samples(Path::new(file)).expect(file), reference)
}

fn coldwave_samples(path: &Path) -> Result<Vec<f32>, LeftOut> {
    let mut file = AudioFile::open(path)?;
    let mut block = PcmBlock::default();
    let mut samples = Vec::new();
    while file.read(&mut block) {
        samples.extend_from_slice(&block.samples);
    }
    Ok(samples)
}

fn ratio(signal: &[f32], other: &[f32]) -> f64 {
    let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let differences = signal.iter().zip(other).map(|(a, b)| f64::from(*a) - f64::from(*b));
    let noise = squares(&mut { differences });
    10.0 * (squares(&mut signal.iter().map(|sample| f64::from(*sample))) / noise.max(1e-30)).log10()
}

/// Calls `check` with a source of each format and the folder for files made from it.
fn with_sources(check: impl Fn(&str, &Path, &Path)) {
    let music = fixture("station/02-last-ferry-light-snow.mp3");
    let music = music.to_str().expect("a path");
    for (name, rate, channels) in SOURCES {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("source.wav");
        let target = source.to_str().expect("a path");
        ffmpeg(&["-ss", "5", "-i", music, "-t", "12.0037", "-ar", rate, "-ac", channels, target]);
        check(name, &source, folder.path());
    }
}

#[test]
fn lossless_formats_are_decoded_as_by_ffmpeg() {
    if !are_available(&[("ffmpeg", "ffmpeg")]) {
        return;
    }
    with_sources(|source, path, folder| {
        for case in &LOSSLESS {
            let (ours, reference) = decode(case, path, folder);
            assert_eq!(ours.len(), reference.len(), "{} of {source}", case.name);
            assert!(ours == reference, "{} of {source}", case.name);
        }
    });
}

#[test]
fn lossy_formats_are_decoded_as_by_ffmpeg() {
    if !are_available(&[("ffmpeg", "ffmpeg")]) {
        return;
    }
    with_sources(|source, path, folder| {
        for case in &LOSSY {
            let (ours, reference) = decode(case, path, folder);
            let ratio = ratio(&reference, &ours);
            println!("{} of {source}: {} samples, {ratio:.1} dB", case.name, ours.len());
            assert_eq!(ours.len(), reference.len(), "{} of {source}", case.name);
            let least = if case.name.ends_with(".opus") { LEAST_RATIO_OF_OPUS } else { LEAST_RATIO };
            assert!(ratio >= least, "{} of {source}: {ratio:.1} dB", case.name);
        }
    });
}

/// ffmpeg 5.1 does not cut off the end of the last frame. We return as many samples as the source has, which
/// are the same.
#[test]
fn aac_in_mp4_has_the_length_of_its_source() {
    if !are_available(&[("ffmpeg", "ffmpeg")]) {
        return;
    }
    with_sources(|source, path, folder| {
        let wanted = coldwave_samples(path).expect("a source").len();
        for case in [
            case("edit-list.m4a", &["-c:a", "aac", "-b:a", "96k"]),
            case("faststart.m4a", &["-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"]),
        ] {
            let (ours, reference) = decode(&case, path, folder);
            assert_eq!(ours.len(), wanted, "{} of {source}", case.name);
            let ratio = ratio(&reference[..wanted], &ours);
            println!("{} of {source}: {wanted} samples, {ratio:.1} dB", case.name);
            assert!(ratio >= LEAST_RATIO, "{} of {source}: {ratio:.1} dB", case.name);
        }
    });
}

/// What ffmpeg writes and coldwave does not decode is named.
#[test]
fn other_formats_of_ffmpeg_are_left_out_by_name() {
    if !are_available(&[("ffmpeg", "ffmpeg")]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (name, codec) in [
        ("a.wv", "WavPack"),
        ("a.wma", "WMA"),
        ("a.tta", "TTA"),
        ("a.mka", "Matroska"),
        ("a.ac3", "AC-3"),
        ("ac3.m4a", "AC-3"),
        ("a.au", "AU"),
    ] {
        let path = folder.path().join(name);
        let target = path.to_str().expect("a path");
        let encoder: &[&str] = if name == "ac3.m4a" { &["-c:a", "ac3"] } else { &[] };
        ffmpeg(&[&["-f", "lavfi", "-i", "sine=d=1"], encoder, &[target]].concat());
        assert!(fs::metadata(&path).is_ok_and(|file| file.len() > 0));
        let reason = coldwave_samples(&path).err();
        assert_eq!(reason, Some(LeftOut::UnknownCodec(codec.to_owned())), "{name}");
    }
}
