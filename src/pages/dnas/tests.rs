//! Tests of the SHOUTcast status pages against recorded replies.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use serde_json::Value;

use super::played::escape_html;
use super::*;
use crate::http::golden::check_at;
use crate::http::request::Request;
use crate::http::response::reply::Status;
use crate::icy::Title;
use crate::pages::{OnAir, Page, printable};
use crate::station::PlayedTitle;
use crate::time::Time;

const BASE: &str = "http://radio.example:8000";

/// Every page in every output format.
const PAGES: [&str; 29] = [
    "/7.html",
    "/7",
    "/stats",
    "/stats?sid=1",
    "/stats?json=1",
    "/stats?sid=1&callback=f",
    "/statistics",
    "/statistics?json=1",
    "/statistics?callback=f",
    "/currentsong",
    "/nextsong",
    "/nextsongs",
    "/nextsongs?json=1",
    "/nextsongs?callback=f",
    "/played.html",
    "/played",
    "/played?type=xml",
    "/played?type=json",
    "/played?type=json&callback=f",
    "/listen",
    "/listen.pls",
    "/listen.m3u",
    "/listen.asx",
    "/listen.xspf",
    "/listen.qtl",
    "/home.html",
    "/crossdomain.xml",
    "/robots.txt",
    "/favicon.ico",
];

fn get(target: &str, snapshot: &Snapshot) -> RenderedPage {
    let request = Request::from_lines(&format!("GET {target} HTTP/1.0\nHost: radio.example:8000"));
    Page::from_request(&request).unwrap_or_else(|| panic!("{target} is a page")).render(snapshot, BASE)
}

fn body(target: &str, snapshot: &Snapshot) -> String {
    String::from_utf8(get(target, snapshot).body).expect("a page of text")
}

const ONE_HOUR_AFTER_START: Time = Time::after_start(Duration::from_secs(3600));

/// Returns a snapshot of a station with a live source and a silent one.
fn snapshot() -> Snapshot {
    let title = Title {
        url: "http://example.org/cover?id=7&s=2".into(),
        ..Title::new("Nadia Karim - Tidewater, live")
    };
    let live = StationSnapshot {
        on_air: OnAir::Live(ONE_HOUR_AFTER_START),
        source_user: Some("nina".into()),
        next_titles: vec!["Café Ångström - Überfahrt".into(), "R&B <3".into()],
        history: vec![played(&title, ONE_HOUR_AFTER_START), played(&Title::new("Elsewhere"), Time::START)],
        title,
        ..StationSnapshot::example()
    };
    let silent = StationSnapshot {
        id: 7,
        mount: "/café & \"bar\"".into(),
        url: String::new(),
        max_listeners: None,
        kbps: None,
        listeners: 0,
        unique: 0,
        average_connected_s: 0,
        on_air: OnAir::Silence,
        title: Title::default(),
        ..StationSnapshot::example()
    };
    Snapshot { stations: [live, silent].map(Arc::new).to_vec(), ..Snapshot::example() }
}

fn played(title: &Title, at: Time) -> Arc<PlayedTitle> {
    Arc::new(PlayedTitle {
        title: title.clone(),
        set_by: "nina".into(),
        started_at: at.into(),
        cover_version: None,
    })
}

/// Returns the same snapshot with `text` as every value that a client can send.
fn snapshot_with_text(text: &str) -> Snapshot {
    let mut snapshot = snapshot();
    let live = snapshot.first_mut();
    live.title = Title { url: text.to_owned(), ..Title::new(text) };
    live.history[0] = played(&live.title, ONE_HOUR_AFTER_START);
    live.next_titles[0] = text.to_owned();
    for field in [&mut live.name, &mut live.description, &mut live.genre, &mut live.url] {
        text.clone_into(field);
    }
    text.clone_into(live.source_user.as_mut().expect("a live source"));
    snapshot
}

