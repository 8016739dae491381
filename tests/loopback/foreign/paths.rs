//! `<alias>`: another path for what is at a path.

use crate::common::wait_for;

use super::ForeignServer;

#[test]
fn alias_leads_to_the_status_page_and_to_a_mount() {
    let elements = "<paths><alias source=\"/\" dest=\"/status.xsl\"/>\
        <alias source=\"/radio\" destination=\"/live\"/>\
        <alias source=\"/elsewhere\" destination=\"/live\" port=\"1\"/></paths>";
    let foreign = ForeignServer::with_icecast(elements);
    let page = foreign.server.get("/").send().ok();
    assert!(page.contains("Icecast Streaming Media Server"), "{page}");
    let _source = foreign.source_with_audio("/live");
    wait_for("the mount", || foreign.status("/radio").contains(" 200 ").then_some(()));
    assert!(foreign.status("/elsewhere").contains(" 404 "));
}
