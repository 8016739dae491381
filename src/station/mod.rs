//! One station: an endless programme, paid for in frames as the clock goes on.

mod artwork;
mod feed;
mod history;
mod input;
mod key;
mod now_playing;
mod recording;
mod ring;
mod switcher;
mod timeline;
mod track;

use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};

pub use artwork::{ArtworkLoader, LoadedArtwork};
pub use feed::{FEED_BUFFER_MAX, Feed};
pub use history::{History, PlayedTitle};
pub use input::{Input, InputFrame, Readiness};
pub use key::StationKey;
pub use now_playing::{AirTime, NowPlaying};
pub use recording::{RecordingSink, StartRecording};
pub use switcher::{FeedId, INPUT_TIMEOUT};
pub use timeline::Timeline;
pub use track::{EmbeddedArtwork, TrackInfo};

use crate::audio::{Codec, Header};
use crate::icy::Title;
use crate::settings::StationSettings;
use crate::time::{AudioTime, Time};
use switcher::{InputSwitcher, NextFrame, OnAirChange};

/// How many delivery intervals of audio are held beyond the buffer: a listener is looked after once an interval, and
/// must still stand on bytes that are held when that happens. See [`Station::sweep_due`].
const MARGIN_INTERVALS: u32 = 4;

/// By one part in so many does a station's clock follow that of whoever feeds it: no two crystals agree, and an encoder
/// that is 100 ppm fast would be 8.6 s ahead of us after a day. Real ones differ by far less than this.
const CLOCK_SLEW_RATIO: u32 = 1000;

/// A feed with less than this waiting is not ahead of us.
const CLOCK_SLEW_MIN_BUFFER: Duration = Duration::from_secs(2);

/// A station: its timeline, and the inputs that take turns on it.
///
/// The clock says how much audio is owed; whatever is on the air pays in whole frames. The timeline starts
/// `burst` in the past, so a fresh station has a whole burst for its first listener as soon as an input has frames.
/// Owed and paid are exact, so a station neither gains nor loses time.
pub struct Station {
    /// What the log calls this station.
    mount: String,
    timeline: Timeline,
    switcher: InputSwitcher,
    started: Time,
    /// Audio that was never played because the process itself stood still, or whoever feeds us is slower than our clock.
    schedule_delay: AudioTime,
    /// Audio that was played early because whoever feeds us is faster than our clock.
    schedule_advance: AudioTime,
    /// When the clock was last made to follow.
    slewed_at: Time,
    /// The codec that listeners were promised; unset until something other than silence is to be played.
    codec: Option<Codec>,
    /// Where on the timeline frames begin that are of the same codec as the last.
    same_codec_from: u64,
    history: History,
    /// How often the title on the air changed.
    title_changes: u64,
    /// Who is on the air, and with what title.
    now_playing: NowPlaying,
    /// Since when there has been nothing but silence.
    silent_since: Option<Time>,
    /// Where the timeline ended when it was last begun anew: what is before that is for nobody.
    restart_offset: u64,
    /// When that was.
    restarted_at: Time,
    burst: AudioTime,
    buffer: AudioTime,
    margin: AudioTime,
    /// Where the timeline ended when the round of listeners began that is now in progress, and the one before.
    passes: [LiveEdge; 2],
    waiting_until: Option<Time>,
}

/// Where the timeline ended at some time.
#[derive(Debug, Clone, Copy, Default)]
struct LiveEdge {
    offset: u64,
    time: AudioTime,
}

/// How a payment went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// All that is owed is on the timeline.
    Done,
    /// There is more to pay, but every listener has to be looked after first.
    ServeAllFirst,
    /// The input on the air has not got the frames yet, and is [waited for](Station::waits_until).
    Waiting,
}

impl Station {
    /// A station that starts now and has no inputs yet.
    pub fn new(settings: &StationSettings, now: Time) -> Self {
        let (buffer, margin) = (effective_buffer(settings), retention_margin(settings));
        Self {
            timeline: Timeline::new(AudioTime::from(min_retention(settings))),
            switcher: InputSwitcher::new(Header::DEFAULT),
            started: now,
            schedule_delay: AudioTime::ZERO,
            schedule_advance: AudioTime::ZERO,
            slewed_at: now,
            codec: (!settings.music.is_empty()).then_some(Codec::Mp3),
            same_codec_from: 0,
            history: History::default(),
            title_changes: 0,
            now_playing: NowPlaying::default(),
            silent_since: None,
            restart_offset: 0,
            restarted_at: now,
            burst: settings.burst.into(),
            buffer: buffer.into(),
            margin: margin.into(),
            passes: [LiveEdge::default(); 2],
            waiting_until: None,
            mount: settings.mount.clone(),
        }
    }

