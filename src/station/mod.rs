//! One station: an endless programme, paid for in frames as the clock goes on.

mod current;
mod feed;
mod gallery;
mod history;
mod input;
mod key;
mod ring;
mod tape;
mod timeline;
mod track;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};

pub use current::{Current, Moment};
pub use feed::{Feed, WAITING_MAX};
pub use gallery::{Gallery, Read};
pub use history::{History, Played};
pub use input::{Cue, Input, Readiness};
pub use key::StationKey;
pub use tape::{Recorder, Tape};
pub use timeline::Timeline;
pub use track::{Picture, TrackInfo};
pub use turns::{FeedId, PATIENCE};

use crate::audio::{Codec, Header};
use crate::icy::Title;
use crate::settings::StationSettings;
use crate::time::{AudioTime, Time};
use turns::{Change, Next, Turns};

/// How many delivery intervals of audio are held beyond the buffer: a listener is looked after once an interval, and
/// must still stand on bytes that are held when that happens. See [`Station::sweep_due`].
const MARGIN_INTERVALS: u32 = 4;

/// By one part in so many does a station's clock follow that of whoever feeds it: no two crystals agree, and an encoder
/// that is 100 ppm fast would be 8.6 s ahead of us after a day. Real ones differ by far less than this.
const FOLLOW: u32 = 1000;

/// A feed with less than this waiting is not ahead of us.
const AHEAD: Duration = Duration::from_secs(2);

/// A station: its timeline, and the inputs that take turns on it.
///
/// The clock says how much audio is owed; whatever is on the air pays in whole frames. The timeline starts
/// `burst` in the past, so a fresh station has a whole burst for its first listener as soon as an input has frames.
/// Owed and paid are exact, so a station neither gains nor loses time.
pub struct Station {
    /// What the log calls this station.
    mount: String,
    timeline: Timeline,
    turns: Turns,
    started: Time,
    /// Audio that was never played because the process itself stood still, or whoever feeds us is slower than our clock.
    forgiven: AudioTime,
    /// Audio that was played early because whoever feeds us is faster than our clock.
    advanced: AudioTime,
    /// When the clock was last made to follow.
    followed: Time,
    /// The codec that listeners were promised; unset until something other than silence is to be played.
    codec: Option<Codec>,
    /// Where on the timeline frames begin that are of the same codec as the last.
    same_codec_from: u64,
    history: History,
    /// How often the title on the air changed.
    titles: u64,
    /// Who is on the air, and with what title.
    current: Current,
    /// Since when there has been nothing but silence.
    silent_since: Option<Time>,
    /// Where the timeline ended when it was last begun anew: what is before that is for nobody.
    fresh_from: u64,
    /// When that was.
    fresh_since: Time,
    burst: AudioTime,
    buffer: AudioTime,
    margin: AudioTime,
    /// Where the timeline ended when the round of listeners began that is now in progress, and the one before.
    round: [Edge; 2],
    waits_until: Option<Time>,
}

/// Where the timeline ended at some time.
#[derive(Debug, Clone, Copy, Default)]
struct Edge {
    offset: u64,
    time: AudioTime,
}

/// How a payment went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paid {
    /// All that is owed is on the timeline.
    All,
    /// There is more to pay, but every listener has to be looked after first.
    AfterSweep,
    /// The input on the air has not got the frames yet, and is [waited for](Station::waits_until).
    Waiting,
}

impl Station {
    /// A station that starts now and has no inputs yet.
    pub fn new(settings: &StationSettings, now: Time) -> Self {
        let (buffer, margin) = (buffer_of(settings), margin_of(settings));
        Self {
            timeline: Timeline::new(AudioTime::from(kept_by(settings))),
            turns: Turns::new(Header::DEFAULT),
            started: now,
            forgiven: AudioTime::ZERO,
            advanced: AudioTime::ZERO,
            followed: now,
            codec: (!settings.music.is_empty()).then_some(Codec::Mp3),
            same_codec_from: 0,
            history: History::default(),
            titles: 0,
            current: Current::default(),
            silent_since: None,
            fresh_from: 0,
            fresh_since: now,
            burst: settings.burst.into(),
            buffer: buffer.into(),
            margin: margin.into(),
            round: [Edge::default(); 2],
            waits_until: None,
            mount: settings.mount.clone(),
        }
    }

    /// Puts other settings in force, while listeners play. The timeline goes on without a gap or a repeat: only how far
    /// behind the live edge listeners join and may fall changes.
    pub fn apply(&mut self, settings: &StationSettings) {
        let burst = AudioTime::from(settings.burst);
        // What is due by now stays what it is.
        self.forgiven += burst.saturating_sub(self.burst);
        self.advanced += self.burst.saturating_sub(burst);
        self.burst = burst;
        (self.buffer, self.margin) = (buffer_of(settings).into(), margin_of(settings).into());
        self.timeline.keep(kept_by(settings).into());
        self.mount.clone_from(&settings.mount);
    }

