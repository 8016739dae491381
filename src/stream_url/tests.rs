//! Tests of URLs of streams.

use super::*;
use proptest::prelude::*;

fn parsed(text: &str) -> StreamUrl {
    StreamUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn url_is_split_into_its_parts() {
    for (text, host, port, target, authority) in [
        ("http://radio.example:8000/live", "radio.example", 8000, "/live", "radio.example:8000"),
        ("HTTP://Radio.Example", "radio.example", 80, "/", "radio.example"),
        ("http://192.0.2.1:80/;stream.mp3", "192.0.2.1", 80, "/;stream.mp3", "192.0.2.1"),
        ("http://[2001:db8::1]:9000/a?b=c#d", "2001:db8::1", 9000, "/a?b=c", "[2001:db8::1]:9000"),
        ("http://[::1]", "::1", 80, "/", "[::1]"),
        (" http://h:/?sid=2 ", "h", 80, "/?sid=2", "h"),
        ("http://h/a%20b%3b?x=%41", "h", 80, "/a%20b%3b?x=%41", "h"),
        ("http://h/;listen.pls?sid=1", "h", 80, "/;listen.pls?sid=1", "h"),
        ("http://h/.mp3?as=x.pls", "h", 80, "/.mp3?as=x.pls", "h"),
        ("http://h/Café au lait", "h", 80, "/Caf%C3%A9%20au%20lait", "h"),
        ("https://Radio.example/live", "radio.example", 443, "/live", "radio.example"),
        ("HTTPS://192.0.2.1:8000/", "192.0.2.1", 8000, "/", "192.0.2.1:8000"),
        ("https://[::1]:80", "::1", 80, "/", "[::1]:80"),
        ("https://h:443/", "h", 443, "/", "h"),
        ("http://h:443/", "h", 443, "/", "h:443"),
    ] {
        let url = parsed(text);
        assert_eq!((url.host(), url.port(), url.target()), (host, port, target), "{text}");
        assert_eq!((url.authority().as_str(), url.login()), (authority, None), "{text}");
        let scheme = if text.trim().to_ascii_lowercase().starts_with("https") { "https" } else { "http" };
        assert!(url.to_string().starts_with(&format!("{scheme}://{authority}/")), "{text}: {url}");
    }
}

#[test]
fn login_is_decoded_and_never_displayed() {
    for (text, login) in [
        ("http://relay:hackme@h/", "relay:hackme"),
        ("http://relay@h/", "relay:"),
        ("http://:hackme@h/", ":hackme"),
        ("http://a%40b:p%3Aq@r@h/", "a@b:p:q@r"),
    ] {
        let url = parsed(text);
        assert_eq!(url.login(), Some(login.as_bytes()), "{text}");
        assert_eq!((url.to_string(), format!("{url:?}")), ("http://h/".into(), "\"http://h/\"".into()));
    }
    assert_eq!(parsed("http://h:81/live?token=secret").to_string(), "http://h:81/live");
}

#[test]
fn invalid_urls_are_refused_with_what_is_expected() {
    for (text, error) in [
        ("", StreamUrlError::Scheme),
        ("radio.example:8000/live", StreamUrlError::Scheme),
        ("icy://h/", StreamUrlError::Scheme),
        ("icys://h/", StreamUrlError::Scheme),
        ("https://", StreamUrlError::Host),
        ("https://h:0/", StreamUrlError::Port),
        ("https://h/live.pls", StreamUrlError::Playlist),
        ("http://", StreamUrlError::Host),
        ("http:///live", StreamUrlError::Host),
        ("http://:8000/", StreamUrlError::Host),
        ("http://a b/", StreamUrlError::Host),
        ("http://münchen.example/", StreamUrlError::Host),
        ("http://h%41/", StreamUrlError::Host),
        ("http://::1/", StreamUrlError::Host),
        ("http://[::1/", StreamUrlError::Host),
        ("http://[fe80::1%25eth0]/", StreamUrlError::Host),
        ("http://[::1]8000/", StreamUrlError::Host),
        ("http://h:0/", StreamUrlError::Port),
        ("http://h:65536/", StreamUrlError::Port),
        ("http://h:+80/", StreamUrlError::Port),
        ("http://h:port/", StreamUrlError::Port),
        ("http://h/a\nb", StreamUrlError::Text),
        ("http://h/listen.pls?sid=1", StreamUrlError::Playlist),
        ("http://h/live/live.M3U", StreamUrlError::Playlist),
    ] {
        assert_eq!(StreamUrl::parse(text), Err(error), "{text}");
    }
    assert_eq!(StreamUrl::parse(&format!("http://h/{}", "x".repeat(URL_MAX))), Err(StreamUrlError::Text));
    assert_eq!(StreamUrl::parse(&format!("http://{}/", "h".repeat(254))), Err(StreamUrlError::Host));
}

#[test]
fn redirects_resolve_against_the_current_url() {
    let from = parsed("http://relay:hackme@h:8000/a/b;c?d=e");
    for (location, target) in [
        ("/other", "/other"),
        ("other", "/a/other"),
        ("./other/../x?y=../z", "/a/x?y=../z"),
        ("..", "/"),
        ("../../../x", "/x"),
        (".", "/a/"),
        ("?sid=2", "/a/b;c?sid=2"),
        ("", "/a/b;c"),
        ("/x?u=http://elsewhere/", "/x?u=http://elsewhere/"),
        ("http://h:8000/x y", "/x%20y"),
        ("//h:8000/x", "/x"),
    ] {
        let resolved = from.join(location).expect(location);
        assert_eq!((resolved.target(), resolved.authority().as_str()), (target, "h:8000"), "{location}");
        assert_eq!(resolved.login(), Some(&b"relay:hackme"[..]), "{location}");
    }
    for location in ["http://other:8000/", "//other/x", "http://h/", "http://h:8001/a"] {
        assert_eq!(
            from.join(location).expect(location).login(),
            None,
            "{location}: another server must not get the login"
        );
    }
    assert_eq!(from.join("http://a:b@other/").expect("an address").login(), Some(&b"a:b"[..]));
    assert_eq!(from.join("ftp://h/"), Err(StreamUrlError::Scheme));
    assert_eq!(from.join("/a\rb"), Err(StreamUrlError::Text));
    assert_eq!(from.join("live.m3u"), Err(StreamUrlError::Playlist));
}

#[test]
fn redirect_to_tls_keeps_the_login_and_one_without_loses_it() {
    for (from, location, keeps) in [
        ("http://me:x@h:8000/", "https://h:8000/y", true),
        ("http://me:x@h/", "https://h/y", true),
        ("https://me:x@h/", "//h/y", true),
        ("https://me:x@h/", "/y", true),
        ("https://me:x@h/", "https://h:443/y", true),
        ("http://me:x@h:8000/", "https://h/y", false),
        ("http://me:x@h/", "https://other/y", false),
        ("https://me:x@h:8000/", "http://h:8000/y", false),
        ("https://me:x@h/", "http://h/y", false),
        ("https://me:x@h/", "http://h:443/y", false),
    ] {
        let resolved = parsed(from).join(location).expect(location);
        assert_eq!(resolved.is_https(), !location.starts_with("http:"), "{from} {location}");
        assert_eq!(resolved.login().is_some(), keeps, "{from} {location}");
    }
}

proptest! {
    #[test]
    fn target_and_authority_fit_a_request_line(text in "(https?://)?[a-z:@\\[\\]]{0,9}[/?#]?.{0,20}", location in ".{0,30}") {
        for url in StreamUrl::parse(&text).into_iter().flat_map(|url| [url.join(&location).ok(), Some(url)]).flatten() {
            prop_assert!(url.target().starts_with('/'));
            prop_assert!(url.target().bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(url.authority().bytes().all(|byte| byte.is_ascii_graphic()));
            let again = StreamUrl::parse(&format!("http://{}{}", url.authority(), url.target()));
            prop_assert_eq!(again.as_ref().map(StreamUrl::target), Ok(url.target()));
        }
    }
}
