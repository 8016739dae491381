//! Someone who is to be heard: a live source, from its login to its last frame.

use encoding_rs::Encoding;

use super::source_decoder::{BodyError, BodyFraming, BodyProgress, SourceDecoder};
use crate::audio::{Codec, Frame};
use crate::http::source::head::SourceInfo;
use crate::http::source::login::{IcyHead, find_icy_head};
use crate::icy::Title;
use crate::station::{Feed, StationKey};

/// A live source that has given a right password.
#[derive(Debug)]
pub struct Source {
    /// The station.
    pub station: StationKey,
    /// Who it is.
    pub user: SourceUser,
    /// What it said of itself.
    pub info: SourceInfo,
    /// Its first frames, until it is on the air.
    pub pending_feed: Option<Feed>,
    phase: SourcePhase,
    /// What is still to be said to it.
    reply: Vec<u8>,
    sent: u64,
    charset: &'static Encoding,
}

/// Whoever may go on the air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceUser {
    /// The name that the password goes with.
    pub name: String,
    /// See [`Takeover::Priority`](crate::settings::Takeover::Priority).
    pub priority: i32,
}

#[derive(Debug)]
enum SourcePhase {
    /// The head of a v1 source is not whole yet.
    Head(Vec<u8>),
    Body(Box<SourceDecoder>),
}

/// What has come of a v1 source's head.
#[derive(Debug, PartialEq, Eq)]
pub enum HeadProgress {
    /// It was whole before; here is nothing to be done.
    AlreadyComplete,
    /// It is not whole yet.
    Incomplete,
    /// It is whole; these bytes follow it.
    Complete(Vec<u8>),
    /// It is longer than any head.
    TooLong,
}

impl Source {
    /// A v1 source, whose head is still to come and which is sent `reply` at once.
    pub fn icy(station: StationKey, who: SourceUser, charset: &'static Encoding, reply: &[u8]) -> Self {
        let phase = SourcePhase::Head(Vec::new());
        Self::new(station, who, SourceInfo::default(), phase, charset, reply)
    }

    /// A source that said all in its request, of `codec`, with a body that ends as `extent` says.
    pub fn http(
        station: StationKey,
        who: SourceUser,
        info: SourceInfo,
        (codec, extent): (Codec, BodyFraming),
        charset: &'static Encoding,
        reply: &[u8],
    ) -> Self {
        let phase = SourcePhase::Body(Box::new(SourceDecoder::new(codec, extent, info.metaint, charset)));
        Self::new(station, who, info, phase, charset, reply)
    }

    fn new(
        station: StationKey,
        who: SourceUser,
        info: SourceInfo,
        phase: SourcePhase,
        charset: &'static Encoding,
        reply: &[u8],
    ) -> Self {
        let mut feed = Feed::default();
        feed.open();
        let reply = reply.to_vec();
        Self { station, user: who, info, pending_feed: Some(feed), phase, reply, sent: 0, charset }
    }

    /// Takes the next bytes of a v1 source's head.
    pub fn feed_head(&mut self, bytes: &[u8]) -> HeadProgress {
        let SourcePhase::Head(head) = &mut self.phase else { return HeadProgress::AlreadyComplete };
        let seen = head.len();
        head.extend_from_slice(bytes);
        match find_icy_head(head, seen) {
            IcyHead::Complete(length) => {
                let rest = head.split_off(length);
                self.info = SourceInfo::from_lines(head);
                HeadProgress::Complete(rest)
            }
            IcyHead::TooLong => HeadProgress::TooLong,
            IcyHead::Incomplete => HeadProgress::Incomplete,
        }
    }

    /// From here on it sends frames of this codec, as its head said.
    pub fn begin_body(&mut self, codec: Codec) {
        let intake = SourceDecoder::new(codec, BodyFraming::UntilClose, self.info.metaint, self.charset);
        self.phase = SourcePhase::Body(Box::new(intake));
    }

    /// Takes the next bytes of its body; see `SourceDecoder::push`.
    ///
    /// # Errors
    /// When they are no audio.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        each: impl FnMut(&Frame<'_>, Option<Title>),
    ) -> Result<BodyProgress, BodyError> {
        match &mut self.phase {
            SourcePhase::Head(_) => Ok(BodyProgress::Incomplete),
            SourcePhase::Body(intake) => intake.push(bytes, each),
        }
    }

    /// It sends no more; see `SourceDecoder::finish`.
    pub fn finish(&mut self, each: impl FnMut(&Frame<'_>, Option<Title>)) {
        if let SourcePhase::Body(intake) = &mut self.phase {
            intake.finish(each);
        }
    }

    /// What is still to be said to it.
    pub fn reply(&self) -> &[u8] {
        &self.reply
    }

    /// Notes that the first `count` bytes of the reply were sent.
    pub fn advance(&mut self, count: usize) {
        self.reply.drain(..count);
        self.sent += count as u64;
    }

    /// How many bytes it was sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}
