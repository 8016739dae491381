//! The lines of the summary about TLS: the certificates, and what each port speaks.

use std::time::Duration;

use super::live::SummaryLine;
use crate::config::LoadedConfig;
use crate::config::problems::printable;
use crate::settings::Listen;
use crate::tls::{Certificate, Validity};

/// From how many days before a certificate expires there is a warning. ACME clients renew earlier.
const WARNED_DAYS: u64 = 14;

/// Returns the lines about certificates and ports; none without certificates. `today` is in UTC since
/// 1970-01-01.
pub fn lines(loaded: &LoadedConfig, today: Duration) -> Vec<SummaryLine> {
    let settings = &loaded.settings;
    let all = settings.tls.certificates.iter();
    let mut lines: Vec<SummaryLine> = all
        .filter_map(|files| Some((files, loaded.certificates.get(files)?)))
        .flat_map(|(files, certificate)| {
            let validity = Validity::at(certificate, today);
            let names = printable(&certificate.shown_names().join(", "));
            let path = printable(&files.certificate.to_string_lossy());
            let line = ("certificate", format!("{names}: {validity}, {path}"));
            [Some(line), warning(certificate, validity)].into_iter().flatten()
        })
        .collect();
    if !lines.is_empty() {
        let ports = settings.listen.iter().map(|listen| port(*listen)).collect::<Vec<_>>().join("; ");
        lines.push(("ports", ports));
    }
    lines
}

fn warning(certificate: &Certificate, validity: Validity) -> Option<SummaryLine> {
    let names = certificate.shown_names();
    let name = printable(names.first().map_or("", String::as_str));
    let text = match validity {
        Validity::Until { days_left, .. } if days_left >= WARNED_DAYS => return None,
        Validity::Until { .. } => format!("the certificate of {name} expires soon: is it renewed?"),
        _ => format!("the certificate of {name} is {validity}: clients refuse it"),
    };
    Some(("warning", text))
}

fn port(listen: Listen) -> String {
    let spoken = if listen.tls_only { "TLS only" } else { "TLS and plain" };
    format!("{} {spoken}", listen.address)
}
