//! The state of a connection to an upstream: the request, its response, and the stream.

use encoding_rs::Encoding;

use super::source_decoder::{BodyError, BodyFraming, BodyProgress, SourceDecoder};
use crate::audio::Frame;
use crate::http::source::chunked;
use crate::http::upstream::{UpstreamHead, UpstreamResponse, parse_more};
use crate::icy::Title;
use crate::station::StationKey;

/// A connection to a relay's upstream.
#[derive(Debug)]
pub struct Relay {
    /// The station that relays the stream.
    pub station: StationKey,
    /// The part of the request still to send.
    request: Vec<u8>,
    phase: RelayPhase,
}

#[derive(Debug)]
enum RelayPhase {
    /// The head of the response is incomplete.
    Head(Vec<u8>),
    Body(Box<SourceDecoder>),
}

impl Relay {
    /// Creates the session. `request` is sent first.
    pub fn new(station: StationKey, request: Vec<u8>) -> Self {
        Self { station, request, phase: RelayPhase::Head(Vec::new()) }
    }

    /// Returns the part of the request still to send.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Notes that the first `count` bytes of the request were sent.
    pub fn advance(&mut self, count: usize) {
        self.request.drain(..count);
    }

    /// Processes the next bytes of the response's head and returns the result of parsing it; `None` if the
    /// head was already complete.
    pub fn feed_head(&mut self, bytes: &[u8]) -> Option<UpstreamResponse> {
        let RelayPhase::Head(head) = &mut self.phase else { return None };
        let seen = head.len();
        head.extend_from_slice(bytes);
        Some(parse_more(head, seen))
    }

    /// Starts decoding the body, as announced in the head of `length` bytes. Returns the bytes of the body
    /// received so far.
    pub fn begin_body(
        &mut self,
        length: usize,
        upstream: &UpstreamHead,
        charset: &'static Encoding,
    ) -> Vec<u8> {
        let framing = match upstream.chunked {
            true => BodyFraming::Chunked(chunked::ChunkedDecoder::default()),
            false => BodyFraming::UntilClose,
        };
        let decoder = SourceDecoder::new(upstream.codec, framing, upstream.info.metaint, charset);
        match std::mem::replace(&mut self.phase, RelayPhase::Body(Box::new(decoder))) {
            RelayPhase::Head(mut head) => head.split_off(length),
            RelayPhase::Body(_) => Vec::new(),
        }
    }

    /// Processes the next bytes of the stream. Calls `on_frame` for every frame that they complete, with the
    /// title that begins at that frame.
    ///
    /// # Errors
    /// If the stream cannot be decoded.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        on_frame: impl FnMut(&Frame<'_>, Option<Title>),
    ) -> Result<BodyProgress, BodyError> {
        match &mut self.phase {
            RelayPhase::Head(_) => Ok(BodyProgress::Incomplete),
            RelayPhase::Body(decoder) => decoder.push(bytes, on_frame),
        }
    }

    /// Sets the encoding of further titles that are not UTF-8.
    pub fn set_charset(&mut self, charset: &'static Encoding) {
        if let RelayPhase::Body(decoder) = &mut self.phase {
            decoder.set_charset(charset);
        }
    }

    /// Returns whether the head of the response is complete.
    pub fn is_streaming(&self) -> bool {
        matches!(self.phase, RelayPhase::Body(_))
    }

    /// Returns whether the body is complete if the connection is closed now.
    pub fn may_end(&self) -> bool {
        matches!(&self.phase, RelayPhase::Body(decoder) if decoder.may_end())
    }

    /// Ends the stream and calls `on_frame` for the last frame, which no following frame could confirm.
    pub fn finish(&mut self, on_frame: impl FnMut(&Frame<'_>, Option<Title>)) {
        if let RelayPhase::Body(decoder) = &mut self.phase {
            decoder.finish(on_frame);
        }
    }
}
