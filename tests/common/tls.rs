//! TLS for tests: an authority, certificates of servers, and a blocking client.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{
    CipherSuite, ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};

use super::{DEADLINE, Peer};

/// An authority whose certificates the clients of a test trust.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
}

/// A certificate of a server, with its private key, in PEM.
#[derive(Clone)]
pub struct ServerCertificate {
    /// The certificate alone.
    pub certificate: String,
    /// The private key (PKCS #8).
    pub key: String,
}

impl Authority {
    /// Creates an authority with a name of its own.
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let der = params.self_signed(&key).expect("a certificate").der().clone();
        Self { issuer: Issuer::new(params, key), der }
    }

    /// Returns the certificate of the authority in PEM.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    /// Issues a certificate with an ECDSA key (P-256) for these names, which may be IP addresses or begin
    /// with `*.`. It is valid from 1975 to 4096.
    pub fn certificate(&self, names: &[&str]) -> ServerCertificate {
        self.issue(server_params(names), &KeyPair::generate().expect("a key"))
    }

    /// Issues a certificate that is valid from the first of these days to the last, each as year, month and
    /// day.
    pub fn certificate_valid(
        &self,
        names: &[&str],
        from: (i32, u8, u8),
        to: (i32, u8, u8),
    ) -> ServerCertificate {
        let mut params = server_params(names);
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(to.0, to.1, to.2);
        self.issue(params, &KeyPair::generate().expect("a key"))
    }

    /// Issues a certificate that expired on 2021-01-01.
    pub fn expired(&self, names: &[&str]) -> ServerCertificate {
        self.certificate_valid(names, (2020, 1, 1), (2021, 1, 1))
    }

    /// Issues a certificate that has been valid since 2020 and expires so long from now.
    pub fn expiring(&self, names: &[&str], left: Duration) -> ServerCertificate {
        let mut params = server_params(names);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(1970, 1, 1) + now + left;
        self.issue(params, &KeyPair::generate().expect("a key"))
    }

    /// Issues a certificate with an RSA key of 2048 bits. The `openssl` program must be installed: ring makes
    /// no RSA keys.
    pub fn rsa(&self, names: &[&str]) -> ServerCertificate {
        let mut openssl = Command::new("openssl");
        openssl.args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
        let made = openssl.output().expect("openssl is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let key = PrivatePkcs8KeyDer::from_pem_slice(&made.stdout).expect("a key in PEM");
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &rcgen::PKCS_RSA_SHA256).expect("an RSA key");
        self.issue(server_params(names), &key)
    }

    fn issue(&self, params: CertificateParams, key: &KeyPair) -> ServerCertificate {
        let certificate = params.signed_by(key, &self.issuer).expect("a certificate");
        ServerCertificate {
            certificate: pem("CERTIFICATE", certificate.der()),
            key: pem("PRIVATE KEY", key.serialized_der()),
        }
    }

    /// Returns a client that trusts this authority alone and offers everything that rustls can do.
    pub fn client(&self) -> TlsClient {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).expect("the certificate of an authority");
        TlsClient::new(roots, rustls::DEFAULT_VERSIONS)
    }
}

fn server_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let common = names[0].clone();
    let mut params = CertificateParams::new(names).expect("DNS names or addresses");
    params.distinguished_name.push(DnType::CommonName, common);
    params
}

impl ServerCertificate {
    /// Writes `NAME.crt` and `NAME.key` into `folder`, and returns their table for a configuration file
    /// there.
    pub fn write(&self, folder: &Path, name: &str) -> String {
        fs::write(folder.join(format!("{name}.crt")), &self.certificate).expect("the folder is writable");
        fs::write(folder.join(format!("{name}.key")), &self.key).expect("the folder is writable");
        let [certificate, key] = ["crt", "key"].map(|kind| folder.join(format!("{name}.{kind}")));
        format!("[[tls]]\ncertificate = {certificate:?}\nkey = {key:?}\n")
    }
}

/// Returns a block of a PEM file.
pub fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("Base64 is ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A client that opens TLS connections. Its later connections resume the sessions of earlier ones. A clone
/// shares their tickets.
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    roots: RootCertStore,
    name: Option<String>,
}

/// The client's end of a TLS connection. Reading returns an error if the connection ends without
/// `close_notify`.
pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;

