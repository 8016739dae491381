//! The command line as it is typed, and what comes back on stdout and stderr.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::common::{BINARY, Coldwave, Ended, Listening, fixture, run_to_end};

/// One sentence on stderr, nothing on stdout, exit code 1.
#[track_caller]
fn check_refused(ended: &Ended, says: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with("coldwave: ") && ended.stderr.contains(says), "{ended:?}");
}

#[test]
fn version_and_help_are_printed() {
    let version = run_to_end(&["--version"]);
    assert_eq!(version.code, Some(0));
    assert_eq!(version.stdout, concat!("coldwave ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(version.stderr, "");
    for option in ["--help", "-h"] {
        let help = run_to_end(&[option]);
        assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""), "{option}");
        for named in ["--listen", "--shuffle", "--version", ".m3u"] {
            assert!(help.stdout.contains(named), "{option} does not tell of {named}: {}", help.stdout);
        }
    }
}

#[test]
fn mistakes_are_told_in_one_sentence() {
    check_refused(&run_to_end(&["--loud"]), "--loud");
    check_refused(&run_to_end(&["--listen"]), "--listen");
    check_refused(&run_to_end(&["--listen=nowhere", "x.mp3"]), "nowhere");
    check_refused(&run_to_end(&["/no/such/music"]), "/no/such/music");
    let also_there = [fixture(crate::common::PLAIN), "no such.mp3".into()];
    check_refused(&run_to_end(&also_there), "no such.mp3");
}

#[test]
fn a_taken_port_is_told_in_one_sentence() {
    let first = Coldwave::playing(&[fixture("station")]);
    let address = first.address().to_string();
    check_refused(&run_to_end(&["--listen", &address]), &address);
    // The one who has it is not disturbed.
    first.listen().until_seconds(1.0);
}

#[test]
fn options_may_be_typed_with_an_equals_sign() {
    let music = fixture("station");
    for options in [&["--listen=127.0.0.1:0"][..], &["-l", "127.0.0.1:0"]] {
        let mut command = Command::new(BINARY);
        command.args(options).arg(&music);
        let server = Coldwave::started(command, 1);
        server.listen().until("a frame", |it| !it.frames.is_empty());
    }
}

#[test]
fn without_music_the_bundled_station_is_played() {
    let server = Coldwave::playing(&[""; 0]);
    let mut listening = server.listen_with_titles();
    listening.until("a title", |it| !it.titles().is_empty());
    assert_eq!(listening.titles(), ["Coldwave Ensemble - Föhn over the Skerries"]);
    assert_eq!(listening.head.get("icy-name"), Some("coldwave demo"));
}

#[test]
fn one_line_for_each_address_is_all_of_stdout() {
    let mut command = Command::new(BINARY);
    command.args(["--listen", "127.0.0.1:0", "-l", "127.0.0.1:0"]).arg(fixture("station"));
    let mut server = Coldwave::started(command, 2);
    server.listen().until("a frame", |it| !it.frames.is_empty());
    server.signal("TERM");
    assert!(server.wait().success());
    assert_eq!(server.stdout().whole(), server.urls.iter().map(|url| format!("{url}\n")).collect::<String>());
}

#[test]
fn what_is_logged_is_set_by_rust_log() {
    let logged = |level: Option<&str>| {
        let mut command = Command::new(BINARY);
        command.args(["--listen", "127.0.0.1:0"]).arg(fixture("station")).env_remove("RUST_LOG");
        command.envs(level.map(|level| ("RUST_LOG", level)));
        let mut server = Coldwave::started(command, 1);
        server.listen().until("a frame", |it| !it.frames.is_empty());
        server.signal("TERM");
        assert!(server.wait().success());
        server.log().whole()
    };
    assert_eq!(logged(Some("off")), "");
    assert_eq!(logged(Some("error")), "");
    let usual = logged(None);
    assert!(usual.contains("INFO") && !usual.contains("DEBUG"), "{usual}");
    assert!(logged(Some("debug")).contains("DEBUG"));
}

/// An address of this machine that no other test has, and from which no connection is ever made.
fn own_address(last: u8) -> SocketAddr {
    let [high, low] = (std::process::id() as u16).to_be_bytes();
    SocketAddr::from(([127, high.max(1), low, last], 18_000))
}

#[test]
fn it_plays_though_nobody_reads_what_it_says() {
    // Closed from the start, and pipes whose other ends are gone before anything is written.
    let closed = own_address(2);
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" >&- 2>&-", BINARY, &format!("--listen={closed}")]);
    command.arg(fixture("station"));
    let mut servers = vec![Coldwave::silently(command, closed)];

    let gone = own_address(3);
    let mut command = Command::new(BINARY);
    command.arg(format!("--listen={gone}")).arg(fixture("station"));
    for end in [Command::stdout, Command::stderr] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        end(&mut command, Stdio::from(writer));
    }
    servers.push(Coldwave::silently(command, gone));

    for server in &mut servers {
        for _ in 0..2 {
            // Someone who leaves is logged.
            server.listen().until_seconds(1.0);
        }
        server.signal("PIPE");
        server.signal("HUP");
        let mut peer = server.ask("GET /nothing HTTP/1.0");
        assert_eq!(peer.head().status, "HTTP/1.0 404 Not Found");
        Listening::to(server.ask("GET /live HTTP/1.0")).until_seconds(1.0);
        server.signal("TERM");
        assert!(server.wait().success());
    }
}
