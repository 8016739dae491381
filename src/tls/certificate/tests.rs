//! Tests of certificates in every form, and of their mistakes.

use std::fs;
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;

use super::*;
use crate::tls::test_certificates::{DAY, TODAY, TestAuthority, fixture};

/// Loads a single file with this content.
fn load_text(text: impl AsRef<[u8]>) -> Result<Certificate, CertificateError> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("radio.pem");
    fs::write(&path, text).expect("the folder is writable");
    Certificate::load(&CertificateFiles { certificate: path, key: None })
}

#[track_caller]
fn expect_error(text: impl AsRef<[u8]>, expected: &str) {
    let error = load_text(text).expect_err("an error").to_string();
    assert!(error.contains("radio.pem ") && error.contains(expected), "{error:?} has no {expected:?}");
}

fn load_fixture(certificate: &str, key: Option<&str>) -> Result<Certificate, CertificateError> {
    Certificate::load(&CertificateFiles { certificate: fixture(certificate), key: key.map(fixture) })
}

/// Returns the number of certificates in the chain.
fn chain_len(certificate: &Certificate) -> usize {
    certificate.key().cert.len()
}

#[test]
fn blocks_in_any_order_in_one_file_or_two_are_the_same_certificate() {
    let root = TestAuthority::root("Root");
    let outer = root.intermediate("Outer");
    let inner = outer.intermediate("Inner");
    let pair = inner.issue(&["radio.example"]);
    let blocks = [&pair.key, &root.pem, &inner.pem, &pair.certificate, &outer.pem];
    let expected = load_text(blocks.map(String::as_str).concat()).expect("a certificate");
    assert_eq!((chain_len(&expected), expected.names()), (4, &["radio.example".to_owned()][..]));
    for rotation in 0..blocks.len() {
        let mut blocks = blocks.map(String::as_str);
        blocks.rotate_left(rotation);
        let found = load_text(blocks.concat()).expect("a certificate");
        assert!(found.is_same(&expected), "rotated by {rotation}");
        blocks.reverse();
        let folder = TempDir::new().expect("a folder");
        let files = CertificateFiles {
            certificate: folder.path().join("one"),
            key: Some(folder.path().join("other")),
        };
        fs::write(&files.certificate, blocks[..2].concat()).expect("the folder is writable");
        fs::write(files.key.as_ref().expect("a path"), blocks[2..].concat()).expect("the folder is writable");
        let found = Certificate::load(&files).expect("a certificate");
        assert!(found.is_same(&expected), "in two files, rotated by {rotation}");
    }
}

#[test]
fn certificates_outside_the_chain_are_left_out() {
    let (root, other) = (TestAuthority::root("Root"), TestAuthority::root("Other"));
    // Two authorities with the same name: the identifier of the key distinguishes them.
    let (wrong, right) = (root.intermediate("Inner"), root.intermediate("Inner"));
    let pair = right.issue(&["radio.example"]);
    let text =
        [&other.pem, &wrong.pem, &right.pem, &pair.certificate, &pair.key].map(String::as_str).concat();
    let certificate = load_text(text).expect("a certificate");
    assert_eq!(chain_len(&certificate), 2);
    let issuer = CertificateFacts::parse(&certificate.key().cert[1]).expect("a certificate");
    assert!(issuer.can_have_issued(&certificate.facts));
}

#[test]
fn certificate_without_its_issuer_has_no_chain() {
    let root = TestAuthority::root("Root");
    let pair = root.issue(&["radio.example"]);
    let alone = load_text(pair.certificate.clone() + &pair.key).expect("a certificate");
    assert!(!alone.has_chain());
    let whole = load_text(pair.certificate + &pair.key + &root.pem).expect("a certificate");
    assert!(whole.has_chain());
    assert!(load_fixture("ed25519.pem", None).expect("a self-signed certificate").has_chain());
}

