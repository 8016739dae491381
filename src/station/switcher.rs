//! Decides which input is on air.
//!
//! Silence is not an input. It is played when no input has a frame.

mod feeds;
mod inputs;

use std::time::Duration;

use super::comeback::Stall;
use super::expected_format::silence_header;
use super::feed::Feed;
use super::gap::{DueGap, Gaps};
use super::input::{Input, Readiness};
use super::input_slot::{CurrentTitle, FrameOrigin, InputSlot};
use super::lateness::InputLateness;
use super::replacement::Replacement;
use crate::audio::{Codec, Format, Frame, Header, Silence};
use crate::icy::Title;
use crate::time::{AudioTime, Time};
use crate::transcode::TargetFormat;

pub use super::input_slot::OnAirChange;

/// How long an input must be on air before the inputs of lower priority skip their track. A shorter time
/// counts as an interruption, after which the track continues. So a source with a weak link does not end one
/// track after the other.
const MIN_ON_AIR: Duration = Duration::from_secs(5);

/// The inputs of one station in the order of their priority, and which of them is on air.
pub struct InputSwitcher {
    slots: Vec<InputSlot>,
    /// Whether the last slot is a feed that stays behind all inputs.
    has_last_feed: bool,
    on_air: OnAirInput,
    /// The header of the last frame played. Silence is generated to match it.
    last_header: Header,
    /// The format of the station according to its settings.
    configured_format: Option<TargetFormat>,
    silence: Silence,
    no_title: CurrentTitle,
    lateness: InputLateness,
    /// How much audio was played since the last switch.
    on_air_for: AudioTime,
    /// Whether the inputs of lower priority still have to skip their track, once the input on air has been on
    /// air for [`MIN_ON_AIR`].
    is_skip_pending: bool,
    gaps: Gaps,
    stall: Option<Stall>,
    /// The inputs that take the place of the present ones when the track on air ends.
    replacement: Option<Replacement>,
}

/// Identifies a feed of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedId(usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnAirInput {
    Nothing,
    Input(usize),
    Silence,
}

/// The next step for the timeline.
pub enum NextFrame<'a> {
    /// Add this frame.
    Play(AirFrame<'a>),
    /// Wait for the input on air, at most for this long.
    Wait(Duration),
    /// The feed on air is slow: [fill](InputSwitcher::fill_gap) a gap before its next frame.
    Gap(DueGap),
}

/// What to do with an input that has a frame.
enum Admission {
    Play,
    Gap(DueGap),
    /// Another input is better.
    Refuse,
}

/// A frame to add to the timeline now.
pub struct AirFrame<'a> {
    /// The whole frame, including its header.
    pub frame: Frame<'a>,
    /// What may change with this frame; `None` if nothing does.
    pub change: Option<OnAirChange<'a>>,
}

impl InputSwitcher {
    /// Returns a switcher without inputs. If no input knows the format of the station, it is `format`.
    /// Without one, silence matches `header` until a frame was played.
    pub fn new(format: Option<TargetFormat>, header: Header) -> Self {
        Self {
            slots: Vec::new(),
            has_last_feed: false,
            on_air: OnAirInput::Nothing,
            last_header: format.and_then(TargetFormat::header).unwrap_or(header),
            configured_format: format,
            silence: Silence::matching(&header),
            no_title: CurrentTitle::new(Title::default()),
            lateness: InputLateness::default(),
            on_air_for: AudioTime::ZERO,
            is_skip_pending: false,
            gaps: Gaps::default(),
            stall: None,
            replacement: None,
        }
    }

    /// Sets the format of the station, unless an input knows it.
    pub fn set_configured_format(&mut self, format: Option<TargetFormat>) {
        self.configured_format = format;
    }

    /// Sets the header that silence matches until a frame was played, unless the format is configured.
    pub fn expect_header(&mut self, header: Header) {
        if self.configured_format.is_none() {
            self.last_header = header;
        }
    }

    /// Returns the format of the station, if it has a fixed one.
    pub fn format(&self) -> Option<TargetFormat> {
        let of_input = |slot: &InputSlot| match &slot.origin {
            FrameOrigin::Feed(_) => None,
            FrameOrigin::Input(input) => input.format(),
        };
        self.slots.iter().find_map(of_input).or(self.configured_format)
    }

