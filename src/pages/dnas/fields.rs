//! What SHOUTcast tells in XML and in JSON alike: elements, each with a name and a number or a text.

use quick_xml::escape::escape;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::pages::plain;

/// How each of its XML pages begins.
pub const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\" ?>";

/// What an element holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// In JSON without quotes.
    Number(u64),
    /// With neither control characters nor line ends.
    Text(String),
}

/// Elements in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    /// Adds a number. Names are those of XML, in upper case.
    pub fn number(mut self, name: &'static str, value: u64) -> Self {
        self.0.push((name, Value::Number(value)));
        self
    }

    /// Adds a text.
    pub fn text(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, Value::Text(plain(value))));
        self
    }

    /// Adds a text if it is more than nothing.
    pub fn text_if_any(self, name: &'static str, value: &str) -> Self {
        if plain(value).is_empty() { self } else { self.text(name, value) }
    }

    /// Adds a number if it is known.
    pub fn number_if_any(self, name: &'static str, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self,
        }
    }

    /// Adds whatever is in `more`.
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The same with the number of that name as a text.
    pub fn quoting(mut self, quoted: &str) -> Self {
        for (name, value) in &mut self.0 {
            if let Value::Number(number) = *value
                && *name == quoted
            {
                *value = Value::Text(number.to_string());
            }
        }
        self
    }

    /// All of it as XML, on one line.
    pub fn xml(&self) -> String {
        self.0.iter().map(|(name, value)| element(name, &value.shown())).collect()
    }
}

impl Value {
    fn shown(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// In JSON, the names are in lower case.
impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(&name.to_ascii_lowercase(), value)?;
        }
        map.end()
    }
}

/// An element that holds a text. What no page can show is left out of it.
pub fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

/// A text for XML, without what no page can show. The apostrophe is escaped by its number: some resolve HTML's escapes
/// before they read the XML, and HTML had no `&apos;` for long.
pub fn escaped(text: &str) -> String {
    escape(plain(text)).replace("&apos;", "&#39;")
}

/// A whole page of XML, on one line: scripts look for it with expressions whose dot is no line end.
pub fn document(inside: &str) -> String {
    format!("{DECLARATION}<SHOUTCASTSERVER>{inside}</SHOUTCASTSERVER>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::dnas::shape::json;

    #[test]
    fn the_same_is_told_in_xml_and_in_json() {
        let more = Fields::default().number_if_any("D", None).number_if_any("E", Some(3));
        let fields = Fields::default()
            .number("A", 1)
            .text("B_C", "x & <y> \"'\u{1}\u{ffff}\n/")
            .text_if_any("F", "\u{7}")
            .text_if_any("G", "g")
            .and(more);
        assert_eq!(fields.xml(), "<A>1</A><B_C>x &amp; &lt;y&gt; &quot;&#39; /</B_C><G>g</G><E>3</E>");
        assert_eq!(json(&fields), r#"{"a":1,"b_c":"x & <y> \"' \/","g":"g","e":3}"#);
        assert_eq!(json(&fields.quoting("A").quoting("G")).split(',').next(), Some(r#"{"a":"1""#));
    }
}
