//! The command line, and what is printed on stdout and stderr.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::common::{BINARY, Coldwave, Finished, fixture, run_to_end};

/// Checks for one sentence on stderr, nothing on stdout and exit code 1.
#[track_caller]
fn check_refused(finished: &Finished, message: &str) {
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(finished.stdout, "", "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    assert!(finished.stderr.starts_with("coldwave: ") && finished.stderr.contains(message), "{finished:?}");
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
            assert!(help.stdout.contains(named), "{option} does not mention {named}: {}", help.stdout);
        }
    }
}

#[test]
fn invalid_arguments_are_reported_in_one_sentence() {
    check_refused(&run_to_end(&["--loud"]), "--loud");
    check_refused(&run_to_end(&["--listen"]), "--listen");
    check_refused(&run_to_end(&["--listen=nowhere", "x.mp3"]), "nowhere");
    check_refused(&run_to_end(&["/no/such/music"]), "/no/such/music");
    let one_missing = [fixture(crate::common::PLAIN), "no such.mp3".into()];
    check_refused(&run_to_end(&one_missing), "no such.mp3");
}

#[test]
fn port_in_use_is_reported_in_one_sentence() {
    let first = Coldwave::with_music(&[fixture("station")]);
    let address = first.address().to_string();
    check_refused(&run_to_end(&["--listen", &address]), &address);
    // The process that listens there is not disturbed.
    first.listen().until_seconds(1.0);
}

#[test]
fn options_may_have_an_equals_sign() {
    let music = fixture("station");
    for options in [&["--listen=127.0.0.1:0"][..], &["-l", "127.0.0.1:0"]] {
        let mut command = Command::new(BINARY);
        command.args(options).arg(&music);
        let server = Coldwave::start(command, 1);
        server.listen().until("a frame", |it| !it.frames.is_empty());
    }
}

#[test]
fn bundled_station_is_played_without_arguments() {
    let server = Coldwave::with_music(&[""; 0]);
    let mut listener = server.listen_with_titles();
    listener.until("a title", |it| !it.titles().is_empty());
    assert_eq!(listener.titles(), ["Coldwave Ensemble - Föhn over the Skerries"]);
    assert_eq!(listener.head.get("icy-name"), Some("coldwave demo"));
}

#[test]
fn stdout_is_one_line_for_each_address() {
    let mut command = Command::new(BINARY);
    command.args(["--listen", "127.0.0.1:0", "-l", "127.0.0.1:0"]).arg(fixture("station"));
    let mut server = Coldwave::start(command, 2);
    server.listen().until("a frame", |it| !it.frames.is_empty());
    server.signal("TERM");
    assert!(server.wait().success());
    assert_eq!(
        server.stdout().wait_to_end(),
        server.urls.iter().map(|url| format!("{url}\n")).collect::<String>()
    );
}

#[test]
fn rust_log_sets_the_log_level() {
    let logged = |level: Option<&str>| {
        let mut command = Command::new(BINARY);
        command.args(["--listen", "127.0.0.1:0"]).arg(fixture("station")).env_remove("RUST_LOG");
        command.envs(level.map(|level| ("RUST_LOG", level)));
        let mut server = Coldwave::start(command, 1);
        server.listen().until("a frame", |it| !it.frames.is_empty());
        server.signal("TERM");
        assert!(server.wait().success());
        server.log().wait_to_end()
    };
    assert_eq!(logged(Some("off")), "");
    assert_eq!(logged(Some("error")), "");
    let usual = logged(None);
    assert!(usual.contains("INFO") && !usual.contains("DEBUG"), "{usual}");
    assert!(logged(Some("debug")).contains("DEBUG"));
}

/// Returns a loopback address that no other test uses and from which no connection is made.
fn unique_address(last: u8) -> SocketAddr {
    let [high, low] = (std::process::id() as u16).to_be_bytes();
    SocketAddr::from(([127, high.max(1), low, last], 18_000))
}

#[test]
fn server_plays_with_closed_stdout_and_stderr() {
    // Descriptors that are closed from the start, and pipes whose readers are closed before anything is
    // written.
    let closed = unique_address(2);
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" >&- 2>&-", BINARY, &format!("--listen={closed}")]);
    command.arg(fixture("station"));
    let mut servers = vec![Coldwave::start_with_own_output(command, closed)];

    let broken_pipe = unique_address(3);
    let mut command = Command::new(BINARY);
    command.arg(format!("--listen={broken_pipe}")).arg(fixture("station"));
    for end in [Command::stdout, Command::stderr] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        end(&mut command, Stdio::from(writer));
    }
    servers.push(Coldwave::start_with_own_output(command, broken_pipe));

    for server in &mut servers {
        for _ in 0..2 {
            // A listener that leaves is logged.
            server.listen().until_seconds(1.0);
        }
        server.signal("PIPE");
        server.signal("HUP");
        assert_eq!(server.get("/nothing").send().status_line(), "HTTP/1.0 404 Not Found");
        server.get("/live").listen().until_seconds(1.0);
        server.signal("TERM");
        assert!(server.wait().success());
    }
}
