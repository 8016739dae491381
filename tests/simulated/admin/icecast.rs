//! Titles that encoders tell, and what operators ask for, against the whole server with a simulated clock.

use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{self, Link, World};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{Account, Dj, Secret, SourceSettings, StationSettings};

const TITLE: &str = "O'Brien; \"Ça va\" — 東京";
const ESCAPED: &str = "O%27Brien%3B%20%22%C3%87a%20va%22%20%E2%80%94%20%E6%9D%B1%E4%BA%AC";

fn station() -> StationSettings {
    StationSettings {
        sources: SourceSettings {
            account: Account { user: "source".into(), password: Some(Secret::new("deep water")) },
            djs: vec![Dj { name: "nadia".into(), password: Secret::new("tide"), priority: 0 }],
            ..SourceSettings::default()
        },
        ..StationSettings::default()
    }
}

fn world_of(stations: Vec<StationSettings>) -> World {
    let mut world = World::with(world::seed(3), stations);
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world
}

fn world() -> World {
    world_of(vec![station()])
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// What a request is answered.
fn ask(world: &mut World, head: &str) -> String {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("{}\r\n\r\n", head.replace('\n', "\r\n")).as_bytes());
    let reply = world.reply(peer);
    world.hang_up(peer);
    reply
}

fn code(reply: &str) -> &str {
    reply.get(9..12).unwrap_or(reply)
}

