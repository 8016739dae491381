//! The mounts of stations and renditions.

use super::section::{Located, Section};
pub use crate::router::mount_path::path_error;

/// The key of the mount.
pub const MOUNT: &str = "mount";

/// Reads the mount of the station or rendition in this section. `missing` is the error if there is none.
pub fn read<'d>(
    section: &mut Section<'_, 'd, '_>,
    example: &str,
    missing: Option<&str>,
) -> Option<Located<&'d str>> {
    if let Some(message) = missing.filter(|_| section.span(MOUNT).is_none()) {
        section.report_missing(MOUNT, message);
    }
    let text = section.string(MOUNT, example)?;
    if let Some(reason) = path_error(text.value) {
        section.report_rejected(MOUNT, text.span.clone(), &reason);
    }
    Some(text)
}
