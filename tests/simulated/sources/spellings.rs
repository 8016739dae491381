//! The spellings of a station's name: each that a source may log in with is valid for its titles too.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{SourceSettings, StationSettings};

use super::{is_closed, seconds, station};
use crate::log;
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Reply, World, seed};

/// Spellings, and the index of the station that each names.
const SPELLINGS: [(&str, usize); 25] = [
    ("/live", 0),
    ("live", 0),
    ("/live/", 0),
    ("/live?a=b", 0),
    ("live/?a=b", 0),
    ("/%6Cive", 0),
    ("%2Flive", 0),
    ("http://radio.example:8000/live", 0),
    ("/", 0),
    ("/;", 0),
    ("/;stream", 0),
    ("/;stream.nsv?x", 0),
    (";", 0),
    ("/stream", 0),
    ("stream", 0),
    ("/stream/", 0),
    ("/stream/1", 0),
    ("/stream/1/x.mp3", 0),
    ("/stream?sid=1", 0),
    ("/jazz", 1),
    ("/stream/7", 1),
    ("/stream/7/", 1),
    ("/stream?sid=7", 1),
    ("stream?a=b&sid=7", 1),
    ("/Caf%C3%A9", 2),
];

const UNKNOWN: [&str; 6] = ["/Live", "/live/2", "/stream/8", "/stream?sid=8", "/nothing", "/admin"];

fn three_stations() -> World {
    let named = |id, mount: &str| StationSettings { id, mount: mount.into(), ..station() };
    let mut world = World::with(seed(7), vec![station(), named(7, "/jazz"), named(9, "/Café")]);
    world.enable_admin();
    world
}

/// Percent-encodes a value of a form, as libshout does.
fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// Sends audio and returns the title on the air at this station.
fn title_on_air(world: &mut World, source: Peer, station: usize) -> String {
    let mut encoder = Encoder::new(&world.logs[station], 1, Header::DEFAULT);
    for _ in 0..20 {
        let audio = encoder.seconds(0.1);
        world.feed(source, &audio);
        world.pass(seconds(0.1));
    }
    world.station(station).title().to_owned()
}

#[test]
fn source_sets_titles_with_every_spelling_with_which_it_logs_in() {
    for (spelling, at) in SPELLINGS {
        let mut world = three_stations();
        let source = world.connect(Link::Fast);
        world.send(source, &source_request(spelling, "source", "deep water"));
        assert_eq!(world.reply(source), "HTTP/1.0 200 OK\r\n\r\n", "{spelling}");
        title_on_air(&mut world, source, at);
        assert!(world.is_live(at), "{spelling}");
        let mount = encoded(spelling);
        let title = |number: usize| format!("Title {number}");
        for (number, target) in [
            format!("/admin/metadata?mode=updinfo&mount={mount}&song="),
            format!("/admin/metadata.xsl?mount={mount}&mode=updinfo&song="),
            format!("/admin.cgi?mode=updinfo&mount={mount}&song="),
            format!("/admin.cgi?mode=updinfo&sp={mount}&song="),
        ]
        .into_iter()
        .enumerate()
        {
            let set = world.get(&format!("{target}Title%20{number}")).auth("source", "deep water").send();
            assert_eq!(set.status(), 200, "{spelling} {target}: {set}");
            assert_eq!(title_on_air(&mut world, source, at), title(number), "{spelling} {target}");
        }
        let killed =
            world.get(&format!("/admin/killsource?mount={mount}")).auth("source", "deep water").send();
        assert!(killed.contains("Source Removed") && is_closed(&world, source), "{spelling}: {killed}");
        let stats = world.get(&format!("/admin/stats?mount={mount}")).by_admin().send();
        let listed = ["/live", "/jazz", "/Café"].map(|it| stats.contains(&format!("mount=\"{it}\"")));
        let expected: [bool; 3] = std::array::from_fn(|index| index == at);
        assert_eq!(listed, expected, "{spelling}: {stats}");
    }
}

#[test]
fn sid_beside_a_mount_without_a_station_names_it() {
    let mut world = three_stations();
    for (query, at) in [
        ("", 0),
        ("&sid=1", 0),
        ("&sid=7", 1),
        ("&mount=/stream&sid=7", 1),
        ("&mount=/&sid=7", 1),
        ("&mount=/jazz&sid=1", 1),
    ] {
        log::collect();
        let target = format!("/admin.cgi?pass=deep%20water&mode=updinfo&song=x{query}");
        assert_eq!(world.get(&target).send().status(), 200, "{query}");
        let mount = ["/live", "/jazz"][at];
        assert_eq!(log::lines_with(&format!("{mount}: title \"x\" set by source")).len(), 1, "{query}");
    }
}

#[test]
fn v1_source_sets_titles_with_the_password_with_which_it_logs_in() {
    for (line, at) in
        [("deep water", 0), ("deep water:#7", 1), ("/jazz:deep water", 1), ("nadia:nadia-pw:#9", 2)]
    {
        let mut world = three_stations();
        let source = world.connect(Link::Fast);
        world.send(source, format!("{line}\r\nicy-name:x\r\n\r\n").as_bytes());
        title_on_air(&mut world, source, at);
        assert!(world.is_live(at), "{line}");
        let target = format!("/admin.cgi?mode=updinfo&song=Föhn&pass={}", encoded(line));
        assert_eq!(world.get(&target).send().status(), 200, "{line}");
        assert_eq!(title_on_air(&mut world, source, at), "Föhn", "{line}");
    }
}

