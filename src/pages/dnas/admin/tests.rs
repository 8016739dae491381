//! Tests of the admin pages with the parsers of known clients.

use super::*;
use crate::bans::{BanTarget, Bans};
use crate::http::request::Request;
use crate::icy::Title;
use crate::log_tail::{LogExcerpt, TailLine};
use crate::pages::Snapshot;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::sync::Arc;
use std::time::Duration;

/// A text that no page may treat as markup.
const HOSTILE: &str = "</script><b>x ]]> a;b='c' \"&amp;\u{1b}\u{85}\r\n\u{2028}--> {{ 7 }}";

fn form(query: &str) -> FormData {
    FormData::from_request(&Request::from_lines(&format!("GET /admin.cgi?{query} HTTP/1.0")), &[])
}

fn parse(query: &str) -> DnasAdminPage {
    DnasAdminPage::from_form(&form(query)).expect(query)
}

fn snapshot(public: Snapshot, reason: &str, agent: &str) -> AdminSnapshot {
    let mut bans = Bans::default();
    for network in ["203.0.113.9", "198.51.100.0/24", "10.0.0.0/8", "2001:db8::/64"] {
        bans.add(BanTarget::parse_network(network).expect(network), reason, Duration::ZERO)
            .expect("space for a ban");
    }
    bans.add(BanTarget::parse_agent(agent).expect("a name"), reason, Duration::ZERO)
        .expect("space for a ban");
    let line = TailLine {
        number: 1,
        at: Duration::from_secs(1_741_083_072),
        level: log_level(),
        target: "coldwave::server".into(),
        text: reason.into(),
    };
    AdminSnapshot {
        bans: bans.all().cloned().collect(),
        listeners: AdminSnapshot::example().listeners,
        log: LogExcerpt { lines: vec![Arc::new(line)], last: 1, ..LogExcerpt::default() },
        ..AdminSnapshot::from_public(public)
    }
}

fn log_level() -> ::log::Level {
    ::log::Level::Info
}

fn get(query: &str, snapshot: &AdminSnapshot) -> RenderedPage {
    parse(query).render(snapshot, snapshot.stations.first(), "http://radio.example:8000").expect("a page")
}

fn text(page: &RenderedPage) -> String {
    String::from_utf8(page.body.clone()).expect("UTF-8")
}

/// All pages with data from clients.
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

/// Returns the structure of a page without its texts.
fn skeleton(page: &RenderedPage) -> String {
    let text = text(page);
    match page.content_type {
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
fn hostile_texts_do_not_change_the_structure_of_pages() {
    let harmless = snapshot(Snapshot::example(), "noise", "EvilBot");
    let mut public = Snapshot::example();
    let station = public.first_mut();
    station.title = Title::new(HOSTILE);
    (station.name, station.genre, station.url) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
    let mut hostile = snapshot(public, HOSTILE, "</b><script>x]]>'\"&amp;");
    for listener in &mut hostile.listeners {
        (listener.user_agent, listener.referer) = (HOSTILE.into(), HOSTILE.into());
        listener.forwarded_for = HOSTILE.into();
    }
    for query in PAGES {
        let (harmless, hostile) = (get(query, &harmless), get(query, &hostile));
        assert_eq!(skeleton(&hostile), skeleton(&harmless), "{query}: {}", text(&hostile));
        assert!(
            !text(&hostile).contains(|c: char| c.is_control() && c != '\n'),
            "{query}: {:?}",
            text(&hostile)
        );
    }
}

/// AzuraCast reads the statistics from page 7 and decodes entities before it parses the XML. It reads the
/// listeners as JSON with texts only.
#[test]
fn azuracast_finds_its_fields() {
    let snapshot = snapshot(Snapshot::example(), "noise", "EvilBot");
    let page = text(&get("sid=1&mode=viewxml&page=7", &snapshot));
    let root = page.split_once("<SHOUTCASTSERVER>").expect("a root").1;
    let summary = root.split("<LISTENERS>").next().expect("the summary");
    for (name, value) in [
        ("CURRENTLISTENERS", "12"),
        ("UNIQUELISTENERS", "11"),
        ("BITRATE", "128"),
        ("CONTENT", "audio/mpeg"),
        ("SONGTITLE", "Nadia Karim - Tidewater"),
    ] {
        assert!(summary.contains(&format!("<{name}>{value}</{name}>")), "{name}: {page}");
    }
    let page = text(&get("sid=1&mode=viewjson&page=3", &snapshot));
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
    assert_eq!(text(&get("sid=1&mode=viewjson&page=3", &none)), "[]");
}

/// Perl's Net::Shoutcast::Admin parses the complete page into a tree.
#[test]
fn net_shoutcast_admin_finds_its_elements() {
    let snapshot = snapshot(Snapshot::example(), "noise", "EvilBot");
    let found = elements(&text(&get("mode=viewxml", &snapshot)));
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

/// voscast's PHP class searches the page with a regular expression whose dot matches no line end.
#[test]
fn every_xml_page_is_one_line() {
    let mut public = Snapshot::example();
    public.first_mut().title = Title::new(HOSTILE);
    let snapshot = snapshot(public, HOSTILE, "EvilBot");
    for query in PAGES.into_iter().filter(|query| query.contains("viewxml") || query.contains("ypstatus")) {
        let page = text(&get(query, &snapshot));
        assert!(!page.contains(['\n', '\r']), "{page}");
        let inner = page
            .split_once("<SHOUTCASTSERVER>")
            .and_then(|(_, rest)| rest.strip_suffix("</SHOUTCASTSERVER>"));
        assert!(inner.is_some_and(|inner| !inner.is_empty()), "{page}");
    }
}

#[test]
fn unknown_page_number_returns_all_pages() {
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
            parse(&format!("mode=viewxml&{page}")),
            DnasAdminPage::View(view, OutputFormat::Xml),
            "{page}"
        );
        let json = parse(&format!("mode=viewjson&iponly=1&{page}"));
        assert_eq!(json, DnasAdminPage::View(view, OutputFormat::Json), "{page}");
    }
    assert!(parse("mode=viewjson&callback=f").is_script() && !parse("mode=viewjson").is_script());
    assert_eq!(DnasAdminPage::from_form(&form("mode=nothing")), None);
}
