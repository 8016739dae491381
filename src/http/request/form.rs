//! The names and values behind a request's `?`, and in the body of a POST (application/x-www-form-urlencoded).

use percent_encoding::percent_decode;

use super::head::Request;
use super::station_ref::StationRef;
use crate::http::text::decode_text;

/// The longest body of a form that is worth reading, in bytes: as long as a head may be, in which it could stand.
pub const BODY_MAX: usize = super::head::HEAD_MAX;

/// Names and values. It holds passwords: not for printing.
pub struct FormData {
    /// Names decoded, values as they came.
    pairs: Vec<(String, Vec<u8>)>,
}

impl FormData {
    /// What `request` and its body say, the query first. `body` is empty where there is none.
    pub fn from_request(request: &Request, body: &[u8]) -> Self {
        let query = request.query.as_deref().unwrap_or_default().as_bytes();
        let body = &body[..body.len().min(BODY_MAX)];
        let pairs =
            [query, body.trim_ascii_end()].into_iter().flat_map(|part| part.split(|byte| *byte == b'&'));
        Self { pairs: pairs.map(pair).filter(|(name, _)| !name.is_empty()).collect() }
    }

    /// The first value of that name as it came. A name without `=` has an empty value.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_slice())
    }

    /// The first value of that name, percent-decoded, `+` as a space; in whatever charset it is.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.raw(name).map(unescaped)
    }

    /// The first value of that name as text, unescaped; in UTF-8 if it is valid, else Windows-1252.
    pub fn text(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|bytes| decode_text(&bytes))
    }

    /// [`text`](Self::text) where that is more than nothing.
    pub fn non_empty_text(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// The station that is named, by `mount`, `sid`, or DNAS 2's `sp`. What names none that can exist is a mount that
    /// does not.
    pub fn station(&self) -> StationRef {
        let by_path =
            || self.non_empty_text("mount").or_else(|| self.non_empty_text("sp")).map(StationRef::Mount);
        let by_sid = || {
            self.non_empty_text("sid").map(|sid| StationRef::parse_id(&sid).unwrap_or(StationRef::Mount(sid)))
        };
        by_path().or_else(by_sid).unwrap_or(StationRef::Default)
    }
}

fn pair(pair: &[u8]) -> (String, Vec<u8>) {
    let at = pair.iter().position(|byte| *byte == b'=');
    let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
    (decode_text(&unescaped(name)), value.to_vec())
}

/// Once only: some scripts escape twice, but others have titles with a `%41` that is meant.
fn unescaped(value: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = value.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_data(target: &str, body: &str) -> FormData {
        FormData::from_request(&Request::from_lines(&format!("POST {target} HTTP/1.1")), body.as_bytes())
    }

    #[test]
    fn values_come_from_query_and_body() {
        let form = form_data("/a?x=1&y=&z&x=2&%6Eame=a%3Db", "x=3&w=A+B%2B%2541\r\n");
        for (name, value) in [
            ("x", Some("1")),
            ("y", Some("")),
            ("z", Some("")),
            ("name", Some("a=b")),
            ("w", Some("A B+%41")),
            ("v", None),
        ] {
            assert_eq!(form.text(name).as_deref(), value, "{name}");
        }
        assert_eq!(form.raw("w"), Some(&b"A+B%2B%2541"[..]));
        assert_eq!((form.non_empty_text("y"), form.text("")), (None, None));
        assert_eq!(form_data("/a?c=Caf%E9&d=100%&e=%zz", "").text("c").as_deref(), Some("Café"));
        assert_eq!(form_data("/a?d=100%&e=%zz", "").text("d").as_deref(), Some("100%"));
    }

    #[test]
    fn bodies_have_an_end() {
        let body = format!("x={}&y=1", "a".repeat(BODY_MAX));
        assert_eq!(form_data("/a", &body).raw("x").map(<[u8]>::len), Some(BODY_MAX - 2));
    }

    #[test]
    fn stations_are_named_in_three_ways() {
        for (query, which) in [
            ("", StationRef::Default),
            ("sid=", StationRef::Default),
            ("sid=7", StationRef::Id(7)),
            ("mount=%2Flive", StationRef::Mount("/live".into())),
            ("sp=/live", StationRef::Mount("/live".into())),
            ("sid=7&mount=/live", StationRef::Mount("/live".into())),
            ("sid=seven", StationRef::Mount("seven".into())),
        ] {
            assert_eq!(form_data(&format!("/admin.cgi?{query}"), "").station(), which, "{query}");
        }
    }
}