/// A source that has sent five seconds.
fn live(world: &mut World) -> (Peer, Encoder) {
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

fn titles(world: &World) -> Vec<(String, String)> {
    let history = world.station(0).history();
    history.latest().map(|played| (played.title.text.clone(), played.set_by.clone())).collect()
}

#[test]
fn a_title_comes_with_the_audio_it_is_for() {
    let by_form = |target: &str, body: &str| {
        format!(
            "POST {target} HTTP/1.1\nAuthorization: Basic bmFkaWE6dGlkZQ==\nContent-Length: {}\n\n{body}",
            body.len()
        )
    };
    for request in [
        format!("GET /admin.cgi?mode=updinfo&pass=nadia:tide&song={ESCAPED} HTTP/1.0"),
        format!("GET /admin.cgi?sid=1&pass=deep+water&song={ESCAPED}&mode=updinfo&url= HTTP/1.1"),
        format!("GET /admin.cgi?pass=deep%20water&mode=updinfo&song={TITLE} HTTP/1.0"),
        format!(
            "GET /admin/metadata?mount=/live&mode=updinfo&song={ESCAPED} HTTP/1.0\nAuthorization: Basic bmFkaWE6dGlkZQ=="
        ),
        format!(
            "GET /admin/metadata?mount=/live&mode=updinfo&song={ESCAPED}&charset=UTF-8 HTTP/1.0\nAuthorization: Basic YWRtaW46bGlnaHRob3VzZQ=="
        ),
        by_form("/admin/metadata", &format!("mode=updinfo&mount=%2Flive&song={ESCAPED}")),
    ] {
        let mut world = world();
        let ear = world.tune_in("/live", Link::Fast);
        let (peer, mut encoder) = live(&mut world);
        encoder.titled(TITLE);
        let reply = ask(&mut world, &request);
        assert_eq!(code(&reply), "200", "{request}: {reply}");
        play(&mut world, peer, &mut encoder, 4.0);
        assert_eq!(world.ear(ear).titles, ["Tone 1", "", TITLE], "{request}");
    }
}

#[test]
fn who_set_a_title_is_remembered() {
    let mut world = world();
    let (peer, mut encoder) = live(&mut world);
    for (pass, song) in [("nadia:tide", "A"), ("lighthouse", "B"), ("deep%20water", "C")] {
        ask(&mut world, &format!("GET /admin.cgi?mode=updinfo&pass={pass}&song={song} HTTP/1.0"));
        play(&mut world, peer, &mut encoder, 1.0);
    }
    let of = |title: &str, by: &str| (title.to_owned(), by.to_owned());
    assert_eq!(titles(&world), [of("C", "source"), of("B", "admin"), of("A", "nadia"), of("Tone 1", "Tone")]);
}

#[test]
fn a_title_waits_for_its_source_and_goes_with_it() {
    let mut world = world();
    let ear = world.tune_in("/live", Link::Fast);
    let early = ask(&mut world, "GET /admin.cgi?mode=updinfo&pass=nadia:tide&song=Early HTTP/1.0");
    assert_eq!(code(&early), "200");
    let encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    encoder.titled("Early");
    world.pass(seconds(2.0));
    assert_eq!(world.ear(ear).titles, ["Tone 1"], "the AutoDJ's own is not changed");
    let (peer, _) = live(&mut world);
    assert_eq!(world.ear(ear).titles, ["Tone 1", "Early"]);
    world.hang_up(peer);
    world.pass(seconds(3.0));
    assert_eq!(world.ear(ear).titles[2..3], ["Tone 1"], "and the AutoDJ's is back");
}

#[test]
fn whoever_comes_back_has_his_title_for_a_while() {
    for (away, title) in [(30.0, "Mine"), (70.0, "")] {
        let mut world = world();
        let (peer, mut encoder) = live(&mut world);
        ask(&mut world, "GET /admin.cgi?mode=updinfo&pass=nadia:tide&song=Mine HTTP/1.0");
        play(&mut world, peer, &mut encoder, 2.0);
        world.hang_up(peer);
        world.pass(seconds(away));
        live(&mut world);
        assert_eq!(world.station(0).title(), title, "after {away} s");
    }
}

#[test]
fn a_title_is_as_late_as_the_station_says() {
    let mut settings = station();
    settings.sources.title_delay = seconds(3.0);
    let mut world = world_of(vec![settings]);
    let (peer, mut encoder) = live(&mut world);
    ask(&mut world, "GET /admin.cgi?mode=updinfo&pass=nadia:tide&song=Late HTTP/1.0");
    play(&mut world, peer, &mut encoder, 2.5);
    assert_eq!(world.station(0).title(), "");
    play(&mut world, peer, &mut encoder, 1.5);
    assert_eq!(world.station(0).title(), "Late");
    ask(&mut world, "GET /admin.cgi?mode=updinfo&pass=nadia:tide&song= HTTP/1.0");
    play(&mut world, peer, &mut encoder, 4.0);
    assert_eq!(world.station(0).title(), "", "an empty one clears");
}

#[test]
fn without_the_password_nothing_happens() {
    let mut world = world();
    let (peer, _) = live(&mut world);
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
        // A source's password is none for these.
        "/admin.cgi?mode=viewxml&page=3&pass=deep%20water",
        "/admin.cgi?mode=kickdst&kickdst=all&pass=deep%20water",
    ] {
        let reply = ask(&mut world, &format!("GET {target} HTTP/1.0"));
        assert_eq!(code(&reply), "401", "{target}");
        assert!(reply.contains("WWW-Authenticate: Basic"), "{target}");
        assert!(!reply.contains("Access-Control"), "{target}");
    }
    assert!(!world.pretend(peer).closed && world.is_live(0));
}

#[test]
fn without_an_admin_nobody_is_one() {
    let mut world = World::with(world::seed(3), vec![station()]);
    let reply = ask(&mut world, "GET /admin/listclients?mount=/live HTTP/1.0\nAuthorization: Basic YWRtaW46");
    assert_eq!(code(&reply), "403");
    let reply = ask(&mut world, "GET /admin.cgi?mode=updinfo&pass=nadia:tide&song=A HTTP/1.0");
    assert_eq!(code(&reply), "200", "titles are sources' business");
}

#[test]
fn other_sites_have_no_hand_in_it() {
    let mut world = world();
    let (peer, _) = live(&mut world);
    for header in
        ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "Referer: http://evil.example/x"]
    {
        let reply = ask(
            &mut world,
            &format!("GET /admin.cgi?mode=kicksrc&pass=lighthouse HTTP/1.1\nHost: radio.example\n{header}"),
        );
        assert_eq!(code(&reply), "403", "{header}");
    }
    assert!(world.is_live(0));
    let own = "GET /admin.cgi?mode=kicksrc&pass=lighthouse HTTP/1.1\nHost: radio.example\nOrigin: http://radio.example";
    assert_eq!(code(&ask(&mut world, own)), "200");
    assert!(world.pretend(peer).closed && !world.is_live(0));
}

