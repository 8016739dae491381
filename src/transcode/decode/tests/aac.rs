//! AAC: which kinds are decoded, which are left out, and what is passed on.

use super::*;
use crate::audio::{AdtsHeader, Codec, Framer};
use crate::transcode::decode::sbr::SbrDetector;

/// All ways to signal spectral band replication: not at all, in a way that only its decoders notice, openly.
#[test]
fn heaac_is_left_out_however_it_is_signalled() {
    for name in [
        "heaac-44100-stereo.aac",
        "heaac-48000-mono.aac",
        "heaac-v2-44100-stereo.aac",
        "heaac-implicit.m4a",
        "heaac-compatible.m4a",
        "heaac-explicit.m4a",
    ] {
        let path = fixture("formats").join(name);
        assert_eq!(decode(&path).err(), Some(LeftOut::HeAac), "{name}");
        assert_eq!(AdtsFile::open(&path).err(), Some(LeftOut::HeAac), "{name}");
    }
}

#[test]
fn aac_lc_at_the_rates_of_heaac_is_played() {
    for (name, rate, frames) in [
        ("formats/fdk-lc-22050-mono.aac", 22_050, 20 * 1024),
        ("aac/lc-24000-mono-32k.aac", 24_000, 16 * 1024),
        ("aac/lc-44100-stereo-96k.aac", 44_100, 27 * 1024),
    ] {
        let decoded = decode(&fixture(name)).expect(name);
        assert_eq!((decoded.rate, decoded.frames()), (rate, frames), "{name}");
    }
}

/// Returns the raw data blocks of an ADTS file.
fn blocks(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut framer = Framer::with_codec(Codec::Aac);
    framer.push(bytes);
    framer.finish();
    let mut blocks = Vec::new();
    while let Some(frame) = framer.next_frame() {
        blocks.push(frame.bytes[AdtsHeader::LEN..].to_vec());
    }
    blocks
}

/// Returns in how many of these blocks spectral band replication is seen.
fn seen(blocks: &[Vec<u8>]) -> usize {
    let alone = |block: &&Vec<u8>| {
        let mut detector = SbrDetector::default();
        detector.examine(block);
        detector.is_heaac()
    };
    blocks.iter().filter(alone).count()
}

/// It takes three frames of four to leave out a file, and chance sees one in 60.
#[test]
fn chance_sees_sbr_in_few_frames_and_in_all_frames_of_heaac() {
    let heaac = blocks(&format_file("heaac-44100-stereo.aac"));
    assert_eq!((heaac.len(), seen(&heaac)), (20, 20));
    let mut random = fastrand::Rng::with_seed(1);
    let noise: Vec<Vec<u8>> =
        (0..3000).map(|_| (0..random.usize(40..700)).map(|_| random.u8(..)).collect()).collect();
    let seen_in_noise = seen(&noise);
    assert!(seen_in_noise < 3000 / 20, "{seen_in_noise} of 3000");
    let lc = blocks(&fs::read(fixture("aac/lc-24000-mono-32k.aac")).expect("a fixture"));
    assert!(seen(&lc) <= 1, "{} of {}", seen(&lc), lc.len());
}

/// Encoders fill frames of constant length with such elements.
#[test]
fn padding_is_not_mistaken_for_sbr() {
    let mut padded = blocks(&fs::read(fixture("aac/lc-24000-mono-32k.aac")).expect("a fixture"));
    for block in &mut padded {
        pad(block);
    }
    let mut detector = SbrDetector::default();
    padded.iter().for_each(|block| detector.examine(block));
    assert!(!detector.is_heaac());
    // The same elements with the type of SBR are seen, so the padding was parsed.
    let mut detector = SbrDetector::default();
    for mut block in padded {
        let at = block.len() - 31;
        (block[at - 1], block[at]) = (0b0010_0001, 0b1010_0000);
        detector.examine(&block);
    }
    assert!(detector.is_heaac());
}

/// Replaces the end of a block by a fill element of 30 bytes and another end. What is in front of it is cut
/// somewhere, which does not matter here.
fn pad(block: &mut Vec<u8>) {
    // 110 1111 00010000: fill, 15 + 16 - 1 bytes; 0000 0000: type 0; zeros; 111: end.
    block.truncate(block.len() / 2);
    block.extend([0b1101_1110, 0b0010_0000]);
    block.extend([0; 29]);
    block.extend([0b0000_0001, 0b1100_0000]);
}

#[test]
fn other_profiles_are_left_out_by_name() {
    let lc = fs::read(fixture("aac/lc-44100-stereo-96k.aac")).expect("a fixture");
    for (profile, name) in [(0, "AAC Main"), (2, "AAC SSR"), (3, "AAC LTP")] {
        let mut bytes = lc.clone();
        for_each_header(&mut bytes, |header| header[2] = header[2] & 0x3F | profile << 6);
        let expected = LeftOut::UnknownCodec(name.to_owned());
        assert_eq!(decode_bytes("a.aac", &bytes).err(), Some(expected.clone()), "{name}");
        let (_folder, path) = temporary("a.aac", &bytes);
        assert_eq!(AdtsFile::open(&path).err(), Some(expected), "{name}");
    }
}

