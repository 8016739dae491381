//! One station: an endless programme that grows frame by frame as the clock advances.

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

/// How many delivery intervals of audio the timeline keeps beyond the buffer. Each listener is served once an
/// interval, and its position must still be on the timeline then. See [`Station::is_pass_due`].
const MARGIN_INTERVALS: u32 = 4;

/// The station's clock follows the clock of the feed on air by at most one part in this many. No two crystals
/// agree: an encoder that is 100 ppm fast would be 8.6 s ahead after a day. Real clocks differ by far less
/// than this.
const CLOCK_SLEW_RATIO: u32 = 1000;

/// A feed counts as ahead of the station's clock only when at least this much audio is buffered.
const CLOCK_SLEW_MIN_BUFFER: Duration = Duration::from_secs(2);

/// A station: its timeline, and the inputs that can be on air.
///
/// The clock determines how long the timeline should be: the time since the start plus the burst, corrected
/// by the schedule's delay and advance. The input on air fills it in whole frames. The timeline starts
/// `burst` in the past, so the first listener of a new station gets a whole burst as soon as an input has
/// frames. All lengths are exact, so a station neither gains nor loses time.
pub struct Station {
    /// The station's name in the log.
    mount: String,
    timeline: Timeline,
    switcher: InputSwitcher,
    started: Time,
    /// Audio that was never played, because the process was stalled or the feed's clock is slower than ours.
    /// It moves the schedule back.
    schedule_delay: AudioTime,
    /// Audio that was played early because the feed's clock is faster than ours. It moves the schedule
    /// forward.
    schedule_advance: AudioTime,
    /// When the clock was last adjusted to the clock of the feed.
    slewed_at: Time,
    /// The codec that listeners were promised. `None` until something other than silence is played.
    codec: Option<Codec>,
    /// The offset from which all frames have the same codec as the last.
    same_codec_from: u64,
    history: History,
    /// How often the title on air has changed.
    title_changes: u64,
    /// The input and the title on air.
    now_playing: NowPlaying,
    /// When silence began, during silence.
    silent_since: Option<Time>,
    /// The end of the timeline at its last restart. No listener is sent what was played before.
    restart_offset: u64,
    /// When the timeline was last restarted.
    restarted_at: Time,
    burst: AudioTime,
    buffer: AudioTime,
    margin: AudioTime,
    /// The live edge when the pass over all listeners that is in progress began, and when the one before it
    /// began.
    passes: [LiveEdge; 2],
    waiting_until: Option<Time>,
}

/// The end of the timeline at some time.
#[derive(Debug, Clone, Copy, Default)]
struct LiveEdge {
    offset: u64,
    time: AudioTime,
}

/// The result of [`Station::advance_to`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The timeline reaches the present.
    Done,
    /// More audio is due, but all listeners have to be served first.
    ServeAllFirst,
    /// The input on air has no frames yet. The station [waits](Station::waiting_until) for it.
    Waiting,
}

impl Station {
    /// Returns a station that starts now and has no inputs yet.
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

    /// Applies other settings while listeners play. The timeline continues without a gap or a repeat. Only
    /// how far behind the live edge listeners join and may fall changes.
    pub fn apply_settings(&mut self, settings: &StationSettings) {
        let burst = AudioTime::from(settings.burst);
        // The end of the schedule must not move.
        self.schedule_delay += burst.saturating_sub(self.burst);
        self.schedule_advance += self.burst.saturating_sub(burst);
        self.burst = burst;
        (self.buffer, self.margin) = (effective_buffer(settings).into(), retention_margin(settings).into());
        self.timeline.set_retention(min_retention(settings).into());
        self.mount.clone_from(&settings.mount);
    }

    /// Adds an input with a lower priority than all inputs added before.
    pub fn add_input(&mut self, input: Box<dyn Input>) {
        self.switcher.add(input);
    }

    /// Adds a feed with a lower priority than all inputs added before.
    pub fn add_feed(&mut self) -> FeedId {
        self.switcher.add_feed()
    }

    /// Replaces a feed that was added here with `feed`, which carries the frames of the sender `name`. With
    /// `at_boundary`, it does not go on air before the track on air ends.
    pub fn open_feed(&mut self, id: FeedId, name: &str, at_boundary: bool, feed: Feed) {
        self.switcher.open(id, name, at_boundary, feed);
    }

    /// Returns a feed that was added here.
    pub fn feed(&self, id: FeedId) -> &Feed {
        self.switcher.feed(id)
    }

    /// Returns a feed that was added here, to push frames to.
    pub fn feed_mut(&mut self, id: FeedId) -> &mut Feed {
        self.switcher.feed_mut(id)
    }

