//! Titles that encoders set, and the requests of administrators in the forms of Icecast and SHOUTcast.

use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Reply, World, seed};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{Account, Dj, Secret, SourceSettings, StationSettings};

const TITLE: &str = "O'Brien; \"Ça va\" — 東京";
const ESCAPED: &str = "O%27Brien%3B%20%22%C3%87a%20va%22%20%E2%80%94%20%E6%9D%B1%E4%BA%AC";

fn station() -> StationSettings {
    StationSettings {
        sources: SourceSettings {
            account: Account { user: "source".into(), password: Some(Secret::new("deep water")) },
            djs: vec![Dj { name: "nadia".into(), display: None, password: Secret::new("tide"), priority: 0 }],
            ..SourceSettings::default()
        },
        ..StationSettings::default()
    }
}

fn world_with(stations: Vec<StationSettings>) -> World {
    let mut world = World::with(seed(3), stations);
    world.enable_admin();
    world
}

fn world() -> World {
    world_with(vec![station()])
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Connects a source that sends five seconds of audio.
fn go_live(world: &mut World) -> (Peer, Encoder) {
    let peer = world.connect(Link::Fast);
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    world.send(peer, &source_request("/live", "nadia", "tide"));
    play(world, peer, &mut encoder, 5.0);
    (peer, encoder)
}

fn play(world: &mut World, peer: Peer, encoder: &mut Encoder, time: f64) {
    for _ in 0..(time * 10.0) as u64 {
        world.feed(peer, &encoder.seconds(0.1));
        world.pass(seconds(0.1));
    }
}

fn set_title(world: &mut World, pass: &str, song: &str) -> Reply {
    world.get(&format!("/admin.cgi?mode=updinfo&pass={pass}&song={song}")).send()
}

fn titles(world: &World) -> Vec<(String, String)> {
    let history = world.station(0).history();
    history.latest().map(|played| (played.title.text.clone(), played.set_by.clone())).collect()
}

#[test]
fn title_in_any_form_applies_to_the_audio_it_came_with() {
    const DJ: (&str, &str) = ("nadia", "tide");
    const ADMIN: (&str, &str) = crate::world::ADMIN;
    let metadata = format!("/admin/metadata?mount=/live&mode=updinfo&song={ESCAPED}");
    for (target, login) in [
        (format!("/admin.cgi?mode=updinfo&pass=nadia:tide&song={ESCAPED}"), None),
        (format!("/admin.cgi?sid=1&pass=deep+water&song={ESCAPED}&mode=updinfo&url="), None),
        (format!("/admin.cgi?pass=deep%20water&mode=updinfo&song={TITLE}"), None),
        (metadata.clone(), Some(DJ)),
        (format!("{metadata}&charset=UTF-8"), Some(ADMIN)),
        ("/admin/metadata".to_owned(), Some(DJ)),
    ] {
        let mut world = world();
        let ear = world.tune_in("/live", Link::Fast);
        let (peer, mut encoder) = go_live(&mut world);
        encoder.set_title(TITLE);
        let request = if target.contains('?') {
            world.get(&target)
        } else {
            world.post(&target, &format!("mode=updinfo&mount=%2Flive&song={ESCAPED}")).http11()
        };
        let request = match login {
            Some((user, password)) => request.auth(user, password),
            None => request,
        };
        let reply = request.send();
        assert_eq!(reply.status(), 200, "{target}: {reply}");
        play(&mut world, peer, &mut encoder, 4.0);
        assert_eq!(world.ear(ear).titles, ["Tone 1", "", TITLE], "{target}");
    }
}

#[test]
fn history_records_the_account_that_set_a_title() {
    let mut world = world();
    let (peer, mut encoder) = go_live(&mut world);
    for (pass, song) in [("nadia:tide", "A"), ("lighthouse", "B"), ("deep%20water", "C")] {
        set_title(&mut world, pass, song);
        play(&mut world, peer, &mut encoder, 1.0);
    }
    let entry = |title: &str, by: &str| (title.to_owned(), by.to_owned());
    let expected = [entry("C", "source"), entry("B", "admin"), entry("A", "nadia"), entry("Tone 1", "Tone")];
    assert_eq!(titles(&world), expected);
}

#[test]
fn title_before_its_source_applies_when_the_source_goes_live_and_ends_with_it() {
    let mut world = world();
    let ear = world.tune_in("/live", Link::Fast);
    assert_eq!(set_title(&mut world, "nadia:tide", "Early").status(), 200);
    let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    encoder.set_title("Early");
    world.pass(seconds(2.0));
    assert_eq!(world.ear(ear).titles, ["Tone 1"], "the title of the AutoDJ stays");
    let (peer, _) = go_live(&mut world);
    assert_eq!(world.ear(ear).titles, ["Tone 1", "Early"]);
    world.disconnect(peer);
    world.pass(seconds(3.0));
    assert_eq!(world.ear(ear).titles[2..3], ["Tone 1"], "the title of the AutoDJ is back");
}

#[test]
fn source_that_reconnects_soon_keeps_its_title() {
    for (away, title) in [(30.0, "Mine"), (70.0, "")] {
        let mut world = world();
        let (peer, mut encoder) = go_live(&mut world);
        set_title(&mut world, "nadia:tide", "Mine");
        play(&mut world, peer, &mut encoder, 2.0);
        world.disconnect(peer);
        world.pass(seconds(away));
        go_live(&mut world);
        assert_eq!(world.station(0).title(), title, "after {away} s");
    }
}

#[test]
fn title_is_delayed_by_title_delay() {
    let mut settings = station();
    settings.sources.title_delay = seconds(3.0);
    let mut world = world_with(vec![settings]);
    let (peer, mut encoder) = go_live(&mut world);
    set_title(&mut world, "nadia:tide", "Late");
    play(&mut world, peer, &mut encoder, 2.5);
    assert_eq!(world.station(0).title(), "");
    play(&mut world, peer, &mut encoder, 1.5);
    assert_eq!(world.station(0).title(), "Late");
    set_title(&mut world, "nadia:tide", "");
    play(&mut world, peer, &mut encoder, 4.0);
    assert_eq!(world.station(0).title(), "", "an empty title clears the last one");
}

#[test]
fn admin_requests_without_the_password_are_refused_with_401() {
    let mut world = world();
    let (peer, _) = go_live(&mut world);
    for target in [
        "/admin.cgi?mode=updinfo&song=A",
        "/admin.cgi?mode=updinfo&song=A&pass=wrong",
        "/admin/metadata?mount=/live&mode=updinfo&song=A",
        "/admin.cgi?mode=kicksrc",
        "/admin.cgi?mode=kicksrc&pass=wrong",
        "/admin/killsource?mount=/live",
        "/admin/listclients?mount=/live",
        "/admin/killclient?mount=/live&id=1",
        "/admin/moveclients?mount=/live&destination=/b",
        "/admin.cgi?mode=viewxml&page=3",
        // The password of a source is not sufficient for these.
        "/admin.cgi?mode=viewxml&page=3&pass=deep%20water",
        "/admin.cgi?mode=kickdst&kickdst=all&pass=deep%20water",
    ] {
        let reply = world.get(target).send();
        assert_eq!(reply.status(), 401, "{target}");
        assert!(reply.contains("WWW-Authenticate: Basic"), "{target}");
        assert!(!reply.contains("Access-Control"), "{target}");
    }
    assert!(!world.socket(peer).closed && world.is_live(0));
}

#[test]
fn admin_requests_are_refused_with_403_while_no_admin_password_is_configured() {
    let mut world = World::with(seed(3), vec![station()]);
    for page in ["listclients?mount=/live", "stats?mount=/live"] {
        let get = |world: &mut World, user, password| {
            world.get(&format!("/admin/{page}")).auth(user, password).send().status()
        };
        assert_eq!(get(&mut world, "source", "deep water"), 200, "{page}");
        assert_eq!(get(&mut world, "admin", ""), 401, "{page}");
    }
    let reply = world.get("/admin/listmounts").auth("admin", "").send();
    assert_eq!(reply.status(), 403);
    let reply = set_title(&mut world, "nadia:tide", "A");
    assert_eq!(reply.status(), 200, "sources may still set titles");
}

#[test]
fn admin_request_from_another_site_is_refused() {
    let mut world = world();
    let (peer, _) = go_live(&mut world);
    let kick = "/admin.cgi?mode=kicksrc&pass=lighthouse";
    for header in
        ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "Referer: http://evil.example/x"]
    {
        let reply = world.get(kick).http11().header("Host", "radio.example").lines(header).send();
        assert_eq!(reply.status(), 403, "{header}");
    }
    assert!(world.is_live(0));
    let own = world.post(kick, "").http11().header("Host", "radio.example");
    assert_eq!(own.header("Origin", "http://radio.example").send().status(), 200);
    assert!(world.socket(peer).closed && !world.is_live(0));
}

