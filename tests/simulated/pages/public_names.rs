//! Which names of DJs and accounts the public sees, and that no login is among them.

use std::time::Duration;

use serde_json::Value;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World, seed};
use coldwave::audio::Header;
use coldwave::settings::{Account, Dj, Secret, SourceSettings, StationSettings};

/// Pages on which a name could be.
const PUBLIC: [&str; 11] = [
    "/index.html",
    "/embed",
    "/api/v1/stations",
    "/api/v1/stations/1",
    "/api/v1/stations/1/history",
    "/stats?sid=1",
    "/stats?sid=1&json=1",
    "/statistics",
    "/played.html",
    "/status-json.xsl",
    "/7.html",
];

fn world() -> World {
    let dj = |name: &str, display: Option<&str>| Dj {
        name: name.into(),
        display: display.map(str::to_owned),
        password: Secret::new("tide"),
        priority: 0,
    };
    let station = StationSettings {
        name: "Harbour FM".into(),
        sources: SourceSettings {
            account: Account { user: "desk-login".into(), password: Some(Secret::new("deep water")) },
            djs: vec![dj("nk1987", Some("Nadia <3")), dj("anna", None)],
            ..SourceSettings::default()
        },
        ..StationSettings::default()
    };
    let mut world = World::without_inputs(seed(63), station);
    world.enable_admin();
    world
}

/// Goes live as `user` with a title, and returns all public pages and the data of the station.
fn live_as(user: &str, password: &str) -> (Vec<String>, Value) {
    let mut world = world();
    let events = world.get("/api/v1/events").open();
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let source = world.connect(Link::Fast);
    world.send(source, &source_request("/live", user, password));
    for step in 0..40 {
        let audio = encoder.seconds(0.1);
        world.feed(source, &audio);
        world.pass(Duration::from_millis(100));
        if step == 20 {
            let title = "/admin/metadata?mount=/live&mode=updinfo&song=Tidewater";
            assert_eq!(world.get(title).auth(user, password).send().status(), 200);
        }
    }
    let mut pages: Vec<String> = PUBLIC.map(|target| world.get(target).send().body().to_owned()).into();
    pages.push(world.reply(events).to_string());
    let admin = world.get("/api/v1/admin/stations").by_admin().send();
    assert!(admin.body().contains(&format!("\"user\":\"{user}\"")), "{admin}");
    let station = serde_json::from_str(&pages[3]).expect("JSON");
    (pages, station)
}

#[test]
fn dj_is_shown_by_the_display_name() {
    let (pages, station) = live_as("nk1987", "tide");
    assert_eq!(station["on_air"]["name"], "Nadia <3");
    for (target, page) in PUBLIC.iter().chain(&["events"]).zip(&pages) {
        assert!(!page.contains("nk1987"), "{target}: {page}");
    }
    assert!(pages[0].contains("Live: Nadia &#60;3"), "{}", pages[0]);
    assert!(pages[4].contains("\"set_by\":\"Nadia <3\""), "{}", pages[4]);
    assert!(pages[5].contains("<DJ>Nadia &lt;3</DJ>"), "{}", pages[5]);
    assert!(pages[11].contains("\"set_by\":\"Nadia <3\""), "{}", pages[11]);
}

#[test]
fn dj_without_a_display_name_is_shown_by_the_user_name() {
    let (_, station) = live_as("anna", "tide");
    assert_eq!(station["on_air"]["name"], "anna");
}

#[test]
fn login_of_the_shared_account_is_on_no_public_page() {
    let (pages, station) = live_as("desk-login", "deep water");
    assert_eq!((&station["on_air"]["kind"], &station["on_air"]["name"]), (&"live".into(), &Value::Null));
    for (target, page) in PUBLIC.iter().chain(&["events"]).zip(&pages) {
        assert!(!page.contains("desk-login"), "{target}: {page}");
    }
    assert!(pages[0].contains(">Live</p>"), "{}", pages[0]);
    assert!(pages[4].contains("\"set_by\":null"), "{}", pages[4]);
}
