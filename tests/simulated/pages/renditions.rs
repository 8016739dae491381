//! Renditions on all pages: status pages of three servers, playlists, API and events.

use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{Account, RenditionSettings, Secret, SourceSettings, StationSettings};
use serde_json::{Value, json};

use super::events::{follow, of_kind};
use crate::world::encoder::{Encoder, source_request};
use crate::world::ladders::FakeLadders;
use crate::world::{Link, Setup, World, seed};

const SECOND: Duration = Duration::from_secs(1);

/// Renditions of 64 kbit/s in stereo and of 32 kbit/s with one channel, the lower one first.
const RUNGS: [(u32, u32, u8, u16); 2] = [(2, 22_050, 1, 32), (3, 24_000, 2, 64)];

/// Creates a world with a station that accepts sources, and its renditions.
fn world(ladders: &FakeLadders) -> World {
    let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
    let parent = StationSettings {
        name: "Harbour FM".into(),
        sources: SourceSettings { account, ..SourceSettings::default() },
        ..StationSettings::default()
    };
    let rendition = |(id, rate, channels, kbps)| StationSettings {
        id,
        mount: format!("/live-{kbps}"),
        rendition: Some(RenditionSettings { parent: parent.mount.clone(), rate, channels, kbps }),
        sources: SourceSettings::default(),
        ..parent.clone()
    };
    let stations = [vec![parent.clone()], RUNGS.map(rendition).to_vec()].concat();
    let setup = Setup { ladders: Some(ladders.clone()), ..Setup::with(stations) };
    let mut world = World::start(seed(1), setup);
    world.enable_admin();
    world.pass(10 * SECOND);
    world
}

fn get(world: &mut World, target: &str) -> String {
    world.get(target).http11().header("Host", "radio.example").send().body().to_owned()
}

fn api(world: &mut World, target: &str) -> Value {
    serde_json::from_str(&get(world, target)).expect("JSON")
}

/// Connects a live source and waits until it is on the air. Returns it and its encoder.
fn go_live(world: &mut World) -> (Peer, Encoder) {
    let source = world.connect(Link::Fast);
    world.send(source, &source_request("/live", "source", "deep water"));
    let mut encoder = Encoder::new(&world.logs[0], 7, Header::DEFAULT);
    feed(world, source, &mut encoder, 5.0);
    assert!(world.is_live(0));
    (source, encoder)
}

/// Sends audio in real time.
fn feed(world: &mut World, source: Peer, encoder: &mut Encoder, seconds: f64) {
    for _ in 0..(seconds * 5.0) as u32 {
        let audio = encoder.seconds(0.2);
        world.send(source, &audio);
        world.pass(SECOND / 5);
    }
}

