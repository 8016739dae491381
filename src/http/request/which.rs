//! Which station is meant, by somebody who can say it in two ways or not at all.

/// A station as peers name one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Which {
    /// None was named: the one with the lowest id.
    Lowest,
    /// The one with this stream id, SHOUTcast's way.
    Sid(u32),
    /// The one with this mount, Icecast's way; decoded.
    Mount(String),
}

impl Which {
    /// What a stream id is for. Digits only: `parse` would take a sign too.
    pub fn of_sid(text: &str) -> Option<Self> {
        number(text).map(Self::Sid)
    }
}

/// A number in decimal, without a sign or anything else.
pub(in crate::http) fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_digits() {
        assert_eq!(Which::of_sid("007"), Some(Which::Sid(7)));
        for text in ["", "+7", "-1", "7x", "4294967296"] {
            assert_eq!(Which::of_sid(text), None, "{text:?}");
        }
    }
}
