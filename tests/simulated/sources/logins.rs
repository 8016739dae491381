//! The login of a source, and the answers to it.

use coldwave::audio::Header;
use coldwave::settings::StationSettings;

use super::{MOUNT, assert_told, log_in, seconds, station, world};
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World};

#[test]
fn what_a_source_announces_is_checked_in_the_order_that_encoders_expect() {
    let mut world = world(station());
    let mut ask = |request: &str| {
        let peer = world.connect(Link::Fast);
        world.send(peer, request.as_bytes());
        world.reply(peer).lines().next().unwrap_or_default().to_owned()
            + "|"
            + world.reply(peer).lines().last().unwrap_or_default()
    };
    let good = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\n";
    let bad = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXJz\r\n";
    let unknown = "HTTP/1.0 401 Unauthorized|You need to authenticate";
    assert_eq!(ask("SOURCE /live HTTP/1.0\r\n\r\n"), unknown);
    assert_eq!(ask("SOURCE /nowhere HTTP/1.0\r\n\r\n"), unknown);
    assert_eq!(ask(&format!("SOURCE /live HTTP/1.0\r\n{bad}\r\n")), unknown);
    assert_eq!(ask(&format!("SOURCE /nowhere HTTP/1.0\r\n{bad}\r\n")), unknown);
    assert!(ask(&format!("SOURCE /nowhere ICE/1.0\r\n{good}\r\n")).starts_with("HTTP/1.0 404"));
    let refused = |body: &str| format!("HTTP/1.0 403 Forbidden|{body}");
    assert_eq!(ask(&format!("PUT /live HTTP/1.1\r\n{good}\r\n")), refused("No Content-type given"));
    let ogg = format!("PUT /live HTTP/1.1\r\n{good}Content-Type: application/ogg\r\n\r\n");
    assert_eq!(ask(&ogg), refused("Content-type not supported"));
    let aac = format!("PUT /live HTTP/1.1\r\n{good}Content-Type: audio/aac\r\n\r\n");
    assert_eq!(ask(&aac), refused("Content-type not supported"), "the station plays MP3");
    let put = format!("PUT /live HTTP/1.1\r\n{good}Content-Type: audio/mpeg\r\n");
    assert_eq!(ask(&format!("{put}\r\n")), "HTTP/1.0 200 OK|");
    assert!(ask(&format!("{put}Expect: 100-continue\r\n\r\n")).starts_with("HTTP/1.1 100 Continue|"));
    assert_eq!(
        ask(&format!("SOURCE /live ICE/1.0\r\n{good}\r\n")),
        "HTTP/1.0 200 OK|",
        "without a type it is MP3"
    );
}

#[test]
fn a_password_line_is_read_in_every_way() {
    let second = StationSettings { id: 7, mount: "/jazz".into(), ..station() };
    for (line, expected) in [
        ("deep water", Some(0)),
        ("deep water:#1", Some(0)),
        ("deep water:#7", Some(1)),
        ("nadia:nadia-pw", Some(0)),
        ("nadia:nadia-pw:#7", Some(1)),
        ("/jazz:deep water", Some(1)),
        ("deep water:#3", None),
        ("nadia:deep water", None),
        ("wrong", None),
    ] {
        for end in ["\n", "\r\n", "\r\r\n"] {
            let mut world = World::with(world::seed(7), vec![station(), second.clone()]);
            let peer = world.connect(Link::Fast);
            let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
            let head = format!("{line}{end}icy-name:x{end}icy-br:128{end}{end}");
            world.send(peer, &[head.as_bytes(), &encoder.frames(80)].concat());
            world.pass(seconds(0.5));
            let on_air: Vec<_> = (0..2).filter(|&at| world.is_live(at)).collect();
            assert_eq!(on_air, expected.into_iter().collect::<Vec<_>>(), "{line:?} {end:?}");
            let told = if expected.is_some() { "OK2\r\nicy-caps:11\r\n\r\n" } else { "invalid password\r\n" };
            assert_eq!(world.reply(peer), told, "{line:?} {end:?}");
        }
    }
}

#[test]
fn guessing_passwords_is_slow() {
    let mut world = world(station());
    let mut codes = Vec::new();
    for _ in 0..12 {
        let peer = world.connect_from("192.0.2.7:4000".parse().expect("an address"), Link::Fast);
        world.send(peer, &source_request(MOUNT, "source", "guess"));
        codes.push(world.reply(peer)[9..12].to_owned());
    }
    assert_eq!(codes, [vec!["401"; 10], vec!["403"; 2]].concat());
    let peer = world.connect_from("192.0.2.7:4000".parse().expect("an address"), Link::Fast);
    world.send(peer, &source_request(MOUNT, "source", "deep water"));
    assert_told(&world, peer, "403");
    let dj = log_in(&mut world, "nadia", "nadia-pw");
    assert_told(&world, dj, "200 OK");
}
