//! Certificates by ACME: certbot and lego get them from pebble, the test authority of Let's Encrypt, by
//! writing files that coldwave serves, and renew them while listeners play.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::common::tls::{Authority, TlsClient};
use crate::common::{BINARY, Coldwave, Finished, Program, are_available, fixture, two_free_ports, wait_for};

/// The name for which certificates are issued. The authority resolves it to this machine.
const NAME: &str = "radio.example";

/// The user and the group of a coldwave that a test with the permissions of root starts.
const UNPRIVILEGED: u32 = 65_534;

/// The document with the commands that give coldwave access to the files of ACME clients.
const DOCUMENT: &str = include_str!("../../docs/acme.md");

/// A program that gets certificates.
struct AcmeClient {
    name: &'static str,
    /// Its directory in the document.
    directory: &'static str,
    /// The files that it writes, in its own directory.
    certificate: &'static str,
    key: &'static str,
    /// Returns its command to issue a certificate, and the one to renew it.
    issue: fn(&Site) -> Command,
    renew: fn(&Site) -> Command,
}

const CERTBOT: AcmeClient = AcmeClient {
    name: "certbot",
    directory: "/etc/letsencrypt",
    certificate: "live/radio.example/fullchain.pem",
    key: "live/radio.example/privkey.pem",
    issue: |site| {
        let mut certbot = certbot(site, "certonly");
        certbot.args(["--webroot", "--domain", NAME, "--agree-tos", "--register-unsafely-without-email"]);
        certbot.arg("--webroot-path").arg(site.webroot());
        certbot
    },
    renew: |site| {
        let mut certbot = certbot(site, "renew");
        certbot.args(["--force-renewal", "--no-random-sleep-on-renew"]);
        certbot
    },
};

const LEGO: AcmeClient = AcmeClient {
    name: "lego",
    directory: "/etc/lego",
    certificate: "certificates/radio.example.crt",
    key: "certificates/radio.example.key",
    issue: |site| lego(site, &["run"]),
    renew: |site| lego(site, &["renew", "--days", "4000", "--no-random-sleep"]),
};

fn certbot(site: &Site, what: &str) -> Command {
    let mut certbot = Command::new("certbot");
    certbot.arg(what).args(["--non-interactive", "--server", &site.directory()]);
    certbot.arg("--config-dir").arg(site.files());
    certbot.arg("--work-dir").arg(site.path("work")).arg("--logs-dir").arg(site.path("logs"));
    certbot.env("REQUESTS_CA_BUNDLE", site.path("authority.pem"));
    certbot
}

fn lego(site: &Site, what: &[&str]) -> Command {
    let mut lego = Command::new("lego");
    lego.args(["--server", &site.directory(), "--accept-tos", "--email", "engineer@radio.example"]);
    lego.args(["--domains", NAME, "--http"]).arg("--http.webroot").arg(site.webroot());
    lego.arg("--path").arg(site.files()).args(what);
    lego.env("LEGO_CA_CERTIFICATES", site.path("authority.pem"));
    lego
}

/// The test authority, and the DNS server that it asks. It forgets everything at its end.
struct Pebble {
    _programs: [Program; 2],
    port: u16,
}

/// A coldwave and its authority.
struct Site {
    folder: TempDir,
    server: Coldwave,
    pebble: Pebble,
}

impl Site {
    /// Starts a coldwave that serves challenges and has no certificate yet.
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("webroot")).expect("room");
        let port = two_free_ports();
        let server = start(folder.path(), &config(port, ""));
        let pebble = Pebble::start(folder.path(), port);
        Self { folder, server, pebble }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn webroot(&self) -> PathBuf {
        self.path("webroot")
    }

    /// Returns the directory of the ACME client.
    fn files(&self) -> PathBuf {
        self.path("client")
    }

    fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.pebble.port)
    }

    /// Runs the documented commands that let coldwave read the key, which takes the permissions of root.
    fn permit(&self, client: &AcmeClient) {
        let is_for = |line: &&str| line.starts_with("chgrp ") || line.starts_with("chmod ");
        let lines = DOCUMENT.lines().filter(is_for).filter(|line| line.contains(client.directory));
        let commands: Vec<&str> = lines.collect();
        assert!(!commands.is_empty(), "{} has no commands for {}", DOCUMENT, client.name);
        let files = self.files();
        let commands = commands.join("\n").replace(client.directory, files.to_str().expect("UTF-8"));
        let mut shell = Command::new("sh");
        shell.arg("-ec").arg(commands.replace(" coldwave ", &format!(" {UNPRIVILEGED} ")));
        run(shell);
    }

    /// Uses the certificate of the ACME client.
    fn use_certificate(&self, client: &AcmeClient) {
        let [certificate, key] = [client.certificate, client.key].map(|file| self.files().join(file));
        let tls = format!("[[tls]]\ncertificate = {certificate:?}\nkey = {key:?}\n");
        let port = self.server.address().port();
        fs::write(self.path("coldwave.toml"), config(port, &tls)).expect("the folder is writable");
        self.server.signal("HUP");
    }
}

