//! Tests: hostile texts from clients change a page only where they are shown.

use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use serde_json::Value;

use super::*;
use crate::http::request::Request;
use crate::icy::Title;
use crate::pages::{AdminSnapshot, ListenerSnapshot, SourceSnapshot, StationSnapshot, printable};
use crate::time::Time;

const BASE: &str = "http://radio.example:8000";

/// Splits a page into pieces, so that each text from a client is a piece of its own.
type PageSplitter = fn(&str) -> Vec<String>;

/// Every page and its splitter.
const PAGES: [(&str, PageSplitter); 20] = [
    ("/status-json.xsl", json),
    ("/status.xsl", xml),
    ("/status2.xsl", table),
    ("/7.xsl", seven),
    ("/admin/publicstats", xml),
    ("/admin/publicstats.json", json),
    ("/server_version.xsl", xml),
    ("/live.m3u", lines),
    ("/live.xspf", xml),
    ("/live.vclt", lines),
    ("/admin/stats", xml),
    ("/admin/stats.xsl", xml),
    ("/admin/listmounts", xml),
    ("/admin/listmounts.xsl", xml),
    ("/admin/streamlist.txt", lines),
    ("/admin/listclients?mount=/live", xml),
    ("/admin/listclients.xsl?mount=/live", xml),
    ("/admin/updatemetadata.xsl?mount=/live", xml),
    ("/admin/moveclients.xsl?mount=/live", xml),
    ("/admin/moveclients?mount=/live", xml),
];

/// Returns a snapshot of two sources with `text` as every value that a client can send.
fn snapshot_with_text(text: &str) -> AdminSnapshot {
    let owned = || text.to_owned();
    let source = SourceSnapshot {
        user: owned(),
        address: [192, 0, 2, 1].into(),
        user_agent: owned(),
        since: Time::START,
        is_encrypted: false,
        is_recorded: false,
    };
    let station = StationSnapshot {
        name: owned(),
        description: owned(),
        genre: owned(),
        url: owned(),
        title: Title { url: owned(), artist: Some(owned()), ..Title::new(text) },
        source_user: Some(owned()),
        ..StationSnapshot::example()
    };
    let other = StationSnapshot { id: 2, mount: "/other".into(), ..station.clone() };
    let stations = [station, other].map(Arc::new).to_vec();
    let public = Snapshot { stations, ..Snapshot::example() };
    let listeners = AdminSnapshot::example().listeners;
    let mut snapshot = AdminSnapshot { listeners, ..AdminSnapshot::from_public(public) };
    snapshot.stations.iter_mut().for_each(|station| station.source = Some(source.clone()));
    for ListenerSnapshot { user_agent, referer, .. } in &mut snapshot.listeners {
        (*user_agent, *referer) = (owned(), owned());
    }
    snapshot
}

fn body(target: &str, text: &str) -> String {
    let snapshot = snapshot_with_text(text);
    let request = Request::from_lines(&format!("GET {target} HTTP/1.1"));
    let form = FormData::from_request(&request, &[]);
    let rendered = match IcecastAdminPage::from_path(&request.path, &form) {
        Some(page) => {
            page.expect("a page").render(&snapshot, snapshot.stations.first(), BASE).expect("a station")
        }
        None => IcecastPage::from_path(&request.path, &form).expect("a page").render(&snapshot.public, BASE),
    };
    String::from_utf8(rendered.body).expect("UTF-8")
}

fn json(page: &str) -> Vec<String> {
    fn gather(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(pairs) => pairs.iter().for_each(|(name, value)| {
                out.push(format!("{name}:"));
                gather(value, out);
            }),
            Value::Array(values) => values.iter().for_each(|value| gather(value, out)),
            Value::String(text) => out.push(text.clone()),
            value => out.push(value.to_string()),
        }
    }
    let mut out = Vec::new();
    gather(&serde_json::from_str(page).expect("JSON"), &mut out);
    out
}

/// Splits XML into tags and the texts between them.
fn xml(page: &str) -> Vec<String> {
    let mut reader = Reader::from_str(page);
    let (mut out, mut content, mut depth) = (Vec::new(), String::new(), 0);
    loop {
        match reader.read_event().expect("XML that is well-formed") {
            Event::Text(piece) => content += &piece,
            Event::GeneralRef(name) => match name.resolve_char_ref().expect("a character") {
                Some(c) => content.push(c),
                None => content += resolve_xml_entity(&name).expect("one of five"),
            },
            Event::Eof => break,
            tag => {
                depth += i32::from(matches!(tag, Event::Start(_))) - i32::from(matches!(tag, Event::End(_)));
                out.extend([std::mem::take(&mut content), format!("{tag:?}")]);
            }
        }
    }
    assert_eq!(depth, 0, "{page}");
    out
}

/// Splits every line at its commas.
fn table(page: &str) -> Vec<String> {
    let texts = xml(page).join("\n");
    texts.lines().flat_map(|line| line.split(',')).map(str::to_owned).collect()
}

/// Splits a page into the seven values. Only the last may contain commas.
fn seven(page: &str) -> Vec<String> {
    let (_, rest) = page.split_once("<body>").expect("a body");
    let values = rest.strip_suffix("</body></html>").expect("its end");
    assert!(!values.contains('<') && !values.contains('>') && !values.contains('\n'), "{values}");
    let unescaped = values.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    unescaped.splitn(7, ',').map(str::to_owned).collect()
}

fn lines(page: &str) -> Vec<String> {
    page.lines().map(str::to_owned).collect()
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
        "</title><title>x</title></source><source mount=\"/evil\">",
        "<!-- ?> --> <![CDATA[ x",
        "\r\nhttp://evil.example/\r\n#EXTM3U\r\n==\r\nSTREAMURL=http://evil.example/",
        "\n/evil,1,2,3,4,5,6\n",
        "\u{2028}\u{2029}\u{feff}\u{202e}",
        "日本語 🎵 Ça",
        "1999",
        "true",
        "null",
    ] {
        // An empty text may be replaced by another, and a single letter occurs elsewhere on a page. The
        // tildes prevent both.
        let text = format!("~{text}~");
        for (target, split) in PAGES {
            let expected = split(&body(target, "~x~"));
            let found = split(&body(target, &text));
            let comma = if target == "/status2.xsl" { ";" } else { "," };
            let rendered = printable(&text).replace(',', comma);
            let expected: Vec<_> = expected.iter().map(|piece| piece.replace("~x~", &rendered)).collect();
            assert_eq!(found, expected, "{target} with {text:?}");
        }
    }
}
