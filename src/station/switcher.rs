//! Decides which input is on air.
//!
//! Silence is not an input. It is played when no input has a frame.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::feed::Feed;
use super::input::{Input, InputFrame, Readiness};
use super::music_status::MusicStatus;
use super::track::TrackInfo;
use crate::audio::{Frame, Header, silent_frame};
use crate::icy::{Block, Title};
use crate::time::AudioTime;
use crate::transcode::TargetFormat;

/// How much the backlog of the input on air may grow above its minimum before another input is played
/// instead. The time is shorter than any useful burst, so that listeners do not notice, and long enough for a
/// disk to spin up.
pub const INPUT_TIMEOUT: Duration = Duration::from_secs(2);

/// How much audio is kept of a feed that waits for the end of a track. It must suffice to go on air at once
/// when the track ends, because audio arrives in pieces.
const PENDING_FEED_BUFFER: Duration = Duration::from_secs(1);

/// How long an input must be on air before the inputs of lower priority skip their track. A shorter time
/// counts as an interruption, after which the track continues. So a source with a weak link does not end one
/// track after the other.
const MIN_ON_AIR: Duration = Duration::from_secs(5);

/// The inputs of one station in the order of their priority, and which of them is on air.
pub struct InputSwitcher {
    slots: Vec<InputSlot>,
    on_air: OnAirInput,
    /// The header of the last frame played. Silence is generated to match it.
    last_header: Header,
    /// The format of the station according to its settings.
    configured_format: Option<TargetFormat>,
    silence: Silence,
    no_title: CurrentTitle,
    /// The backlog at which the station stops waiting for the input on air. `None` before the first poll
    /// after a switch.
    backlog_max: Option<Duration>,
    /// How much audio was played since the last switch.
    on_air_for: AudioTime,
    /// Whether the inputs of lower priority still have to skip their track, once the input on air has been on
    /// air for [`MIN_ON_AIR`].
    is_skip_pending: bool,
}

/// Identifies a feed of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedId(usize);

struct InputSlot {
    origin: FrameOrigin,
    /// Whether the feed waits for the end of the track on air.
    waits_for_boundary: bool,
    current: CurrentTitle,
    /// The title that a user set for the track on air. It starts with the next frame.
    title_override: Option<Title>,
    /// The name of the input.
    name: String,
}

/// Where a slot takes its frames from.
enum FrameOrigin {
    /// The sender pushes frames.
    Feed(Box<Feed>),
    /// The station takes frames from the input.
    Input(Box<dyn Input>),
}

/// A title and its metadata block.
#[derive(Clone)]
struct CurrentTitle {
    title: Title,
    block: Rc<Block>,
}

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
}

/// A frame to add to the timeline now.
pub struct AirFrame<'a> {
    /// The whole frame, including its header.
    pub frame: Frame<'a>,
    /// What may change with this frame; `None` if nothing does.
    pub change: Option<OnAirChange<'a>>,
}

/// What may change with a frame.
pub struct OnAirChange<'a> {
    /// The title.
    pub title: &'a Title,
    /// The title as a metadata block.
    pub block: &'a Rc<Block>,
    /// The name of the input on air; empty during silence.
    pub input_name: &'a str,
    /// Whether the input on air has changed.
    pub has_switched: bool,
}

impl InputSwitcher {
    /// Returns a switcher without inputs. If no input knows the format of the station, it is `format`.
    /// Without one, silence matches `header` until a frame was played.
    pub fn new(format: Option<TargetFormat>, header: Header) -> Self {
        Self {
            slots: Vec::new(),
            on_air: OnAirInput::Nothing,
            last_header: format.and_then(TargetFormat::header).unwrap_or(header),
            configured_format: format,
            silence: Silence::matching(&header),
            no_title: CurrentTitle::new(Title::default()),
            backlog_max: None,
            on_air_for: AudioTime::ZERO,
            is_skip_pending: false,
        }
    }

    /// Sets the format of the station, unless an input knows it.
    pub fn set_configured_format(&mut self, format: Option<TargetFormat>) {
        self.configured_format = format;
    }

