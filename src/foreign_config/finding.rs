//! What became of a setting.

use std::fmt;

use crate::text::shortened;

/// The most bytes of a message: names and values of the file can have any length.
const MESSAGE_MAX: usize = 1000;

/// What became of one setting of another server's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// The setting, such as `<limits><clients>` or `portbase`.
    pub setting: String,
    /// Which element or line of the file it is.
    pub ordinal: usize,
    /// What became of it.
    pub effect: Effect,
}

/// The effect of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It has the effect that it has in the other server; the text is the key, such as `[server]
    /// max_listeners = 100`.
    Taken(String),
    /// It has an effect, but not the same; the text says which.
    Differently(String),
    /// It has no effect in coldwave; the text says why.
    NoEffect(String),
    /// No version of the other server that is known has this setting. The name is that of the one that was
    /// probably meant.
    Unknown(Option<String>),
    /// The other server has this setting in another place, such as `<limits>`, and ignores it here.
    Misplaced(String),
}

impl Effect {
    /// Returns whether the operator should know of it at each start: the station may not behave as before.
    pub fn is_notable(&self) -> bool {
        !matches!(self, Self::Taken(_))
    }
}

impl Finding {
    /// Returns the number of findings of each kind as a sentence.
    pub fn summary(findings: &[Self]) -> String {
        let count = |is: fn(&Effect) -> bool| findings.iter().filter(|finding| is(&finding.effect)).count();
        format!(
            "{} settings taken, {} differently, {} without effect, {} unknown",
            count(|effect| matches!(effect, Effect::Taken(_))),
            count(|effect| matches!(effect, Effect::Differently(_))),
            count(|effect| matches!(effect, Effect::NoEffect(_))),
            count(|effect| matches!(effect, Effect::Unknown(_) | Effect::Misplaced(_))),
        )
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&format!("{}: {}", self.setting, self.effect)))
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(key) => write!(f, "taken: {key}"),
            Self::Differently(how) => write!(f, "taken differently: {how}"),
            Self::NoEffect(why) => write!(f, "no effect here: {why}"),
            Self::Unknown(None) => f.write_str("unknown"),
            Self::Unknown(Some(meant)) => write!(f, "unknown, did you mean {meant}?"),
            Self::Misplaced(place) => write!(f, "unknown here, it belongs in {place}"),
        }
    }
}

/// Returns a message with parts of the file as one line for a terminal, which has no control characters and
/// is not long.
pub fn one_line(message: &str) -> String {
    shortened(message, MESSAGE_MAX).replace(char::is_control, "\u{fffd}")
}
