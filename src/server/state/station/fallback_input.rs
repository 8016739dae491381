//! The programme of another station as the last input of a station: what was read of it so far.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::audio::Format;
use crate::icy::Block;
use crate::settings::StationSettings;
use crate::station::{FeedId, INPUT_TIMEOUT, StationKey};

/// How much of the other station's audio waits in the feed, so that it can go on air at once.
pub const RESERVE: Duration = INPUT_TIMEOUT;

/// More than this after everything due was played means that the other station's clock is faster.
pub const AHEAD_MAX: Duration = Duration::from_secs(4);

/// The feed with the frames of the other station, and up to where it was read.
#[derive(Debug)]
pub struct FallbackInput {
    /// The feed, which has the lowest priority of all inputs.
    pub feed: FeedId,
    /// The station whose programme it is, once it was found.
    pub source: Option<StationKey>,
    /// Up to which offset of its timeline frames were taken. `None` while the feed is closed.
    pub taken: Option<u64>,
    /// The title of the last frame that was taken.
    pub block: Option<Rc<Block>>,
    /// The format of the frames.
    pub format: Option<Format>,
    /// The format that was refused last, so that the log has it once.
    pub refused: Option<Format>,
    /// Whether there are listeners who would hear it, or do. Changed by `Stations::set_fallback_wanted`
    /// alone.
    pub is_wanted: bool,
    /// What the log has about fallbacks that cannot be followed.
    pub noted_fault: Option<FallbackFault>,
    /// The state of the table of stations in which none had the mount.
    pub missing_since: Option<MountsRevision>,
}

/// A state of the table of stations, between two changes with which a mount can have got a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MountsRevision(pub u64);

/// Why the fallbacks of a station cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FallbackFault {
    /// They lead in a circle, and none has a programme of its own.
    Circle,
    /// More than [`StationSettings::FALLBACK_INPUTS_MAX`] play one another.
    TooLong,
}

impl fmt::Display for FallbackFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = StationSettings::FALLBACK_INPUTS_MAX;
        match self {
            Self::Circle => {
                f.write_str("its fallbacks lead in a circle, and none of them has a programme of its own")
            }
            Self::TooLong => {
                write!(f, "its fallbacks are not used: more than {max} stations would play one another")
            }
        }
    }
}

/// Returns the name of the last input in the log; `None` if the station has none.
pub fn name(settings: &StationSettings) -> Option<String> {
    settings.fallback_input.as_ref().map(|mount| format!("the programme of {mount}"))
}

impl FallbackInput {
    /// Creates the state of an input that has no source.
    pub fn new(feed: FeedId) -> Self {
        Self {
            feed,
            source: None,
            taken: None,
            block: None,
            format: None,
            refused: None,
            is_wanted: false,
            noted_fault: None,
            missing_since: None,
        }
    }
}
