//! What other servers answer a relay, and where they send it.

use coldwave::http::incoming::{self, Incoming};
use coldwave::http::proxy::relay_path::{RelayPath, ServerId};
use coldwave::http::request::{HEAD_MAX, Method};
use coldwave::http::upstream::redirects::{REDIRECTS_MAX, RedirectChain};
use coldwave::http::upstream::{METAINT_MAX, UpstreamResponse, build_request, parse_more};
use coldwave::stream_url::StreamUrl;

use crate::{Cuts, split};

/// A byte for the cuts, then what a server answers, which is taken for an address and for hops too.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split(input);
    let whole = parse_more(bytes, 0);
    check_cuts(&whole, Cuts(seed), bytes);
    check_answer(&whole, bytes);
    let said = String::from_utf8_lossy(bytes);
    check_hops(&said);
    if let Ok(url) = StreamUrl::parse(&said) {
        check_request(&url);
        check_redirects(url, &said);
    }
    check_redirects(StreamUrl::parse("http://relay:hackme@h:8000/a/b?c").expect("an address"), &said);
}

/// However the bytes are cut, the verdict is the same, and stays.
fn check_cuts(whole: &UpstreamResponse, cuts: Cuts, bytes: &[u8]) {
    let mut seen = 0;
    for piece in cuts.of(bytes) {
        let here = &bytes[..seen + piece.len()];
        let answer = parse_more(here, seen);
        assert_eq!(answer, parse_more(here, 0), "{seen} of {} bytes were seen", here.len());
        if answer != UpstreamResponse::Incomplete {
            assert_eq!(answer, *whole, "more bytes changed the verdict");
            return;
        }
        seen = here.len();
    }
    assert_eq!(*whole, UpstreamResponse::Incomplete);
}

fn check_answer(answer: &UpstreamResponse, bytes: &[u8]) {
    match answer {
        UpstreamResponse::Incomplete => assert!(bytes.len() < HEAD_MAX, "a head that long is refused"),
        UpstreamResponse::Stream { upstream, consumed } => {
            assert!((1..=bytes.len().min(HEAD_MAX)).contains(consumed));
            assert_eq!(parse_more(&bytes[..*consumed], 0), *answer, "what follows a head has no say in it");
            assert!(upstream.info.metaint.is_none_or(|metaint| (1..=METAINT_MAX).contains(&metaint)));
            check_hops(&upstream.relay_path.to_string());
        }
        UpstreamResponse::Redirect(reference) => assert!(!reference.is_empty()),
        UpstreamResponse::Refused(unfit) => {
            let told = unfit.to_string();
            assert!(!told.contains(char::is_control) && told.len() < 400, "{told:?}");
        }
    }
}

/// What can be read is written so that it is read as the same.
fn check_hops(said: &str) {
    let here = ServerId::from_random(7);
    if let Ok(hops) = RelayPath::parse(said) {
        assert_eq!(RelayPath::parse(&hops.to_string()), Ok(hops.clone()));
        assert!(hops.extended_by(here).check_loop(here).is_err(), "nobody is let through twice");
    }
}

/// Whatever the address, our request is one that coldwave itself would take, and asks for what the address says.
fn check_request(url: &StreamUrl) {
    let bytes = build_request(url, &RelayPath::default().extended_by(ServerId::from_random(7)));
    let Incoming::Request { request, consumed } = incoming::parse(&bytes) else {
        panic!("{}", bytes.escape_ascii())
    };
    assert_eq!((consumed, &request.method), (bytes.len(), &Method::Get));
    assert_eq!(request.header("host"), Some(url.authority().as_str()));
    assert_eq!(request.credentials().is_some(), url.login().is_some());
    assert!(request.wants_metadata());
    assert!(request.relay_path().is_ok_and(|hops| hops.check_loop(ServerId::from_random(7)).is_err()));
}

/// Wherever a server leads, it is somewhere that can be asked, and it comes to an end.
fn check_redirects(url: StreamUrl, said: &str) {
    let mut trail = RedirectChain::new(url);
    for reference in said.lines() {
        let before = (trail.url().authority(), trail.url().login().is_some());
        if trail.follow(reference).is_err() {
            return;
        }
        check_request(trail.url());
        let is_elsewhere = trail.url().authority() != before.0;
        assert!(
            !is_elsewhere || trail.url().login().is_none() || reference.contains('@'),
            "a login for others"
        );
    }
    assert!(said.lines().count() <= REDIRECTS_MAX.into());
}
