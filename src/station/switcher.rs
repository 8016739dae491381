//! Whose turn it is on the air.
//!
//! Silence is not an input but what is there when no input has anything.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::feed::Feed;
use super::input::{Input, InputFrame, Readiness};
use super::track::TrackInfo;
use crate::audio::{Frame, Header, silent_frame};
use crate::icy::{Block, Title};
use crate::time::AudioTime;

/// How much later than it began an input that is on the air may get before another fills in. Shorter than any sensible
/// burst, so that listeners do not notice; long enough for a disk to wake up.
pub const INPUT_TIMEOUT: Duration = Duration::from_secs(2);

/// What is kept of a source that waits for the end of a track: enough that it is there in the moment in which that ends,
/// though its audio comes in pieces.
const PENDING_FEED_BUFFER: Duration = Duration::from_secs(1);

/// Who was on the air for less than this was only filled in for, or filled in: what goes away for so short is not told to
/// leave, so that a source with a weak link does not break off one track after the other.
const MIN_ON_AIR: Duration = Duration::from_secs(5);

/// The inputs of one station, the most important first, and which of them is on the air.
pub struct InputSwitcher {
    slots: Vec<InputSlot>,
    on_air: OnAirInput,
    /// The header of the last frame played: silence is made to match it.
    last_header: Header,
    silence: Silence,
    no_title: CurrentTitle,
    /// The most that may be owed before whoever is on the air is no longer waited for; unset until he was first asked.
    backlog_max: Option<Duration>,
    /// How much was played since another was on the air.
    on_air_for: AudioTime,
    /// The less important inputs are still to be told to leave, once it is clear that this is more than an interruption.
    is_skip_pending: bool,
}

/// Which of a station's feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedId(usize);

struct InputSlot {
    origin: FrameOrigin,
    /// It has not been on the air since it began, and waits for what is there to come to an end.
    waits_for_boundary: bool,
    current: CurrentTitle,
    /// The title that somebody gives the track on the air, from the next frame on.
    title_override: Option<Title>,
    /// What it calls itself.
    name: String,
}

/// Where frames come from.
enum FrameOrigin {
    /// They are pushed to us.
    Feed(Box<Feed>),
    /// We ask for them.
    Input(Box<dyn Input>),
}

/// The title that stands until there is another.
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

/// What comes next on the timeline.
pub enum NextFrame<'a> {
    /// A frame.
    Play(AirFrame<'a>),
    /// Nothing yet: the input on the air owes a frame, and is waited for this much longer.
    Wait(Duration),
}

/// A frame that is now to be put on the timeline.
pub struct AirFrame<'a> {
    /// The frame, whole, header and all.
    pub frame: Frame<'a>,
    /// What holds from this frame on, where it may be something else than before.
    pub change: Option<OnAirChange<'a>>,
}

/// What may be another than it was before a frame.
pub struct OnAirChange<'a> {
    /// The title.
    pub title: &'a Title,
    /// The same, as it goes on the wire.
    pub block: &'a Rc<Block>,
    /// Who is on the air; empty in silence.
    pub input_name: &'a str,
    /// Whether that is somebody else than before.
    pub has_switched: bool,
}

impl InputSwitcher {
    /// No inputs yet, so silence like `format`.
    pub fn new(format: Header) -> Self {
        Self {
            slots: Vec::new(),
            on_air: OnAirInput::Nothing,
            last_header: format,
            silence: Silence::matching(&format),
            no_title: CurrentTitle::new(Title::default()),
            backlog_max: None,
            on_air_for: AudioTime::ZERO,
            is_skip_pending: false,
        }
    }

    /// Adds an input that is less important than all that are there.
    pub fn add(&mut self, input: Box<dyn Input>) {
        let name = input.name();
        self.push(FrameOrigin::Input(input), name);
    }

    /// Adds a feed that is less important than all that are there.
    pub fn add_feed(&mut self) -> FeedId {
        self.push(FrameOrigin::Feed(Box::default()), String::new());
        FeedId(self.slots.len() - 1)
    }

    fn push(&mut self, source: FrameOrigin, name: String) {
        let standing = self.no_title.clone();
        self.slots.push(InputSlot {
            origin: source,
            waits_for_boundary: false,
            current: standing,
            title_override: None,
            name,
        });
    }

