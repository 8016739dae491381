//! Whose turn it is on the air.
//!
//! Silence is not an input but what is there when no input has anything.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::feed::Feed;
use super::input::{Cue, Input, Readiness};
use super::track::TrackInfo;
use crate::audio::{Frame, Header, silent_frame};
use crate::icy::{Block, Title};
use crate::time::AudioTime;

/// How much later than it began an input that is on the air may get before another fills in. Shorter than any sensible
/// burst, so that listeners do not notice; long enough for a disk to wake up.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What is kept of a source that waits for the end of a track: enough that it is there in the moment in which that ends,
/// though its audio comes in pieces.
const IN_HAND: Duration = Duration::from_secs(1);

/// Who was on the air for less than this was only filled in for, or filled in: what goes away for so short is not told to
/// leave, so that a source with a weak link does not break off one track after the other.
const BRIEF: Duration = Duration::from_secs(5);

/// The inputs of one station, the most important first, and which of them is on the air.
pub struct Turns {
    inputs: Vec<Turn>,
    on_air: OnAir,
    /// The header of the last frame played: silence is made to match it.
    format: Header,
    silence: Silence,
    silent: Standing,
    /// The most that may be owed before whoever is on the air is no longer waited for; unset until he was first asked.
    credit: Option<Duration>,
    /// How much was played since another was on the air.
    heard: AudioTime,
    /// The less important inputs are still to be told to leave, once it is clear that this is more than an interruption.
    leave_later: bool,
}

/// Which of a station's feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedId(usize);

struct Turn {
    source: Source,
    /// It has not been on the air since it began, and waits for what is there to come to an end.
    waits_for_boundary: bool,
    standing: Standing,
    /// The title that somebody gives the track on the air, from the next frame on.
    given: Option<Title>,
    /// What it calls itself.
    name: String,
}

/// Where frames come from.
enum Source {
    /// They are pushed to us.
    Feed(Box<Feed>),
    /// We ask for them.
    Input(Box<dyn Input>),
}

/// The title that stands until there is another.
#[derive(Clone)]
struct Standing {
    title: Title,
    block: Rc<Block>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnAir {
    Nothing,
    Input(usize),
    Silence,
}

/// What comes next on the timeline.
pub enum Next<'a> {
    /// A frame.
    Play(Played<'a>),
    /// Nothing yet: the input on the air owes a frame, and is waited for this much longer.
    Wait(Duration),
}

/// A frame that is now to be put on the timeline.
pub struct Played<'a> {
    /// The frame, whole, header and all.
    pub frame: Frame<'a>,
    /// What holds from this frame on, where it may be something else than before.
    pub change: Option<Change<'a>>,
}

/// What may be another than it was before a frame.
pub struct Change<'a> {
    /// The title.
    pub title: &'a Title,
    /// The same, as it goes on the wire.
    pub block: &'a Rc<Block>,
    /// Who is on the air; empty in silence.
    pub by: &'a str,
    /// Whether that is somebody else than before.
    pub has_switched: bool,
}

impl Turns {
    /// No inputs yet, so silence like `format`.
    pub fn new(format: Header) -> Self {
        Self {
            inputs: Vec::new(),
            on_air: OnAir::Nothing,
            format,
            silence: Silence::like(&format),
            silent: Standing::of(Title::default()),
            credit: None,
            heard: AudioTime::ZERO,
            leave_later: false,
        }
    }

    /// Adds an input that is less important than all that are there.
    pub fn add(&mut self, input: Box<dyn Input>) {
        let name = input.name();
        self.push(Source::Input(input), name);
    }

    /// Adds a feed that is less important than all that are there.
    pub fn add_feed(&mut self) -> FeedId {
        self.push(Source::Feed(Box::default()), String::new());
        FeedId(self.inputs.len() - 1)
    }

    fn push(&mut self, source: Source, name: String) {
        let standing = self.silent.clone();
        self.inputs.push(Turn { source, waits_for_boundary: false, standing, given: None, name });
    }