#[test]
fn a_source_that_is_thrown_out_is_not_heard_to_its_end() {
    let mut world = world();
    let ear = world.tune_in("/live", Link::Fast);
    let (peer, mut encoder) = live(&mut world);
    world.feed(peer, &encoder.seconds(8.0));
    let kick = "GET /admin/killsource?mount=/live HTTP/1.0\nAuthorization: Basic YWRtaW46bGlnaHRob3VzZQ==";
    let reply = ask(&mut world, kick);
    assert!(
        reply.ends_with("<iceresponse><message>Source Removed</message><return>1</return></iceresponse>\n"),
        "{reply}"
    );
    let heard = world.ear(ear).live_frames;
    world.pass(seconds(5.0));
    assert!(world.ear(ear).live_frames < heard + 60, "a second more at most, which was on the air");
    assert_eq!(world.ear(ear).titles.last().map(String::as_str), Some("Tone 1"));
    assert_eq!(code(&ask(&mut world, kick)), "400", "there is none any more");
}

#[test]
fn listeners_are_listed_and_thrown_out() {
    let mut world = world();
    let (one, other) = (world.tune_in("/live", Link::Fast), world.tune_in("/live", Link::Fast));
    world.pass(seconds(65.0));
    let list = "GET /admin/listclients?mount=/live HTTP/1.0\nAuthorization: Basic YWRtaW46bGlnaHRob3VzZQ==";
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
    assert!(ask(&mut world, list).contains(&body), "{}", ask(&mut world, list));
    let dnas = ask(&mut world, "GET /admin.cgi?mode=viewxml&page=3&pass=lighthouse HTTP/1.0");
    assert!(dnas.contains(&format!("<CONNECTTIME>65</CONNECTTIME><UID>{}</UID>", one.generation)), "{dnas}");
    let kick = |id| format!("GET /admin.cgi?mode=kickdst&kickdst={id}&pass=lighthouse HTTP/1.0");
    assert_eq!(code(&ask(&mut world, &kick(one.generation.to_string()))), "200");
    assert!(world.pretend(one).finished && world.ear(one).stands_between_frames());
    world.assert_listens(other);
    ask(&mut world, &kick("all".to_owned()));
    assert!(world.pretend(other).finished);
    assert_eq!(world.listeners(0), 0);
}

#[test]
fn listeners_are_moved_between_two_frames() {
    let mut world = world_of(vec![station(), StationSettings { id: 2, mount: "/b".into(), ..station() }]);
    // One ear for both stations: their frames are told apart by their numbers' order alone, so it only counts.
    let peer = world.connect(Link::Slow { per_second: 20_000, buffer: 40_000 });
    world.send(peer, b"GET /live HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n");
    world.pass(seconds(10.0));
    let move_to = |to: &str| {
        format!(
            "GET /admin/moveclients?mount=/live&destination={to} HTTP/1.0\nAuthorization: Basic YWRtaW46bGlnaHRob3VzZQ=="
        )
    };
    assert_eq!(code(&ask(&mut world, &move_to("/nowhere"))), "400");
    assert_eq!(code(&ask(&mut world, &move_to("/live"))), "400");
    let reply = ask(&mut world, &move_to("/b"));
    assert!(reply.contains("<message>Clients moved from /live to /b</message><return>1</return>"), "{reply}");
    assert_eq!((world.listeners(0), world.listeners(1)), (0, 1));
    world.pass(seconds(20.0));
    world.assert_listens(peer);
    let received = &world.pretend(peer).received;
    let body = received.windows(4).position(|it| it == b"\r\n\r\n").expect("a head") + 4;
    assert!(whole_frames(&received[body..]) > 300, "and not one is torn");
}

/// How many frames there are in a body with titles.
///
/// # Panics
/// When anything else is in it.
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
