//! The smallest configurations: a source creates a mount, or uses the one that is configured.

use crate::common::wait_for;

use super::{ADMIN_PASSWORD, ForeignServer};

#[test]
fn source_creates_a_mount_on_an_icecast_xml_without_mounts() {
    let foreign = ForeignServer::with_icecast("<limits><sources>2</sources></limits>");
    assert!(foreign.status("/tour").contains(" 404 "));
    let _source = foreign.source_with_audio("/tour");
    wait_for("the mount", || foreign.status("/tour").contains(" 200 ").then_some(()));
    let stats = foreign.server.get("/admin/stats").auth("admin", ADMIN_PASSWORD).send().ok();
    assert!(stats.contains("<source mount=\"/tour\">"), "{stats}");
}

#[test]
fn stream_of_an_sc_serv_conf_takes_a_source() {
    let foreign = ForeignServer::with_shoutcast(
        "; mine\nportbase={port}\npassword=a long swim\nadminpassword=high water\nstreamid_1=1\nstreampath_1=/tour\n",
    );
    let _source = foreign.source_with_audio("/tour");
    wait_for("the stream", || foreign.status("/tour").contains(" 200 ").then_some(()));
}
