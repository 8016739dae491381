//! The state of a live source, from its login to its last frame.

use encoding_rs::Encoding;

use super::source_decoder::{BodyError, BodyFraming, BodyProgress, SourceDecoder};
use crate::audio::{Codec, Frame};
use crate::http::source::head::SourceInfo;
use crate::http::source::login::{IcyHead, find_icy_head};
use crate::http::source::reply::SOURCE_ACCEPTED;
use crate::icy::Title;
use crate::station::{Feed, StationKey};

/// A live source that has authenticated.
#[derive(Debug)]
pub struct Source {
    /// The station.
    pub station: StationKey,
    /// The user that logged in.
    pub user: SourceUser,
    /// What the source announced about itself.
    pub info: SourceInfo,
    /// Its first frames, until it goes live.
    pub pending_feed: Option<Feed>,
    phase: SourcePhase,
    /// The part of the reply still to send.
    reply: Vec<u8>,
    sent: u64,
    charset: &'static Encoding,
    /// Whether it has sent anything of its body.
    has_body: bool,
}

/// A user that may go live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceUser {
    /// The name of the account.
    pub name: String,
    /// See [`Takeover::Priority`](crate::settings::Takeover::Priority).
    pub priority: i32,
}

#[derive(Debug)]
enum SourcePhase {
    /// The head of a v1 source is incomplete.
    Head(Vec<u8>),
    Body(Box<SourceDecoder>),
}

/// The result of feeding bytes to the head of a v1 source.
#[derive(Debug, PartialEq, Eq)]
pub enum HeadProgress {
    /// The head was complete before this call.
    AlreadyComplete,
    /// The head is not complete yet.
    Incomplete,
    /// The head is complete; these bytes follow it.
    Complete(Vec<u8>),
    /// The head exceeds the limit.
    TooLong,
}

impl Source {
    /// Creates a SHOUTcast v1 source, which sends its head after the login. It is sent `reply` at once.
    pub fn new_icy(station: StationKey, user: SourceUser, charset: &'static Encoding, reply: &[u8]) -> Self {
        let phase = SourcePhase::Head(Vec::new());
        Self::new(station, user, SourceInfo::default(), phase, charset, reply)
    }

    /// Creates a source whose request is complete, with this codec and this framing of the body.
    pub fn new_http(
        station: StationKey,
        user: SourceUser,
        info: SourceInfo,
        (codec, framing): (Codec, BodyFraming),
        charset: &'static Encoding,
        reply: &[u8],
    ) -> Self {
        let phase = SourcePhase::Body(Box::new(SourceDecoder::new(codec, framing, info.metaint, charset)));
        Self::new(station, user, info, phase, charset, reply)
    }

    fn new(
        station: StationKey,
        user: SourceUser,
        info: SourceInfo,
        phase: SourcePhase,
        charset: &'static Encoding,
        reply: &[u8],
    ) -> Self {
        let mut feed = Feed::default();
        feed.open();
        let reply = reply.to_vec();
        let pending_feed = Some(feed);
        Self { station, user, info, pending_feed, phase, reply, sent: 0, charset, has_body: false }
    }

    /// Processes the next bytes of a v1 source's head.
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

    /// Starts decoding frames of this codec, which the head announced.
    pub fn begin_body(&mut self, codec: Codec) {
        let decoder = SourceDecoder::new(codec, BodyFraming::UntilClose, self.info.metaint, self.charset);
        self.phase = SourcePhase::Body(Box::new(decoder));
    }

    /// Processes the next bytes of the body; see `SourceDecoder::push`.
    ///
    /// # Errors
    /// If the body cannot be decoded.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        on_frame: impl FnMut(&Frame<'_>, Option<Title>),
    ) -> Result<BodyProgress, BodyError> {
        self.has_body |= !bytes.is_empty();
        match &mut self.phase {
            SourcePhase::Head(_) => Ok(BodyProgress::Incomplete),
            SourcePhase::Body(decoder) => decoder.push(bytes, on_frame),
        }
    }

    /// Returns whether the body is complete if the connection is closed now.
    pub fn may_end(&self) -> bool {
        matches!(&self.phase, SourcePhase::Body(decoder) if decoder.may_end())
    }

    /// Ends the body; see `SourceDecoder::finish`.
    pub fn finish(&mut self, on_frame: impl FnMut(&Frame<'_>, Option<Title>)) {
        if let SourcePhase::Body(decoder) = &mut self.phase {
            decoder.finish(on_frame);
        }
    }

    /// Returns whether it has sent anything of its body.
    pub fn has_body(&self) -> bool {
        self.has_body
    }

    /// Returns the announced codec; MP3 while the head of a v1 source is incomplete.
    pub fn codec(&self) -> Codec {
        match &self.phase {
            SourcePhase::Head(_) => Codec::Mp3,
            SourcePhase::Body(decoder) => decoder.codec(),
        }
    }

    /// Sets the encoding of further titles that are not UTF-8.
    pub fn set_charset(&mut self, charset: &'static Encoding) {
        self.charset = charset;
        if let SourcePhase::Body(decoder) = &mut self.phase {
            decoder.set_charset(charset);
        }
    }

    /// Returns how many bytes were sent, and what a source that is refused now is sent after them, if its
    /// protocol still allows an answer: `refusal` instead of the acceptance of a request, if that was not
    /// sent, and after `OK2` before its head is complete.
    pub fn refusal_instead_of_reply(&self, refusal: Vec<u8>) -> Option<(u64, Vec<u8>)> {
        let before = match &self.phase {
            SourcePhase::Head(_) => &self.reply[..],
            SourcePhase::Body(_) => self.reply.strip_suffix(SOURCE_ACCEPTED)?,
        };
        Some((self.sent, [before, &refusal].concat()))
    }

    /// Returns the part of the reply still to send.
    pub fn reply(&self) -> &[u8] {
        &self.reply
    }

    /// Notes that the first `count` bytes of the reply were sent.
    pub fn advance(&mut self, count: usize) {
        self.reply.drain(..count);
        self.sent += count as u64;
    }

    /// Returns the number of bytes sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}
