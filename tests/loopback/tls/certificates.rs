//! The life of certificates: chosen by name, replaced while listeners play, gone bad and good again.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::common::tls::{Authority, ServerCertificate, pem};
use crate::common::{BINARY, Coldwave, Listener, Request, fixture, wait_for};

/// A user without permissions, and its group.
const UNPRIVILEGED: u32 = 65_534;

const PASSWORD: &str = "kept-for-tests-only";

/// A server whose certificates the test changes. It runs as a user without permissions, because root can read
/// every file.
struct Station {
    folder: tempfile::TempDir,
    authority: Authority,
    server: Coldwave,
    reloads: usize,
}

impl Station {
    /// Starts a server with certificates for these names, each in files of the same name.
    fn start(names: &[&str]) -> (Self, Vec<ServerCertificate>) {
        Self::start_with(names, |authority, name| authority.certificate(&[name]))
    }

    /// Starts a server with the certificates that are issued for these names.
    fn start_with(
        names: &[&str],
        issue: impl Fn(&Authority, &str) -> ServerCertificate,
    ) -> (Self, Vec<ServerCertificate>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
        let authority = Authority::new("tests");
        let all: Vec<_> = names.iter().map(|name| issue(&authority, name)).collect();
        all.iter().zip(names).for_each(|(it, name)| drop(it.write(folder.path(), name)));
        let config = folder.path().join("coldwave.toml");
        fs::write(&config, configuration(folder.path(), "[\"127.0.0.1:0\"]", names)).expect("a file");
        let server = Coldwave::start(command(&config), 1);
        (Self { folder, authority, server, reloads: 0 }, all)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, certificate: &ServerCertificate, name: &str) {
        certificate.write(self.folder.path(), name);
    }

    /// Returns the certificate that a client gets that wants to reach `name`.
    fn presented(&self, name: &str) -> String {
        let client = self.authority.client().named(name).without_resumption();
        pem(
            "CERTIFICATE",
            &client.connect(self.server.address()).agreed().certificate.expect("a certificate"),
        )
    }

    fn listen(&self, name: &str) -> Listener {
        let request = Request::new(self.server.address(), "GET", "/live").http11();
        let request = request.header("Host", name).agent("tests");
        request.over_tls(&self.authority.client().named(name)).listen()
    }

    /// Reloads a configuration with these addresses and certificates. Returns the lines of the log about it.
    fn reload(&mut self, listen: &str, names: &[&str]) -> String {
        let text = configuration(self.folder.path(), listen, names);
        fs::write(self.path("coldwave.toml"), text).expect("the folder is writable");
        let before = self.server.log().text().len();
        self.server.signal("HUP");
        self.reloads += 1;
        let log = self.server.log();
        wait_for("the end of a reload", || (log.count("; requested by ") >= self.reloads).then_some(()));
        log.text()[before..].to_owned()
    }

    /// Returns the certificates as the API shows them.
    fn status(&self) -> Value {
        let path = "/api/v1/admin/certificates";
        self.server.get(path).http11().header("Host", "x").auth("admin", PASSWORD).send().json()
    }
}

fn configuration(folder: &Path, listen: &str, names: &[&str]) -> String {
    let table = |name: &&str| {
        let [certificate, key] = ["crt", "key"].map(|kind| folder.join(format!("{name}.{kind}")));
        format!("[[tls]]\ncertificate = {certificate:?}\nkey = {key:?}\n")
    };
    let tables: String = names.iter().map(table).collect();
    format!(
        "[server]\nlisten = {listen}\nadmin_password = {PASSWORD:?}\n{tables}[[station]]\nmount = \"/live\"\nmusic \
         = {:?}\n",
        fixture("station")
    )
}

/// Returns the command that starts coldwave, without permissions if the test has those of root.
fn command(config: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(config).env_remove("RUST_LOG");
    if rustix::process::geteuid().is_root() {
        command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
    }
    command
}

