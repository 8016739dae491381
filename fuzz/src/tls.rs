//! Bytes before and during a TLS handshake.

use std::sync::LazyLock;

use coldwave::http::incoming::{Incoming, parse};
use coldwave::http::request::RequestRefusal;
use coldwave::settings::CertificateFiles;
use coldwave::tls::{Certificate, ServerTls, Tickets, TlsSession};

use crate::{Splitter, folder, split_seed};

/// The most bytes of a handshake, besides those of the piece with which it ends.
const HANDSHAKE_MAX: usize = 8 * 1024;

/// The most bytes that a server sends in answer to a ClientHello: its certificate is short here.
const ANSWER_MAX: usize = 4096;

/// The certificate in `fuzz/tls/` is used here only.
static SERVER: LazyLock<ServerTls> = LazyLock::new(|| {
    let path = |name| folder().join("tls").join(name);
    let files = CertificateFiles { certificate: path("certificate.pem"), key: Some(path("key.pem")) };
    let certificate = Certificate::load(&files).expect("a certificate");
    ServerTls::new(vec![certificate], &Tickets::new().expect("random numbers")).expect("a configuration")
});

/// The input is a seed for the splitter, then what a client sends.
pub fn check(input: &[u8]) {
    let (seed, bytes) = split_seed(input);
    let is_tls = bytes.starts_with(&[0x16, 0x03]);
    assert_eq!(parse(bytes) == Incoming::Refused(RequestRefusal::Tls), is_tls, "the first bytes decide");
    let whole = shake(std::iter::once(bytes));
    let split = shake(Splitter(seed).pieces(bytes));
    assert_eq!(whole, split, "splitting changes the result");
}

/// Returns whether the handshake failed.
fn shake<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut session = SERVER.accept().expect("a session");
    let (mut pushed, mut answer) = (0, Vec::new());
    for piece in pieces {
        assert!(pushed <= HANDSHAKE_MAX, "a handshake without an end");
        pushed += piece.len();
        let failed = session.push(piece).is_err() || session.process().is_err();
        send(&mut session, &mut answer);
        if failed {
            return true;
        }
        // Only a client with keys of its own completes it.
        assert!(session.is_handshaking());
    }
    false
}

fn send(session: &mut TlsSession, answer: &mut Vec<u8>) {
    assert!(session.send(answer).expect("a vector takes everything"));
    assert!(!session.has_output() && answer.len() <= ANSWER_MAX, "{}", answer.len());
    session.take_plaintext(&mut |_| panic!("plaintext before the end of the handshake"));
}
