//! Actions on titles, sources and listeners.

use serde_json::{Value, json};

use super::{
    SECOND, act, answer, check_untouched, go_live, post, tune_in_as, view, with_source_and_listener, world,
};

#[test]
fn title_is_set_and_escaped_as_text() {
    let mut world = world(5);
    let (peer, mut encoder) = go_live(&mut world);
    let hostile = "</script>\"'; ]]> — é";
    for (body, artist, title) in [
        ("song=%3C%2Fscript%3E%22%27%3B+%5D%5D%3E+%E2%80%94+%C3%A9%0A%00", Value::Null, hostile),
        ("artist=Nadia+Karim&title=Tidewater", json!("Nadia Karim"), "Nadia Karim - Tidewater"),
    ] {
        let done = act(&mut world, "/stations/1/title", body);
        assert_eq!(done, (200, json!({"message": "Metadata update successful"})));
        world.feed(peer, &encoder.seconds(1.0));
        world.pass(SECOND);
        let shown = &view(&mut world, "/stations")["stations"][0];
        assert_eq!((&shown["title"]["text"], &shown["title"]["artist"]), (&json!(title), &artist), "{shown}");
        assert_eq!(shown["source"]["user"], "nadia");
    }
    assert_eq!(act(&mut world, "/stations/1/title", "url=http://h/").0, 400);
    assert_eq!(act(&mut world, "/stations/2/title", "song=A").0, 404);
}

#[test]
fn source_is_kicked_once() {
    let mut world = world(6);
    let (peer, _) = go_live(&mut world);
    let done = act(&mut world, "/stations/1/kick-source", "");
    assert_eq!(done, (200, json!({"message": "Source Removed"})));
    assert!(world.socket(peer).closed && !world.is_live(0));
    assert_eq!(act(&mut world, "/stations/1/kick-source", "").0, 409);
    assert_eq!(act(&mut world, "/stations/2/kick-source", "").0, 404);
}

#[test]
fn listeners_are_kicked_by_id_by_address_and_all_at_once() {
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
    for invalid in ["", "client=", "client=unknown", "client=-1"] {
        assert_eq!(act(&mut world, "/stations/1/kick", invalid).0, 400, "{invalid}");
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
fn listeners_are_moved_to_another_station() {
    let mut world = world(8);
    let peer = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    world.pass(2 * SECOND);
    for (to, code) in [("", 400), ("to=/nowhere", 404), ("to=/live", 400)] {
        assert_eq!(act(&mut world, "/stations/1/move", to).0, code, "{to}");
    }
    let done = act(&mut world, "/stations/1/move", "to=%2Fjazz");
    assert_eq!(done, (200, json!({"message": "Clients moved from /live to /jazz"})));
    let listed = view(&mut world, "/stations/7/listeners");
    assert_eq!(
        (&listed["listeners"][0]["id"], &listed["listeners"][0]["counted"]),
        (&json!(peer.generation), &json!(true))
    );
    assert_eq!(act(&mut world, "/stations/2/move", "to=/jazz").0, 404);
}

#[test]
fn one_listener_is_moved_and_the_others_stay() {
    let mut world = world(8);
    let [moved, stays] =
        ["203.0.113.9:1", "203.0.113.8:1"].map(|address| tune_in_as(&mut world, address, "VLC/3.0"));
    world.pass(2 * SECOND);
    for (client, code) in [("999", 404), ("198.51.100.1", 404), ("x", 400), ("203.0.113.9,", 400)] {
        assert_eq!(act(&mut world, "/stations/1/move", &format!("to=/jazz&client={client}")).0, code);
    }
    let done = act(&mut world, "/stations/1/move", &format!("to=/jazz&client={}", moved.generation));
    assert_eq!(done, (200, json!({"message": "Clients moved from /live to /jazz"})));
    for (station, peer) in [(1, stays), (7, moved)] {
        let listed = view(&mut world, &format!("/stations/{station}/listeners"));
        assert_eq!(listed["total"], 1, "{listed}");
        assert_eq!(listed["listeners"][0]["id"], peer.generation, "{listed}");
    }
}

#[test]
fn skip_is_refused_while_a_source_is_live() {
    let (mut world, source, listener) = with_source_and_listener(14);
    let (status, body) = act(&mut world, "/stations/1/skip", "");
    assert_eq!(status, 409);
    assert_eq!(body, json!({"error": "no track to skip: the AutoDJ is not on the air"}));
    check_untouched(&world, source, listener);
}

/// The password of a source sets titles of the source only, not of the AutoDJ.
#[test]
fn admin_title_replaces_the_autodj_title_until_the_track_ends() {
    let mut world = world(17);
    let listener = tune_in_as(&mut world, "203.0.113.9:1", "VLC/3.0");
    let before = world.station(0).title().to_owned();
    let by_source = post(&mut world, "/stations/1/title", "song=Mine").auth("nadia", "tide");
    let by_source = by_source.header("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(answer(by_source).0, 200);
    world.pass(SECOND);
    assert_eq!(world.station(0).title(), before, "the title waits for the DJ");
    assert_eq!(act(&mut world, "/stations/1/title", "song=News+at+ten").0, 200);
    world.pass(SECOND);
    assert_eq!(world.station(0).title(), "News at ten");
    let shown = &view(&mut world, "/stations")["stations"][0];
    assert_eq!(
        (&shown["title"]["text"], &shown["on_air"]["kind"]),
        (&json!("News at ten"), &json!("autodj"))
    );

    world.pass(600 * SECOND);
    assert_ne!(world.station(0).title(), "News at ten");
    world.assert_listens(listener);
}
