//! Runs code of demuxers and decoders so that a panic in them counts as damage.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `code`. Returns `None` if it panics: what it has changed must not be used any more.
///
/// symphonia and ruopus check their input, and millions of mutated files have not made them panic in release
/// builds. If a file does, only this file must end, not the jobs of the other stations in this process.
pub(super) fn caught<T>(code: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(code)).ok()
}