    /// Puts other settings in force, while listeners play. The timeline goes on without a gap or a repeat: only how far
    /// behind the live edge listeners join and may fall changes.
    pub fn apply_settings(&mut self, settings: &StationSettings) {
        let burst = AudioTime::from(settings.burst);
        // What is due by now stays what it is.
        self.schedule_delay += burst.saturating_sub(self.burst);
        self.schedule_advance += self.burst.saturating_sub(burst);
        self.burst = burst;
        (self.buffer, self.margin) = (effective_buffer(settings).into(), retention_margin(settings).into());
        self.timeline.set_retention(min_retention(settings).into());
        self.mount.clone_from(&settings.mount);
    }

    /// Adds an input that is less important than all that were added before.
    pub fn add_input(&mut self, input: Box<dyn Input>) {
        self.switcher.add(input);
    }

    /// Adds a feed that is less important than all inputs that were added before.
    pub fn add_feed(&mut self) -> FeedId {
        self.switcher.add_feed()
    }

    /// Puts `feed` in the place of a feed that was added here, for what `name` sends. With `at_boundary`, it is not heard
    /// before the track on the air ends.
    pub fn open_feed(&mut self, id: FeedId, name: &str, at_boundary: bool, feed: Feed) {
        self.switcher.open(id, name, at_boundary, feed);
    }

    /// A feed that was added here.
    pub fn feed(&self, id: FeedId) -> &Feed {
        self.switcher.feed(id)
    }

    /// The same, to be fed.
    pub fn feed_mut(&mut self, id: FeedId) -> &mut Feed {
        self.switcher.feed_mut(id)
    }