    /// Returns the format of the station, if it has a fixed one.
    pub fn format(&self) -> Option<TargetFormat> {
        let of_input = |slot: &InputSlot| match &slot.origin {
            FrameOrigin::Feed(_) => None,
            FrameOrigin::Input(input) => input.format(),
        };
        self.slots.iter().find_map(of_input).or(self.configured_format)
    }

    /// Adds an input with a lower priority than all others.
    pub fn add(&mut self, input: Box<dyn Input>) {
        let name = input.name();
        self.push(FrameOrigin::Input(input), name);
    }

    /// Adds a feed with a lower priority than all others.
    pub fn add_feed(&mut self) -> FeedId {
        self.push(FrameOrigin::Feed(Box::default()), String::new());
        FeedId(self.slots.len() - 1)
    }

    fn push(&mut self, origin: FrameOrigin, name: String) {
        let current = self.no_title.clone();
        self.slots.push(InputSlot { origin, waits_for_boundary: false, current, title_override: None, name });
    }

    /// Replaces a feed with `feed`, which carries the frames of the sender `name`. With `at_boundary`, it
    /// does not go on air before the track on air ends.
    pub fn open(&mut self, id: FeedId, name: &str, at_boundary: bool, feed: Feed) {
        if self.on_air == OnAirInput::Input(id.0) {
            // A new sender replaces the sender of the feed on air and gets the same time limit. The limit is
            // bounded, so that the delays of several senders do not add up.
            self.backlog_max = self.backlog_max.map(|max| (max + INPUT_TIMEOUT).min(INPUT_TIMEOUT * 2));
        }
        let slot = &mut self.slots[id.0];
        (slot.name, slot.waits_for_boundary) = (name.to_owned(), at_boundary);
        slot.origin = FrameOrigin::Feed(Box::new(feed));
    }

    /// Resets the state to that of a switcher whose inputs have not been on air.
    pub fn restart(&mut self) {
        (self.on_air, self.backlog_max) = (OnAirInput::Nothing, None);
    }

    /// Returns whether an open feed, which may get more frames, is on air.
    pub fn is_open_feed_on_air(&self) -> bool {
        self.feed_on_air().is_some_and(Feed::is_open)
    }

    /// Returns a feed that [`add_feed`](Self::add_feed) added.
    pub fn feed(&self, id: FeedId) -> &Feed {
        match &self.slots[id.0].origin {
            FrameOrigin::Feed(feed) => feed,
            FrameOrigin::Input(_) => unreachable!("a `FeedId` always identifies a feed"),
        }
    }

    /// Returns a feed that [`add_feed`](Self::add_feed) added, to push frames to.
    pub fn feed_mut(&mut self, id: FeedId) -> &mut Feed {
        match &mut self.slots[id.0].origin {
            FrameOrigin::Feed(feed) => feed,
            FrameOrigin::Input(_) => unreachable!("a `FeedId` always identifies a feed"),
        }
    }

    /// Returns the name of the sender of a feed.
    pub fn feed_name(&self, id: FeedId) -> &str {
        &self.slots[id.0].name
    }

    /// Returns the feed on air, if a feed is.
    pub fn feed_on_air(&self) -> Option<&Feed> {
        match &self.slots[self.input_on_air()?].origin {
            FrameOrigin::Feed(feed) => Some(feed),
            FrameOrigin::Input(_) => None,
        }
    }

    /// Returns whether this feed is on air.
    pub fn is_on_air(&self, id: FeedId) -> bool {
        self.on_air == OnAirInput::Input(id.0)
    }

    /// Returns the header of the last frame played.
    pub fn last_header(&self) -> Header {
        self.last_header
    }

    /// Returns the properties of the track on air, if they are known.
    pub fn track(&self) -> Option<&Arc<TrackInfo>> {
        match &self.slots[self.input_on_air()?].origin {
            FrameOrigin::Feed(_) => None,
            FrameOrigin::Input(input) => input.track(),
        }
    }

