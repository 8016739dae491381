//! Audio files in many formats, made by the programs that make such files, each with a sound of its own.

use std::f64::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that make the files, and their packages in Debian.
pub const MAKERS: [(&str, &str); 7] = [
    ("ffmpeg", "ffmpeg"),
    ("flac", "flac"),
    ("lame", "lame"),
    ("mp2enc", "mjpegtools"),
    ("oggenc", "vorbis-tools"),
    ("opusenc", "opus-tools"),
    ("sox", "sox"),
];

/// The artist in all tags.
pub const ARTIST: &str = "Café Größenwahn";

/// A kind of audio file.
#[derive(Debug, Clone, Copy)]
pub struct AudioFormat {
    /// The name of the file. It is also the title, without the extension.
    pub name: &'static str,
    sound: SoundFormat,
    program: &'static str,
    /// The arguments, in which words in braces stand for the source, the file and its tags.
    arguments: &'static str,
}

/// The format of the samples that an encoder gets.
#[derive(Debug, Clone, Copy)]
pub struct SoundFormat {
    rate: u32,
    channels: u16,
    /// 16 or 24.
    bits: u16,
}

const CD: SoundFormat = SoundFormat { rate: 44_100, channels: 2, bits: 16 };
const MONO: SoundFormat = SoundFormat { channels: 1, ..CD };
const DAT: SoundFormat = SoundFormat { rate: 48_000, ..CD };
const STUDIO: SoundFormat = SoundFormat { rate: 96_000, bits: 24, ..CD };
const DEEP: SoundFormat = SoundFormat { bits: 24, ..CD };
const SURROUND: SoundFormat = SoundFormat { rate: 48_000, channels: 6, bits: 16 };
const VOICE: SoundFormat = SoundFormat { rate: 22_050, channels: 1, bits: 16 };
const PHONE: SoundFormat = SoundFormat { rate: 8000, channels: 1, bits: 16 };

const FLAC_TAGS: &str = "-s -T ARTIST={artist} -T TITLE={title} -o {out} {in}";

