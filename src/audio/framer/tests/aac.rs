//! Tests of the framer with AAC input.

use super::super::super::adts::AdtsHeader;
use super::*;

const AAC: Codec = Codec::Aac;

/// Returns `count` different frames of different length.
fn some_frames(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|seed| frame(aac_header(44_100, 2, 150 + 37 * seed as usize % 300), seed)).collect()
}

/// Returns frames with this header.
fn frames_like(header: AdtsHeader) -> Vec<Vec<u8>> {
    frames(Header::Aac(header), 3)
}

#[test]
fn plain_frames_are_returned_unchanged() {
    for header in all_adts_headers() {
        let all = frames_like(header);
        assert_eq!(run_for(AAC, [all.concat().as_slice()]).frames, all, "{header:?}");
    }
    let all = some_frames(20);
    check_for(AAC, &[&all.concat()], &[&all]);
}

#[test]
fn shortest_and_longest_frames_are_found() {
    let all: Vec<_> = [8, AdtsHeader::MAX_FRAME_LEN, 9, AdtsHeader::MAX_FRAME_LEN, AdtsHeader::MAX_FRAME_LEN]
        .iter()
        .zip(0..)
        .map(|(len, seed)| frame(aac_header(48_000, 2, *len), seed))
        .collect();
    check_for(AAC, &[&all.concat()], &[&all]);
    check_for(AAC, &[&all.concat(), &[0; 20_000], &all.concat()], &[&all, &all]);
}

#[test]
fn tags_are_skipped_before_between_and_after() {
    let (some, more) = (some_frames(4), some_frames(3));
    for tag in [id3v1("Title"), id3v2(4, 5000, true), id3v2(3, 100, false), ape(2000, 700, true)] {
        let input = [&tag, some.concat().as_slice(), &tag, &more.concat(), &tag].concat();
        check_for(AAC, &[&input], &[&some, &more]);
        assert_eq!(run_for(AAC, [input.as_slice()]).junk, 0);
    }
}

#[test]
fn frame_is_accepted_only_if_what_follows_it_confirms_it() {
    let one = some_frames(1);
    check_for(AAC, &[&one[0]], &[&one]);
    check_for(AAC, &[&id3v2(4, 100, false), &one[0], &id3v1("Title")], &[&one]);
    check_for(AAC, &[&noise(1000, 1), &one[0]], &[]);
    check_for(AAC, &[&one[0], &noise(1000, 1)], &[]);
    // Valid frames of another format.
    for other in [aac_header(48_000, 2, 200), aac_header(44_100, 1, 200), mp3_header(44_100, 2, 128)] {
        check_for(AAC, &[&one[0], &frame(other, 2)[..150]], &[]);
    }
}

#[test]
fn format_may_change() {
    let (some, more) = (some_frames(4), frames(aac_header(22_050, 1, 120), 4));
    check_for(AAC, &[&some.concat(), &more.concat()], &[&some, &more]);
}

#[test]
fn noise_contains_no_frames() {
    for seed in 0..8 {
        let bytes = noise(4 << 20, seed);
        assert_eq!(run_for(AAC, bytes.chunks(1 << 16)).frames.len(), 0, "seed {seed}");
    }
}

#[test]
fn noise_between_frames_is_dropped_and_offsets_are_right() {
    let (some, more) = (some_frames(4), some_frames(5));
    for (seed, len) in [1, 3, 128, 500, 5000].into_iter().enumerate() {
        let between = noise(len, seed as u64);
        check_for(AAC, &[&between, &some.concat(), &between, &more.concat(), &between], &[&some, &more]);
    }
}

#[test]
fn truncated_frame_in_the_middle_costs_no_other_frame() {
    let all = some_frames(6);
    for left in [7, 36, 150] {
        let truncated = &all[2][..left];
        check_for(AAC, &[&all[..2].concat(), truncated, &all[3..].concat()], &[&all[..2], &all[3..]]);
        check_for(AAC, &[&all[..2].concat(), truncated, &all[3]], &[&all[..2], &all[3..4]]);
    }
}

#[test]
fn framer_finds_no_frames_of_the_other_codec() {
    let mp3 = frames(STEREO, 40).concat();
    check_for(AAC, &[&mp3], &[]);
    check(&[&some_frames(40).concat()], &[]);
}

/// The table was made with ffprobe from files encoded by ffmpeg.
#[test]
fn fixtures_contain_the_frames_of_expected_tsv() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/aac"));
    let table = std::fs::read_to_string(folder.join("EXPECTED.tsv")).expect("fixtures/aac/EXPECTED.tsv");
    let mut files: Vec<_> = table.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    files.dedup();
    assert_eq!(files.len(), 2);
    for file in files {
        let input = std::fs::read(folder.join(file)).expect(file);
        let found = frames_of(AAC, &input);
        assert_eq!(found.skipped, 0, "{file}");
        let lines = found.frames.iter().zip(&found.offsets).map(|(frame, at)| {
            let header = Header::parse(AAC, frame).expect("a header");
            format!("{file}\t{}\t{}\t{at}\t{}", header.rate(), header.channels(), frame.len())
        });
        let expected = table.lines().filter(|line| line.starts_with(file));
        assert_eq!(lines.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}

/// Generates a part of an input, complete or truncated.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let noise_frames =
        (any::<[u8; 4]>(), 7..9000_u32, 1..4usize, any::<u64>()).prop_filter_map("no header", |it| {
            let ([second, third, fourth, last], len, count, seed) = it;
            let [.., high, middle, low] = (len << 5 | 0x1F).to_be_bytes();
            let bytes = [0xFF, 0xF0 | second & 0x09, third, fourth & 0xF0 | high & 3, middle, low, last];
            let header = AdtsHeader::parse(bytes)?;
            let mut frame = noise(header.frame_len(), seed);
            frame[..AdtsHeader::LEN].copy_from_slice(header.bytes());
            Some(frame.repeat(count))
        });
    let whole = prop_oneof![
        8 => (1..6u64).prop_map(|count| some_frames(count).concat()),
        3 => noise_frames,
        1 => (2..5u8, 0..3000u32, any::<bool>()).prop_map(|(major, len, footer)| id3v2(major, len, footer)),
        1 => "[+a]{0,4}".prop_map(|title| id3v1(&title)),
        1 => (0..3000usize, any::<u64>()).prop_map(|(len, seed)| noise(len, seed)),
        1 => (0..300usize).prop_map(|len| vec![0xFF; len]),
        1 => (0..3000usize).prop_map(decoy_frames),
    ];
    (whole, prop_oneof![3 => Just(1.0), 1 => 0.0..1.0]).prop_map(|(mut bytes, share): (Vec<u8>, f64)| {
        bytes.truncate((bytes.len() as f64 * share) as usize);
        bytes
    })
}

proptest! {
    #[test]
    fn frames_do_not_depend_on_how_the_input_is_cut(
        parts in prop::collection::vec(part(), 1..8),
        sizes in prop::collection::vec(1..2000usize, 1..20),
    ) {
        let input = parts.concat();
        let whole = run_for(AAC, [input.as_slice()]);
        prop_assert_eq!(&run_for(AAC, input.chunks(1)), &whole);
        prop_assert_eq!(&run_for(AAC, cut(&input, &sizes)), &whole);
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(seed in any::<u64>(), len in 0..20_000usize) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let like_headers = || if rng.bool() { [0xFF, 0xF1, 0x50, 0x80, 0x01][rng.usize(..5)] } else { rng.u8(..) };
        let bytes: Vec<u8> = std::iter::repeat_with(like_headers).take(len).collect();
        run_for(AAC, bytes.chunks(100));
    }
}
