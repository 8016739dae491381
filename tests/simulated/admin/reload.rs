//! Requests for a reload of the configuration: the answer waits for the report, in every dialect
//! (protocol-notes/reload.md).

use std::time::Duration;

use coldwave::reload_report::ReloadReport;
use coldwave::server::{Peer, RELOAD_TIMEOUT};
use coldwave::settings::{Description, Settings, StationSettings};
use serde_json::json;

use crate::world::{Reply, World, seed};

const API: &str = "/api/v1/admin/reload";

fn world() -> World {
    let mut world = World::new(seed(31));
    world.enable_admin();
    world.pass(Duration::from_secs(1));
    world
}

fn report(outcome: Result<&[&str], &[&str]>) -> ReloadReport {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    ReloadReport {
        requested_by: "admin at 127.0.0.1".into(),
        outcome: outcome.map(owned).map_err(owned),
        warnings: Vec::new(),
    }
}

/// Sends a request for a reload, and keeps the connection open.
fn ask(world: &mut World, target: &str) -> Peer {
    let request = if target == API { world.post(target, "") } else { world.get(target) };
    request.http11().by_admin().open()
}

fn finish(world: &mut World, report: &ReloadReport) {
    let now = world.now;
    world.server.finish_reload(report, now);
    world.pass(Duration::from_millis(100));
}

/// Returns the last report that the API shows.
fn last(world: &mut World) -> serde_json::Value {
    world.get(API).http11().by_admin().send().json()["last"].clone()
}

#[test]
fn client_waits_until_the_reload_has_ended_in_every_dialect() {
    let mut world = world();
    for (target, applied, refused) in [
        (API, "\"changes\":[\"/live: burst_s: 5 -> 10\"]", "\"errors\":[\"radio.toml:3: wrong\"]"),
        (
            "/admin/reloadconfig",
            "<message>Configuration reloaded, changes: 1\n/live: burst_s: 5 -&#62; 10</message><return>1</return>",
            "\nradio.toml:3: wrong</message><return>0</return>",
        ),
        ("/admin/reloadconfig.xsl", "<li>/live: burst_s: 5 -&#62; 10</li>", "<li>radio.toml:3: wrong</li>"),
        (
            "/admin.cgi?mode=reload&force=1",
            "<li>/live: burst_s: 5 -&#62; 10</li>",
            "<li>radio.toml:3: wrong</li>",
        ),
        ("/admin/function?perform=updatecfg", "changes: 1", "errors: 1"),
    ] {
        for (outcome, status, text) in [
            (Ok(&["/live: burst_s: 5 -> 10"][..]), 200, applied),
            (Err(&["radio.toml:3: wrong"][..]), 422, refused),
        ] {
            let peer = ask(&mut world, target);
            world.pass(Duration::from_secs(3));
            assert_eq!(world.reply(peer), "", "{target}: the reload has not ended");
            assert_eq!(world.server.drain_reload_requests(), ["admin at 127.0.0.1"], "{target}");
            assert_eq!(world.server.drain_reload_requests(), [""; 0], "one reload for one request");
            finish(&mut world, &report(outcome));
            let reply = world.reply(peer);
            assert_eq!(reply.status(), status, "{target}: {reply}");
            assert!(reply.contains(text), "{target}: {reply}");
            assert!(!reply.contains("Access-Control"), "{target}: {reply}");
        }
    }
}

#[test]
fn several_clients_get_the_report_of_one_reload() {
    let mut world = world();
    let first = ask(&mut world, API);
    let second = world.post(API, "").http11().from("203.0.113.9:1").by_admin().open();
    let third = ask(&mut world, "/admin/reloadconfig");
    let mut asked = world.server.drain_reload_requests();
    asked.sort();
    assert_eq!(asked, ["admin at 127.0.0.1", "admin at 203.0.113.9"], "each once");
    finish(&mut world, &report(Ok(&[])));
    for peer in [first, second] {
        assert_eq!(world.reply(peer).json()["result"], "unchanged");
    }
    assert!(world.reply(third).contains("nothing has changed</message><return>1</return>"));
    assert_eq!(last(&mut world)["result"], "unchanged");
}

/// The running reload may have read the configuration before the second client changed it.
#[test]
fn client_that_asks_during_a_reload_waits_for_the_next_one() {
    let mut world = world();
    let first = ask(&mut world, API);
    assert_eq!(world.server.drain_reload_requests().len(), 1);
    let second = ask(&mut world, API);
    finish(&mut world, &report(Ok(&["a"])));
    assert_eq!(world.reply(first).json()["changes"], json!(["a"]));
    assert_eq!(world.reply(second), "");
    assert_eq!(world.server.drain_reload_requests().len(), 1, "one more reload");
    finish(&mut world, &report(Ok(&["b"])));
    assert_eq!(world.reply(second).json()["changes"], json!(["b"]));
}