#[test]
fn kicked_source_is_disconnected_and_its_buffered_audio_is_dropped() {
    let mut world = world();
    let ear = world.tune_in("/live", Link::Fast);
    let (peer, mut encoder) = go_live(&mut world);
    world.feed(peer, &encoder.seconds(8.0));
    let reply = world.get("/admin/killsource?mount=/live").by_admin().send();
    assert!(
        reply.ends_with("<iceresponse><message>Source Removed</message><return>1</return></iceresponse>\n"),
        "{reply}"
    );
    let received = world.ear(ear).live_frames;
    world.pass(seconds(5.0));
    assert!(world.ear(ear).live_frames < received + 60, "at most one more second, which was on the air");
    assert_eq!(world.ear(ear).titles.last().map(String::as_str), Some("Tone 1"));
    let again = world.get("/admin/killsource?mount=/live").by_admin().send();
    assert_eq!(again.status(), 400, "there is no source any more");
}

#[test]
fn listeners_are_listed_and_kicked_by_id_and_all_at_once() {
    let mut world = world();
    let (one, other) = (world.tune_in("/live", Link::Fast), world.tune_in("/live", Link::Fast));
    world.pass(seconds(65.0));
    let listed = |id: u32| {
        format!(
            "<listener><IP>127.0.0.1</IP><UserAgent>Unknown</UserAgent><Connected>65</Connected><ID>{id}</ID></listener>"
        )
    };
    let body = format!(
        "<icestats><source mount=\"/live\"><Listeners>2</Listeners>{}{}</source></icestats>",
        listed(one.generation),
        listed(other.generation)
    );
    let list = world.get("/admin/listclients?mount=/live").by_admin().send();
    assert!(list.contains(&body), "{list}");
    let dnas = world.get("/admin.cgi?mode=viewxml&page=3&pass=lighthouse").send();
    assert!(dnas.contains(&format!("<CONNECTTIME>65</CONNECTTIME><UID>{}</UID>", one.generation)), "{dnas}");
    let kick = |world: &mut World, id: &str| {
        world.get(&format!("/admin.cgi?mode=kickdst&kickdst={id}&pass=lighthouse")).send().status()
    };
    assert_eq!(kick(&mut world, &one.generation.to_string()), 200);
    assert!(world.socket(one).finished && world.ear(one).is_at_frame_boundary());
    world.assert_listens(other);
    kick(&mut world, "all");
    assert!(world.socket(other).finished);
    assert_eq!(world.listeners(0), 0);
}

