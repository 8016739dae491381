//! What SIGHUP and SIGUSR1 do, alone, many at once, and while the server stops.

use std::fs;
use std::process::Command;

use super::{ANY_PORT, Reloading, check_gapless, configuration};
use crate::common::{Coldwave, PLAIN, track, wait_for};

#[test]
fn sigusr1_reopens_the_log_and_reads_no_configuration() {
    let mut server = Reloading::start(&format!("{ANY_PORT}\naccess_log = \"access.log\""), 1);
    server.write("half [edited");
    let (log, moved) = (server.path("access.log"), server.path("access.log.1"));
    fs::rename(&log, &moved).expect("a file");
    server.server.signal("USR1");
    wait_for("the new access log", || log.exists().then_some(()));
    assert_eq!(server.server.log().count("; requested by "), 0);
    // SIGHUP reads the file, and reopens the log although the file is bad.
    fs::rename(&log, &moved).expect("a file");
    server.refused_file("coldwave.toml:1");
    wait_for("the new access log", || log.exists().then_some(()));
}

#[test]
fn storm_of_sighups_ends_with_the_newest_configuration() {
    let server = Reloading::start(ANY_PORT, 1);
    let mut listener = server.server.listen();
    listener.until_seconds(1.0);
    server.write(&configuration(&format!("{ANY_PORT}\nrobots = \"none\"")));
    let storm = format!("for i in $(seq 100); do kill -HUP {}; done", server.server.pid());
    assert!(Command::new("sh").args(["-c", &storm]).status().expect("a shell").success());
    let robots = || server.server.get("/robots.txt").send().ok();
    wait_for("the new configuration", || robots().contains("Disallow: /\n").then_some(()));
    // One more reload ends after all of the storm.
    let reloads = server.server.log().count("; requested by ");
    assert!((1..=100).contains(&reloads), "{reloads} reloads");
    assert_eq!(server.server.log().count("reload: server: robots: "), 1);
    listener.for_seconds(1.0);
    check_gapless(&listener);
    server.server.signal("HUP");
    wait_for("another reload", || (server.server.log().count("; requested by ") > reloads).then_some(()));
}

#[test]
fn reload_during_shutdown_does_not_delay_it() {
    let mut server = Reloading::start(ANY_PORT, 1);
    let mut listener = server.server.listen();
    listener.until_seconds(1.0);
    let both = format!("kill -HUP {0}; kill -TERM {0}; kill -HUP {0}", server.server.pid());
    assert!(Command::new("sh").args(["-c", &both]).status().expect("a shell").success());
    listener.until_end().expect("the stream ends cleanly");
    assert!(listener.is_whole());
    assert!(server.server.wait().success());
}

#[test]
fn arguments_of_the_command_line_are_read_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    track(folder.path(), "a.mp3", PLAIN, 100);
    let server = Coldwave::with_music(&[folder.path()]);
    let ended = |count| {
        let log = server.log();
        wait_for("the end of a reload", || (log.count("; requested by SIGHUP") >= count).then_some(()));
    };
    server.signal("HUP");
    ended(1);
    server.log().wait_for("nothing has changed; requested by SIGHUP");
    fs::rename(folder.path().join("a.mp3"), folder.path().join("b.mp3")).expect("a file");
    fs::remove_file(folder.path().join("b.mp3")).expect("a file");
    fs::remove_dir(folder.path()).expect("an empty folder");
    server.signal("HUP");
    ended(2);
    server.log().wait_for("configuration not reloaded, nothing has changed; requested by SIGHUP");
    server.get("/live").open().head();
}
