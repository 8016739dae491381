//! Someone who is to be heard: a live source, from its login to its last frame.

use encoding_rs::Encoding;

use super::intake::{Extent, Fault, Flow, Intake};
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
    pub who: Who,
    /// What it said of itself.
    pub info: SourceInfo,
    /// Its first frames, until it is on the air.
    pub waiting: Option<Feed>,
    phase: Phase,
    /// What is still to be said to it.
    reply: Vec<u8>,
    sent: u64,
    charset: &'static Encoding,
}

/// Whoever may go on the air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The name that the password goes with.
    pub user: String,
    /// See [`Takeover::Priority`](crate::settings::Takeover::Priority).
    pub priority: i32,
}

#[derive(Debug)]
enum Phase {
    /// The head of a v1 source is not whole yet.
    Head(Vec<u8>),
    Body(Box<Intake>),
}

/// What has come of a v1 source's head.
#[derive(Debug, PartialEq, Eq)]
pub enum Head {
    /// It was whole before; here is nothing to be done.
    Before,
    /// It is not whole yet.
    NotYet,
    /// It is whole; these bytes follow it.
    Whole(Vec<u8>),
    /// It is longer than any head.
    TooLong,
}

impl Source {
    /// A v1 source, whose head is still to come and which is sent `reply` at once.
    pub fn icy(station: StationKey, who: Who, charset: &'static Encoding, reply: &[u8]) -> Self {
        let phase = Phase::Head(Vec::new());
        Self::new(station, who, SourceInfo::default(), phase, charset, reply)
    }

    /// A source that said all in its request, of `codec`, with a body that ends as `extent` says.
    pub fn http(
        station: StationKey,
        who: Who,
        info: SourceInfo,
        (codec, extent): (Codec, Extent),
        charset: &'static Encoding,
        reply: &[u8],
    ) -> Self {
        let phase = Phase::Body(Box::new(Intake::new(codec, extent, info.metaint, charset)));
        Self::new(station, who, info, phase, charset, reply)
    }

    fn new(
        station: StationKey,
        who: Who,
        info: SourceInfo,
        phase: Phase,
        charset: &'static Encoding,
        reply: &[u8],
    ) -> Self {
        let mut feed = Feed::default();
        feed.open();
        let reply = reply.to_vec();
        Self { station, who, info, waiting: Some(feed), phase, reply, sent: 0, charset }
    }

    /// Takes the next bytes of a v1 source's head.
    pub fn hear_head(&mut self, bytes: &[u8]) -> Head {
        let Phase::Head(head) = &mut self.phase else { return Head::Before };
        let seen = head.len();
        head.extend_from_slice(bytes);
        match find_icy_head(head, seen) {
            IcyHead::Complete(length) => {
                let rest = head.split_off(length);
                self.info = SourceInfo::from_lines(head);
                Head::Whole(rest)
            }
            IcyHead::TooLong => Head::TooLong,
            IcyHead::Incomplete => Head::NotYet,
        }
    }

    /// From here on it sends frames of this codec, as its head said.
    pub fn begin_body(&mut self, codec: Codec) {
        let intake = Intake::new(codec, Extent::UntilClose, self.info.metaint, self.charset);
        self.phase = Phase::Body(Box::new(intake));
    }

    /// Takes the next bytes of its body; see `Intake::push`.
    ///
    /// # Errors
    /// When they are no audio.
    pub fn hear(&mut self, bytes: &[u8], each: impl FnMut(&Frame<'_>, Option<Title>)) -> Result<Flow, Fault> {
        match &mut self.phase {
            Phase::Head(_) => Ok(Flow::GoesOn),
            Phase::Body(intake) => intake.push(bytes, each),
        }
    }

    /// It sends no more; see `Intake::finish`.
    pub fn finish(&mut self, each: impl FnMut(&Frame<'_>, Option<Title>)) {
        if let Phase::Body(intake) = &mut self.phase {
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
