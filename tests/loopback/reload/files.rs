//! Files that a reload opens and leaves: the access log and the state directory.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{ANY_PORT, Reloading, check_gapless, configuration};
use crate::common::{Request, two_free_ports, wait_for};

fn with(lines: &str) -> String {
    format!("{ANY_PORT}\nadmin_password = \"lighthouse\"\n{lines}")
}

fn api(server: &Reloading, method: &str, target: &str) -> Request {
    let request = Request::new(server.server.address(), method, target).http11();
    request.header("Host", "radio.example").auth("admin", "lighthouse")
}

/// Sends a request whose line in the access log names `page`.
fn request(server: &Reloading, page: &str) {
    server.server.get(&format!("/{page}")).send();
}

#[track_caller]
fn wait_for_line(path: &Path, page: &str) {
    let has_line = || fs::read_to_string(path).is_ok_and(|text| text.contains(page));
    wait_for(&format!("{page} in {}", path.display()), || has_line().then_some(()));
}

#[test]
fn access_log_moves_ends_and_begins_again() {
    let mut server = Reloading::start(&with("access_log = \"one.log\""), 1);
    let (one, two) = (server.path("one.log"), server.path("two.log"));
    request(&server, "first");
    server.reload_with(&with("access_log = \"two.log\""), "server: access_log: ");
    request(&server, "second");
    wait_for_line(&two, "/second");
    wait_for_line(&one, "/first");
    assert!(!fs::read_to_string(&one).expect("a file").contains("/second"));
    server.reload_with(&with(""), "server: access_log: ");
    request(&server, "third");
    server.reload_with(&with("access_log = \"one.log\""), "server: access_log: ");
    request(&server, "fourth");
    wait_for_line(&one, "/fourth");
    assert!([one, two].iter().all(|path| !fs::read_to_string(path).expect("a file").contains("/third")));
}

#[test]
fn access_log_that_cannot_be_opened_refuses_the_reload() {
    let mut server = Reloading::start(&with("access_log = \"one.log\""), 1);
    server.refused(&with("access_log = \"missing/two.log\"\nrobots = \"none\""), "access_log: ");
    fs::create_dir(server.path("folder")).expect("the folder is writable");
    server.refused(&with("access_log = \"folder\"\nrobots = \"none\""), "access_log: ");
    request(&server, "first");
    wait_for_line(&server.path("one.log"), "/first");
}

#[test]
fn state_moves_with_bans_and_ids_and_the_old_directory_stays() {
    let mut server = Reloading::start(&with("state_dir = \"old\""), 1);
    let mut listener = server.server.listen();
    listener.until_seconds(1.0);
    let ban = |server: &Reloading, address: &str| {
        let reply = api(server, "POST", "/api/v1/admin/bans").body(&format!("address={address}")).send();
        assert_eq!(reply.json()["saved"], true, "{address}");
    };
    ban(&server, "203.0.113.1");
    fs::create_dir(server.path("new")).expect("the folder is writable");
    let stored = fs::read_to_string(server.path("old/bans.jsonl")).expect("a file");
    fs::write(server.path("new/bans.jsonl"), stored.replace("203.0.113.1", "203.0.113.2")).expect("a file");
    server.reload_with(&with("state_dir = \"new\""), "server: state_dir: ");
    let bans = api(&server, "GET", "/api/v1/admin/bans").send().ok();
    assert!(bans.contains("203.0.113.1") && bans.contains("203.0.113.2"), "{bans}");
    ban(&server, "203.0.113.3");
    let stored = fs::read_to_string(server.path("new/bans.jsonl")).expect("a file");
    assert!(["1", "2", "3"].iter().all(|end| stored.contains(&format!("203.0.113.{end}"))), "{stored}");
    for (file, content) in [("statistics.jsonl", "/live"), ("station_ids.jsonl", "/live")] {
        wait_for_line(&server.path(&format!("new/{file}")), content);
    }
    let left = fs::read_to_string(server.path("old/bans.jsonl")).expect("a file");
    assert!(left.contains("203.0.113.1") && !left.contains("203.0.113.3"), "{left}");
    server.reload_with(&with(""), "server: state_dir: ");
    let bans = api(&server, "GET", "/api/v1/admin/bans").send().ok();
    assert!(bans.contains("203.0.113.3"), "{bans}");
    listener.for_seconds(1.0);
    check_gapless(&listener);
}

/// Returns the number of threads of the server with this name.
fn threads(server: &Reloading, name: &str) -> usize {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.server.pid())).expect("/proc shows threads");
    let is_named = |task: &fs::DirEntry| {
        fs::read_to_string(task.path().join("comm")).is_ok_and(|found| found.trim_end() == name)
    };
    tasks.filter_map(Result::ok).filter(is_named).count()
}

