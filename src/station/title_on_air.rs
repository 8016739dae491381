//! What the playlist log receives.

/// A title that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TitleOnAir<'t> {
    /// The mount of the station.
    pub mount: &'t str,
    /// The title.
    pub title: &'t str,
    /// How many listeners the station has.
    pub listeners: usize,
}

/// Receives every title that begins on a station.
pub type TitleLog = Box<dyn FnMut(&TitleOnAir<'_>)>;
