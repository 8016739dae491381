//! Tests of the framer with complete inputs, cut into pieces in many ways.

use super::super::test_data::*;
use super::*;
use proptest::prelude::*;

mod aac;

/// The frames found in one input, and the number of skipped bytes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    frames: Vec<Vec<u8>>,
    /// The offsets at which they began.
    offsets: Vec<u64>,
    skipped: u64,
    junk: u64,
}

/// Pushes `pieces` one by one and returns the outcome. Checks what must be true for any input.
fn run<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    run_for(Codec::Mp3, pieces)
}

fn run_for<'a>(codec: Codec, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut framer = Framer::with_codec(codec);
    let mut outcome = Outcome::default();
    let mut pushed = 0;
    for piece in pieces {
        framer.push(piece);
        pushed += piece.len() as u64;
        drain(&mut framer, &mut outcome);
        assert!(framer.buffered() < framer.max_undecided(), "{} bytes held", framer.buffered());
    }
    framer.finish();
    drain(&mut framer, &mut outcome);
    (outcome.skipped, outcome.junk) = (framer.skipped(), framer.junk());
    let taken: u64 = outcome.frames.iter().map(|frame| frame.len() as u64).sum();
    assert_eq!(taken + outcome.skipped, pushed, "each byte is returned or counted");
    outcome
}

fn drain(framer: &mut Framer, outcome: &mut Outcome) {
    let codec = framer.codec;
    while let Some(frame) = framer.next_frame() {
        assert_eq!(frame.bytes.len(), frame.header.frame_len());
        assert_eq!(Header::parse(codec, frame.bytes), Some(frame.header));
        outcome.frames.push(frame.bytes.to_vec());
        outcome.offsets.push(frame.offset);
    }
}

/// Returns the frames of `input`. Checks that they are the same if the input is pushed at once, byte by byte,
/// or in pieces of other sizes.
fn frames_of(codec: Codec, input: &[u8]) -> Outcome {
    let whole = run_for(codec, [input]);
    for size in [1, 3, 417, 1448, 4096] {
        assert_eq!(run_for(codec, input.chunks(size)), whole, "in pieces of {size}");
    }
    for (frame, at) in whole.frames.iter().zip(&whole.offsets) {
        assert!(input[*at as usize..].starts_with(frame), "no frame at its offset {at}");
    }
    whole
}

fn check(input: &[&[u8]], expected: &[&[Vec<u8>]]) {
    check_for(Codec::Mp3, input, expected);
}

fn check_for(codec: Codec, input: &[&[u8]], expected: &[&[Vec<u8>]]) {
    let found = frames_of(codec, &input.concat()).frames;
    let expected = expected.concat();
    let same = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    assert_eq!((found.len(), same), (expected.len(), expected.len()), "frames found, frames equal");
}

const STEREO: Header = Header::DEFAULT;

#[test]
fn plain_frames_are_returned_unchanged() {
    for header in all_headers().filter(|header| header.bytes()[3] & 0x3F == 0 && header.bytes()[2] & 1 == 0) {
        let all = frames(header, 3);
        assert_eq!(run([all.concat().as_slice()]).frames, all, "{header:?}");
    }
    let all = frames(with_crc(padded(STEREO)), 20);
    check(&[&all.concat()], &[&all]);
}

#[test]
fn bit_rate_padding_and_stereo_mode_may_change_from_frame_to_frame() {
    let mixed: Vec<_> = [(320, 1), (32, 2), (128, 3), (48, 4), (256, 5)]
        .map(|(kbps, seed)| frame(mp3_header(44_100, 2, kbps), seed))
        .into_iter()
        .chain([frame(padded(STEREO), 6), frame(Header::parse_mp3([0xFF, 0xFB, 0x90, 0x00]).unwrap(), 7)])
        .collect();
    check(&[&mixed.concat()], &[&mixed]);
}