    /// Adds an input with a lower priority than all others but the [last feed](Self::add_last_feed).
    pub fn add(&mut self, input: Box<dyn Input>) {
        let name = input.name();
        let end = self.inputs_end();
        if let OnAirInput::Input(index) = &mut self.on_air
            && *index >= end
        {
            *index += 1;
        }
        self.slots.insert(end, InputSlot::new(FrameOrigin::Input(input), name));
    }

    /// Adds a feed with a lower priority than all others.
    pub fn add_feed(&mut self) -> FeedId {
        let number = self.slots.iter().filter_map(|slot| slot.feed_number).count();
        let mut slot = InputSlot::new(FrameOrigin::Feed(Box::default()), String::new());
        slot.feed_number = Some(number);
        self.slots.push(slot);
        FeedId(number)
    }

    /// Adds a feed with a lower priority than all others, also than those that are added later.
    pub fn add_last_feed(&mut self) -> FeedId {
        self.has_last_feed = true;
        self.add_feed()
    }

    /// Returns the index behind the inputs.
    fn inputs_end(&self) -> usize {
        self.slots.len() - usize::from(self.has_last_feed)
    }

    /// Returns the feed that was replaced because it stalled, once.
    pub fn take_stall(&mut self) -> Option<Stall> {
        self.stall.take()
    }

    /// Resets the state to that of a switcher whose inputs have not been on air.
    pub fn restart(&mut self) {
        self.on_air = OnAirInput::Nothing;
        self.lateness.restart();
    }

    /// Returns whether an open feed, which may get more frames, is on air.
    pub fn is_open_feed_on_air(&self) -> bool {
        self.feed_on_air().is_some_and(Feed::is_open)
    }

    /// Returns the feed on air, if a feed is.
    pub fn feed_on_air(&self) -> Option<&Feed> {
        self.slots[self.input_on_air()?].feed()
    }

