//! The range of bytes that a client requests (RFC 9110, 14).

use std::ops::Range;

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From this position on, and at most up to the second one, which is part of it.
    From(u64, Option<u64>),
    /// This many bytes at the end.
    Last(u64),
}

impl ByteRange {
    /// Reads the value of a `Range` header. `None` for several ranges, another unit, or anything that is
    /// invalid: the reply then has everything, which is always allowed.
    pub fn parse(value: &str) -> Option<Self> {
        let (unit, range) = value.trim().split_once('=')?;
        let (first, last) = range.trim().split_once('-')?;
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<u64>().ok(),
            false => None,
        };
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        match (first, last) {
            ("", last) => Some(Self::Last(number(last)?)),
            (first, "") => Some(Self::From(number(first)?, None)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    /// Returns the range within `len` bytes; `None` if these have no byte of it.
    pub fn within(self, len: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From(first, last) => first..last.map_or(len, |last| last.saturating_add(1).min(len)),
            Self::Last(count) => len.saturating_sub(count)..len,
        };
        (range.start < range.end).then_some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_is_limited_to_what_there_is() {
        for (value, expected) in [
            ("bytes=0-", Some(Some(0..10))),
            ("bytes=0-0", Some(Some(0..1))),
            ("Bytes=2-5", Some(Some(2..6))),
            ("bytes=9-99999999999999999", Some(Some(9..10))),
            ("bytes=0-18446744073709551615", Some(Some(0..10))),
            ("bytes=-3", Some(Some(7..10))),
            ("bytes=-30", Some(Some(0..10))),
            ("bytes=-0", Some(None)),
            ("bytes=10-", Some(None)),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("lines=0-1", None),
            ("bytes", None),
            ("", None),
        ] {
            let found = ByteRange::parse(value);
            assert_eq!(found.map(|range| range.within(10)), expected, "{value}");
        }
        assert_eq!(ByteRange::From(0, None).within(0), None);
    }
}