    /// Puts `feed` in the place of a feed, for frames that come from `name`. With `at_boundary`, what it is fed is not
    /// heard before the track that is on the air ends.
    pub fn open(&mut self, id: FeedId, name: &str, at_boundary: bool, feed: Feed) {
        if self.on_air == OnAirInput::Input(id.0) {
            // It is somebody else's turn, who is waited for as long as the one before; but what they are late may not add up.
            self.backlog_max = self.backlog_max.map(|credit| (credit + INPUT_TIMEOUT).min(INPUT_TIMEOUT * 2));
        }
        let turn = &mut self.slots[id.0];
        (turn.name, turn.waits_for_boundary) = (name.to_owned(), at_boundary);
        turn.origin = FrameOrigin::Feed(Box::new(feed));
    }

    /// Goes on as if nothing had been on the air yet.
    pub fn restart(&mut self) {
        (self.on_air, self.backlog_max) = (OnAirInput::Nothing, None);
    }

    /// Whether it is a feed that is on the air, of which there may be more.
    pub fn is_open_feed_on_air(&self) -> bool {
        self.feed_on_air().is_some_and(Feed::is_open)
    }

    /// A feed that was added here.
    pub fn feed(&self, id: FeedId) -> &Feed {
        match &self.slots[id.0].origin {
            FrameOrigin::Feed(feed) => feed,
            FrameOrigin::Input(_) => unreachable!("an id is made for a feed alone"),
        }
    }

    /// The same, to be fed.
    pub fn feed_mut(&mut self, id: FeedId) -> &mut Feed {
        match &mut self.slots[id.0].origin {
            FrameOrigin::Feed(feed) => feed,
            FrameOrigin::Input(_) => unreachable!("an id is made for a feed alone"),
        }
    }

    /// The feed on the air, if it is one.
    pub fn feed_on_air(&self) -> Option<&Feed> {
        match &self.slots[self.input_on_air()?].origin {
            FrameOrigin::Feed(feed) => Some(feed),
            FrameOrigin::Input(_) => None,
        }
    }

    /// Whether this feed is on the air.
    pub fn is_on_air(&self, id: FeedId) -> bool {
        self.on_air == OnAirInput::Input(id.0)
    }

    /// The header of the last frame played.
    pub fn last_header(&self) -> Header {
        self.last_header
    }

    /// What is known of the track on the air.
    pub fn track(&self) -> Option<&Arc<TrackInfo>> {
        match &self.slots[self.input_on_air()?].origin {
            FrameOrigin::Feed(_) => None,
            FrameOrigin::Input(input) => input.track(),
        }
    }

    /// What comes after the track on the air.
    pub fn upcoming_titles(&self) -> Vec<String> {
        match self.input_on_air().map(|at| &self.slots[at].origin) {
            Some(FrameOrigin::Input(input)) => input.upcoming_titles(),
            Some(FrameOrigin::Feed(_)) | None => Vec::new(),
        }
    }

    /// Breaks off the track on the air, so that the next frame is one of the next track. Says whether there was one: what is
    /// fed has no tracks that we could leave out.
    pub fn skip_track(&mut self) -> bool {
        match self.input_on_air().map(|at| &mut self.slots[at].origin) {
            Some(FrameOrigin::Input(input)) => input.skip_track(),
            Some(FrameOrigin::Feed(_)) | None => return false,
        }
        true
    }

    /// Gives the track on the air another title, until it ends. Says whether there was one; what is fed has titles of its
    /// own.
    pub fn set_track_title(&mut self, title: Title) -> bool {
        let on_air = self.input_on_air().map(|at| &mut self.slots[at]);
        let Some(InputSlot { origin: FrameOrigin::Input(_), title_override: given, .. }) = on_air else {
            return false;
        };
        *given = Some(title);
        true
    }

    fn input_on_air(&self) -> Option<usize> {
        match self.on_air {
            OnAirInput::Input(at) => Some(at),
            OnAirInput::Nothing | OnAirInput::Silence => None,
        }
    }

