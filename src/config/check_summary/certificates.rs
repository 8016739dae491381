//! The lines of the summary about TLS: the certificates, and what each port speaks.

use std::time::Duration;

use super::live::SummaryLine;
use crate::config::LoadedConfig;
use crate::settings::{Listen, Settings};
use crate::tls::{Certificate, Validity};

/// From how many days before a certificate expires there is a warning. ACME clients renew earlier.
const WARNED_DAYS: u64 = 14;

/// Returns the lines about certificates and ports; none without certificates. `today` is in UTC since
/// 1970-01-01.
pub fn lines(loaded: &LoadedConfig, today: Duration) -> Vec<SummaryLine> {
    let settings = &loaded.settings;
    let all = settings.tls.certificates.iter();
    let mut lines: Vec<SummaryLine> = all
        .filter_map(|files| Some((files, loaded.certificates.get(files)?.as_ref().ok()?)))
        .flat_map(|(files, certificate)| {
            let line = ("certificate", certificate.summary(&files.certificate, today));
            [Some(line), warning(certificate, today)].into_iter().flatten()
        })
        .collect();
    if !lines.is_empty() {
        lines.push(("ports", ports(settings)));
    }
    lines
}

fn warning(certificate: &Certificate, today: Duration) -> Option<SummaryLine> {
    let (label, validity) = (certificate.label(), Validity::at(certificate, today));
    let text = match validity {
        Validity::Until { days_left, .. } if days_left >= WARNED_DAYS => return None,
        Validity::Until { .. } => format!("the certificate of {label} expires soon: is it renewed?"),
        _ => format!("the certificate of {label} is {validity}: clients refuse it"),
    };
    Some(("warning", text))
}

fn ports(settings: &Settings) -> String {
    let own = settings.listen.iter().map(|listen| port(*listen));
    let of_sources = settings.source_ports();
    let of_sources = of_sources.iter().map(|listen| format!("{} for sources", port(*listen)));
    own.chain(of_sources).collect::<Vec<_>>().join("; ")
}

fn port(listen: Listen) -> String {
    let spoken = if listen.tls_only { "TLS only" } else { "TLS and plain" };
    format!("{} {spoken}", listen.address)
}
