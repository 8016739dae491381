//! Decodes a chunked body (RFC 9112, 7.1) as it arrives.

use std::fmt;

use ChunkedState::{AfterData, Complete, Data, Extension, InTrailer, Size, TrailerBegins};

/// The most bytes of a chunk's first line: the size, and extensions, which no source uses.
const LINE_MAX: u32 = 1024;

/// The most bytes of trailers, which follow the last chunk and are ignored.
const TRAILERS_MAX: u32 = 16 * 1024;

/// Extracts the payload of a chunked body, which may arrive in any pieces. Stores none of it.
#[derive(Debug, Clone)]
pub struct ChunkedDecoder {
    state: ChunkedState,
    /// Bytes read so far of the current line, or of the trailers.
    read: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChunkedState {
    /// In the size of a chunk; `None` before its first digit.
    Size(Option<u64>),
    /// After the size, in the same line.
    Extension(u64),
    Data {
        left: u64,
    },
    /// After a chunk's data, where a line end must follow.
    AfterData,
    TrailerBegins,
    InTrailer,
    Complete,
}

/// The body is not chunked, or exceeds a limit: an invalid size, or a line that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedChunks;

impl fmt::Display for MalformedChunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed chunked body")
    }
}

impl Default for ChunkedDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl ChunkedDecoder {
    /// Creates a decoder for the beginning of a body.
    pub fn new() -> Self {
        Self { state: Size(None), read: 0 }
    }

    /// Returns whether the body has ended, trailers included.
    pub fn is_complete(&self) -> bool {
        self.state == Complete
    }

    /// Decodes the next bytes and calls `on_payload` with every run of payload in them. Returns the number of
    /// bytes that belong to the body: all, or fewer if the body ends.
    ///
    /// Lines may end in a bare `\n`.
    ///
    /// # Errors
    /// If the bytes are not a chunked body. `on_payload` has received all payload before the error.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut on_payload: impl FnMut(&[u8]),
    ) -> Result<usize, MalformedChunks> {
        let mut at = 0;
        while at < bytes.len() && !self.is_complete() {
            if let Data { left } = self.state {
                let run = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                on_payload(&bytes[at..at + run]);
                at += run;
                self.state = data(left - run as u64);
            } else {
                self.state = self.next(bytes[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    fn next(&mut self, byte: u8) -> Result<ChunkedState, MalformedChunks> {
        self.read += 1;
        match (self.state, byte) {
            (TrailerBegins | InTrailer, _) if self.read > TRAILERS_MAX => Err(MalformedChunks),
            (TrailerBegins, b'\n') => Ok(Complete),
            (InTrailer, b'\n') => Ok(TrailerBegins),
            (TrailerBegins, b'\r') => Ok(TrailerBegins),
            (TrailerBegins | InTrailer, _) => Ok(InTrailer),
            _ if self.read > LINE_MAX => Err(MalformedChunks),
            (AfterData, b'\r') => Ok(AfterData),
            (AfterData, b'\n') => Ok(self.begin_line(Size(None))),
            (Size(Some(size)) | Extension(size), b'\n') => Ok(self.begin_line(data_or_trailers(size))),
            (Size(size), digit) if digit.is_ascii_hexdigit() => add_digit(size, digit),
            (Size(Some(size)), b';' | b' ' | b'\t' | b'\r') | (Extension(size), _) => Ok(Extension(size)),
            _ => Err(MalformedChunks),
        }
    }

    /// Begins a new line and returns `state`.
    fn begin_line(&mut self, state: ChunkedState) -> ChunkedState {
        self.read = 0;
        state
    }
}

fn add_digit(size: Option<u64>, digit: u8) -> Result<ChunkedState, MalformedChunks> {
    let digit = char::from(digit).to_digit(16).ok_or(MalformedChunks)?;
    let size = size.unwrap_or(0).checked_mul(16).ok_or(MalformedChunks)?;
    Ok(Size(Some(size + u64::from(digit))))
}

/// The last chunk has size zero.
fn data_or_trailers(size: u64) -> ChunkedState {
    if size == 0 { TrailerBegins } else { Data { left: size } }
}

fn data(left: u64) -> ChunkedState {
    if left == 0 { AfterData } else { Data { left } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The payload, and the length of the body in bytes if it ended.
    type Decoded = (Vec<u8>, Result<Option<usize>, MalformedChunks>);

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
        let (mut decoder, mut payload, mut consumed) = (ChunkedDecoder::new(), Vec::new(), 0);
        for piece in pieces {
            match decoder.push(piece, |run| payload.extend_from_slice(run)) {
                Ok(count) => consumed += count,
                Err(malformed) => return (payload, Err(malformed)),
            }
        }
        (payload, Ok(decoder.is_complete().then_some(consumed)))
    }

    #[track_caller]
    fn check(body: &str, payload: &str, end: Result<Option<usize>, MalformedChunks>) {
        assert_eq!(decode([body.as_bytes()]), (payload.as_bytes().to_vec(), end), "{body:?}");
        assert_eq!(decode(body.as_bytes().chunks(1)), decode([body.as_bytes()]), "{body:?}");
    }

    #[test]
    fn chunks_decode_to_their_payload() {
        check("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nrest", "abc0123456789", Ok(Some(28)));
        check("3\nabc\na\n0123456789\n0\n\n", "abc0123456789", Ok(Some(22)));
        check("000b;name=\"v\";x\r\nhello world\r\n0;y\r\nA: b\r\nC: d\r\n\r\n", "hello world", Ok(Some(49)));
        check("3 \t\r\nabc\r\r\n0\r\n\r\n", "abc", Ok(Some(16)));
        check("0\r\n\r\n", "", Ok(Some(5)));
        check("5\r\nabc", "abc", Ok(None));
        check("5\r\nabcde\r\n0\r\n", "abcde", Ok(None));
        check("", "", Ok(None));
    }

    #[test]
    fn invalid_chunks_are_an_error() {
        for body in ["\r\n", "x\r\n", ";\r\n", "-1\r\n", "0x5\r\n", "10000000000000000\r\n", "5abc\u{e9}\r\n"]
        {
            check(body, "", Err(MalformedChunks));
        }
        check("3\r\nabcd", "abc", Err(MalformedChunks));
        check("3\r\nabc5\r\n", "abc", Err(MalformedChunks));
    }

    #[test]
    fn endless_lines_and_trailers_are_an_error() {
        check(&"0".repeat(LINE_MAX as usize + 1), "", Err(MalformedChunks));
        check(&format!("1;{}", "x".repeat(LINE_MAX as usize)), "", Err(MalformedChunks));
        check(&format!("1\r\na{}", "\r".repeat(LINE_MAX as usize + 1)), "a", Err(MalformedChunks));
        check(&format!("0\r\n{}", "a: b\r\n".repeat(TRAILERS_MAX as usize)), "", Err(MalformedChunks));
        let chunks = "1;x\r\na\r\n".repeat(5000);
        check(&chunks, &"a".repeat(5000), Ok(None));
    }

    proptest! {
        #[test]
        fn encoded_chunks_decode_to_their_payload(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..99), 0..9), cut in 1..40usize) {
            let mut body = Vec::new();
            for chunk in &chunks {
                body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"0\r\n\r\n");
            prop_assert_eq!(decode(body.chunks(cut)), (chunks.concat(), Ok(Some(body.len()))));
        }

        #[test]
        fn cuts_do_not_change_the_result(body in "[0-9a-fx;\r\n]{0,80}", cut in 1..9usize) {
            prop_assert_eq!(decode(body.as_bytes().chunks(cut)), decode([body.as_bytes()]));
        }
    }
}