#[test]
fn pages_match_the_golden_files() {
    let snapshot = snapshot();
    for target in PAGES {
        let name = target[1..].replace(['?', '=', '&', '.'], "-");
        // The icon is binary and has a test of its own.
        let reply = get(target, &snapshot).to_reply(target == "/favicon.ico");
        check_at(&format!("pages/golden/dnas-{name}"), &reply);
    }
    for target in [
        "/7.html?sid=7",
        "/stats?sid=7&json=1",
        "/played?sid=7",
        "/nextsongs?sp=/café%20%26%20%22bar%22",
        "/listen.xspf?sid=7",
        "/home?sid=7",
    ] {
        let name = format!("{}-silent", &target[1..target.find(['?', '.']).expect("a query")]);
        check_at(&format!("pages/golden/dnas-{name}"), &get(target, &snapshot).to_reply(false));
    }
    check_at("pages/golden/dnas-callback-misnamed", &get("/stats?callback=a(b)", &snapshot).to_reply(false));
}

#[test]
fn pages_of_an_unknown_station_are_not_found() {
    let snapshot = snapshot();
    for target in PAGES {
        let Some(page) = target.split('?').next().filter(|page| *page != "/statistics") else { continue };
        let is_static = static_page::StaticPage::from_path(page).is_some();
        for which in ["sid=2", "sid=x", "sp=/nothing", "mount=/nothing"] {
            let status = get(&format!("{page}?{which}"), &snapshot).status;
            assert_eq!(status == Status::NotFound, !is_static, "{page}?{which}");
        }
    }
    let empty = Snapshot { stations: Vec::new(), ..snapshot };
    assert_eq!(get("/stats", &empty).status, Status::NotFound);
    assert!(!body("/statistics", &empty).contains("<STREAM "));
    assert!(!body("/statistics?json=1", &empty).contains("\"streams\""));
}

/// Returns the content of a page independent of its escaping, with `text` replaced by `x`.
fn content(target: &str, snapshot: &Snapshot, text: &str) -> String {
    let text = printable(text);
    let page = body(target, snapshot);
    let content_type = get(target, snapshot).content_type;
    match content_type.split(';').next().expect("a type") {
        "application/json" => in_json(&page, &text),
        "application/javascript" => {
            let value = page.strip_prefix("f(").and_then(|rest| rest.strip_suffix(')')).expect("a call");
            assert!(!value.contains("</") && !value.contains(['\u{2028}', '\u{2029}']), "{value}");
            in_json(value, &text)
        }
        "text/html" => page.replace(&escape_html(&text), "x"),
        "text/plain" | "audio/x-scpls" | "audio/x-mpegurl" => page.replace(&text, "x"),
        _ => in_xml(&page, &text),
    }
}

fn in_json(page: &str, text: &str) -> String {
    fn replaced(value: Value, text: &str) -> Value {
        match value {
            Value::String(string) if string == text => "x".into(),
            Value::Array(values) => values.into_iter().map(|value| replaced(value, text)).collect(),
            Value::Object(pairs) => {
                pairs.into_iter().map(|(name, value)| (name, replaced(value, text))).collect()
            }
            value => value,
        }
    }
    replaced(serde_json::from_str(page).expect("JSON"), text).to_string()
}

fn in_xml(page: &str, text: &str) -> String {
    let mut reader = Reader::from_str(page);
    reader.config_mut().check_end_names = true;
    let (mut out, mut content, mut depth) = (String::new(), String::new(), 0);
    loop {
        let event = reader.read_event().expect("XML");
        match &event {
            Event::Text(piece) => content += piece,
            Event::GeneralRef(name) => {
                let by_number = name.resolve_char_ref().expect("a character").map(String::from);
                let by_name = || resolve_xml_entity(name).expect("one of five").to_owned();
                content += &by_number.unwrap_or_else(by_name);
            }
            Event::Eof => break,
            other => {
                depth +=
                    i32::from(matches!(other, Event::Start(_))) - i32::from(matches!(other, Event::End(_)));
                out += if content == text { "x" } else { &content };
                content.clear();
                out += &format!("{other:?}");
            }
        }
    }
    assert_eq!(depth, 0, "{page}");
    out
}

