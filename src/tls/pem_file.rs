//! Reads the blocks of PEM files (RFC 7468). Text around the blocks is allowed, and blocks of other kinds are
//! skipped, such as parameters of Diffie-Hellman and requests for certificates.

use std::io;
use std::path::Path;

use rustls::pki_types::pem::{Error, PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::certificate_error::CertificateError;
use crate::open_file;

/// The longest PEM file, in bytes: a chain of several certificates takes about 10 KB.
const FILE_MAX: usize = 256 * 1024;

/// The most blocks of one kind. More of them are a list of authorities, such as `ca-certificates.crt`.
const BLOCKS_MAX: usize = 32;

/// How an encrypted key begins, in the form of PKCS #8 and in that of older programs (RFC 1421).
const ENCRYPTED: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];

/// How to convert a file of another format.
const TO_PEM: &str = "convert a certificate with openssl x509 -inform der -in OLD -out NEW, a key with openssl \
                      pkey -inform der -in OLD -out NEW, a .p12 or .pfx with openssl pkcs12 -nodes -in OLD -out \
                      NEW";

const BEGIN: &[u8] = b"-----BEGIN ";

/// The blocks of a PEM file that belong to a certificate.
#[derive(Default)]
pub struct PemBlocks {
    /// The certificates, in the order of the file.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The private keys.
    pub keys: Vec<PrivateKeyDer<'static>>,
    /// Whether there is a request for a certificate, which some take for the certificate.
    pub has_request: bool,
}

impl PemBlocks {
    /// Reads a file. May block on the disk.
    ///
    /// # Errors
    /// If the file cannot be read, has a damaged block or an encrypted key, or is in another format.
    pub fn read(path: &Path) -> Result<Self, CertificateError> {
        let bytes = open_file::read_regular(path, FILE_MAX)
            .map_err(|error| CertificateError::new(path, describe_io_error(&error)))?;
        Self::parse(&bytes).map_err(|reason| CertificateError::new(path, reason))
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        check_format(bytes)?;
        let lines = with_separate_blocks(bytes);
        let mut blocks = Self::default();
        for block in <(SectionKind, Vec<u8>)>::pem_slice_iter(&lines) {
            let (kind, content) = block.map_err(|error| describe_pem_error(&error))?;
            match kind {
                SectionKind::Certificate => blocks.certificates.push(content.into()),
                SectionKind::Csr => blocks.has_request = true,
                kind => blocks.keys.extend(PrivateKeyDer::from_pem(kind, content)),
            }
        }
        match blocks.certificates.len().max(blocks.keys.len()) > BLOCKS_MAX {
            true => Err(format!("contains more than {BLOCKS_MAX} certificates: it is a list of authorities")),
            false => Ok(blocks),
        }
    }
}

fn check_format(bytes: &[u8]) -> Result<(), String> {
    let contains = |part: &&[u8]| bytes.windows(part.len()).any(|window| window == *part);
    if bytes.len() > FILE_MAX {
        return Err(format!("is longer than {FILE_MAX} bytes, which no certificate is"));
    }
    if bytes.is_empty() {
        return Err("is empty".to_owned());
    }
    if ENCRYPTED.iter().any(contains) {
        return Err(
            "contains an encrypted private key, and coldwave cannot ask for its passphrase: remove it \
                    with openssl pkey -in OLD -out NEW"
                .to_owned(),
        );
    }
    // Both formats begin with a long ASN.1 sequence.
    match bytes {
        [0x30, 0x80..=0x84, ..] => Err(format!("is in the format DER or PKCS #12, not PEM: {TO_PEM}")),
        _ => Ok(()),
    }
}

/// Returns the text with each block on lines of its own. Without a line feed at the end of a file, `cat` puts
/// the beginning of the next one on the same line, where the parser would not find it.
fn with_separate_blocks(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len() + BLOCKS_MAX);
    for (at, &byte) in bytes.iter().enumerate() {
        let is_at_start = matches!(lines.last(), None | Some(b'\n' | b'\r'));
        if byte == b'-' && !is_at_start && bytes[at..].starts_with(BEGIN) {
            lines.push(b'\n');
        }
        lines.push(byte);
    }
    lines
}

/// Describes why a file cannot be read, as the rest of a sentence that begins with its path.
pub fn describe_io_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::IsADirectory => "is a directory, not a PEM file".to_owned(),
        _ => open_file::describe_error(error),
    }
}

fn describe_pem_error(error: &Error) -> String {
    match error {
        Error::MissingSectionEnd { end_marker } => {
            let kind = String::from_utf8_lossy(end_marker);
            format!("is incomplete: -----END {kind}----- is missing")
        }
        Error::IllegalSectionStart { .. } => {
            "is damaged: a line that begins with -----BEGIN does not end with -----".to_owned()
        }
        Error::Base64Decode(_) => "is damaged: a block is not valid Base64".to_owned(),
        error => format!("is not a PEM file: {error}"),
    }
}