/// Each mount is a stream with its own format; the input is that of the station.
#[test]
fn status_pages_show_each_rendition_with_its_nominal_format() {
    let mut world = world(&FakeLadders::default());
    go_live(&mut world);
    let json: Value = api(&mut world, "/status-json.xsl");
    let sources = json["icestats"]["source"].as_array().expect("several sources");
    let values = |name: &str| sources.iter().map(|it| it[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        values("listenurl"),
        ["/live", "/live-32", "/live-64"].map(|it| format!("http://radio.example{it}"))
    );
    assert_eq!(values("bitrate"), [128, 32, 64]);
    assert_eq!(values("samplerate"), [44_100, 22_050, 24_000]);
    assert_eq!(values("channels"), [2, 1, 2]);
    assert_eq!(values("audio_info")[1], "bitrate=32;channels=1;samplerate=22050");
    assert_eq!(values("server_type"), ["audio/mpeg"; 3]);
    assert_eq!(values("server_name"), ["Harbour FM"; 3]);
    let starts = values("stream_start_iso8601");
    assert!(starts[0].is_string() && starts.iter().all(|it| *it == starts[0]), "{starts:?}");
    // The source is connected to the station alone.
    let stats = world.get("/admin/stats").by_admin().send();
    let (sources, addresses) =
        (stats.matches("<source mount=").count(), stats.matches("<source_ip>").count());
    assert_eq!((sources, addresses), (3, 1), "{stats}");
    let seven: Vec<String> = [1, 2, 3].map(|id| get(&mut world, &format!("/7.html?sid={id}"))).to_vec();
    for (page, kbps) in seven.iter().zip([128, 32, 64]) {
        assert_eq!(page.split(',').nth(5), Some(kbps.to_string().as_str()), "{page}");
    }
    let stats = get(&mut world, "/stats?sid=2");
    for element in
        ["<BITRATE>32</BITRATE>", "<STREAMSTATUS>1</STREAMSTATUS>", "<STREAMPATH>/live-32</STREAMPATH>"]
    {
        assert!(stats.contains(element), "{element}: {stats}");
    }
    assert_eq!(get(&mut world, "/statistics").matches("<STREAM id=").count(), 3);
    let page = get(&mut world, "/index.html?sid=2");
    assert!(page.contains("Stream is up at 32 kbps with"), "{page}");
}

#[test]
fn playlists_and_api_have_only_renditions_that_can_be_encoded() {
    let ladders = FakeLadders::default();
    let mut world = world(&ladders);
    let all = ["/live", "/live-64", "/live-32"].map(|it| format!("http://radio.example{it}\r\n"));
    assert_eq!(get(&mut world, "/live.m3u"), all.concat());
    assert!(get(&mut world, "/listen.pls").contains("NumberOfEntries=3\n"));
    let reader = follow(&mut world, "/api/v1/events?sid=1", Link::Fast);
    ladders.set(|knobs| knobs.unsupported = Some("HE-AAC".into()));
    let (source, mut encoder) = go_live(&mut world);
    feed(&mut world, source, &mut encoder, 5.0);
    assert_eq!(get(&mut world, "/live.m3u"), all[0]);
    assert!(get(&mut world, "/listen.pls").contains("NumberOfEntries=1\n"));
    assert_eq!(get(&mut world, "/live-64.m3u"), all[1]);
    let available = |station: &Value| -> Vec<Value> {
        let renditions = station["renditions"].as_array().expect("a list");
        renditions.iter().map(|it| json!([it["id"], it["available"]])).collect()
    };
    let expected = [json!([3, false]), json!([2, false])];
    assert_eq!(available(&api(&mut world, "/api/v1/stations/1")), expected);
    // Readers of the station's events learn it at once.
    assert_eq!(available(&of_kind(&world, reader, "station").pop().expect("an event").data), expected);
    let admin = world.get("/api/v1/admin/stations").by_admin().send().json();
    let status = &admin["stations"][1]["rendition_status"];
    assert_eq!((&status["state"], &status["reason"]), (&json!("unsupported"), &json!("HE-AAC")), "{status}");
    assert_eq!(admin["stations"][1]["audio"], Value::Null, "nothing passes unchanged");
    assert_eq!(admin["stations"][0]["rendition_status"], Value::Null);
}

#[test]
fn listeners_of_a_rendition_are_in_the_sum_of_its_station() {
    let mut world = world(&FakeLadders::default());
    let reader = follow(&mut world, "/api/v1/events?sid=1", Link::Fast);
    let on_rung = [1, 2, 2].map(|at| world.tune_in_to(at, ["", "/live-32", "/live-64"][at], Link::Fast));
    world.tune_in("/live", Link::Fast);
    world.pass(5 * SECOND);
    let counts = api(&mut world, "/api/v1/stations/1")["listeners"].clone();
    assert_eq!((&counts["now"], &counts["with_renditions"]), (&json!(1), &json!(4)));
    let last = of_kind(&world, reader, "listeners").pop().expect("an event").data;
    let renditions = json!([{"id": 3, "listeners": 2}, {"id": 2, "listeners": 1}]);
    assert_eq!(
        (&last["listeners"], &last["with_renditions"], &last["renditions"]),
        (&json!(1), &json!(4), &renditions)
    );
    let page = get(&mut world, "/index.html?sid=1");
    assert!(page.contains("<strong data-part=\"listeners\">4</strong>"), "{page}");
    world.disconnect(on_rung[2]);
    world.pass(3 * SECOND);
    let last = of_kind(&world, reader, "listeners").pop().expect("an event").data;
    assert_eq!((&last["listeners"], &last["with_renditions"]), (&json!(1), &json!(3)));
    // Pages of other servers count each mount alone.
    let listeners: Value = api(&mut world, "/status-json.xsl");
    let of_each: Vec<_> =
        [0, 1, 2].map(|at| listeners["icestats"]["source"][at]["listeners"].clone()).to_vec();
    assert_eq!(of_each, [1, 1, 1]);
}