    /// Adds an input that is less important than all that were added before.
    pub fn add_input(&mut self, input: Box<dyn Input>) {
        self.turns.add(input);
    }

    /// Adds a feed that is less important than all inputs that were added before.
    pub fn add_feed(&mut self) -> FeedId {
        self.turns.add_feed()
    }

    /// Puts `feed` in the place of a feed that was added here, for what `name` sends. With `at_boundary`, it is not heard
    /// before the track on the air ends.
    pub fn open_feed(&mut self, id: FeedId, name: &str, at_boundary: bool, feed: Feed) {
        self.turns.open(id, name, at_boundary, feed);
    }

    /// A feed that was added here.
    pub fn feed(&self, id: FeedId) -> &Feed {
        self.turns.feed(id)
    }

    /// The same, to be fed.
    pub fn feed_mut(&mut self, id: FeedId) -> &mut Feed {
        self.turns.feed_mut(id)
    }

    /// Whether this feed is on the air.
    pub fn is_on_air(&self, id: FeedId) -> bool {
        self.turns.is_on_air(id)
    }

    /// The codec that is played here, once there was anything to play; else that of the music to come.
    pub fn codec(&self) -> Option<Codec> {
        self.codec
    }

    /// What was on the air, with its titles.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// How often the title on the air changed.
    pub fn titles(&self) -> u64 {
        self.titles
    }

    /// What is on the air at the live edge.
    pub fn current(&self) -> &Current {
        &self.current
    }

    /// Since when there has been nothing but silence, if there is.
    pub fn silent_since(&self) -> Option<Time> {
        self.silent_since
    }

    /// What was played last.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The header of the last frame played, or of the silence to come.
    pub fn format(&self) -> Header {
        self.turns.format()
    }

    /// The title on the air at the live edge; empty if there is none.
    pub fn title(&self) -> &str {
        self.timeline.title().title()
    }

    /// What is known of the track on the air at the live edge; `None` in silence, and where the input knows nothing.
    pub fn track(&self) -> Option<&Arc<TrackInfo>> {
        self.turns.track()
    }

    /// Titles that will follow that on the air, as far as the input knows; none in silence and of what is sent to us.
    pub fn next_titles(&self) -> Vec<String> {
        self.turns.next_titles()
    }

    /// Breaks off the track on the air, so that the next begins with the next frame. Says whether there was one; a live
    /// source and a relay have none.
    pub fn skip(&mut self) -> bool {
        self.turns.skip()
    }

    /// Gives the track on the air another title, until it ends. Says whether there was one; a live source and a relay have
    /// titles of their own.
    pub fn retitle(&mut self, title: Title) -> bool {
        self.turns.retitle(title)
    }

    /// The bit rate that a newcomer will find, in kbit/s.
    pub fn kbps(&self) -> Option<u32> {
        self.timeline.kbps(self.burst.max(AudioTime::from(Duration::from_secs(1))))
    }

    /// Where a newcomer joins: on the first frame not older than the burst, and of the codec that he is told.
    pub fn join_offset(&self) -> u64 {
        self.timeline.offset_behind(self.burst).max(self.same_codec_from).max(self.fresh_from)
    }

    /// Whether nothing was played yet since the station started or was [begun anew](Self::begin_anew).
    pub fn is_fresh(&self) -> bool {
        self.timeline.end() == self.fresh_from
    }

    /// Begins anew: what was played is for nobody any more, a whole burst is owed, and what comes first is waited for.
    pub fn begin_anew(&mut self, now: Time) {
        let fresh = self.timeline.end_time() + self.burst;
        self.advanced += fresh.saturating_sub(self.due(now));
        (self.fresh_from, self.fresh_since) = (self.timeline.end(), now);
        (self.silent_since, self.waits_until) = (None, None);
        self.turns.begin_anew();
    }

    /// Owes so much less than it does, so that as much stays in hand of what is fed; at most the burst.
    pub fn keep_in_hand(&mut self, length: Duration) {
        self.forgiven += self.burst.min(length.into());
    }

    /// Whether a listener at this offset is too far behind and has to be moved forward.
    pub fn is_late(&self, offset: u64) -> bool {
        // Nearly everyone was sent all there was when he was last looked after, and need not be looked up among the frames.
        let [_, Edge { offset: last, time }] = self.round;
        let is_up = last <= offset && self.timeline.end_time() - time <= self.buffer;
        !is_up && offset < self.timeline.offset_behind(self.buffer)
    }

    /// Until when the input on the air is waited for, if it is.
    pub fn waits_until(&self) -> Option<Time> {
        self.waits_until
    }

    /// Whether whoever is waited for is a feed, of which its owner knows when there is more.
    pub fn waits_for_feed(&self) -> bool {
        self.waits_until.is_some() && self.turns.is_fed()
    }