#[test]
fn clients_get_the_certificate_of_the_name_that_they_want() {
    let names = ["first.example", "*.second.example", "live.second.example"];
    let (station, all) = Station::start(&names);
    for (name, expected) in
        [("first.example", 0), ("FIRST.example", 0), ("a.second.example", 1), ("live.second.example", 2)]
    {
        assert_eq!(station.presented(name), all[expected].certificate, "{name}");
    }
    let other = station.authority.client().named("first.example").without_sni();
    let mut peer = other.connect(station.server.address());
    assert_eq!(pem("CERTIFICATE", &peer.agreed().certificate.expect("one")), all[0].certificate);
    let unknown = station.authority.client().named("other.example").try_connect(station.server.address());
    assert!(unknown.is_err(), "the first certificate has another name");
}

#[test]
fn pair_replaced_twenty_times_interrupts_no_listener() {
    let (mut station, _) = Station::start(&["radio.example"]);
    let mut listeners: Vec<_> = (0..3).map(|_| station.listen("radio.example")).collect();
    listeners.push(station.server.listen());
    listeners.iter_mut().for_each(|listener| listener.until_seconds(5.0));
    let client = station.authority.client().named("radio.example");
    let address = station.server.address();
    // A client uses its ticket once, and gets another with the response.
    let get_ticket = || {
        let page = Request::new(address, "GET", "/index.html").http11().header("Host", "radio.example");
        assert!(page.over_tls(&client).send().status_line().contains(" 200 "));
    };
    get_ticket();
    let mut found = 0;
    for count in 0..20 {
        let new = station.authority.certificate(&["radio.example"]);
        station.write(&new, "radio.example");
        // The reload reads the files at once; without one, the thread finds them.
        if count % 9 == 1 {
            found += 1;
            let line = "new certificate in use for radio.example: valid until 4096-01-01, from";
            wait_for("the new certificate", || (station.server.log().count(line) >= found).then_some(()));
            assert!(client.connect(address).agreed().is_resumed, "the tickets are those from before");
            get_ticket();
        } else {
            let log = station.reload("[\"127.0.0.1:0\"]", &["radio.example"]);
            assert!(log.contains("reload: tls: new certificate for radio.example"), "{log}");
        }
        assert_eq!(station.presented("radio.example"), new.certificate);
    }
    assert_eq!(found, 3);
    assert!(client.connect(address).agreed().is_resumed, "the tickets are those from before");
    for mut listener in listeners {
        listener.for_seconds(3.0);
    }
    assert!(!station.server.log().text().contains("cannot be replaced"), "{}", station.server.log().text());
}

