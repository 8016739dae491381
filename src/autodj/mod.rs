//! What the AutoDJ plays: tracks out of files, folders and playlists, and their titles.
//!
//! All of it blocks on disk and belongs in a helper thread; none of it needs more than a small stack.

mod playlist;
mod scan;
mod tags;

pub use scan::{Scan, Track, check, scan};
pub use tags::{title_by_name, title_of};
