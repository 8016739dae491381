//! `[[tls]]`: the certificates with which the server speaks TLS.

use std::path::{Path, PathBuf};

use super::keys::{self, LocatedTable};
use super::paths;
use super::problems::{Problems, printable};
use super::section::Section;
use crate::settings::CertificateFiles;
use crate::tls::Certificate;

const CERTIFICATE: &str = "certificate";
const KEY: &str = "key";

/// Returns the files of the certificates. Checks that each can be used.
pub fn read_all<'t>(
    found: &[LocatedTable<'_, 't>],
    folder: &Path,
    problems: &mut Problems<'t>,
) -> Vec<CertificateFiles> {
    found.iter().filter_map(|&table| read(table, folder, problems)).collect()
}

fn read<'t>(
    (table, start): LocatedTable<'_, 't>,
    folder: &Path,
    problems: &mut Problems<'t>,
) -> Option<CertificateFiles> {
    let mut section = Section::new(table, start, &keys::TLS, problems);
    if section.span(CERTIFICATE).is_none() {
        section.report_missing(CERTIFICATE, "is required, the PEM file with the certificate and its chain");
    }
    let certificate = path(&mut section, CERTIFICATE, folder);
    let key = path(&mut section, KEY, folder);
    let files = CertificateFiles { certificate: certificate?, key };
    if let Err(error) = Certificate::load(&files) {
        let is_key = files.key.as_deref() == Some(&error.path);
        let key = if is_key { KEY } else { CERTIFICATE };
        let at = section.span(key).map_or(start, |span| span.start);
        section.report_error(key, at, &printable(&error.to_string()));
    }
    Some(files)
}

fn path(section: &mut Section<'_, '_, '_>, key: &str, folder: &Path) -> Option<PathBuf> {
    let text = section.string(key, r#""/etc/coldwave/radio.pem""#)?;
    paths::resolve(folder, text.value).map_err(|reason| section.report_rejected(key, text.span, &reason)).ok()
}
