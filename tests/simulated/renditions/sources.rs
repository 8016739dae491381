//! Sources, titles and skips go to the station. A source at a rendition's mount is told where.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use coldwave::audio::Header;

use super::{
    Live, MOUNT, RUNGS, SECOND, assert_seamless, seconds, station, tune_in_to_all, without_autodj, world,
};
use crate::log::{collect, lines_with};
use crate::world::{Link, World};

fn authorization() -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode("source:deep water"))
}

/// Returns the reply to a login, which must not begin a source.
fn log_in(world: &mut World, request: &str) -> String {
    let peer = world.connect(Link::Fast);
    world.send(peer, request.as_bytes());
    world.pass(seconds(0.5));
    assert!((0..world.keys.len()).all(|at| !world.is_live(at)));
    assert!(world.socket(peer).closed || world.socket(peer).finished, "{request}");
    world.reply(peer).to_string()
}

#[test]
fn source_at_a_rendition_is_refused_with_the_mount_of_the_station() {
    collect();
    let mut world = world(station(), &RUNGS);
    let auth = authorization();
    for request in [
        format!("SOURCE /rung-1 HTTP/1.0\r\n{auth}Content-Type: audio/mpeg\r\n\r\n"),
        format!("SOURCE /stream/2 ICE/1.0\r\n{auth}\r\n"),
        format!("PUT /rung-1 HTTP/1.1\r\nHost: h\r\n{auth}Content-Type: audio/mpeg\r\n\r\n"),
        format!(
            "PUT /rung-1 HTTP/1.1\r\nHost: h\r\n{auth}Content-Type: audio/aac\r\nExpect: 100-continue\r\n\r\n"
        ),
    ] {
        let reply = log_in(&mut world, &request);
        assert!(reply.starts_with("HTTP/1.0 403 ") && reply.contains("connect to /live"), "{reply}");
    }
    // The protocol of SHOUTcast v1 has no other text.
    for line in ["deep water:#2", "source:deep water:#3", "/rung-1:deep water"] {
        let reply = log_in(&mut world, &format!("{line}\r\nicy-name:x\r\nicy-br:128\r\n\r\n"));
        assert_eq!(reply, "invalid password\r\n", "{line}");
    }
    let lines = lines_with("it is a rendition of /live");
    assert!(lines.len() >= 5, "{lines:?}");
}

/// Otherwise a rendition would tell strangers which mounts accept sources.
#[test]
fn wrong_password_is_answered_like_at_the_station() {
    let mut world = world(station(), &RUNGS);
    let wrong = format!("Authorization: Basic {}\r\n", STANDARD.encode("source:guess"));
    let replies = [MOUNT, "/rung-1"].map(|mount| {
        log_in(&mut world, &format!("SOURCE {mount} HTTP/1.0\r\n{wrong}Content-Type: audio/mpeg\r\n\r\n"))
    });
    assert!(replies[0].starts_with("HTTP/1.0 401 "));
    assert_eq!(replies[0], replies[1]);
}

#[test]
fn titles_set_at_a_rendition_are_those_of_the_station() {
    let mut world = world(station(), &RUNGS);
    world.enable_admin();
    let listeners = tune_in_to_all(&mut world);
    let mut live = Live::connect(&mut world, Header::DEFAULT);
    live.play(&mut world, 20.0);
    for (number, request) in [
        "/admin/metadata?mount=/rung-1&mode=updinfo&song=",
        "/admin.cgi?sid=4&mode=updinfo&pass=deep%20water&song=",
        "/admin/metadata?mount=/live&mode=updinfo&song=",
    ]
    .into_iter()
    .enumerate()
    {
        let title = format!("Title{number}");
        live.encoder.set_title(&title);
        let reply =
            world.get(&format!("{request}{title}")).auth("source", "deep water").agent("Mozilla").send();
        assert_eq!(reply.status(), 200, "{reply}");
        live.play(&mut world, 5.0);
    }
    let body = "song=FromTheApi";
    live.encoder.set_title("FromTheApi");
    let form = "application/x-www-form-urlencoded";
    let reply = world.post("/api/v1/admin/stations/3/title", body).http11().header("Host", "h");
    assert_eq!(reply.header("Content-Type", form).by_admin().send().status(), 200);
    live.play(&mut world, 5.0);
    for &listener in &listeners[1..] {
        assert_seamless(&world, listener);
        let titles = &world.ear(listener).titles;
        assert!(
            titles.ends_with(&["Title0", "Title1", "Title2", "FromTheApi"].map(Into::into)),
            "{titles:?}"
        );
    }
}

#[test]
fn skip_and_kick_of_the_source_at_a_rendition_act_on_the_station() {
    let mut world = world(station(), &RUNGS);
    world.enable_admin();
    world.pass(10 * SECOND);
    let act = |world: &mut World, path: &str| {
        let request = world.post(&format!("/api/v1/admin/stations/{path}"), "").http11().header("Host", "h");
        request.header("Content-Type", "application/x-www-form-urlencoded").by_admin().send().status()
    };
    assert_eq!(act(&mut world, "2/skip"), 200);
    assert_eq!(world.logs[0].borrow().skipped_tracks, 1);
    let mut live = Live::connect(&mut world, Header::DEFAULT);
    live.play(&mut world, 20.0);
    assert_eq!(act(&mut world, "3/skip"), 409, "a source is live");
    assert_eq!(act(&mut world, "3/kick-source"), 200);
    assert!(world.socket(live.peer).closed && !world.is_live(0));
    assert_eq!(act(&mut world, "3/kick-source"), 409);
}

#[test]
fn renditions_stay_mp3_when_the_codec_of_the_station_changes() {
    let mut world = without_autodj(station(), &RUNGS);
    let listeners = tune_in_to_all(&mut world);
    world.pass(5 * SECOND);
    let mut live = Live::connect(&mut world, Header::new_aac(44_100, 2, 300).expect("a header"));
    live.play(&mut world, 10.0);
    assert!(world.socket(listeners[0]).finished, "its head named MP3");
    for &listener in &listeners[1..] {
        assert_seamless(&world, listener);
        assert!(world.ear(listener).head().contains("\r\ncontent-type: audio/mpeg\r\n"));
    }
    let late = tune_in_to_all(&mut world);
    live.play(&mut world, 5.0);
    late.iter().for_each(|&listener| world.assert_listens(listener));
    assert!(world.ear(late[0]).head().contains("\r\ncontent-type: audio/aac\r\n"));
    assert!(world.ear(late[1]).head().contains("\r\ncontent-type: audio/mpeg\r\n"));
}