#[test]
fn client_that_has_waited_for_long_gets_202_and_the_reload_goes_on() {
    let mut world = world();
    let targets = [API, "/admin/reloadconfig", "/admin.cgi?mode=reload"];
    let peers = targets.map(|target| ask(&mut world, target));
    world.server.drain_reload_requests();
    world.pass(RELOAD_TIMEOUT - Duration::from_millis(500));
    let is_waiting = |world: &mut World, peer: Peer| world.reply(peer).is_empty();
    assert!(peers.iter().all(|&peer| is_waiting(&mut world, peer)));
    world.pass(Duration::from_secs(1));
    let replies = peers.map(|peer| world.reply(peer));
    assert_eq!(replies.each_ref().map(Reply::status), [202; 3]);
    assert_eq!(replies[0].json()["result"], "running");
    assert!(replies[1].contains("still running, see the log for the result"), "{}", replies[1]);
    assert_eq!(last(&mut world), json!(null));
    finish(&mut world, &report(Err(&["a"])));
    assert_eq!(last(&mut world)["errors"], json!(["a"]));
    assert_eq!(peers.map(|peer| world.reply(peer)), replies, "one answer for each request");
}

#[test]
fn client_that_leaves_is_forgotten_and_the_reload_goes_on() {
    let mut world = world();
    let connections = world.server.connections();
    let peer = ask(&mut world, API);
    world.disconnect(peer);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.server.connections(), connections);
    // The place of the connection may belong to another client by now.
    let listener = world.get("/live").http11().open();
    world.pass(Duration::from_secs(2));
    assert_eq!(world.server.drain_reload_requests().len(), 1);
    finish(&mut world, &report(Ok(&["a"])));
    world.assert_listens(listener);
    assert_eq!(last(&mut world)["changes"], json!(["a"]));
}

#[test]
fn reload_needs_the_password_of_the_administrator() {
    let mut world = world();
    for target in [API, "/admin/reloadconfig", "/admin.cgi?mode=reload"] {
        let request = if target == API { world.post(target, "") } else { world.get(target) };
        assert_eq!(request.http11().send().status(), 401, "{target}");
        let request = if target == API { world.post(target, "") } else { world.get(target) };
        assert_eq!(request.http11().auth("admin", "wrong").send().status(), 401, "{target}");
    }
    for page in [API, "/api/v1/admin/settings"] {
        assert_eq!(world.get(page).http11().send().status(), 401, "{page}");
    }
    assert_eq!(world.server.drain_reload_requests(), [""; 0]);
}

#[test]
fn pages_of_other_sites_and_links_cause_no_reload() {
    let mut world = world();
    let browser = "Host: radio.example:8000\nUser-Agent: Mozilla/5.0\nAccept-Language: en";
    let evil = "Origin: http://evil.example";
    assert_eq!(world.post(API, "").http11().lines(browser).lines(evil).by_admin().send().status(), 403);
    let link = "Sec-Fetch-Site: none\nAccept: text/html";
    let reply = world.get("/admin/reloadconfig").http11().lines(browser).lines(link).by_admin().send();
    assert_eq!(reply.status(), 405, "{reply}");
    assert_eq!(world.server.drain_reload_requests(), [""; 0]);
    let own = "Origin: http://radio.example:8000";
    world.post(API, "").http11().lines(browser).lines(own).by_admin().open();
    assert_eq!(world.server.drain_reload_requests().len(), 1, "the page of the server itself");
}

#[test]
fn metrics_and_settings_follow_the_reloads() {
    let mut world = world();
    let metric = |world: &mut World, line: &str| {
        let page = world.get("/metrics").http11().by_admin().send();
        assert!(page.lines().any(|it| it == line), "{line} is not in {page}");
    };
    metric(&mut world, "coldwave_last_reload_success 1");
    metric(&mut world, "coldwave_reloads_total{result=\"refused\"} 0");
    finish(&mut world, &report(Err(&["a"])));
    metric(&mut world, "coldwave_last_reload_success 0");
    metric(&mut world, "coldwave_reloads_total{result=\"refused\"} 1");
    let settings = |world: &mut World| {
        world.get("/api/v1/admin/settings").http11().by_admin().send().json()["settings"].clone()
    };
    assert_eq!(settings(&mut world), json!(null));
    let description = Description::new(&Settings::new(vec![StationSettings::default()]), b"salt");
    world.server.set_description(description.clone());
    let read: Description = serde_json::from_value(settings(&mut world)).expect("a description");
    assert_eq!(read, description);
    finish(&mut world, &report(Ok(&["a"])));
    metric(&mut world, "coldwave_last_reload_success 1");
    metric(&mut world, "coldwave_reloads_total{result=\"applied\"} 1");
}

#[test]
fn waiting_client_does_not_delay_the_shutdown() {
    let mut world = world();
    let peer = ask(&mut world, API);
    let now = world.now;
    world.server.stop(now);
    world.pass(Duration::from_secs(1));
    assert!(world.socket(peer).closed || world.server.is_drained());
}
