//! An input for tests, which plays numbered frames while the test lets it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use coldwave::audio::{Frame, Header, silent_frame};
use coldwave::icy::Title;
use coldwave::station::{Input, InputFrame, Readiness};
use coldwave::transcode::TargetFormat;

/// The offset of the number in a frame: after the header and the longest side information.
pub const NUMBER_AT: usize = 4 + 32;

/// The distance between the number ranges of live sources: each [`Encoder`](super::encoder::Encoder) starts
/// at a multiple.
pub const LIVE: u64 = 1 << 40;

/// Returns the number of a frame that [`Tone`] or an encoder made, or `None` for silence.
pub fn number_of(frame: &[u8]) -> Option<u64> {
    let bytes = frame[NUMBER_AT..].first_chunk().expect("frames in tests have space for a number");
    Some(u64::from_le_bytes(*bytes)).filter(|&number| number > 0)
}

/// Records what all tones of a station have played.
#[derive(Debug, Default)]
pub struct Log {
    /// The number before that of the first frame.
    first: u64,
    last: u64,
    /// The first frame of each title, in order, with the title.
    titles: Vec<(u64, String)>,
    /// The same, for each encoder.
    live: HashMap<u64, Vec<(u64, String)>>,
    on_air: HashMap<String, u64>,
    /// How often the station has made a tone skip the rest of its track.
    pub skipped_tracks: u64,
}

impl Log {
    /// Returns a log whose frames have the numbers after `first`.
    pub fn numbered_from(first: u64) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self { first, last: first, ..Self::default() }))
    }

    /// Returns whether a tone of the station has played the frame with this number.
    pub fn has_played(&self, number: u64) -> bool {
        self.first < number && number <= self.last
    }

    /// Returns the title that applies at a frame.
    pub fn title_at(&self, number: u64) -> &str {
        if number < LIVE {
            let newer = self.titles.partition_point(|&(from, _)| from <= number);
            return &self.titles[newer - 1].1;
        }
        let titles = self.live.get(&(number / LIVE)).map_or(&[][..], Vec::as_slice);
        let newer = titles.partition_point(|&(from, _)| from <= number);
        newer.checked_sub(1).map_or("", |last| &titles[last].1)
    }

    /// Records the title of an encoder's frames from this one on.
    pub fn note_title(&mut self, from: u64, title: &str) {
        self.live.entry(from / LIVE).or_default().push((from, title.to_owned()));
    }

    /// Returns the number of frames played.
    pub fn played(&self) -> u64 {
        self.last - self.first
    }

    /// Returns the number of frames that the tone with this name played.
    pub fn played_by(&self, name: &str) -> u64 {
        self.on_air.get(name).copied().unwrap_or(0)
    }
}

/// What a test can change while a tone plays.
#[derive(Debug, Clone)]
pub struct Knobs {
    pub readiness: Readiness,
    /// The formats of the frames: one per track, in turn.
    pub formats: Vec<Header>,
    pub frames_per_track: u64,
}

/// Endless frames, in tracks of equal length titled `NAME 1`, `NAME 2` and so on.
pub struct Tone {
    name: String,
    pub knobs: Rc<RefCell<Knobs>>,
    log: Rc<RefCell<Log>>,
    frame: Vec<u8>,
    title: Title,
    played: u64,
    /// The format that it has decided for the station.
    fixed: Option<TargetFormat>,
}

impl Tone {
    pub fn new(name: &str, log: &Rc<RefCell<Log>>) -> Self {
        let knobs =
            Knobs { readiness: Readiness::Ready, formats: vec![Header::DEFAULT], frames_per_track: 500 };
        Self {
            name: name.to_owned(),
            knobs: Rc::new(RefCell::new(knobs)),
            log: log.clone(),
            frame: Vec::new(),
            title: Title::default(),
            played: 0,
            fixed: None,
        }
    }

    /// Plays in this format, and decides that the station has it.
    pub fn set_format(&mut self, header: Header) {
        self.knobs.borrow_mut().formats = vec![header];
        let (rate, channels, kbps) = (header.rate(), header.channels(), header.kbps());
        self.fixed = Some(TargetFormat { rate, channels, kbps });
    }
}

impl Input for Tone {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn format(&self) -> Option<TargetFormat> {
        self.fixed
    }

    fn upcoming_titles(&self) -> Vec<String> {
        let begun = self.played.div_ceil(self.knobs.borrow().frames_per_track);
        (begun + 1..begun + 3).map(|track| format!("{} {track}", self.name)).collect()
    }

    fn skip_track(&mut self) {
        self.log.borrow_mut().skipped_tracks += 1;
    }

    fn is_at_track_boundary(&mut self) -> bool {
        self.played.is_multiple_of(self.knobs.borrow().frames_per_track)
    }

    fn poll(&mut self) -> Readiness {
        self.knobs.borrow().readiness
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        let knobs = self.knobs.borrow();
        let mut log = self.log.borrow_mut();
        let track = self.played / knobs.frames_per_track;
        let format = knobs.formats[track as usize % knobs.formats.len()];
        let begins = self.played.is_multiple_of(knobs.frames_per_track);
        self.played += 1;
        log.last += 1;
        *log.on_air.entry(self.name.clone()).or_default() += 1;
        if begins {
            self.title = Title::new(format!("{} {}", self.name, track + 1));
        }
        if log.titles.last().is_none_or(|(_, title)| *title != self.title.text) {
            let from = log.last;
            log.titles.push((from, self.title.text.clone()));
        }
        self.frame = silent_frame(&format);
        self.frame[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&log.last.to_le_bytes());
        let header = Header::parse(format.codec(), &self.frame).expect("a header");
        InputFrame {
            frame: Frame { bytes: &self.frame, header, offset: 0 },
            title: begins.then_some(&self.title),
            track: None,
        }
    }
}
