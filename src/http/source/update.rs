//! A title that somebody sends: DNAS's `updinfo` and Icecast's `/admin/metadata` (protocol-notes/sources.md, "Titles").

use encoding_rs::Encoding;

use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::text::{decode_text, to_single_line};
use crate::icy::Title;

/// The most bytes of a title, artist or line that are kept. Players are sent less, but a history may show it all.
const TEXT_MAX: usize = 1024;

/// The most bytes of an address; cut, it would be another.
const URL_MAX: usize = 512;

/// A title as it was sent, in a charset that is to be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleUpdate {
    song: Option<Vec<u8>>,
    artist: Option<Vec<u8>>,
    title: Option<Vec<u8>>,
    url: Option<Vec<u8>>,
    charset: Option<&'static Encoding>,
}

impl TitleUpdate {
    /// What `request` with this form says; `None` where there is neither `song` nor `artist` nor `title`, not even an
    /// empty one. A charset that nobody knows counts as none.
    pub fn from_form(request: &Request, form: &FormData) -> Option<Self> {
        let declared = form.text("charset").or_else(|| charset_of_body(request));
        ["song", "artist", "title"].iter().find_map(|name| form.raw(name))?;
        Some(Self {
            song: form.bytes("song"),
            artist: form.bytes("artist"),
            title: form.bytes("title"),
            url: form.bytes("url"),
            charset: declared.and_then(|label| encoding(&label)),
        })
    }

    /// The title it makes. `song` is the line; without one it is `artist - title`, or whichever of them there is. An
    /// empty line clears the title.
    ///
    /// Text is in the charset that was declared, else in UTF-8 if it is valid, else in `charset` if that is the label of
    /// one, else in Windows-1252.
    pub fn title(&self, charset: Option<&str>) -> Title {
        let fallback = charset.and_then(encoding);
        let text = |field: &Option<Vec<u8>>| {
            field.as_deref().and_then(|bytes| to_single_line(&self.decoded(bytes, fallback), TEXT_MAX))
        };
        let (artist, title) = (text(&self.artist), text(&self.title));
        Title {
            text: text(&self.song)
                .or_else(|| joined(artist.as_deref(), title.as_deref()))
                .unwrap_or_default(),
            artist,
            title,
            url: self.url(fallback),
            ..Title::default()
        }
    }

    fn url(&self, fallback: Option<&'static Encoding>) -> String {
        let url = self.url.as_deref().map(|bytes| self.decoded(bytes, fallback));
        let url = url.and_then(|url| to_single_line(&url, URL_MAX + 1));
        url.filter(|url| url.len() <= URL_MAX).unwrap_or_default()
    }

    fn decoded(&self, bytes: &[u8], fallback: Option<&'static Encoding>) -> String {
        let by = |encoding: &'static Encoding| {
            encoding.decode_without_bom_handling_and_without_replacement(bytes).map(String::from)
        };
        let declared = self.charset.and_then(by);
        let undeclared = || str::from_utf8(bytes).ok().map(str::to_owned).or_else(|| fallback.and_then(by));
        declared.or_else(undeclared).unwrap_or_else(|| decode_text(bytes))
    }
}

fn joined(artist: Option<&str>, title: Option<&str>) -> Option<String> {
    match (artist, title) {
        (Some(artist), Some(title)) => to_single_line(&format!("{artist} - {title}"), TEXT_MAX),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

/// Of a POST whose type is `application/x-www-form-urlencoded; charset=…`.
fn charset_of_body(request: &Request) -> Option<String> {
    let parameters = request.header("content-type")?.split(';').skip(1);
    let mut pairs = parameters.filter_map(|parameter| parameter.split_once('='));
    let (_, label) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(label.trim().trim_matches('"').to_owned())
}

/// By its label in the Encoding Standard, where `latin1` and `ISO-8859-1` mean Windows-1252.
fn encoding(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title_of(head: &str, body: &str, charset: Option<&str>) -> Option<Title> {
        let request = Request::from_lines(head);
        let update = TitleUpdate::from_form(&request, &FormData::from_request(&request, body.as_bytes()));
        update.map(|update| update.title(charset))
    }

    /// The line that a query makes, with a station whose charset is `charset`.
    #[track_caller]
    fn check(query: &str, charset: Option<&str>, expected: Option<&str>) {
        let found = title_of(&format!("GET /admin.cgi?mode=updinfo&{query} HTTP/1.0"), "", charset);
        assert_eq!(found.map(|title| title.text).as_deref(), expected, "{query}");
    }

    #[test]
    fn one_line_is_made_of_what_there_is() {
        check("song=A+-+B", None, Some("A - B"));
        check("artist=A&title=B", None, Some("A - B"));
        check("artist=A&title=B&song=C", None, Some("C"));
        check("artist=A&title=B&song=", None, Some("A - B"));
        check("title=B", None, Some("B"));
        check("artist=A&title=", None, Some("A"));
        check("song=", None, Some(""));
        check("song", None, Some(""));
        check("song=+%00%0A+", None, Some(""));
        check("url=http://h/", None, None);
        check("", None, None);
    }

    #[test]
    fn charsets_are_declared_or_guessed() {
        check("song=O'Brien; \"Ça va\" — 東京", None, Some("O'Brien; \"Ça va\" — 東京"));
        check("song=%C3%87a+va", None, Some("Ça va"));
        check("song=%C7a+va+%93x%94", None, Some("Ça va “x”"));
        check("song=%C3%87a&charset=latin1", None, Some("Ã‡a"));
        check("song=%C3%87a&charset=nonsense", None, Some("Ça"));
        check("song=%C7a&charset=UTF-8", None, Some("Ça"));
        check("song=%8F%AC&charset=Shift_JIS", None, Some("小"));
        check("song=%CF%F0%E8", Some("windows-1251"), Some("При"));
        check("song=%D0%9F", Some("windows-1251"), Some("П"));
        check("song=%CF%F0%E8", Some("nonsense"), Some("Ïðè"));
        check("song=%8F", Some("Shift_JIS"), Some(""));
    }

    #[test]
    fn all_of_it_is_kept_within_bounds() {
        let long = "%C3%A9".repeat(TEXT_MAX);
        let request = format!("GET /admin.cgi?song={long}&artist={long} HTTP/1.0");
        let title = title_of(&request, "", None).unwrap();
        assert_eq!((title.text.len(), title.artist.map(|artist| artist.len())), (TEXT_MAX, Some(TEXT_MAX)));
        let url = |length| {
            let url = "x".repeat(length);
            title_of(&format!("GET /?song=a&url={url} HTTP/1.0"), "", None).unwrap().url.len()
        };
        assert_eq!((url(URL_MAX), url(URL_MAX + 1), url(0)), (URL_MAX, 0, 0));
    }

    #[test]
    fn titles_come_in_bodies_too() {
        let head = "POST /admin/metadata HTTP/1.1\nContent-Type: application/x-www-form-urlencoded; Charset=\"latin1\"";
        let body = "mode=updinfo&mount=%2Flive&artist=Caf%E9&title=B&url=http%3A%2F%2Fh%2F";
        let expected = Title {
            text: "Café - B".into(),
            artist: Some("Café".into()),
            title: Some("B".into()),
            url: "http://h/".into(),
            ..Title::default()
        };
        assert_eq!(title_of(head, body, None), Some(expected));
    }

    #[test]
    fn butt_escapes_next_to_nothing() {
        let head = "GET /admin.cgi?pass=x&mode=updinfo&song=A \"b\" – c? d=e HTTP/1.0";
        assert_eq!(title_of(head, "", None), Some(Title::new("A \"b\" – c? d=e")));
    }
}
