//! Relays of `https://` upstreams: coldwave as the client of TLS.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use coldwave::audio::{Header, silent_frame};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::ProtocolVersion;

use crate::common::tls::{Authority, ServerCertificate, pem};
use crate::common::tls_server::{ServerStream, TlsAcceptor};
use crate::common::{BINARY, Coldwave, Program, fixture, wait_for};

/// Writes the authority into `folder`, and starts a coldwave there with these relays, each a mount and an
/// address. `server` is added to the table `[server]`.
fn relays(folder: &Path, authority: &Authority, server: &str, relays: &[(&str, String)]) -> Coldwave {
    Coldwave::with_config(folder, &relay_config(folder, authority, server, relays), relays.len())
}

fn relay_config(folder: &Path, authority: &Authority, server: &str, relays: &[(&str, String)]) -> String {
    fs::write(folder.join("authority.pem"), authority.pem()).expect("the folder is writable");
    let mut config = format!("[server]\nlisten = [\"127.0.0.1:0\"]\n{server}\n");
    for (mount, url) in relays {
        config += &format!("[[station]]\nmount = {mount:?}\nrelay = {url:?}\n");
    }
    config
}

const TRUSTED: &str = "tls_ca = \"authority.pem\"";

/// Starts a coldwave with music at `/live` and this certificate.
fn origin(folder: &Path, certificate: &ServerCertificate) -> Coldwave {
    let (tls, music) = (certificate.write(folder, "origin"), fixture("station"));
    let config = format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\nadmin_password = \"lighthouse\"\n{tls}\
         [[station]]\nid = 1\nmount = \"/live\"\nmusic = [{music:?}]\n"
    );
    Coldwave::with_config(folder, &config, 1)
}

fn folders() -> [tempfile::TempDir; 2] {
    [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"))
}

/// Reads the head of a request.
fn request(stream: &mut impl Read) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a whole request");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("UTF-8")
}

/// Returns a response with this number of silent frames, of which 38 take a second.
fn response(frames: usize) -> Vec<u8> {
    let head = b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n".to_vec();
    [head, silent_frame(&Header::DEFAULT).repeat(frames)].concat()
}

#[test]
fn relay_over_tls_plays_the_frames_and_titles_of_the_other_server() {
    let (authority, [ours, theirs]) = (Authority::new("tests"), folders());
    let origin = origin(theirs.path(), &authority.certificate(&["localhost", "127.0.0.1"]));
    let port = origin.address().port();
    // A name is sent to the server, an address is not.
    let urls = ["localhost", "127.0.0.1"].map(|host| format!("https://{host}:{port}/live"));
    let all = [("/live", urls[0].clone()), ("/address", urls[1].clone())];
    let server = format!("{TRUSTED}\nmetrics = \"public\"");
    let relay = relays(ours.path(), &authority, &server, &all);
    let mut listener = relay.listen_with_titles();
    listener.until_seconds(6.0);
    assert_eq!(
        listener.titles().last().map(String::as_str),
        Some("Coldwave Ensemble - Föhn over the Skerries")
    );
    for ((mount, _), url) in all.iter().zip(&urls) {
        relay.log().wait_for(&format!("{mount}: relaying {url}"));
    }
    assert!(!relay.log().text().contains("retrying"), "{}", relay.log().text());
    // The statistics are about clients: they have those of the relay here, and none there.
    let metrics = relay.get("/metrics").send().ok();
    for line in metrics.lines().filter(|line| line.starts_with("coldwave_tls_")) {
        assert!(line.ends_with(" 0"), "{line}");
    }
    assert!(metrics.contains("coldwave_tls_handshakes_total"), "{metrics}");
}

/// Accepts connections until the test ends, and counts them.
fn count_handshakes(acceptor: TlsAcceptor) -> (SocketAddr, Arc<AtomicUsize>) {
    let (address, count) = (acceptor.address(), Arc::new(AtomicUsize::new(0)));
    let shared = count.clone();
    // The thread ends with the test program.
    thread::spawn(move || {
        loop {
            let accepted = acceptor.try_accept();
            // In TLS 1.3, the server is done before the client has refused its certificate.
            let mut first = [0];
            let sent = accepted.ok().and_then(|mut stream| stream.read(&mut first).ok()).unwrap_or_default();
            assert_eq!(sent, 0, "no request reaches a server that is not trusted");
            shared.fetch_add(1, Ordering::Relaxed);
        }
    });
    (address, count)
}

