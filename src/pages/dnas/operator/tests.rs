//! Each page as those read it who ask for it.

use super::*;
use crate::bans::{BanTarget, Bans};
use crate::http::request::Request;
use crate::icy::Title;
use crate::log_tail::LogLine;
use crate::pages::Snapshot;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::sync::Arc;
use std::time::Duration;

/// What no page may take for its own.
const HOSTILE: &str = "</script><b>x ]]> a;b='c' \"&amp;\u{1b}\u{85}\r\n\u{2028}--> {{ 7 }}";

fn form(query: &str) -> FormData {
    FormData::from_request(&Request::from_lines(&format!("GET /admin.cgi?{query} HTTP/1.0")), &[])
}

fn asked(query: &str) -> DnasOperatorPage {
    DnasOperatorPage::from_form(&form(query)).expect(query)
}

fn snapshot(public: Snapshot, reason: &str, agent: &str) -> AdminSnapshot {
    let mut bans = Bans::default();
    for network in ["203.0.113.9", "198.51.100.0/24", "10.0.0.0/8", "2001:db8::/64"] {
        bans.add(BanTarget::parse_network(network).expect(network), reason, Duration::ZERO).expect("room");
    }
    bans.add(BanTarget::parse_agent(agent).expect("a name"), reason, Duration::ZERO).expect("room");
    let line = LogLine {
        number: 1,
        at: Duration::from_secs(1_741_083_072),
        level: log_level(),
        target: "coldwave::server".into(),
        text: reason.into(),
    };
    AdminSnapshot {
        bans: bans.all().cloned().collect(),
        listeners: AdminSnapshot::example().listeners,
        log: (vec![Arc::new(line)], 1),
        ..AdminSnapshot::from_public(public)
    }
}

fn log_level() -> ::log::Level {
    ::log::Level::Info
}

fn shown(query: &str, snapshot: &AdminSnapshot) -> RenderedPage {
    asked(query).render(snapshot, snapshot.stations.first(), "http://radio.example:8000").expect("a page")
}

fn text(shown: &RenderedPage) -> String {
    String::from_utf8(shown.body.clone()).expect("UTF-8")
}

/// All pages that are made from what others say.
const PAGES: [&str; 20] = [
    "mode=viewxml",
    "mode=viewxml&page=1",
    "mode=viewxml&page=3",
    "mode=viewxml&page=4",
    "mode=viewxml&page=5",
    "mode=viewxml&page=6",
    "mode=viewxml&page=7",
    "mode=viewjson",
    "mode=viewjson&page=1",
    "mode=viewjson&page=3",
    "mode=viewjson&page=7",
    "mode=viewjson&page=7&callback=f",
    "mode=viewban",
    "mode=viewagent",
    "mode=bannedlist",
    "mode=useragentlist",
    "mode=viewlog",
    "mode=viewlog&viewlog=save",
    "mode=history",
    "mode=ypstatus",
];

/// What a page says, without what makes it a page of its kind: so that only the same elements may be there.
fn skeleton(shown: &RenderedPage) -> String {
    let text = text(shown);
    match shown.content_type {
        "text/xml" => elements(&text),
        kind if kind.starts_with("application/json") => keys(&serde_json::from_str(&text).expect("JSON")),
        kind if kind.starts_with("application/javascript") => {
            let inner = text.strip_prefix("f(").and_then(|rest| rest.strip_suffix(')')).expect("one call");
            assert!(!text.contains("</") && !text.contains('\u{2028}'));
            keys(&serde_json::from_str(inner).expect("JSON"))
        }
        kind if kind.starts_with("text/html") => {
            text.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()).collect()
        }
        _ => format!("{} lines", text.lines().count()),
    }
}

fn elements(xml: &str) -> String {
    let (mut reader, mut found) = (Reader::from_str(xml), String::new());
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Eof => return found,
            Event::Start(tag) => found += &format!("<{}>", tag.name().as_ref()),
            Event::CData(_) | Event::Comment(_) => panic!("{xml}"),
            _ => {}
        }
    }
}

fn keys(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::Array(all) => all.iter().map(keys).collect::<Vec<_>>().join(","),
        serde_json::Value::Object(all) => {
            all.iter().map(|(key, value)| format!("{key}:{{{}}}", keys(value))).collect()
        }
        serde_json::Value::String(text) => {
            assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
            String::new()
        }
        _ => String::new(),
    }
}

