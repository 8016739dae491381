//! coldwave as a listener of another server: its request, the server's response, and redirects.
//!
//! See `protocol-notes/relay.md`.

mod error;
mod exchange;
mod mount_list;
pub mod redirects;
mod response_head;

pub use error::UpstreamError;
pub use exchange::{
    METAINT_MAX, UpstreamHead, UpstreamResponse, build_request, check_metaint, describe, parse_more,
};
pub use mount_list::{ListedMount, MOUNT_LIST_PATH, MountList, NotAMountList, parse_mount_list};
pub use response_head::ResponseHead;
