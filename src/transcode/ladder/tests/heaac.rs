//! Programmes of AAC that cannot be decoded in full.

use super::*;
use crate::audio::{Codec, silent_frame};

const HEAAC: [&str; 3] =
    ["formats/heaac-44100-stereo.aac", "formats/heaac-48000-mono.aac", "formats/heaac-v2-44100-stereo.aac"];

const LC: [&str; 3] =
    ["aac/lc-24000-mono-32k.aac", "formats/fdk-lc-22050-mono.aac", "aac/lc-44100-stereo-96k.aac"];

/// Pushes frames one by one. Returns how many were pushed until the error, and the error.
fn refused_after(ladder: &mut Ladder, frames: &[&[u8]]) -> Option<(usize, LeftOut)> {
    let refused = |(at, frame): (usize, &&[u8])| ladder.push(frame).err().map(|error| (at + 1, error));
    frames.iter().enumerate().find_map(refused)
}

#[test]
fn heaac_is_refused_after_eight_frames() {
    for name in HEAAC {
        let programme = fixture(name);
        let found = refused_after(&mut ladder(&RUNGS, AudioTime::ZERO), &split(&programme));
        assert_eq!(found, Some((8, LeftOut::HeAac)), "{name}");
    }
}

#[test]
fn aac_lc_at_the_rates_of_heaac_is_encoded() {
    for name in LC {
        let programme = fixture(name).repeat(20);
        let found = refused_after(&mut ladder(&RUNGS[5..], AudioTime::ZERO), &split(&programme));
        assert_eq!(found, None, "{name}");
    }
}

#[test]
fn silence_of_an_aac_station_is_encoded_and_does_not_hide_heaac() {
    let heaac = fixture(HEAAC[0]);
    let silence = silent_frame(&header_of(&heaac));
    let mut ladder = ladder(&RUNGS[5..], AudioTime::ZERO);
    assert_eq!(refused_after(&mut ladder, &vec![&silence[..]; 400]), None);
    assert_eq!(refused_after(&mut ladder, &split(&heaac)), Some((8, LeftOut::HeAac)));
}

/// No encoder of silence may look like HE-AAC by chance, at any rate.
#[test]
fn silence_of_every_aac_format_is_encoded() {
    for rate in [7_350, 8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 96_000]
    {
        for channels in [1, 2] {
            let like = Header::new_aac(rate, channels, 100).expect("a header");
            let silence = silent_frame(&like);
            let mut ladder = ladder(&RUNGS[5..], AudioTime::ZERO);
            assert_eq!(refused_after(&mut ladder, &vec![&silence[..]; 60]), None, "{rate} Hz, {channels}");
        }
    }
}

#[test]
fn heaac_after_other_audio_is_refused_and_becomes_silence_if_something_follows() {
    let (heaac, lc) = (fixture(HEAAC[0]), fixture(LC[2]).repeat(6));
    let mp3 = noise_programme((44_100, 2, 128), 4);
    for other in [&lc, &mp3, &fixture(LC[1]).repeat(6)] {
        // Before: refused as soon.
        let mut first = ladder(&RUNGS[5..], AudioTime::ZERO);
        assert_eq!(refused_after(&mut first, &split(other)), None);
        assert_eq!(refused_after(&mut first, &split(&heaac)), Some((8, LeftOut::HeAac)));
        // After, as when a ladder begins again at the change: what is in front of it does not matter.
        let rung = RUNGS[5];
        let mut second = ladder(&[rung], AudioTime::ZERO);
        let programme = [&heaac[..], other].concat();
        let mut all = [Output { rung, count: 0, bytes: Vec::new() }];
        let found = second.push(&programme).expect("it does not end with HE-AAC");
        found.into_iter().for_each(|found| add(&mut all, found));
        let (reference, samples) = (reference(other, rung.format.rate), mono(&all[0].bytes));
        let start = AudioTime::from_samples(20 * 1024, header_of(&heaac).rate()).samples(rung.format.rate);
        let lag = lag(&reference, &samples[start as usize..], 15_000, 10_000);
        assert!(lag.abs_diff(1152) <= 1, "{lag}");
        // Eight frames of it are not recognised.
        let silent = &samples[1152 + 10 * 1024..1152 + 19 * 1024];
        assert!(silent.iter().all(|sample| sample.abs() < 1e-3));
    }
}

#[test]
fn aac_that_the_decoder_does_not_have_is_refused_by_name() {
    let lc = fixture(LC[2]);
    let changed = |change: &dyn Fn(&mut [u8])| {
        let mut frames = split(&lc).iter().map(|frame| frame.to_vec()).collect::<Vec<_>>();
        frames.iter_mut().for_each(|frame| change(frame));
        frames.concat()
    };
    let main = changed(&|frame| frame[2] &= 0x3F);
    let six_channels = changed(&|frame| {
        frame[2] |= 1;
        frame[3] = frame[3] & 0x3F | 0x80;
    });
    for (programme, expected) in [
        (main, LeftOut::UnknownCodec("AAC Main".to_owned())),
        (six_channels, LeftOut::Unsupported("AAC with 6 channels".to_owned())),
    ] {
        let found = refused_after(&mut ladder(&RUNGS, AudioTime::ZERO), &split(&programme));
        assert_eq!(found, Some((1, expected)));
    }
    assert_eq!(header_of(&lc).codec(), Codec::Aac);
}

fn header_of(programme: &[u8]) -> Header {
    ProgrammeDecoder::split_frame(programme).expect("a frame").0
}
