//! `[[tls]]`, and ports that speak only TLS.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::{ParsedConfig, expect_errors, expect_valid, folder, parse, read, station};
use crate::settings::CertificateFiles;
use crate::tls::test_certificates::{TestAuthority, fixture};

/// Returns a configuration with a certificate and these lines before it.
fn with_certificate(lines: &str) -> String {
    format!("{lines}\n[[tls]]\ncertificate = \"tls/ec-sec1.pem\"\n{}", station(""))
}

fn table(lines: &str) -> String {
    format!("[[tls]]\n{lines}\n{}", station(""))
}

#[test]
fn certificates_are_in_the_order_of_the_file() {
    let settings = expect_valid(
        "[[tls]]\ncertificate = \"tls/ec-sec1.pem\"\n[[tls]]\ncertificate = \"tls/rsa-pkcs1.pem\"\nkey = \
         \"tls/rsa-pkcs1.pem\"\n[[station]]\nmusic = \"station/\"\n",
    );
    let files = &settings.tls.certificates;
    assert_eq!(files[0], CertificateFiles { certificate: folder().join("tls/ec-sec1.pem"), key: None });
    assert_eq!(files[1].key, Some(folder().join("tls/rsa-pkcs1.pem")));
    assert_eq!(expect_valid(&station("")).tls.certificates, []);
}

#[test]
fn mistakes_in_tables_are_named() {
    expect_errors(&table(""), &["f:1: [[tls]] certificate: is required"]);
    expect_errors(&table("key = \"tls/ec-sec1.pem\""), &["[[tls]] certificate: is required"]);
    expect_errors(&table("certificate = 5"), &["f:2: [[tls]] certificate: 5 is invalid, expected a string"]);
    expect_errors(&table("certificate = \"\""), &["is empty, expected a path"]);
    expect_errors(
        &table("certificate = \"tls/ec-sec1.pem\"\nkey = false"),
        &["f:3: [[tls]] key: false is invalid"],
    );
    expect_errors(&table("certificate = \"tls/nothing\""), &["f:2: [[tls]] certificate: "]);
    let (_, errors, _) = read(&table("certificate = \"tls/ec-sec1.pem\"\nkey = \"tls/nothing\""));
    assert_eq!(
        errors,
        [format!(
            "f:3: [[tls]] key: {} does not exist; to run without it, remove this [[tls]] table and tls_only of all ports",
            folder().join("tls/nothing").display()
        )]
    );
    let mismatch = table("certificate = \"tls/ec-sec1.pem\"\nkey = \"tls/encrypted-pkcs8.pem\"");
    expect_errors(&mismatch, &["f:3: [[tls]] key: "]);
    expect_errors(&mismatch, &["contains an encrypted private key"]);
    let twice = "[[tls]]\ncertificate = \"tls/ec-sec1.pem\"\n".repeat(2) + &station("");
    expect_errors(
        &twice,
        &["f:4: [[tls]] certificate: \"tls/ec-sec1.pem\" is already in another [[tls]] table"],
    );
    for text in ["[tls]\ncertificate = \"tls/ec-sec1.pem\"\n", "tls = 5\n", "tls = [5]\n"] {
        expect_errors(&format!("{text}{}", station("")), &["double brackets for each certificate: [[tls]]"]);
    }
}

#[test]
fn names_of_other_programs_get_the_right_ones() {
    let certificate = "certificate = \"tls/ec-sec1.pem\"\n";
    for (key, meant) in [
        ("ssl_certificate", "certificate"),
        ("sslCertificateFile", "certificate"),
        ("ssl-certificate", "certificate"),
        ("cert", "certificate"),
        ("fullchain", "certificate"),
        ("certifcate", "certificate"),
        ("private_key", "key"),
        ("ssl_certificate_key", "key"),
        ("SSLCertificateKeyFile", "key"),
        ("privkey", "key"),
    ] {
        let expected = format!("[[tls]] {key}: unknown key, did you mean {meant:?}?");
        expect_errors(&table(&format!("{certificate}{key} = \"x\"")), &[&expected]);
    }
    for key in ["ssl_certificate", "ssl-key", "ssl", "tls"] {
        let expected = "certificates are given in [[tls]] tables, with certificate and key";
        expect_errors(&format!("[server]\n{key} = \"x\"\n{}", station("")), &[expected]);
    }
    expect_errors(&format!("[server]\ncertificate = \"x\"\n{}", station("")), &["it belongs below [[tls]]"]);
    expect_errors(
        &format!("[ssl]\n{certificate}{}", station("")),
        &["ssl: unknown table, did you mean [[tls]]?"],
    );
}

