//! Responses of the API, compared key by key.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::events::{ListenersEvent, TitleEvent, has_station_changed};
use super::*;
use crate::http::admin::api::AdminRoute;
use crate::http::request::Request;
use crate::http::request::station_ref::MOUNT_MAX;
use crate::icy::Title;
use crate::pages::{OnAir, StationSnapshot};
use crate::station::{AirTime, PlayedTitle};

const BASE: &str = "http://radio.example:8000";

fn at(seconds: u64) -> Time {
    Time::after_start(Duration::from_secs(seconds))
}

fn played(title: &str, seconds: u64) -> Arc<PlayedTitle> {
    Arc::new(PlayedTitle {
        title: Title::new(title),
        set_by: "AutoDJ".into(),
        started_at: at(seconds).into(),
        cover_version: None,
    })
}

/// Returns the example station of protocol-notes/ with every optional value set.
fn full() -> Snapshot {
    let station = StationSnapshot {
        mount: "/live at sea".into(),
        on_air: OnAir::AutoDj(at(60)),
        title: Title { url: "https://example.org/tide".into(), ..Title::new("Nadia Karim - Tidewater") },
        title_since: AirTime { live_edge_at: at(86_000), audible_at: at(86_005) },
        title_began: at(86_000),
        title_length: Some(Duration::from_millis(999_600)),
        album: Some("Low Water".into()),
        cover_version: Some(7),
        next_titles: vec!["Mole - Pier".into()],
        history: (0..14).map(|number| played(TITLES[number.min(1)], 86_000 - number as u64)).collect(),
        ..StationSnapshot::example()
    };
    Snapshot { stations: vec![station.into()], ..Snapshot::example() }
}

const TITLES: [&str; 2] = ["Nadia Karim - Tidewater", "News"];

/// Returns the page at a path with parameters.
fn page(target: &str) -> Option<ApiPage> {
    let request = Request::from_lines(&format!("GET {target} HTTP/1.1"));
    ApiPage::from_path(&request.path, &FormData::from_request(&request, &[]))
}

/// Requests `path` and returns the JSON of the response, which must have this status.
#[track_caller]
fn get(snapshot: &Snapshot, path: &str, status: Status) -> Value {
    let rendered = page(path).unwrap_or_else(|| panic!("{path} is outside the API")).render(snapshot, BASE);
    assert_eq!((rendered.status, rendered.content_type), (status, "application/json"), "{path}");
    serde_json::from_slice(&rendered.body).expect("JSON")
}

#[test]
fn station_has_all_known_values() {
    let snapshot = full();
    let station = get(&snapshot, "/api/v1/stations/1", Status::Ok);
    let news = |at: &str| json!({"title": "News", "artist": null, "song": null, "set_by": "AutoDJ", "on_air_at": at, "artwork_url": null});
    let history: Vec<Value> =
        (2..12).map(|second| news(&format!("2025-03-05T10:04:{:02}.000Z", 33 - second))).collect();
    let expected = json!({
        "id": 1,
        "mount": "/live at sea",
        "name": "Harbour FM",
        "description": "Slow music",
        "genre": "Ambient",
        "url": "http://example.org",
        "public": false,
        "stream_url": "http://radio.example:8000/live%20at%20sea",
        "page_url": "http://radio.example:8000/index.html?sid=1",
        "artwork_url": snapshot.stations[0].artwork_url(BASE),
        "codec": "mp3",
        "content_type": "audio/mpeg",
        "bitrate_kbps": 128,
        "sample_rate_hz": 44100,
        "channels": 2,
        "on_air": {"kind": "autodj", "since": "2025-03-04T10:12:12.000Z", "name": "AutoDJ"},
        "title": {
            "text": "Nadia Karim - Tidewater",
            "artist": "Nadia Karim",
            "song": "Tidewater",
            "album": "Low Water",
            "url": "https://example.org/tide",
            "on_air_at": "2025-03-05T10:04:32.000Z",
            "audible_at": "2025-03-05T10:04:37.000Z",
            "elapsed_s": 400,
            "duration_s": 1000,
        },
        "next": ["Mole - Pier"],
        "history": history,
        "listeners": {
            "now": 12, "with_renditions": 12, "unique": 11, "unique_clients": 12, "peak": 40, "max": 512,
            "average_connected_s": 1830, "total": 905,
        },
        "rendition_of": null,
        "renditions": [],
    });
    assert_eq!(station, expected);
}

