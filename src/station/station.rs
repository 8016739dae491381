//! A station: what it has played, its inputs, and the clock that says how much is due.

use std::sync::Arc;
use std::time::Duration;

use log::warn;

use super::expected_format::{configured_codec, configured_format, default_header, silence_header};
use super::format_change::FormatChange;
use super::gap::DueGap;
use super::history::{History, PlayedTitle};
use super::lateness::INPUT_TIMEOUT;
use super::log_limits::StationLogLimits;
use super::now_playing::NowPlaying;
use super::programme::{KBPS_LENGTH_MIN, Programme};
use super::rendition_edge::{ProgrammeChange, RenditionEdge};
use super::retention::{ListenerLimits, min_retention};
use super::schedule::PlaySchedule;
use super::seam_warnings::SeamWarnings;
use super::switcher::{InputSwitcher, NextFrame};
use super::timeline::Timeline;
use super::track::TrackInfo;
use crate::audio::{Codec, Format, Header, silent_bridge};
use crate::settings::StationSettings;
use crate::time::{AudioTime, Time};
use crate::transcode::TargetFormat;

/// A station that is advanced this much too late did not advance because the process did not run.
const STALL_MIN: Duration = Duration::from_millis(500);

/// How much of the audio before a gap is searched for data that the frame after it uses: frames of MP3 at 8
/// kbit/s use that of the last 0.6 s.
const GAP_LEAD_IN: Duration = Duration::from_secs(1);

/// A feed counts as ahead of the station's clock only when at least this much audio is buffered.
const CLOCK_SLEW_MIN_BUFFER: Duration = Duration::from_secs(2);

/// A station: its timeline, and the inputs that can be on air.
///
/// The length that the timeline should have is the time since the start plus the burst, corrected by the
/// schedule's delay and advance. The input on air fills it with complete frames. The timeline starts `burst`
/// in the past, so the first listener of a new station gets a whole burst as soon as an input has frames. All
/// lengths are exact, so rounding errors do not add up.
pub struct Station {
    /// The station's name in the log.
    pub(super) mount: String,
    pub(super) programme: Programme,
    pub(super) switcher: InputSwitcher,
    pub(super) schedule: PlaySchedule,
    /// The limits of log lines about the station.
    pub log: StationLogLimits,
    /// The live edge, if this is a rendition. Then the inputs and the schedule are not used.
    pub(super) rendition: Option<Box<RenditionEdge>>,
    /// At which point of its station's timeline a rendition is restarted, until it gets there.
    pub(super) restart_rendition_at: Option<AudioTime>,
    /// What has changed on air, if the station has renditions.
    pub(super) changes: Option<Vec<ProgrammeChange>>,
    /// The end of the timeline at its last restart. New listeners get nothing from before.
    pub(super) restart_offset: u64,
    pub(super) seam_warnings: SeamWarnings,
    pub(super) format_change: FormatChange,
    limits: ListenerLimits,
    /// The live edge at the start of the current pass over all listeners, and at the start of the previous
    /// pass.
    passes: [LiveEdge; 2],
    waiting_until: Option<Time>,
    /// When [`advance_to`](Self::advance_to) was last called.
    advanced_at: Time,
    /// The longest time until the next call, unless the process does not run.
    delivery_interval: Duration,
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
    /// All audio that is due was played.
    Done,
    /// More audio is due, but all listeners have to be served first.
    ServeAllFirst,
    /// The input on air has no frames yet. The station [waits](Station::waiting_until) for it.
    Waiting,
}

impl Station {
    /// Returns a station that starts now and has no inputs yet.
    pub fn new(settings: &StationSettings, now: Time) -> Self {
        let limits = ListenerLimits::new(settings);
        let retention = (min_retention(settings).into(), limits.retention_bytes());
        Self {
            programme: Programme::new(retention, configured_codec(settings)),
            switcher: InputSwitcher::new(configured_format(settings), default_header(settings.codec)),
            schedule: PlaySchedule::new(settings.burst_length().into(), now),
            log: StationLogLimits::default(),
            rendition: None,
            restart_rendition_at: None,
            changes: None,
            restart_offset: 0,
            seam_warnings: SeamWarnings::new(settings),
            format_change: FormatChange::default(),
            limits,
            passes: [LiveEdge::default(); 2],
            waiting_until: None,
            advanced_at: now,
            delivery_interval: settings.delivery_interval,
            mount: settings.mount.clone(),
        }
    }

