//! The AutoDJ: plays files, folders and playlists over and over.
//!
//! Finding tracks, reading them and their tags all blocks on disk, so it belongs to one [worker](crate::worker) for every
//! station, with a small stack; the station takes what was read as an [`AutoDj`].

mod artwork;
mod batch;
mod frame_channel;
mod input;
mod lookahead;
mod play_order;
mod playlist;
mod probe;
mod reader;
mod rotation;
mod scan;
mod tags;
mod unplayable;
mod up_next;
mod warnings;

pub use artwork::FileArtworkLoader;
pub use input::AutoDj;
pub use probe::probe_format;
pub use reader::ClockFn;
pub use scan::{Scan, Stamps, Track, check_readable, scan};
pub use tags::{read_picture, title_by_name, track_info};

pub use crate::worker::LoopWaker;

/// What the targets in `fuzz/` call beside that which is public; no part of what this crate offers.
#[doc(hidden)]
pub mod fuzzing {
    pub use super::playlist::{Location, MAX_ENTRIES, PlaylistEntry, PlaylistFormat, parse};
}
