//! `[[tls]]`: the certificates with which the server speaks TLS.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::keys::{self, LocatedTable};
use super::problems::{Problems, printable};
use super::section::{Located, Section};
use super::{is_readable_by_others, paths};
use crate::settings::CertificateFiles;
use crate::tls::{Certificate, CertificateError};

const CERTIFICATE: &str = "certificate";
const KEY: &str = "key";

/// Certificates that were loaded, by their files.
pub type LoadedCertificates = HashMap<CertificateFiles, Certificate>;

/// The certificates of a configuration file.
#[derive(Debug, Default)]
pub struct ConfiguredCertificates {
    /// The files of all certificates, in the order of the file.
    pub files: Vec<CertificateFiles>,
    /// Those that can be used.
    pub loaded: LoadedCertificates,
}

/// Reads the certificates. Files that are `in_use` need not be good any more: the server keeps what it has
/// read from them.
pub fn read_all<'t>(
    found: &[LocatedTable<'_, 't>],
    folder: &Path,
    in_use: &[CertificateFiles],
    problems: &mut Problems<'t>,
) -> ConfiguredCertificates {
    let mut all = ConfiguredCertificates::default();
    for &(table, start) in found {
        let mut section = Section::new(table, start, &keys::TLS, problems);
        let Some(files) = files(&mut section, folder) else { continue };
        if all.files.iter().any(|other| other.certificate == files.certificate) {
            let span = section.span(CERTIFICATE).unwrap_or(start..start);
            section.report_rejected(CERTIFICATE, span, "is already in another [[tls]] table");
            continue;
        }
        match Certificate::load(&files) {
            Ok(certificate) => {
                warn(&mut section, &files, &certificate);
                all.loaded.insert(files.clone(), certificate);
            }
            Err(error) => report(&mut section, &files, &error, in_use.contains(&files)),
        }
        all.files.push(files);
    }
    all
}

fn files(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<CertificateFiles> {
    if section.span(CERTIFICATE).is_none() {
        section.report_missing(CERTIFICATE, "is required, the PEM file with the certificate and its chain");
    }
    let certificate = path(section, CERTIFICATE, folder);
    let has_key = section.span(KEY).is_some();
    let key = path(section, KEY, folder);
    (!has_key || key.is_some()).then_some(CertificateFiles { certificate: certificate?, key })
}

fn path(section: &mut Section<'_, '_, '_>, key: &str, folder: &Path) -> Option<PathBuf> {
    let Located { value, span } = section.string(key, r#""/etc/coldwave/radio.pem""#)?;
    paths::resolve(folder, value).map_err(|reason| section.report_rejected(key, span, &reason)).ok()
}

/// Returns the key that names a file.
fn key_of_path(files: &CertificateFiles, path: &Path) -> &'static str {
    if files.key.as_deref() == Some(path) { KEY } else { CERTIFICATE }
}

fn report(
    section: &mut Section<'_, '_, '_>,
    files: &CertificateFiles,
    error: &CertificateError,
    is_in_use: bool,
) {
    let (key, message) = (key_of_path(files, &error.path), printable(&error.to_string()));
    if is_in_use {
        section.warn(key, &format!("{message}; the certificate in use stays"));
    } else {
        let at = section.span(key).map_or(section.start, |span| span.start);
        section.report_error(key, at, &message);
    }
}

fn warn(section: &mut Section<'_, '_, '_>, files: &CertificateFiles, certificate: &Certificate) {
    let secret = files.key.as_ref().unwrap_or(&files.certificate);
    if is_readable_by_others(secret) {
        let path = printable(&secret.to_string_lossy());
        let message = format!("all users of this machine can read the private key: chmod 600 {path}");
        section.warn(key_of_path(files, secret), &message);
    }
    if !certificate.has_chain() {
        let message = "has no certificate of an intermediate authority, without which most clients refuse it; \
                       with certbot, use fullchain.pem instead of cert.pem";
        section.warn(CERTIFICATE, message);
    }
}
