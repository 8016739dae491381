//! The JSON of the certificates.

use std::time::Duration;

use serde::Serialize;

use crate::pages::api::rfc3339;
use crate::pages::{AdminSnapshot, CertificateStatus};
use crate::time::{Time, WallClock};
use crate::tls::{Validity, days_left};

/// The certificates with which the server speaks TLS.
#[derive(Serialize)]
pub struct CertificatesJson<'a> {
    /// In the order of the configuration: the first one is for clients that name none of the hosts.
    certificates: Vec<CertificateJson<'a>>,
}

/// One certificate.
#[derive(Serialize)]
pub struct CertificateJson<'a> {
    names: &'a [String],
    /// The names for people: the first ones and the number of the others.
    label: &'a str,
    not_before: String,
    not_after: String,
    /// Whole days until it expires; below zero if it has.
    days_left: i64,
    /// Whether clients accept it, for programs.
    state: &'static str,
    /// The same for people: `valid until 2027-02-27, 89 days left`.
    validity: String,
    path: &'a str,
    /// Why what is in its files now cannot be used.
    last_error: Option<&'a str>,
}

impl<'a> CertificatesJson<'a> {
    /// Creates the list of `snapshot`.
    pub fn new(snapshot: &'a AdminSnapshot) -> Self {
        let today = snapshot.public.clock.unix_time(snapshot.public.taken_at);
        let certificates = snapshot.certificates.iter();
        Self { certificates: certificates.map(|it| CertificateJson::new(it, today)).collect() }
    }
}

impl<'a> CertificateJson<'a> {
    fn new(certificate: &'a CertificateStatus, today: Duration) -> Self {
        let validity = Validity::within([certificate.not_before, certificate.not_after], today);
        let time = |time: Duration| rfc3339(WallClock::started_at(time), Time::START);
        Self {
            names: &certificate.names,
            label: &certificate.label,
            not_before: time(certificate.not_before),
            not_after: time(certificate.not_after),
            days_left: days_left(certificate.not_after, today),
            state: validity.as_str(),
            validity: validity.to_string(),
            path: &certificate.path,
            last_error: certificate.last_error.as_deref(),
        }
    }
}
