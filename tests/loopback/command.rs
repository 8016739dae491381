//! The command line, and what is printed on stdout and stderr.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::common::{BINARY, Coldwave, Finished, fixture, run_to_end};
use crate::config::check_golden;

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
        for (arguments, golden) in [(&[option][..], "help.txt"), (&["probe", option][..], "probe-help.txt")] {
            let help = run_to_end(arguments);
            assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""), "{arguments:?}");
            check_golden(help.stdout.as_bytes(), golden);
        }
    }
    assert_eq!(run_to_end(&["-V"]).stdout, version.stdout);
}

#[test]
fn invalid_arguments_are_reported_in_one_sentence() {
    check_refused(&run_to_end(&["--loud"]), "--loud");
    check_refused(&run_to_end(&["--shufle", "x.mp3"]), "did you mean --shuffle?");
    check_refused(&run_to_end(&["--listen=8000", "--listen=8000", "x.mp3"]), "leave one of them out");
    check_refused(&run_to_end(&["relay"]), "coldwave relay http://radio.example:8000/live");
    check_refused(&run_to_end(&["http://a.example/live"]), "use coldwave relay http://a.example/live");
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
    let music = fixture("station");
    let second = run_to_end(&["--listen", &address, music.to_str().expect("UTF-8")]);
    check_refused(&second, &address);
    let port = first.address().port();
    check_refused(&second, &format!("`ss -ltnp \"sport = :{port}\"` shows by which program"));
    check_refused(&second, &format!("-l {}", if port < 65435 { port + 100 } else { 8000 }));
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
    let log = server.log().text();
    assert!(log.contains("no music given: playing the demo station; your own: coldwave ~/Music"), "{log}");
    assert!(!log.contains("has just changed"), "{log}");
}

#[test]
fn demo_is_part_of_the_program_and_written_to_a_private_directory() {
    let folder = tempfile::tempdir().expect("a folder");
    // Outside of the checkout, as after `cargo install`.
    let program = folder.path().join("coldwave");
    std::fs::copy(BINARY, &program).expect("disk space");
    let runtime = folder.path().join("runtime");
    std::fs::create_dir(&runtime).expect("a folder");
    let mut command = Command::new(&program);
    command.args(["--listen", "127.0.0.1:0"]).current_dir(folder.path()).env("XDG_RUNTIME_DIR", &runtime);
    let server = Coldwave::start(command, 1);
    server.listen().until("a frame", |it| !it.frames.is_empty());
    let entries: Vec<_> =
        std::fs::read_dir(&runtime).expect("a folder").map(|it| it.expect("a file")).collect();
    let [demo] = entries.as_slice() else { panic!("{entries:?}") };
    let mode = demo.metadata().expect("a folder").permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
}

/// The limit is also a signal, which would kill the process before the log says why.
#[test]
fn file_size_limit_of_the_demo_ends_no_process_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 8; exec \"$0\" --check", BINARY]).env_remove("XDG_RUNTIME_DIR");
    let output = command.env("TMPDIR", folder.path()).output().expect("sh can be run");
    // The demo may be complete below /tmp, which is tried last.
    assert!(output.status.code().is_some(), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || stderr.contains("01-foehn-over-the-skerries.mp3: "), "{stderr}");
    let folders = std::fs::read_dir(folder.path()).expect("a folder");
    let files = folders.flat_map(|demo| std::fs::read_dir(demo.expect("a demo").path()).expect("a demo"));
    assert_eq!(files.count(), 0, "no part of a file is left");
}

