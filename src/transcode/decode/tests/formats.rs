//! Every format: kind, rate, channels, the exact number of samples, and the signal at its exact place.

use super::*;
use crate::transcode::AudioKind;

/// Files without loss: name, kind, rate, channels.
const LOSSLESS: [(&str, AudioKind); 4] = [
    ("flac-44100-stereo-16.flac", AudioKind::Flac),
    ("flac-44100-stereo-16.oga", AudioKind::Flac),
    ("alac-44100-stereo.m4a", AudioKind::Alac),
    ("alac-44100-stereo.caf", AudioKind::Alac),
];

#[test]
fn lossless_files_are_decoded_bit_by_bit() {
    for (name, kind) in LOSSLESS {
        let path = fixture("formats").join(name);
        let file = AudioFile::open(&path).expect(name);
        assert_eq!((file.info().kind, file.info().rate, file.info().channels), (kind, 44_100, 2), "{name}");
        let decoded = decode(&path).expect(name);
        assert_eq!(decoded.frames(), 5003, "{name}");
        assert!(decoded.samples == signal_samples(44_100, 2, 5003), "{name}");
    }
}

#[test]
fn flac_of_24_bits_is_decoded_bit_by_bit() {
    let decoded = decode(&fixture("formats/flac-48000-mono-24.flac")).expect("a file");
    let expected = (0..5003)
        .map(|index| (signal(index, 0, 48_000) * 256 + i32::from((index * 37) as u8)) as f32 / 8_388_608.0);
    assert_eq!((decoded.rate, decoded.channels), (48_000, 1));
    assert!(decoded.samples == expected.collect::<Vec<_>>());
}

