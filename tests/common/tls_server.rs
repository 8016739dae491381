//! A TLS server that a test implements: an upstream or a directory for coldwave.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use super::DEADLINE;
use super::tls::ServerCertificate;

/// The server's end of a TLS connection.
pub type ServerStream = StreamOwned<ServerConnection, TcpStream>;

/// Accepts TLS connections on a free port of localhost.
pub struct TlsAcceptor {
    pub listener: TcpListener,
    config: Arc<ServerConfig>,
}

impl TlsAcceptor {
    pub fn new(certificate: &ServerCertificate) -> Self {
        Self::with_versions(certificate, rustls::ALL_VERSIONS)
    }

    /// Speaks these versions only.
    pub fn with_versions(
        certificate: &ServerCertificate,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let chain =
            CertificateDer::from_pem_slice(certificate.certificate.as_bytes()).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("a private key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions that ring can do")
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .expect("a certificate with its key");
        Self { listener: TcpListener::bind("127.0.0.1:0").expect("a port"), config: Arc::new(config) }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("bound")
    }

    /// Accepts a connection and completes the handshake.
    ///
    /// # Errors
    /// If the client does not complete it.
    pub fn try_accept(&self) -> io::Result<ServerStream> {
        let (mut stream, _) = self.listener.accept()?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        let mut session = ServerConnection::new(self.config.clone()).expect("a server's session");
        while session.is_handshaking() {
            session.complete_io(&mut stream)?;
        }
        Ok(StreamOwned::new(session, stream))
    }

    /// Like [`try_accept`](Self::try_accept), for a client that completes the handshake.
    #[track_caller]
    pub fn accept(&self) -> ServerStream {
        self.try_accept().expect("the handshake is completed")
    }
}
