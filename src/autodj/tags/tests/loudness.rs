//! Tests of loudness from the tags of MP3 files.

use super::*;
use crate::transcode::TagLoudness;

/// Returns the loudness according to the tags of a file, in LUFS.
fn lufs(file: &[u8]) -> Option<f32> {
    loudness(file).map(|loudness| loudness.lufs)
}

fn loudness(file: &[u8]) -> Option<TagLoudness> {
    track_info(Path::new("name.mp3"), &mut Cursor::new(file), None, WINDOWS_1252).1.loudness
}

fn txxx(version: u8, name: &str, value: &str) -> Vec<u8> {
    let id = if version == 2 { "TXX" } else { "TXXX" };
    frame(version, id, 0, format!("\0{name}\0{value}").as_bytes())
}

fn rva2(id: &str, channels: &[u8]) -> Vec<u8> {
    id3v2(4, 0, &[frame(4, "RVA2", 0, &[id.as_bytes(), b"\0", channels].concat())])
}

/// Returns a frame of 128 kbit/s with an Info table and LAME's addition.
fn lame(gain: [u8; 2]) -> Vec<u8> {
    let mut frame = [b"\xff\xfb\x90\x00".as_slice(), &[0; 413]].concat();
    frame[36..44].copy_from_slice(b"Info\0\0\0\x0f");
    frame[36 + 120..36 + 129].copy_from_slice(b"LAME3.100");
    frame[36 + 135..36 + 137].copy_from_slice(&gain);
    frame
}

#[test]
fn replay_gain_is_read_from_user_texts_and_ape() {
    for version in 2..=4 {
        let other = txxx(version, "MusicBrainz Album Id", "-3 dB");
        let gain = txxx(version, "replaygain_track_gain", "-7.50 dB");
        assert_eq!(lufs(&id3v2(version, 0, &[other, gain])), Some(-10.5), "{version}");
    }
    let wide = |text: &str| [b"\xff\xfe".to_vec(), utf16le(text)].concat();
    let body = [b"\x01".to_vec(), wide("REPLAYGAIN_TRACK_GAIN"), vec![0, 0], wide("-7.50 dB\0")].concat();
    assert_eq!(lufs(&id3v2(3, 0, &[frame(3, "TXXX", 0, &body)])), Some(-10.5));
    let ape = ape(2000, &[("REPLAYGAIN_TRACK_GAIN", 0, b"+2.000000 dB"), ("MP3GAIN_MINMAX", 0, b"1,2")]);
    assert_eq!(lufs(&ape), Some(-20.0));
    let id3 = id3v2(4, 0, &[txxx(4, "REPLAYGAIN_TRACK_GAIN", "-1.00 dB")]);
    assert_eq!(lufs(&[id3, ape].concat()), Some(-17.0));
    assert_eq!(lufs(&id3v2(4, 0, &[txxx(4, "REPLAYGAIN_ALBUM_GAIN", "-1.00 dB")])), None);
}

#[test]
fn relative_volume_of_the_master_channel_is_read() {
    assert_eq!(lufs(&rva2("track", b"\x01\x04\x00\x00")), Some(-20.0));
    assert_eq!(lufs(&rva2("", b"\x01\xfc\x00\x10\xff\xff")), Some(-16.0));
    let front_right_first = b"\x02\x00\x01\x09\xaa\xbb\x01\x04\x00\x00";
    assert_eq!(lufs(&rva2("normalize", front_right_first)), Some(-20.0));
    for (id, channels) in [
        ("album", &b"\x01\x04\x00\x00"[..]),
        ("track", b"\x02\x04\x00\x00"),
        ("track", b"\x02\x04\x00\xff\0"),
    ] {
        assert_eq!(lufs(&rva2(id, channels)), None, "{id} {}", channels.escape_ascii());
    }
    assert_eq!(lufs(&id3v2(4, 0, &[frame(4, "RVA2", 0, b"no end")])), None);
}

#[test]
fn gain_of_lame_is_read_behind_the_tags() {
    let minus_two = [0x2e, 20];
    assert_eq!(lufs(&lame(minus_two)), Some(-16.0));
    assert_eq!(lufs(&[titled(0, b"T"), titled(0, b"T"), lame(minus_two)].concat()), Some(-16.0));
    let tagged = id3v2(4, 0, &[txxx(4, "REPLAYGAIN_TRACK_GAIN", "-1.00 dB")]);
    assert_eq!(lufs(&[tagged, lame(minus_two)].concat()), Some(-17.0));
    assert_eq!(lufs(&lame([0, 0])), None);
    assert_eq!(lufs(&lame(minus_two)[..36 + 136]), None, "the file is cut");
}

#[test]
fn sound_check_of_itunes_is_read_from_the_comment() {
    let comment = |description: &str| {
        let text = format!("\0eng{description}\0 000003E8 000003E8 000009C4 000009C4 0 0 0 0 0 0");
        id3v2(3, 0, &[frame(3, "COMM", 0, text.as_bytes())])
    };
    assert_eq!(lufs(&comment("iTunNORM")), Some(-16.0));
    assert_eq!(lufs(&comment("iTunSMPB")), None);
    assert_eq!(lufs(&comment("")), None);
}

/// ffmpeg's filter `replaygain`, with the method of LAME, says −2.40 dB for this file.
#[test]
fn gain_in_a_real_file_is_found_and_rough() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mp3/cbr-info-lame.mp3");
    let found = loudness(&std::fs::read(path).unwrap());
    assert_eq!(found, Some(TagLoudness { lufs: -15.6, is_rough: true }));
    let tagged = id3v2(4, 0, &[txxx(4, "REPLAYGAIN_TRACK_GAIN", "2.00 dB")]);
    assert_eq!(loudness(&tagged), Some(TagLoudness { lufs: -20.0, is_rough: false }));
}