    /// Plays frames until none is owed any more: the last one played begins at or before `now`.
    pub fn pay(&mut self, now: Time) -> Paid {
        self.forgive(now);
        self.follow(now);
        let due = self.due(now);
        self.waits_until = None;
        while self.timeline.end_time() <= due {
            if self.sweep_due() {
                return Paid::AfterSweep;
            }
            let owed = due - self.timeline.end_time();
            if let Some(patience) = self.play_next(owed.duration(), now) {
                self.waits_until = Some(now + patience);
                return Paid::Waiting;
            }
        }
        Paid::All
    }

    /// Plays one frame, or says how much longer to wait for it.
    fn play_next(&mut self, owed: Duration, now: Time) -> Option<Duration> {
        let codec_before = self.turns.format().codec();
        let moment = self.moment_of(self.timeline.end_time());
        let played = match self.turns.next(owed) {
            Next::Play(played) => played,
            Next::Wait(patience) => return Some(patience),
        };
        if let Some(change) = &played.change {
            tell(&self.mount, change);
            self.titles += u64::from(*self.timeline.title() != *change.block);
            self.timeline.set_title(change.block.clone());
            self.history.note(change.title, change.by, moment.on_air);
            self.current.note(change, moment);
            self.silent_since = change.by.is_empty().then_some(now);
        }
        if played.frame.header.codec() != codec_before {
            self.same_codec_from = self.timeline.end();
        }
        if self.silent_since.is_none() {
            self.codec = Some(played.frame.header.format().codec);
        }
        self.timeline.push_frame(played.frame.bytes, played.frame.header.duration());
        None
    }

    /// Notes that another round through all listeners begins: each will be looked after before it ends.
    pub fn round_begins(&mut self) {
        self.round = [self.edge(), self.round[0]];
    }

    /// Notes that all listeners were looked after just now.
    pub fn swept(&mut self) {
        self.round = [self.edge(); 2];
    }

    /// Whether so much was played since every listener was looked after that one of them may fall off the ring.
    fn sweep_due(&self) -> bool {
        self.timeline.end_time() - self.round[1].time >= self.margin
    }

    fn edge(&self) -> Edge {
        Edge { offset: self.timeline.end(), time: self.timeline.end_time() }
    }

    /// Up to where the timeline is to be filled.
    fn due(&self, now: Time) -> AudioTime {
        (AudioTime::from(now.since(self.started)) + self.burst + self.advanced).saturating_sub(self.forgiven)
    }

    /// When the audio at `place` is heard, which [is due](Self::due) by now or was: payments come late and many at once, but
    /// a place on the timeline is exact. A whole burst that is owed at once is on the air at once.
    fn moment_of(&self, place: AudioTime) -> Moment {
        let place = place + self.forgiven;
        let on_air = place.saturating_sub(self.advanced + self.burst).duration();
        let audible = place.saturating_sub(self.advanced).duration();
        Moment {
            on_air: (self.started + on_air).max(self.fresh_since),
            audible: (self.started + audible).max(self.fresh_since),
        }
    }

    /// Lets our clock follow that of whoever feeds us, as slowly as clocks differ. A sender that would send everything
    /// at once is no clock.
    fn follow(&mut self, now: Time) {
        let passed = now.since(self.followed).min(PATIENCE);
        self.followed = now;
        let Some(feed) = self.turns.feed_on_air() else { return };
        let most = AudioTime::from(passed / FOLLOW);
        if self.waits_until.is_some() {
            let owed = self.due(now).saturating_sub(self.timeline.end_time());
            self.forgiven += most.min(owed);
        } else if feed.waiting() >= AHEAD && !feed.was_full() {
            self.advanced += most;
        }
    }

    /// After a stop longer than what listeners have in hand, only the last burst is played: the hour for which the
    /// process was held up is nobody's programme any more.
    fn forgive(&mut self, now: Time) {
        let owed = self.due(now).saturating_sub(self.timeline.end_time());
        // A fresh station owes its burst, and any may wait for its input besides.
        let usual = self.burst + AudioTime::from(PATIENCE * 2);
        if owed <= (self.buffer - self.burst).max(usual) {
            return;
        }
        let lost = owed - self.burst;
        self.forgiven += lost;
        warn!("{}: clock stalled for {:.1?}, resuming at the live edge", self.mount, lost.duration());
    }
}

/// How much audio a station with these settings holds at least, in memory.
pub fn kept_by(settings: &StationSettings) -> Duration {
    buffer_of(settings) + margin_of(settings)
}

/// How far behind a listener may be. One who joins a whole burst behind must not count as late before his first
/// delivery.
fn buffer_of(settings: &StationSettings) -> Duration {
    settings.buffer.max(settings.burst + settings.delivery_interval * 2)
}

fn margin_of(settings: &StationSettings) -> Duration {
    settings.delivery_interval * MARGIN_INTERVALS
}

fn tell(mount: &str, change: &Change<'_>) {
    if change.has_switched {
        let name = if change.by.is_empty() { "silence" } else { change.by };
        info!("{mount}: {name} is on the air");
    }
    if !change.block.title().is_empty() {
        info!("{mount}: now playing {:?}", change.block.title());
    }
}