    /// Puts `feed` in the place of a feed, for frames that come from `name`. With `at_boundary`, what it is fed is not
    /// heard before the track that is on the air ends.
    pub fn open(&mut self, id: FeedId, name: &str, at_boundary: bool, feed: Feed) {
        if self.on_air == OnAir::Input(id.0) {
            // It is somebody else's turn, who is waited for as long as the one before; but what they are late may not add up.
            self.credit = self.credit.map(|credit| (credit + PATIENCE).min(PATIENCE * 2));
        }
        let turn = &mut self.inputs[id.0];
        (turn.name, turn.waits_for_boundary) = (name.to_owned(), at_boundary);
        turn.source = Source::Feed(Box::new(feed));
    }

    /// Goes on as if nothing had been on the air yet.
    pub fn begin_anew(&mut self) {
        (self.on_air, self.credit) = (OnAir::Nothing, None);
    }

    /// Whether it is a feed that is on the air, of which there may be more.
    pub fn is_fed(&self) -> bool {
        self.feed_on_air().is_some_and(Feed::is_open)
    }

    /// A feed that was added here.
    pub fn feed(&self, id: FeedId) -> &Feed {
        match &self.inputs[id.0].source {
            Source::Feed(feed) => feed,
            Source::Input(_) => unreachable!("an id is made for a feed alone"),
        }
    }

    /// The same, to be fed.
    pub fn feed_mut(&mut self, id: FeedId) -> &mut Feed {
        match &mut self.inputs[id.0].source {
            Source::Feed(feed) => feed,
            Source::Input(_) => unreachable!("an id is made for a feed alone"),
        }
    }

    /// The feed on the air, if it is one.
    pub fn feed_on_air(&self) -> Option<&Feed> {
        match &self.inputs[self.input_on_air()?].source {
            Source::Feed(feed) => Some(feed),
            Source::Input(_) => None,
        }
    }

    /// Whether this feed is on the air.
    pub fn is_on_air(&self, id: FeedId) -> bool {
        self.on_air == OnAir::Input(id.0)
    }

    /// The header of the last frame played.
    pub fn format(&self) -> Header {
        self.format
    }

    /// What is known of the track on the air.
    pub fn track(&self) -> Option<&Arc<TrackInfo>> {
        match &self.inputs[self.input_on_air()?].source {
            Source::Feed(_) => None,
            Source::Input(input) => input.track(),
        }
    }

    /// What comes after the track on the air.
    pub fn next_titles(&self) -> Vec<String> {
        match self.input_on_air().map(|at| &self.inputs[at].source) {
            Some(Source::Input(input)) => input.next_titles(),
            Some(Source::Feed(_)) | None => Vec::new(),
        }
    }

    /// Breaks off the track on the air, so that the next frame is one of the next track. Says whether there was one: what is
    /// fed has no tracks that we could leave out.
    pub fn skip(&mut self) -> bool {
        match self.input_on_air().map(|at| &mut self.inputs[at].source) {
            Some(Source::Input(input)) => input.leave(),
            Some(Source::Feed(_)) | None => return false,
        }
        true
    }

    /// Gives the track on the air another title, until it ends. Says whether there was one; what is fed has titles of its
    /// own.
    pub fn retitle(&mut self, title: Title) -> bool {
        let on_air = self.input_on_air().map(|at| &mut self.inputs[at]);
        let Some(Turn { source: Source::Input(_), given, .. }) = on_air else { return false };
        *given = Some(title);
        true
    }

    fn input_on_air(&self) -> Option<usize> {
        match self.on_air {
            OnAir::Input(at) => Some(at),
            OnAir::Nothing | OnAir::Silence => None,
        }
    }

