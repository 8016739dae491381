//! The actions of the API on titles, sources and listeners.

use serde_json::{Value, json};

use super::{SECOND, act, ask_from, check_untouched, live, look, tune_in_as, with_both, world};

#[test]
fn a_title_is_set_and_is_nothing_but_text() {
    let mut world = world(5);
    let (peer, mut encoder) = live(&mut world);
    let hostile = "</script>\"'; ]]> — é";
    for (body, artist, title) in [
        ("song=%3C%2Fscript%3E%22%27%3B+%5D%5D%3E+%E2%80%94+%C3%A9%0A%00", Value::Null, hostile),
        ("artist=Nadia+Karim&title=Tidewater", json!("Nadia Karim"), "Nadia Karim - Tidewater"),
    ] {
        let done = act(&mut world, "/stations/1/title", body);
        assert_eq!(done, (200, json!({"message": "Metadata update successful"})));
        world.feed(peer, &encoder.seconds(1.0));
        world.pass(SECOND);
        let shown = &look(&mut world, "/stations")["stations"][0];
        assert_eq!((&shown["title"]["text"], &shown["title"]["artist"]), (&json!(title), &artist), "{shown}");
        assert_eq!(shown["source"]["user"], "nadia");
    }
    assert_eq!(act(&mut world, "/stations/1/title", "url=http://h/").0, 400);
    assert_eq!(act(&mut world, "/stations/2/title", "song=A").0, 404);
}

#[test]
fn a_source_is_thrown_out_once() {
    let mut world = world(6);
    let (peer, _) = live(&mut world);
    let done = act(&mut world, "/stations/1/kick-source", "");
    assert_eq!(done, (200, json!({"message": "Source Removed"})));
    assert!(world.pretend(peer).closed && !world.is_live(0));
    assert_eq!(act(&mut world, "/stations/1/kick-source", "").0, 409);
    assert_eq!(act(&mut world, "/stations/2/kick-source", "").0, 404);
}

#[test]
fn listeners_are_thrown_out_by_id_by_address_and_all() {
    let mut world = world(7);
    let mut tune_in = |address: &str| tune_in_as(&mut world, address, "VLC/3.0");
    let peers = ["203.0.113.9:1", "203.0.113.9:2", "203.0.113.10:1", "203.0.113.11:1", "203.0.113.12:1"]
        .map(&mut tune_in);
    world.pass(2 * SECOND);
    let id = peers[2].generation;
    let done = act(&mut world, "/stations/1/kick", &format!("client={id}"));
    assert_eq!(done, (200, json!({"message": format!("Client {id} removed")})));
    assert_eq!(act(&mut world, "/stations/1/kick", &format!("client={id}")).0, 404);
    assert_eq!(act(&mut world, "/stations/7/kick", &format!("client={}", peers[0].generation)).0, 404);
    let list = format!("client=203.0.113.9,+{}", peers[3].generation);
    assert_eq!(act(&mut world, "/stations/1/kick", &list), (200, json!({"message": "Clients removed: 3"})));
    assert_eq!(act(&mut world, "/stations/1/kick", "client=203.0.113.9").0, 404);
    for nobody in ["", "client=", "client=nobody", "client=-1"] {
        assert_eq!(act(&mut world, "/stations/1/kick", nobody).0, 400, "{nobody}");
    }
    world.assert_listens(peers[4]);
    assert_eq!(
        act(&mut world, "/stations/1/kick", "client=all"),
        (200, json!({"message": "Clients removed: 1"}))
    );
    assert_eq!(
        act(&mut world, "/stations/1/kick", "client=all"),
        (200, json!({"message": "Clients removed: 0"}))
    );
    assert_eq!(act(&mut world, "/stations/2/kick", "client=all").0, 404);
    assert_eq!(world.listeners(0), 0);
}

#[test]
fn listeners_are_moved() {
    let mut world = world(8);
    let peer = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    world.pass(2 * SECOND);
    for (to, code) in [("", 400), ("to=/nowhere", 404), ("to=/live", 400)] {
        assert_eq!(act(&mut world, "/stations/1/move", to).0, code, "{to}");
    }
    let done = act(&mut world, "/stations/1/move", "to=%2Fjazz");
    assert_eq!(done, (200, json!({"message": "Clients moved from /live to /jazz"})));
    let listed = look(&mut world, "/stations/7/listeners");
    assert_eq!(
        (&listed["listeners"][0]["id"], &listed["listeners"][0]["counted"]),
        (&json!(peer.generation), &json!(true))
    );
    assert_eq!(act(&mut world, "/stations/2/move", "to=/jazz").0, 404);
}

#[test]
fn there_is_no_track_to_skip_while_somebody_is_live() {
    let (mut world, source, listener) = with_both(14);
    let (status, answer) = act(&mut world, "/stations/1/skip", "");
    assert_eq!(status, 409);
    assert_eq!(answer, json!({"error": "no track to skip: the AutoDJ is not on the air"}));
    check_untouched(&world, source, listener);
}

/// What somebody may go live with is no leave to speak for the AutoDJ.
#[test]
fn the_autodjs_track_has_the_title_that_an_administrator_gives_it() {
    let mut world = world(17);
    let listener = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    let before = world.station(0).title().to_owned();
    let by_source = "POST /api/v1/admin/stations/1/title HTTP/1.1\nAuthorization: Basic bmFkaWE6dGlkZQ==\n\
                     Content-Type: application/x-www-form-urlencoded";
    assert_eq!(ask_from(&mut world, "203.0.113.1:9", by_source, "song=Mine").0, 200);
    world.pass(SECOND);
    assert_eq!(world.station(0).title(), before, "it is kept for the DJ");
    assert_eq!(act(&mut world, "/stations/1/title", "song=News+at+ten").0, 200);
    world.pass(SECOND);
    assert_eq!(world.station(0).title(), "News at ten");
    let shown = &look(&mut world, "/stations")["stations"][0];
    assert_eq!(
        (&shown["title"]["text"], &shown["on_air"]["kind"]),
        (&json!("News at ten"), &json!("autodj"))
    );
    // Until the track ends, and no longer.
    world.pass(600 * SECOND);
    assert_ne!(world.station(0).title(), "News at ten");
    world.assert_listens(listener);
}
