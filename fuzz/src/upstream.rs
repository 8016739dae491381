//! Responses of other servers to a relay, and their redirects.

use coldwave::http::incoming::{self, Incoming};
use coldwave::http::proxy::relay_path::{RelayPath, ServerId};
use coldwave::http::request::{HEAD_MAX, Method};
use coldwave::http::upstream::redirects::{REDIRECTS_MAX, RedirectChain};
use coldwave::http::upstream::{METAINT_MAX, UpstreamResponse, build_request, parse_more};
use coldwave::stream_url::StreamUrl;

use crate::{Splitter, split_seed};

/// The input is a seed for the splitter, then the response of a server. The response is also used as a URL
/// and as a relay path.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split_seed(input);
    let whole = parse_more(bytes, 0);
    check_splitting(&whole, Splitter(seed), bytes);
    check_response(&whole, bytes);
    let text = String::from_utf8_lossy(bytes);
    check_relay_path(&text);
    if let Ok(url) = StreamUrl::parse(&text) {
        check_request(&url);
        check_redirects(url, &text);
    }
    check_redirects(StreamUrl::parse("http://relay:hackme@h:8000/a/b?c").expect("a valid URL"), &text);
}

/// Checks that the result is the same however the bytes are split, and that more bytes do not change it.
fn check_splitting(whole: &UpstreamResponse, splitter: Splitter, bytes: &[u8]) {
    let mut seen = 0;
    for piece in splitter.pieces(bytes) {
        let here = &bytes[..seen + piece.len()];
        let response = parse_more(here, seen);
        assert_eq!(response, parse_more(here, 0), "{seen} of {} bytes were seen", here.len());
        if response != UpstreamResponse::Incomplete {
            assert_eq!(response, *whole, "more bytes changed the result");
            return;
        }
        seen = here.len();
    }
    assert_eq!(*whole, UpstreamResponse::Incomplete);
}

fn check_response(response: &UpstreamResponse, bytes: &[u8]) {
    match response {
        UpstreamResponse::Incomplete => assert!(bytes.len() < HEAD_MAX, "a head of that length is refused"),
        UpstreamResponse::Stream { upstream, consumed } => {
            assert!((1..=bytes.len().min(HEAD_MAX)).contains(consumed));
            assert_eq!(
                parse_more(&bytes[..*consumed], 0),
                *response,
                "bytes after the head change the result"
            );
            assert!(upstream.info.metaint.is_none_or(|metaint| (1..=METAINT_MAX).contains(&metaint)));
            check_relay_path(&upstream.relay_path.to_string());
        }
        UpstreamResponse::Redirect(reference) => assert!(!reference.is_empty()),
        UpstreamResponse::Refused(error) => {
            let message = error.to_string();
            assert!(!message.contains(char::is_control) && message.len() < 400, "{message:?}");
        }
    }
}

/// Checks that a relay path that was parsed and written is parsed as the same path.
fn check_relay_path(text: &str) {
    let here = ServerId::from_random(7);
    if let Ok(path) = RelayPath::parse(text) {
        assert_eq!(RelayPath::parse(&path.to_string()), Ok(path.clone()));
        assert!(path.extended_by(here).check_loop(here).is_err(), "a server appears once in a path");
    }
}

/// Checks that coldwave itself accepts the relay's request for any URL, and that the request is for that URL.
fn check_request(url: &StreamUrl) {
    let bytes = build_request(url, ServerId::from_random(7));
    let Incoming::Request { request, consumed } = incoming::parse(&bytes) else {
        panic!("{}", bytes.escape_ascii())
    };
    assert_eq!((consumed, &request.method), (bytes.len(), &Method::Get));
    assert_eq!(request.header("host"), Some(url.authority().as_str()));
    assert_eq!(request.credentials().is_some(), url.login().is_some());
    assert!(request.wants_metadata());
    assert!(request.relay_path().is_ok_and(|path| path.check_loop(ServerId::from_random(7)).is_err()));
}

/// Checks that every redirect leads to a URL that can be requested, that the login stays with its server, and
/// that the number of redirects is limited.
fn check_redirects(url: StreamUrl, text: &str) {
    let mut chain = RedirectChain::new(url);
    for reference in text.lines() {
        let authority = chain.url().authority();
        if chain.follow(reference, None).is_err() {
            return;
        }
        check_request(chain.url());
        let is_other_server = chain.url().authority() != authority;
        assert!(
            !is_other_server || chain.url().login().is_none() || reference.contains('@'),
            "the login is sent to another server"
        );
    }
    assert!(text.lines().count() <= REDIRECTS_MAX.into());
}