fn for_each_header(bytes: &mut [u8], change: impl Fn(&mut [u8])) {
    let mut at = 0;
    while let Some(header) = bytes.get(at..).and_then(|rest| AdtsHeader::parse(*rest.first_chunk()?)) {
        change(&mut bytes[at..]);
        at += header.frame_len();
    }
}

#[test]
fn aac_with_more_channels_is_not_decoded_but_passed_on() {
    let mut bytes = fs::read(fixture("aac/lc-44100-stereo-96k.aac")).expect("a fixture");
    for_each_header(&mut bytes, |header| {
        header[2] |= 1;
        header[3] = header[3] & 0x3F | 0x80;
    });
    let (_folder, path) = temporary("a.aac", &bytes);
    assert_eq!(decode(&path).err(), Some(LeftOut::Unsupported("AAC with 6 channels".to_owned())));
    assert!(AdtsFile::open(&path).is_ok());
}

fn adts_frames(path: &Path) -> Result<Vec<Vec<u8>>, LeftOut> {
    let mut file = AdtsFile::open(path)?;
    let mut frames = Vec::new();
    while let Some(frame) = file.next_frame() {
        frames.push(frame.to_vec());
    }
    Ok(frames)
}

#[test]
fn adts_file_is_passed_on_unchanged() {
    let path = fixture("aac/lc-44100-stereo-96k.aac");
    assert_eq!(adts_frames(&path).expect("frames").concat(), fs::read(&path).expect("a fixture"));
}

#[test]
fn aac_of_mp4_becomes_adts_that_decodes_to_the_same_samples() {
    let path = fixture("formats/aac-44100-stereo.m4a");
    let frames = adts_frames(&path).expect("frames");
    assert_eq!(frames.len(), 11);
    let decoded = decode_bytes("a.aac", &frames.concat()).expect("frames");
    let trimmed = decode(&path).expect("a file");
    assert_eq!(decoded.frames(), 11 * 1024, "nothing is cut off");
    assert!(decoded.samples[2048..][..trimmed.samples.len()] == trimmed.samples);
    let of_fragments = adts_frames(&fixture("formats/aac-fragmented.m4a")).expect("frames");
    assert_eq!(of_fragments.len(), 11);
}

#[test]
fn what_is_not_aac_is_not_passed_on() {
    for name in ["formats/alac-44100-stereo.m4a", "formats/flac-44100-stereo-16.flac", "mp3/cbr.mp3"] {
        assert_eq!(AdtsFile::open(&fixture(name)).err(), Some(LeftOut::NotAac), "{name}");
    }
}

/// Puts iTunes' gapless data into an M4A file whose last atom is `moov`.
fn with_gapless_data(file: &[u8], text: &str) -> Vec<u8> {
    let atom = |kind: &[u8; 4], content: &[u8]| {
        [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
    };
    let full = |kind, content: &str| atom(kind, &[&[0; 4], content.as_bytes()].concat());
    let data = atom(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], text.as_bytes()].concat());
    let item = atom(b"----", &[full(b"mean", "com.apple.iTunes"), full(b"name", "iTunSMPB"), data].concat());
    let meta = atom(b"meta", &[&[0; 4][..], &full(b"hdlr", "\0\0\0\0mdir"), &atom(b"ilst", &item)].concat());
    let udta = atom(b"udta", &meta);
    let moov = file.windows(4).position(|kind| kind == b"moov").expect("moov") - 4;
    let mut file = [file, &udta].concat();
    let len = (file.len() - moov) as u32;
    file[moov..moov + 4].copy_from_slice(&len.to_be_bytes());
    file
}

#[test]
fn gapless_data_of_itunes_has_priority_over_the_edit_list() {
    let file = format_file("aac-44100-stereo.m4a");
    let plain = decode_bytes("a.m4a", &file).expect("a file");
    let text = " 00000000 00000840 000001CA 00000000000007D1 00000000 00000000";
    let itunes = decode_bytes("a.m4a", &with_gapless_data(&file, text)).expect("a file");
    assert_eq!(itunes.frames(), 0x7D1);
    // Of 1024 samples of delay, the edit list has cut off all; of 2112, 1088 more are cut off.
    assert!(itunes.samples == plain.samples[1088 * 2..][..0x7D1 * 2]);
}

#[test]
fn encrypted_and_unknown_tracks_are_left_out_by_name() {
    let file = format_file("aac-44100-stereo.m4a");
    let entry = file.windows(4).position(|kind| kind == b"mp4a").expect("an entry");
    for (kind, reason) in [
        (b"drms", LeftOut::Unsupported("it is encrypted (drms)".to_owned())),
        (b"ac-3", LeftOut::UnknownCodec("AC-3".to_owned())),
        (b"zzz\xFF", LeftOut::UnknownCodec("zzz\\xff".to_owned())),
    ] {
        let mut changed = file.clone();
        changed[entry..entry + 4].copy_from_slice(kind);
        assert_eq!(decode_bytes("a.m4a", &changed).err(), Some(reason));
    }
}