    /// Whether this feed is on the air.
    pub fn is_on_air(&self, id: FeedId) -> bool {
        self.switcher.is_on_air(id)
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
    pub fn title_changes(&self) -> u64 {
        self.title_changes
    }

    /// What is on the air at the live edge.
    pub fn now_playing(&self) -> &NowPlaying {
        &self.now_playing
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
    pub fn last_header(&self) -> Header {
        self.switcher.last_header()
    }

    /// The title on the air at the live edge; empty if there is none.
    pub fn title(&self) -> &str {
        self.timeline.title().title()
    }

    /// What is known of the track on the air at the live edge; `None` in silence, and where the input knows nothing.
    pub fn track(&self) -> Option<&Arc<TrackInfo>> {
        self.switcher.track()
    }

    /// Titles that will follow that on the air, as far as the input knows; none in silence and of what is sent to us.
    pub fn upcoming_titles(&self) -> Vec<String> {
        self.switcher.upcoming_titles()
    }

    /// Breaks off the track on the air, so that the next begins with the next frame. Says whether there was one; a live
    /// source and a relay have none.
    pub fn skip_track(&mut self) -> bool {
        self.switcher.skip_track()
    }

    /// Gives the track on the air another title, until it ends. Says whether there was one; a live source and a relay have
    /// titles of their own.
    pub fn set_track_title(&mut self, title: Title) -> bool {
        self.switcher.set_track_title(title)
    }

    /// The bit rate that a newcomer will find, in kbit/s.
    pub fn kbps(&self) -> Option<u32> {
        self.timeline.kbps(self.burst.max(AudioTime::from(Duration::from_secs(1))))
    }

    /// Where a newcomer joins: on the first frame not older than the burst, and of the codec that he is told.
    pub fn join_offset(&self) -> u64 {
        self.timeline.offset_behind(self.burst).max(self.same_codec_from).max(self.restart_offset)
    }

    /// Whether nothing was played yet since the station started or was [begun anew](Self::begin_anew).
    pub fn is_empty_since_restart(&self) -> bool {
        self.timeline.end() == self.restart_offset
    }

    /// Begins anew: what was played is for nobody any more, a whole burst is owed, and what comes first is waited for.
    pub fn restart_timeline(&mut self, now: Time) {
        let fresh = self.timeline.end_time() + self.burst;
        self.schedule_advance += fresh.saturating_sub(self.due(now));
        (self.restart_offset, self.restarted_at) = (self.timeline.end(), now);
        (self.silent_since, self.waiting_until) = (None, None);
        self.switcher.restart();
    }

    /// Owes so much less than it does, so that as much stays in hand of what is fed; at most the burst.
    pub fn reserve(&mut self, length: Duration) {
        self.schedule_delay += self.burst.min(length.into());
    }

    /// Whether a listener at this offset is too far behind and has to be moved forward.
    pub fn is_behind_buffer(&self, offset: u64) -> bool {
        // Nearly everyone was sent all there was when he was last looked after, and need not be looked up among the frames.
        let [_, LiveEdge { offset: last, time }] = self.passes;
        let is_up = last <= offset && self.timeline.end_time() - time <= self.buffer;
        !is_up && offset < self.timeline.offset_behind(self.buffer)
    }

    /// Until when the input on the air is waited for, if it is.
    pub fn waiting_until(&self) -> Option<Time> {
        self.waiting_until
    }

    /// Whether whoever is waited for is a feed, of which its owner knows when there is more.
    pub fn is_waiting_for_feed(&self) -> bool {
        self.waiting_until.is_some() && self.switcher.is_open_feed_on_air()
    }

    /// Plays frames until none is owed any more: the last one played begins at or before `now`.
    pub fn advance_to(&mut self, now: Time) -> Progress {
        self.drop_backlog(now);
        self.slew_clock(now);
        let due = self.due(now);
        self.waiting_until = None;
        while self.timeline.end_time() <= due {
            if self.is_pass_due() {
                return Progress::ServeAllFirst;
            }
            let owed = due - self.timeline.end_time();
            if let Some(patience) = self.play_next(owed.duration(), now) {
                self.waiting_until = Some(now + patience);
                return Progress::Waiting;
            }
        }
        Progress::Done
    }

    /// Plays one frame, or says how much longer to wait for it.
    fn play_next(&mut self, owed: Duration, now: Time) -> Option<Duration> {
        let codec_before = self.switcher.last_header().codec();
        let moment = self.air_time_at(self.timeline.end_time());
        let played = match self.switcher.next_frame(owed) {
            NextFrame::Play(played) => played,
            NextFrame::Wait(patience) => return Some(patience),
        };
        if let Some(change) = &played.change {
            log_change(&self.mount, change);
            self.title_changes += u64::from(*self.timeline.title() != *change.block);
            self.timeline.set_title(change.block.clone());
            self.history.add(change.title, change.input_name, moment.live_edge_at);
            self.now_playing.update(change, moment);
            self.silent_since = change.input_name.is_empty().then_some(now);
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
    pub fn begin_pass(&mut self) {
        self.passes = [self.live_edge(), self.passes[0]];
    }

    /// Notes that all listeners were looked after just now.
    pub fn mark_all_served(&mut self) {
        self.passes = [self.live_edge(); 2];
    }

    /// Whether so much was played since every listener was looked after that one of them may fall off the ring.
    fn is_pass_due(&self) -> bool {
        self.timeline.end_time() - self.passes[1].time >= self.margin
    }

    fn live_edge(&self) -> LiveEdge {
        LiveEdge { offset: self.timeline.end(), time: self.timeline.end_time() }
    }

    /// Up to where the timeline is to be filled.
    fn due(&self, now: Time) -> AudioTime {
        (AudioTime::from(now.since(self.started)) + self.burst + self.schedule_advance)
            .saturating_sub(self.schedule_delay)
    }

    /// When the audio at `place` is heard, which [is due](Self::due) by now or was: payments come late and many at once, but
    /// a place on the timeline is exact. A whole burst that is owed at once is on the air at once.
    fn air_time_at(&self, place: AudioTime) -> AirTime {
        let place = place + self.schedule_delay;
        let on_air = place.saturating_sub(self.schedule_advance + self.burst).duration();
        let audible = place.saturating_sub(self.schedule_advance).duration();
        AirTime {
            live_edge_at: (self.started + on_air).max(self.restarted_at),
            audible_at: (self.started + audible).max(self.restarted_at),
        }
    }

    /// Lets our clock follow that of whoever feeds us, as slowly as clocks differ. A sender that would send everything
    /// at once is no clock.
    fn slew_clock(&mut self, now: Time) {
        let passed = now.since(self.slewed_at).min(INPUT_TIMEOUT);
        self.slewed_at = now;
        let Some(feed) = self.switcher.feed_on_air() else { return };
        let most = AudioTime::from(passed / CLOCK_SLEW_RATIO);
        if self.waiting_until.is_some() {
            let owed = self.due(now).saturating_sub(self.timeline.end_time());
            self.schedule_delay += most.min(owed);
        } else if feed.buffered() >= CLOCK_SLEW_MIN_BUFFER && !feed.has_been_full() {
            self.schedule_advance += most;
        }
    }

    /// After a stop longer than what listeners have in hand, only the last burst is played: the hour for which the
    /// process was held up is nobody's programme any more.
    fn drop_backlog(&mut self, now: Time) {
        let owed = self.due(now).saturating_sub(self.timeline.end_time());
        // A fresh station owes its burst, and any may wait for its input besides.
        let usual = self.burst + AudioTime::from(INPUT_TIMEOUT * 2);
        if owed <= (self.buffer - self.burst).max(usual) {
            return;
        }
        let lost = owed - self.burst;
        self.schedule_delay += lost;
        warn!("{}: clock stalled for {:.1?}, resuming at the live edge", self.mount, lost.duration());
    }
}

/// How much audio a station with these settings holds at least, in memory.
pub fn min_retention(settings: &StationSettings) -> Duration {
    effective_buffer(settings) + retention_margin(settings)
}

/// How far behind a listener may be. One who joins a whole burst behind must not count as late before his first
/// delivery.
fn effective_buffer(settings: &StationSettings) -> Duration {
    settings.buffer.max(settings.burst + settings.delivery_interval * 2)
}

fn retention_margin(settings: &StationSettings) -> Duration {
    settings.delivery_interval * MARGIN_INTERVALS
}

fn log_change(mount: &str, change: &OnAirChange<'_>) {
    if change.has_switched {
        let name = if change.input_name.is_empty() { "silence" } else { change.input_name };
        info!("{mount}: {name} is on the air");
    }
    if !change.block.title().is_empty() {
        info!("{mount}: now playing {:?}", change.block.title());
    }
}
