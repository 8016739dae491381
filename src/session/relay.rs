//! Another server that we listen to: what it is asked, what it answers, what it plays.

use encoding_rs::Encoding;

use super::source_decoder::{BodyError, BodyFraming, BodyProgress, SourceDecoder};
use crate::audio::Frame;
use crate::http::source::chunked;
use crate::http::upstream::{UpstreamHead, UpstreamResponse, parse_more};
use crate::icy::Title;
use crate::station::StationKey;

/// A connection to a relay's master.
#[derive(Debug)]
pub struct Relay {
    /// The station that relays.
    pub station: StationKey,
    /// What is still to be said to the master.
    request: Vec<u8>,
    phase: RelayPhase,
}

#[derive(Debug)]
enum RelayPhase {
    /// The head of its answer is not whole yet.
    Head(Vec<u8>),
    Body(Box<SourceDecoder>),
}

impl Relay {
    /// A master that has not been asked yet.
    pub fn new(station: StationKey, request: Vec<u8>) -> Self {
        Self { station, request, phase: RelayPhase::Head(Vec::new()) }
    }

    /// What is still to be said to it.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Notes that the first `count` bytes of the request were sent.
    pub fn advance(&mut self, count: usize) {
        self.request.drain(..count);
    }

    /// Takes the next bytes of its answer's head, and says what has become of that; `None` where it was whole before.
    pub fn feed_head(&mut self, bytes: &[u8]) -> Option<UpstreamResponse> {
        let RelayPhase::Head(head) = &mut self.phase else { return None };
        let seen = head.len();
        head.extend_from_slice(bytes);
        Some(parse_more(head, seen))
    }

    /// From here on it sends the stream of which its head, `length` bytes, told. Returns what of that came already.
    pub fn begin_body(
        &mut self,
        length: usize,
        upstream: &UpstreamHead,
        charset: &'static Encoding,
    ) -> Vec<u8> {
        let extent = match upstream.chunked {
            true => BodyFraming::Chunked(chunked::ChunkedDecoder::default()),
            false => BodyFraming::UntilClose,
        };
        let intake = SourceDecoder::new(upstream.codec, extent, upstream.info.metaint, charset);
        match std::mem::replace(&mut self.phase, RelayPhase::Body(Box::new(intake))) {
            RelayPhase::Head(mut head) => head.split_off(length),
            RelayPhase::Body(_) => Vec::new(),
        }
    }

    /// Takes the next bytes of the stream, and gives `each` every frame that is whole with them, with the title that begins
    /// with it.
    ///
    /// # Errors
    /// When they are no audio.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        each: impl FnMut(&Frame<'_>, Option<Title>),
    ) -> Result<BodyProgress, BodyError> {
        match &mut self.phase {
            RelayPhase::Head(_) => Ok(BodyProgress::Incomplete),
            RelayPhase::Body(intake) => intake.push(bytes, each),
        }
    }

    /// It sends no more: gives `each` the last frame, which nothing behind it could confirm.
    pub fn finish(&mut self, each: impl FnMut(&Frame<'_>, Option<Title>)) {
        if let RelayPhase::Body(intake) = &mut self.phase {
            intake.finish(each);
        }
    }
}