    /// Returns whether this feed is on air.
    pub fn is_on_air(&self, id: FeedId) -> bool {
        self.switcher.is_on_air(id)
    }

    /// Returns the codec of the station once something was played; before that, the codec of the music to
    /// come.
    pub fn codec(&self) -> Option<Codec> {
        self.codec
    }

    /// Returns the history of titles.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Returns how often the title on air has changed.
    pub fn title_changes(&self) -> u64 {
        self.title_changes
    }

    /// Returns what is on air at the live edge.
    pub fn now_playing(&self) -> &NowPlaying {
        &self.now_playing
    }

    /// Returns when silence began, if the station is silent.
    pub fn silent_since(&self) -> Option<Time> {
        self.silent_since
    }

    /// Returns the timeline: what was played last.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Returns the header of the last frame played, or of the silence to come.
    pub fn last_header(&self) -> Header {
        self.switcher.last_header()
    }

    /// Returns the title on air at the live edge; empty if there is none.
    pub fn title(&self) -> &str {
        self.timeline.title().title()
    }

    /// Returns what is known of the track on air at the live edge. `None` during silence, and if the input
    /// knows nothing.
    pub fn track(&self) -> Option<&Arc<TrackInfo>> {
        self.switcher.track()
    }

    /// Returns the titles that will follow the title on air, as far as the input knows them. Empty during
    /// silence and for feeds.
    pub fn upcoming_titles(&self) -> Vec<String> {
        self.switcher.upcoming_titles()
    }

    /// Skips the rest of the track on air, so that the next frame is the first of another track. Returns
    /// whether there was a track: feeds have none.
    pub fn skip_track(&mut self) -> bool {
        self.switcher.skip_track()
    }

    /// Sets the title of the track on air until the track ends. Returns whether there was a track: feeds send
    /// their own titles.
    pub fn set_track_title(&mut self, title: Title) -> bool {
        self.switcher.set_track_title(title)
    }

    /// Returns the mean bit rate that a new listener will receive, in kbit/s.
    pub fn kbps(&self) -> Option<u32> {
        self.timeline.kbps(self.burst.max(AudioTime::from(Duration::from_secs(1))))
    }

    /// Returns the offset at which a new listener joins: the first frame that is not older than the burst,
    /// and that has the codec announced to the listener.
    pub fn join_offset(&self) -> u64 {
        self.timeline.offset_behind(self.burst).max(self.same_codec_from).max(self.restart_offset)
    }

    /// Returns whether nothing was played since the station started or was last
    /// [restarted](Self::restart_timeline).
    pub fn is_empty_since_restart(&self) -> bool {
        self.timeline.end() == self.restart_offset
    }

    /// Restarts the timeline: no listener is sent what was played before, a whole burst becomes due, and the
    /// station waits for the first input as after its start.
    pub fn restart_timeline(&mut self, now: Time) {
        let full_burst = self.timeline.end_time() + self.burst;
        self.schedule_advance += full_burst.saturating_sub(self.due(now));
        (self.restart_offset, self.restarted_at) = (self.timeline.end(), now);
        (self.silent_since, self.waiting_until) = (None, None);
        self.switcher.restart();
    }

    /// Delays the schedule by `length`, at most by the burst, so that this much of a feed's audio stays
    /// buffered.
    pub fn reserve(&mut self, length: Duration) {
        self.schedule_delay += self.burst.min(length.into());
    }

    /// Returns whether a listener at this offset has fallen behind the buffer and has to skip forward.
    pub fn is_behind_buffer(&self, offset: u64) -> bool {
        // Most listeners had received everything at the last pass. For these, no search in the frame index is
        // needed.
        let [_, LiveEdge { offset: last, time }] = self.passes;
        let is_current = last <= offset && self.timeline.end_time() - time <= self.buffer;
        !is_current && offset < self.timeline.offset_behind(self.buffer)
    }

    /// Returns until when the station waits for the input on air, if it does.
    pub fn waiting_until(&self) -> Option<Time> {
        self.waiting_until
    }

    /// Returns whether the station waits for a feed. The feed's owner knows when it has more frames.
    pub fn is_waiting_for_feed(&self) -> bool {
        self.waiting_until.is_some() && self.switcher.is_open_feed_on_air()
    }

    /// Plays frames until the timeline reaches the present: the last frame played begins at or before `now`.
    pub fn advance_to(&mut self, now: Time) -> Progress {
        self.drop_backlog(now);
        self.slew_clock(now);
        let due = self.due(now);
        self.waiting_until = None;
        while self.timeline.end_time() <= due {
            if self.is_pass_due() {
                return Progress::ServeAllFirst;
            }
            let backlog = due - self.timeline.end_time();
            if let Some(wait) = self.play_next(backlog.duration(), now) {
                self.waiting_until = Some(now + wait);
                return Progress::Waiting;
            }
        }
        Progress::Done
    }