#[test]
fn ports_can_speak_only_tls() {
    let listen = "[server]\nlisten = [8000, { address = \"127.0.0.1:8443\", tls_only = true }, { address = 9000 }]\n\
                  source_listen = { address = \":9001\", tls_only = true }";
    let settings = expect_valid(&with_certificate(listen));
    let shown: Vec<String> =
        settings.listen.iter().map(|it| format!("{} {}", it.address, it.tls_only)).collect();
    assert_eq!(shown, ["[::]:8000 false", "127.0.0.1:8443 true", "[::]:9000 false"]);
    assert!(settings.source_listen.expect("ports")[0].tls_only);
    let both =
        expect_valid(&with_certificate("[server]\nlisten = { address = \"localhost\", tls_only = true }"));
    assert!(both.listen.len() == 2 && both.listen.iter().all(|it| it.tls_only));
    let without = "[server]\nlisten = [{ address = 8443, tls_only = true }]\n".to_owned() + &station("");
    expect_errors(&without, &["f:2: [server] listen tls_only: requires a certificate: add a [[tls]] table"]);
}

#[test]
fn mistakes_in_addresses_with_tls_are_named() {
    for (item, expected) in [
        ("{ }", "listen address: is required"),
        ("{ tls_only = true }", "listen address: is required"),
        ("{ address = true }", "listen address: true is invalid"),
        ("{ address = \"nowhere\" }", "listen address: \"nowhere\" is not an address with a port"),
        (
            "{ address = 1, tls_only = \"yes\" }",
            "listen tls_only: \"yes\" is invalid, expected true or false",
        ),
        ("{ address = 1, tls = true }", "listen tls: unknown key, did you mean \"tls_only\"?"),
        ("{ address = 1, ssl = true }", "listen ssl: unknown key, did you mean \"tls_only\"?"),
        ("{ address = 1, port = 2 }", "listen port: unknown key, did you mean \"address\"?"),
        ("[8000]", "expected a port or a list of addresses"),
        ("8000, { address = 8000, tls_only = true }", "is covered by [::]:8000 in the same list"),
    ] {
        expect_errors(&with_certificate(&format!("[server]\nlisten = [{item}]")), &[expected]);
    }
}

#[test]
fn surprising_certificates_get_warnings() {
    let place = TempDir::new().expect("a folder");
    let files = TestAuthority::root("Root").issue(&["radio.example"]).write(place.path(), "radio");
    let secret = files.key.clone().expect("a path");
    let text = table(&format!("certificate = {:?}\nkey = {:?}", files.certificate, secret));
    let warnings = |mode| {
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).expect("a mode");
        let (_, errors, warnings) = read(&text);
        assert_eq!(errors, [""; 0]);
        warnings
    };
    let closed = warnings(0o600);
    assert_eq!(closed.len(), 1, "{closed:?}");
    assert!(closed[0].contains("f:2: [[tls]] certificate: has no certificate of an intermediate authority"));
    let open = warnings(0o644);
    assert!(
        open.len() == 2 && open[1].contains(&format!("private key: chmod o= {}", secret.display())),
        "{open:?}"
    );
    assert_eq!(warnings(0o640), closed);
}

#[test]
fn files_in_use_that_went_bad_are_only_a_warning() {
    let text = table("certificate = \"tls/encrypted-pkcs1.pem\"");
    let files = CertificateFiles { certificate: fixture("encrypted-pkcs1.pem"), key: None };
    expect_errors(&text, &["contains an encrypted private key"]);
    let ParsedConfig { settings, problems, certificates, .. } =
        parse(&text, folder(), std::slice::from_ref(&files), Vec::new());
    let (errors, warnings) = problems.into_lines(&|line| format!("f:{line}"));
    assert_eq!((errors.len(), warnings.len()), (0, 1), "{errors:?} {warnings:?}");
    let reason = certificates[&files].as_ref().expect_err("an encrypted key");
    assert!(reason.contains("contains an encrypted private key"), "{reason}");
    assert!(warnings[0].ends_with("; the certificate in use stays"), "{warnings:?}");
    assert_eq!(settings.tls.certificates, [files]);
}
