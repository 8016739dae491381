//! XML, JSON or a script: in which of them a page is asked for.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::http::request::form::FormData;
use crate::http::response::reply::Status;
use crate::pages::Shown;

/// The longest name of a function, in bytes. jQuery makes up names of 40.
const CALLBACK_MAX: usize = 100;

/// What a page is written in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shape {
    /// XML, on one line.
    Xml,
    /// JSON.
    Json,
    /// A call of the function of this name, for pages of other sites that load it as a script.
    Script(String),
    /// The same, but what was named is no function.
    Misnamed,
}

impl Shape {
    /// What `json=1` and `callback=` ask for.
    pub fn of(form: &FormData) -> Self {
        let wants_json = form.non_empty_text("json").is_some_and(|json| json != "0");
        Self::of_callback(form).unwrap_or(if wants_json { Self::Json } else { Self::Xml })
    }

    /// What `type=` and `callback=` ask for, if they do.
    pub fn of_type(form: &FormData) -> Option<Self> {
        let by_type = || match form.text("type")?.as_str() {
            "xml" => Some(Self::Xml),
            "json" => Some(Self::Json),
            _ => None,
        };
        Self::of_callback(form).or_else(by_type)
    }

    /// Anything may be in a name that somebody makes us say in his own page; these few characters do no harm.
    fn of_callback(form: &FormData) -> Option<Self> {
        let name = form.non_empty_text("callback")?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.$".contains(c);
        let is_fit = name.len() <= CALLBACK_MAX && name.chars().all(fits);
        Some(if is_fit { Self::Script(name) } else { Self::Misnamed })
    }

    /// The page, of which `xml` and `value` say the same.
    pub fn show(&self, xml: impl FnOnce() -> String, value: &impl Serialize) -> Shown {
        match self {
            Self::Xml => Shown::ok("text/xml", xml()),
            Self::Json => Shown::ok("application/json; charset=utf-8", json(value)),
            Self::Script(name) => {
                Shown::ok("application/javascript; charset=utf-8", format!("{name}({})", json(value)))
            }
            Self::Misnamed => {
                Shown { status: Status::BadRequest, ..Shown::ok("text/plain; charset=utf-8", MISNAMED) }
            }
        }
    }
}

const MISNAMED: &str = "callback= must be a function name of up to 100 letters, digits, _, . and $\r\n";

/// JSON as SHOUTcast writes it.
pub fn json(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut out, Slashes))
        .expect("what is shown has texts for keys, and memory takes everything");
    String::from_utf8(out).expect("texts are written as they are")
}

/// Writes `/` as `\/`, as SHOUTcast does: then no text ends a script that it stands in. For the same reason, the two line
/// ends that old scripts do not take in a text are escaped.
struct Slashes;

impl Formatter for Slashes {
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
        let script = |name: &str| Shape::Script(name.into());
        for (query, shape, by_type) in [
            ("", Shape::Xml, None),
            ("json=1", Shape::Json, None),
            ("json=0", Shape::Xml, None),
            ("json=", Shape::Xml, None),
            ("callback=", Shape::Xml, None),
            ("json=1&callback=a.B_2%24", script("a.B_2$"), Some(script("a.B_2$"))),
            ("callback=f", script("f"), Some(script("f"))),
            ("type=xml", Shape::Xml, Some(Shape::Xml)),
            ("type=json", Shape::Xml, Some(Shape::Json)),
            ("type=html", Shape::Xml, None),
            ("type=json&callback=alert(1)", Shape::Misnamed, Some(Shape::Misnamed)),
        ] {
            assert_eq!((Shape::of(&form(query)), Shape::of_type(&form(query))), (shape, by_type), "{query}");
        }
    }

    #[test]
    fn what_is_no_name_of_a_function_is_not_repeated() {
        for name in ["a b", "a;b", "a%28", "%3Cscript%3E", "a%0d%0ab", "%c3%a9", &"a".repeat(101)] {
            let shown = Shape::of(&form(&format!("json=1&callback={name}"))).show(String::new, &1);
            assert_eq!(
                (shown.status, shown.body.as_slice()),
                (Status::BadRequest, MISNAMED.as_bytes()),
                "{name}"
            );
        }
        let longest = "a".repeat(100);
        let shown = Shape::of(&form(&format!("callback={longest}"))).show(String::new, &["x"]);
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
            assert_eq!(json(&text), written);
            assert_eq!(serde_json::from_str::<String>(&json(&text)).expect("JSON"), text);
        }
    }
}
