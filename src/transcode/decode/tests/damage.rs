//! Damaged files: damage costs only itself, and nothing is endless.

use super::*;
use crate::audio::{Header, silent_frame};

/// Overwrites some bytes in the middle of a file. What comes behind must be heard as before.
fn check_damage(name: &str, at: f64, least_frames: usize) {
    let bytes = format_file(name);
    let whole = decode_bytes("a", &bytes).expect(name);
    let mut damaged = bytes;
    let from = (damaged.len() as f64 * at) as usize;
    damaged[from..from + 40].fill(0xFF);
    let decoded = decode_bytes("a", &damaged).expect(name);
    assert!(decoded.frames() >= least_frames, "{name}: {} of {}", decoded.frames(), whole.frames());
    let end = |decoded: &Decoded| decoded.samples[decoded.samples.len() - 400..].to_vec();
    // Parts of AAC are noise, which symphonia draws again.
    let ratio = signal_to_noise(&end(&whole), &end(&decoded));
    assert!(ratio > 25.0, "{name}: the end differs, {ratio:.1} dB");
    assert!(decoded.samples[..400] == whole.samples[..400], "{name}: the beginning differs");
    assert!(decoded.samples != whole.samples, "{name}: no damage");
}

#[test]
fn damage_in_the_middle_costs_only_itself() {
    check_damage("mp3-44100-stereo.mp3", 0.5, 8000);
    check_damage("aac-22050-mono.m4a", 0.3, 30_011);
    check_damage("mp2-44100-stereo.mp2", 0.5, 8000);
    check_damage("alaw.wav", 0.5, 6007);
}

/// The first of two blocks: the second is played.
#[test]
fn damaged_block_of_flac_costs_only_itself() {
    let mut damaged = format_file("flac-44100-stereo-16.flac");
    damaged[3000..3040].fill(0x55);
    let decoded = decode_bytes("a.flac", &damaged).expect("a file");
    let expected = signal_samples(44_100, 2, 5003);
    let last = &expected[4096 * 2..];
    assert!(decoded.samples.ends_with(last), "{} samples", decoded.samples.len());
}

/// All audio of a short stream is in one page, whose checksum is wrong then.
#[test]
fn damaged_page_of_ogg_does_not_end_the_chain() {
    let stereo = format_file("vorbis-44100-stereo.ogg");
    let mut damaged = stereo.clone();
    damaged[6000..6040].fill(0xFF);
    let chain = [stereo, damaged, format_file("vorbis-22050-mono.ogg")].concat();
    let (_folder, path) = temporary("chain.ogg", &chain);
    let streams = decode_streams(&path).expect("a file");
    let formats: Vec<_> = streams.iter().map(|it| (it.rate, it.channels, it.frames())).collect();
    assert_eq!(formats, [(44_100, 2, 10_007), (22_050, 1, 6007)]);
}

#[test]
fn file_that_ends_too_early_is_played_as_far_as_it_goes() {
    for name in [
        "flac-44100-stereo-16.flac",
        "flac-44100-stereo-16.oga",
        "vorbis-44100-stereo.ogg",
        "opus-stereo.opus",
        "mp3-44100-stereo.mp3",
        "adpcm-ima.wav",
    ] {
        let bytes = format_file(name);
        let whole = decode_bytes("a", &bytes).expect(name);
        let cut = decode_bytes("a", &bytes[..bytes.len() * 9 / 10]);
        // Ogg puts all audio of a short file into one page, which is lost as a whole.
        if let Ok(cut) = cut {
            assert!(cut.frames() < whole.frames(), "{name}");
            assert!(whole.samples[..200] == cut.samples[..200], "{name}");
        } else {
            assert!(name.ends_with("opus") || name.ends_with("oga") || name.ends_with("ogg"), "{name}");
        }
    }
}