/// A file with loss: name, kind, rate, channels, samples per channel, least ratio of signal and difference in
/// dB.
struct Lossy(&'static str, AudioKind, u32, usize, usize, f64);

/// The ratios are 3 dB below those measured when the files were made. One sample more or less at the
/// beginning makes them negative.
const LOSSY: [Lossy; 13] = [
    Lossy("aac-44100-stereo.m4a", AudioKind::AacLc, 44_100, 2, 10_007, 19.0),
    Lossy("aac-22050-mono.m4a", AudioKind::AacLc, 22_050, 1, 30_011, 15.5),
    Lossy("aac-with-video.mp4", AudioKind::AacLc, 44_100, 2, 10_007, 19.0),
    Lossy("vorbis-44100-stereo.ogg", AudioKind::Vorbis, 44_100, 2, 10_007, 19.0),
    Lossy("vorbis-22050-mono.ogg", AudioKind::Vorbis, 22_050, 1, 6007, 27.0),
    Lossy("opus-stereo.opus", AudioKind::Opus, 48_000, 2, 10_007, 33.0),
    Lossy("opus-5.1.opus", AudioKind::Opus, 48_000, 6, 6007, 5.0),
    Lossy("opus-in-mp4.mp4", AudioKind::Opus, 48_000, 2, 10_007, 25.0),
    Lossy("mp3-44100-stereo.mp3", AudioKind::Mp3, 44_100, 2, 10_007, 22.5),
    Lossy("adpcm-ms.wav", AudioKind::Adpcm, 22_050, 1, 6007, 41.0),
    Lossy("adpcm-ima.wav", AudioKind::Adpcm, 22_050, 1, 6007, 33.0),
    Lossy("alaw.wav", AudioKind::Pcm, 22_050, 1, 6007, 34.5),
    Lossy("mulaw.wav", AudioKind::Pcm, 22_050, 1, 6007, 34.5),
];

#[test]
fn lossy_files_have_the_exact_length_and_the_signal_at_its_place() {
    for Lossy(name, kind, rate, channels, frames, least) in LOSSY {
        let path = fixture("formats").join(name);
        let file = AudioFile::open(&path).expect(name);
        let info = file.info().clone();
        assert_eq!((info.kind, info.rate, usize::from(info.channels)), (kind, rate, channels), "{name}");
        let decoded = decode(&path).expect(name);
        assert_eq!((decoded.rate, decoded.channels, decoded.frames()), (rate, channels, frames), "{name}");
        let expected = signal_samples(rate, channels, frames);
        let ratio = signal_to_noise(&expected, &decoded.samples);
        println!("{name}: {ratio:.1} dB, length {:?}", info.length);
        assert!(ratio >= least, "{name}: {ratio:.1} dB");
        let length = info.length.expect(name).as_secs_f64() * f64::from(rate);
        assert!((length - frames as f64).abs() < 0.5, "{name}: length {length}");
    }
}

/// Layer II does not say how many samples the encoder has added: the signal begins after 481.
#[test]
fn layer_2_is_decoded_with_the_delay_of_its_encoder() {
    let path = fixture("formats/mp2-44100-stereo.mp2");
    assert_eq!(AudioFile::open(&path).expect("a file").info().kind, AudioKind::Mp2);
    let decoded = decode(&path).expect("a file");
    assert_eq!((decoded.rate, decoded.channels, decoded.frames()), (44_100, 2, 9 * 1152));
    let expected = signal_samples(44_100, 2, 9 * 1152 - 481);
    assert!(signal_to_noise(&expected[..9000 * 2], &decoded.samples[481 * 2..][..9000 * 2]) > 25.0);
}

#[test]
fn output_gain_of_opus_is_applied() {
    let plain = decode(&fixture("formats/opus-stereo.opus")).expect("a file");
    let quiet = decode(&fixture("formats/opus-gain.opus")).expect("a file");
    let factor = 10_f32.powf(-6.0 / 20.0);
    let expected: Vec<_> = plain.samples.iter().map(|sample| sample * factor).collect();
    assert!(signal_to_noise(&expected, &quiet.samples) > 100.0);
}

/// Each channel has its own tone, so a channel in a wrong place would be another tone.
#[test]
fn channels_of_opus_have_the_order_of_wav() {
    let decoded = decode(&fixture("formats/opus-5.1.opus")).expect("a file");
    let expected = signal_samples(48_000, 6, 6007);
    for channel in 0..6 {
        let expected: Vec<_> = expected.iter().copied().skip(channel).step_by(6).collect();
        let ratio = signal_to_noise(&expected, &decoded.channel(channel));
        println!("channel {channel}: {ratio:.1} dB");
        // The fourth is that of low frequencies, in which Opus keeps nothing of this tone.
        assert!(channel == 3 || ratio > 20.0, "channel {channel}: {ratio:.1} dB");
    }
}

#[test]
fn chained_streams_are_played_one_after_the_other() {
    let chain = [
        format_file("vorbis-44100-stereo.ogg"),
        format_file("vorbis-22050-mono.ogg"),
        format_file("opus-stereo.opus"),
        format_file("flac-44100-stereo-16.oga"),
    ]
    .concat();
    let (_folder, path) = temporary("chain.ogg", &chain);
    let streams = decode_streams(&path).expect("a file");
    let formats: Vec<_> = streams.iter().map(|it| (it.rate, it.channels, it.frames())).collect();
    assert_eq!(formats, [(44_100, 2, 10_007), (22_050, 1, 6007), (48_000, 2, 10_007), (44_100, 2, 5003)]);
    assert!(streams[3].samples == signal_samples(44_100, 2, 5003));
}

#[test]
fn fragmented_mp4_is_played_to_its_end() {
    let decoded = decode(&fixture("formats/aac-fragmented.m4a")).expect("a file");
    let expected = signal_samples(44_100, 2, 10_007);
    // It says nothing about the delay of the encoder, 1024 samples.
    assert_eq!(decoded.frames(), 11 * 1024);
    assert!(signal_to_noise(&expected, &decoded.samples[2048..][..expected.len()]) > 15.0);
}

#[test]
fn skipping_begins_exactly_there() {
    for name in
        ["formats/flac-44100-stereo-16.flac", "formats/vorbis-44100-stereo.ogg", "formats/opus-stereo.opus"]
    {
        check_skip(&fixture(name), &[0, 1, 999, 5002]);
    }
    check_skip(&fixture("formats/aac-22050-mono.m4a"), &[1, 20_001, 29_000, 30_011, 50_000]);
    check_skip(&fixture("station/02-last-ferry-light-snow.mp3"), &[1151, 500_001]);
}

fn check_skip(path: &Path, skipped: &[usize]) {
    let whole = decode(path).expect("a file");
    for skip in skipped {
        let mut file = AudioFile::open(path).expect("a file");
        file.skip(*skip as u64);
        let rest = read_all(file).pop().map_or(Vec::new(), |rest| rest.samples);
        let expected = whole.samples.get(skip * whole.channels..).unwrap_or_default();
        assert_eq!(rest.len(), expected.len(), "{path:?}, {skip} skipped");
        let ratio = if rest.is_empty() { 200.0 } else { signal_to_noise(expected, &rest) };
        // Parts of AAC are noise, which symphonia draws again.
        assert!(ratio > 35.0, "{path:?}, {skip} skipped: {ratio:.1} dB");
    }
}