#[test]
fn tags_of_every_kind_are_skipped_before_between_and_after() {
    let (some, more) = (frames(STEREO, 4), frames(STEREO, 3));
    let tags = [
        id3v1("Title"),
        id3v1("+44"),
        [enhanced_tag(), id3v1("Title")].concat(),
        id3v2(2, 3000, false),
        id3v2(3, 0, false),
        id3v2(4, 5000, true),
        [id3v2(4, 100, true), id3v2(3, 100, false)].concat(),
        ape(2000, 700, true),
        [ape(2000, 700, true), id3v1("Title")].concat(),
    ];
    for tag in tags {
        check(&[&tag, &some.concat(), &tag, &more.concat(), &tag], &[&some, &more]);
        assert_eq!(run([[tag.as_slice(), &some.concat(), &tag].concat().as_slice()]).junk, 0);
    }
    let without_header = ape(1000, 700, false);
    check(&[&some.concat(), &without_header, &more.concat(), &without_header], &[&some, &more]);
}

#[test]
fn single_frame_between_tags_is_found() {
    let one = frames(STEREO, 1);
    check(&[&one[0]], &[&one]);
    check(&[&id3v2(4, 100, false), &one[0], &id3v1("Title")], &[&one]);
    check(&[&noise(1000, 1), &one[0]], &[]);
    check(&[&noise(1000, 1), &id3v2(4, 100, false), &one[0]], &[&one]);
}

#[test]
fn format_may_change_with_or_without_a_tag_between() {
    let (some, more) = (frames(STEREO, 4), frames(mp3_header(22_050, 1, 32), 4));
    check(&[&some.concat(), &more.concat()], &[&some, &more]);
    check(&[&some.concat(), &id3v2(4, 50, false), &more.concat()], &[&some, &more]);
}

#[test]
fn tag_that_claims_256_mb_is_dropped_as_it_arrives() {
    let mut framer = Framer::new();
    framer.push(b"ID3\x04\x00\x00\x7F\x7F\x7F\x7F");
    assert!(framer.next_frame().is_none());
    let megabyte = decoy_frames(1 << 20);
    for _ in 0..64 {
        framer.push(&megabyte);
        assert!(framer.next_frame().is_none());
        assert_eq!(framer.buffered(), 0);
    }
    assert!(framer.buffer.capacity() < 1024, "{} bytes", framer.buffer.capacity());
    assert_eq!(framer.skipped(), 10 + (64 << 20));
}

#[test]
fn noise_contains_no_frames() {
    for seed in 0..8 {
        let bytes = noise(4 << 20, seed);
        assert_eq!(run(bytes.chunks(1 << 16)).frames.len(), 0, "seed {seed}");
    }
}

/// Two or three headers that agree are met by chance in 24-bit PCM.
#[test]
fn few_frames_in_junk_are_chance() {
    for count in 1..4 {
        let chance = frames(STEREO, count).concat();
        check(&[&noise(8192, 1), &chance, &noise(8192, 2), &chance, &noise(100, 3)], &[]);
        let some = frames(mp3_header(48_000, 2, 64), 4);
        check(&[&noise(8192, 1), &some.concat(), &noise(8192, 2), &chance, &noise(8192, 3)], &[&some]);
    }
}

#[test]
fn no_frame_between_damaged_ones_is_lost() {
    let all = frames(STEREO, 30);
    let damage = noise(600, 1);
    for count in [2, 3, 5] {
        let islands: Vec<Vec<u8>> =
            all[4..].chunks(count).map(|part| [&damage, part.concat().as_slice()].concat()).collect();
        let found =
            frames_of(Codec::Mp3, &[all[..4].concat(), islands.concat(), damage.clone()].concat()).frames;
        // A single frame behind junk was never taken for one.
        let expected = if 26 % count == 1 { &all[..29] } else { &all[..] };
        assert!(found == expected, "{count} frames in a row: {} found", found.len());
    }
}

#[test]
fn truncated_first_frame_costs_no_other_frame_however_short_the_input() {
    for count in 2..6 {
        let all = frames(STEREO, count);
        for tag in [Vec::new(), id3v1("Title"), ape(2000, 700, true)] {
            check(&[&all[0][200..], &all.concat(), &tag], &[&all]);
        }
    }
}

