//! Public pages.

use std::sync::Arc;

use coldwave::http::incoming::{Incoming, parse};
use coldwave::icy::Title;
use coldwave::pages::{OnAir, Page, RenderedPage, Snapshot, StationSnapshot};
use coldwave::station::PlayedTitle;
use coldwave::time::Time;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The input is a line with the target of a request, then the text of every field that a client or operator
/// can set.
pub fn check(input: &[u8]) {
    let input = String::from_utf8_lossy(input);
    let (target, text) = input.split_once('\n').unwrap_or((&input, "x"));
    let head = format!("GET {target} HTTP/1.0\r\nHost: radio.example:8000\r\n\r\n");
    let Incoming::Request { request, .. } = parse(head.as_bytes()) else { return };
    let Some(page) = Page::from_request(&request) else { return };
    for snapshot in [snapshot(text), Snapshot::default()] {
        check_page(&page.render(&snapshot, "http://radio.example:8000"));
    }
}

/// Two stations: a DJ is live on the first, the second is silent.
fn snapshot(text: &str) -> Snapshot {
    let title = Title { url: text.to_owned(), ..Title::new(text) };
    let played = Arc::new(PlayedTitle {
        title: title.clone(),
        set_by: text.to_owned(),
        started_at: Time::START.into(),
        cover_version: Some(7),
    });
    let live = StationSnapshot {
        id: 1,
        mount: "/live".into(),
        name: text.to_owned(),
        description: text.to_owned(),
        genre: text.to_owned(),
        url: text.to_owned(),
        content_type: "audio/mpeg",
        on_air: OnAir::Live(Time::START),
        source_user: Some(text.to_owned()),
        title,
        next_titles: vec![text.to_owned(); 2],
        history: vec![played; 2],
        ..StationSnapshot::default()
    };
    let silent = StationSnapshot { id: 2, mount: "/night".into(), ..StationSnapshot::default() };
    Snapshot { stations: [live, silent].map(Arc::new).to_vec(), ..Snapshot::default() }
}

/// Checks that the headers hold one line each and that a JSON or XML body is well-formed.
fn check_page(page: &RenderedPage) {
    for (name, value) in &page.headers {
        assert!(!value.contains(['\r', '\n', '\0']), "{name}: {value:?}");
    }
    let text = str::from_utf8(&page.body);
    match page.content_type.split(';').next().expect("a type") {
        "application/json" => drop(json(text.expect("JSON is UTF-8"))),
        "application/javascript" => check_script(text.expect("a script is UTF-8")),
        "text/xml" | "application/xml" | "application/xspf+xml" => check_xml(text.expect("XML is UTF-8")),
        _ => {}
    }
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn check_script(text: &str) {
    let (name, rest) = text.split_once('(').expect("a function call");
    assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "_.$".contains(c)), "{name}");
    json(rest.strip_suffix(')').expect("the end of a function call"));
    assert!(!text.contains("</"), "{text}");
}

fn check_xml(text: &str) {
    let is_forbidden = |c: char| {
        c.is_control() && c != '\n' && c != '\r' && c != '\t' || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    assert!(!text.contains(is_forbidden), "{text:?}");
    let (mut reader, mut depth) = (Reader::from_str(text), 0);
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {text}")) {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{text}");
}
