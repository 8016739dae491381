//! The login of a source, and the replies to it.

use coldwave::audio::Header;
use coldwave::settings::StationSettings;

use super::{MOUNT, assert_reply, log_in, seconds, station, world};
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World, seed};

#[test]
fn login_is_checked_in_the_order_that_encoders_expect() {
    let mut world = world(station());
    let mut reply = |request: &str| {
        let peer = world.connect(Link::Fast);
        world.send(peer, request.as_bytes());
        world.reply(peer).lines().next().unwrap_or_default().to_owned()
            + "|"
            + world.reply(peer).lines().last().unwrap_or_default()
    };
    let good = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\n";
    let bad = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXJz\r\n";
    let unknown = "HTTP/1.0 401 Unauthorized|You need to authenticate";
    assert_eq!(reply("SOURCE /live HTTP/1.0\r\n\r\n"), unknown);
    assert_eq!(reply("SOURCE /nowhere HTTP/1.0\r\n\r\n"), unknown);
    assert_eq!(reply(&format!("SOURCE /live HTTP/1.0\r\n{bad}\r\n")), unknown);
    assert_eq!(reply(&format!("SOURCE /nowhere HTTP/1.0\r\n{bad}\r\n")), unknown);
    assert!(reply(&format!("SOURCE /nowhere ICE/1.0\r\n{good}\r\n")).starts_with("HTTP/1.0 404"));
    let refused = |body: &str| format!("HTTP/1.0 403 Forbidden|{body}");
    assert_eq!(reply(&format!("PUT /live HTTP/1.1\r\n{good}\r\n")), refused("No Content-type given"));
    let ogg = format!("PUT /live HTTP/1.1\r\n{good}Content-Type: application/ogg\r\n\r\n");
    let unsupported = "HTTP/1.0 415 Unsupported Media Type|Content-type not supported: its type is";
    assert!(reply(&ogg).starts_with(unsupported));
    let aac = format!("PUT /live HTTP/1.1\r\n{good}Content-Type: audio/aac\r\n\r\n");
    assert!(reply(&aac).starts_with(&refused("Content-type not supported: it sends AAC")), "it plays MP3");
    let put = format!("PUT /live HTTP/1.1\r\n{good}Content-Type: audio/mpeg\r\n");
    assert_eq!(reply(&format!("{put}\r\n")), "HTTP/1.0 200 OK|");
    assert!(reply(&format!("{put}Expect: 100-continue\r\n\r\n")).starts_with("HTTP/1.1 100 Continue|"));
    assert_eq!(
        reply(&format!("SOURCE /live ICE/1.0\r\n{good}\r\n")),
        "HTTP/1.0 200 OK|",
        "without a type it is MP3"
    );
}

#[test]
fn password_line_may_have_user_mount_and_station_id() {
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
            let mut world = World::with(seed(7), vec![station(), second.clone()]);
            let peer = world.connect(Link::Fast);
            let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
            let head = format!("{line}{end}icy-name:x{end}icy-br:128{end}{end}");
            world.send(peer, &[head.as_bytes(), &encoder.frames(80)].concat());
            world.pass(seconds(0.5));
            let on_air: Vec<_> = (0..2).filter(|&at| world.is_live(at)).collect();
            assert_eq!(on_air, expected.into_iter().collect::<Vec<_>>(), "{line:?} {end:?}");
            let reply =
                if expected.is_some() { "OK2\r\nicy-caps:11\r\n\r\n" } else { "invalid password\r\n" };
            assert_eq!(world.reply(peer), reply, "{line:?} {end:?}");
        }
    }
}

#[test]
fn address_that_guesses_source_passwords_is_locked_out() {
    let mut world = world(station());
    let mut codes = Vec::new();
    for _ in 0..12 {
        let peer = world.connect_from("192.0.2.7:4000".parse().expect("an address"), Link::Fast);
        world.send(peer, &source_request(MOUNT, "source", "guess"));
        codes.push(world.reply(peer).status());
    }
    assert_eq!(codes, [vec![401; 10], vec![429; 2]].concat());
    let peer = world.connect_from("192.0.2.7:4000".parse().expect("an address"), Link::Fast);
    world.send(peer, &source_request(MOUNT, "source", "deep water"));
    assert_reply(&world, peer, "429");
    let dj = log_in(&mut world, "nadia", "nadia-pw");
    assert_reply(&world, dj, "200 OK");
}