#[test]
fn file_without_anything_to_decode_is_damaged() {
    let mut flac = format_file("flac-44100-stereo-16.flac");
    flac[50..].fill(0);
    assert_eq!(decode_bytes("a.flac", &flac).err(), Some(LeftOut::Damaged));
    let ogg = format_file("vorbis-44100-stereo.ogg");
    assert_eq!(decode_bytes("a.ogg", &ogg[..2000]).err(), Some(LeftOut::Damaged));
    let mut m4a = format_file("aac-44100-stereo.m4a");
    let moov = m4a.windows(4).position(|kind| kind == b"moov").expect("moov");
    m4a[48..moov - 4].fill(0x55);
    assert_eq!(decode_bytes("a.m4a", &m4a).err(), Some(LeftOut::Damaged));
    assert_eq!(decode_bytes("a.m4a", &m4a[..moov - 4]).err(), Some(LeftOut::Damaged), "no moov");
    let mut wav = format_file("alaw.wav");
    wav.truncate(58);
    assert_eq!(decode_bytes("a.wav", &wav).err(), Some(LeftOut::Damaged));
}

/// A file that goes on while it is played ends where it ended when it was opened.
#[test]
fn growing_and_shrinking_files_end() {
    let bytes = fs::read(fixture("station/02-last-ferry-light-snow.mp3")).expect("a fixture");
    let (_folder, path) = temporary("a.mp3", &bytes[..200_000]);
    let expected = decode(&path).expect("a file").frames();
    let file = AudioFile::open(&path).expect("a file");
    fs::write(&path, &bytes).expect("room");
    let grown = read_all(file).pop().expect("audio");
    assert_eq!(grown.frames(), expected);
    let file = AudioFile::open(&path).expect("a file");
    fs::write(&path, &bytes[..300_000]).expect("room");
    let shrunk = read_all(file).pop().expect("audio");
    assert!(shrunk.frames() < bytes.len() / 418 * 1152);
}

/// Billions of empty packets that take only a few bytes.
#[test]
fn file_of_empty_packets_ends() {
    let mut m4a = format_file("aac-fragmented.m4a");
    let run = m4a.windows(4).rposition(|kind| kind == b"trun").expect("a fragment");
    // No sizes and no durations: all packets have the default of the fragment, which is 0.
    m4a[run + 4..run + 8].copy_from_slice(&[0, 0, 0, 1]);
    m4a[run + 8..run + 12].copy_from_slice(&u32::MAX.to_be_bytes());
    let decoded = decode_bytes("a.m4a", &m4a).expect("a file");
    assert!(decoded.frames() < 4000 * 1024, "{}", decoded.frames());
}

#[test]
fn file_of_tiny_atoms_ends() {
    let mut file = b"\0\0\0\x10ftypM4A \0\0\0\0".to_vec();
    file.extend((0_u32..30_000).flat_map(|_| *b"\0\0\0\x08free"));
    assert_eq!(decode_bytes("a.m4a", &file).err(), Some(LeftOut::Damaged));
}

/// Linear PCM whose header claims packets of two billion samples, for which a decoder would reserve memory.
#[test]
fn file_of_enormous_packets_is_left_out() {
    let description = [
        &44_100.0_f64.to_be_bytes()[..],
        b"lpcm\0\0\0\0",
        // Bytes and samples of a packet, channels, bits.
        &[4_u32, 0x8000_0001, 2, 16].map(u32::to_be_bytes).concat(),
    ];
    let chunk = |kind: &[u8], body: &[u8]| [kind, &(body.len() as u64).to_be_bytes(), body].concat();
    let chunks = [chunk(b"desc", &description.concat()), chunk(b"data", &[0; 4004])];
    let file = [b"caff\0\x01\0\0", &chunks.concat()[..]].concat();
    assert_eq!(decode_bytes("a.caf", &file).err(), Some(LeftOut::Damaged));
}

/// A tag that claims more fields than fit into its frame, which has 72 bytes.
#[test]
fn tag_that_exceeds_its_frame_is_played_without_it() {
    let header = Header::new_mp3(8000, 1, 8).expect("a format of MP3");
    let frame = silent_frame(&header);
    let mut tagged = frame.clone();
    tagged[13..21].copy_from_slice(b"Xing\0\0\0\x0F");
    let decoded = decode_bytes("a.mp3", &[tagged, frame.repeat(20)].concat()).expect("a file");
    assert!(decoded.frames() >= 18 * 576, "{}", decoded.frames());
}
