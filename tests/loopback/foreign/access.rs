//! `<deny-ip>`, `<allow-ip>`, `<deny-agents>` and `<x-forwarded-for>`: who is refused.

use std::fs;
use std::io::ErrorKind;
use std::net::Ipv4Addr;

use super::{ForeignServer, icecast_xml};
use crate::common::{Peer, wait_for};

/// Addresses of this machine are never refused, so all clients come through a proxy on it, as AzuraCast's do.
const PROXIED: &str = "<paths><x-forwarded-for>127.0.0.1</x-forwarded-for>";

/// Requests the mount through the proxy for this client.
fn listen(foreign: &ForeignServer, client: &str, agent: &str) -> Peer {
    foreign.server.get("/live").header("X-Forwarded-For", client).agent(agent).open()
}

fn status(foreign: &ForeignServer, client: &str, agent: &str) -> u16 {
    let status = listen(foreign, client, agent).head().status;
    status.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default()
}

/// Starts a server with these elements in `<paths>` and a live source at `/live`.
fn start(paths: &str, files: &[(&str, &str)]) -> (ForeignServer, Peer) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("room");
    }
    let foreign = ForeignServer::with_icecast_in(folder, &format!("{PROXIED}{paths}</paths>"));
    let source = foreign.source_with_audio("/live");
    wait_for("the mount", || foreign.status("/live").contains(" 200 ").then_some(()));
    (foreign, source)
}

#[test]
fn ban_that_is_written_before_sighup_disconnects_the_listener() {
    let paths = "<deny-ip>{folder}/ip_bans.txt</deny-ip>\
        <deny-agents>{folder}/user_agent_bans.txt</deny-agents>";
    let files = [("ip_bans.txt", "192.0.2.1\nradio.example\n"), ("user_agent_bans.txt", "*EvilBot*\n")];
    let (foreign, _source) = start(paths, &files);
    foreign.server.log().wait_for("ip_bans.txt: line 2: \"radio.example\" is no address, network or pattern");
    foreign.server.log().wait_for("deny_ip_file: 1 entry in force");
    let statuses = ["192.0.2.1", "203.0.113.9"].map(|client| status(&foreign, client, "VLC/3.0"));
    assert_eq!(statuses, [403, 200]);
    assert_eq!(status(&foreign, "203.0.113.9", "Mozilla/5.0 (EvilBot)"), 403);
    let mut listener = listen(&foreign, "203.0.113.9", "VLC/3.0");
    assert!(listener.head().status.contains(" 200 "));
    fs::write(foreign.folder.path().join("ip_bans.txt"), "203.0.113.0/24\n").expect("room");
    foreign.server.signal("HUP");
    let ended = listener.read_to_end();
    assert!(ended.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::ConnectionReset), "{ended:?}");
    foreign.server.log().wait_for("1 connection closed: the lists of addresses and programs refuse it");
    let statuses = ["192.0.2.1", "203.0.113.9"].map(|client| status(&foreign, client, "VLC/3.0"));
    assert_eq!(statuses, [200, 403]);
}

#[test]
fn list_that_changes_is_in_force_without_a_signal() {
    let paths = "<banfile>{folder}/bans</banfile><allow-ip>{folder}/allowed</allow-ip>";
    let (foreign, _source) = start(paths, &[("allowed", "203.0.113.*\n")]);
    foreign.server.log().wait_for("bans does not exist: what was read from it last stays in force");
    let statuses = ["203.0.113.9", "192.0.2.1"].map(|client| status(&foreign, client, "VLC/3.0"));
    assert_eq!(statuses, [200, 403]);
    fs::write(foreign.folder.path().join("bans"), "203.0.113.9\n").expect("room");
    wait_for("the ban", || (status(&foreign, "203.0.113.9", "VLC/3.0") == 403).then_some(()));
    foreign.server.log().wait_for("deny_ip_file: 1 entry in force");
    fs::remove_file(foreign.folder.path().join("allowed")).expect("a file");
    foreign.server.log().wait_for("allowed does not exist: what was read from it last stays in force");
    assert_eq!(status(&foreign, "192.0.2.1", "VLC/3.0"), 403, "the list is still in force");
    let own_machine = Ipv4Addr::new(127, 0, 0, 2);
    let from_here = foreign.server.get("/live").from(own_machine).open().head().status;
    assert!(from_here.contains(" 200 "), "{from_here}");
}

#[test]
fn without_x_forwarded_for_the_header_is_not_believed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("bans"), "203.0.113.9\n").expect("room");
    let foreign = ForeignServer::with_icecast_in(folder, "<paths><deny-ip>{folder}/bans</deny-ip></paths>");
    let _source = foreign.source_with_audio("/live");
    wait_for("the mount", || foreign.status("/live").contains(" 200 ").then_some(()));
    assert_eq!(status(&foreign, "203.0.113.9", "VLC/3.0"), 200);
    let with_proxy = format!("{PROXIED}<ban-file>{{folder}}/bans</ban-file></paths>");
    foreign.reload(&icecast_xml(&with_proxy));
    wait_for("the reload", || (status(&foreign, "203.0.113.9", "VLC/3.0") == 403).then_some(()));
}

#[test]
fn list_of_a_hundred_thousand_lines_is_in_force_at_the_start() {
    let line = |index: u32| format!("10.{}.{}.{}\n", index >> 16, (index >> 8) & 255, index & 255);
    let list: String = (0..100_000).map(line).collect();
    let (foreign, _source) = start("<deny-ip>{folder}/bans</deny-ip>", &[("bans", &list)]);
    foreign.server.log().wait_for("deny_ip_file: 100000 entries in force");
    let statuses =
        ["10.0.0.0", "10.1.134.159", "10.1.134.160"].map(|client| status(&foreign, client, "VLC/3.0"));
    assert_eq!(statuses, [403, 403, 200]);
}
