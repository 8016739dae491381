//! coldwave as a listener of another server: its request, the server's response, and redirects.
//!
//! See `protocol-notes/relay.md`.

mod error;
mod exchange;
mod mount_list;
pub mod redirects;

pub use error::UpstreamError;
pub use exchange::{METAINT_MAX, UpstreamHead, UpstreamResponse, build_request, parse_more};
pub use mount_list::{ListedMount, MOUNT_LIST_PATH, MountList, NotAMountList, parse_mount_list};
