//! Form data: the query of a request, and the body of a POST (application/x-www-form-urlencoded).

use percent_encoding::percent_decode;

use super::head::Request;
use super::station_ref::StationRef;
use crate::http::text::decode_text;

/// The longest body of a form that is read, in bytes: the same as for a head, because the query could contain
/// the form as well.
pub const BODY_MAX: usize = super::head::HEAD_MAX;

/// Names and values. Contains passwords, so it does not implement `Debug`.
pub struct FormData {
    /// Names are decoded, values are as received.
    pairs: Vec<(String, Vec<u8>)>,
}

impl FormData {
    /// Returns the pairs of the query, followed by the pairs of the body. `body` is empty if there is none.
    pub fn from_request(request: &Request, body: &[u8]) -> Self {
        let query = request.query.as_deref().unwrap_or_default().as_bytes();
        let body = &body[..body.len().min(BODY_MAX)];
        let pairs =
            [query, body.trim_ascii_end()].into_iter().flat_map(|part| part.split(|byte| *byte == b'&'));
        Self { pairs: pairs.map(pair).filter(|(name, _)| !name.is_empty()).collect() }
    }

    /// Returns the first value of that name as received. A name without `=` has an empty value.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_slice())
    }

    /// Returns the first value of that name, percent-decoded and with `+` as a space, in an unknown charset.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.raw(name).map(percent_decoded)
    }

    /// Returns the first value of that name as text, percent-decoded: UTF-8 if it is valid, else
    /// Windows-1252.
    pub fn text(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|bytes| decode_text(&bytes))
    }

    /// Returns [`text`](Self::text), or `None` if it is empty.
    pub fn non_empty_text(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// Returns the station that `mount`, `sid` or DNAS 2's `sp` names. An invalid `sid` becomes a mount that
    /// does not exist.
    pub fn station(&self) -> StationRef {
        let mount = self.non_empty_text("mount").or_else(|| self.non_empty_text("sp"));
        let sid = self.non_empty_text("sid");
        match mount {
            Some(mount) => StationRef::from_mount_and_sid(mount, sid),
            None => sid.map_or(StationRef::Default, StationRef::from_sid),
        }
    }
}

fn pair(pair: &[u8]) -> (String, Vec<u8>) {
    let at = pair.iter().position(|byte| *byte == b'=');
    let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
    (decode_text(&percent_decoded(name)), value.to_vec())
}

/// Percent-decodes once. Some scripts encode twice, but a second decoding would damage titles that contain a
/// literal `%41`.
fn percent_decoded(value: &[u8]) -> Vec<u8> {
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
    fn form_body_is_cut_to_the_limit() {
        let body = format!("x={}&y=1", "a".repeat(BODY_MAX));
        assert_eq!(form_data("/a", &body).raw("x").map(<[u8]>::len), Some(BODY_MAX - 2));
    }

    #[test]
    fn station_is_named_by_mount_sid_or_sp() {
        for (query, expected) in [
            ("", StationRef::Default),
            ("sid=", StationRef::Default),
            ("sid=7", StationRef::Id(7)),
            ("mount=%2Flive", StationRef::Mount("/live".into())),
            ("sp=/live", StationRef::Mount("/live".into())),
            ("sid=7&mount=/live", StationRef::Mount("/live".into())),
            ("mount=/stream&sid=7", StationRef::Id(7)),
            ("sid=seven", StationRef::Mount("seven".into())),
            (&format!("mount={}", "a".repeat(255)), StationRef::Mount("a".repeat(255))),
            (&format!("mount={}", "a".repeat(256)), StationRef::Mount(String::new())),
        ] {
            assert_eq!(form_data(&format!("/admin.cgi?{query}"), "").station(), expected, "{query}");
        }
    }
}