#[test]
fn noise_between_frames_is_dropped() {
    let (some, more) = (frames(STEREO, 4), frames(STEREO, 5));
    for (seed, len) in [1, 3, 128, 500, 5000].into_iter().enumerate() {
        let between = noise(len, seed as u64);
        check(&[&between, &some.concat(), &between, &more.concat(), &between], &[&some, &more]);
    }
}

#[test]
fn info_frames_are_left_out_at_the_start_and_in_the_middle() {
    let (some, more) = (frames(STEREO, 3), frames(STEREO, 2));
    let tables = [
        info_frame(STEREO, b"Xing"),
        info_frame(STEREO, b"Info"),
        info_frame(with_crc(padded(STEREO)), b"Info"),
        info_frame(mp3_header(44_100, 2, 64), b"Xing"),
        vbri_frame(STEREO),
    ];
    for table in tables {
        check(&[&table, &some.concat(), &table, &more.concat()], &[&some, &more]);
        check(&[&table], &[]);
    }
}

#[test]
fn truncated_frames_at_either_end_are_left_out() {
    let all = frames(STEREO, 6);
    let bytes = all.concat();
    for cut in [1, 3, 4, 200, 416] {
        check(&[&bytes[cut..]], &[&all[1..]]);
        check(&[&bytes[..bytes.len() - cut]], &[&all[..5]]);
    }
}

#[test]
fn truncated_frame_in_the_middle_costs_no_other_frame() {
    let all = frames(STEREO, 6);
    for left in [4, 36, 200, 416] {
        let truncated = &all[2][..left];
        check(&[&all[..2].concat(), truncated, &all[3..].concat()], &[&all[..2], &all[3..]]);
        check(
            &[&all[..2].concat(), truncated, &id3v2(4, 90, false), &all[3..].concat()],
            &[&all[..2], &all[3..]],
        );
        check(&[&all[..2].concat(), truncated, &all[3]], &[&all[..2], &all[3..4]]);
    }
}

#[test]
fn other_layers_and_free_format_contain_no_frames() {
    for head in [
        [0xFF, 0xFD, 0x90, 0x04],
        [0xFF, 0xFF, 0x90, 0x04],
        [0xFF, 0xFB, 0x00, 0x04],
        [0xFF, 0xF1, 0x50, 0x80],
    ] {
        let mut input = frames(STEREO, 40);
        input.iter_mut().for_each(|frame| frame[..4].copy_from_slice(&head));
        check(&[&input.concat()], &[]);
    }
}

#[test]
fn one_frame_taken_per_push_loses_no_frame() {
    let all = frames(STEREO, 200);
    let bytes = all.concat();
    let mut framer = Framer::new();
    let mut found = Vec::new();
    for piece in bytes.chunks(1000) {
        framer.push(piece);
        found.extend(framer.next_frame().map(|frame| frame.bytes.to_vec()));
    }
    framer.finish();
    while let Some(frame) = framer.next_frame() {
        found.push(frame.bytes.to_vec());
    }
    assert_eq!(found, all);
}

#[test]
#[should_panic(expected = "finished framer")]
fn push_after_finish_panics() {
    let mut framer = Framer::new();
    framer.finish();
    framer.push(&[0]);
}

/// The table was made by an independent reader of the same files, written in another language.
#[test]
fn fixtures_contain_the_frames_of_expected_tsv() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mp3"));
    let table = std::fs::read_to_string(folder.join("EXPECTED.tsv")).expect("fixtures/mp3/EXPECTED.tsv");
    for line in table.lines().skip(1) {
        let [file, frames, rate, channels, kbps, bytes, ..] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("too few columns: {line}");
        };
        let input = std::fs::read(folder.join(file)).expect(file);
        let found = frames_of(Codec::Mp3, &input).frames;
        let expected = [frames, rate, channels, kbps, bytes].map(String::from);
        assert_eq!(summary(&found), expected, "{file}: frames, rate, channels, kbit/s, bytes");
    }
}