    /// Returns the titles after the track on air, as far as they are known.
    pub fn upcoming_titles(&self) -> Vec<String> {
        match self.input_on_air().map(|index| &self.slots[index].origin) {
            Some(FrameOrigin::Input(input)) => input.upcoming_titles(),
            Some(FrameOrigin::Feed(_)) | None => Vec::new(),
        }
    }

    /// Returns the state of the music of the first input that has any, on air or not.
    pub fn music_status(&self) -> Option<Arc<MusicStatus>> {
        self.slots.iter().find_map(|slot| match &slot.origin {
            FrameOrigin::Input(input) => input.music_status(),
            FrameOrigin::Feed(_) => None,
        })
    }

    /// Skips the rest of the track on air, so that the next frame is the first of another track. Returns
    /// whether there was a track: feeds have none that could be skipped.
    pub fn skip_track(&mut self) -> bool {
        match self.input_on_air().map(|index| &mut self.slots[index].origin) {
            Some(FrameOrigin::Input(input)) => input.skip_track(),
            Some(FrameOrigin::Feed(_)) | None => return false,
        }
        true
    }

    /// Sets the title of the track on air until the track ends. Returns whether there was a track: feeds send
    /// their own titles.
    pub fn set_track_title(&mut self, title: Title) -> bool {
        let on_air = self.input_on_air().map(|index| &mut self.slots[index]);
        let Some(InputSlot { origin: FrameOrigin::Input(_), title_override, .. }) = on_air else {
            return false;
        };
        *title_override = Some(title);
        true
    }

    fn input_on_air(&self) -> Option<usize> {
        match self.on_air {
            OnAirInput::Input(index) => Some(index),
            OnAirInput::Nothing | OnAirInput::Silence => None,
        }
    }

    /// Takes the next frame to play. `backlog` is the length of the audio that is due and was not played yet.
    pub fn next_frame(&mut self, backlog: Duration) -> NextFrame<'_> {
        let wait = self.wait_left(backlog);
        // After an input has ended, the next one may need time, for example to open a file.
        let mut has_ended = self.on_air == OnAirInput::Nothing;
        for index in 0..self.slots.len() {
            let is_on_air = self.on_air == OnAirInput::Input(index);
            match self.poll(index) {
                Readiness::Ready => return NextFrame::Play(self.play(index)),
                Readiness::Pending if (is_on_air || has_ended) && !wait.is_zero() => {
                    return NextFrame::Wait(wait);
                }
                Readiness::Idle => has_ended |= is_on_air,
                Readiness::Pending => {}
            }
        }
        NextFrame::Play(self.play_silence())
    }

    /// Returns how much longer to wait for the input on air.
    ///
    /// The limit is relative to the smallest backlog since the input went on air. So an encoder that sends at
    /// half speed reaches the limit too, and an encoder that started a second late and then keeps real time
    /// never does.
    fn wait_left(&mut self, backlog: Duration) -> Duration {
        let max = self.backlog_max.get_or_insert(Duration::MAX);
        *max = (*max).min(backlog + INPUT_TIMEOUT);
        *max - backlog.min(*max)
    }

    /// Lets the backlog grow by this time without a fault of the input on air. The limit falls again when the
    /// input catches up.
    pub fn excuse(&mut self, time: Duration) {
        self.backlog_max = self.backlog_max.map(|max| max.saturating_add(time));
    }

    fn poll(&mut self, index: usize) -> Readiness {
        if self.slots[index].waits_for_boundary {
            if !self.is_at_boundary() {
                self.slots[index].trim_pending();
                return Readiness::Idle;
            }
            self.slots[index].waits_for_boundary = false;
        }
        match &mut self.slots[index].origin {
            FrameOrigin::Feed(feed) => feed.poll(),
            FrameOrigin::Input(input) => input.poll(),
        }
    }

    fn is_at_boundary(&mut self) -> bool {
        match self.input_on_air().map(|index| &mut self.slots[index].origin) {
            Some(FrameOrigin::Input(input)) => input.is_at_track_boundary(),
            Some(FrameOrigin::Feed(_)) | None => true,
        }
    }

    fn play(&mut self, index: usize) -> AirFrame<'_> {
        let on_air_before = self.on_air_for;
        let has_switched = self.switch_to(OnAirInput::Input(index));
        let is_long_enough = |length: AudioTime| length.duration() >= MIN_ON_AIR;
        if (has_switched && is_long_enough(on_air_before))
            || (self.is_skip_pending && is_long_enough(self.on_air_for))
        {
            self.is_skip_pending = false;
            self.slots[index + 1..].iter_mut().for_each(InputSlot::skip_track);
        }
        let (frame, change) = self.slots[index].take(has_switched);
        self.on_air_for += frame.header.duration();
        self.last_header = frame.header;
        AirFrame { frame, change }
    }

    fn play_silence(&mut self) -> AirFrame<'_> {
        let has_switched = self.switch_to(OnAirInput::Silence);
        if has_switched {
            self.silence = Silence::matching(&self.silence_header());
        }
        let change = has_switched.then(|| self.no_title.change("", true));
        let frame = Frame { bytes: &self.silence.bytes, header: self.silence.header, offset: 0 };
        AirFrame { frame, change }
    }

    /// Returns the header for silence: that of the last frame, unless the station has a fixed format that
    /// differs. Before the first frame, it is the fixed format.
    fn silence_header(&self) -> Header {
        let fixed = self.format().and_then(TargetFormat::header);
        let differs = |header: &Header| header.format() != self.last_header.format();
        let is_possible = |header: &Header| header.codec() == self.last_header.codec();
        fixed.filter(|header| differs(header) && is_possible(header)).unwrap_or(self.last_header)
    }

    fn switch_to(&mut self, next: OnAirInput) -> bool {
        let has_switched = self.on_air != next;
        if has_switched {
            self.input_on_air().into_iter().for_each(|index| self.slots[index].drop_late_frames());
            (self.on_air, self.backlog_max) = (next, None);
            (self.on_air_for, self.is_skip_pending) = (AudioTime::ZERO, true);
        }
        has_switched
    }
}

