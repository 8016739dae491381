//! What people should know about a certificate: its name for them, and what is surprising about it.

use std::path::Path;
use std::time::Duration;

use super::certificate::Certificate;
use super::validity::{Validity, date};

/// The most names that are listed.
const SHOWN_MAX: usize = 3;

impl Certificate {
    /// Returns its names for people: the first ones and the number of the others. Without any it has the
    /// common name of its subject, which clients do not accept as the name of a server.
    pub fn label(&self) -> String {
        match (self.names(), self.common_name()) {
            ([], None) => "no names".to_owned(),
            ([], Some(name)) => format!("no names (CN {})", printable(name)),
            (names, _) => listed(names),
        }
    }

    /// Returns one line about it, in the file at `path`. `today` is in UTC since 1970-01-01.
    pub fn summary(&self, path: &Path, today: Duration) -> String {
        let path = printable(&path.to_string_lossy());
        format!("{}: {}, {path}", self.label(), Validity::at(self, today))
    }

    /// Returns why clients may refuse it, as the rests of sentences that begin with the certificate.
    pub fn remarks(&self) -> Vec<&'static str> {
        let self_signed = self
            .is_self_issued()
            .then_some("is signed by itself: only clients that were told to trust it accept it");
        let nameless = self.names().is_empty().then_some(
            "has no names in its list (subject alternative name): clients refuse it, whatever its common name is",
        );
        let alone = (!self.has_chain()).then_some(
            "has no certificate of an intermediate authority: clients refuse it unless they trust its issuer \
             directly; with certbot, use fullchain.pem instead of cert.pem",
        );
        [nameless, self_signed, alone].into_iter().flatten().collect()
    }

    /// Returns what is worse about it than about the one that it replaces, as the rests of sentences that
    /// begin with it: names that are missing, and an earlier end.
    pub fn losses(&self, old: &Self) -> Vec<String> {
        let lost: Vec<String> = old.names().iter().filter(|name| !self.covers(name)).cloned().collect();
        let no_longer = (!lost.is_empty()).then(|| format!("is no longer for {}", listed(&lost)));
        let end = date(old.not_after());
        let is_shorter = self.not_after() < old.not_after();
        let shorter = is_shorter.then(|| {
            format!(
                "expires earlier than the one before, which was valid until {end}: usually a restored backup"
            )
        });
        [no_longer, shorter].into_iter().flatten().collect()
    }

    /// Returns what the operator should know when it replaces `old`: [losses](Self::losses), and
    /// [remarks](Self::remarks) that do not apply to `old`.
    pub fn remarks_after(&self, old: &Self) -> Vec<String> {
        let before = old.remarks();
        let new = self.remarks().into_iter().filter(|remark| !before.contains(remark));
        new.map(str::to_owned).chain(self.losses(old)).collect()
    }

    /// Returns whether it has this name, or a wildcard for it.
    fn covers(&self, name: &str) -> bool {
        let wildcard = name.split_once('.').map(|(_, parent)| format!("*.{parent}"));
        self.names().iter().any(|it| it == name || wildcard.as_ref() == Some(it))
    }
}

fn listed(names: &[String]) -> String {
    let shown = names[..names.len().min(SHOWN_MAX)].join(", ");
    match names.len().saturating_sub(SHOWN_MAX) {
        0 => printable(&shown),
        1 => format!("{} and 1 other", printable(&shown)),
        more => format!("{} and {more} others", printable(&shown)),
    }
}

/// Returns a text of others without control characters.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::settings::CertificateFiles;
    use crate::tls::test_certificates::{DAY, TODAY, TestAuthority, TestPair, fixture};

    fn load(pair: &TestPair) -> Certificate {
        let folder = TempDir::new().expect("a folder");
        Certificate::load(&pair.write(folder.path(), "pair")).expect("a certificate")
    }

    fn issue(names: &[&str]) -> Certificate {
        load(&TestAuthority::root("Root").issue(names))
    }

    fn of_fixture(name: &str) -> Certificate {
        let files = CertificateFiles { certificate: fixture(name), key: None };
        Certificate::load(&files).expect("a certificate")
    }

    #[test]
    fn label_has_three_names_and_the_number_of_the_others() {
        let many: Vec<String> = (0..100).map(|it| format!("{it}.example")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(issue(&many[..3]).label(), "0.example, 1.example, 2.example");
        assert_eq!(issue(&many[..4]).label(), "0.example, 1.example, 2.example and 1 other");
        assert_eq!(issue(&many).label(), "0.example, 1.example, 2.example and 97 others");
        assert_eq!(issue(&["a\u{1b}[2J.example"]).label(), "a\u{fffd}[2j.example");
        assert_eq!(of_fixture("version-1.pem").label(), "no names (CN old.example)");
    }

    #[test]
    fn certificates_that_clients_refuse_have_remarks() {
        let root = TestAuthority::root("Root");
        let pair = root.issue(&["radio.example"]);
        let whole = TestPair { certificate: pair.certificate.clone() + &root.pem, ..pair.clone() };
        assert_eq!(load(&whole).remarks(), [""; 0]);
        let only = |certificate: Certificate, beginning: &str| {
            let remarks = certificate.remarks();
            assert!(remarks.len() == 1 && remarks[0].starts_with(beginning), "{remarks:?}");
        };
        only(load(&pair), "has no certificate of an intermediate authority: ");
        only(of_fixture("ed25519.pem"), "is signed by itself: ");
        assert!(of_fixture("version-1.pem").remarks()[0].starts_with("has no names "));
    }

    #[test]
    fn successor_that_lacks_something_has_remarks() {
        let root = TestAuthority::root("Root");
        let ending = |names: &[&str], days: u32| {
            let pair = root.issue_valid(names, TODAY - DAY, TODAY + days * DAY);
            load(&TestPair { certificate: pair.certificate.clone() + &root.pem, ..pair })
        };
        let old = ending(&["radio.example", "www.radio.example"], 30);
        let after = |new: &Certificate| new.remarks_after(&old).join("; ");
        assert_eq!(after(&ending(&["www.radio.example", "radio.example"], 90)), "");
        assert_eq!(after(&ending(&["radio.example", "*.radio.example"], 30)), "");
        assert_eq!(after(&ending(&["radio.example"], 90)), "is no longer for www.radio.example");
        assert_eq!(after(&ending(&["*.radio.example"], 90)), "is no longer for radio.example");
        let earlier = "expires earlier than the one before, which was valid until 2026-12-29: usually a restored backup";
        assert_eq!(after(&ending(&["radio.example", "www.radio.example"], 29)), earlier);
        let alone = load(&root.issue_valid(&["radio.example", "www.radio.example"], TODAY, TODAY + 90 * DAY));
        assert!(after(&alone).starts_with("has no certificate of an intermediate authority"));
        assert_eq!(alone.remarks_after(&alone), [""; 0], "it was so before");
    }
}
