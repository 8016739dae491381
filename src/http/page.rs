//! The page a browser gets at `/`: what the station is, what is on, and something to play it with.

use crate::settings::About;
use askama::Template;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The media type to send the page with.
pub const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// What the page shows of a station; everything is escaped where it is put.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    name: &'a str,
    description: &'a str,
    genre: &'a str,
    home: Option<&'a str>,
    stream: String,
    title: Option<&'a str>,
}

/// The page of `station`, whose stream is at `mount`, as HTML in UTF-8. `title` is what is on now, if that is known.
///
/// The page stands alone: it loads nothing but the stream, and that only when someone presses play.
pub fn render(station: About<'_>, mount: &str, title: Option<&str>) -> String {
    let page = Page {
        name: station.name,
        description: station.description,
        genre: station.genre,
        home: Some(station.url).filter(|url| is_web_address(url)),
        stream: utf8_percent_encode(mount, NOT_IN_PATHS).to_string(),
        title: title.filter(|title| !title.trim().is_empty()),
    };
    page.render().expect("a String takes everything and the template has no filter that fails")
}

/// A link could also be a script.
fn is_web_address(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// What a mount may hold that a path in a link must not.
const NOT_IN_PATHS: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'\\').add(b'`');

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;
    use crate::http::request::Request;
    use crate::http::route::{Route, route};
    use crate::settings::StationSettings;

    fn rendered(station: &StationSettings, title: Option<&str>) -> String {
        render(station.about(), &station.mount, title)
    }

    fn station() -> StationSettings {
        StationSettings {
            name: "Harbour FM".into(),
            description: "Slow music, día y noche".into(),
            genre: "Ambient".into(),
            url: "http://example.org/?a=1&b=2".into(),
            ..Default::default()
        }
    }

    #[test]
    fn pages_are_as_recorded() {
        golden::check("page", rendered(&station(), Some("Nadia Karim - Tidewater")).as_bytes());
        golden::check("page-bare", rendered(&StationSettings::default(), None).as_bytes());
    }

    #[test]
    fn nothing_is_taken_for_markup() {
        let evil = "\"'><script>alert(1)</script>&";
        let station = StationSettings {
            name: evil.into(),
            description: evil.into(),
            genre: evil.into(),
            url: format!("http://h/{evil}"),
            mount: format!("/{evil}"),
            ..Default::default()
        };
        let page = rendered(&station, Some(evil));
        assert!(!page.contains("<script>") && !page.contains("'>"), "{page}");
    }

    #[test]
    fn links_home_only_to_web_addresses() {
        let home = |url: &str| {
            rendered(&StationSettings { url: url.into(), ..station() }, None).contains("Home page")
        };
        assert!(home("https://example.org"));
        assert!(!home("javascript:alert(1)") && !home(""));
    }

    #[test]
    fn the_stream_it_plays_is_the_mount() {
        for mount in ["/live", "/café am see", "/a%20b?c#d", "/;x", "/\"\\&"] {
            let station = StationSettings { mount: mount.into(), ..station() };
            let page = rendered(&station, None);
            let source = page.split_once("src=\"").and_then(|(_, rest)| rest.split_once('"')).unwrap().0;
            let target = source.replace("&#38;", "&");
            let request = Request::of(&format!("GET {target} HTTP/1.1"));
            assert_eq!(route(&request, &[station]), Route::Stream(0), "{target}");
        }
    }
}
