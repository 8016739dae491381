//! Title updates: DNAS's `updinfo` and Icecast's `/admin/metadata` (protocol-notes/sources.md, "Titles").

use encoding_rs::Encoding;

use crate::http::request::Request;
use crate::http::request::form::FormData;
use crate::http::text::{decode_text, to_single_line};
use crate::http::untrusted_url::is_stream_url;
use crate::icy::Title;

/// The most bytes of a title, artist or line that are kept. Players get a shorter text, but the history may
/// show all of it.
const TEXT_MAX: usize = 1024;

/// The most bytes of a URL. A longer one is dropped: a truncated URL would be another URL.
const URL_MAX: usize = 512;

/// A title as received, in a charset that is not yet known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleUpdate {
    song: Option<Vec<u8>>,
    artist: Option<Vec<u8>>,
    title: Option<Vec<u8>>,
    url: Option<Vec<u8>>,
    charset: Option<&'static Encoding>,
}

impl TitleUpdate {
    /// Reads the update in a request and its form. `None` if the form has neither `song` nor `artist` nor
    /// `title`, not even an empty one. An unknown charset counts as none.
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

    /// Returns the title. `song` is the line; without it, the line is `artist - title`, or whichever of the
    /// two is present. An empty line clears the title.
    ///
    /// The charset of the text is the declared one, else UTF-8 if the bytes are valid, else `charset` if it
    /// is a known label, else Windows-1252.
    pub fn title(&self, charset: Option<&str>) -> Title {
        let fallback = charset.and_then(encoding);
        let text = |field: &Option<Vec<u8>>| {
            field.as_deref().and_then(|bytes| to_single_line(&self.decode(bytes, fallback), TEXT_MAX))
        };
        let (artist, title) = (text(&self.artist), text(&self.title));
        Title {
            text: text(&self.song).or_else(|| join(artist.as_deref(), title.as_deref())).unwrap_or_default(),
            artist,
            title,
            url: self.url(fallback),
            ..Title::default()
        }
    }

    fn url(&self, fallback: Option<&'static Encoding>) -> String {
        let url = self.url.as_deref().map(|bytes| self.decode(bytes, fallback));
        let url = url.and_then(|url| to_single_line(&url, URL_MAX + 1));
        let url = url.filter(|url| url.len() <= URL_MAX);
        url.filter(|url| is_stream_url(url)).unwrap_or_default()
    }

    fn decode(&self, bytes: &[u8], fallback: Option<&'static Encoding>) -> String {
        let decode_as = |encoding: &'static Encoding| {
            encoding.decode_without_bom_handling_and_without_replacement(bytes).map(String::from)
        };
        let declared = self.charset.and_then(decode_as);
        let undeclared =
            || str::from_utf8(bytes).ok().map(str::to_owned).or_else(|| fallback.and_then(decode_as));
        declared.or_else(undeclared).unwrap_or_else(|| decode_text(bytes))
    }
}

fn join(artist: Option<&str>, title: Option<&str>) -> Option<String> {
    match (artist, title) {
        (Some(artist), Some(title)) => to_single_line(&format!("{artist} - {title}"), TEXT_MAX),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

/// Returns the charset of a POST with the type `application/x-www-form-urlencoded; charset=…`.
fn charset_of_body(request: &Request) -> Option<String> {
    let parameters = request.header("content-type")?.split(';').skip(1);
    let mut pairs = parameters.filter_map(|parameter| parameter.split_once('='));
    let (_, label) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(label.trim().trim_matches('"').to_owned())
}

/// Finds a charset by its label in the Encoding Standard, where `latin1` and `ISO-8859-1` mean Windows-1252.
fn encoding(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_title(head: &str, body: &str, charset: Option<&str>) -> Option<Title> {
        let request = Request::from_lines(head);
        let update = TitleUpdate::from_form(&request, &FormData::from_request(&request, body.as_bytes()));
        update.map(|update| update.title(charset))
    }

    /// Checks the line of the title in `query`, for a station with the charset `charset`.
    #[track_caller]
    fn check(query: &str, charset: Option<&str>, expected: Option<&str>) {
        let found = parse_title(&format!("GET /admin.cgi?mode=updinfo&{query} HTTP/1.0"), "", charset);
        assert_eq!(found.map(|title| title.text).as_deref(), expected, "{query}");
    }

    #[test]
    fn title_line_is_song_or_artist_and_title() {
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
    fn charset_is_declared_or_detected() {
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
    fn long_fields_are_cut_and_long_urls_dropped() {
        let long = "%C3%A9".repeat(TEXT_MAX);
        let request = format!("GET /admin.cgi?song={long}&artist={long} HTTP/1.0");
        let title = parse_title(&request, "", None).unwrap();
        assert_eq!((title.text.len(), title.artist.map(|artist| artist.len())), (TEXT_MAX, Some(TEXT_MAX)));
        let url = |length| {
            let url = "http://h/".to_owned() + &"x".repeat(length - "http://h/".len());
            parse_title(&format!("GET /?song=a&url={url} HTTP/1.0"), "", None).unwrap().url.len()
        };
        assert_eq!((url(URL_MAX), url(URL_MAX + 1)), (URL_MAX, 0));
        for url in ["", "javascript:alert(1)", "http://any.example/admin/stats"] {
            let title = parse_title(&format!("GET /?song=a&url={url} HTTP/1.0"), "", None).unwrap();
            assert_eq!(title.url, "", "{url}");
        }
        let fields =
            parse_title("GET /?song=a&url=%26artist%3DO%27Brien%0D%0A%26b%3D HTTP/1.0", "", None).unwrap();
        assert_eq!(fields.url, "&artist=O'Brien &b=");
    }

    #[test]
    fn title_is_read_from_a_post_body() {
        let head = "POST /admin/metadata HTTP/1.1\nContent-Type: application/x-www-form-urlencoded; Charset=\"latin1\"";
        let body = "mode=updinfo&mount=%2Flive&artist=Caf%E9&title=B&url=http%3A%2F%2Fh%2F";
        let expected = Title {
            text: "Café - B".into(),
            artist: Some("Café".into()),
            title: Some("B".into()),
            url: "http://h/".into(),
            ..Title::default()
        };
        assert_eq!(parse_title(head, body, None), Some(expected));
    }

    #[test]
    fn unescaped_titles_of_butt_are_read() {
        let head = "GET /admin.cgi?pass=x&mode=updinfo&song=A \"b\" – c? d=e HTTP/1.0";
        assert_eq!(parse_title(head, "", None), Some(Title::new("A \"b\" – c? d=e")));
    }
}
