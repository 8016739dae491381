//! Named numbers and texts that are XML elements or JSON members in SHOUTcast's pages.

use quick_xml::escape::escape;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::pages::printable;

/// The XML declaration of SHOUTcast's pages.
pub const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\" ?>";

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// A number, without quotes in JSON.
    Number(u64),
    /// A text without control characters and line ends.
    Text(String),
}

/// Fields in document order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(&'static str, FieldValue)>);

impl Fields {
    /// Adds a number. `name` is the XML name, in upper case.
    pub fn number(mut self, name: &'static str, value: u64) -> Self {
        self.0.push((name, FieldValue::Number(value)));
        self
    }

    /// Adds a text.
    pub fn text(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, FieldValue::Text(printable(value))));
        self
    }

    /// Adds a text unless it is empty.
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

    /// Adds all fields of `more`.
    pub fn append(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Turns the number `number_name` into a text, which has quotes in JSON.
    pub fn number_as_text(mut self, number_name: &str) -> Self {
        for (name, value) in &mut self.0 {
            if let FieldValue::Number(number) = *value
                && *name == number_name
            {
                *value = FieldValue::Text(number.to_string());
            }
        }
        self
    }

    /// Returns all fields as XML, on one line.
    pub fn to_xml(&self) -> String {
        self.0.iter().map(|(name, value)| element(name, &value.to_text())).collect()
    }
}

impl FieldValue {
    fn to_text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Writes the names in lower case.
impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(&name.to_ascii_lowercase(), value)?;
        }
        map.end()
    }
}

/// Returns an XML element with `text` as its content. Unprintable characters are removed.
pub fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape_xml(text))
}

/// Escapes `text` for XML and removes unprintable characters. Apostrophes become numeric references, because
/// some clients decode HTML entities before they parse the XML, and old versions of HTML have no `&apos;`.
pub fn escape_xml(text: &str) -> String {
    escape(printable(text)).replace("&apos;", "&#39;")
}

/// Returns a complete XML page on one line. Some scripts search it with regular expressions whose dot matches
/// no line end.
pub fn document(content: &str) -> String {
    format!("{DECLARATION}<SHOUTCASTSERVER>{content}</SHOUTCASTSERVER>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::dnas::output_format::to_json;

    #[test]
    fn xml_and_json_have_the_same_fields() {
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
