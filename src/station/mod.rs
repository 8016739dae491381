//! One station: an endless programme, paid for in frames as the clock goes on.

mod input;
mod ring;
mod timeline;
mod track;

use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};

pub use input::{Cue, Input, PATIENCE, Readiness};
pub use timeline::Timeline;
pub use track::{Picture, TrackInfo};

use crate::audio::Header;
use crate::settings::StationSettings;
use crate::time::{AudioTime, Time};
use input::{Next, Turns};

/// How many delivery intervals of audio are held beyond the buffer: a listener is looked after once an interval, and
/// must still stand on bytes that are held when that happens. See [`Station::sweep_due`].
const MARGIN_INTERVALS: u32 = 4;

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
    /// Audio that was never played because the process itself stood still.
    forgiven: AudioTime,
    burst: AudioTime,
    buffer: AudioTime,
    margin: AudioTime,
    /// Where the timeline ended when the round of listeners began that is now in progress, and the one before.
    round: [AudioTime; 2],
    waits_until: Option<Time>,
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
            burst: settings.burst.into(),
            buffer: buffer.into(),
            margin: margin.into(),
            round: [AudioTime::ZERO; 2],
            waits_until: None,
            mount: settings.mount.clone(),
        }
    }

    /// Adds an input that is less important than all that were added before.
    pub fn add_input(&mut self, input: Box<dyn Input>) {
        self.turns.add(input);
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

    /// The bit rate that a newcomer will find, in kbit/s.
    pub fn kbps(&self) -> Option<u32> {
        self.timeline.kbps(self.burst.max(AudioTime::from(Duration::from_secs(1))))
    }

    /// Where a newcomer joins: on the first frame not older than the burst.
    pub fn join_offset(&self) -> u64 {
        self.timeline.offset_behind(self.burst)
    }

    /// A listener before this offset is too far behind and has to be moved forward.
    pub fn late_before(&self) -> u64 {
        self.timeline.offset_behind(self.buffer)
    }

    /// Until when the input on the air is waited for, if it is.
    pub fn waits_until(&self) -> Option<Time> {
        self.waits_until
    }

    /// Plays frames until none is owed any more: the last one played begins at or before `now`.
    pub fn pay(&mut self, now: Time) -> Paid {
        self.forgive(now);
        let due = self.due(now);
        self.waits_until = None;
        while self.timeline.end_time() <= due {
            if self.sweep_due() {
                return Paid::AfterSweep;
            }
            match self.turns.next(now) {
                Next::Play(played) => play(&mut self.timeline, played, &self.mount),
                Next::WaitUntil(time) => {
                    self.waits_until = Some(time);
                    return Paid::Waiting;
                }
            }
        }
        Paid::All
    }

    /// Notes that another round through all listeners begins: each will be looked after before it ends.
    pub fn round_begins(&mut self) {
        self.round = [self.timeline.end_time(), self.round[0]];
    }

    /// Notes that all listeners were looked after just now.
    pub fn swept(&mut self) {
        self.round = [self.timeline.end_time(); 2];
    }

    /// Whether so much was played since every listener was looked after that one of them may fall off the ring.
    fn sweep_due(&self) -> bool {
        self.timeline.end_time() - self.round[1] >= self.margin
    }

    /// Up to where the timeline is to be filled.
    fn due(&self, now: Time) -> AudioTime {
        (AudioTime::from(now.since(self.started)) + self.burst).saturating_sub(self.forgiven)
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
        warn!("{}: stood still for {:.1?}, going on from now", self.mount, lost.duration());
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

fn play(timeline: &mut Timeline, played: input::Played<'_>, mount: &str) {
    if let Some(name) = played.now_on_air {
        info!("{mount}: {name} is on the air");
    }
    if let Some(title) = played.title {
        info!("{mount}: now {:?}", title.title());
        timeline.set_title(title);
    }
    let header = played.frame.header;
    let length = AudioTime::of_samples(header.samples().into(), header.format().rate);
    timeline.push_frame(played.frame.bytes, length);
}