    /// Applies changed settings while listeners play. The timeline continues without a gap or a repetition.
    /// The settings change how far behind the live edge listeners join, and how far behind they may fall.
    pub fn apply_settings(&mut self, settings: &StationSettings) {
        self.schedule.set_burst(settings.burst_length().into());
        self.limits = ListenerLimits::new(settings);
        self.delivery_interval = settings.delivery_interval;
        let retention = (min_retention(settings).into(), self.limits.retention_bytes());
        self.programme.timeline.set_retention(retention);
        if self.mount != settings.mount {
            self.mount.clone_from(&settings.mount);
            self.switcher.rename(&settings.identity());
        }
        self.switcher.set_configured_format(configured_format(settings));
        self.seam_warnings.apply_settings(settings);
    }

    /// Returns the format of the station, if it has a fixed one: the one that its AutoDJ has decided, else
    /// the one of its settings.
    pub fn format(&self) -> Option<TargetFormat> {
        self.switcher.format()
    }

    /// Returns the codec of the station once something was played; before that, the codec of the configured
    /// music.
    pub fn codec(&self) -> Option<Codec> {
        self.programme.codec
    }

    /// Sets the format of the silence that is played until the first frame of an input.
    pub fn expect_format(&mut self, format: Format) {
        if self.programme.codecs.last().is_none() {
            silence_header(format).into_iter().for_each(|header| self.switcher.expect_header(header));
        }
    }

    /// Returns the history of titles.
    pub fn history(&self) -> &History {
        &self.programme.history
    }

    /// Adds the titles of an earlier run, the latest first, before those of this one. That run ended
    /// `downtime` before this one began.
    pub fn restore_history(&mut self, titles: &[Arc<PlayedTitle>], downtime: Duration) {
        self.programme.history.restore(titles, downtime);
    }

    /// Returns how often the title on air has changed.
    pub fn title_changes(&self) -> u64 {
        self.programme.title_changes
    }

    /// Returns what is on air at the live edge.
    pub fn now_playing(&self) -> &NowPlaying {
        &self.programme.now_playing
    }

    /// Returns when silence began, if the station is silent.
    pub fn silent_since(&self) -> Option<Time> {
        self.programme.silent_since.or_else(|| self.rendition.as_ref()?.gap_since())
    }

    /// Returns the timeline.
    pub fn timeline(&self) -> &Timeline {
        &self.programme.timeline
    }

    /// Returns the header of the last frame played; before the first frame, the default header.
    pub fn last_header(&self) -> Header {
        self.switcher.last_header()
    }

    /// Returns the title on air at the live edge; empty if there is none.
    pub fn title(&self) -> &str {
        self.programme.timeline.title().title()
    }

    /// Returns the properties of the track at the live edge. `None` during silence, and if the input provides
    /// none.
    pub fn track(&self) -> Option<&Arc<TrackInfo>> {
        self.switcher.track()
    }

    /// Returns the bit rate in kbit/s and the format that a new listener will receive: those of what was
    /// played, and before the first frame those of the station's fixed format.
    pub fn stream_format(&self) -> Option<(u32, Format)> {
        if let Some(format) = self.rendition.as_ref().map(|edge| edge.format()) {
            return Some((format.kbps.into(), format.format()));
        }
        let fixed = || self.format().map(|fixed| (fixed.kbps.into(), fixed.format()));
        self.kbps().map(|kbps| (kbps, self.last_header().format())).or_else(fixed)
    }

    /// Returns the mean bit rate that a new listener will receive, in kbit/s. During the first second, it is
    /// that of the last frame for MP3, and `None` for AAC, whose frames have no bit rate.
    pub fn kbps(&self) -> Option<u32> {
        let length = self.schedule.burst().max((KBPS_LENGTH_MIN * 2).into());
        let mean = self.programme.kbps(length, self.restart_offset);
        let is_mp3 = self.frame_codec() == Some(Codec::Mp3);
        mean.or_else(|| is_mp3.then(|| self.last_header().kbps().into()))
    }

    /// Returns the offset at which a new listener joins, in the codec announced to the listener.
    pub fn join_offset(&self) -> u64 {
        let burst = self.limits.burst(self.schedule.burst(), &self.programme.timeline);
        self.programme.join_offset(burst).max(self.restart_offset)
    }

    /// Returns the codec of the frame that a listener gets first if it joins now. `None` while
    /// [nothing was played](Self::is_empty_since_restart).
    pub fn frame_codec(&self) -> Option<Codec> {
        self.programme.codecs.last().filter(|_| !self.is_empty_since_restart())
    }

