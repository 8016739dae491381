//! Reports about logins of sources, and about the names of their mounts.

use std::net::Shutdown;
use std::sync::Barrier;
use std::thread;

use super::source::{LiveStation, SourceAudio, log_in, login_request, play};
use crate::common::{Coldwave, Peer, wait_for};

/// ezstream is on the air with the mount `/stream`, and all its titles are refused.
#[test]
fn titles_at_every_name_that_a_source_may_use() {
    let station = LiveStation::start();
    let server = &station.server;
    for mount in ["/live", "/stream", "/stream/1", "/", "/;"] {
        let (mut source, mut audio) = (log_in(server, mount, "audio/mpeg"), SourceAudio::mp3());
        source.send(&audio.seconds(1.0));
        let title = format!("Title of {} letters", mount.len());
        let target = format!(
            "/admin/metadata?mode=updinfo&mount={}&song={}",
            mount.replace(';', "%3B"),
            title.replace(' ', "%20")
        );
        let reply = server.get(&target).auth("source", "deep water").send();
        assert_eq!(reply.status_line(), "HTTP/1.0 200 OK", "{mount}: {}", reply.text());
        assert!(reply.text().contains("<return>1</return>"), "{mount}: {}", reply.text());
        wait_for("the title", || {
            source.send(&audio.seconds(0.02));
            let page = server.get("/api/v1/stations/1").send();
            (page.json()["title"]["text"] == title.as_str()).then_some(())
        });
        drop(source);
        wait_for("the end of the source", || {
            let page = server.get("/api/v1/stations/1").send();
            (page.json()["on_air"]["kind"] != "live").then_some(())
        });
    }
    assert_eq!(server.log().count("wrong"), 0, "{}", server.log().text());
}

/// An encoder with the right password and a mount that does not exist must not lock its address out.
#[test]
fn titles_with_the_right_password_at_an_unknown_mount() {
    let station = LiveStation::start();
    let server = &station.server;
    for _ in 0..20 {
        let reply =
            server.get("/admin/metadata?mode=updinfo&mount=/elsewhere&song=A").auth("source", "deep water");
        let reply = reply.send();
        assert!(reply.text().contains("Source does not exist"), "{} {}", reply.status_line(), reply.text());
        let reply = login_request(server, "/elsewhere", "audio/mpeg").send();
        assert!(!reply.status_line().contains(" 401 "), "{}", reply.status_line());
    }
    drop(log_in(server, "/live", "audio/mpeg"));
    assert_eq!(server.log().count("wrong password"), 0, "{}", server.log().text());
}

/// Short uploads, head, audio and end in one segment, are played and answered.
#[test]
fn short_uploads_in_one_segment_are_answered() {
    let station = LiveStation::start();
    let server = &station.server;
    let audio = SourceAudio::mp3().seconds(4.0);
    let head = |method: &str, rest: &str| {
        let auth = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\nContent-Type: audio/mpeg\r\n";
        format!("{method} /live HTTP/1.1\r\nHost: radio.example\r\n{auth}{rest}\r\n").into_bytes()
    };
    let chunked = [format!("{:x}\r\n", audio.len()).as_bytes(), &audio, b"\r\n0\r\n\r\n"].concat();
    let uploads = [
        (
            "with a length",
            [head("PUT", &format!("Content-Length: {}\r\n", audio.len())), audio.clone()].concat(),
        ),
        ("in chunks", [head("PUT", "Transfer-Encoding: chunked\r\n"), chunked].concat()),
        ("to the end", [head("SOURCE", ""), audio].concat()),
    ];
    for _ in 0..5 {
        for (how, bytes) in &uploads {
            let mut peer = wait_for("the station to be free", || {
                let mut peer = server.connect();
                peer.send(bytes);
                if *how == "to the end" {
                    peer.stream().shutdown(Shutdown::Write).expect("a half-close");
                }
                let head = peer.head();
                assert!(!head.status.contains(" 401 "), "{head:?}");
                (head.status.ends_with(" 200 OK")).then_some(peer)
            });
            peer.read_to_end().unwrap_or_else(|error| panic!("{how}: the reply ends in order: {error}"));
        }
    }
}

/// Two encoders with one account reconnect whenever they are disconnected. One of them stays.
#[test]
fn two_encoders_with_one_account() {
    let (station, clock) = (LiveStation::start(), LiveStation::start_with("delivery_interval_ms = 100\n"));
    let both_done = Barrier::new(2);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| encode(&station.server, &clock.server, &both_done));
        }
    });
    let log = station.server.log();
    assert_eq!(log.count("is live from"), 1, "{}", log.text());
    assert_eq!(log.count("two encoders use the account source"), 1, "{}", log.text());
}

/// Sends for twelve seconds of the stream of `clock`, and reconnects after every loss. Stays connected until
/// the other encoder is done, too.
fn encode(server: &Coldwave, clock: &Coldwave, both_done: &Barrier) {
    let (mut clock, mut audio, mut encoder) = (clock.listen(), SourceAudio::mp3(), None);
    clock.until_seconds(5.5);
    play(&mut clock, 12.0, |seconds| {
        let bytes = audio.seconds(seconds);
        let is_lost = encoder.as_mut().is_none_or(|peer: &mut Peer| peer.try_send(&bytes).is_err());
        if is_lost {
            encoder = connect(server);
        }
    });
    both_done.wait();
}

fn connect(server: &Coldwave) -> Option<Peer> {
    let mut peer = login_request(server, "/live", "audio/mpeg").open();
    (peer.head().status == "HTTP/1.0 200 OK").then_some(peer)
}
