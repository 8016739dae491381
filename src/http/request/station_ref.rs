//! Which station is meant, by somebody who can say it in two ways or not at all.

/// A station as peers name one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StationRef {
    /// None was named: the one with the lowest id.
    Default,
    /// The one with this stream id, SHOUTcast's way.
    Id(u32),
    /// The one with this mount, Icecast's way; decoded.
    Mount(String),
}

impl StationRef {
    /// What a stream id is for. Digits only: `parse` would take a sign too.
    pub fn parse_id(text: &str) -> Option<Self> {
        parse_decimal(text).map(Self::Id)
    }
}

/// A number in decimal, without a sign or anything else.
pub(in crate::http) fn parse_decimal(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_digits() {
        assert_eq!(StationRef::parse_id("007"), Some(StationRef::Id(7)));
        for text in ["", "+7", "-1", "7x", "4294967296"] {
            assert_eq!(StationRef::parse_id(text), None, "{text:?}");
        }
    }
}