#[test]
fn line_ends_texts_and_joined_lines_do_not_matter() {
    let pair = TestAuthority::root("Root").issue(&["radio.example"]);
    let both = pair.certificate.clone() + &pair.key;
    for text in [
        both.replace('\n', "\r\n"),
        both.replace('\n', "\r"),
        both.trim_end().to_owned(),
        format!(
            "Bag Attributes\n    localKeyID: 01\nsubject=CN = x\n{}\nmore\0\u{fffd}\n{}",
            pair.certificate, pair.key
        ),
        // A byte order mark, and what `cat` makes of a file without a line feed at its end.
        format!("\u{feff}{}{}", pair.certificate.trim_end(), pair.key),
    ] {
        let certificate = load_text(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
        assert_eq!(certificate.names(), ["radio.example"]);
    }
}

#[test]
fn every_form_of_key_that_openssl_writes_is_read() {
    for (file, name) in
        [("ec-sec1.pem", "ec.example"), ("rsa-pkcs1.pem", "rsa.example"), ("ed25519.pem", "ed25519.example")]
    {
        let certificate = load_fixture(file, None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(certificate.names(), [name]);
        assert!(certificate.is_valid_at(TODAY + 10 * DAY) && !certificate.is_valid_at(DAY));
    }
}

#[test]
fn certificate_without_alternative_names_shows_its_common_name() {
    let certificate = load_fixture("version-1.pem", None).expect("a certificate of version 1");
    assert_eq!(certificate.names(), [] as [String; 0]);
    assert_eq!(certificate.common_name(), Some("old.example"));
}

#[test]
fn addresses_are_names() {
    let pair = TestAuthority::root("Root").issue(&["Radio.Example", "192.0.2.7", "2001:db8::7"]);
    let certificate = load_text(pair.certificate + &pair.key).expect("a certificate");
    assert_eq!(certificate.names(), ["radio.example", "192.0.2.7", "2001:db8::7"]);
}

#[test]
fn renewed_certificate_for_the_same_key_is_used() {
    let old = fs::read_to_string(fixture("version-1.pem")).expect("a fixture");
    let new = fs::read_to_string(fixture("ec-sec1.pem")).expect("a fixture");
    let later = |text: &str| load_text(text).expect("a certificate").not_after();
    let best = later(&old).max(later(&new));
    assert_eq!([later(&(old.clone() + &new)), later(&(new + &old))], [best, best]);
}

#[test]
fn errors_name_what_is_missing() {
    let root = TestAuthority::root("Root");
    let (pair, other) = (root.issue(&["a.example"]), root.issue(&["b.example"]));
    expect_error("", "is empty");
    expect_error("\n", "contains no certificate in the format PEM");
    expect_error("[[tls]]\n", "contains no certificate");
    expect_error(&pair.certificate, "contains no private key: add it there, or name its file with key");
    expect_error(&pair.key, "contains no certificate");
    expect_error(
        pair.certificate.clone() + &other.key,
        "contains a private key that does not belong to its certificate",
    );
    expect_error(vec![b'x'; 300_000], "is longer than 262144 bytes");
    expect_error(pair.certificate.repeat(33), "it is a list of authorities");
    expect_error(fs::read(fixture("request.pem")).expect("a fixture"), "request for a certificate");
}

#[test]
fn damaged_files_are_named_as_such() {
    let pair = TestAuthority::root("Root").issue(&["a.example"]);
    let both = pair.key.clone() + &pair.certificate;
    expect_error(&both[..both.len() - 40], "is incomplete: -----END CERTIFICATE----- is missing");
    expect_error(pair.certificate.clone() + &pair.key[..60], "-----END PRIVATE KEY----- is missing");
    expect_error(both.replace("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE--"), "does not end with -----");
    let broken = pair.certificate.replacen("\nM", "\n!", 1);
    expect_error(broken + &pair.key, "a block is not valid Base64");
    let empty = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    expect_error(empty.to_owned() + &pair.key, "contains a damaged certificate");
    let empty = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    expect_error(pair.certificate + empty, "contains a private key that is damaged or of another kind than");
}

#[test]
fn every_truncated_file_is_an_error() {
    let pair = TestAuthority::root("Root").issue(&["a.example"]);
    let both = pair.certificate + &pair.key;
    // The dashes at the end of the last line may be missing.
    for len in (0..both.len() - "-----\n".len()).step_by(7) {
        load_text(&both[..len]).expect_err("a truncated file");
    }
}

proptest! {
    /// Other characters of Base64 are other bytes of the certificate or the key; all others are other lines.
    #[test]
    fn changed_file_causes_no_panic(
        changes in vec((any::<Index>(), prop_oneof![prop::char::range('A', 'Z'), any::<char>()]), 1..8)
    ) {
        let whole = fs::read_to_string(fixture("ed25519.pem")).expect("a fixture");
        let mut text: Vec<char> = whole.chars().collect();
        for (at, to) in &changes {
            let at = at.index(text.len());
            text[at] = *to;
        }
        if let Err(error) = load_text(text.into_iter().collect::<String>()) {
            prop_assert!(!error.reason.is_empty() && !error.reason.contains('\n'), "{error:?}");
        }
    }
}

#[test]
fn encrypted_keys_and_other_formats_are_named_as_such() {
    for (file, expected) in [
        ("encrypted-pkcs1.pem", "contains an encrypted private key"),
        ("encrypted-pkcs8.pem", "contains an encrypted private key"),
        ("ec-p521.pem", "of another kind than RSA with 2048 to 4096 bits, EC on P-256 or P-384, or Ed25519"),
        ("rsa-1024.pem", "of another kind than RSA with 2048 to 4096 bits"),
        ("certificate.der", "is in the format DER or PKCS #12"),
        ("bundle.p12", "is in the format DER or PKCS #12"),
    ] {
        let error = load_fixture(file, None).expect_err(file);
        assert_eq!(error.path, fixture(file));
        assert!(error.reason.contains(expected), "{error}");
        let error = load_fixture("ec-sec1.pem", Some(file)).expect_err(file);
        assert_eq!(error.path, fixture(file), "{error}");
    }
}

#[test]
fn errors_name_the_file_to_blame() {
    let missing = load_fixture("ec-sec1.pem", Some("no-such-file")).expect_err("an error");
    assert_eq!((missing.path, missing.reason.as_str()), (fixture("no-such-file"), "does not exist"));
    let folder = load_fixture("..", None).expect_err("an error");
    assert_eq!(folder.reason, "is a directory, not a PEM file");
    let device = CertificateFiles { certificate: PathBuf::from("/dev/null"), key: None };
    let device = Certificate::load(&device).expect_err("an error");
    assert!(device.reason.starts_with("cannot be read: "), "{device}");
    let pair = TestAuthority::root("Root").issue(&["a.example"]);
    let place = TempDir::new().expect("a folder");
    let files = pair.write(place.path(), "radio");
    fs::write(files.key.as_ref().expect("a path"), &pair.certificate).expect("the folder is writable");
    let error = Certificate::load(&files).expect_err("an error");
    assert_eq!(
        (error.path, error.reason.as_str()),
        (files.key.expect("a path"), "contains no private key in the format PEM")
    );
}
