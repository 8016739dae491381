//! Files made here, byte by byte: samples without compression in all sizes, wrong lengths, tags in front,
//! wrong names, other formats.

use super::*;
use crate::transcode::AudioKind;

/// Samples per channel in the files made here.
const FRAMES: usize = 2001;

fn chunk(name: &[u8; 4], content: &[u8], is_big_endian: bool) -> Vec<u8> {
    let len = content.len() as u32;
    let len = if is_big_endian { len.to_be_bytes() } else { len.to_le_bytes() };
    let padding: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
    [name, &len[..], content, padding].concat()
}

/// Returns a WAV file in this format, with these chunks in front of the data.
fn wav(tag: u16, channels: u16, bits: u16, extra: &[u8], data: &[u8]) -> Vec<u8> {
    let block = channels * bits / 8;
    let mut format = Vec::new();
    format.extend(tag.to_le_bytes());
    format.extend(channels.to_le_bytes());
    format.extend(44_100_u32.to_le_bytes());
    format.extend((44_100 * u32::from(block)).to_le_bytes());
    format.extend(block.to_le_bytes());
    format.extend(bits.to_le_bytes());
    let chunks = [b"WAVE", &chunk(b"fmt ", &format, false)[..], extra, &chunk(b"data", data, false)].concat();
    chunk(b"RIFF", &chunks, false)
}

/// Returns an AIFF file.
fn aiff(compression: Option<&[u8; 4]>, bits: u16, data: &[u8]) -> Vec<u8> {
    let mut common = Vec::new();
    common.extend(2_u16.to_be_bytes());
    common.extend((FRAMES as u32).to_be_bytes());
    common.extend(bits.to_be_bytes());
    // 44,100 as a number of 80 bits.
    common.extend([0x40, 0x0E, 0xAC, 0x44, 0, 0, 0, 0, 0, 0]);
    if let Some(compression) = compression {
        common.extend(compression);
        common.extend([0, 0]);
    }
    let form = if compression.is_some() { b"AIFC" } else { b"AIFF" };
    let sound = [&[0; 8], data].concat();
    let chunks = [form, &chunk(b"COMM", &common, true)[..], &chunk(b"SSND", &sound, true)].concat();
    chunk(b"FORM", &chunks, true)
}

/// Returns the signal as bytes: each sample by `write`.
fn data<const N: usize>(write: impl Fn(i32) -> [u8; N]) -> Vec<u8> {
    (0..FRAMES * 2).flat_map(|index| write(signal(index / 2, index % 2, 44_100))).collect()
}

fn low_three(value: i32) -> [u8; 3] {
    let [a, b, c, _] = value.to_le_bytes();
    [a, b, c]
}

fn reversed<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    bytes.reverse();
    bytes
}

fn sixteen(value: i32) -> [u8; 2] {
    (value as i16).to_le_bytes()
}

#[test]
fn wav_of_every_size_is_decoded_bit_by_bit() {
    let eight = |value: i32| [((value >> 8) + 128) as u8];
    let float = |value: i32| (value as f32 / 32_768.0).to_le_bytes();
    let double = |value: i32| (f64::from(value) / 32_768.0).to_le_bytes();
    let exact = signal_samples(44_100, 2, FRAMES);
    for (name, tag, bits, data) in [
        ("16 bits", 1, 16, data(sixteen)),
        ("24 bits", 1, 24, data(|value| low_three(value << 8))),
        ("32 bits", 1, 32, data(|value| (value << 16).to_le_bytes())),
        ("float", 3, 32, data(float)),
        ("double", 3, 64, data(double)),
    ] {
        check(name, &wav(tag, 2, bits, &[], &data), &exact);
    }
    let coarse: Vec<_> = exact.iter().map(|sample| (sample * 128.0).floor() / 128.0).collect();
    check("8 bits", &wav(1, 2, 8, &[], &data(eight)), &coarse);
}

fn check(name: &str, file: &[u8], expected: &[f32]) {
    let decoded = decode_bytes("a.wav", file).expect(name);
    assert_eq!((decoded.rate, decoded.channels, decoded.frames()), (44_100, 2, FRAMES), "{name}");
    assert!(decoded.samples == expected, "{name}");
}

#[test]
fn aiff_of_every_size_is_decoded_bit_by_bit() {
    let exact = signal_samples(44_100, 2, FRAMES);
    let float = |value: i32| (value as f32 / 32_768.0).to_be_bytes();
    for (name, compression, bits, data) in [
        ("16 bits", None, 16, data(|value| reversed(sixteen(value)))),
        ("24 bits", None, 24, data(|value| reversed(low_three(value << 8)))),
        ("32 bits", None, 32, data(|value| (value << 16).to_be_bytes())),
        ("sowt", Some(b"sowt"), 16, data(sixteen)),
        ("fl32", Some(b"fl32"), 32, data(float)),
    ] {
        check(name, &aiff(compression, bits, &data), &exact);
    }
    let unknown = decode_bytes("a.aiff", &aiff(Some(b"QDM2"), 16, &data(sixteen)));
    assert_eq!(unknown.err(), Some(LeftOut::UnknownCodec("QDM2 in AIFF".to_owned())));
}

