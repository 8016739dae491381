//! XML, JSON or a script: in which of them a page is asked for.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::http::request::form::FormData;
use crate::http::response::reply::Status;
use crate::pages::RenderedPage;

/// The longest name of a function, in bytes. jQuery makes up names of 40.
const CALLBACK_MAX: usize = 100;

/// What a page is written in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// XML, on one line.
    Xml,
    /// JSON.
    Json,
    /// A call of the function of this name, for pages of other sites that load it as a script.
    Jsonp(String),
    /// The same, but what was named is no function.
    InvalidCallback,
}

impl OutputFormat {
    /// What `json=1` and `callback=` ask for.
    pub fn from_form(form: &FormData) -> Self {
        let wants_json = form.non_empty_text("json").is_some_and(|json| json != "0");
        Self::from_callback(form).unwrap_or(if wants_json { Self::Json } else { Self::Xml })
    }

    /// What `type=` and `callback=` ask for, if they do.
    pub fn from_type(form: &FormData) -> Option<Self> {
        let by_type = || match form.text("type")?.as_str() {
            "xml" => Some(Self::Xml),
            "json" => Some(Self::Json),
            _ => None,
        };
        Self::from_callback(form).or_else(by_type)
    }

    /// Anything may be in a name that somebody makes us say in his own page; these few characters do no harm.
    fn from_callback(form: &FormData) -> Option<Self> {
        let name = form.non_empty_text("callback")?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.$".contains(c);
        let is_fit = name.len() <= CALLBACK_MAX && name.chars().all(fits);
        Some(if is_fit { Self::Jsonp(name) } else { Self::InvalidCallback })
    }

    /// The page, of which `xml` and `value` say the same.
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

/// JSON as SHOUTcast writes it.
pub fn to_json(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut out, SlashEscaper))
        .expect("what is shown has texts for keys, and memory takes everything");
    String::from_utf8(out).expect("texts are written as they are")
}

/// Writes `/` as `\/`, as SHOUTcast does: then no text ends a script that it stands in. For the same reason, the two line
/// ends that old scripts do not take in a text are escaped.
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
            let kept = if escaped.is_empty() { piece.len() } else { piece.len() - last.len_utf8() };
            out.write_all(&piece.as_bytes()[..kept])?;
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
    fn a_page_is_asked_for_in_three_shapes() {
        let script = |name: &str| OutputFormat::Jsonp(name.into());
        for (query, shape, by_type) in [
            ("", OutputFormat::Xml, None),
            ("json=1", OutputFormat::Json, None),
            ("json=0", OutputFormat::Xml, None),
            ("json=", OutputFormat::Xml, None),
            ("callback=", OutputFormat::Xml, None),
            ("json=1&callback=a.B_2%24", script("a.B_2$"), Some(script("a.B_2$"))),
            ("callback=f", script("f"), Some(script("f"))),
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
                (shape, by_type),
                "{query}"
            );
        }
    }

    #[test]
    fn what_is_no_name_of_a_function_is_not_repeated() {
        for name in ["a b", "a;b", "a%28", "%3Cscript%3E", "a%0d%0ab", "%c3%a9", &"a".repeat(101)] {
            let shown =
                OutputFormat::from_form(&form(&format!("json=1&callback={name}"))).render(String::new, &1);
            assert_eq!(
                (shown.status, shown.body.as_slice()),
                (Status::BadRequest, INVALID_CALLBACK.as_bytes()),
                "{name}"
            );
        }
        let longest = "a".repeat(100);
        let shown =
            OutputFormat::from_form(&form(&format!("callback={longest}"))).render(String::new, &["x"]);
        assert_eq!(shown.body, format!("{longest}([\"x\"])").into_bytes());
    }

    #[test]
    fn texts_are_safe_in_scripts() {
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
