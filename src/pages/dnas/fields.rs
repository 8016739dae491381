//! What SHOUTcast tells in XML and in JSON alike: elements, each with a name and a number or a text.

use quick_xml::escape::escape;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::pages::printable;

/// How each of its XML pages begins.
pub const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\" ?>";

/// What an element holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// In JSON without quotes.
    Number(u64),
    /// With neither control characters nor line ends.
    Text(String),
}

/// Elements in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(&'static str, FieldValue)>);

impl Fields {
    /// Adds a number. Names are those of XML, in upper case.
    pub fn number(mut self, name: &'static str, value: u64) -> Self {
        self.0.push((name, FieldValue::Number(value)));
        self
    }

    /// Adds a text.
    pub fn text(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, FieldValue::Text(printable(value))));
        self
    }

    /// Adds a text if it is more than nothing.
    pub fn text_if_not_empty(self, name: &'static str, value: &str) -> Self {
        if printable(value).is_empty() { self } else { self.text(name, value) }
    }

    /// Adds a number if it is known.
    pub fn number_if_known(self, name: &'static str, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self,
        }
    }

    /// Adds whatever is in `more`.
    pub fn append(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The same with the number of that name as a text.
    pub fn number_as_text(mut self, quoted: &str) -> Self {
        for (name, value) in &mut self.0 {
            if let FieldValue::Number(number) = *value
                && *name == quoted
            {
                *value = FieldValue::Text(number.to_string());
            }
        }
        self
    }

    /// All of it as XML, on one line.
    pub fn to_xml(&self) -> String {
        self.0.iter().map(|(name, value)| element(name, &value.shown())).collect()
    }
}

impl FieldValue {
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
    format!("<{name}>{}</{name}>", escape_xml(text))
}

/// A text for XML, without what no page can show. The apostrophe is escaped by its number: some resolve HTML's escapes
/// before they read the XML, and HTML had no `&apos;` for long.
pub fn escape_xml(text: &str) -> String {
    escape(printable(text)).replace("&apos;", "&#39;")
}

/// A whole page of XML, on one line: scripts look for it with expressions whose dot is no line end.
pub fn document(inside: &str) -> String {
    format!("{DECLARATION}<SHOUTCASTSERVER>{inside}</SHOUTCASTSERVER>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::dnas::output_format::to_json;

    #[test]
    fn the_same_is_told_in_xml_and_in_json() {
        let more = Fields::default().number_if_known("D", None).number_if_known("E", Some(3));
        let fields = Fields::default()
            .number("A", 1)
            .text("B_C", "x & <y> \"'\u{1}\u{ffff}\n/")
            .text_if_not_empty("F", "\u{7}")
            .text_if_not_empty("G", "g")
            .append(more);
        assert_eq!(fields.to_xml(), "<A>1</A><B_C>x &amp; &lt;y&gt; &quot;&#39; /</B_C><G>g</G><E>3</E>");
        assert_eq!(to_json(&fields), r#"{"a":1,"b_c":"x & <y> \"' \/","g":"g","e":3}"#);
        assert_eq!(
            to_json(&fields.number_as_text("A").number_as_text("G")).split(',').next(),
            Some(r#"{"a":"1""#)
        );
    }
}
