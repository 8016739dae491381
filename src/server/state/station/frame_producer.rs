//! A connection that sends frames for a station's feed: a live source, or the upstream of a relay.

use std::time::Duration;

use crate::audio::Frame;
use crate::http::untrusted_url::OwnHosts;
use crate::icy::Title;
use crate::server::state::peer::Peer;
use crate::station::Feed;
use crate::time::{AudioTime, Time};

/// How long nothing must arrive until the connection may be dead. Encoders send several times a second.
pub const DEAD_AFTER: Duration = Duration::from_secs(1);

/// A pause of more than this is an interruption and not the rhythm of the encoder: another input is on air.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// The length of the frames of which the bit rate is measured: the bit reservoir of MP3, and quiet passages of
/// AAC, are shorter.
const MEASURED_LENGTH: Duration = Duration::from_secs(10);

/// Receives frames, each with the title that begins at it.
pub type FrameSink<'a> = &'a mut dyn FnMut(&Frame<'_>, Option<Title>);

/// A connection that sends frames.
#[derive(Debug)]
pub struct FrameProducer {
    /// The connection.
    pub peer: Peer,
    /// The last title.
    pub title: Option<Title>,
    /// When the last frame arrived.
    last_frame_at: Time,
    /// When anything arrived last, or when reading was resumed.
    last_input_at: Time,
    /// The longest pause between two arrivals, of those that are not interruptions.
    longest_pause: Duration,
    /// Whether it is ahead of real time, so that reading is paused.
    is_paused: bool,
    /// Whether the connection has ended. The last frame comes after that, because only the end shows that it
    /// is whole.
    has_ended: bool,
    /// The bytes and the length of the frames since the bit rate was last taken.
    measured: (u64, AudioTime),
    /// The number of frames before the first title, if that title applies to them too.
    frames_before_title: Option<usize>,
}

impl FrameProducer {
    /// Creates the producer of a connection whose first frame has just arrived.
    pub fn new(peer: Peer, now: Time) -> Self {
        Self {
            peer,
            title: None,
            last_frame_at: now,
            last_input_at: now,
            longest_pause: Duration::ZERO,
            is_paused: false,
            has_ended: false,
            measured: (0, AudioTime::ZERO),
            frames_before_title: None,
        }
    }

    /// Applies the first title to all frames before it too. A client that joins a stream gets the current
    /// title only with the first metadata block.
    pub fn with_retroactive_title(self) -> Self {
        Self { frames_before_title: Some(0), ..self }
    }

    /// Calls `take` with a function that adds frames to `feed`. A title may not link to `own_hosts`. Returns
    /// the result of `take`, and whether there were frames.
    pub fn push_frames<R>(
        &mut self,
        feed: &mut Feed,
        own_hosts: &OwnHosts,
        now: Time,
        take: impl FnOnce(FrameSink<'_>) -> R,
    ) -> (R, bool) {
        let (mut has_frames, mut last_title) = (false, None);
        let Self { frames_before_title, measured, .. } = self;
        let result = take(&mut |frame, title| {
            let title = title.map(|title| without_link_to(own_hosts, title));
            *measured = (measured.0 + frame.bytes.len() as u64, measured.1 + frame.header.duration());
            (has_frames, last_title) = (true, title.clone().or(last_title.take()));
            let is_set = match (&title, *frames_before_title) {
                (Some(title), Some(before)) => feed.set_title_of_last(before, title),
                _ => false,
            };
            *frames_before_title = frames_before_title.filter(|_| title.is_none()).map(|before| before + 1);
            // A title that applies to earlier frames is not set again: it would be one more line in the log.
            push_frame(feed, frame, title.filter(|_| !is_set));
        });
        if has_frames && !self.has_ended {
            self.last_frame_at = now;
        }
        self.note_input(now);
        self.is_paused = feed.is_full();
        self.title = last_title.or(self.title.take());
        (result, has_frames)
    }

    /// Returns whether reading from this connection is paused.
    pub fn is_read_paused(&self, peer: Peer) -> bool {
        self.peer == peer && self.is_paused
    }

    /// Resumes reading if it was paused and `feed` has room again; returns the connection if so.
    pub fn resume_reading(&mut self, feed: &Feed, now: Time) -> Option<Peer> {
        if !self.is_paused || feed.is_full() {
            return None;
        }
        (self.is_paused, self.last_frame_at, self.last_input_at) = (false, now, now);
        Some(self.peer)
    }

    /// Returns the mean bit rate in kbit/s of the frames since it was last returned, once they are longer than
    /// [`MEASURED_LENGTH`].
    pub fn take_bit_rate(&mut self) -> Option<u32> {
        let (bytes, length) = self.measured;
        if length < MEASURED_LENGTH.into() {
            return None;
        }
        self.measured = (0, AudioTime::ZERO);
        length.mean_kbps(bytes)
    }

    /// Notes that the connection ends now, before its last frame is taken.
    pub fn note_end(&mut self) {
        self.has_ended = true;
    }

    /// Returns how long no frame has arrived.
    pub fn silent_for(&self, now: Time) -> Duration {
        now.since(self.last_frame_at)
    }

    fn note_input(&mut self, now: Time) {
        let pause = now.since(self.last_input_at);
        if pause <= PAUSE_MAX && !self.is_paused {
            self.longest_pause = self.longest_pause.max(pause);
        }
        self.last_input_at = now;
    }

    /// Returns whether anything has arrived after `since`. While reading is paused, this is unknown and
    /// counts as yes.
    pub fn has_sent_since(&self, since: Time) -> bool {
        self.is_paused || self.last_input_at > since
    }

    /// Returns from when on its connection counts as dead if nothing arrives: after [`DEAD_AFTER`], or half
    /// as long again as the longest pause so far, because some encoders send in bursts. `None` while reading
    /// is paused: what has arrived meanwhile is unknown.
    pub fn dead_from(&self) -> Option<Time> {
        let silence = DEAD_AFTER.max(self.longest_pause * 3 / 2);
        (!self.is_paused).then(|| self.last_input_at + silence)
    }

    /// Returns when the connection times out if nothing arrives. A paused connection does not time out.
    pub fn deadline(&self, timeout: Duration) -> Option<Time> {
        (!self.is_paused).then(|| self.last_frame_at + timeout)
    }

    /// Returns whether nothing has arrived for `timeout`.
    pub fn is_overdue(&self, timeout: Duration, now: Time) -> bool {
        self.deadline(timeout).is_some_and(|deadline| deadline <= now)
    }
}

/// Drops the URL of a title if it leads to one of `own_hosts`.
pub fn without_link_to(own_hosts: &OwnHosts, mut title: Title) -> Title {
    if own_hosts.contains_host_of(&title.url) {
        title.url.clear();
    }
    title
}

/// Adds a frame, and the title that begins at it, to a feed.
pub fn push_frame(feed: &mut Feed, frame: &Frame<'_>, title: Option<Title>) {
    if let Some(title) = title {
        feed.set_title(title);
    }
    feed.push(frame);
}
