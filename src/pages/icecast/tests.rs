//! Icecast's public pages, compared byte by byte.

use std::sync::Arc;

use super::*;
use crate::http::golden::check_at;
use crate::http::request::Request;
use crate::icy::Title;
use crate::pages::{OnAir, StationSnapshot, host_of};
use crate::station::PlayedTitle;

const BASE: &str = "http://radio.example:8000";

fn get(snapshot: &Snapshot, target: &str) -> RenderedPage {
    let request = Request::from_lines(&format!("GET {target} HTTP/1.1"));
    let page = IcecastPage::from_path(&request.path, &FormData::from_request(&request, &[]))
        .unwrap_or_else(|| panic!("{target}"));
    page.render(&snapshot.without_links_to(BASE, |_| true), BASE)
}

fn body(snapshot: &Snapshot, target: &str) -> String {
    String::from_utf8(get(snapshot, target).body).expect("UTF-8")
}

/// Returns a snapshot of the example station of protocol-notes/, a silent station, and one with hostile
/// texts.
fn three_stations() -> Snapshot {
    let silent = StationSnapshot {
        id: 2,
        mount: "/silent".into(),
        on_air: OnAir::Silence,
        title: Title::default(),
        ..StationSnapshot::example()
    };
    let hostile = StationSnapshot {
        id: 3,
        mount: "/a&b, <c>".into(),
        name: "\"]]></script>\r\n<b>, x".into(),
        url: "javascript:alert(1)".into(),
        title: Title::new("1999"),
        kbps: None,
        ..StationSnapshot::example()
    };
    let stations = [StationSnapshot::example(), silent, hostile].map(Arc::new).to_vec();
    Snapshot { stations, ..Snapshot::example() }
}

#[test]
fn pages_match_the_golden_files() {
    for (name, target) in [
        ("status-json", "/status-json.xsl"),
        ("status", "/status.xsl"),
        ("publicstats", "/admin/publicstats"),
        ("publicstats-json", "/admin/publicstats.json"),
        ("status2", "/status2.xsl"),
        ("seven-xsl", "/7.xsl"),
        ("server-version", "/server_version.xsl"),
        ("mount-m3u", "/live.m3u"),
        ("mount-xspf", "/live.xspf"),
        ("mount-pls", "/live.pls"),
        ("mount-vclt", "/live.vclt"),
    ] {
        check_at(&format!("pages/golden/{name}"), &get(&Snapshot::example(), target).to_reply(false));
    }
    check_at("pages/golden/status-json-two", &get(&three_stations(), "/status-json.xsl").to_reply(false));
    check_at("pages/golden/status-two", &get(&three_stations(), "/status.xsl").to_reply(false));
    let empty = Snapshot { stations: Vec::new(), ..Snapshot::example() };
    check_at("pages/golden/status-json-none", &get(&empty, "/status-json.xsl").to_reply(false));
}

#[test]
fn mount_parameter_selects_one_source() {
    let snapshot = three_stations();
    let sources = |target: &str| {
        let json: serde_json::Value = serde_json::from_str(&body(&snapshot, target)).expect("JSON");
        json["icestats"]["source"].clone()
    };
    assert_eq!(sources("/status-json.xsl").as_array().map(Vec::len), Some(2));
    assert_eq!(sources("/status-json.xsl?mount=/live")["listeners"], 12);
    assert_eq!(sources("/status-json.xsl?mount=/a%26b,+%3Cc%3E")["title"], "1999");
    assert!(sources("/status-json.xsl?mount=/silent").is_null());
    assert!(sources("/status-json.xsl?mount=/nothing").is_null());
    assert!(!body(&snapshot, "/status.xsl?mount=/live").contains("/a&#38;b"));
    assert!(body(&snapshot, "/7.xsl?mount=/silent").contains("<body>0,0,0,1000,0,0,</body>"));
}

