//! What robots may read.

/// What `/robots.txt` allows robots, such as those of search engines, to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RobotsPolicy {
    /// Pages and pictures, but no streams, no administration and no API. Link previews obey `/robots.txt`,
    /// so they need it too.
    #[default]
    Pages,
    /// Nothing, as with SHOUTcast's own server.
    Nothing,
}