#[test]
fn right_password_with_an_unknown_mount_is_no_failed_login() {
    let mut world = three_stations();
    log::collect();
    let address = "192.0.2.7:4000";
    for round in 0..4 {
        for mount in UNKNOWN {
            let target = format!("/admin/metadata?mode=updinfo&song=x&mount={}", encoded(mount));
            let reply = world.get(&target).from(address).auth("source", "deep water").send();
            assert_eq!(reply.status(), 400, "{mount}");
            assert!(reply.contains("Source does not exist"), "{mount}: {reply}");
            let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
            world.send(peer, &source_request(mount, "source", "deep water"));
            assert_eq!(world.reply(peer).status(), 404, "{mount} {round}");
        }
        for line in ["deep water:#3", "nadia:nadia-pw:#3", "/nothing:deep water"] {
            let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
            world.send(peer, format!("{line}\r\n\r\n").as_bytes());
            assert_eq!(world.reply(peer), "invalid password\r\n", "{line}");
            let target = format!("/admin.cgi?mode=updinfo&song=x&pass={}", encoded(line));
            let reply = world.get(&target).from(address).send();
            assert_eq!(reply.status(), 400, "{line}: {reply}");
        }
        world.pass(seconds(11.0));
    }
    assert_eq!(log::lines_with("authentication failed"), [""; 0]);
    let expected = "source source at 192.0.2.7:4000 refused: no station has the mount \"/nothing\"; \
                    the mounts are /live, /jazz, /Café";
    assert!(!log::lines_with(expected).is_empty(), "{:?}", log::lines_with("refused"));
    // After all this, the encoder is admitted as soon as its mount is corrected.
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    world.send(peer, &source_request("/live", "source", "deep water"));
    assert_eq!(world.reply(peer).status(), 200);
}

#[test]
fn right_password_for_a_station_without_sources_is_no_failed_login() {
    let closed = StationSettings {
        id: 2,
        mount: "/closed".into(),
        sources: SourceSettings::default(),
        ..StationSettings::default()
    };
    let mut world = World::with(seed(7), vec![station(), closed]);
    log::collect();
    let reply =
        world.get("/admin/metadata?mode=updinfo&song=x&mount=/closed").auth("source", "deep water").send();
    assert!(reply.contains("Source does not exist"), "{reply}");
    let peer = world.connect_from("192.0.2.7:4000".parse().expect("an address"), Link::Fast);
    world.send(peer, b"deep water:#2\r\n\r\n");
    assert_eq!(world.reply(peer), "invalid password\r\n");
    assert_eq!(log::lines_with("authentication failed"), [""; 0]);
    assert_eq!(log::lines_with("/closed: source source at").len(), 2);
}

#[test]
fn wrong_password_reveals_no_mounts_and_counts() {
    let mut world = three_stations();
    let reply = |world: &mut World, mount: &str, address: &str| -> [Reply; 2] {
        let target = format!("/admin/metadata?mode=updinfo&song=x&mount={}", encoded(mount));
        let title = world.get(&target).from(address).auth("source", "shallow").send();
        let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
        world.send(peer, &source_request(mount, "source", "shallow"));
        [title, world.reply(peer)]
    };
    let expected = reply(&mut world, "/live", "192.0.2.1:1");
    assert!(expected.iter().all(|reply| reply.status() == 401));
    for (number, mount) in UNKNOWN.into_iter().enumerate() {
        assert_eq!(reply(&mut world, mount, &format!("198.51.100.{number}:1")), expected, "{mount}");
    }
    let mut statuses = Vec::new();
    for _ in 0..6 {
        world.pass(seconds(1.0));
        statuses.extend(reply(&mut world, "/nothing", "203.0.113.7:1").map(|it| it.status()));
    }
    assert_eq!(statuses, [vec![401; 10], vec![429; 2]].concat());
}

#[test]
fn wrong_password_is_logged_with_mount_user_program_and_address() {
    let mut world = three_stations();
    log::collect();
    let address = "192.0.2.7:4000";
    let agent = "bu\"tt\u{9b}31m 0.1";
    let mut put = |mount: &str, user: &str| {
        let request =
            world.request("PUT", mount).from(address).agent(agent).header("Content-Type", "audio/mpeg");
        assert_eq!(request.auth(user, "secret-guess").send().status(), 401);
    };
    put("/stream/7", "nina");
    put("/nothing", "ni\"na");
    let title = "/admin/metadata?mode=updinfo&song=x&mount=/live";
    world.get(title).from(address).auth("nadia", "secret-guess").send();
    world.get("/admin/stats").from(address).auth("admin", "secret-guess").send();
    world.get("/admin.cgi?mode=updinfo&song=x&pass=nadia:secret-guess:%237").from(address).send();
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    world.send(peer, b"nadia:secret-guess:#7\r\n\r\n");
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    world.send(peer, b"source:secret-guess:#7\r\n\r\n");
    let program = r#"("bu\"tt\u{9b}31m 0.1")"#;
    assert_eq!(
        log::lines_with("authentication failed"),
        [
            format!(
                "{address}: authentication failed for \"nina\" at /jazz, which has no such user {program}"
            ),
            format!(
                "{address}: authentication failed for \"ni\\\"na\" at the mount \"/nothing\", which no station has \
                 {program}"
            ),
            format!("{address}: authentication failed for \"nadia\" at /live"),
            format!("{address}: authentication failed for \"admin\" at the administration"),
            format!("{address}: authentication failed at /live"),
            format!("{address}: authentication failed for \"nadia\" at /jazz (SHOUTcast v1 login)"),
            format!("{address}: authentication failed for \"source\" at /jazz (SHOUTcast v1 login)"),
        ]
    );
    assert_eq!(log::lines_with("secret-guess"), [""; 0]);
}