    /// Plays one frame, or returns how much longer to wait for it.
    fn play_next(&mut self, backlog: Duration, now: Time) -> Option<Duration> {
        let codec_before = self.switcher.last_header().codec();
        let air_time = self.air_time_at(self.timeline.end_time());
        let played = match self.switcher.next_frame(backlog) {
            NextFrame::Play(played) => played,
            NextFrame::Wait(wait) => return Some(wait),
        };
        if let Some(change) = &played.change {
            log_change(&self.mount, change);
            self.title_changes += u64::from(*self.timeline.title() != *change.block);
            self.timeline.set_title(change.block.clone());
            self.history.add(change.title, change.input_name, air_time.live_edge_at);
            self.now_playing.update(change, air_time);
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

    /// Records that a pass over all listeners begins. Each listener will be served before it ends.
    pub fn begin_pass(&mut self) {
        self.passes = [self.live_edge(), self.passes[0]];
    }

    /// Records that all listeners were served just now.
    pub fn mark_all_served(&mut self) {
        self.passes = [self.live_edge(); 2];
    }

    /// Returns whether so much was played since all listeners were last served that the ring might drop what
    /// one of them needs next.
    fn is_pass_due(&self) -> bool {
        self.timeline.end_time() - self.passes[1].time >= self.margin
    }

    fn live_edge(&self) -> LiveEdge {
        LiveEdge { offset: self.timeline.end(), time: self.timeline.end_time() }
    }

    /// Returns the length that the timeline should have at `now`: the time since the start plus the burst,
    /// corrected by the schedule's delay and advance.
    fn due(&self, now: Time) -> AudioTime {
        (AudioTime::from(now.since(self.started)) + self.burst + self.schedule_advance)
            .saturating_sub(self.schedule_delay)
    }

    /// Returns when the audio at `position` is heard, which must be [due](Self::due) by now. Frames are added
    /// late and many at once, but a position on the timeline is exact. A whole burst that becomes due at once
    /// is on air at once.
    fn air_time_at(&self, position: AudioTime) -> AirTime {
        let position = position + self.schedule_delay;
        let on_air = position.saturating_sub(self.schedule_advance + self.burst).duration();
        let audible = position.saturating_sub(self.schedule_advance).duration();
        AirTime {
            live_edge_at: (self.started + on_air).max(self.restarted_at),
            audible_at: (self.started + audible).max(self.restarted_at),
        }
    }

    /// Adjusts the station's clock to the clock of the feed on air, as slowly as real clocks differ. A sender
    /// that fills the feed's queue does not send in real time, so its clock is ignored.
    fn slew_clock(&mut self, now: Time) {
        let passed = now.since(self.slewed_at).min(INPUT_TIMEOUT);
        self.slewed_at = now;
        let Some(feed) = self.switcher.feed_on_air() else { return };
        let max_step = AudioTime::from(passed / CLOCK_SLEW_RATIO);
        if self.waiting_until.is_some() {
            let backlog = self.due(now).saturating_sub(self.timeline.end_time());
            self.schedule_delay += max_step.min(backlog);
        } else if feed.buffered() >= CLOCK_SLEW_MIN_BUFFER && !feed.has_been_full() {
            self.schedule_advance += max_step;
        }
    }

    /// If the timeline is further behind than listeners can have buffered, drops all but the last burst of
    /// what is due. After an hour in which the process was suspended, no listener wants that hour.
    fn drop_backlog(&mut self, now: Time) {
        let backlog = self.due(now).saturating_sub(self.timeline.end_time());
        // A whole burst is due after a start, and the station may also wait for its input.
        let expected = self.burst + AudioTime::from(INPUT_TIMEOUT * 2);
        if backlog <= (self.buffer - self.burst).max(expected) {
            return;
        }
        let dropped = backlog - self.burst;
        self.schedule_delay += dropped;
        warn!("{}: clock stalled for {:.1?}, resuming at the live edge", self.mount, dropped.duration());
    }
}

/// Returns the least length of audio that a station with these settings keeps in memory, once it has played
/// that much.
pub fn min_retention(settings: &StationSettings) -> Duration {
    effective_buffer(settings) + retention_margin(settings)
}

/// Returns how far behind the live edge a listener may be. A listener that joins a whole burst behind must
/// not count as late before its first delivery.
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