    /// Takes the frame that is to be played next; `owed` is how much audio should have been played by now and was not.
    pub fn next(&mut self, owed: Duration) -> Next<'_> {
        let patience = self.patience(owed);
        // Whoever comes next when that which is on the air has ended may need a moment: a file has to be opened.
        let mut has_ended = self.on_air == OnAir::Nothing;
        for at in 0..self.inputs.len() {
            let is_on_air = self.on_air == OnAir::Input(at);
            match self.poll(at) {
                Readiness::Ready => return Next::Play(self.play(at)),
                Readiness::Late if (is_on_air || has_ended) && !patience.is_zero() => {
                    return Next::Wait(patience);
                }
                Readiness::Idle => has_ended |= is_on_air,
                Readiness::Late => {}
            }
        }
        Next::Play(self.play_silence())
    }

    /// How much longer whoever is on the air is waited for.
    ///
    /// What counts is by how much he got later than he was at best: an encoder at half speed is as late as one that says
    /// nothing, and one that began a second late and keeps time ever since is not late at all.
    fn patience(&mut self, owed: Duration) -> Duration {
        let credit = self.credit.get_or_insert(Duration::MAX);
        *credit = (*credit).min(owed + PATIENCE);
        *credit - owed.min(*credit)
    }

    fn poll(&mut self, at: usize) -> Readiness {
        if self.inputs[at].waits_for_boundary {
            if !self.is_at_boundary() {
                self.inputs[at].miss();
                return Readiness::Idle;
            }
            self.inputs[at].waits_for_boundary = false;
        }
        match &mut self.inputs[at].source {
            Source::Feed(feed) => feed.poll(),
            Source::Input(input) => input.poll(),
        }
    }

    fn is_at_boundary(&mut self) -> bool {
        match self.input_on_air().map(|at| &mut self.inputs[at].source) {
            Some(Source::Input(input)) => input.at_boundary(),
            Some(Source::Feed(_)) | None => true,
        }
    }

    fn play(&mut self, at: usize) -> Played<'_> {
        let heard_before = self.heard;
        let has_switched = self.switch_to(OnAir::Input(at));
        let is_clear = |heard: AudioTime| heard.duration() >= BRIEF;
        if (has_switched && is_clear(heard_before)) || (self.leave_later && is_clear(self.heard)) {
            self.leave_later = false;
            self.inputs[at + 1..].iter_mut().for_each(Turn::leave);
        }
        let (frame, change) = self.inputs[at].take(has_switched);
        self.heard += frame.header.duration();
        self.format = frame.header;
        Played { frame, change }
    }

    fn play_silence(&mut self) -> Played<'_> {
        let has_switched = self.switch_to(OnAir::Silence);
        if has_switched {
            self.silence = Silence::like(&self.format);
        }
        let change = has_switched.then(|| self.silent.change("", true));
        let frame = Frame { bytes: &self.silence.bytes, header: self.silence.header, at: 0 };
        Played { frame, change }
    }

    fn switch_to(&mut self, next: OnAir) -> bool {
        let has_switched = self.on_air != next;
        if has_switched {
            (self.on_air, self.credit) = (next, None);
            (self.heard, self.leave_later) = (AudioTime::ZERO, true);
        }
        has_switched
    }
}

impl Turn {
    /// Drops what nobody is to hear.
    fn miss(&mut self) {
        if let Source::Feed(feed) = &mut self.source {
            feed.drop_all_but(IN_HAND);
        }
    }

    fn leave(&mut self) {
        if let Source::Input(input) = &mut self.source {
            input.leave();
        }
    }

    /// Takes the next frame, and what may be another from there on.
    fn take(&mut self, has_switched: bool) -> (Frame<'_>, Option<Change<'_>>) {
        let (frame, title) = match &mut self.source {
            Source::Feed(feed) => feed.take(),
            Source::Input(input) => {
                let (Cue { frame, title }, given) = (input.take(), self.given.take());
                (frame, title.cloned().or(given))
            }
        };
        let may_differ = has_switched || title.is_some();
        if let Some(title) = title {
            self.standing = Standing::of(title);
        }
        (frame, may_differ.then(|| self.standing.change(&self.name, has_switched)))
    }
}

impl Standing {
    fn of(title: Title) -> Self {
        Self { block: Rc::new(Block::of(&title)), title }
    }

    fn change<'a>(&'a self, by: &'a str, has_switched: bool) -> Change<'a> {
        Change { title: &self.title, block: &self.block, by, has_switched }
    }
}

/// A frame in which nothing is heard.
struct Silence {
    bytes: Vec<u8>,
    header: Header,
}

impl Silence {
    fn like(header: &Header) -> Self {
        let bytes = silent_frame(header);
        let header = Header::of(header.codec(), &bytes).expect("a silent frame has a header");
        Self { bytes, header }
    }
}