#[test]
fn certificate_that_is_refused_is_logged_once_with_the_reason_and_tried_again() {
    let (authority, other, [folder, _]) = (Authority::new("tests"), Authority::new("other"), folders());
    let here = ["127.0.0.1"];
    let cases = [
        ("/untrusted", other.certificate(&here), "its certificate is not from a trusted authority"),
        ("/expired", authority.expired(&here), "its certificate expired on 2021-01-01"),
        (
            "/future",
            authority.certificate_valid(&here, (2090, 1, 1), (2091, 1, 1)),
            "its certificate is not valid before 2090-01-01",
        ),
        (
            "/name",
            authority.certificate(&["radio.example", "*.fm.example"]),
            "its certificate is not valid for 127.0.0.1, only for radio.example, *.fm.example",
        ),
    ];
    let servers: Vec<_> =
        cases.iter().map(|(_, certificate, _)| count_handshakes(TlsAcceptor::new(certificate))).collect();
    let all: Vec<_> = cases.iter().zip(&servers).collect();
    let urls = all.iter().map(|((mount, ..), (address, _))| (*mount, format!("https://{address}/live")));
    let relay = relays(folder.path(), &authority, TRUSTED, &urls.collect::<Vec<_>>());
    for ((mount, _, reason), (address, count)) in all {
        let line = format!("{mount}: https://{address}/live cannot be reached over TLS: {reason}");
        relay.log().wait_for(&line);
        wait_for("two more attempts", || (count.load(Ordering::Relaxed) >= 3).then_some(()));
        assert_eq!(relay.log().count(&line), 1, "{}", relay.log().text());
    }
}

#[test]
fn server_without_tls_is_explained() {
    let (authority, [folder, _]) = (Authority::new("tests"), folders());
    let plain = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = plain.local_addr().expect("bound");
    thread::spawn(move || {
        for mut stream in plain.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n");
        }
    });
    let relay = relays(folder.path(), &authority, TRUSTED, &[("/live", format!("https://{address}/live"))]);
    relay.log().wait_for("/live cannot be reached over TLS: sent something that is not TLS; retrying in ");
}

/// Answers one request on a plain port with a redirect. Returns its URL.
fn redirecting(to: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        request(&mut stream);
        stream.write_all(redirect(&to).as_bytes()).expect("the relay reads");
    });
    url
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\n\r\n")
}

#[test]
fn redirect_to_tls_is_followed() {
    let (authority, [ours, theirs]) = (Authority::new("tests"), folders());
    let origin = origin(theirs.path(), &authority.certificate(&["127.0.0.1"]));
    let url = format!("https://{}/live", origin.address());
    let relay = relays(ours.path(), &authority, TRUSTED, &[("/live", redirecting(url.clone()))]);
    relay.log().wait_for(&format!("/live: relaying {url}"));
    relay.listen().until_seconds(1.0);
}

#[test]
fn redirect_from_tls_to_a_plain_address_is_refused() {
    let (authority, [folder, _]) = (Authority::new("tests"), folders());
    let acceptor = TlsAcceptor::new(&authority.certificate(&["127.0.0.1"]));
    let plain = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}/live", acceptor.address());
    let relay = relays(folder.path(), &authority, TRUSTED, &[("/live", url.clone())]);
    let mut stream = acceptor.accept();
    request(&mut stream);
    let to = format!("http://{}/live", plain.local_addr().expect("bound"));
    stream.write_all(redirect(&to).as_bytes()).expect("the relay reads");
    relay.log().wait_for(&format!("/live: {url} redirects from https:// to http://, "));
    plain.set_nonblocking(true).expect("a socket");
    assert_eq!(plain.accept().expect_err("no connection").kind(), ErrorKind::WouldBlock);
}

