//! References to a station in requests: by stream id or by mount.

/// The longest mount in bytes. The configuration has the same limit.
pub const MOUNT_MAX: usize = 255;

/// A reference to a station in a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StationRef {
    /// The request names no station. This means the one with the lowest id.
    Default,
    /// The station with this stream id, as in SHOUTcast.
    Id(u32),
    /// The station with this mount, percent-decoded, as in Icecast.
    Mount(String),
}

impl StationRef {
    /// Returns a reference to the station with this mount. A text that is longer than any mount becomes the
    /// empty mount, which no station has, so that caches and queues need not keep it.
    pub fn from_mount(mount: String) -> Self {
        Self::Mount(if mount.len() > MOUNT_MAX { String::new() } else { mount })
    }

    /// Parses a stream id. Digits only: `str::parse` would accept a sign too.
    pub fn parse_id(text: &str) -> Option<Self> {
        parse_decimal(text).map(Self::Id)
    }
}

/// Parses a decimal number without a sign or white space.
pub(in crate::http) fn parse_decimal(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn station_id_accepts_digits_only() {
        assert_eq!(StationRef::parse_id("007"), Some(StationRef::Id(7)));
        for text in ["", "+7", "-1", "7x", "4294967296"] {
            assert_eq!(StationRef::parse_id(text), None, "{text:?}");
        }
    }
}
