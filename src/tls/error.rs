//! Why a TLS session failed.

use std::fmt;
use std::io;

use rustls::{AlertDescription, Error, InvalidMessage};

use super::certificate_fault;

/// Why a TLS session failed. Formatted as the rest of a sentence about the handshake or the session.
#[derive(Debug, Clone, PartialEq)]
pub struct TlsError(Error);

impl TlsError {
    /// Returns the error for a handshake that is longer than its bound.
    pub(super) fn too_long() -> Self {
        Self(Error::General("the handshake is too long".to_owned()))
    }

    /// Returns the error for a client that begins TLS with a server without certificates.
    pub fn not_offered() -> Self {
        Self(Error::General("no [[tls]] certificate is configured".to_owned()))
    }

    /// Returns the error for a client that would have to wait too long for its handshake.
    pub fn busy() -> Self {
        Self(Error::General("too many handshakes wait".to_owned()))
    }

    /// Returns the error for a peer that has closed the session before the handshake was complete.
    pub(super) fn ended() -> Self {
        Self(Error::General("the peer ended the handshake".to_owned()))
    }

    /// Returns the error of TLS that an error of input and output holds, if it holds one.
    pub fn from_io(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Error>().cloned().map(Self)
    }

    /// Returns whether the peer has ended the handshake because it does not accept the certificate.
    pub fn is_certificate_refused(&self) -> bool {
        matches!(
            self.0,
            Error::AlertReceived(
                AlertDescription::BadCertificate
                    | AlertDescription::CertificateExpired
                    | AlertDescription::CertificateRevoked
                    | AlertDescription::CertificateUnknown
                    | AlertDescription::UnknownCA
                    | AlertDescription::UnsupportedCertificate
            )
        )
    }
}

impl std::error::Error for TlsError {}

impl From<Error> for TlsError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Error::InvalidCertificate(fault) => f.write_str(&certificate_fault::describe(fault)),
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
            ) => f.write_str("sent something that is not TLS"),
            Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge) => {
                f.write_str("sent a handshake message that is too long, such as a chain of certificates")
            }
            Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion)
            | Error::PeerIncompatible(_) => f.write_str(
                "offers no version or cipher suite of TLS that both sides know (TLS 1.2 is the oldest)",
            ),
            Error::General(reason) => f.write_str(reason),
            error => write!(f, "{error}"),
        }
    }
}
