//! TLS: the certificate of a server, and the sessions of its listeners.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};

use crate::failure::Failure;

/// The name in certificates, unless specified otherwise.
pub const NAME: &str = "localhost";

/// A certificate of a server with its private key, in PEM. The listeners trust it itself.
#[derive(Debug, Clone)]
pub struct ServerCertificate {
    pub certificate: String,
    pub key: String,
    pub der: CertificateDer<'static>,
}

impl ServerCertificate {
    /// Creates a certificate with an ECDSA key (P-256). It is valid from 1975 to 4096.
    pub fn ecdsa(name: &str) -> Result<Self, Failure> {
        Self::with_key(name, &KeyPair::generate()?)
    }

    /// Creates a certificate with an RSA key of 2048 bits, which the program openssl makes.
    pub fn rsa(name: &str) -> Result<Self, Failure> {
        let arguments = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
        let made = Command::new("openssl").args(arguments).output()?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(&made.stdout)?;
        Self::with_key(name, &KeyPair::from_pkcs8_der_and_sign_algo(&key, &rcgen::PKCS_RSA_SHA256)?)
    }

    fn with_key(name: &str, key: &KeyPair) -> Result<Self, Failure> {
        Self::from_params(Self::params(name)?, key)
    }

    /// Returns the contents of a certificate for `name`.
    pub fn params(name: &str) -> Result<CertificateParams, Failure> {
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(params)
    }

    /// Creates a certificate with these contents.
    pub fn from_params(params: CertificateParams, key: &KeyPair) -> Result<Self, Failure> {
        let certificate = params.self_signed(key)?;
        Ok(Self {
            certificate: pem("CERTIFICATE", certificate.der()),
            key: pem("PRIVATE KEY", key.serialized_der()),
            der: certificate.der().clone(),
        })
    }

    /// Writes `NAME.crt` and `NAME.key` into a folder, and returns their table of a configuration file.
    pub fn write(&self, folder: &Path, name: &str) -> Result<String, Failure> {
        let [certificate, key] = ["crt", "key"].map(|kind| folder.join(format!("{name}.{kind}")));
        fs::write(&certificate, &self.certificate)?;
        fs::write(&key, &self.key)?;
        Ok(format!("[[tls]]\ncertificate = {certificate:?}\nkey = {key:?}\n"))
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Returns the certificate of the servers of this process.
///
/// # Errors
/// If it cannot be created.
pub fn certificate() -> Result<&'static ServerCertificate, Failure> {
    static CERTIFICATE: OnceLock<ServerCertificate> = OnceLock::new();
    if let Some(certificate) = CERTIFICATE.get() {
        return Ok(certificate);
    }
    let certificate = ServerCertificate::ecdsa(NAME)?;
    Ok(CERTIFICATE.get_or_init(|| certificate))
}

/// What the sessions of listeners have in common. A clone is cheap.
#[derive(Debug, Clone)]
pub struct TlsClient(Arc<ClientConfig>);

impl TlsClient {
    /// Trusts these certificates, and speaks these versions. No session is resumed.
    pub fn new(
        trusted: &[CertificateDer<'static>],
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        trusted.iter().try_for_each(|certificate| roots.add(certificate.clone()))?;
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let mut config =
            builder.with_protocol_versions(versions)?.with_root_certificates(roots).with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Self(Arc::new(config)))
    }

    /// Changes how sessions are resumed.
    pub fn with_resumption(mut self, resumption: Resumption) -> Self {
        Arc::make_mut(&mut self.0).resumption = resumption;
        self
    }

    /// Begins a session with the server of this name.
    pub fn session(&self, name: &str) -> io::Result<ClientConnection> {
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        ClientConnection::new(self.0.clone(), name).map_err(io::Error::other)
    }
}

/// The session of a listener, above a socket that does not block.
pub struct TlsSession(Box<ClientConnection>);

impl TlsSession {
    pub fn new(client: &TlsClient) -> io::Result<Self> {
        Ok(Self(Box::new(client.session(NAME)?)))
    }

    /// Sends a request as soon as the handshake is complete, and the handshake now.
    pub fn send(&mut self, request: &[u8], socket: &mut impl Write) -> io::Result<()> {
        self.0.writer().write_all(request)?;
        self.flush(socket)
    }

    /// Decrypts received bytes, and answers those of the handshake.
    pub fn receive(&mut self, mut bytes: &[u8], socket: &mut impl Write) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        while !bytes.is_empty() {
            self.0.read_tls(&mut bytes)?;
            self.0.process_new_packets().map_err(io::Error::other)?;
            match self.0.reader().read_to_end(&mut plain) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        self.flush(socket)?;
        Ok(plain)
    }

    /// Returns an error unless the server has announced the end of the stream with `close_notify`.
    pub fn check_end(&mut self) -> io::Result<()> {
        let state = self.0.process_new_packets().map_err(io::Error::other)?;
        let error = || io::Error::other("the connection ends without close_notify");
        if state.peer_has_closed() { Ok(()) } else { Err(error()) }
    }

    /// Sends everything. The bytes of a handshake fit into the socket.
    fn flush(&mut self, socket: &mut impl Write) -> io::Result<()> {
        while self.0.wants_write() {
            self.0.write_tls(socket)?;
        }
        Ok(())
    }
}