    /// Takes the frame that is to be played next; `owed` is how much audio should have been played by now and was not.
    pub fn next_frame(&mut self, owed: Duration) -> NextFrame<'_> {
        let patience = self.wait_left(owed);
        // Whoever comes next when that which is on the air has ended may need a moment: a file has to be opened.
        let mut has_ended = self.on_air == OnAirInput::Nothing;
        for at in 0..self.slots.len() {
            let is_on_air = self.on_air == OnAirInput::Input(at);
            match self.poll(at) {
                Readiness::Ready => return NextFrame::Play(self.play(at)),
                Readiness::Pending if (is_on_air || has_ended) && !patience.is_zero() => {
                    return NextFrame::Wait(patience);
                }
                Readiness::Idle => has_ended |= is_on_air,
                Readiness::Pending => {}
            }
        }
        NextFrame::Play(self.play_silence())
    }

    /// How much longer whoever is on the air is waited for.
    ///
    /// What counts is by how much he got later than he was at best: an encoder at half speed is as late as one that says
    /// nothing, and one that began a second late and keeps time ever since is not late at all.
    fn wait_left(&mut self, owed: Duration) -> Duration {
        let credit = self.backlog_max.get_or_insert(Duration::MAX);
        *credit = (*credit).min(owed + INPUT_TIMEOUT);
        *credit - owed.min(*credit)
    }

    fn poll(&mut self, at: usize) -> Readiness {
        if self.slots[at].waits_for_boundary {
            if !self.is_at_boundary() {
                self.slots[at].trim_pending();
                return Readiness::Idle;
            }
            self.slots[at].waits_for_boundary = false;
        }
        match &mut self.slots[at].origin {
            FrameOrigin::Feed(feed) => feed.poll(),
            FrameOrigin::Input(input) => input.poll(),
        }
    }

    fn is_at_boundary(&mut self) -> bool {
        match self.input_on_air().map(|at| &mut self.slots[at].origin) {
            Some(FrameOrigin::Input(input)) => input.is_at_track_boundary(),
            Some(FrameOrigin::Feed(_)) | None => true,
        }
    }

    fn play(&mut self, at: usize) -> AirFrame<'_> {
        let heard_before = self.on_air_for;
        let has_switched = self.switch_to(OnAirInput::Input(at));
        let is_clear = |heard: AudioTime| heard.duration() >= MIN_ON_AIR;
        if (has_switched && is_clear(heard_before)) || (self.is_skip_pending && is_clear(self.on_air_for)) {
            self.is_skip_pending = false;
            self.slots[at + 1..].iter_mut().for_each(InputSlot::skip_track);
        }
        let (frame, change) = self.slots[at].take(has_switched);
        self.on_air_for += frame.header.duration();
        self.last_header = frame.header;
        AirFrame { frame, change }
    }

    fn play_silence(&mut self) -> AirFrame<'_> {
        let has_switched = self.switch_to(OnAirInput::Silence);
        if has_switched {
            self.silence = Silence::matching(&self.last_header);
        }
        let change = has_switched.then(|| self.no_title.change("", true));
        let frame = Frame { bytes: &self.silence.bytes, header: self.silence.header, offset: 0 };
        AirFrame { frame, change }
    }

    fn switch_to(&mut self, next: OnAirInput) -> bool {
        let has_switched = self.on_air != next;
        if has_switched {
            (self.on_air, self.backlog_max) = (next, None);
            (self.on_air_for, self.is_skip_pending) = (AudioTime::ZERO, true);
        }
        has_switched
    }
}

impl InputSlot {
    /// Drops what nobody is to hear.
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

    /// Takes the next frame, and what may be another from there on.
    fn take(&mut self, has_switched: bool) -> (Frame<'_>, Option<OnAirChange<'_>>) {
        let (frame, title) = match &mut self.origin {
            FrameOrigin::Feed(feed) => feed.next_frame(),
            FrameOrigin::Input(input) => {
                let (InputFrame { frame, title }, given) = (input.next_frame(), self.title_override.take());
                (frame, title.cloned().or(given))
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

    fn change<'a>(&'a self, by: &'a str, has_switched: bool) -> OnAirChange<'a> {
        OnAirChange { title: &self.title, block: &self.block, input_name: by, has_switched }
    }
}

/// A frame in which nothing is heard.
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
