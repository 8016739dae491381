//! `<master-server>` of an `icecast.xml`: its mounts are relayed.

use crate::common::wait_for;

use super::ForeignServer;

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
