//! The ways in which a request names a station.

/// A station as a request names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StationRef {
    /// No station is named: the one with the lowest id.
    Default,
    /// The station with this stream id; SHOUTcast's way.
    Id(u32),
    /// The station with this mount, percent-decoded; Icecast's way.
    Mount(String),
}

impl StationRef {
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
