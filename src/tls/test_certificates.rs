//! Certificates for unit tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

use super::certificate::Certificate;
use super::client::ClientTls;
use super::server::{ServerTls, Tickets};
use crate::settings::CertificateFiles;

/// The time of all tests: 2026-11-29, in UTC since 1970-01-01.
pub const TODAY: Duration = Duration::from_secs(1_795_910_400);

/// A day.
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An authority that issues certificates.
pub struct TestAuthority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in PEM.
    pub pem: String,
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub struct TestPair {
    pub certificate: String,
    pub key: String,
}

impl TestAuthority {
    /// Creates a root.
    pub fn root(name: &str) -> Self {
        let (params, key) = (Self::params(name), KeyPair::generate().expect("a key"));
        let pem = pem("CERTIFICATE", params.self_signed(&key).expect("a certificate").der());
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Creates an authority that this one has certified.
    pub fn intermediate(&self, name: &str) -> Self {
        let (params, key) = (Self::params(name), KeyPair::generate().expect("a key"));
        let pem = pem("CERTIFICATE", params.signed_by(&key, &self.issuer).expect("a certificate").der());
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Returns a server with a certificate for `radio.example`, and a client that trusts it.
    pub fn server_and_client() -> (ServerTls, ClientTls) {
        let (folder, root) = (tempfile::tempdir().expect("a folder"), Self::root("Root"));
        let pair = root.issue_valid(&["radio.example"], Duration::ZERO, TODAY + 9_000 * DAY);
        let authority = folder.path().join("root.crt");
        fs::write(&authority, &root.pem).expect("the folder is writable");
        let certificate = Certificate::load(&pair.write(folder.path(), "pair")).expect("a certificate");
        let server = ServerTls::new(vec![certificate], &Tickets::new().expect("keys")).expect("TLS");
        (server, ClientTls::load(Some(&authority)).expect("roots"))
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        params
    }

    /// Issues a certificate for these names that is valid around [`TODAY`].
    pub fn issue(&self, names: &[&str]) -> TestPair {
        self.issue_valid(names, TODAY - 60 * DAY, TODAY + 60 * DAY)
    }

    /// Issues a certificate that is valid between these times, in UTC since 1970-01-01.
    pub fn issue_valid(&self, names: &[&str], not_before: Duration, not_after: Duration) -> TestPair {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("DNS names or addresses");
        params.use_authority_key_identifier_extension = true;
        params.not_before = date_time_ymd(1970, 1, 1) + not_before;
        params.not_after = date_time_ymd(1970, 1, 1) + not_after;
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        TestPair {
            certificate: pem("CERTIFICATE", certificate.der()),
            key: pem("PRIVATE KEY", key.serialized_der()),
        }
    }
}

impl TestPair {
    /// Writes `NAME.crt` and `NAME.key` into `folder`.
    pub fn write(&self, folder: &Path, name: &str) -> CertificateFiles {
        let files = CertificateFiles {
            certificate: folder.join(format!("{name}.crt")),
            key: Some(folder.join(format!("{name}.key"))),
        };
        self.write_to(&files);
        files
    }

    /// Writes both files.
    pub fn write_to(&self, files: &CertificateFiles) {
        fs::write(&files.certificate, &self.certificate).expect("the folder is writable");
        let key = files.key.as_ref().expect("a file for the key");
        fs::write(key, &self.key).expect("the folder is writable");
    }
}

/// Returns the path of a file in `fixtures/tls`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name)
}

/// Returns a block of a PEM file.
pub fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines = base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("Base64 is ASCII"));
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.collect::<Vec<_>>().join("\n"))
}
