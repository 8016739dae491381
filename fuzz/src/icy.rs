//! Metadata blocks between the audio: parsing and writing them.

use coldwave::icy::{Block, Deinterleaver, StreamPart, TITLE_MAX, Title};

use crate::{Splitter, split_seed};

/// The input is a seed for the splitter, two bytes for the metadata interval, then a body. The body is also
/// used as a title.
pub fn check(input: &[u8]) {
    let (seed, rest) = split_seed(input);
    let (low, rest) = split_seed(rest);
    let (high, bytes) = split_seed(rest);
    let metaint = Some(u16::from_le_bytes([low, high])).filter(|it| *it != u16::MAX).map(u32::from);
    check_body(metaint, seed, bytes);
    let title = check_title(&String::from_utf8_lossy(bytes));
    check_parse(bytes);
    check_stream(metaint.unwrap_or(1).max(1), seed, bytes, &title);
}

/// Checks any body: splitting does not change the result, and no byte is lost or added.
fn check_body(metaint: Option<u32>, seed: u8, bytes: &[u8]) {
    let whole = parts(metaint, std::iter::once(bytes));
    assert_eq!(parts(metaint, Splitter(seed).pieces(bytes)), whole);
    let blocks: usize = whole.1.iter().map(|(_, text)| 1 + text.len()).sum();
    let missing = bytes.len() - whole.0.len() - blocks;
    assert!(missing <= 255 * 16, "{missing} bytes are in neither a block nor the audio");
    for (number, (at, text)) in whole.1.iter().enumerate() {
        assert_eq!(*at, (number + 1) * metaint.expect("blocks only occur with a metadata interval") as usize);
        assert_eq!(text.len() % 16, 0);
    }
}

/// Returns the audio, and every block with the number of audio bytes before it.
fn parts<'a>(
    metaint: Option<u32>,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Vec<(usize, Vec<u8>)>) {
    let mut deinterleaver = Deinterleaver::new(metaint);
    let (mut audio, mut blocks) = (Vec::new(), Vec::new());
    for piece in pieces {
        deinterleaver.push(piece, |part| match part {
            StreamPart::Audio(bytes) => audio.extend_from_slice(bytes),
            StreamPart::Block(text) => blocks.push((audio.len(), text.to_vec())),
        });
    }
    (audio, blocks)
}

/// Checks any title: it makes a block whose end every player finds.
fn check_title(title: &str) -> Block {
    let block = Block::from_title_text(title);
    let [units, text @ ..] = block.bytes() else { panic!("a block is never empty") };
    assert_eq!(usize::from(*units) * 16, text.len());
    assert_eq!(text.last(), Some(&0));
    let end = text.iter().position(|byte| *byte == 0).expect("a NUL");
    assert!(text[end..].iter().all(|byte| *byte == 0), "a byte other than NUL after the first NUL");
    let text = std::str::from_utf8(&text[..end]).expect("blocks are UTF-8");
    assert!(!text.contains(char::is_control), "{text:?}");
    let shown = text.strip_prefix("StreamTitle='").and_then(|text| text.strip_suffix("';")).expect(text);
    assert_eq!(shown, block.title());
    assert!(shown.len() <= TITLE_MAX);
    assert!(!shown.contains("';"), "{shown:?} ends twice");
    assert_eq!(Block::from_title_text(shown), block, "a normalized title stays as it is");
    block
}

/// Checks any bytes as the text of a block: a title that was parsed is written with the same content.
fn check_parse(text: &[u8]) {
    let text = &text[..text.len().min(255 * 16)];
    for begin in [&b""[..], b"StreamTitle='"] {
        let Some(read) = Title::parse(&[begin, text].concat()) else { continue };
        for text in [&read.text, &read.url, &read.extra] {
            assert!(!text.contains(char::is_control), "{text:?}");
        }
        let sent = Block::from_title(&read);
        let again = Title::parse(&sent.bytes()[1..]).expect("a title");
        assert_eq!(again.text, sent.title().trim());
        // Fields that are too long are left out.
        let url = read.url.replace("';", "’;");
        assert!(again.url == url || again.url.is_empty() && read.url.len() > 512, "{url:?}");
        assert!(again.extra == read.extra || again.extra.is_empty() && read.extra.len() > 1024);
    }
}

/// Checks that blocks after every `metaint` bytes of audio are found where they were inserted.
fn check_stream(metaint: u32, seed: u8, audio: &[u8], title: &Block) {
    let mut wire = Vec::new();
    for run in audio.chunks(metaint as usize) {
        wire.extend_from_slice(run);
        if run.len() == metaint as usize {
            wire.extend_from_slice(title.bytes());
        }
    }
    let (received, blocks) = parts(Some(metaint), Splitter(seed).pieces(&wire));
    assert_eq!(received, audio);
    assert_eq!(blocks.len(), audio.len() / metaint as usize);
    assert!(blocks.iter().all(|(_, text)| *text == title.bytes()[1..]));
}
