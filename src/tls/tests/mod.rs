//! The room against rustls' own client: every byte, at random cuts, with all versions and suites.

mod property;

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use fastrand::Rng;
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConfig, ServerConnection,
    SupportedCipherSuite,
};

use super::server::Tickets;
use super::session::{RECORD_MAX, TlsProgress, TlsSession};

/// A server of one name, and clients that trust it.
struct Pair {
    server: Arc<ServerConfig>,
    roots: RootCertStore,
}

#[derive(Debug)]
struct Chosen(Arc<CertifiedKey>);

impl rustls::server::ResolvesServerCert for Chosen {
    fn resolve(&self, _hello: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

impl Pair {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["radio.example".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate").der().clone();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).expect("a certificate");
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = ring::default_provider();
        let key = provider.key_provider.load_private_key(der).expect("a key");
        let chosen = Arc::new(Chosen(Arc::new(CertifiedKey::new(vec![certificate], key))));
        let server = super::server::configure(chosen, &Tickets::new().expect("random numbers"));
        Self { server: server.expect("a configuration"), roots }
    }

    fn accept(&self) -> TlsSession {
        TlsSession::new(ServerConnection::new(self.server.clone()).expect("a session"))
    }

    /// Returns the configuration of clients that offer one suite.
    fn client(&self, suite: SupportedCipherSuite) -> Arc<ClientConfig> {
        let provider = CryptoProvider { cipher_suites: vec![suite], ..ring::default_provider() };
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[suite.version()])
            .expect("the version of the suite");
        Arc::new(builder.with_root_certificates(self.roots.clone()).with_no_client_auth())
    }
}

fn connect(config: &Arc<ClientConfig>) -> ClientConnection {
    let name = ServerName::try_from("radio.example").expect("a name");
    ClientConnection::new(config.clone(), name).expect("a session")
}

/// A socket that takes a random number of bytes, and is full at random.
struct Narrow<'a> {
    taken: &'a mut Vec<u8>,
    random: &'a mut Rng,
}

impl Write for Narrow<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.random.u8(..4) == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.random.usize(1..=bytes.len());
        self.taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client and the room, with the bytes that are under way between them.
struct Link {
    client: ClientConnection,
    session: TlsSession,
    to_client: Vec<u8>,
    to_server: Vec<u8>,
    /// What the client has received.
    heard: Vec<u8>,
    /// What the room has passed on.
    received: Vec<u8>,
    progress: TlsProgress,
}

impl Link {
    fn new(client: ClientConnection, session: TlsSession) -> Self {
        let progress = TlsProgress::Handshaking;
        let (to_client, to_server, heard, received) = (vec![], vec![], vec![], vec![]);
        Self { client, session, to_client, to_server, heard, received, progress }
    }

    /// Moves some of the bytes that are under way, in random pieces.
    fn step(&mut self, random: &mut Rng) {
        while self.client.wants_write() {
            self.client.write_tls(&mut self.to_server).expect("a vector takes everything");
        }
        let count = random.usize(0..=self.to_server.len().min(20_000));
        let piece: Vec<u8> = self.to_server.drain(..count).collect();
        self.pass_to_session(&piece);
        let mut socket = Narrow { taken: &mut self.to_client, random };
        self.session.send(&mut socket).expect("the socket does not fail");
        let count = random.usize(0..=self.to_client.len());
        let piece: Vec<u8> = self.to_client.drain(..count).collect();
        self.pass_to_client(&piece);
    }

    fn pass_to_session(&mut self, piece: &[u8]) {
        if piece.is_empty() {
            return;
        }
        let mut each = |bytes: &[u8]| self.received.extend_from_slice(bytes);
        self.progress = if self.session.is_handshaking() {
            self.session.push(piece).expect("the handshake is short");
            let progress = self.session.process().expect("a valid handshake");
            self.session.take_plaintext(&mut each);
            progress
        } else {
            self.session.receive(piece, &mut each).expect("valid records")
        };
    }

    fn pass_to_client(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            self.client.read_tls(&mut piece).expect("the client takes everything");
            self.client.process_new_packets().expect("valid records");
            let mut chunk = [0; 32 * 1024];
            while let Ok(count @ 1..) = self.client.reader().read(&mut chunk) {
                self.heard.extend_from_slice(&chunk[..count]);
            }
        }
    }

    /// Seals a part of `all` from byte `begin` on, in pieces as they lie in a ring buffer. Returns how much
    /// was taken.
    fn seal(&mut self, all: &[u8], begin: usize, random: &mut Rng) -> usize {
        let from = begin - random.usize(0..=begin.min(5_000));
        let offered = &all[from..all.len().min(begin + random.usize(1..40_000))];
        let (first, second) = offered.split_at(random.usize(0..=offered.len()));
        let pieces = [IoSlice::new(first), IoSlice::new(&[]), IoSlice::new(second)];
        let max = if random.bool() { RECORD_MAX } else { 4096 };
        let taken = self.session.seal(&pieces, begin - from, max);
        assert!(taken <= max.min(all.len() - begin));
        taken
    }

    fn is_quiet(&self) -> bool {
        !self.session.has_output() && self.to_client.is_empty() && self.to_server.is_empty()
    }
}

fn is_resumed(link: &Link) -> bool {
    link.client.handshake_kind() == Some(HandshakeKind::Resumed)
}
