//! Values as TOML.

use toml_writer::{ToTomlValue, TomlKeyBuilder, TomlStringBuilder};

/// Returns a text as a TOML string on one line.
pub fn text(value: &str) -> String {
    TomlStringBuilder::new(value).as_basic().to_toml_value()
}

/// Returns the boolean that a text means, as Icecast and its users write it.
pub fn flag(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "true" | "on" => Some(true),
        "0" | "no" | "false" | "off" => Some(false),
        number => number.parse::<i64>().ok().map(|number| number != 0),
    }
}

/// Returns the mount in a TOML string of [`text`]. One with characters that no mount can have keeps a
/// backslash, which is another of them.
pub fn mount_of(value: &str) -> String {
    let inside = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    inside.replace("\\\"", "\"")
}

/// Returns a list of TOML values.
pub fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    format!("[{}]", items.join(", "))
}

/// Returns an inline table of keys, which can be any text, with TOML values.
pub fn inline_table<'k>(entries: impl IntoIterator<Item = (&'k str, String)>) -> String {
    let key = |key: &str| {
        let key = TomlKeyBuilder::new(key).as_default();
        toml_writer::ToTomlKey::to_toml_key(&key)
    };
    let entries: Vec<String> =
        entries.into_iter().map(|(name, value)| format!("{} = {value}", key(name))).collect();
    format!("{{ {} }}", entries.join(", "))
}

/// Returns a number of seconds as a TOML float, with as many decimals as needed.
pub fn decimal(value: f64) -> String {
    format!("{value:?}")
}
