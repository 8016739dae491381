//! Decides when a feed that has stalled may go on air again: a weak link must not cut the AutoDJ's tracks to
//! pieces.

use std::time::Duration;

use super::feed::Feed;
use crate::time::{AudioTime, Time};

/// How much audio a feed that has stalled must deliver without a pause before it replaces another input. It
/// is queued, so it is also what the feed has in reserve for its next stall.
pub const COMEBACK_AUDIO: Duration = Duration::from_secs(5);

/// What a feed that stalls again and again must deliver at most.
const COMEBACK_AUDIO_MAX: Duration = Duration::from_secs(60);

/// How far a feed may be behind real time while it delivers this audio. Servers deliver once a second.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// After this much time on air, a stall counts as the first one; likewise if nothing was weak for this long
/// before another connection. A feed that is not slow enough for gaps uses up its reserve sooner.
const FORGET_AFTER: Duration = Duration::from_secs(120);

/// A feed that delivers less than real time, but misses at most one part in this many, is slow: it stays on
/// air, with gaps. A sound card is off by up to 4 %; a link that carries less than this is too thin.
pub const SLOW_RATIO_MAX: u32 = 12;

/// A feed that was replaced because it stalled.
#[derive(Debug, Clone, PartialEq)]
pub struct Stall {
    /// The name of its sender.
    pub name: String,
    /// How much audio it must deliver without a pause to come back.
    pub required: Duration,
    /// Whether its sender has lost its connection.
    pub is_interrupted: bool,
}

/// The stalls of a feed, and what it has delivered since the last one.
#[derive(Debug, Default)]
pub struct Comeback {
    /// The number of stalls, each with less than [`FORGET_AFTER`] on air before it.
    stalls: u32,
    /// When it last stalled, or had a sender that had to prove itself.
    weak_at: Time,
    /// Whether another input, or silence, has replaced the feed.
    is_replaced: bool,
    /// What it must deliver before it replaces that input.
    required: Duration,
    /// When it began to deliver without a pause, and how much it had delivered before.
    steady_since: Option<(Time, AudioTime)>,
    /// How much it had delivered when this was last asked.
    seen: AudioTime,
}

impl Comeback {
    /// Notes that another input has replaced the feed, which was on air for `on_air_for`. Returns how much
    /// audio it must deliver to come back.
    pub fn note_stall(&mut self, feed: &Feed, on_air_for: Duration, now: Time) -> Duration {
        self.seen = feed.delivered();
        self.stalls = if on_air_for >= FORGET_AFTER { 1 } else { self.stalls + 1 };
        (self.weak_at, self.is_replaced, self.steady_since) = (now, true, None);
        self.required = required_after(self.stalls);
        self.required
    }

    /// Notes that the feed has another sender, or the same one with another connection, and has `delivered`
    /// this much before. Recent stalls count, but for the first one: a new connection is a new chance.
    pub fn note_new_sender(&mut self, is_same_name: bool, delivered: AudioTime, now: Time) {
        if !is_same_name || now.since(self.weak_at) >= FORGET_AFTER {
            self.stalls = 0;
        }
        (self.is_replaced, self.steady_since, self.seen) = (false, None, delivered);
        self.required = required_after(self.stalls.saturating_sub(1));
    }

    /// Notes that the feed is on air, or may be: it has nothing to prove.
    pub fn note_on_air(&mut self) {
        (self.is_replaced, self.required) = (false, Duration::ZERO);
    }

    /// Notes that the process did not run for this time, which is no pause of the sender.
    pub fn excuse(&mut self, time: Duration) {
        self.steady_since = self.steady_since.map(|(since, before)| (since + time, before));
    }

    /// Returns whether the feed has lost its place on air because it stalled. What remains of it must not
    /// interrupt the input that has replaced it.
    pub fn is_replaced(&self) -> bool {
        self.is_replaced
    }

    /// Returns whether the feed may replace an input of lower priority. If not, drops what it has queued
    /// before its last pause. Must be called whenever the station is advanced.
    pub fn is_admitted(&mut self, feed: &mut Feed, now: Time) -> bool {
        if self.required.is_zero() {
            return true;
        }
        if feed.is_open() {
            self.weak_at = now;
        }
        let delivered = feed.delivered();
        let seen = std::mem::replace(&mut self.seen, delivered);
        if delivered > seen && self.steady_since.is_none() {
            self.steady_since = Some((now, seen));
        }
        let Some((since, before)) = self.steady_since else { return false };
        let (steady, passed) = (delivered.saturating_sub(before).duration(), now.since(since));
        if passed > steady + PAUSE_MAX + passed / SLOW_RATIO_MAX {
            self.steady_since = (delivered > seen).then_some((now, seen));
            feed.trim_to(delivered.saturating_sub(seen).duration());
        } else if steady >= self.required {
            return true;
        } else {
            feed.trim_to(COMEBACK_AUDIO);
        }
        false
    }
}

fn required_after(stalls: u32) -> Duration {
    match stalls {
        0 => Duration::ZERO,
        _ => (COMEBACK_AUDIO * (1 << (stalls - 1).min(8))).min(COMEBACK_AUDIO_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Frame, Header, silent_frame};

    fn push(feed: &mut Feed, seconds: u64) {
        let frame = silent_frame(&Header::DEFAULT);
        let end = feed.delivered() + AudioTime::from(Duration::from_secs(seconds));
        while feed.delivered() < end {
            feed.push(&Frame { bytes: &frame, header: Header::DEFAULT, offset: 0 });
        }
    }

    /// Returns whether a feed is back that delivers three seconds of audio, then three more after a stop of
    /// the process of this many seconds.
    fn is_back_after_a_stop(stop: u64, is_excused: bool) -> bool {
        let at = |seconds| Time::after_start(Duration::from_secs(seconds));
        let (mut feed, mut comeback) = (Feed::default(), Comeback::default());
        feed.open();
        comeback.note_stall(&feed, Duration::ZERO, at(10));
        push(&mut feed, 3);
        assert!(!comeback.is_admitted(&mut feed, at(13)));
        if is_excused {
            comeback.excuse(Duration::from_secs(stop));
        }
        assert!(!comeback.is_admitted(&mut feed, at(13 + stop)));
        push(&mut feed, 3);
        comeback.is_admitted(&mut feed, at(13 + stop))
    }

    #[test]
    fn stop_of_the_process_is_no_pause_of_the_source() {
        for (stop, is_excused, is_back) in
            [(2, false, true), (8, false, false), (8, true, true), (60, true, true)]
        {
            assert_eq!(is_back_after_a_stop(stop, is_excused), is_back, "{stop} s, excused: {is_excused}");
        }
    }
}