#[test]
fn playlist_of_an_unknown_mount_is_not_found() {
    assert_eq!(body(&three_stations(), "/silent.m3u"), "http://radio.example:8000/silent\r\n");
    assert_eq!(body(&three_stations(), "/a%26b, <c>.m3u"), "http://radio.example:8000/a%26b,%20%3Cc%3E\r\n");
    for target in ["/nothing.m3u", "/.xspf", "/live.live.m3u"] {
        assert_eq!(get(&three_stations(), target), RenderedPage::not_found(), "{target}");
    }
}

#[test]
fn playlists_of_a_mount_have_its_renditions_best_first() {
    let mut snapshot = Snapshot::example_ladder();
    for name in ["m3u", "xspf", "vclt"] {
        let page = get(&snapshot, &format!("/live.{name}"));
        check_at(&format!("pages/golden/ladder-{name}"), &page.to_reply(false));
        let playlist = body(&snapshot, &format!("/live-96.{name}"));
        assert_eq!(playlist.matches(BASE).count(), 1, "{playlist}");
        assert!(playlist.contains(&format!("{BASE}/live-96")) && !playlist.contains("kbit"), "{playlist}");
    }
    snapshot.first_mut().title = Title::default();
    assert!(body(&snapshot, "/live.xspf").contains("<title>(128 kbit/s)</title>"));
}

#[test]
fn host_is_separated_from_port_and_path() {
    for (base, host) in [
        ("http://radio.example:8000", "radio.example"),
        ("https://radio.example", "radio.example"),
        ("https://radio.example:8443/a:1", "radio.example"),
        ("http://[::1]:8000", "[::1]"),
        ("http://[::1]", "[::1]"),
    ] {
        assert_eq!(host_of(base), host);
    }
}

/// The names that Icecast 2.5 has in its public view, and no others.
#[test]
fn public_statistics_have_the_sources_by_their_mounts() {
    let snapshot = three_stations();
    let json =
        |target: &str| -> serde_json::Value { serde_json::from_str(&body(&snapshot, target)).expect("JSON") };
    let all = json("/admin/publicstats.json");
    assert_eq!(all[0]["name"], "icestats");
    let names = |value: &serde_json::Value| {
        value.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>().join(" "))
    };
    assert_eq!(
        names(&all[1]).as_deref(),
        Some("admin host location modules server_id server_start_iso8601 source")
    );
    assert_eq!(names(&all[1]["source"]).as_deref(), Some("/a&b, <c> /live"), "without the silent one");
    let live = &all[1]["source"]["/live"];
    assert_eq!(
        names(live).as_deref(),
        Some(
            "content-type display-title genre listeners listenurl metadata playlist server_description server_name \
             stream_start_iso8601"
        )
    );
    assert_eq!((&live["listeners"], &live["content-type"]), (&12.into(), &"audio/mpeg".into()));
    assert_eq!(live["display-title"], live["metadata"]["x_icy_title"]);
    let one = json("/admin/publicstats.json?mount=/live");
    assert_eq!(names(&one[1]["source"]).as_deref(), Some("/live"));
    assert!(json("/admin/publicstats.json?mount=/nothing")[1].get("source").is_none());
}

#[test]
fn public_statistics_have_the_latest_ten_titles_with_the_earliest_first() {
    let played = |number: u32| {
        let title = Title::new(format!("Title {number}"));
        let started_at = crate::time::Time::START.into();
        Arc::new(PlayedTitle { title, set_by: String::new(), started_at, cover_version: None })
    };
    let history = (0..12).rev().map(played).collect();
    let station = StationSnapshot { history, ..StationSnapshot::example() };
    let snapshot = Snapshot { stations: vec![Arc::new(station)], ..Snapshot::example() };
    let json: serde_json::Value =
        serde_json::from_str(&body(&snapshot, "/admin/publicstats.json")).expect("JSON");
    let tracks = &json[1]["source"]["/live"]["playlist"]["playlist"]["track"];
    assert_eq!(tracks.as_array().map(Vec::len), Some(10));
    assert_eq!((&tracks[0]["title"], &tracks[9]["title"]), (&"Title 2".into(), &"Title 11".into()));
    let xml = body(&snapshot, "/admin/publicstats");
    assert!(xml.contains("<trackList><track><title>Title 2</title></track>"), "{xml}");
}
