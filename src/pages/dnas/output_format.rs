//! The output formats of SHOUTcast's pages: XML, JSON and JSONP.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::http::request::form::FormData;
use crate::http::response::reply::Status;
use crate::pages::RenderedPage;

/// Maximum length of a callback name, in bytes. jQuery generates names of 40.
const CALLBACK_MAX: usize = 100;

/// The format of a page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// XML, on one line.
    Xml,
    /// JSON.
    Json,
    /// JSONP: a call of the function of this name, for pages of other sites that load it as a script.
    Jsonp(String),
    /// JSONP with an invalid function name.
    InvalidCallback,
}

impl OutputFormat {
    /// Parses the parameters `json` and `callback`. The default is XML.
    pub fn from_form(form: &FormData) -> Self {
        let is_json = form.non_empty_text("json").is_some_and(|json| json != "0");
        Self::from_callback(form).unwrap_or(if is_json { Self::Json } else { Self::Xml })
    }

    /// Parses the parameters `type` and `callback`. Returns `None` if neither selects a format.
    pub fn from_type(form: &FormData) -> Option<Self> {
        let by_type = || match form.text("type")?.as_str() {
            "xml" => Some(Self::Xml),
            "json" => Some(Self::Json),
            _ => None,
        };
        Self::from_callback(form).or_else(by_type)
    }

    /// Parses the parameter `callback`. Only a few harmless characters are allowed, because another site
    /// chooses the name and loads the reply as a script.
    fn from_callback(form: &FormData) -> Option<Self> {
        let name = form.non_empty_text("callback")?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_.$".contains(c);
        let is_valid = name.len() <= CALLBACK_MAX && name.chars().all(is_allowed);
        Some(if is_valid { Self::Jsonp(name) } else { Self::InvalidCallback })
    }

    /// Changes JSONP to JSON, and returns the name of the function.
    pub fn take_callback(&mut self) -> Option<String> {
        match std::mem::replace(self, Self::Json) {
            Self::Jsonp(name) => Some(name),
            other => {
                *self = other;
                None
            }
        }
    }

    /// Renders the page. `xml` and `value` must hold the same data.
    pub fn render(&self, xml: impl FnOnce() -> String, value: &impl Serialize) -> RenderedPage {
        match self {
            Self::Xml => RenderedPage::ok("text/xml", xml()),
            Self::Json => RenderedPage::ok("application/json; charset=utf-8", to_json(value)),
            Self::Jsonp(name) => RenderedPage::ok(
                "application/javascript; charset=utf-8",
                format!("{name}({})", to_json(value)),
            ),
            Self::InvalidCallback => RenderedPage {
                status: Status::BadRequest,
                ..RenderedPage::ok("text/plain; charset=utf-8", INVALID_CALLBACK)
            },
        }
    }
}

const INVALID_CALLBACK: &str =
    "callback= must be a function name of up to 100 letters, digits, _, . and $\r\n";

/// Serializes `value` as JSON with the escapes of SHOUTcast.
pub fn to_json(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut out, SlashEscaper))
        .expect("keys are strings, and writing to memory does not fail");
    String::from_utf8(out).expect("the serializer writes UTF-8")
}

/// Writes `/` as `\/`, as SHOUTcast does, so that no text can end the script element around it. Escapes
/// U+2028 and U+2029 as well, because old JavaScript engines treat them as line ends inside string literals.
struct SlashEscaper;

impl Formatter for SlashEscaper {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        for piece in fragment.split_inclusive(['/', '\u{2028}', '\u{2029}']) {
            let last = piece.chars().next_back().unwrap_or_default();
            let escaped = match last {
                '/' => "\\/",
                '\u{2028}' => "\\u2028",
                '\u{2029}' => "\\u2029",
                _ => "",
            };
            let verbatim = if escaped.is_empty() { piece.len() } else { piece.len() - last.len_utf8() };
            out.write_all(&piece.as_bytes()[..verbatim])?;
            out.write_all(escaped.as_bytes())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Request;

    fn form(query: &str) -> FormData {
        FormData::from_request(&Request::from_lines(&format!("GET /stats?{query} HTTP/1.0")), &[])
    }

    #[test]
    fn parameters_select_the_output_format() {
        let jsonp = |name: &str| OutputFormat::Jsonp(name.into());
        for (query, format, by_type) in [
            ("", OutputFormat::Xml, None),
            ("json=1", OutputFormat::Json, None),
            ("json=0", OutputFormat::Xml, None),
            ("json=", OutputFormat::Xml, None),
            ("callback=", OutputFormat::Xml, None),
            ("json=1&callback=a.B_2%24", jsonp("a.B_2$"), Some(jsonp("a.B_2$"))),
            ("callback=f", jsonp("f"), Some(jsonp("f"))),
            ("type=xml", OutputFormat::Xml, Some(OutputFormat::Xml)),
            ("type=json", OutputFormat::Xml, Some(OutputFormat::Json)),
            ("type=html", OutputFormat::Xml, None),
            (
                "type=json&callback=alert(1)",
                OutputFormat::InvalidCallback,
                Some(OutputFormat::InvalidCallback),
            ),
        ] {
            assert_eq!(
                (OutputFormat::from_form(&form(query)), OutputFormat::from_type(&form(query))),
                (format, by_type),
                "{query}"
            );
        }
    }

    #[test]
    fn invalid_callback_is_refused_and_not_echoed() {
        for name in ["a b", "a;b", "a%28", "%3Cscript%3E", "a%0d%0ab", "%c3%a9", &"a".repeat(101)] {
            let rendered =
                OutputFormat::from_form(&form(&format!("json=1&callback={name}"))).render(String::new, &1);
            assert_eq!(
                (rendered.status, rendered.body.as_slice()),
                (Status::BadRequest, INVALID_CALLBACK.as_bytes()),
                "{name}"
            );
        }
        let longest = "a".repeat(100);
        let rendered =
            OutputFormat::from_form(&form(&format!("callback={longest}"))).render(String::new, &["x"]);
        assert_eq!(rendered.body, format!("{longest}([\"x\"])").into_bytes());
    }

    #[test]
    fn slashes_and_line_separators_are_escaped_in_json() {
        for (text, written) in [
            ("a/b//", r#""a\/b\/\/""#),
            ("</script><b>x", r#""<\/script><b>x""#),
            ("é\u{2028}\u{2029}\"\\\u{1}/", r#""é\u2028\u2029\"\\\u0001\/""#),
            ("", r#""""#),
        ] {
            assert_eq!(to_json(&text), written);
            assert_eq!(serde_json::from_str::<String>(&to_json(&text)).expect("JSON"), text);
        }
    }
}
