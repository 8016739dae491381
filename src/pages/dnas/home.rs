//! `/home.html`: a redirect to the home page of the station.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::pages::{RenderedPage, StationSnapshot, is_http_url};

/// Redirects to the home page of the station, or to its page on this server if it has none. Sources may send
/// any text as their home page, so everything except an HTTP URL is ignored.
pub fn render(station: &StationSnapshot, base: &str) -> RenderedPage {
    let url = station.url.trim();
    RenderedPage::redirect_to(if is_http_url(url) {
        utf8_percent_encode(url, NOT_IN_LOCATION).to_string()
    } else {
        format!("{base}/index.html?sid={}", station.id)
    })
}

/// Characters that are percent-encoded in the `Location` header.
const NOT_IN_LOCATION: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_to_home_page_or_else_to_station_page() {
        for (url, location) in [
            ("http://example.org", "http://example.org"),
            ("HTTPS://example.org/a b?x=%20&y=é#z", "HTTPS://example.org/a%20b?x=%20&y=%C3%A9#z"),
            ("http://h/\r\nX-Evil: 1", "http://h/%0D%0AX-Evil:%201"),
            ("", "http://h:8000/index.html?sid=1"),
            ("http://", "http://h:8000/index.html?sid=1"),
            ("javascript:alert(1)", "http://h:8000/index.html?sid=1"),
            ("//evil.example", "http://h:8000/index.html?sid=1"),
            ("é", "http://h:8000/index.html?sid=1"),
        ] {
            let station = StationSnapshot { url: url.into(), ..StationSnapshot::example() };
            let rendered = render(&station, "http://h:8000");
            assert_eq!(rendered.headers, [("Location", location.to_owned())], "{url:?}");
        }
    }
}