/// All kinds, in the order of their names.
pub const FORMATS: &[AudioFormat] = &[
    AudioFormat::new("01 cbr.mp3", CD, "lame", "--quiet -b 128 --ta {artist} --tt {title} {in} {out}"),
    AudioFormat::new("02 flac.flac", CD, "flac", FLAC_TAGS),
    AudioFormat::new("03 flac of 24 bits and 96 kHz.flac", STUDIO, "flac", FLAC_TAGS),
    AudioFormat::new(
        "04 flac in ogg.oga",
        CD,
        "flac",
        "-s --ogg --serial-number=4 -T ARTIST={artist} -T TITLE={title} -o {out} {in}",
    ),
    AudioFormat::new("05 alac.m4a", CD, "ffmpeg", "-c:a alac"),
    AudioFormat::new("06 aac.m4a", CD, "ffmpeg", "-c:a aac -b:a 160k"),
    AudioFormat::new("07 aac of 48 kHz.m4a", DAT, "ffmpeg", "-c:a aac -b:a 128k -movflags faststart"),
    AudioFormat::new("08 adts.aac", CD, "ffmpeg", "-c:a aac -b:a 128k -write_id3v2 1"),
    AudioFormat::new("09 vorbis.ogg", CD, "oggenc", "-Q -s 9 -q 6 -a {artist} -t {title} -o {out} {in}"),
    AudioFormat::new(
        "10 opus.opus",
        DAT,
        "opusenc",
        "--quiet --serial 10 --artist {artist} --title {title} {in} {out}",
    ),
    AudioFormat::new(
        "11 opus in mono.opus",
        MONO,
        "opusenc",
        "--quiet --serial 11 --artist {artist} --title {title} {in} {out}",
    ),
    AudioFormat::new(
        "12 opus of 5.1 channels.opus",
        SURROUND,
        "opusenc",
        "--quiet --serial 12 --artist {artist} --title {title} {in} {out}",
    ),
    AudioFormat::new("13 wav.wav", CD, "ffmpeg", "-c:a pcm_s16le"),
    AudioFormat::new("14 wav of 24 bits.wav", DEEP, "sox", "{in} -b 24 {out}"),
    AudioFormat::new("15 wav in floating point.wav", DEEP, "sox", "{in} -e floating-point -b 32 {out}"),
    AudioFormat::new("16 wav of 8 bits.wav", CD, "sox", "{in} -e unsigned-integer -b 8 {out}"),
    AudioFormat::new("17 mu-law.wav", PHONE, "sox", "{in} -e mu-law {out}"),
    AudioFormat::new("18 a-law.wav", CD, "sox", "{in} -e a-law {out}"),
    AudioFormat::new("19 ima adpcm.wav", CD, "sox", "{in} -e ima-adpcm {out}"),
    AudioFormat::new("20 ms adpcm.wav", CD, "sox", "{in} -e ms-adpcm {out}"),
    AudioFormat::new("21 aiff.aiff", CD, "ffmpeg", "-c:a pcm_s16be -write_id3v2 1"),
    AudioFormat::new("22 aifc.aifc", DEEP, "ffmpeg", "-c:a pcm_s16le -f aiff -write_id3v2 1"),
    AudioFormat::new("23 caf.caf", CD, "ffmpeg", "-c:a pcm_s24be"),
    AudioFormat::new("24 alac.caf", CD, "ffmpeg", "-c:a alac"),
    AudioFormat::new("25 vbr.mp3", CD, "lame", "--quiet -V 2 --ta {artist} --tt {title} {in} {out}"),
    AudioFormat::new("26 48 kHz.mp3", DAT, "lame", "--quiet -b 192 --ta {artist} --tt {title} {in} {out}"),
    AudioFormat::new(
        "27 22 kHz in mono.mp3",
        VOICE,
        "lame",
        "--quiet -b 48 --ta {artist} --tt {title} {in} {out}",
    ),
    AudioFormat::new("28 layer 2.mp2", DAT, "ffmpeg", "-c:a mp2 -b:a 256k"),
    AudioFormat::new("29 layer 1.mp1", DAT, "mp2enc", "-v 0 -l 1 -b 384 -r 48000 -o {out}"),
    AudioFormat::new("30 flac of 5.1 channels.flac", SURROUND, "flac", FLAC_TAGS),
    AudioFormat::new("31 Schöne Grüße aus Ål.flac", MONO, "flac", FLAC_TAGS),
];

impl AudioFormat {
    const fn new(
        name: &'static str,
        sound: SoundFormat,
        program: &'static str,
        arguments: &'static str,
    ) -> Self {
        Self { name, sound, program, arguments }
    }

    /// Makes the file in `folder`, with this many seconds of the sound with this number.
    pub fn make(&self, folder: &Path, number: usize, seconds: f64) -> PathBuf {
        let (source, out) = (folder.join("source.wav.tmp"), folder.join(self.name));
        fs::write(&source, wav(self.sound, number, seconds)).expect("the folder is writable");
        run(self.command(&source, &out));
        fs::remove_file(&source).expect("the folder is writable");
        out
    }

    /// Returns the title as it is heard: from the tags, or the file's name if the program writes no tags.
    pub fn heard_title(&self) -> String {
        if self.has_tags() { format!("{ARTIST} - {}", self.title()) } else { self.title().to_owned() }
    }

    fn title(&self) -> &'static str {
        self.name.rsplit_once('.').expect("an extension").0
    }

    /// sox and mp2enc write no tags, and ffmpeg writes none into MP2 files.
    fn has_tags(&self) -> bool {
        !["sox", "mp2enc"].contains(&self.program) && !self.name.ends_with(".mp2")
    }

    fn command(&self, source: &Path, out: &Path) -> Command {
        let mut command = Command::new(self.program);
        match self.program {
            "ffmpeg" => return ffmpeg(self.arguments, self.title(), source, out),
            // It reads stdin only.
            "mp2enc" => _ = command.stdin(fs::File::open(source).expect("it was just written")),
            // It derives the format from the extension.
            "sox" => _ = command.args(["-V1", "-t", "wav"]),
            _ => {}
        }
        let tags = [("{artist}", ARTIST), ("{title}", self.title())];
        let paths =
            [("{in}", source), ("{out}", out)].map(|(name, path)| (name, path.to_str().expect("UTF-8")));
        command.args(self.arguments.split(' ').map(|argument| fill(argument, &[tags, paths].concat())));
        command
    }
}

