//! The AutoDJ: plays files, directories and playlists in an endless loop.
//!
//! Finding tracks and reading them and their tags blocks on disk, so each station has a
//! [worker](crate::worker) with a small stack for this. The station receives the audio through an [`AutoDj`].

mod artwork;
mod batch;
mod converted_track;
mod file_type;
mod format_store;
mod frame_channel;
mod input;
mod inspector;
mod left_out_types;
mod lookahead;
mod loudness;
mod music;
mod music_report;
mod pacing;
mod play_order;
mod play_plan;
pub mod playlist;
mod probe;
mod reader;
mod reader_requests;
mod rotation;
mod scan;
mod settling;
mod signature;
mod station_format;
mod tags;
mod track_file;
mod unplayable;
mod up_next;
mod warnings;
mod xing;

pub use artwork::FileArtworkLoader;
pub use file_type::file_type;
pub use format_store::{FormatStore, PendingMove};
pub use input::AutoDj;
pub use left_out_types::LeftOutTypes;
pub use loudness::{LoudnessCache, LoudnessFile, gain_for};
pub use music::{ClockFn, CoverUrls, MusicServices, MusicSettings, PublicUrl, WallClockFn};
pub use play_plan::PlayPlan;
pub use probe::probe_mp3;
pub use scan::{Scan, Stamps, Track, check_readable, has_tracks, scan};
pub use signature::is_other_audio;
pub use station_format::{FormatOrigin, StationFormat, StoredFormat};
pub use tags::{read_picture, title_by_name, track_info, track_info_from};

pub use crate::worker::LoopWaker;

/// Entry points for the targets in `fuzz/`. Not part of the public API.
#[doc(hidden)]
pub mod fuzzing {
    pub use super::playlist::{
        Location, MAX_ENTRIES, NamedPath, PlaylistEntry, PlaylistError, PlaylistFormat, parse,
    };
}