/// Icecast accepts the source password of a mount for every request about it; Liquidsoap asks so.
#[test]
fn source_password_lists_and_kicks_the_listeners_of_its_own_mount_only() {
    let mut other = StationSettings { id: 2, mount: "/b".into(), ..station() };
    other.sources.account.password = Some(Secret::new("other shore"));
    let mut world = world_with(vec![station(), other]);
    let (own, foreign) = (world.tune_in("/live", Link::Fast), world.tune_in("/b", Link::Fast));
    let mut ask = |target: &str, user: &str, password: &str| {
        let reply = world.get(&format!("/admin/{target}")).auth(user, password).send();
        (reply.status(), reply.to_string())
    };
    for (target, status) in [
        ("listclients?mount=/live", 200),
        ("stats?mount=/live", 200),
        ("listclients?mount=/b", 401),
        ("stats?mount=/b", 401),
        ("stats", 401),
        ("moveclients?mount=/live&destination=/b", 401),
        ("listclients?mount=/nothing", 400),
    ] {
        assert_eq!(ask(target, "source", "deep water").0, status, "{target}");
    }
    let list = ask("listclients?mount=/live", "source", "deep water").1;
    assert!(list.contains("<Listeners>1</Listeners>"), "{list}");
    let stats = ask("stats?mount=/live", "source", "deep water").1;
    assert!(stats.contains("<source mount=\"/live\">") && !stats.contains("mount=\"/b\""), "{stats}");
    assert_eq!(ask("listclients?mount=/live", "nadia", "tide").0, 401, "a DJ is not the station");
    let mut kill =
        |mount: &str, id: u32| ask(&format!("killclient?mount={mount}&id={id}"), "source", "deep water");
    assert_eq!(kill("/b", foreign.generation).0, 401);
    let not_found = kill("/live", foreign.generation).1;
    assert!(not_found.contains(&format!("Client {} not found", foreign.generation)), "{not_found}");
    let removed = kill("/live", own.generation).1;
    assert!(removed.contains(&format!("Client {} removed", own.generation)), "{removed}");
    assert!(world.socket(own).finished);
    world.assert_listens(foreign);
}