/// Recorders that were killed leave 0, programs that write to a pipe the largest number.
#[test]
fn wrong_lengths_do_not_matter() {
    let file = wav(1, 2, 16, &[], &data(sixteen));
    let exact = signal_samples(44_100, 2, FRAMES);
    let with_lengths = |riff: u32, data: u32| {
        let mut file = file.clone();
        file[4..8].copy_from_slice(&riff.to_le_bytes());
        file[40..44].copy_from_slice(&data.to_le_bytes());
        file
    };
    for (riff, data) in [(0, 0), (u32::MAX, u32::MAX), (0x7FFF_F024, 0x7FFF_F000), (36, 0), (4, u32::MAX - 1)]
    {
        check(&format!("{riff} {data}"), &with_lengths(riff, data), &exact);
    }
    let cut = decode_bytes("a.wav", &file[..44 + 4 * 1000 + 3]).expect("a file");
    assert!(cut.samples == exact[..2000]);
    for id in [b"RF64", b"BW64"] {
        let mut long = with_lengths(u32::MAX, u32::MAX);
        long[..4].copy_from_slice(id);
        let with_sizes = [&long[..12], &chunk(b"ds64", &[0; 28], false), &long[12..]].concat();
        check("64 bits", &with_sizes, &exact);
    }
}

#[test]
fn other_chunks_and_pictures_are_skipped() {
    let picture = chunk(b"id3 ", &vec![7; 3_000_001], false);
    let list = chunk(b"LIST", b"INFOIART\xFF\xFF\xFF\x7F", false);
    let file = wav(1, 2, 16, &[list, picture].concat(), &data(sixteen));
    check("chunks", &file, &signal_samples(44_100, 2, FRAMES));
}

#[test]
fn mp3_in_wav_is_played() {
    let mp3 = format_file("mp3-44100-stereo.mp3");
    let decoded = decode_bytes("a.wav", &wav(0x55, 2, 0, &[], &mp3)).expect("a file");
    assert!(decoded == decode_bytes("a.mp3", &mp3).expect("a file"));
    let unknown = decode_bytes("a.wav", &wav(0x161, 2, 16, &[], &mp3)).err();
    assert_eq!(unknown, Some(LeftOut::UnknownCodec("WMA".to_owned())));
    let unknown = decode_bytes("a.wav", &wav(0x4242, 2, 16, &[], &mp3)).err();
    assert_eq!(unknown, Some(LeftOut::UnknownCodec("0x4242 in WAV".to_owned())));
}

fn id3v2(len: usize) -> Vec<u8> {
    let size = [len >> 21, len >> 14, len >> 7, len].map(|part| (part & 0x7F) as u8);
    [&b"ID3\x04\0\0"[..], &size, &vec![0x55; len]].concat()
}

#[test]
fn content_decides_whatever_the_name_and_the_tags_in_front() {
    for name in [
        "formats/flac-44100-stereo-16.flac",
        "formats/alac-44100-stereo.m4a",
        "formats/aac-44100-stereo.m4a",
        "formats/vorbis-44100-stereo.ogg",
        "formats/mp3-44100-stereo.mp3",
        "formats/mp2-44100-stereo.mp2",
        "formats/adpcm-ms.wav",
        "aac/lc-24000-mono-32k.aac",
    ] {
        let expected = decode(&fixture(name)).expect(name);
        let bytes = fs::read(fixture(name)).expect("a fixture");
        for wrong in ["a.mp3", "a.m4a", "a.flac", "a", "a.txt"] {
            assert!(decode_bytes(wrong, &bytes).expect(name) == expected, "{name} as {wrong}");
        }
        let tagged = [&id3v2(70_000)[..], &id3v2(9), &[0; 100], &bytes].concat();
        assert!(decode_bytes("a.ogg", &tagged).expect(name) == expected, "{name} behind tags");
        let plain_size = [&b"ID3\x03\0\0\0\0\x50\x80"[..], &[0x55; 0x5080]].concat();
        let tagged = [&id3v2(9)[..], &[0; 500], &plain_size, &bytes].concat();
        assert!(decode_bytes("a.ogg", &tagged).expect(name) == expected, "{name} behind wrong tags");
    }
}

