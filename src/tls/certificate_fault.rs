//! What is wrong with the certificate of a server, in words for the operator of this one.

use rustls::CertificateError;
use rustls::pki_types::{ServerName, UnixTime};
use x509_parser::time::ASN1Time;

use crate::text::truncated;

/// The most names of a certificate that are mentioned, and the most bytes of each.
const NAMES_MAX: usize = 3;
const NAME_MAX: usize = 64;

/// The error for the certificate of an authority, as webpki writes it.
const AUTHORITY_AS_SERVER: &str = "CaUsedAsEndEntity";

/// Describes a fault as a sentence of its own, without a capital letter.
pub fn describe(fault: &CertificateError) -> String {
    match fault {
        CertificateError::UnknownIssuer => "its certificate is not from a trusted authority".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate expired on {}", date(*not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!(
                "its certificate is not valid before {}: is the clock of this machine right?",
                date(*not_before)
            )
        }
        CertificateError::NotValidForNameContext { expected, presented } => wrong_name(expected, presented),
        CertificateError::InvalidPurposeContext { .. } | CertificateError::InvalidPurpose => {
            "its certificate is not one of a server".to_owned()
        }
        CertificateError::Revoked => "its certificate has been revoked".to_owned(),
        CertificateError::Other(other) if format!("{other:?}").contains(AUTHORITY_AS_SERVER) => {
            "its certificate is that of an authority (CA:TRUE), which a server must not use".to_owned()
        }
        fault => format!("its certificate is not accepted: {fault}"),
    }
}

fn wrong_name(expected: &ServerName<'_>, presented: &[String]) -> String {
    let expected = expected.to_str();
    let names: Vec<String> = presented.iter().take(NAMES_MAX).map(|name| plain_name(name)).collect();
    let more = if presented.len() > NAMES_MAX { " and others" } else { "" };
    match names.is_empty() {
        true => format!("its certificate is not valid for {expected}: it contains no names"),
        false => format!("its certificate is not valid for {expected}, only for {}{more}", names.join(", ")),
    }
}

/// Returns a name without the kind that webpki writes around it, as in `DnsName("radio.example")`. The server
/// has chosen its characters.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, rest)| rest.trim_end_matches(')'));
    let plain: String = inner.trim_matches('"').chars().filter(char::is_ascii_graphic).collect();
    truncated(&plain, NAME_MAX).to_owned()
}

/// Returns the day of a time, in UTC.
fn date(time: UnixTime) -> String {
    let time = i64::try_from(time.as_secs()).ok().and_then(|time| ASN1Time::from_timestamp(time).ok());
    time.map_or_else(|| "an unknown day".to_owned(), |time| time.to_datetime().date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn common_faults_are_described_in_plain_words() {
        let name = |name: &'static str| ServerName::try_from(name).expect("a name");
        let for_name = |presented: &[&str]| CertificateError::NotValidForNameContext {
            expected: name("radio.example"),
            presented: presented.iter().map(|name| (*name).to_owned()).collect(),
        };
        for (fault, expected) in [
            (CertificateError::UnknownIssuer, "its certificate is not from a trusted authority"),
            (
                CertificateError::ExpiredContext { time: at(1_800_000_000), not_after: at(1_609_459_200) },
                "its certificate expired on 2021-01-01",
            ),
            (
                CertificateError::NotValidYetContext { time: at(0), not_before: at(951_782_400) },
                "its certificate is not valid before 2000-02-29: is the clock of this machine right?",
            ),
            (for_name(&[]), "its certificate is not valid for radio.example: it contains no names"),
            (
                for_name(&["DnsName(\"a.example\")", "IpAddress(192.0.2.1)"]),
                "its certificate is not valid for radio.example, only for a.example, 192.0.2.1",
            ),
            (
                for_name(&["a", "b\n\u{1b}[2J", "c", "d"]),
                "its certificate is not valid for radio.example, only for a, b[2J, c and others",
            ),
            (CertificateError::InvalidPurpose, "its certificate is not one of a server"),
            (CertificateError::Revoked, "its certificate has been revoked"),
        ] {
            assert_eq!(describe(&fault), expected);
        }
        let long = for_name(&[&"x".repeat(10_000)]);
        assert!(describe(&long).len() < 200, "{}", describe(&long));
    }

    #[test]
    fn time_beyond_every_calendar_is_no_panic() {
        assert_eq!(date(at(u64::MAX)), "an unknown day");
        assert_eq!(date(at(i64::MAX as u64)), "an unknown day");
    }
}