/// Starts a coldwave as a user of its own, if the test has the permissions for that.
fn start(folder: &Path, config: &str) -> Coldwave {
    let path = folder.join("coldwave.toml");
    fs::write(&path, config).expect("the folder is writable");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o711)).expect("own folder");
    let program = folder.join("coldwave");
    fs::copy(BINARY, &program).expect("room for the program");
    let mut command = Command::new(program);
    command.arg("--config").arg(path).env_remove("RUST_LOG");
    if rustix::process::geteuid().is_root() {
        command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
    }
    Coldwave::start(command, 1)
}

fn config(port: u16, tls: &str) -> String {
    let music = fixture("station");
    format!(
        "[server]\nlisten = [\"127.0.0.1:{port}\"]\nsource_listen = []\nacme_webroot = \"webroot\"\n{tls}\
         [[station]]\nmusic = [{music:?}]\n"
    )
}

impl Pebble {
    /// Starts an authority that asks for challenges at `port`.
    fn start(folder: &Path, port: u16) -> Self {
        let authority = Authority::new("the API of pebble");
        authority.certificate(&["localhost", "127.0.0.1"]).write(folder, "pebble");
        fs::write(folder.join("authority.pem"), authority.pem()).expect("the folder is writable");
        let (api, dns) = (two_free_ports(), two_free_ports());
        let settings = serde_json::json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{api}"),
            "managementListenAddress": format!("127.0.0.1:{}", api + 1),
            "certificate": folder.join("pebble.crt"),
            "privateKey": folder.join("pebble.key"),
            "httpPort": port,
            "tlsPort": port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        fs::write(folder.join("pebble.json"), settings.to_string()).expect("the folder is writable");
        let mut resolver = Command::new("pebble-challtestsrv");
        resolver.args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]);
        resolver.args([
            "-dns01",
            &format!("127.0.0.1:{dns}"),
            "-management",
            &format!("127.0.0.1:{}", dns + 1),
        ]);
        let mut pebble = Command::new("pebble");
        pebble.args(["-strict", "-dnsserver", &format!("127.0.0.1:{dns}"), "-config"]);
        pebble.arg(folder.join("pebble.json"));
        // Every order is validated again, at once.
        pebble.envs([
            ("PEBBLE_VA_NOSLEEP", "1"),
            ("PEBBLE_WFE_NONCEREJECT", "0"),
            ("PEBBLE_AUTHZREUSE", "0"),
        ]);
        let programs = [Program::start(resolver), Program::start(pebble)];
        programs[1].stdout.wait_for("Listening on:");
        wait_for("the API of pebble", || std::net::TcpStream::connect(("127.0.0.1", api)).ok());
        Self { _programs: programs, port: api }
    }

    /// Returns a client that trusts the root of this authority.
    fn client(&self, folder: &Path) -> TlsClient {
        let url = format!("https://localhost:{}/roots/0", self.port + 1);
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--cacert"]).arg(folder.join("authority.pem")).arg(url);
        let root = run(curl).stdout;
        TlsClient::trusting(&root).named(NAME)
    }
}

fn run(command: Command) -> Finished {
    let what = format!("{command:?}");
    let finished = Program::start(command).finish();
    assert_eq!(finished.code, Some(0), "{what}: {finished:?}");
    finished
}

/// Issues a certificate, and renews it while a listener plays.
fn check(client: &AcmeClient) {
    let site = Site::start();
    run((client.issue)(&site));
    site.server.log().wait_for("was sent an ACME challenge");
    if rustix::process::geteuid().is_root() {
        site.use_certificate(client);
        site.server.log().wait_for("cannot be read by the user that runs coldwave (uid 65534)");
        site.permit(client);
    }
    site.use_certificate(client);
    let tls = site.pebble.client(site.folder.path());
    let address = site.server.address();
    let certificate = || {
        let mut peer = tls.clone().without_resumption().try_connect(address).ok()?;
        peer.agreed().certificate
    };
    let first = wait_for("TLS after the reload", certificate);
    let mut listener = site.server.get("/live").over_tls(&tls).listen();
    listener.until("some audio", |it| it.frames.len() > 100);

    run((client.renew)(&site));
    let renewed =
        wait_for("the new certificate, without a signal", || certificate().filter(|it| *it != first));
    assert_ne!(renewed, first);
    let played = listener.frames.len();
    listener.until("the session goes on", |it| it.frames.len() > played + 100);
    let playlist = site.server.get("/listen.m3u").header("Host", NAME).over_tls(&tls).send().ok();
    assert!(playlist.contains(&format!("https://{NAME}:{}/live", address.port())), "{playlist}");
}

fn has_programs(client: &AcmeClient) -> bool {
    are_available(&[
        ("pebble", "pebble"),
        ("pebble-challtestsrv", "pebble"),
        (client.name, client.name),
        ("curl", "curl"),
    ])
}

#[test]
fn certbot_issues_and_renews_while_a_listener_plays() {
    if has_programs(&CERTBOT) {
        check(&CERTBOT);
    }
}

#[test]
fn lego_issues_and_renews_while_a_listener_plays() {
    if has_programs(&LEGO) {
        check(&LEGO);
    }
}
