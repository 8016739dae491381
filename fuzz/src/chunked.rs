//! Bodies in chunked transfer coding.

use coldwave::http::source::chunked::{ChunkedDecoder, MalformedChunks};

use crate::{Splitter, split_seed};

/// The input is a seed for the splitter, then a body. The same bytes are also used as a payload: encoded and
/// decoded.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split_seed(input);
    let whole = decode(std::iter::once(bytes));
    assert_eq!(decode(Splitter(seed).pieces(bytes)), whole, "splitting changes the result");
    let (payload, took) = &whole;
    assert!(payload.len() <= bytes.len());
    if let Ok(Some(took)) = took {
        assert!((3..=bytes.len()).contains(took), "the shortest body is a zero and two line ends");
        assert_eq!(decode(std::iter::once(&bytes[..*took])), whole, "bytes after the body change the result");
    }
    check_round_trip(seed, bytes);
}

/// Encodes a payload in chunks and checks that decoding returns it.
fn check_round_trip(seed: u8, payload: &[u8]) {
    let mut body = Vec::new();
    for chunk in Splitter(seed).pieces(payload).filter(|chunk| !chunk.is_empty()) {
        body.extend_from_slice(format!("{:X};x=y\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\nA: b\r\n\r\n");
    let took = body.len();
    body.extend_from_slice(b"GET / HTTP/1.1\r\n");
    assert_eq!(decode(Splitter(seed ^ 0x55).pieces(&body)), (payload.to_vec(), Ok(Some(took))));
}

/// Returns the payload, and the length of the body if it is complete.
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