#[test]
fn upstream_that_stalls_in_the_handshake_is_given_up() {
    let (authority, [folder, _]) = (Authority::new("tests"), folders());
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let urls = listeners.each_ref().map(|it| format!("https://{}/live", it.local_addr().expect("bound")));
    let all = [("/silent", urls[0].clone()), ("/slow", urls[1].clone())];
    let relay = relays(folder.path(), &authority, TRUSTED, &all);
    let [(silent, _), (mut slow, _)] = listeners.each_ref().map(|it| it.accept().expect("a connection"));
    // The beginning of a record.
    slow.write_all(&[0x16, 3, 3]).expect("the relay reads");
    let slow_line = format!("/slow: {} cannot be reached over TLS: the handshake took too long", urls[1]);
    relay.log().wait_for(&slow_line);
    relay.log().wait_for(&format!("/silent: {} does not answer in time", urls[0]));
    drop((silent, slow));
}

/// Starts a relay of a server that answers with `frames` silent frames, and then does `end`. Returns the line
/// of the log about the end.
fn end_of_stream(acceptor: &TlsAcceptor, authority: &Authority, end: impl FnOnce(ServerStream)) -> String {
    let [folder, _] = folders();
    let url = format!("https://{}/live", acceptor.address());
    let relay = relays(folder.path(), authority, TRUSTED, &[("/live", url.clone())]);
    let mut stream = acceptor.accept();
    let head = request(&mut stream);
    assert!(head.starts_with("GET /live HTTP/1.0\r\nHost: 127.0.0.1:"), "{head}");
    stream.write_all(&response(400)).and_then(|()| stream.flush()).expect("the relay reads");
    relay.log().wait_for(&format!("/live: relaying {url}"));
    relay.listen().until_seconds(1.0);
    end(stream);
    relay.log().wait_for("; retrying in ");
    let log = relay.log().text();
    let line = log.lines().find(|line| line.contains("; retrying in ")).expect("a line");
    let (_, reason) = line.split_once(&url).expect("the URL");
    reason.split("; ").next().unwrap_or_default().to_owned()
}

#[test]
fn stream_may_end_with_and_without_close_notify() {
    let authority = Authority::new("tests");
    let acceptor = TlsAcceptor::new(&authority.certificate(&["127.0.0.1"]));
    let with = end_of_stream(&acceptor, &authority, |mut stream| {
        stream.conn.send_close_notify();
        stream.flush().expect("the relay reads");
    });
    let without = end_of_stream(&acceptor, &authority, drop);
    assert_eq!(with, without);
    assert!(!with.contains("TLS"), "{with}");
}

#[test]
fn upstream_that_breaks_tls_is_logged_as_that() {
    let authority = Authority::new("tests");
    let acceptor = TlsAcceptor::new(&authority.certificate(&["127.0.0.1"]));
    let reason = end_of_stream(&acceptor, &authority, |mut stream| {
        // A record without a valid key.
        stream.sock.write_all(&[&[0x17, 3, 3, 0, 64][..], &[1; 64]].concat()).expect("the relay reads");
    });
    assert!(reason.starts_with(" broke TLS: "), "{reason}");
}

#[test]
fn upstream_with_tls_1_2_is_relayed() {
    let authority = Authority::new("tests");
    let certificate = authority.certificate(&["127.0.0.1"]);
    let acceptor = TlsAcceptor::with_versions(&certificate, &[&rustls::version::TLS12]);
    end_of_stream(&acceptor, &authority, |stream| {
        assert_eq!(stream.conn.protocol_version(), Some(ProtocolVersion::TLSv1_2));
    });
}

/// Makes a self-signed certificate for 127.0.0.1.
fn self_signed(is_ca: IsCa) -> ServerCertificate {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address");
    params.is_ca = is_ca;
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    ServerCertificate {
        certificate: pem("CERTIFICATE", certificate.der()),
        key: pem("PRIVATE KEY", key.serialized_der()),
    }
}

