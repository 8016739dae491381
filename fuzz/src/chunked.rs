//! Bodies in chunks.

use coldwave::http::source::chunked::{ChunkedDecoder, MalformedChunks};

use crate::{Cuts, split};

/// A byte for the cuts, then a body; what comes of it is put into chunks again.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split(input);
    let whole = decode(std::iter::once(bytes));
    assert_eq!(decode(Cuts(seed).of(bytes)), whole, "the cuts change nothing");
    let (payload, took) = &whole;
    assert!(payload.len() <= bytes.len());
    if let Ok(Some(took)) = took {
        assert!((3..=bytes.len()).contains(took), "the least body is a zero and two line ends");
        assert_eq!(decode(std::iter::once(&bytes[..*took])), whole, "what follows a body has no say in it");
    }
    check_whole(seed, bytes);
}

/// What was put into chunks comes out of them.
fn check_whole(seed: u8, payload: &[u8]) {
    let mut body = Vec::new();
    for chunk in Cuts(seed).of(payload).filter(|chunk| !chunk.is_empty()) {
        body.extend_from_slice(format!("{:X};x=y\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\nA: b\r\n\r\n");
    let took = body.len();
    body.extend_from_slice(b"GET / HTTP/1.1\r\n");
    assert_eq!(decode(Cuts(seed ^ 0x55).of(&body)), (payload.to_vec(), Ok(Some(took))));
}

/// The payload, and how long the body was if it came to its end.
fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, Result<Option<usize>, MalformedChunks>) {
    let (mut decoder, mut payload, mut took) = (ChunkedDecoder::new(), Vec::new(), 0);
    for piece in pieces {
        match decoder.push(piece, |run| payload.extend_from_slice(run)) {
            Ok(count) => {
                assert!(count == piece.len() || decoder.is_complete());
                took += count;
            }
            Err(malformed) => return (payload, Err(malformed)),
        }
    }
    (payload, Ok(decoder.is_complete().then_some(took)))
}