/// The columns of the table for these frames; `-` for no value.
fn summary(frames: &[Vec<u8>]) -> [String; 5] {
    let headers: Vec<_> = frames
        .iter()
        .map(|frame| Header::parse_mp3(*frame.first_chunk().expect("a header")).unwrap())
        .collect();
    let bytes: usize = frames.iter().map(Vec::len).sum();
    let [rate, channels, kbps] = match headers.first() {
        None => ["-", "-", "-"].map(String::from),
        Some(first) => [first.rate().to_string(), first.channels().to_string(), bit_rate(&headers)],
    };
    [headers.len().to_string(), rate, channels, kbps, bytes.to_string()]
}

fn bit_rate(headers: &[Header]) -> String {
    let constant = headers.windows(2).all(|pair| pair[0].kbps() == pair[1].kbps());
    if constant { headers[0].kbps().to_string() } else { "vbr".into() }
}

/// Generates a part of an input, complete or truncated.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let any_header =
        (0..9usize, 1..=2u8, 1..15u8, any::<[bool; 2]>()).prop_map(|(version, channels, rate, flags)| {
            let second = [0xFB, 0xF3, 0xE3][version / 3] & if flags[0] { 0xFE } else { 0xFF };
            let third = rate << 4 | (version as u8 % 3) << 2 | u8::from(flags[1]) << 1;
            Header::parse_mp3([0xFF, second, third, if channels == 1 { 0xC0 } else { 0x40 }]).unwrap()
        });
    let noise_frames = |header: Header, seed| {
        let mut bytes = noise(header.frame_len(), seed);
        bytes[..4].copy_from_slice(header.bytes());
        bytes
    };
    let whole = prop_oneof![
        8 => (1..6u64).prop_map(|count| frames(STEREO, count).concat()),
        3 => (any_header, 1..4usize, any::<u64>()).prop_map(move |(header, count, seed)| noise_frames(header, seed).repeat(count)),
        1 => (2..5u8, 0..3000u32, any::<bool>()).prop_map(|(major, len, footer)| id3v2(major, len, footer)),
        1 => "[+a]{0,4}".prop_map(|title| id3v1(&title)),
        1 => Just(enhanced_tag()),
        1 => (prop_oneof![Just(1000), Just(2000)], 0..300u32, any::<bool>()).prop_map(|(v, len, header)| ape(v, len, header)),
        1 => Just(info_frame(STEREO, b"Info")),
        1 => (0..3000usize, any::<u64>()).prop_map(|(len, seed)| noise(len, seed)),
        1 => (0..300usize).prop_map(|len| vec![0xFF; len]),
        1 => (0..3000usize).prop_map(decoy_frames),
    ];
    (whole, prop_oneof![3 => Just(1.0), 1 => 0.0..1.0]).prop_map(|(mut bytes, share): (Vec<u8>, f64)| {
        bytes.truncate((bytes.len() as f64 * share) as usize);
        bytes
    })
}

/// Cuts the input into pieces of these sizes, in turn.
fn cut<'a>(input: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = input;
    sizes.iter().cycle().map_while(move |size| {
        let (piece, behind) = rest.split_at((*size).min(rest.len()));
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

proptest! {
    #[test]
    fn frames_do_not_depend_on_how_the_input_is_cut(
        parts in prop::collection::vec(part(), 1..8),
        sizes in prop::collection::vec(1..2000usize, 1..20),
    ) {
        let input = parts.concat();
        let whole = run([input.as_slice()]);
        prop_assert_eq!(&run(input.chunks(1)), &whole);
        prop_assert_eq!(&run(cut(&input, &sizes)), &whole);
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(seed in any::<u64>(), len in 0..6000usize) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let like_headers = || if rng.bool() { [0xFF, 0xFB, 0xE3, 0x10][rng.usize(..4)] } else { rng.u8(..) };
        let bytes: Vec<u8> = std::iter::repeat_with(like_headers).take(len).collect();
        run(bytes.chunks(100));
    }
}
