//! What may be on the air, and whose turn it is.
//!
//! AutoDJ, live sources and relays are inputs. They take turns writing whole frames into the timeline; a switch is
//! always between two frames. Silence is not an input but what is there when none of them has anything.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::track::TrackInfo;
use crate::audio::{Frame, Header, silent_frame};
use crate::icy::Block;
use crate::time::Time;

/// How long an input that is on the air may owe a frame before another fills in. Shorter than any sensible burst, so
/// that listeners do not notice; long enough for a disk to wake up.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Something that can be on the air.
pub trait Input {
    /// What the operator's log calls it.
    fn name(&self) -> String;

    /// Whether there is a frame to take. Never blocks.
    fn poll(&mut self) -> Readiness;

    /// Takes the next frame.
    ///
    /// # Panics
    /// May panic unless [`poll`](Self::poll) just said [`Readiness::Ready`].
    fn take(&mut self) -> Cue<'_>;

    /// What is known of the track that the frame taken last belongs to.
    fn track(&self) -> Option<&Arc<TrackInfo>> {
        None
    }
}

/// What an input has to say when it is asked for a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Here is one.
    Ready,
    /// There will be one, but it is not here yet: worth waiting [`PATIENCE`] for.
    Late,
    /// There is nothing to wait for.
    Idle,
}

/// A frame for the air, and the title that begins with it, if one does.
#[derive(Debug)]
pub struct Cue<'a> {
    /// The frame, whole.
    pub frame: Frame<'a>,
    /// The new title.
    pub title: Option<&'a str>,
}

/// The inputs of one station, the most important first, and which of them is on the air.
pub struct Turns {
    inputs: Vec<Turn>,
    on_air: OnAir,
    /// The header of the last frame played: silence is made to match it.
    format: Header,
    silence: Silence,
    untitled: Rc<Block>,
}

struct Turn {
    input: Box<dyn Input>,
    late_since: Option<Time>,
    title: Rc<Block>,
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
    /// Nothing yet: the input on the air owes a frame, and is waited for until then.
    WaitUntil(Time),
}

/// A frame that is now to be put on the timeline.
pub struct Played<'a> {
    /// The frame, whole, header and all.
    pub frame: Frame<'a>,
    /// The title that holds from this frame on, where it may be another one.
    pub title: Option<Rc<Block>>,
    /// Who goes on the air with this frame, where that is not who was before.
    pub now_on_air: Option<String>,
}

impl Turns {
    /// No inputs yet, so silence like `format`.
    pub fn new(format: Header) -> Self {
        Self {
            inputs: Vec::new(),
            on_air: OnAir::Nothing,
            format,
            silence: Silence::like(&format),
            untitled: Rc::new(Block::of_title("")),
        }
    }

    /// Adds an input that is less important than all that are there.
    pub fn add(&mut self, input: Box<dyn Input>) {
        self.inputs.push(Turn { input, late_since: None, title: self.untitled.clone() });
    }

    /// The header of the last frame played.
    pub fn format(&self) -> Header {
        self.format
    }

    /// What is known of the track on the air.
    pub fn track(&self) -> Option<&Arc<TrackInfo>> {
        match self.on_air {
            OnAir::Input(at) => self.inputs[at].input.track(),
            OnAir::Nothing | OnAir::Silence => None,
        }
    }

    /// Takes the frame that is to be played next.
    pub fn next(&mut self, now: Time) -> Next<'_> {
        for at in 0..self.inputs.len() {
            match self.inputs[at].ask(now) {
                Answer::Ready => return Next::Play(self.play(at)),
                Answer::WaitUntil(time) if self.waits_for(at) => return Next::WaitUntil(time),
                Answer::WaitUntil(_) | Answer::Nothing => {}
            }
        }
        Next::Play(self.play_silence())
    }

    /// Whether the timeline waits for this input: it is on the air, or nothing ever was.
    fn waits_for(&self, at: usize) -> bool {
        self.on_air == OnAir::Nothing || self.on_air == OnAir::Input(at)
    }

    fn play(&mut self, at: usize) -> Played<'_> {
        let switched = self.switch_to(OnAir::Input(at));
        let Turn { input, title: standing, .. } = &mut self.inputs[at];
        let now_on_air = switched.then(|| input.name());
        let Cue { frame, title } = input.take();
        if frame.header.format() != self.format.format() {
            self.silence = Silence::like(&frame.header);
        }
        self.format = frame.header;
        if let Some(title) = title {
            *standing = Rc::new(Block::of_title(title));
        }
        let title = (title.is_some() || switched).then(|| standing.clone());
        Played { frame, title, now_on_air }
    }

    fn play_silence(&mut self) -> Played<'_> {
        let switched = self.switch_to(OnAir::Silence);
        Played {
            frame: Frame { bytes: &self.silence.bytes, header: self.silence.header },
            title: switched.then(|| self.untitled.clone()),
            now_on_air: switched.then(|| "silence".to_owned()),
        }
    }

    fn switch_to(&mut self, next: OnAir) -> bool {
        let switched = self.on_air != next;
        self.on_air = next;
        switched
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
        let first = *bytes.first_chunk().expect("a frame is longer than its header");
        Self { bytes, header: Header::parse(first).expect("a silent frame has a header") }
    }
}

enum Answer {
    Ready,
    WaitUntil(Time),
    Nothing,
}

impl Turn {
    /// Asks the input for a frame that is owed.
    fn ask(&mut self, now: Time) -> Answer {
        match self.input.poll() {
            Readiness::Late => {
                let patient_until = *self.late_since.get_or_insert(now) + PATIENCE;
                if now < patient_until { Answer::WaitUntil(patient_until) } else { Answer::Nothing }
            }
            Readiness::Ready => {
                self.late_since = None;
                Answer::Ready
            }
            Readiness::Idle => {
                self.late_since = None;
                Answer::Nothing
            }
        }
    }
}
