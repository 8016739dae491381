//! `https_redirect` and `acme_webroot`, and what `public_url` means beside certificates.

use std::path::{Path, PathBuf};

use super::paths;
use super::problems::printable;
use super::reverse_proxy::PUBLIC_URL;
use super::section::Section;
use crate::settings::{Settings, TlsSettings};

const REDIRECT: &str = "https_redirect";
const WEBROOT: &str = "acme_webroot";

/// Returns the settings of TLS in `[server]`, added to those of `[[tls]]`.
pub fn read(
    section: &mut Section<'_, '_, '_>,
    tls: TlsSettings,
    public_url: Option<&str>,
    folder: &Path,
) -> TlsSettings {
    let is_https = public_url.map(|url| url.starts_with("https://"));
    if is_https == Some(false) && !tls.certificates.is_empty() {
        let message = "begins with http://, so no link of a client that uses TLS begins with https://: without \
            public_url, links follow the client";
        section.warn(PUBLIC_URL, message);
    }
    let redirect = redirect(section, !tls.certificates.is_empty(), is_https);
    TlsSettings { redirect, acme_webroot: acme_webroot(section, folder), ..tls }
}

/// Warns about keys for clients without TLS, if there is no port for them. Behind a proxy there may be such
/// clients: it can use TLS towards coldwave.
pub fn warn_without_plain_port(section: &mut Section<'_, '_, '_>, settings: &Settings) {
    let has_plain_port = settings.listen.iter().chain(&settings.source_ports()).any(|port| !port.tls_only);
    if has_plain_port || !settings.trusted_proxies.networks().is_empty() {
        return;
    }
    if settings.tls.acme_webroot.is_some() {
        let message = "no port speaks plain HTTP, but an authority asks without TLS, so no certificate is issued \
            or renewed: listen on another port without tls_only, such as 80";
        section.warn(WEBROOT, message);
    }
    if settings.tls.redirect {
        section.warn(REDIRECT, "has no effect: all ports are tls_only, so no browser comes without TLS");
    }
}

/// Returns whether browsers are redirected. That needs a URL to lead to.
fn redirect(section: &mut Section<'_, '_, '_>, has_certificates: bool, is_https: Option<bool>) -> bool {
    let is_on = section.flag(REDIRECT).unwrap_or_default();
    let error = match is_https {
        _ if !is_on => return false,
        Some(false) => "leads to https://, but public_url begins with http://",
        None if !has_certificates => {
            "leads nowhere: it needs [[tls]], or a public_url that begins with https://"
        }
        Some(true) | None => return true,
    };
    let at = section.span(REDIRECT).map_or(section.start, |span| span.start);
    section.report_error(REDIRECT, at, error);
    false
}

/// Returns the directory with the files of ACME clients, which may create it later.
fn acme_webroot(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<PathBuf> {
    let text = section.string(WEBROOT, r#""/var/lib/coldwave/acme""#)?;
    let path = paths::folder(folder, text.value)
        .map_err(|reason| section.report_rejected(WEBROOT, text.span.clone(), &reason))
        .ok()?;
    if !path.is_dir() {
        let message = format!(
            "{} does not exist: create it, so that an ACME client can write there and coldwave can read",
            path.display()
        );
        section.warn_at(WEBROOT, text.span.start, &printable(&message));
    }
    Some(path)
}