impl TlsClient {
    /// Returns a client that trusts the authority whose certificate this is, in PEM.
    pub fn trusting(pem: &str) -> Self {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate in PEM");
        roots.add(root).expect("the certificate of an authority");
        Self::new(roots, rustls::DEFAULT_VERSIONS)
    }

    fn new(roots: RootCertStore, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions that ring can do");
        let config = builder.with_root_certificates(roots.clone()).with_no_client_auth();
        Self { config: Arc::new(config), roots, name: None }
    }

    fn with(mut self, change: impl FnOnce(&mut ClientConfig)) -> Self {
        change(Arc::make_mut(&mut self.config));
        self
    }

    /// Speaks TLS 1.2 only. Forgets its tickets, and changes made before.
    pub fn tls12(self) -> Self {
        Self { name: self.name, ..Self::new(self.roots, &[&rustls::version::TLS12]) }
    }

    /// Speaks TLS 1.3 only. Forgets its tickets, and changes made before.
    pub fn tls13(self) -> Self {
        Self { name: self.name, ..Self::new(self.roots, &[&rustls::version::TLS13]) }
    }

    /// Wants to reach a server with this name, or this IP address, for which no name is sent. Without this
    /// call, it is the address of the server.
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// Sends no server name, as old devices do, though it expects the name.
    pub fn without_sni(self) -> Self {
        self.with(|config| config.enable_sni = false)
    }

    /// Offers these protocols inside TLS, such as `h2`.
    pub fn alpn(self, protocols: &[&str]) -> Self {
        let protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        self.with(|config| config.alpn_protocols = protocols)
    }

    /// Resumes no sessions.
    pub fn without_resumption(self) -> Self {
        self.with(|config| config.resumption = Resumption::disabled())
    }

    /// Connects and completes the handshake.
    #[track_caller]
    pub fn connect(&self, address: SocketAddr) -> Peer {
        self.try_connect(address).expect("the handshake is completed")
    }

    /// Connects and completes the handshake.
    ///
    /// # Errors
    /// If the handshake fails. [`tls_error`] returns what TLS says about it.
    pub fn try_connect(&self, address: SocketAddr) -> io::Result<Peer> {
        let stream = TcpStream::connect_timeout(&address, DEADLINE)?;
        Ok(Peer::over_tls(self.handshake(stream)?))
    }

    /// Completes a handshake on a connection.
    ///
    /// # Errors
    /// As [`try_connect`](Self::try_connect).
    pub fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        let mut stream = StreamOwned::new(self.session(&stream.peer_addr()?), stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    /// Returns the session of a new connection to `address`, which has sent nothing yet.
    pub fn session(&self, address: &SocketAddr) -> ClientConnection {
        let name = self.name.clone().unwrap_or_else(|| address.ip().to_string());
        let name = ServerName::try_from(name).expect("a DNS name or an address");
        ClientConnection::new(self.config.clone(), name).expect("a client's session")
    }

    /// Returns the first bytes that a client sends to `address`: a record with its ClientHello.
    pub fn client_hello(&self, address: &SocketAddr) -> Vec<u8> {
        let mut hello = Vec::new();
        self.session(address).write_tls(&mut hello).expect("a vector takes everything");
        hello
    }
}

/// Returns what TLS says about an error of a connection.
pub fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// What a client and a server have agreed on.
#[derive(Debug, PartialEq, Eq)]
pub struct Agreed {
    pub version: Option<ProtocolVersion>,
    pub suite: Option<CipherSuite>,
    pub protocol: Option<String>,
    pub is_resumed: bool,
    /// The certificate of the server, in DER.
    pub certificate: Option<Vec<u8>>,
}

impl Agreed {
    pub(super) fn from_stream(stream: &TlsStream) -> Self {
        let session = &stream.conn;
        Self {
            version: session.protocol_version(),
            suite: session.negotiated_cipher_suite().map(|suite| suite.suite()),
            protocol: session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            is_resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
            certificate: session.peer_certificates().map(|chain| chain[0].to_vec()),
        }
    }
}

/// Reads everything that a server sends on a plain connection, for checks of the bytes on the wire.
pub fn read_raw(mut stream: &TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    // A reset ends it as well.
    let _ = stream.read_to_end(&mut all);
    all
}

/// Sends bytes on a plain connection, which the server may have closed.
pub fn write_raw(mut stream: &TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}