#[test]
fn pictures_of_flac_are_not_read() {
    let flac = format_file("flac-44100-stereo-16.flac");
    let mut file = flac[..42].to_vec();
    for _ in 0..3 {
        file.extend([6, 0xFF, 0xFF, 0xFF]);
        file.extend(vec![0xAA; 0xFF_FFFF]);
    }
    file.extend(&flac[42..]);
    let (_folder, path) = temporary("a.flac", &file);
    let view = flac::without_metadata(file_view::FileView::open(&path).expect("a file")).expect("FLAC");
    assert!(view.len() < flac.len() as u64);
    assert!(decode(&path).expect("a file").samples == signal_samples(44_100, 2, 5003));
}

/// Frames of layer I that contain silence: MPEG-1, 32 kHz, stereo, 96 kbit/s, 144 bytes, 384 samples.
#[test]
fn layer_1_is_decoded() {
    let mut frame = [0; 144];
    frame[..4].copy_from_slice(&[0xFF, 0xFF, 0x38, 0x00]);
    let (_folder, path) = temporary("a.mp1", &frame.repeat(10));
    let file = AudioFile::open(&path).expect("a file");
    assert_eq!((file.info().kind, file.info().rate, file.info().channels), (AudioKind::Mp1, 32_000, 2));
    let decoded = decode(&path).expect("a file");
    assert_eq!(decoded.samples, vec![0.0; 3840 * 2]);
}

/// The estimate of a file without a header frame must not cut off its end.
#[test]
fn length_of_a_file_without_a_header_frame_is_only_estimated() {
    let path = fixture("mp3/vbr-no-header.mp3");
    let file = AudioFile::open(&path).expect("a file");
    let length = file.info().length.expect("an estimate").as_secs_f64();
    assert!((1.0..1.4).contains(&length), "{length}");
    assert_eq!(decode(&path).expect("a file").frames() % 1152, 0);
    let layer_2 = decode(&fixture("mp3/layer2.mp3")).expect("a file");
    assert!(layer_2.frames() >= 22_050, "{}", layer_2.frames());
}

/// LAME's tag is that of the first file only.
#[test]
fn appended_files_are_played() {
    let mp3 = format_file("mp3-44100-stereo.mp3");
    let frames = decode_bytes("a.mp3", &mp3).expect("a file").frames();
    assert_eq!(frames, 10_007);
    let twice = decode_bytes("a.mp3", &mp3.repeat(2)).expect("a file").frames();
    assert!(twice >= 2 * frames, "{twice}");
    let tagged = [&mp3[..], b"TAG", &[0; 125]].concat();
    assert_eq!(decode_bytes("a.mp3", &tagged).expect("a file").frames(), frames);
}

#[test]
fn other_formats_are_left_out_by_name() {
    let rest = [0; 2000];
    for (magic, name) in [
        (&b"wvpk"[..], "WavPack"),
        (b"MAC \x96\x0F", "Monkey's Audio"),
        (b"MPCK", "Musepack"),
        (b"MP+\x07", "Musepack"),
        (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "WMA"),
        (b"DSD \x1C", "DSD"),
        (b"TTA1", "TTA"),
        (b"\x1A\x45\xDF\xA3", "Matroska"),
        (b"\x0B\x77\x01\x02", "AC-3"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI"),
        (b"\0\0\x01\xBA", "MPEG-PS"),
    ] {
        let reason = decode_bytes("a.mp3", &[magic, &rest].concat()).err();
        assert_eq!(reason, Some(LeftOut::UnknownCodec(name.to_owned())));
    }
    // Frames of MP3 in a WMA file are not played as MP3.
    let imitation = [&b"\x30\x26\xB2\x75\x8E\x66\xCF\x11"[..], &format_file("mp3-44100-stereo.mp3")].concat();
    assert_eq!(decode_bytes("a.wma", &imitation).err(), Some(LeftOut::UnknownCodec("WMA".to_owned())));
    for (name, bytes) in
        [("text", &b"#EXTM3U\na.mp3\n"[..]), ("zeros", &rest), ("RIFF", b"RIFF\0\0\0\0sfbkLIST")]
    {
        assert_eq!(decode_bytes("a.mp3", bytes).err(), Some(LeftOut::NotAudio), "{name}");
    }
    let (_folder, path) = temporary("a.flac", b"");
    assert_eq!(decode(&path).err(), Some(LeftOut::Unreadable("the file is empty".to_owned())));
}

#[test]
fn more_channels_and_odd_rates_are_left_out() {
    let file = wav(1, 9, 16, &[], &[0; 1800]);
    assert_eq!(decode_bytes("a.wav", &file).err(), Some(LeftOut::Unsupported("9 channels".to_owned())));
    let mut file = wav(1, 2, 16, &[], &[0; 1800]);
    file[24..28].copy_from_slice(&999_u32.to_le_bytes());
    let reason = LeftOut::Unsupported("a sampling rate of 999 Hz".to_owned());
    assert_eq!(decode_bytes("a.wav", &file).err(), Some(reason));
}
