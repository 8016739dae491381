//! What the AutoDJ plays: tracks out of files, folders and playlists.
//!
//! All of it blocks on disk and belongs in a helper thread; none of it needs more than a small stack.

mod playlist;
mod scan;

pub use scan::{Scan, Track, check, scan};