#[test]
fn moved_listener_continues_at_a_frame_boundary() {
    let mut world = world_with(vec![station(), StationSettings { id: 2, mount: "/b".into(), ..station() }]);
    // An ear belongs to one station, so this listener has none, and its frames are counted afterwards.
    let link = Link::Slow { per_second: 20_000, buffer: 40_000 };
    let peer = world.get("/live").link(link).header("Icy-MetaData", "1").open();
    world.pass(seconds(10.0));
    let move_to = |world: &mut World, to: &str| {
        world.get(&format!("/admin/moveclients?mount=/live&destination={to}")).by_admin().send()
    };
    assert_eq!(move_to(&mut world, "/nowhere").status(), 400);
    assert_eq!(move_to(&mut world, "/live").status(), 400);
    let reply = move_to(&mut world, "/b");
    assert!(reply.contains("<message>Clients moved from /live to /b</message><return>1</return>"), "{reply}");
    assert_eq!((world.listeners(0), world.listeners(1)), (0, 1));
    world.pass(seconds(20.0));
    world.assert_listens(peer);
    let received = &world.socket(peer).received;
    let body = received.windows(4).position(|it| it == b"\r\n\r\n").expect("a head") + 4;
    assert!(whole_frames(&received[body..]) > 300, "only whole frames follow each other");
}

/// Returns the number of frames in a body with metadata blocks.
///
/// # Panics
/// If the body has anything between two frames.
fn whole_frames(body: &[u8]) -> usize {
    let mut deinterleaver = coldwave::icy::Deinterleaver::new(Some(16_000));
    let mut audio = Vec::new();
    deinterleaver.push(body, |part| {
        if let coldwave::icy::StreamPart::Audio(bytes) = part {
            audio.extend_from_slice(bytes);
        }
    });
    let (mut at, mut count) = (0, 0);
    while let Some(first) = audio[at..].first_chunk() {
        at += Header::parse_mp3(*first).expect("a frame follows each").frame_len();
        count += 1;
        if at > audio.len() {
            break;
        }
    }
    count
}
