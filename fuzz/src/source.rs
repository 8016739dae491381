//! What a source client sends before any audio, and requests to the admin pages.

use coldwave::http::admin::is_admin_path;
use coldwave::http::admin::reply::{AdminOutcome, AdminRefusal};
use coldwave::http::admin::{AdminAction, AdminFormat, AdminRequest};
use coldwave::http::incoming::{Incoming, parse};
use coldwave::http::request::Request;
use coldwave::http::request::cross_site::is_cross_site_read;
use coldwave::http::request::form::FormData;
use coldwave::http::request::station_ref::StationRef;
use coldwave::http::source::head::SourceInfo;
use coldwave::http::source::login::{
    ICY_HEAD_MAX, IcyHead, PASSWORD_LINE_MAX, find_icy_head, interpret_line,
};
use coldwave::pages::{AdminPage, AdminSnapshot, ListenerSnapshot, Snapshot, StationSnapshot};

use crate::{Splitter, split_seed};

/// The input is a seed for the splitter, then the bytes that the client sends.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split_seed(input);
    match parse(bytes) {
        Incoming::Password { line, consumed } => {
            assert!((1..=6).contains(&line.interpretations().count()));
            let text = String::from_utf8_lossy(&bytes[..consumed]);
            assert!(text.trim_end_matches(['\r', '\n']).len() <= 3 * PASSWORD_LINE_MAX);
            check_icy_head(seed, &bytes[consumed..]);
        }
        Incoming::Audiocast { login, consumed } => {
            assert!(login.mount.starts_with('/') && !login.password.is_empty());
            assert!(consumed <= bytes.len());
            check_info(&login.info);
        }
        Incoming::Request { request, consumed } => check_request(&request, &bytes[consumed..]),
        Incoming::Poke { .. } | Incoming::Incomplete | Incoming::Refused(_) => {}
    }
    check_icy_head(seed, bytes);
    check_candidates(&String::from_utf8_lossy(bytes));
}

/// Checks that a head ends at the same offset, with an empty line, however it is split.
fn check_icy_head(seed: u8, bytes: &[u8]) {
    let whole = find_icy_head(bytes, 0);
    let mut seen = 0;
    let mut result = find_icy_head(b"", 0);
    for piece in Splitter(seed).pieces(bytes) {
        let here = &bytes[..seen + piece.len()];
        result = find_icy_head(here, seen);
        if result != IcyHead::Incomplete {
            break;
        }
        seen = here.len();
    }
    assert_eq!(result, whole);
    match whole {
        IcyHead::Complete(end) => {
            assert!(end <= ICY_HEAD_MAX && bytes[end - 1] == b'\n');
            check_info(&SourceInfo::from_lines(&bytes[..end]));
        }
        IcyHead::Incomplete => assert!(bytes.len() < ICY_HEAD_MAX),
        IcyHead::TooLong => assert!(bytes.len() >= ICY_HEAD_MAX),
    }
    check_info(&SourceInfo::from_lines(bytes));
}

/// Checks that every login that a password line can stand for is a part of that line.
fn check_candidates(line: &str) {
    for (number, login) in interpret_line(line).enumerate() {
        assert!(number < 6);
        assert_eq!(number == 0, login.password == line);
        assert!(line.contains(login.password));
        assert!(login.user.is_none_or(|user| !user.is_empty() && line.contains(user)));
    }
}

fn check_info(info: &SourceInfo) {
    let SourceInfo { content_type, name, genre, description, url, user_agent, audio_info, .. } = info;
    let texts = [content_type, name, genre, description, url, user_agent, &audio_info.quality];
    for text in texts.into_iter().flatten() {
        assert!(!text.is_empty() && text.len() <= 512, "{} bytes", text.len());
        assert!(!text.contains(char::is_control) && text.trim() == text, "{text:?}");
    }
    assert_ne!(info.metaint, Some(0));
    let _ = info.codec();
}

fn check_request(request: &Request, rest: &[u8]) {
    check_info(&SourceInfo::from_request(request));
    let _ =
        (request.content_length(), request.is_chunked(), request.expects_continue(), request.credentials());
    let cross_site = is_cross_site_read(request);
    let browser_headers = [
        "sec-fetch-site",
        "sec-fetch-dest",
        "upgrade-insecure-requests",
        "origin",
        "referer",
        "accept-language",
    ];
    let is_browser = browser_headers.iter().any(|name| request.header(name).is_some());
    assert!(is_browser || !cross_site, "a request without a browser's headers is not cross-site");
    if is_admin_path(&request.path) {
        let form = FormData::from_request(request, rest);
        check_list(request, &form);
        match AdminRequest::parse(request, &form) {
            Ok(admin_request) => check_admin(&admin_request, request),
            Err(refusal) => {
                let reply = refusal.reply(AdminFormat::from_path(&request.path));
                assert!(matches!(status(&reply), 200 | 400 | 404 | 405 | 415), "{refusal:?}");
            }
        }
    }
}

fn check_admin(admin_request: &AdminRequest, request: &Request) {
    let AdminRequest { station, candidates, format, .. } = admin_request;
    assert!(candidates.len() <= 1 + 4 * 8, "{} candidate logins", candidates.len());
    for candidate in candidates {
        assert!(*station == candidate.station || *station == StationRef::Default);
    }
    let outcome = match &admin_request.action {
        AdminAction::MoveClients { to, .. } => AdminOutcome::ClientsMoved { from: &request.path, to },
        _ => AdminOutcome::SourceRemoved,
    };
    assert_eq!(status(&outcome.reply(*format)), 200);
    assert_eq!(status(&AdminRefusal::Unauthenticated.reply(*format)), 401);
}

/// Checks that no header of a listener adds a line to a listener list.
fn check_list(request: &Request, form: &FormData) {
    let Some(Ok(page)) = AdminPage::from_request(request, form) else { return };
    let listener = ListenerSnapshot {
        id: 7,
        address: [192, 0, 2, 1].into(),
        user_agent: request.user_agent().into(),
        connected_s: 9,
        referer: request.header("referer").unwrap_or_default().into(),
        forwarded_for: request.header("x-forwarded-for").unwrap_or_default().into(),
        bytes_sent: 0,
        behind: std::time::Duration::ZERO,
        is_encrypted: false,
        is_counted: true,
        skips: 0,
    };
    let station = StationSnapshot { mount: request.path.clone(), ..StationSnapshot::default() };
    let public = Snapshot { stations: vec![station.into()], ..Snapshot::default() };
    let snapshot = AdminSnapshot { listeners: vec![listener], ..AdminSnapshot::from_public(public) };
    let rendered = page.render(&snapshot, snapshot.stations.first(), "http://h").expect("there is a station");
    let body = String::from_utf8(rendered.body).expect("lists are UTF-8");
    // Some lists end their own lines with CR LF.
    let is_forbidden = |c: char| c.is_control() && !matches!(c, '\r' | '\n');
    assert!(!body.contains(is_forbidden), "{body:?}");
}

fn status(reply: &[u8]) -> u16 {
    let line = std::str::from_utf8(reply).expect("replies are UTF-8").split(' ').nth(1);
    line.and_then(|code| code.parse().ok()).expect("a status")
}
