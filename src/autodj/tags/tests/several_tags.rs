//! Files with several tags: at the start, at the end, and between them.

use super::*;

const AUDIO: [u8; 417] = [0xff; 417];

/// Returns a tag of version 2.4 with a footer.
fn with_footer(frames: &[Vec<u8>]) -> Vec<u8> {
    let tag = id3v2(4, 0x10, frames);
    let footer = [b"3DI".as_slice(), &tag[3..10]].concat();
    [tag, footer].concat()
}

fn text(id: &str, text: &str) -> Vec<u8> {
    frame(4, id, 0, format!("\x03{text}").as_bytes())
}

fn lyrics3v1() -> Vec<u8> {
    b"LYRICSBEGIN[00:10]TAG and words\r\nLYRICSEND".to_vec()
}

fn lyrics3v2(fields: &[(&str, &str)]) -> Vec<u8> {
    let fields: String = fields.iter().map(|(id, text)| format!("{id}{:05}{text}", text.len())).collect();
    let content = format!("LYRICSBEGIN{fields}");
    format!("{content}{:06}LYRICS200", content.len()).into_bytes()
}

#[test]
fn second_tag_at_the_start_completes_the_first() {
    let first = id3v2(3, 0, &[frame(3, "TALB", 0, b"\0Album"), vec![0; 30]]);
    let second = id3v2(4, 0, &[text("TIT2", "T"), text("TPE1", "A")]);
    for zeros in [0, 1, 500, 60_000] {
        let file = [first.clone(), vec![0; zeros], second.clone(), AUDIO.to_vec()].concat();
        check(&file, "A - T");
        assert_eq!(read_tags(&mut Cursor::new(&file), WINDOWS_1252).album.as_deref(), Some("Album"));
        assert_eq!(skip_tags(&mut Cursor::new(&file)).unwrap(), (file.len() - AUDIO.len()) as u64);
    }
    check([vec![0; 500], second.clone(), AUDIO.to_vec()].concat(), "A - T");
    check([vec![0; 100_000], second, AUDIO.to_vec()].concat(), "");
}

#[test]
fn tag_at_the_end_is_found() {
    let frames = [text("TIT2", "T"), text("TPE1", "A")];
    let (v2, v1) = (id3v2(4, 0, &frames), id3v1(b"Old", b""));
    let ape = ape(2000, &[("Album", 0, b"Album")]);
    for end in [vec![], v1.clone(), ape.clone(), [ape, v1].concat()] {
        for tag in [with_footer(&frames), v2.clone()] {
            check([AUDIO.to_vec(), tag, end.clone()].concat(), "A - T");
        }
    }
}

#[test]
fn tag_at_the_end_may_have_a_plain_size() {
    let text = |size: usize| {
        let mut tag = id3v2(3, 0, &[frame(3, "TIT2", 0, b"\0T"), frame(3, "TPE1", 0, b"\0A")]);
        tag.resize(10 + size, 0);
        tag[6..10].copy_from_slice(&(size as u32).to_be_bytes());
        tag
    };
    // With the high bit of a byte, the size cannot have seven bits in each.
    check([AUDIO.to_vec(), text(0xf0)].concat(), "A - T");
    check([AUDIO.to_vec(), text(0xf0), id3v1(b"Old", b"")].concat(), "A - T");
    let mut tag = text(0xf0);
    (tag[3], tag[5]) = (4, 0x10);
    let footer = [b"3DI".as_slice(), &tag[3..10]].concat();
    check([AUDIO.to_vec(), tag, footer].concat(), "A - T");
}

/// A file that counts what is read of it.
struct CountingReader {
    file: Cursor<Vec<u8>>,
    count: u64,
}

impl Read for CountingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read(buffer)?;
        self.count += len as u64;
        Ok(len)
    }
}

impl Seek for CountingReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn damaged_tags_are_read_up_to_a_limit_in_total() {
    let damaged = id3v2(3, 0x80, &[text("TALB", "Album"), vec![0x5a; 16 << 20]]);
    let first = id3v2(4, 0, &[text("TIT2", "T"), text("TPE1", "A")]);
    let mut file = CountingReader { file: Cursor::new([first, damaged.repeat(6)].concat()), count: 0 };
    let tags = read_tags(&mut file, WINDOWS_1252);
    assert_eq!((tags.artist.as_deref(), tags.title.as_deref()), (Some("A"), Some("T")));
    assert!(file.count <= READ_MAX, "{} bytes", file.count);
}

#[test]
fn seek_frame_leads_to_another_tag() {
    let other = id3v2(4, 0, &[text("TIT2", "T"), text("TPE1", "A")]);
    let seek =
        |distance: u32| id3v2(4, 0, &[text("TALB", "Album"), frame(4, "SEEK", 0, &distance.to_be_bytes())]);
    check([seek(417), AUDIO.to_vec(), other.clone(), AUDIO.to_vec()].concat(), "A - T");
    check([seek(400), AUDIO.to_vec(), other, AUDIO.to_vec()].concat(), "");
    check([seek(u32::MAX), AUDIO.to_vec()].concat(), "");
    // A tag that refers to itself is read twice.
    check([seek(0), seek(0u32.wrapping_sub(35))].concat(), "");
}