#[test]
fn state_directory_under_another_name_stays_in_use() {
    let mut server = Reloading::start(&with("state_dir = \"state\""), 1);
    symlink(server.path("state"), server.path("link")).expect("a link");
    let ban = api(&server, "POST", "/api/v1/admin/bans").body("address=203.0.113.1").send();
    assert_eq!(ban.json()["saved"], true);
    server.reload_with(&with("state_dir = \"link\""), "server: state_dir: ");
    assert_eq!(threads(&server, "bans"), 1, "one thread writes the file");
    api(&server, "POST", "/api/v1/admin/bans/remove").body("value=203.0.113.1").send().ok();
    let stored = || fs::read_to_string(server.path("state/bans.jsonl")).expect("a file");
    wait_for("a file without bans", || (!stored().contains("203.0.113.1")).then_some(()));
    server.reload_with(&with("state_dir = \"state\""), "server: state_dir: ");
    assert!(!api(&server, "GET", "/api/v1/admin/bans").send().ok().contains("203.0.113.1"));
}

#[test]
fn refused_reload_leaves_the_bans_of_another_directory_as_they_are() {
    let mut server = Reloading::start(&with(""), 1);
    fs::create_dir(server.path("new")).expect("the folder is writable");
    let text = "# Written by hand.\n";
    fs::write(server.path("new/bans.jsonl"), text).expect("the folder is writable");
    let lines = with("state_dir = \"new\"");
    server.refused(&lines.replace("127.0.0.1:0", "192.0.2.1:8000"), "cannot listen on 192.0.2.1:8000");
    assert_eq!(fs::read_to_string(server.path("new/bans.jsonl")).expect("a file"), text);
    server.reload_with(&lines, "server: state_dir: ");
    wait_for_line(&server.path("new/bans.jsonl"), "coldwave rewrites this file");
}

#[test]
fn answer_of_a_reload_names_what_cannot_be_used() {
    let server = Reloading::start(&with(""), 1);
    fs::create_dir_all(server.path("new/loudness.txt")).expect("the folder is writable");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address");
    let lines = with(&format!("state_dir = \"new\"\nsource_listen = [\"{port}\"]"));
    server.write(&format!("{}source_password = \"deep water\"\n", configuration(&lines)));
    let report = api(&server, "POST", "/api/v1/admin/reload").send().json();
    assert_eq!(report["result"], "applied", "{report}");
    let warnings = report["warnings"].to_string();
    for expected in ["the loudness of tracks is not stored: ", "SHOUTcast sources can use the listening port"]
    {
        assert!(warnings.contains(expected), "{expected:?} is missing in {warnings}");
        assert_eq!(server.server.log().count(expected), 1, "{expected}");
    }
}

#[test]
fn state_directory_that_cannot_be_created_refuses_the_reload() {
    let mut server = Reloading::start(&with(""), 1);
    fs::write(server.path("file"), "").expect("the folder is writable");
    server.refused(&with("state_dir = \"file\""), "state_dir: ");
    server.refused(&with("state_dir = \"file/folder\""), "state");
}

#[test]
fn open_files_stay_the_same_over_many_reloads() {
    let ports = [two_free_ports(), two_free_ports()];
    let lines = |at: usize| {
        let number = at % 2;
        format!(
            "listen = [\"127.0.0.1:0\", \"127.0.0.1:{}\"]\nadmin_password = \"lighthouse\"\n\
             access_log = \"{number}.log\"\nstate_dir = \"state-{number}\"\nmetrics = \"{}\"",
            ports[number],
            ["public", "off"][number]
        )
    };
    let mut server = Reloading::start(&lines(0), 2);
    let mut listener = server.server.listen();
    (1..5).for_each(|at| drop(server.reload(&lines(at))));
    listener.until_seconds(1.0);
    let before = server.server.descriptors();
    for at in 5..25 {
        // Every third one is refused after files were opened.
        // Every third one is refused after files were opened.
        if at % 3 == 0 {
            let free = format!("127.0.0.1:{}", ports[(at + 1) % 2]);
            server
                .refused(&lines(at + 1).replace(&free, "192.0.2.1:8000"), "cannot listen on 192.0.2.1:8000");
        }
        let log = server.reload(&lines(at));
        assert!(log.contains("configuration reloaded in "), "{log}");
    }
    let server = &server.server;
    wait_for("as many open files as before", || (server.descriptors() <= before).then_some(()));
    listener.for_seconds(1.0);
    check_gapless(&listener);
}
