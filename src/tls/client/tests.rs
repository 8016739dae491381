//! Tests of files with authorities, and of sessions that trust them.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

use super::*;

impl ClientTls {
    /// Returns one that trusts a new authority alone.
    pub(crate) fn with_test_authority() -> Self {
        Self::trusting(vec![authority()])
    }
}

fn authority() -> CertificateDer<'static> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    params.self_signed(&key).expect("a certificate").der().clone()
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
}

fn written(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("ca.pem");
    fs::write(&path, content).expect("the folder is writable");
    (folder, path)
}

#[test]
fn authorities_of_a_file_are_trusted_besides_those_of_the_system() {
    let (one, other) = (authority(), authority());
    let (_folder, path) = written(format!("# ours\n{}text\n{}", pem(&one), pem(&other)).as_bytes());
    let system = ClientTls::load(None).expect("no file").certificates().count();
    let with_file = ClientTls::load(Some(&path)).expect("a good file");
    assert_eq!(with_file.certificates().count(), system + 2);
    let has = |wanted: &[u8]| with_file.certificates().any(|der| der == wanted);
    assert!(has(&one) && has(&other));
}

#[test]
fn unusable_file_of_authorities_is_explained() {
    let good = pem(&authority());
    for (content, expected) in [
        ("", "contains no certificate: expected PEM files of authorities, joined"),
        ("hello", "contains no certificate: expected PEM files of authorities, joined"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "contains no certificate: "),
        (&good[..good.len() - 30], "is not a complete PEM file: "),
        (&format!("{good}{}", pem(b"not DER")), "contains a damaged certificate, number 2"),
    ] {
        let (_folder, path) = written(content.as_bytes());
        let error = ClientTls::check(&path).expect_err(content);
        assert_eq!(error.path, path);
        assert!(error.reason.starts_with(expected), "{content}: {}", error.reason);
    }
    let missing = ClientTls::check(Path::new("/nonexistent/ca.pem")).expect_err("no file");
    assert!(missing.to_string().starts_with("/nonexistent/ca.pem cannot be read: "), "{missing}");
    let (_folder, path) = written(&vec![b' '; FILE_MAX + 1]);
    let error = ClientTls::check(&path).expect_err("a long file");
    assert_eq!(error.reason, "is longer than 4194304 bytes");
}

#[test]
fn session_starts_with_a_name_or_an_address_only() {
    let tls = ClientTls::with_test_authority();
    for host in [
        "radio.example",
        "radio.example.",
        "xn--mnchen-3ya.example",
        "a_b.example",
        "192.0.2.1",
        "2001:db8::1",
    ] {
        let session = tls.connect(host).expect(host);
        assert!(session.is_handshaking() && session.has_output(), "{host}");
    }
    for host in ["", "a..b", "-", ".", "a b"] {
        let error = tls.connect(host).expect_err(host).to_string();
        assert_eq!(error, format!("{host:?} is not a valid host name"));
    }
}

#[test]
fn without_authorities_no_session_starts() {
    let tls = ClientTls::trusting(Vec::new());
    let error = tls.connect("radio.example").expect_err("nothing to trust").to_string();
    assert_eq!(Some(error.as_str()), tls.problem());
    assert!(error.contains("ca-certificates") && error.contains("tls_ca"), "{error}");
}