#[test]
fn bad_pairs_leave_the_old_ones_in_use_until_good_ones_return() {
    let names = ["wrong", "truncated", "unreadable", "expired", "vanished"].map(|it| format!("{it}.example"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (station, old) = Station::start(&names);
    let mut listeners: Vec<_> = names.iter().map(|name| station.listen(name)).collect();
    let new: Vec<_> = names.iter().map(|name| station.authority.certificate(&[name])).collect();

    station.write(&ServerCertificate { key: old[0].key.clone(), ..new[0].clone() }, names[0]);
    let half = new[1].certificate[..new[1].certificate.len() / 2].to_owned();
    station.write(&ServerCertificate { certificate: half, ..new[1].clone() }, names[1]);
    station.write(&new[2], names[2]);
    let secret = station.path("unreadable.example.key");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("a mode");
    station.write(&station.authority.expired(&[names[3]]), names[3]);
    fs::remove_file(station.path("vanished.example.crt")).expect("a file");

    let uid =
        if rustix::process::geteuid().is_root() { UNPRIVILEGED } else { rustix::process::geteuid().as_raw() };
    let reasons = [
        "wrong.example.key contains a private key that does not belong to the certificate in ".to_owned(),
        "truncated.example.crt is incomplete: -----END CERTIFICATE----- is missing".to_owned(),
        format!(
            "unreadable.example.key cannot be read by the user that runs coldwave (uid {uid}): Permission denied"
        ),
        "expired.example.crt contains a certificate that is expired since 2021-01-01".to_owned(),
        "vanished.example.crt does not exist".to_owned(),
    ];
    for (name, reason) in names.iter().zip(&reasons) {
        station.server.log().wait_for(&format!("the certificate of {name} cannot be replaced: "));
        station.server.log().wait_for(reason);
    }
    for (name, old) in names.iter().zip(&old) {
        assert_eq!(station.presented(name), old.certificate, "{name}");
    }
    let status = station.status();
    for (at, reason) in reasons.iter().enumerate() {
        let shown = &status["certificates"][at];
        assert!(shown["last_error"].as_str().expect("an error").contains(reason), "{shown}");
        assert_eq!(shown["names"], serde_json::json!([names[at]]));
    }
    assert_eq!(station.server.log().count("cannot be replaced"), names.len(), "once for each");

    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).expect("a mode");
    new.iter().zip(&names).for_each(|(new, name)| station.write(new, name));
    for (name, new) in names.iter().zip(&new) {
        station.server.log().wait_for(&format!("new certificate in use for {name} after a bad one: "));
        assert_eq!(station.presented(name), new.certificate, "{name}");
    }
    assert!(
        station.status()["certificates"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|it| it["last_error"].is_null())
    );
    listeners.iter_mut().for_each(|listener| listener.for_seconds(2.0));
}

#[test]
fn log_says_at_the_start_which_certificates_are_in_use_and_that_one_has_expired() {
    let (station, _) = Station::start_with(&["old.example"], |authority, name| authority.expired(&[name]));
    let log = station.server.log();
    log.wait_for("certificate old.example: expired since 2021-01-01, ");
    let expired =
        "the certificate of old.example has expired, clients refuse it: expired since 2021-01-01, from ";
    log.wait_for(expired);
    let line = log.text().lines().find(|line| line.contains(expired)).expect("the line").to_owned();
    assert!(line.contains("ERROR") && line.ends_with("; look at what renews it"), "{line}");
}

#[test]
fn renewals_that_do_not_help_are_named_in_the_log() {
    let names = ["expiring.example", "lost.example"];
    let (station, _) = Station::start_with(&names, |authority, name| match name {
        "expiring.example" => authority.expiring(&[name], Duration::from_secs(25)),
        name => authority.certificate(&[name]),
    });
    let log = station.server.log();
    fs::remove_file(station.path("expiring.example.key")).expect("a file");
    station.write(&station.authority.certificate(&["other.example"]), "lost.example");
    for (level, beginning, part) in [
        ("WARN", "the certificate of expiring.example expires soon, from ", "; look at what renews it"),
        ("WARN", "new certificate in use for other.example: ", ", but it is no longer for lost.example"),
        (
            "WARN",
            "the certificate of expiring.example cannot be replaced: ",
            "expiring.example.key does not exist",
        ),
        (
            "ERROR",
            "the certificate of expiring.example has expired, clients refuse it: ",
            "expiring.example.key does not exist",
        ),
    ] {
        log.wait_for(beginning);
        let line = log.text().lines().find(|line| line.contains(beginning)).expect("the line").to_owned();
        assert!(line.contains(level) && line.contains(part), "{line}");
        assert_eq!(level == "ERROR", line.contains("; its files have been changed, but /"), "{line}");
    }
}

/// Lets the links of `live.example` lead to the files of this number, as certbot does.
fn link_to(station: &Station, number: u32) {
    for kind in ["crt", "key"] {
        let at = station.path(&format!("live.example.{kind}"));
        let new = at.with_extension("new");
        symlink(format!("archive{number}.{kind}"), &new).expect("a link");
        fs::rename(new, at).expect("a rename");
    }
}

#[test]
fn links_to_the_files_of_a_renewal_are_followed() {
    let (mut station, _) = Station::start(&["radio.example"]);
    let [one, two] = [1, 2].map(|_| station.authority.certificate(&["live.example"]));
    for (number, pair) in [(1, &one), (2, &two)] {
        station.write(pair, &format!("archive{number}"));
    }
    link_to(&station, 1);
    station.reload("[\"127.0.0.1:0\"]", &["radio.example", "live.example"]);
    assert_eq!(station.presented("live.example"), one.certificate);
    link_to(&station, 2);
    station.server.log().wait_for("new certificate in use for live.example: ");
    assert_eq!(station.presented("live.example"), two.certificate);
}

#[test]
fn reloads_add_reorder_and_remove_certificates_while_listeners_play() {
    let (mut station, old) = Station::start(&["a.example"]);
    let mut listener = station.listen("a.example");
    let same = "[\"127.0.0.1:0\"]";
    let other = station.authority.certificate(&["b.example"]);
    station.write(&other, "b.example");
    let log = station.reload(same, &["a.example", "b.example"]);
    assert!(log.contains("reload: server: tls: ") && log.contains("b.example.crt"), "{log}");
    assert_eq!(station.presented("b.example"), other.certificate);
    station.reload(same, &["b.example", "a.example"]);
    let first = station.authority.client().named("b.example").without_sni();
    first.connect(station.server.address());

    // A new pair that is bad: nothing changes, also not what was good.
    fs::write(station.path("c.example.crt"), &other.certificate).expect("a file");
    fs::write(station.path("c.example.key"), &old[0].key).expect("a file");
    let log = station.reload(same, &["a.example", "c.example"]);
    assert!(log.contains("c.example.key contains a private key that does not belong"), "{log}");
    assert!(log.contains("coldwave.toml:") && log.contains("configuration not reloaded"), "{log}");
    assert_eq!(station.presented("b.example"), other.certificate);

    // One that is in use and went bad: the rest of the configuration applies.
    fs::write(station.path("b.example.key"), &old[0].key).expect("a file");
    let log = station.reload(same, &["a.example", "b.example"]);
    assert!(log.contains("WARN") && log.contains("; the certificate in use stays"), "{log}");
    let shown = station.status()["certificates"][1]["last_error"].to_string();
    assert!(shown.contains("does not belong to the certificate"), "{shown}");
    assert!(log.contains("configuration reloaded"), "{log}");
    assert_eq!(station.presented("b.example"), other.certificate);

    // Ports that speak only TLS, and none at all.
    let only = "[{ address = \"127.0.0.1:0\", tls_only = true }]";
    station.reload(only, &["a.example"]);
    assert!(
        station.server.get("/index.html").http11().header("Host", "x").send().status_line().contains(" 400 ")
    );
    assert_eq!(station.presented("a.example"), old[0].certificate);
    let log = station.reload(only, &[]);
    assert!(log.contains("tls_only: requires a certificate"), "{log}");
    station.reload(same, &[]);
    assert!(
        station.server.get("/index.html").http11().header("Host", "x").send().status_line().contains(" 200 ")
    );
    assert!(station.authority.client().named("a.example").try_connect(station.server.address()).is_err());
    listener.for_seconds(2.0);
}

#[test]
fn check_shows_certificates_and_ports_and_the_start_refuses_bad_ones() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = Authority::new("tests");
    let config = folder.path().join("coldwave.toml");
    let names = ["radio.example", "old.example"];
    authority.certificate(&["radio.example", "*.radio.example"]).write(folder.path(), names[0]);
    authority.expired(&[names[1]]).write(folder.path(), names[1]);
    let listen = "[8000, { address = \"[::1]:8443\", tls_only = true }]";
    let text = configuration(folder.path(), listen, &names) + "source_password = \"deep water\"\n";
    fs::write(&config, text).expect("a file");
    let check =
        || Command::new(BINARY).arg("--check").arg("-c").arg(&config).output().expect("coldwave runs");
    let output = check();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "an expired certificate is no error: {output:?}");
    for line in [
        "certificate radio.example, *.radio.example: valid until 4096-01-01, ",
        "certificate old.example: expired since 2021-01-01, ",
        "warning     the certificate of old.example is expired since 2021-01-01: clients refuse it",
        "ports       [::]:8000 TLS and plain; [::1]:8443 TLS only; [::]:8001 TLS and plain for sources; \
         [::1]:8444 TLS only for sources",
        "url         https://[::1]:8443/live",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    fs::remove_file(folder.path().join("old.example.key")).expect("a file");
    let line =
        format!("coldwave.toml:9: [[tls]] key: {}/old.example.key does not exist", folder.path().display());
    for arguments in [&["--check"][..], &[]] {
        let output = Command::new(BINARY).args(arguments).arg("-c").arg(&config).output().expect("it runs");
        assert!(!output.status.success(), "{output:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(&line), "{line}: {error}");
        assert!(error.contains("; to run without it, remove this [[tls]] table"), "{error}");
    }
}