#[test]
fn tags_at_the_end_are_found_in_any_order() {
    let ape = ape(2000, &[("Title", 0, b"T"), ("Artist", 0, b"A")]);
    let enhanced = [b"TAG+".as_slice(), &[b' '; 223]].concat();
    let (v1, lyrics) = (id3v1(b"Old", b""), lyrics3v2(&[("IND", "110"), ("LYR", "TAG APETAGEX")]));
    let orders: [&[&[u8]]; 8] = [
        &[&ape, &lyrics, &v1],
        &[&ape, &lyrics3v1(), &v1],
        &[&lyrics, &ape, &v1],
        &[&ape, &v1, &v1],
        &[&ape, &enhanced, &v1],
        &[&v1, &ape],
        &[&ape, &lyrics, &enhanced, &v1],
        &[&ape, &with_footer(&[text("TALB", "Album")]), &lyrics, &v1],
    ];
    for (number, order) in orders.iter().enumerate() {
        let file = [AUDIO.to_vec(), order.concat()].concat();
        let title = read_tags(&mut Cursor::new(file), WINDOWS_1252).stream_title();
        assert_eq!(title.as_deref(), Some("A - T"), "{number}");
    }
    // With a header, which some programs write, and before the audio.
    let mut header = ape[ape.len() - 32..].to_vec();
    header[23] |= 0xa0;
    let mut headed = [header, ape].concat();
    let flags = headed.len() - 9;
    headed[flags] |= 0x80;
    check([AUDIO.as_slice(), &lyrics, &headed, &v1].concat(), "A - T");
    check([&headed, AUDIO.as_slice()].concat(), "A - T");
    check([&id3v2(4, 0, &[text("TALB", "x")]), &headed, AUDIO.as_slice()].concat(), "A - T");
}

#[test]
fn long_names_in_lyrics3_replace_those_that_id3v1_cuts() {
    let (title, artist) =
        ("A title that has more than thirty characters", "An artist with a long name, and others");
    let v1 = id3v1(&title.as_bytes()[..30], &artist.as_bytes()[..30]);
    let lyrics = lyrics3v2(&[("ETT", title), ("EAR", artist), ("EAL", "Album")]);
    check([AUDIO.to_vec(), lyrics, v1].concat(), &format!("{artist} - {title}"));
    for damaged in ["LYRICSBEGINETT99999x", "LYRICSBEGINETT0000", "LYRICSBEGINET", "LYRICSBEGINETT-0001x"] {
        let tag = format!("{damaged}{:06}LYRICS200", damaged.len()).into_bytes();
        check([AUDIO.to_vec(), tag, id3v1(b"T", b"A")].concat(), "A - T");
    }
    for too_long in ["000020LYRICS200", "LYRICSBEGIN000100LYRICS200", "LYRICSEND", "LYRICS200"] {
        check([too_long.as_bytes(), &id3v1(b"T", b"A")].concat(), "A - T");
    }
}

#[test]
fn artist_and_title_of_two_tags_are_merged_if_the_titles_agree() {
    let (long, artist) = ("A title that has more than thirty characters", "Artist Name");
    let v2 = |title: &str| id3v2(3, 0, &[frame(3, "TIT2", 0, format!("\0{title}").as_bytes())]);
    let v1 = |title: &str| id3v1(&title.as_bytes()[..title.len().min(30)], artist.as_bytes());
    let ape = |title: &str| ape(2000, &[("Title", 0, title.as_bytes()), ("Artist", 0, artist.as_bytes())]);
    for title in ["Track Title", long] {
        let expected = format!("{artist} - {title}");
        check([v2(title), AUDIO.to_vec(), v1(title)].concat(), &expected);
        check([v2(title), AUDIO.to_vec(), ape(title)].concat(), &expected);
        check(
            [v2(&title.to_uppercase()), AUDIO.to_vec(), v1(title)].concat(),
            &format!("{artist} - {}", title.to_uppercase()),
        );
    }
    check([v2(&long[..30]), AUDIO.to_vec(), ape(long)].concat(), &format!("{artist} - {long}"));
    check([v2("Another"), AUDIO.to_vec(), v1("Track Title")].concat(), "Another");
    check([v2("Track"), AUDIO.to_vec(), v1("Track Title")].concat(), "Track");
    // In the charset of the station, thirty characters have more bytes.
    let title = "Группа крови на рукаве, мой порядковый номер";
    let v2 = id3v2(4, 0, &[text("TIT2", title)]);
    let cut = encoding_rs::WINDOWS_1251.encode(title).0[..30].to_vec();
    let file = [v2, AUDIO.to_vec(), id3v1(&cut, b"A")].concat();
    let merged = read_tags(&mut Cursor::new(file), encoding_rs::WINDOWS_1251).stream_title();
    assert_eq!(merged.as_deref(), Some(format!("A - {title}").as_str()));
}