#[test]
fn self_signed_certificate_is_trusted_unless_it_is_that_of_an_authority() {
    for (is_ca, expected) in [
        (IsCa::ExplicitNoCa, ": relaying https://"),
        (IsCa::NoCa, ": relaying https://"),
        (
            IsCa::Ca(BasicConstraints::Unconstrained),
            "its certificate is that of an authority (CA:TRUE), which a server must not use",
        ),
    ] {
        let ([ours, theirs], certificate) = (folders(), self_signed(is_ca));
        let origin = origin(theirs.path(), &certificate);
        fs::write(ours.path().join("self.pem"), &certificate.certificate).expect("the folder is writable");
        let all = [("/live", format!("https://{}/live", origin.address()))];
        let relay = relays(ours.path(), &Authority::new("unused"), "tls_ca = \"self.pem\"", &all);
        relay.log().wait_for(expected);
    }
}

#[test]
fn authority_added_by_a_reload_is_trusted_at_the_next_attempt() {
    let (authority, [ours, theirs]) = (Authority::new("tests"), folders());
    let origin = origin(theirs.path(), &authority.certificate(&["127.0.0.1"]));
    let all = [("/live", format!("https://{}/live", origin.address()))];
    let relay = relays(ours.path(), &authority, "", &all);
    relay.log().wait_for("cannot be reached over TLS: its certificate is not from a trusted authority");
    let trusted = relay_config(ours.path(), &authority, TRUSTED, &all);
    fs::write(ours.path().join("coldwave.toml"), trusted).expect("the folder is writable");
    relay.signal("HUP");
    relay.log().wait_for("server: tls_ca: ");
    relay.log().wait_for(&format!("/live: relaying {}", all[0].1));
}

#[test]
fn file_of_authorities_that_cannot_be_used_is_an_error_with_its_line() {
    let [folder, _] = folders();
    let path = folder.path().join("coldwave.toml");
    fs::write(folder.path().join("empty.pem"), "").expect("the folder is writable");
    let config = "[server]\ntls_ca = \"empty.pem\"\n[[station]]\nrelay = \"https://127.0.0.1:1/live\"\n";
    fs::write(&path, config).expect("the folder is writable");
    let mut command = Command::new(BINARY);
    command.arg("--check").arg("--config").arg(&path).env_remove("RUST_LOG");
    let finished = Program::start(command).finish();
    let expected = ":2: [server] tls_ca: \"empty.pem\" contains no certificate: ";
    assert!(finished.code == Some(1) && finished.stderr.contains(expected), "{finished:?}");
}

#[test]
fn system_without_authorities_is_told_once_and_nothing_is_trusted() {
    let [folder, _] = folders();
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "").expect("the folder is writable");
    let mut command = Command::new(BINARY);
    command.args(["relay", "https://127.0.0.1:1/live", "--listen", "127.0.0.1:0"]).env_remove("RUST_LOG");
    command.env("SSL_CERT_FILE", &empty).env_remove("SSL_CERT_DIR");
    let relay = Coldwave::start(command, 1);
    let problem = "no certificate authorities are known on this system: install its package ca-certificates, or \
                   set tls_ca";
    relay.log().wait_for(&format!("cannot connect to https://127.0.0.1:1/live: {problem}"));
}

#[test]
fn check_against_a_server_works_over_tls() {
    let (authority, [ours, theirs]) = (Authority::new("tests"), folders());
    let origin = origin(theirs.path(), &authority.certificate(&["127.0.0.1"]));
    let address = format!("https://{}", origin.address());
    let check = |server: &str| {
        let path = ours.path().join("coldwave.toml");
        let config = fs::read_to_string(theirs.path().join("coldwave.toml")).expect("its file");
        let config = config.replacen("[server]\n", &format!("[server]\n{server}\n"), 1);
        fs::write(ours.path().join("authority.pem"), authority.pem()).expect("the folder is writable");
        fs::write(&path, config).expect("the folder is writable");
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(&path).args(["--check", "--against", &address]).env_remove("RUST_LOG");
        Program::start(command).finish()
    };
    let untrusted = check("");
    let reason = format!("cannot reach {address}: its certificate is not from a trusted authority");
    assert!(untrusted.code == Some(1) && untrusted.stderr.contains(&reason), "{untrusted:?}");
    let trusted = check(TRUSTED);
    assert_eq!(trusted.code, Some(0), "{trusted:?}");
    let expected = format!("A reload of {address} would change:\n\nserver: tls_ca: ");
    assert!(trusted.stdout.starts_with(&expected), "{trusted:?}");
}