/// Replaces words in braces.
fn fill(argument: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(argument.to_owned(), |filled, (word, value)| filled.replace(word, value))
}

fn ffmpeg(arguments: &str, title: &str, source: &Path, out: &Path) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-i"]).arg(source);
    command.args(["-fflags", "+bitexact", "-map_metadata", "-1"]);
    command.args(["-metadata", &format!("artist={ARTIST}"), "-metadata", &format!("title={title}")]);
    command.args(arguments.split(' ')).arg(out);
    command
}

/// Runs a program to its end.
///
/// # Panics
/// If it fails.
#[track_caller]
pub fn run(mut command: Command) -> Vec<u8> {
    let output = command.env("LC_ALL", "C.UTF-8").output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Returns a WAV file of 44.1 kHz with the sound of this number.
pub fn wav_of_a_cd(number: usize, seconds: f64) -> Vec<u8> {
    wav(CD, number, seconds)
}

fn wav(format: SoundFormat, number: usize, seconds: f64) -> Vec<u8> {
    let SoundFormat { rate, channels, bits } = format;
    let frames = (seconds * f64::from(rate)) as u32;
    let mut data = Vec::new();
    let mut noise = 0x2545_F491_4F6C_DD1D_u64;
    for at in 0..frames {
        for channel in 0..channels {
            let sample = chirp(number, channel, f64::from(at) / f64::from(rate), seconds);
            let sample = sample + 0.004 * white(&mut noise);
            let scaled = (sample * f64::from(1 << (bits - 1))) as i32;
            data.extend_from_slice(&scaled.to_le_bytes()[..usize::from(bits / 8)]);
        }
    }
    [header(format, data.len() as u32), data].concat()
}

/// Returns the header of a WAV file with `len` bytes of samples. More than two channels need the longer form,
/// which has the positions of the speakers.
fn header(format: SoundFormat, len: u32) -> Vec<u8> {
    let has_speakers = format.channels > 2;
    let (tag, extension) = if has_speakers { (*b"\xFE\xFF", speakers(format)) } else { (*b"\x01\0", vec![]) };
    let format = [&tag[..], &numbers(format), &extension].concat();
    let riff_len = 4 + 8 + format.len() as u32 + 8 + len;
    let len_of_format = (format.len() as u32).to_le_bytes();
    let start = [*b"RIFF", riff_len.to_le_bytes(), *b"WAVE", *b"fmt ", len_of_format].concat();
    [&start, &format, &b"data"[..], &len.to_le_bytes()].concat()
}

fn numbers(SoundFormat { rate, channels, bits }: SoundFormat) -> Vec<u8> {
    let align = channels * (bits / 8);
    let (bytes_per_second, align) = ((rate * u32::from(align)).to_le_bytes(), align.to_le_bytes());
    [&channels.to_le_bytes()[..], &rate.to_le_bytes(), &bytes_per_second, &align, &bits.to_le_bytes()]
        .concat()
}

/// The extension for 5.1 channels: its length, the bits of a sample, the speakers, and the identifier of PCM.
fn speakers(format: SoundFormat) -> Vec<u8> {
    let identifier = b"\x01\0\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71";
    [&b"\x16\0"[..], &format.bits.to_le_bytes(), b"\x3F\0\0\0", identifier].concat()
}

/// A tone whose pitch rises or falls. Its limits are different for each number and for left and right, so
/// that no sound resembles another, or itself a little later. Surround channels are quiet, and the
/// subwoofer's is silent.
fn chirp(number: usize, channel: u16, time: f64, seconds: f64) -> f64 {
    let number = number as f64;
    let (low, high) = (250.0 + 11.0 * number, 3300.0 - 37.0 * number);
    let (from, to) =
        if (number as usize + usize::from(channel)).is_multiple_of(2) { (low, high) } else { (high, low) };
    let amplitude = [0.4, 0.3, 0.05, 0.0, 0.03, 0.03][usize::from(channel)];
    amplitude * (TAU * (from * time + (to - from) / (2.0 * seconds) * time * time)).sin()
}

/// Returns the next value of noise from -1 to 1 (xorshift64).
fn white(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}
