//! `[[tls]]`: the certificates with which the server speaks TLS.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::keys::{self, LocatedTable};
use super::paths;
use super::problems::{Problems, printable};
use super::section::{Located, Section};
use crate::settings::CertificateFiles;
use crate::tls::{self, Certificate, CertificateError};

const CERTIFICATE: &str = "certificate";
const KEY: &str = "key";

/// Certificates that were loaded, by their files; for files that cannot be used, the reason.
pub type LoadedCertificates = HashMap<CertificateFiles, Result<Certificate, String>>;

/// The certificates of a configuration file.
#[derive(Debug, Default)]
pub struct ConfiguredCertificates {
    /// The files of all certificates, in the order of the file.
    pub files: Vec<CertificateFiles>,
    /// What was read from them.
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
        let loaded = Certificate::load(&files);
        match &loaded {
            Ok(certificate) => warn(&mut section, &files, certificate),
            Err(error) if in_use.contains(&files) => warn_of_error(&mut section, &files, error),
            Err(error) => report(&mut section, &files, error, found.len() == 1),
        }
        all.loaded.insert(files.clone(), loaded.map_err(|error| error.to_string()));
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

fn warn_of_error(section: &mut Section<'_, '_, '_>, files: &CertificateFiles, error: &CertificateError) {
    let message = format!("{}; the certificate in use stays", printable(&error.to_string()));
    section.warn(key_of_path(files, &error.path), &message);
}

/// Reports files that cannot be used. At night it matters most how the server runs without them.
fn report(
    section: &mut Section<'_, '_, '_>,
    files: &CertificateFiles,
    error: &CertificateError,
    is_only: bool,
) {
    let remedy = match section.is_translated() {
        true => "remove the certificate and its key from the configuration",
        false if is_only => "remove this [[tls]] table and tls_only of all ports",
        false => "remove this [[tls]] table",
    };
    let message = format!("{}; to run without it, {remedy}", printable(&error.to_string()));
    let key = key_of_path(files, &error.path);
    let at = section.span(key).map_or(section.start, |span| span.start);
    section.report_error(key, at, &message);
}

fn warn(section: &mut Section<'_, '_, '_>, files: &CertificateFiles, certificate: &Certificate) {
    let secret = files.key.as_ref().unwrap_or(&files.certificate);
    if let Some(metadata) = secret.metadata().ok().filter(paths::is_readable_by_others) {
        let advice = tls::advice_to_restrict(secret, &metadata);
        let message = format!("all users of this machine can read the private key: {advice}");
        section.warn(key_of_path(files, secret), &message);
    }
    certificate.remarks().into_iter().for_each(|remark| section.warn(CERTIFICATE, remark));
}
