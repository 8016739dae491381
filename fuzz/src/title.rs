//! Title updates as encoders and scripts send them.

use coldwave::http::incoming::{Incoming, parse};
use coldwave::http::request::Request;
use coldwave::http::request::form::{BODY_MAX, FormData};
use coldwave::http::source::update::TitleUpdate;
use coldwave::icy::{Block, TITLE_MAX};

use crate::split_seed;

/// Values of a station's `charset` setting.
const CHARSETS: [Option<&str>; 8] = [
    None,
    Some("windows-1251"),
    Some("Shift_JIS"),
    Some("UTF-16LE"),
    Some("ISO-2022-JP"),
    Some("x-user-defined"),
    Some("replacement"),
    Some(""),
];

/// The input is a byte for the station's charset, then a form. The form is checked once as a body and once as
/// the raw query of a target.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split_seed(input);
    let charset = CHARSETS[usize::from(seed) % CHARSETS.len()];
    let post = request(b"POST /admin/metadata HTTP/1.1\r\nHost: h\r\n\r\n").expect("a request");
    check_form(&post, bytes, charset);
    let line = [b"GET /admin.cgi?mode=updinfo&", bytes, b" HTTP/1.0\r\n\r\n"].concat();
    if let Some(get) = request(&line) {
        check_form(&get, b"", charset);
    }
}

fn request(bytes: &[u8]) -> Option<Request> {
    match parse(bytes) {
        Incoming::Request { request, .. } => Some(request),
        _ => None,
    }
}

fn check_form(request: &Request, body: &[u8], charset: Option<&str>) {
    let form = FormData::from_request(request, body);
    let has_title = ["song", "artist", "title"].iter().any(|name| form.raw(name).is_some());
    for candidate in request.candidate_logins(&form) {
        assert!(candidate.credentials.password.len() <= 3 * BODY_MAX);
    }
    let update = TitleUpdate::from_form(request, &form);
    assert_eq!(update.is_some(), has_title, "an absent title is not an empty one");
    let Some(update) = update else { return };
    let title = update.title(charset);
    let texts = [Some(&title.text), title.artist.as_ref(), title.title.as_ref(), Some(&title.url)];
    for text in texts.into_iter().flatten() {
        assert!(text.len() <= 1024, "{} bytes", text.len());
        assert!(!text.contains(char::is_control) && text.trim() == text, "{text:?}");
    }
    assert!(title.extra.is_empty());
    let block = Block::from_title(&title);
    assert!(block.title().len() <= TITLE_MAX);
    assert_eq!(block.title(), Block::from_title_text(&title.text).title());
}