/// Checks that `text` changes a page only where it is shown.
#[track_caller]
fn check_text(text: &str) {
    // An empty text may hide an element, and a single letter occurs elsewhere on a page. The tildes prevent
    // both.
    let text = format!("~{text}~");
    let (snapshot, plain_snapshot) = (snapshot_with_text(&text), snapshot_with_text("~x~"));
    for target in PAGES.into_iter().filter(|target| *target != "/favicon.ico") {
        let expected = content(target, &plain_snapshot, "~x~");
        assert_eq!(content(target, &snapshot, &text), expected, "{target} with {text:?}");
        let heads = [&snapshot, &plain_snapshot].map(|snapshot| {
            let head = get(target, snapshot).to_reply(true);
            String::from_utf8(head)
                .expect("a head")
                .lines()
                .filter(|line| !line.starts_with("Content-Length"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        assert_eq!(heads[0], heads[1], "{target} with {text:?}");
    }
}

#[test]
fn hostile_texts_stay_text_on_every_page() {
    for text in [
        "</script><b>x",
        "]]>",
        "a;b='c'",
        "\0\u{1}\u{8}\u{b}\u{1b}[31m\u{7f}\u{85}\u{9f}\u{fffe}\u{ffff}",
        "a\r\nb\tc\r\n\r\nd",
        "&amp; &#38; &lt;b&gt; &",
        "\"quoted\", 'quoted', \\ back \\\" /",
        "</body></html>,1,2,3",
        "</SONGTITLE><SONGTITLE>x",
        "<!-- ?> --> <![CDATA[ x",
        "\nFile2=http://evil.example/\n[playlist]",
        "\u{2028}\u{2029}\u{feff}\u{202e}",
        "日本語 🎵 Ça",
        "%0d%0aX-Evil: 1",
    ] {
        check_text(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_texts_stay_text_on_every_page(text in "([<>&;'\"/\\]\\[!=#%,\r\n\t\u{0}-\u{1f}\u{7f}-\u{a0}\u{2028}\u{fffe}a-c]|.){0,40}") {
        check_text(&text);
    }
}

#[test]
fn playlists_of_a_station_have_its_renditions_best_first() {
    let mut snapshot = Snapshot::example_ladder();
    snapshot.first_mut().name = "Harbour & <FM>".into();
    for name in ["pls", "m3u", "asx", "xspf", "qtl"] {
        let page = get(&format!("/listen.{name}?sid=1"), &snapshot);
        check_at(&format!("pages/golden/dnas-ladder-{name}"), &page.to_reply(false));
        // A rendition has a playlist of its own, which names no bit rate.
        let playlist = body(&format!("/listen.{name}?sid=8"), &snapshot);
        assert_eq!(playlist.matches(BASE).count(), 1, "{playlist}");
        assert!(playlist.contains(&format!("{BASE}/live-96")) && !playlist.contains("kbit"), "{playlist}");
    }
    assert_eq!(get("/listen.pls?sid=1", &snapshot), get("/listen", &snapshot));
}

#[test]
fn playlists_have_the_stream_url_of_any_mount() {
    for mount in ["/live", "/café am see", "/\"&'<x>", "/a;b^{c}|d", "/1,2"] {
        let mut snapshot = Snapshot::example();
        snapshot.first_mut().mount = mount.to_owned();
        let url = crate::pages::stream_url(BASE, mount);
        let request = Request::from_lines(&format!("GET {} HTTP/1.0", &url[BASE.len()..]));
        assert_eq!(request.path, mount, "{url}");
        for target in PAGES.into_iter().filter(|target| target.starts_with("/listen")) {
            let page = body(target, &snapshot);
            assert!(page.contains(&url), "{target}: {page}");
        }
    }
}