    /// Returns how many runs of frames of one codec were begun.
    pub fn codec_runs(&self) -> u64 {
        self.programme.codecs.begun()
    }

    /// Returns the offset from which on all frames have the codec of the last one.
    pub fn codec_from(&self) -> u64 {
        self.programme.codecs.last_from()
    }

    /// Returns the offset of the first frame at `offset` or later that has another codec than `codec`.
    pub fn other_codec_from(&self, offset: u64, codec: Codec) -> Option<u64> {
        self.programme.codecs.other_from(offset, codec)
    }

    /// Returns whether nothing was played since the station started or was last
    /// [restarted](Self::restart_timeline).
    pub fn is_empty_since_restart(&self) -> bool {
        self.programme.timeline.end() == self.restart_offset
    }

    /// Restarts the timeline: new listeners get nothing from before, a whole burst becomes due, and the
    /// station waits for its first input, as it does after its start.
    pub fn restart_timeline(&mut self, now: Time) {
        self.schedule.restart(self.programme.timeline.end_time(), now);
        self.hide_played();
        self.waiting_until = None;
        self.switcher.restart();
    }

    /// Lets new listeners begin with the next frame.
    pub(super) fn hide_played(&mut self) {
        self.restart_offset = self.programme.timeline.end();
        self.programme.silent_since = None;
    }

    /// Delays the schedule by `length`, at most by the burst, so that this much of a feed's audio stays
    /// buffered.
    pub fn reserve(&mut self, length: Duration) {
        self.schedule.reserve(length.into());
    }

    /// Returns whether a listener at this offset has fallen behind the buffer and has to skip forward.
    pub fn is_behind_buffer(&self, offset: u64) -> bool {
        // Most listeners had received all audio at the previous pass. For these, this avoids a search in the
        // frame index.
        let [_, LiveEdge { offset: last, time }] = self.passes;
        let Programme { timeline, .. } = &self.programme;
        let is_current = last <= offset && timeline.end_time() - time <= self.limits.buffer;
        !is_current && self.limits.is_behind(offset, timeline)
    }

    /// Returns until when the station waits for the input on air, if it does.
    pub fn waiting_until(&self) -> Option<Time> {
        self.waiting_until
    }

    /// Returns whether the station waits for a feed. If so, it need not be polled, because the next frame
    /// arrives with an event.
    pub fn is_waiting_for_feed(&self) -> bool {
        self.waiting_until.is_some() && self.switcher.is_open_feed_on_air()
    }

    /// Plays frames until the timeline reaches the present: the last frame played begins at or before `now`.
    ///
    /// A rendition is not advanced by time, but [by its encoder](Self::play_encoded).
    pub fn advance_to(&mut self, now: Time) -> Progress {
        if self.rendition.is_some() {
            return Progress::Done;
        }
        self.excuse_stall(now);
        self.drop_backlog(now);
        self.slew_clock(now);
        let due = self.schedule.due(now);
        self.waiting_until = None;
        while self.programme.timeline.end_time() <= due {
            if self.is_pass_due() {
                return Progress::ServeAllFirst;
            }
            let backlog = due - self.programme.timeline.end_time();
            if let Some(wait) = self.play_next(backlog.duration(), now) {
                self.waiting_until = Some(now + wait);
                return Progress::Waiting;
            }
        }
        Progress::Done
    }

    /// Plays one frame, or returns how much longer to wait for it.
    fn play_next(&mut self, backlog: Duration, now: Time) -> Option<Duration> {
        let air_time = self.schedule.air_time_at(self.programme.timeline.end_time());
        let played = match self.switcher.next_frame(backlog, now) {
            NextFrame::Play(played) => played,
            NextFrame::Wait(wait) => return Some(wait),
            NextFrame::Gap(gap) => return self.begin_gap(&gap, now),
        };
        if let Some(change) = &played.change {
            let is_same_title = *self.programme.timeline.title() == *change.block;
            self.log.log_change(&self.mount, change, is_same_title, now);
            self.programme.apply(change, air_time, now);
            let at = self.programme.timeline.end_time();
            self.changes.iter_mut().for_each(|all| all.push(ProgrammeChange::new(change, at, air_time)));
        }
        let (format, offset) = (played.frame.header.format(), self.programme.timeline.end());
        if let Some(before) = self.programme.push(&played.frame) {
            self.note_seam([before, format], offset, now);
        }
        if let Some(stall) = self.switcher.take_stall() {
            self.log.log_stall(&self.mount, &stall, now);
        }
        None
    }