#[test]
fn hostile_texts_change_nothing_but_their_own() {
    let tame = snapshot(Snapshot::example(), "noise", "EvilBot");
    let mut public = Snapshot::example();
    let station = public.first_mut();
    station.title = Title::new(HOSTILE);
    (station.name, station.genre, station.url) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
    let mut evil = snapshot(public, HOSTILE, "</b><script>x]]>'\"&amp;");
    for listener in &mut evil.listeners {
        (listener.user_agent, listener.referer) = (HOSTILE.into(), HOSTILE.into());
        listener.forwarded_for = HOSTILE.into();
    }
    for query in PAGES {
        let (tame, evil) = (shown(query, &tame), shown(query, &evil));
        assert_eq!(skeleton(&evil), skeleton(&tame), "{query}: {}", text(&evil));
        assert!(!text(&evil).contains(|c: char| c.is_control() && c != '\n'), "{query}: {:?}", text(&evil));
    }
}

/// AzuraCast: the numbers from page 7, entities decoded before the XML is read; the listeners as JSON with texts alone.
#[test]
fn azuracast_reads_pages_that_it_asks_for() {
    let snapshot = snapshot(Snapshot::example(), "noise", "EvilBot");
    let page = text(&shown("sid=1&mode=viewxml&page=7", &snapshot));
    let root = page.split_once("<SHOUTCASTSERVER>").expect("a root").1;
    let of_root = root.split("<LISTENERS>").next().expect("some of it");
    for (name, value) in [
        ("CURRENTLISTENERS", "12"),
        ("UNIQUELISTENERS", "11"),
        ("BITRATE", "128"),
        ("CONTENT", "audio/mpeg"),
        ("SONGTITLE", "Nadia Karim - Tidewater"),
    ] {
        assert!(of_root.contains(&format!("<{name}>{value}</{name}>")), "{name}: {page}");
    }
    let page = text(&shown("sid=1&mode=viewjson&page=3", &snapshot));
    let listeners: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(&page).expect("a list");
    assert_eq!(listeners.len(), 2);
    for listener in &listeners {
        assert!(listener.values().all(serde_json::Value::is_string), "{page}");
        for key in ["uid", "xff", "hostname", "useragent", "connecttime"] {
            assert!(listener.contains_key(key), "{key}: {page}");
        }
    }
    assert_eq!((&listeners[0]["uid"], &listeners[0]["connecttime"]), (&"5".into(), &"77".into()));
    let none = AdminSnapshot { listeners: Vec::new(), ..snapshot };
    assert_eq!(text(&shown("sid=1&mode=viewjson&page=3", &none)), "[]");
}

/// Perl's Net::Shoutcast::Admin makes a tree of the whole page.
#[test]
fn net_shoutcast_admin_finds_its_elements() {
    let snapshot = snapshot(Snapshot::example(), "noise", "EvilBot");
    let found = elements(&text(&shown("mode=viewxml", &snapshot)));
    for path in [
        "<SHOUTCASTSERVER><CURRENTLISTENERS>",
        "<SONGTITLE>",
        "<STREAMSTATUS>",
        "<REPORTEDLISTENERS>",
        "<LISTENERS><LISTENER><HOSTNAME>",
        "<SONGHISTORY>",
    ] {
        assert!(found.contains(path), "{path}: {found}");
    }
}

/// voscast's PHP class cuts the page with an expression whose dot is no line end.
#[test]
fn every_xml_is_one_line() {
    let mut public = Snapshot::example();
    public.first_mut().title = Title::new(HOSTILE);
    let snapshot = snapshot(public, HOSTILE, "EvilBot");
    for query in PAGES.into_iter().filter(|query| query.contains("viewxml") || query.contains("ypstatus")) {
        let page = text(&shown(query, &snapshot));
        assert!(!page.contains(['\n', '\r']), "{page}");
        let inner = page
            .split_once("<SHOUTCASTSERVER>")
            .and_then(|(_, rest)| rest.strip_suffix("</SHOUTCASTSERVER>"));
        assert!(inner.is_some_and(|inner| !inner.is_empty()), "{page}");
    }
}

#[test]
fn any_page_that_does_not_exist_is_all_of_them() {
    for (page, view) in [
        ("", ViewPage::Default),
        ("page=", ViewPage::Default),
        ("page=0", ViewPage::Default),
        ("page=1", ViewPage::Summary),
        ("page=2", ViewPage::All),
        ("page=7", ViewPage::All),
        ("page=-1", ViewPage::All),
        ("page=x", ViewPage::All),
    ] {
        assert_eq!(
            asked(&format!("mode=viewxml&{page}")),
            DnasOperatorPage::View(view, OutputFormat::Xml),
            "{page}"
        );
        let json = asked(&format!("mode=viewjson&iponly=1&{page}"));
        assert_eq!(json, DnasOperatorPage::View(view, OutputFormat::Json), "{page}");
    }
    assert!(asked("mode=viewjson&callback=f").is_script() && !asked("mode=viewjson").is_script());
    assert_eq!(DnasOperatorPage::from_form(&form("mode=nothing")), None);
}
