//! `<master-server>` of an `icecast.xml`: its mounts are relayed.

use crate::common::wait_for;

use super::ForeignServer;
use super::relays::{Upstream, is_relaying};

/// Returns the elements that follow the server at this port.
fn following(port: u16) -> String {
    format!(
        "<master-server>127.0.0.1</master-server><master-server-port>{port}</master-server-port>\
         <master-password>the relay password</master-password>\
         <master-update-interval>1</master-update-interval>\
         <limits><sources>5</sources></limits>"
    )
}

fn wait_for_status(server: &ForeignServer, mount: &str, status: &str) {
    wait_for(&format!("{status} at {mount}"), || server.status(mount).contains(status).then_some(()));
}

#[test]
fn mounts_of_the_master_come_and_go() {
    let master = ForeignServer::with_icecast("<limits><sources>5</sources></limits>");
    let slave = ForeignServer::with_icecast(&following(master.server.address().port()));
    assert!(slave.status("/tour").contains(" 404 "));
    let [_tour, talk] = ["/tour", "/talk"].map(|mount| master.source_with_audio(mount));
    for mount in ["/tour", "/talk"] {
        wait_for_status(&slave, mount, " 200 ");
    }
    drop(talk);
    let log = || slave.server.log().text();
    let gone = "/talk: the master no longer has this mount";
    wait_for("the end of the mount", || log().contains(gone).then_some(()));
    assert!(log().contains("following the master http://127.0.0.1:"), "{}", log());
    assert!(!log().contains("/tour: the master no longer"), "{}", log());
}

#[test]
fn servers_that_follow_each_other_are_no_loop() {
    let first = ForeignServer::with_icecast("<limits><sources>5</sources></limits>");
    let port = first.server.address().port();
    let second = ForeignServer::with_icecast(&following(port));
    let _source = second.source_with_audio("/tour");
    let log = |server: &ForeignServer| server.server.log().text();
    wait_for("the list", || log(&second).contains("following the master").then_some(()));
    first.reload(&super::icecast_xml(&following(second.server.address().port())));
    let refusal = "follows this server, directly or through others";
    wait_for("the loop", || (log(&first).contains(refusal) || log(&second).contains(refusal)).then_some(()));
}

#[test]
fn list_of_a_master_is_read_with_the_login_at_the_interval() {
    for elements in [
        "<master-server>127.0.0.1</master-server><master-server-port>{upstream}</master-server-port>\
         <master-username>follower</master-username><master-password>high tide</master-password>\
         <master-update-interval>1</master-update-interval>",
        "<master><server>127.0.0.1</server><port>{upstream}</port><username>follower</username>\
         <password>high tide</password><interval>1</interval></master>",
    ] {
        let upstream = Upstream::new();
        let _follower = upstream.follower(elements);
        // The second one would come after two minutes.
        for _ in 0..2 {
            let request = upstream.request("HTTP/1.0 200 OK\r\nContent-Type: text/plain");
            assert!(request.starts_with("GET /admin/streamlist.txt "), "{request}");
            // printf 'follower:high tide' | base64
            assert!(request.contains("authorization: Basic Zm9sbG93ZXI6aGlnaCB0aWRl\r\n"), "{request}");
        }
    }
}

#[test]
fn mount_of_a_master_on_demand_is_relayed_for_a_listener() {
    let master = ForeignServer::with_icecast("");
    let _source = master.source_with_audio("/tour");
    let port = master.server.address().port();
    let follower = ForeignServer::with_icecast(&format!(
        "<master><server>127.0.0.1</server><port>{port}</port><password>high tide</password>\
         <interval>1</interval><on-demand>1</on-demand></master>"
    ));
    let log = || follower.server.log().text();
    wait_for("the list", || log().contains("following the master").then_some(()));
    assert!(!is_relaying(&follower, "/tour"));
    let _listener = wait_for("the mount", || {
        let mut listener = follower.server.get("/tour").open();
        listener.head().status.contains(" 200 ").then_some(listener)
    });
    wait_for("the relay", || is_relaying(&follower, "/tour").then_some(()));
}
