//! A first configuration, and the health check.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::common::tls::Authority;
use crate::common::{BINARY, Coldwave, fixture, run_to_end, two_free_ports};

fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn new_configuration_runs_as_it_is_and_is_healthy_without_a_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("radio.toml");
    let written = run_to_end(&["init", text(&path)]);
    assert_eq!((written.code, written.stderr.as_str()), (Some(0), ""));
    assert!(written.stdout.contains(&format!("coldwave -c {}\n", path.display())), "{}", written.stdout);
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
    let config = fs::read_to_string(&path).expect("the file");

    let again = run_to_end(&["init", text(&path)]);
    assert_eq!((again.code, again.stderr.contains("exists already")), (Some(1), true), "{again:?}");
    assert_eq!(fs::read_to_string(&path).expect("the file"), config);

    let check = run_to_end(&["--check", "-c", text(&path)]);
    assert_eq!((check.code, check.stderr.as_str()), (Some(0), ""), "{check:?}");

    let port = two_free_ports();
    fs::write(&path, config.replace("[::]:8000", &format!("127.0.0.1:{port}"))).expect("the file");
    let not_yet = run_to_end(&["health", "-c", text(&path)]);
    let expected = format!("coldwave: http://127.0.0.1:{port} does not answer: ");
    assert_eq!((not_yet.code, not_yet.stdout.as_str()), (Some(1), ""));
    assert!(not_yet.stderr.starts_with(&expected), "{not_yet:?}");

    let mut command = Command::new(BINARY);
    command.arg("-c").arg(&path);
    let server = Coldwave::start(command, 1);
    for arguments in [&["health", "-c", text(&path)][..], &["health", &port.to_string()]] {
        let health = run_to_end(arguments);
        assert_eq!((health.code, health.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(health.stdout.ends_with(&format!(":{port} works\n")), "{health:?}");
    }
    for (path, body) in [("/healthz", "ok\r\n"), ("/healthz/live", "ok\r\n"), ("/healthz/ready", "ok\r\n")] {
        let reply = server.get(path).send();
        assert!(reply.status_line().contains(" 200 ") && reply.text() == body, "{path}: {reply:?}");
    }
}

#[test]
fn health_of_a_server_that_speaks_only_tls_needs_no_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = Authority::new("The first").certificate(&["radio.example"]);
    let port = two_free_ports();
    let path = folder.path().join("coldwave.toml");
    let config = format!(
        "[server]\nlisten = {{ address = \"127.0.0.1:{port}\", tls_only = true }}\nsource_listen = []\n\
         {}[[station]]\nmusic = {:?}\n",
        certificate.write(folder.path(), "radio.example"),
        fixture("station"),
    );
    fs::write(&path, config).expect("the file");
    let mut command = Command::new(BINARY);
    command.arg("-c").arg(&path);
    let server = Coldwave::start(command, 1);
    let health = run_to_end(&["health", "-c", text(&path)]);
    assert_eq!((health.code, health.stderr.as_str()), (Some(0), ""), "{}", server.log().text());
}

#[test]
fn example_has_every_key() {
    let printed = run_to_end(&["--example-config"]);
    let file = fs::read_to_string(fixture("config/example.toml")).expect("the example");
    assert_eq!((printed.code, printed.stdout == file), (Some(0), true));
}
