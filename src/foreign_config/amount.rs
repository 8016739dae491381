//! Amounts of audio.

/// An amount of audio: how long a burst or a queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Bytes.
    Bytes(u64),
    /// Seconds at the bit rate of the stream.
    Seconds(u64),
}

impl Amount {
    /// Parses `65536`, `64k`, `1m`, `64Kb` or `30s`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => Some(Self::Bytes(number)),
            "k" | "kb" => Some(Self::Bytes(number.saturating_mul(1024))),
            "m" | "mb" => Some(Self::Bytes(number.saturating_mul(1024 * 1024))),
            "s" | "secs" => Some(Self::Seconds(number)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        for (text, expected) in [
            ("65536", Some(Amount::Bytes(65536))),
            ("64k", Some(Amount::Bytes(65536))),
            ("2 MB", Some(Amount::Bytes(2 * 1024 * 1024))),
            ("30s", Some(Amount::Seconds(30))),
            ("99999999999999999m", Some(Amount::Bytes(u64::MAX))),
            ("many", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(Amount::parse(text), expected, "{text}");
        }
    }
}