/// Every response has the keys of its schema and no others.
#[test]
fn responses_match_the_schema() {
    let mut silent = Snapshot::example();
    *silent.first_mut() = StationSnapshot {
        codec: None,
        kbps: None,
        rate: None,
        channels: None,
        on_air: OnAir::Silence,
        title: Title::default(),
        ..StationSnapshot::example()
    };
    for snapshot in [full(), Snapshot::example(), silent, Snapshot::example_ladder()] {
        for (path, name) in [
            ("/api/v1/stations", "Stations"),
            ("/api/v1/stations/1", "Station"),
            ("/api/v1/stations/1/history", "History"),
        ] {
            schema::assert_matches_schema(name, &get(&snapshot, path, Status::Ok));
        }
        let station = &snapshot.stations[0];
        schema::assert_matches_schema("TitleEvent", &json!(TitleEvent::new(&snapshot, station, BASE)));
        schema::assert_matches_schema("ListenersEvent", &json!(ListenersEvent::new(&snapshot, station)));
    }
    schema::assert_matches_schema("Error", &get(&Snapshot::example(), "/api/v1/tea", Status::NotFound));
    let document = get(&Snapshot::example(), "/api/v1/openapi.json", Status::Ok);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

/// Every path of the OpenAPI document exists, among the public paths or the admin paths according to its tag.
#[test]
fn paths_of_the_schema_exist() {
    let document = get(&Snapshot::example(), "/api/v1/openapi.json", Status::Ok);
    for (path, at_path) in document["paths"].as_object().expect("paths") {
        let is_on_server = |action: &&str| path.strip_prefix("/api/v1/admin/") == Some(action);
        if ["bans", "bans/remove", "reload"].iter().any(is_on_server) {
            // These paths accept POST without being an `AdminRoute::Action`.
            continue;
        }
        let path = path.as_str();
        if at_path["get"]["tags"] == json!(["admin"]) || at_path["post"]["tags"] == json!(["admin"]) {
            let route =
                AdminRoute::parse(&path.replace("{id}", "1")).unwrap_or_else(|| panic!("there is no {path}"));
            assert_eq!(matches!(route, AdminRoute::Action(..)), at_path.get("post").is_some(), "{path}");
            continue;
        }
        let is_page = page(&path.replace("{id}", "1")).is_some_and(|page| page != ApiPage::Unknown);
        let is_public = at_path["get"]["tags"] == json!(["public"]) && path != events::PATH;
        assert_eq!(is_page, is_public, "{path}");
    }
}

#[test]
fn unknown_values_are_null() {
    let station = StationSnapshot {
        codec: None,
        kbps: None,
        rate: None,
        channels: None,
        on_air: OnAir::Silence,
        title: Title::default(),
        history: vec![played("News", 5)],
        ..StationSnapshot::example()
    };
    let snapshot = Snapshot { stations: vec![station.into()], ..Snapshot::example() };
    let station = get(&snapshot, "/api/v1/stations/1", Status::Ok);
    for key in ["codec", "bitrate_kbps", "sample_rate_hz", "channels", "artwork_url", "title"] {
        assert_eq!(station.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(station["on_air"], json!({"kind": "silence", "since": null, "name": null}));
    assert_eq!(station["history"][0]["title"], "News", "the title is no longer on the air");
}

#[test]
fn stations_resource_has_the_server_and_all_stations() {
    let mut snapshot = full();
    let jazz = StationSnapshot { id: 7, mount: "/jazz".into(), ..StationSnapshot::example() };
    snapshot.stations.push(jazz.into());
    let all = get(&snapshot, "/api/v1/stations", Status::Ok);
    assert_eq!(all["server"]["name"], SERVER);
    assert_eq!(all["server"]["started_at"], "2025-03-04T10:11:12.000Z");
    assert_eq!(all["server"]["now"], "2025-03-05T10:11:12.000Z");
    for (index, id) in [(0, 1), (1, 7)] {
        assert_eq!(all["stations"][index], get(&snapshot, &format!("/api/v1/stations/{id}"), Status::Ok));
    }
}

#[test]
fn station_lists_its_renditions_best_first_with_the_sum_of_the_listeners() {
    let snapshot = Snapshot::example_ladder();
    let station = get(&snapshot, "/api/v1/stations/1", Status::Ok);
    let rendition = |id: u32, kbps: u32, rate: u32, channels: u32, listeners: u32| {
        json!({
            "id": id,
            "mount": format!("/live-{kbps}"),
            "stream_url": format!("{BASE}/live-{kbps}"),
            "codec": "mp3",
            "bitrate_kbps": kbps,
            "sample_rate_hz": rate,
            "channels": channels,
            "listeners": listeners,
            "available": kbps != 64,
        })
    };
    let all =
        [rendition(8, 96, 44_100, 2, 5), rendition(9, 64, 24_000, 2, 1), rendition(2, 32, 22_050, 1, 4)];
    assert_eq!(station["renditions"], json!(all));
    assert_eq!(station["rendition_of"], Value::Null);
    assert_eq!(
        (&station["listeners"]["now"], &station["listeners"]["with_renditions"]),
        (&json!(12), &json!(22))
    );
    // A rendition is a station with its own count, and has no renditions.
    let rendition = get(&snapshot, "/api/v1/stations/8", Status::Ok);
    assert_eq!((&rendition["rendition_of"], &rendition["renditions"]), (&json!(1), &json!([])));
    assert_eq!(rendition["listeners"]["with_renditions"], 5);
    let list = get(&snapshot, "/api/v1/stations", Status::Ok);
    let ids: Vec<_> = list["stations"].as_array().expect("a list").iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [1, 2, 7, 8, 9]);
    assert_eq!(list["stations"][3], rendition);
    let event = json!(ListenersEvent::new(&snapshot, &snapshot.stations[0]));
    let counts = json!([{"id": 8, "listeners": 5}, {"id": 9, "listeners": 1}, {"id": 2, "listeners": 4}]);
    assert_eq!((&event["listeners"], &event["with_renditions"]), (&json!(12), &json!(22)));
    assert_eq!(event["renditions"], counts);
}

#[test]
fn station_has_changed_if_a_rendition_has() {
    let before = Snapshot::example_ladder();
    let has_changed = |id: usize, change: &dyn Fn(&mut StationSnapshot)| {
        let mut stations: Vec<_> = before.stations.iter().map(|it| StationSnapshot::clone(it)).collect();
        stations.iter_mut().for_each(change);
        Snapshot::link_renditions(&mut stations);
        let after = Snapshot { stations: stations.into_iter().map(Arc::new).collect(), ..before.clone() };
        has_station_changed((&before, &before.stations[id]), (&after, &after.stations[id]))
    };
    let availability = |it: &mut StationSnapshot| {
        it.rendition.iter_mut().filter(|_| it.id == 8).for_each(|it| it.is_available = false);
    };
    assert!(has_changed(0, &availability) && has_changed(3, &availability));
    assert!(
        !has_changed(1, &availability) && !has_changed(2, &availability),
        "another rendition, another station"
    );
    let removal = |it: &mut StationSnapshot| it.rendition = it.rendition.filter(|_| it.id != 9);
    assert!(has_changed(0, &removal) && !has_changed(2, &removal));
    assert!(has_changed(0, &|it| if it.id == 2 {
        it.mount = "/other".into()
    }));
    assert!(
        !has_changed(0, &|it| if it.id == 2 {
            it.listeners += 1
        }),
        "counts have an event of their own"
    );
}

#[test]
fn history_resource_has_the_complete_history() {
    let history = get(&full(), "/api/v1/stations/1/history", Status::Ok);
    assert_eq!((&history["station"], history["history"].as_array().map(Vec::len)), (&json!(1), Some(14)));
    assert_eq!(history["history"][0]["song"], "Tidewater");
}

#[test]
fn unknown_paths_and_stations_get_404_in_json() {
    for (path, expected) in [
        ("/api/v1/stations/2", "no such station"),
        ("/api/v1/stations/2/history", "no such station"),
        ("/api/v1/stations/", "not found"),
        ("/api/v1/stations//", "not found"),
        ("/api/v1/stations//history", "not found"),
        ("/api/v1/stations/+1", "no such station"),
        ("/api/v1/stations/Live", "no such station"),
        ("/api/v1/stations/1/", "no such station"),
        ("/api/v1/stations/1/future", "no such station"),
        ("/api/v1/stations?mount=/Live", "no such station"),
        ("/api/v1/stations?sid=2", "no such station"),
        ("/api/v1/tea", "not found"),
    ] {
        let response = get(&Snapshot::example(), path, Status::NotFound);
        assert!(
            response["error"].as_str().is_some_and(|error| error.contains(expected)),
            "{path}: {response}"
        );
    }
    // A mount longer than any is not kept.
    let long = page(&format!("/api/v1/stations/{}", "a".repeat(MOUNT_MAX)));
    assert_eq!(long, Some(ApiPage::Station(StationRef::Mount(String::new()))));
    for path in ["/api/v1", "/api/v1/", "/api/v2/stations", "/stations", "/live"] {
        assert_eq!(page(path), None, "{path}");
    }
}

#[test]
fn station_is_found_by_its_mount() {
    let mut snapshot = full();
    for (id, mount) in [(3, "/a/b"), (4, "/1"), (5, "/news/history"), (6, "/caf\u{e9}")] {
        let station = StationSnapshot { id, mount: mount.into(), ..StationSnapshot::example() };
        snapshot.stations.push(station.into());
    }
    for (path, id) in [
        ("live%20at%20sea", 1),
        ("/live%20at%20sea", 1),
        ("%2Flive%20at%20sea", 1),
        ("a/b", 3),
        ("a%2Fb", 3),
        ("%2Fa%2Fb", 3),
        // A number is an id.
        ("1", 1),
        ("/1", 4),
        ("%2F1", 4),
        ("caf%C3%A9", 6),
    ] {
        assert_eq!(get(&snapshot, &format!("/api/v1/stations/{path}"), Status::Ok)["id"], id, "{path}");
        let history = get(&snapshot, &format!("/api/v1/stations/{path}/history"), Status::Ok);
        assert_eq!(history["station"], id, "{path}");
    }
    for (query, id) in
        [("mount=/1", 4), ("mount=%2Fnews%2Fhistory", 5), ("mount=/live+at+sea", 1), ("sid=3", 3)]
    {
        let found = get(&snapshot, &format!("/api/v1/stations?{query}"), Status::Ok);
        schema::assert_matches_schema("Stations", &found);
        let stations = found["stations"].as_array().expect("a list");
        assert_eq!((stations.len(), &stations[0]["id"]), (1, &json!(id)), "{query}");
    }
}

#[test]
fn covers_of_the_latest_titles_have_urls() {
    let mut snapshot = full();
    let history = (0..30).map(|number| {
        let cover_version = (number % 2 == 0).then_some(number);
        Arc::new(PlayedTitle { cover_version, ..(*played("News", number)).clone() })
    });
    snapshot.first_mut().history = history.collect();
    let shown = get(&snapshot, "/api/v1/stations/1/history", Status::Ok);
    schema::assert_matches_schema("History", &shown);
    for number in 0..30 {
        let url = (number % 2 == 0 && number < 20)
            .then(|| format!("http://radio.example:8000/playingart?sid=1&v={number:016x}"));
        assert_eq!(shown["history"][number]["artwork_url"], json!(url), "{number}");
    }
    let station = get(&snapshot, "/api/v1/stations/1", Status::Ok);
    assert_eq!(station["history"][2]["artwork_url"], shown["history"][2]["artwork_url"]);
}

#[test]
fn elapsed_time_stays_at_the_duration() {
    let mut snapshot = full();
    let progress = |snapshot: &Snapshot| {
        let title = get(snapshot, "/api/v1/stations/1", Status::Ok)["title"].clone();
        (title["elapsed_s"].clone(), title["duration_s"].clone())
    };
    snapshot.first_mut().title_length = Some(Duration::from_secs(300));
    assert_eq!(progress(&snapshot), (json!(300), json!(300)), "the estimate was too low");
    snapshot.first_mut().title_length = None;
    assert_eq!(progress(&snapshot), (json!(400), Value::Null));
}

/// Titles are untrusted input. They must stay plain text on one line.
#[test]
fn hostile_title_is_one_line_of_text() {
    let mut snapshot = Snapshot::example();
    snapshot.first_mut().title = Title::new("</script>\"}]\\ ]]>\n\u{1b}x\u{0}\u{2028}y - z");
    let title = &get(&snapshot, "/api/v1/stations/1", Status::Ok)["title"];
    assert_eq!(title["text"], "</script>\"}]\\ ]]> x\u{2028}y - z");
    assert_eq!(title["song"], "z");
}