    /// Notes that the format has changed with the frame at `offset`. If the settings have changed it, new
    /// listeners begin there, and get a whole burst if the input on air can provide it.
    fn note_seam(&mut self, formats: [Format; 2], offset: u64, now: Time) {
        if !self.format_change.note(formats[1], offset) {
            return self.seam_warnings.warn(&mut self.log, &self.mount, &self.switcher, formats, now);
        }
        self.restart_offset = offset;
        if self.switcher.feed_on_air().is_none() {
            self.schedule.restart(self.programme.timeline.end_time(), now);
        }
    }

    /// Begins a gap between two frames of the feed on air, which is slow. Its frames are the next ones.
    fn begin_gap(&mut self, gap: &DueGap, now: Time) -> Option<Duration> {
        let Self { programme, switcher, log, mount, .. } = self;
        let next = switcher.frame_after_gap()?;
        let timeline = &programme.timeline;
        let (first, second) = timeline.bytes(timeline.offset_behind(GAP_LEAD_IN.into()), timeline.end());
        let codec = next.header.codec();
        let frames = silent_bridge(&[first, second].concat(), &next, gap.length);
        log.log_gap(mount, switcher.name_on_air(), gap, now);
        switcher.fill_gap(frames, codec);
        None
    }

    /// Records that a pass over all listeners begins, in which each listener is served once.
    pub fn begin_pass(&mut self) {
        self.passes = [self.live_edge(), self.passes[0]];
    }

    /// Records that all listeners were served just now.
    pub fn mark_all_served(&mut self) {
        self.passes = [self.live_edge(); 2];
    }

    /// Returns whether all listeners must be served first, because the ring might otherwise drop audio that
    /// one of them needs next.
    pub(super) fn is_pass_due(&self) -> bool {
        let LiveEdge { offset, time } = self.passes[1];
        self.limits.is_margin_used((offset, time), &self.programme.timeline)
    }

    /// Returns the length of the audio that is due and was not played yet.
    fn backlog(&self, now: Time) -> AudioTime {
        self.schedule.due(now).saturating_sub(self.programme.timeline.end_time())
    }

    fn live_edge(&self) -> LiveEdge {
        LiveEdge { offset: self.programme.timeline.end(), time: self.programme.timeline.end_time() }
    }

    /// Adjusts the schedule to the clock of the feed on air, by at most one part in [`CLOCK_SLEW_RATIO`]. A
    /// sender that fills the feed's queue does not send in real time, so its clock is ignored.
    fn slew_clock(&mut self, now: Time) {
        let max_step = self.schedule.take_slew_step(now);
        let Some(feed) = self.switcher.feed_on_air() else { return };
        if self.waiting_until.is_some() {
            self.schedule.delay(max_step.min(self.backlog(now)));
        } else if feed.buffered() >= CLOCK_SLEW_MIN_BUFFER && !feed.has_been_full() {
            self.schedule.advance(max_step);
        }
    }

    /// If the process did not run, the inputs get time to deliver what has become due meanwhile: a feed's
    /// audio waits in the socket, and the thread that reads files was stopped too. The same applies if more
    /// is due at once, with a long delivery interval, than an input reads ahead.
    fn excuse_stall(&mut self, now: Time) {
        let regular = self.advanced_at + self.delivery_interval;
        let expected = self.waiting_until.map_or(regular, |until| until.min(regular));
        let passed = now.since(self.advanced_at);
        let is_long = self.waiting_until.is_none() && passed >= INPUT_TIMEOUT;
        let late = now.since(expected);
        if is_long || late >= STALL_MIN {
            self.switcher.excuse(passed, late);
        }
        self.advanced_at = now;
    }

    /// If the timeline is further behind than listeners can have buffered, drops all but the last burst of
    /// what is due. For example, if the process was suspended for an hour, that hour is not played.
    fn drop_backlog(&mut self, now: Time) {
        let backlog = self.backlog(now);
        // A whole burst is due after a start, and the station may also wait for its input.
        let burst = self.schedule.burst();
        let expected = burst + AudioTime::from(INPUT_TIMEOUT * 2);
        if backlog <= (self.limits.buffer - burst).max(expected) {
            return;
        }
        let dropped = backlog - burst;
        self.schedule.delay(dropped);
        warn!("{}: clock stalled for {:.1?}, resuming at the live edge", self.mount, dropped.duration());
    }
}
