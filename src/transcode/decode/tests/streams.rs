//! Single frames of live sources.

use super::*;
use crate::audio::{Codec, Framer, Header};

fn frames(codec: Codec, name: &str) -> Vec<Vec<u8>> {
    let mut framer = Framer::with_codec(codec);
    framer.push(&fs::read(fixture(name)).expect("a fixture"));
    framer.finish();
    let mut frames = Vec::new();
    while let Some(frame) = framer.next_frame() {
        frames.push(frame.bytes.to_vec());
    }
    frames
}

/// Decodes frames one by one. Returns one block for each.
fn decode_frames(codec: Codec, frames: &[Vec<u8>]) -> Vec<PcmBlock> {
    let mut decoder = StreamDecoder::new(codec);
    let decode = |frame: &Vec<u8>| {
        let mut block = PcmBlock::default();
        decoder.decode(frame, &mut block);
        block
    };
    frames.iter().map(decode).collect()
}

fn is_silent(block: &PcmBlock) -> bool {
    block.samples.iter().all(|sample| *sample == 0.0)
}

#[test]
fn start_in_mid_stream_is_silent_until_it_sounds_as_from_the_beginning() {
    for (codec, name, silent) in [
        (Codec::Mp3, "station/02-last-ferry-light-snow.mp3", 4),
        (Codec::Mp3, "mp3/mpeg1-44100-stereo-320k.mp3", 3),
        (Codec::Aac, "aac/lc-44100-stereo-96k.aac", 1),
    ] {
        let frames = frames(codec, name);
        let whole = decode_frames(codec, &frames);
        let start = frames.len() / 2;
        let part = decode_frames(codec, &frames[start..]);
        assert!(part[..silent].iter().all(is_silent) && !is_silent(&part[silent]), "{name}");
        for (part, whole) in part.iter().zip(&whole[start..]) {
            assert_eq!(
                (part.rate, part.channels, part.frames()),
                (whole.rate, whole.channels, whole.frames())
            );
        }
        for (part, whole) in part[silent..].iter().zip(&whole[start + silent..]) {
            assert!(is_like(codec, part, whole), "{name}");
        }
    }
}

/// Parts of AAC are noise, which symphonia draws again; MP3 is the same bit by bit.
fn is_like(codec: Codec, part: &PcmBlock, whole: &PcmBlock) -> bool {
    match codec {
        Codec::Mp3 => part == whole,
        Codec::Aac => signal_to_noise(&whole.samples, &part.samples) > 25.0,
    }
}

#[test]
fn every_frame_has_its_length_whatever_is_in_it() {
    let mut frames = frames(Codec::Mp3, "mp3/cbr.mp3");
    for frame in &mut frames[10..14] {
        frame[4..].fill(0xFF);
    }
    let blocks = decode_frames(Codec::Mp3, &frames);
    assert!(blocks.iter().all(|block| (block.rate, block.channels, block.frames()) == (44_100, 2, 1152)));
    assert!(blocks[10..14].iter().all(is_silent));
    assert!(!is_silent(blocks.last().expect("a block")));
}

#[test]
fn change_of_format_starts_another_decoder() {
    let stream =
        [frames(Codec::Mp3, "mp3/cbr.mp3"), frames(Codec::Mp3, "mp3/mpeg2-16000-mono-8k.mp3")].concat();
    let blocks = decode_frames(Codec::Mp3, &stream);
    let last = blocks.last().expect("a block");
    assert_eq!((last.rate, last.channels, last.frames()), (16_000, 1, 576));
    assert!(!is_silent(last));
}

/// symphonia decodes AAC with one and two channels.
#[test]
fn aac_with_more_channels_is_silence() {
    let header = Header::new_aac(48_000, 6, 300).expect("a header");
    let frame = [header.bytes(), &[0x55; 293]].concat();
    let [block] = &decode_frames(Codec::Aac, &[frame])[..] else { panic!("one block") };
    assert_eq!((block.rate, block.channels, block.frames()), (48_000, 6, 1024));
    assert!(is_silent(block));
}

#[test]
fn what_is_not_a_frame_has_no_length() {
    let frame = &frames(Codec::Mp3, "mp3/cbr.mp3")[0];
    for not_a_frame in [&frame[..3], &frame[..100], &[&frame[..], &[0]].concat(), &[0; 417], &[]] {
        assert!(decode_frames(Codec::Mp3, &[not_a_frame.to_vec()])[0].samples.is_empty());
    }
}
