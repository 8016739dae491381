//! Every key of `[server]` and `[directory]` changes while a listener plays.

use super::{ANY_PORT, Reloading, check_gapless};
use crate::common::{Request, fixture};

fn status(server: &Reloading, request: impl FnOnce(Request) -> Request) -> String {
    let reply = request(server.server.get("/api/v1/admin/bans").http11().header("Host", "radio.example"));
    reply.send().status_line().split(' ').nth(1).expect("a status").to_owned()
}

#[test]
fn every_key_of_the_server_changes_without_a_lost_frame() {
    let mut server = Reloading::start(ANY_PORT, 1);
    let mut listener = server.server.listen();
    listener.until_seconds(1.0);
    let mut lines = ANY_PORT.to_owned();
    let authorities = format!("tls_ca = {:?}", fixture("tls/authority.pem"));
    for (line, change) in [
        ("max_listeners = 100", "server: max_listeners: "),
        ("max_connections_per_address = 50", "server: max_connections_per_address: "),
        ("request_memory_mb = 8", "server: request_memory_mb: "),
        ("access_log = \"access.log\"", "server: access_log: "),
        ("log_file = \"/dev/stderr\"", "server: log_file: "),
        ("playlist_log = \"playlist.log\"", "server: playlist_log: "),
        ("pid_file = \"coldwave.pid\"", "server: pid_file: "),
        ("user = \"daemon\"", "server: user: "),
        ("group = \"daemon\"", "server: group: "),
        ("log_level = \"debug\"", "server: log_level: "),
        ("log_size_kb = 20000", "server: log_size_kb: "),
        ("log_archive = true", "server: log_archive: "),
        ("state_dir = \"state\"", "server: state_dir: "),
        ("source_listen = []", "server: source_listen: "),
        ("admin_user = \"boss\"\nadmin_password = \"lighthouse\"", "server: admin_password: "),
        ("trusted_proxies = [\"10.0.0.0/8\"]", "server: trusted_proxies: "),
        ("public_url = \"https://radio.example\"", "server: public_url: "),
        ("metrics = \"public\"", "server: metrics: "),
        ("metrics_icecast_names = true", "server: metrics_icecast_names: "),
        ("encode_workers = 3", "server: encode_workers: "),
        ("robots = \"none\"", "server: robots: "),
        ("location = \"Hamburg\"", "server: location: "),
        ("admin_contact = \"studio@radio.example\"", "server: admin_contact: "),
        ("embed_from = [\"https://www.example.org\"]", "server: embed_from: "),
        (&authorities, "server: tls_ca: "),
    ] {
        lines = format!("{lines}\n{line}");
        server.reload_with(&lines, change);
        let seconds = listener.seconds();
        listener.until_seconds(seconds + 0.3);
    }
    let get = |target: &str| server.server.get(target).http11().header("Host", "radio.example").send();
    assert!(get("/metrics").ok().contains("coldwave_"));
    assert!(get("/robots.txt").ok().contains("Disallow: /"));
    assert!(get("/live.m3u").ok().contains("https://radio.example/live"));
    assert!(server.path("access.log").exists() && server.path("state/bans.jsonl").exists());
    assert_eq!(status(&server, |request| request.auth("boss", "lighthouse")), "200");
    // All of it is taken back at once.
    let log = server.reload(ANY_PORT);
    assert!(log.contains("26 changes; requested by SIGHUP"), "{log}");
    assert!(!server.server.get("/metrics").send().status_line().contains(" 200 "));
    assert_eq!(status(&server, |request| request.auth("boss", "lighthouse")), "403");
    listener.for_seconds(2.0);
    check_gapless(&listener);
}

#[test]
fn changed_admin_password_applies_to_the_next_request() {
    let with = |password: &str| format!("{ANY_PORT}\nadmin_password = \"{password}\"");
    let mut server = Reloading::start(&with("lighthouse"), 1);
    assert_eq!(status(&server, |request| request.auth("admin", "lighthouse")), "200");
    server.reload_with(&with("deep water"), "server: admin_password: changed");
    assert_eq!(status(&server, |request| request.auth("admin", "lighthouse")), "401");
    assert_eq!(status(&server, |request| request.auth("admin", "deep water")), "200");
    assert!(!server.server.log().text().contains("deep water"));
}

#[test]
fn reload_without_a_change_says_so_and_finds_new_music() {
    let mut server = Reloading::start(ANY_PORT, 1);
    let mut listener = server.server.listen();
    listener.until_seconds(1.0);
    let log = server.reload_file();
    assert!(log.contains("nothing has changed; requested by SIGHUP"), "{log}");
    listener.for_seconds(2.0);
    check_gapless(&listener);
}
