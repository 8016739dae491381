//! The value of one key, as it is written in the configuration file.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, absolute};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::settings::secret::{Secret, salted_digest};

/// The values of the keys of one table. A key without a value is not in it.
pub type SettingValues = BTreeMap<String, SettingValue>;

/// The value of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// `true` or `false`.
    Flag(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// A list of strings.
    List(Vec<String>),
    /// A secret.
    Secret {
        /// Its salted digest.
        digest: String,
    },
    /// An image that is read with the configuration.
    Image {
        /// Its media type.
        content_type: String,
        /// Its length.
        bytes: usize,
        /// A hash of its content.
        hash: String,
    },
}

impl SettingValue {
    /// Returns an integer.
    pub fn integer(number: impl Into<u64>) -> Self {
        Self::Number(Number::from(number.into()))
    }

    /// Returns a count.
    pub fn count(number: usize) -> Self {
        Self::integer(number as u64)
    }

    /// Returns a number of seconds, without decimals if there are none.
    pub fn seconds(duration: Duration) -> Self {
        match duration.subsec_nanos() {
            0 => Self::integer(duration.as_secs()),
            _ => Self::decimal(duration.as_secs_f64()),
        }
    }

    /// Returns a number of milliseconds, without decimals if there are none.
    pub fn milliseconds(duration: Duration) -> Self {
        Self::seconds(duration * 1000)
    }

    /// Returns a number of LUFS, as it is written in decimal digits.
    pub fn loudness(loudness: f32) -> Self {
        Self::decimal(loudness.to_string().parse().unwrap_or_default())
    }

    fn decimal(number: f64) -> Self {
        Number::from_f64(number).map_or_else(|| Self::Text(number.to_string()), Self::Number)
    }

    /// Returns a string.
    pub fn text(text: impl Display) -> Self {
        Self::Text(text.to_string())
    }

    /// Returns a list of strings.
    pub fn list<T: Display>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(|item| item.to_string()).collect())
    }

    /// Returns a path. Relative paths are completed, because another process may have another current
    /// directory.
    pub fn path(path: &Path) -> Self {
        Self::Text(absolute_text(path))
    }

    /// Returns a list of paths.
    pub fn paths<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        Self::list(paths.into_iter().map(absolute_text))
    }

    /// Returns a password.
    pub fn password(password: &Secret, salt: &[u8]) -> Self {
        Self::Secret { digest: password.digest(salt) }
    }

    /// Returns another secret than a password.
    pub fn secret(bytes: &[u8], salt: &[u8]) -> Self {
        Self::Secret { digest: salted_digest(bytes, salt) }
    }
}

/// Returns a path as [`SettingValue::path`] has it.
pub fn absolute_text(path: &Path) -> String {
    absolute(path).as_deref().unwrap_or(path).to_string_lossy().into_owned()
}

/// Collects keys with their values. Keys without a value are left out.
pub fn collect<const N: usize>(keys: [(&str, Option<SettingValue>); N]) -> SettingValues {
    keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}
