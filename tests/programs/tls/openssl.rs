//! `openssl s_client`: each cipher suite, key updates, a renegotiation and resumed sessions.

use std::process::Command;

use super::music::Music;
use super::station::{ECDSA_NAME, RSA_NAME, TlsStation};
use super::{Version, body};
use crate::common::{Finished, Program};
use crate::wait_for;

const OPENSSL: [(&str, &str); 1] = [("openssl", "openssl")];

/// The suites of TLS 1.3, and the options that select them. The certificate is independent of them.
const SUITES_13: [&str; 3] =
    ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/// The suites of TLS 1.2, for each kind of key.
const SUITES_12: [(&str, &str); 6] = [
    (ECDSA_NAME, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    (ECDSA_NAME, "ECDHE-ECDSA-AES256-GCM-SHA384"),
    (ECDSA_NAME, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    (RSA_NAME, "ECDHE-RSA-AES128-GCM-SHA256"),
    (RSA_NAME, "ECDHE-RSA-AES256-GCM-SHA384"),
    (RSA_NAME, "ECDHE-RSA-CHACHA20-POLY1305"),
];

/// What the shell writes to s_client after the request, with the seconds before and after each command.
const LISTEN: &str = "sleep 6";
const UPDATE_KEYS: &str = "sleep 2; echo K; sleep 2; echo k; sleep 3; echo k; sleep 1";
const RENEGOTIATE: &str = "sleep 4; echo R; sleep 4";

#[test]
fn openssl_with_each_cipher_suite() {
    let Some(station) = TlsStation::for_programs(&OPENSSL) else { return };
    let of_13 = SUITES_13.map(|suite| (ECDSA_NAME, suite, ["-brief", "-tls1_3", "-ciphersuites", suite]));
    let of_12 = SUITES_12.map(|(name, suite)| (name, suite, ["-brief", "-tls1_2", "-cipher", suite]));
    let clients: Vec<(&str, Program)> = of_13
        .into_iter()
        .chain(of_12)
        .map(|(name, suite, options)| (suite, s_client(&station, name, &options, LISTEN)))
        .collect();
    for (suite, program) in clients {
        let finished = check(suite, program, 0);
        assert!(finished.stderr.contains(&format!("Ciphersuite: {suite}\n")), "{}", finished.stderr);
        assert!(finished.stderr.contains("Verification: OK"), "{}", finished.stderr);
    }
}

/// The client changes its keys and requests new keys of the server, again and again.
#[test]
fn openssl_updates_keys() {
    let Some(station) = TlsStation::for_programs(&OPENSSL) else { return };
    let finished =
        check("key updates", s_client(&station, ECDSA_NAME, &["-brief", "-tls1_3"], UPDATE_KEYS), 0);
    assert_eq!(finished.stderr.matches("KEYUPDATE").count(), 3, "{}", finished.stderr);
}

/// A renegotiation is refused with the alert for that. OpenSSL then ends the session.
#[test]
fn openssl_cannot_renegotiate() {
    let Some(station) = TlsStation::for_programs(&OPENSSL) else { return };
    let finished =
        check("renegotiation", s_client(&station, ECDSA_NAME, &["-brief", "-tls1_2"], RENEGOTIATE), 1);
    assert!(finished.stderr.contains("no renegotiation"), "{}", finished.stderr);
}

#[test]
fn openssl_resumes_sessions() {
    let Some(station) = TlsStation::for_programs(&OPENSSL) else { return };
    for version in Version::ALL {
        let file = station.home().join(format!("{version:?}.session"));
        let file = file.to_str().expect("a path in UTF-8");
        let (option, name) = version.either(("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3"));
        for (begins, use_of_file) in [("New", "-sess_out"), ("Reused", "-sess_in")] {
            let client = s_client(&station, ECDSA_NAME, &[option, use_of_file, file], LISTEN);
            let finished = check(begins, client, 0);
            assert!(
                finished.stdout.contains(&format!("\n{begins}, {name}, Cipher is ")),
                "{}",
                finished.stdout
            );
        }
    }
}

/// Starts s_client, which requests the station. With `-brief` it writes to stdout only what it receives, and
/// otherwise a description of the session before that.
fn s_client(station: &TlsStation, name: &str, options: &[&str], then: &str) -> Program {
    let address = station.server.address();
    let openssl = format!("openssl s_client -connect {address} -servername {name} \"$@\"");
    let script = format!("(printf 'GET /live HTTP/1.0\\r\\n\\r\\n'; {then}) | {openssl}");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh", "-verify_return_error", "-CAfile"]).arg(station.authority());
    command.args(options);
    Program::start(command)
}

/// Waits until s_client has exited, and checks the stream that it has written.
#[track_caller]
fn check(what: &str, mut program: Program, code: i32) -> Finished {
    wait_for(what, || (!program.is_running()).then_some(()));
    let received = program.stdout.bytes();
    let finished = program.finish();
    assert_eq!(finished.code, Some(code), "{what}: {}", finished.stderr);
    Music::of_station().check(what, &body(&received));
    finished
}