    /// Returns the frame before which a gap is due.
    pub fn frame_after_gap(&self) -> Option<Frame<'_>> {
        self.feed_on_air()?.front()
    }

    /// Returns the name of the input on air; empty during silence.
    pub fn name_on_air(&self) -> &str {
        self.input_on_air().map_or("", |index| &self.slots[index].name)
    }

    /// Returns the header of the last frame played.
    pub fn last_header(&self) -> Header {
        self.last_header
    }

    fn input_on_air(&self) -> Option<usize> {
        match self.on_air {
            OnAirInput::Input(index) => Some(index),
            OnAirInput::Nothing | OnAirInput::Silence => None,
        }
    }

    /// Takes the next frame to play. `backlog` is the length of the audio that is due and was not played yet.
    pub fn next_frame(&mut self, backlog: Duration, now: Time) -> NextFrame<'_> {
        if self.gaps.is_open() {
            return NextFrame::Play(self.play_gap());
        }
        self.replace_if_due();
        let wait = self.lateness.wait_left(backlog, self.is_open_feed_on_air(), now);
        self.note_lag(backlog, now);
        // After an input has ended, the next one may need time, for example to open a file.
        let mut has_ended = self.on_air == OnAirInput::Nothing;
        for index in 0..self.slots.len() {
            let is_on_air = self.on_air == OnAirInput::Input(index);
            // This drops what a feed has sent before a pause.
            let is_admitted = self.is_unopposed(index) || self.slots[index].is_admitted(now);
            if is_on_air && self.waits_for_replacement() && !wait.is_zero() {
                return NextFrame::Wait(wait);
            }
            match self.poll(index) {
                Readiness::Ready => match self.admission(index, is_admitted, wait, now) {
                    Admission::Play => return NextFrame::Play(self.play(index, now)),
                    Admission::Gap(gap) => return NextFrame::Gap(gap),
                    Admission::Refuse => {}
                },
                Readiness::Pending if (is_on_air || has_ended) && !wait.is_zero() => {
                    return NextFrame::Wait(wait);
                }
                Readiness::Idle => has_ended |= is_on_air,
                Readiness::Pending => {}
            }
        }
        NextFrame::Play(self.play_silence(now))
    }

    /// Decides what to do with an input that has a frame. `is_admitted` is whether it may replace others.
    fn admission(&mut self, index: usize, is_admitted: bool, wait: Duration, now: Time) -> Admission {
        if self.on_air != OnAirInput::Input(index) {
            let is_played = is_admitted || !self.has_substitute(index, wait);
            return if is_played { Admission::Play } else { Admission::Refuse };
        }
        let is_open_feed = self.is_open_feed_on_air();
        let Some(missing) = self.lateness.missing(now).filter(|_| is_open_feed) else {
            return Admission::Play;
        };
        if !self.gaps.is_slow(missing, now) && self.has_substitute(index, wait) {
            return Admission::Refuse;
        }
        self.lateness.restart();
        match self.slots[index].feed() {
            Some(feed) => Admission::Gap(self.gaps.begin(feed, missing, now)),
            None => Admission::Play,
        }
    }

    /// Notes how much of the backlog the feed on air has not sent. A feed that has ended sends no more, so it
    /// cannot be late.
    fn note_lag(&mut self, backlog: Duration, now: Time) {
        let Some(feed) = self.feed_on_air().filter(|feed| feed.is_open()) else { return };
        let (lag, is_ready) =
            (backlog.saturating_sub(feed.buffered()), matches!(feed.poll(), Readiness::Ready));
        self.lateness.note_lag(lag, is_ready, now);
    }

    /// Returns whether there is only silence to be played instead of this input.
    fn is_unopposed(&mut self, index: usize) -> bool {
        self.on_air == OnAirInput::Silence && !self.has_substitute(index, Duration::ZERO)
    }

    /// Returns whether an input with a lower priority than this one can be played instead of it.
    fn has_substitute(&mut self, index: usize, wait: Duration) -> bool {
        (index + 1..self.slots.len()).any(|other| match self.poll(other) {
            Readiness::Ready => true,
            Readiness::Pending => self.on_air == OnAirInput::Input(other) && !wait.is_zero(),
            Readiness::Idle => false,
        })
    }

    /// Sets the frames of the gap that is due, which are played next.
    pub fn fill_gap(&mut self, frames: Vec<u8>, codec: Codec) {
        self.gaps.fill(frames, codec);
    }

    fn play_gap(&mut self) -> AirFrame<'_> {
        let frame = self.gaps.next_frame().expect("a gap is open");
        self.on_air_for += frame.header.duration();
        AirFrame { frame, change: None }
    }

    /// Lets the backlog grow by this time without a fault of the input on air. The limit falls again when the
    /// input catches up. For `stopped` of it, the process did not run.
    pub fn excuse(&mut self, time: Duration, stopped: Duration) {
        self.lateness.excuse(time);
        self.slots.iter_mut().for_each(|slot| slot.comeback.excuse(stopped));
    }

    fn poll(&mut self, index: usize) -> Readiness {
        if self.slots[index].waits_for_boundary && !self.is_at_boundary() {
            self.slots[index].trim_pending();
            return Readiness::Idle;
        }
        self.slots[index].poll()
    }

    fn is_at_boundary(&mut self) -> bool {
        match self.input_on_air().map(|index| &mut self.slots[index].origin) {
            Some(FrameOrigin::Input(input)) => input.is_at_track_boundary(),
            Some(FrameOrigin::Feed(_)) | None => true,
        }
    }

    /// Replaces the inputs if the track on air has ended. New inputs that are not ready yet wait: see
    /// [`waits_for_replacement`](Self::waits_for_replacement).
    fn replace_if_due(&mut self) {
        if self.replacement.is_none() {
            return;
        }
        let is_over = !self.is_track_on_air() || self.is_track_over();
        if is_over && !self.replacement.as_mut().is_some_and(Replacement::is_pending) {
            self.replace_now();
        }
    }

    /// Returns whether the track on air has ended, and the inputs that follow are not ready yet. The station
    /// waits for them like for a track that is being opened. If that takes too long, another track of the
    /// present input is played, because a disk that does not answer must not silence the station.
    fn waits_for_replacement(&mut self) -> bool {
        self.replacement.is_some() && self.is_track_on_air() && self.is_track_over()
    }

    fn is_track_on_air(&self) -> bool {
        self.input_on_air().is_some_and(|index| self.slots[index].feed().is_none())
    }

    fn is_track_over(&mut self) -> bool {
        self.replacement.as_ref().is_some_and(|replacement| replacement.is_due) || self.is_at_boundary()
    }

    fn replace_now(&mut self) {
        let Some(Replacement { slots, .. }) = self.replacement.take() else { return };
        let end = self.inputs_end();
        let first =
            self.slots[..end].iter().rposition(|slot| slot.feed().is_some()).map_or(0, |last| last + 1);
        match self.input_on_air() {
            Some(index) if index >= end => {
                self.on_air = OnAirInput::Input(index - end + first + slots.len());
            }
            Some(index) if index >= first => {
                self.on_air = OnAirInput::Nothing;
                self.lateness.restart();
            }
            Some(_) | None => {}
        }
        self.slots.splice(first..end, slots);
    }

    fn play(&mut self, index: usize, now: Time) -> AirFrame<'_> {
        let on_air_before = self.on_air_for;
        let has_switched = self.switch_to(OnAirInput::Input(index), now);
        let is_long_enough = |length: AudioTime| length.duration() >= MIN_ON_AIR;
        if (has_switched && is_long_enough(on_air_before))
            || (self.is_skip_pending && is_long_enough(self.on_air_for))
        {
            self.is_skip_pending = false;
            self.slots[index + 1..].iter_mut().for_each(InputSlot::skip_track);
        }
        self.lateness.note_frame(now);
        self.slots[index].waits_for_boundary = false;
        let (frame, change) = self.slots[index].take(has_switched);
        self.on_air_for += frame.header.duration();
        self.last_header = frame.header;
        AirFrame { frame, change }
    }

    fn play_silence(&mut self, now: Time) -> AirFrame<'_> {
        let has_switched = self.switch_to(OnAirInput::Silence, now);
        if has_switched {
            self.silence = Silence::matching(&self.silence_header());
        }
        let change = has_switched.then(|| self.no_title.change("", true));
        AirFrame { frame: self.silence.frame(), change }
    }

    /// Returns the header for silence: that of the last frame, unless the station has a fixed format that
    /// differs. Before the first frame, it is the fixed format.
    fn silence_header(&self) -> Header {
        let fixed = self.format().and_then(TargetFormat::header);
        let differs = |header: &Header| header.format() != self.last_header.format();
        let is_possible = |header: &Header| header.codec() == self.last_header.codec();
        fixed.filter(|header| differs(header) && is_possible(header)).unwrap_or(self.last_header)
    }

    /// Continues silence in this format, if nothing was decided about it otherwise. Applies to silence on air
    /// too.
    pub fn change_silence(&mut self, format: Format) {
        let is_silent = self.on_air == OnAirInput::Silence;
        if let Some(header) = silence_header(format).filter(|_| is_silent) {
            self.last_header = header;
            self.silence = Silence::matching(&self.silence_header());
        }
    }

    fn switch_to(&mut self, next: OnAirInput, now: Time) -> bool {
        let has_switched = self.on_air != next;
        if has_switched {
            self.input_on_air().into_iter().for_each(|index| self.leave(index, next, now));
            self.on_air = next;
            self.lateness.restart();
            (self.on_air_for, self.is_skip_pending) = (AudioTime::ZERO, true);
            self.restart_gaps(now);
            self.input_on_air().into_iter().for_each(|index| self.slots[index].comeback.note_on_air());
        }
        has_switched
    }

    fn restart_gaps(&mut self, now: Time) {
        let index = self.input_on_air();
        self.gaps.restart(index.and_then(|index| self.slots[index].feed()), now);
    }

    /// Takes an input off air in favour of `next`.
    fn leave(&mut self, index: usize, next: OnAirInput, now: Time) {
        let slot = &mut self.slots[index];
        slot.drop_late_frames();
        let is_higher = matches!(next, OnAirInput::Input(other) if other < index);
        if !is_higher {
            let required = slot.note_replaced(self.on_air_for.duration(), now);
            let required = required.filter(|_| next != OnAirInput::Silence);
            let is_interrupted = slot.feed().is_some_and(Feed::is_interrupted);
            let name = slot.name.clone();
            self.stall = required.map(|required| Stall { name, required, is_interrupted });
        }
    }
}