#[test]
fn files_in_the_wrong_place_are_recognised_by_their_content() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let icecast = file("icecast.xml", b"<icecast>\n  <limits><clients>100</clients></limits>\n</icecast>\n");
    let sc_serv = file("sc_serv.conf", b"PortBase=8000\nMaxUser=32\n");
    let toml = file("radio.conf", b"[[station]]\nmusic = \"x\"\n");
    let song = file("song.mp3", &std::fs::read(fixture("station/03-blue-hour-waltz.mp3")).expect("a track"));
    let utf_16: Vec<u8> = "[[station]]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (arguments, expected) in [
        (vec![icecast.as_str()], "use -c "),
        (vec![&sc_serv], "use -c "),
        (vec![toml.as_str()], "radio.conf is a configuration file of coldwave, not music: use -c "),
        (vec!["-c", &song], "song.mp3 is music, not a configuration file: coldwave "),
        (vec!["-c", &file("utf-16.toml", &[b"\xff\xfe", &utf_16[..]].concat())], ":1: is UTF-16"),
        (vec!["-c", &file("no-bom.toml", &utf_16)], ":1: is UTF-16: the file must be saved as UTF-8"),
        (vec!["-c", "missing.toml"], "missing.toml: no such file"),
        (vec!["-c", folder.path().to_str().expect("UTF-8")], "is a directory"),
        (vec!["-c", &toml, &song], "or write music = ["),
    ] {
        let finished = run_to_end(&arguments);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""), "{finished:?}");
        assert!(finished.stderr.contains(expected) && finished.stderr.lines().count() == 1, "{finished:?}");
    }
    let station = fixture("station");
    let text = format!("\u{feff}[server]\r\nlisten = 0\r\n[[station]]\r\nmusic = {station:?}\r\n");
    let windows = run_to_end(&["--check", "-c", &file("windows.toml", text.as_bytes())]);
    assert_eq!(windows.code, Some(0), "a byte order mark and CR LF: {windows:?}");
}

#[test]
fn first_lines_say_where_the_pages_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Coldwave::with_music(&[fixture("station")]);
    let url = server.url().strip_suffix("live").expect("a mount").to_owned();
    let log = server.log();
    log.wait_for("admin page: off; admin_password in [server] of a configuration file switches it on");
    assert!(log.text().contains(&format!("page for listeners: {url}\n")), "{}", log.text());
    let port = server.address().port();
    let only =
        format!("only this machine reaches 127.0.0.1:{port}: to listen on all addresses, use -l {port}");
    assert!(log.text().contains(&only), "{}", log.text());
    let config = format!(
        "[server]\nlisten = \"localhost:0\"\nadmin_password = \"deep water\"\n[[station]]\nmusic = {:?}\n",
        fixture("station")
    );
    let server = Coldwave::with_config(folder.path(), &config, 1);
    let url = server.url().strip_suffix("live").expect("a mount");
    server.log().wait_for(&format!("admin page: {url}admin/, user \"admin\""));
    let port = server.address().port();
    server
        .log()
        .wait_for(&format!("to listen on all addresses, set listen = {port} in [server] of the file"));
}

#[test]
fn signals_that_mean_nothing_are_ignored() {
    let server = Coldwave::with_music(&[fixture("station")]);
    for signal in ["USR2", "ALRM", "VTALRM", "PROF", "IO", "XFSZ"] {
        server.signal(signal);
        server.log().wait_for(&format!("SIG{signal}"));
    }
    server.log().wait_for("SIGUSR2 is ignored: SIGTERM and SIGINT stop coldwave");
    server.listen().until_seconds(1.0);
}

#[test]
fn mistake_in_rust_log_does_not_silence_the_log() {
    let mut command = Command::new(BINARY);
    command.args(["--listen", "127.0.0.1:0"]).arg(fixture("station")).env("RUST_LOG", "verbose");
    let server = Coldwave::start(command, 1);
    server.log().wait_for("RUST_LOG: \"verbose\" is no level: off, error, warn, info, debug or trace");
    server.log().wait_for("AutoDJ is on the air");
}

#[test]
fn stdout_is_one_line_for_each_address() {
    let mut command = Command::new(BINARY);
    command.args(["--listen", "127.0.0.1:0", "-l", "127.0.0.1:0"]).arg(fixture("station"));
    let mut server = Coldwave::start(command, 2);
    server.listen().until("a frame", |it| !it.frames.is_empty());
    server.signal("TERM");
    assert!(server.wait().success());
    assert_eq!(server.stdout().text(), server.urls.iter().map(|url| format!("{url}\n")).collect::<String>());
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
        server.log().text()
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