impl InputSlot {
    /// Drops the frames of an ended feed that are still being converted. They would interrupt the next input.
    fn drop_late_frames(&mut self) {
        if let FrameOrigin::Feed(feed) = &mut self.origin {
            feed.drop_late_frames();
        }
    }

    /// Drops the oldest queued audio of a feed that waits for the end of the track on air.
    fn trim_pending(&mut self) {
        if let FrameOrigin::Feed(feed) = &mut self.origin {
            feed.trim_to(PENDING_FEED_BUFFER);
        }
    }

    fn skip_track(&mut self) {
        if let FrameOrigin::Input(input) = &mut self.origin {
            input.skip_track();
        }
    }

    /// Takes the next frame, and what may change with it.
    fn take(&mut self, has_switched: bool) -> (Frame<'_>, Option<OnAirChange<'_>>) {
        let (frame, title) = match &mut self.origin {
            FrameOrigin::Feed(feed) => feed.next_frame(),
            FrameOrigin::Input(input) => {
                let (InputFrame { frame, title }, title_override) =
                    (input.next_frame(), self.title_override.take());
                (frame, title.cloned().or(title_override))
            }
        };
        let may_differ = has_switched || title.is_some();
        if let Some(title) = title {
            self.current = CurrentTitle::new(title);
        }
        (frame, may_differ.then(|| self.current.change(&self.name, has_switched)))
    }
}

impl CurrentTitle {
    fn new(title: Title) -> Self {
        Self { block: Rc::new(Block::from_title(&title)), title }
    }

    fn change<'a>(&'a self, input_name: &'a str, has_switched: bool) -> OnAirChange<'a> {
        OnAirChange { title: &self.title, block: &self.block, input_name, has_switched }
    }
}

/// A frame of silence.
struct Silence {
    bytes: Vec<u8>,
    header: Header,
}

impl Silence {
    fn matching(header: &Header) -> Self {
        let bytes = silent_frame(header);
        let header = Header::parse(header.codec(), &bytes).expect("a silent frame has a header");
        Self { bytes, header }
    }
}
