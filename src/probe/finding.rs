//! What is wrong with a stream, or worth a remark.

use std::time::Duration;

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A remark. Players cope with it, or it is a matter of taste.
    Note,
    /// Listeners hear or see it, or can lose the stream by it; or the probe cannot find out.
    Fault,
    /// There is nothing to hear.
    Outage,
}

/// Declares the kinds, and the list of all.
macro_rules! finding_kinds {
    ($($kind:ident),+ $(,)?) => {
        /// The kinds of findings. Their names in reports, in lower case with hyphens, are a part of the
        /// interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "`severity` groups them, and docs/probe.md describes each one")]
        pub enum FindingKind {
            $($kind),+
        }

        /// All kinds, in their order.
        const ALL: &[FindingKind] = &[$(FindingKind::$kind),+];
    };
}

finding_kinds! {
    Unreachable,
    Tls,
    NoReply,
    NotHttp,
    Status,
    Redirect,
    Playlist,
    WebPage,
    Encoding,
    NoAudio,
    Silent,
    NotExamined,
    Certificate,
    RedirectFromTls,
    SlowStart,
    Name,
    ContentType,
    BadMetaint,
    BadChunks,
    BitRate,
    Ended,
    ConnectionLost,
    Stall,
    TooSlow,
    TooFast,
    TornFrame,
    Junk,
    Checksum,
    DamagedFrame,
    LostFrame,
    FormatChange,
    WrongMetaint,
    StrayMetadata,
    NoStreamTitle,
    UnterminatedTitle,
    AudioInBlock,
    Silence,
    NoPlaylist,
    OffFrameJoin,
    NoContentType,
    NoBitRate,
    NoMetaint,
    NoTitle,
    TitleCharset,
    LongTitle,
    ControlCharacters,
    Tags,
    ContentLength,
    Unpaced,
    OtherCodec,
    NotDecoded,
}

impl FindingKind {
    /// Returns how bad a finding of this kind is, unless the user ignores it.
    pub fn severity(self) -> Severity {
        match self {
            _ if self <= Self::Silent => Severity::Outage,
            _ if self <= Self::Silence => Severity::Fault,
            _ => Severity::Note,
        }
    }

    /// Returns the name in reports.
    pub fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    /// Returns all kinds, the worst first.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().copied()
    }

    /// Returns the kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.name() == name)
    }
}

/// A finding, with the number of times it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamFinding {
    /// What it is.
    pub kind: FindingKind,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence about the first of its kind, on one line.
    pub message: String,
    /// How often it was found.
    pub count: u64,
}

/// The shortest time before a request that is told if it fails.
const NOTABLE: Duration = Duration::from_secs(1);

/// A finding that ends the examination.
#[derive(Debug)]
pub(super) struct Obstacle(pub FindingKind, pub String);

impl Obstacle {
    /// Adds how much of the time limit had passed before the request that has failed.
    pub fn after(self, taken: Duration) -> Self {
        match self {
            Self(kind @ (FindingKind::Unreachable | FindingKind::NoReply), message) if taken >= NOTABLE => {
                let taken = taken.as_secs_f64();
                Self(kind, format!("{message}; what led there had taken {taken:.1} s"))
            }
            other => other,
        }
    }
}

/// The findings about one stream: of each kind, the first and their number.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    found: Vec<StreamFinding>,
    ignored: Vec<FindingKind>,
}

impl Findings {
    /// Returns an empty list. Findings of the `ignored` kinds will only be notes.
    pub fn new(ignored: &[FindingKind]) -> Self {
        Self { found: Vec::new(), ignored: ignored.to_vec() }
    }

    /// Adds a finding. `message` is called for the first of its kind only.
    pub fn add(&mut self, kind: FindingKind, message: impl FnOnce() -> String) {
        if let Some(known) = self.found.iter_mut().find(|known| known.kind == kind) {
            known.count += 1;
            return;
        }
        let is_ignored = self.ignored.contains(&kind);
        let severity = if is_ignored { Severity::Note } else { kind.severity() };
        self.found.push(StreamFinding { kind, severity, message: message(), count: 1 });
    }

    /// Returns whether there is a finding of this kind.
    pub fn has(&self, kind: FindingKind) -> bool {
        self.found.iter().any(|known| known.kind == kind)
    }

    /// Returns the findings, the worst first, each group in the order in which they were made.
    pub fn into_sorted(mut self) -> Vec<StreamFinding> {
        self.found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in FindingKind::all() {
            assert_eq!(FindingKind::from_name(&kind.name()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).expect("JSON"), format!("{:?}", kind.name()));
        }
        assert_eq!(FindingKind::RedirectFromTls.name(), "redirect-from-tls");
    }

    #[test]
    fn first_finding_of_a_kind_is_kept_and_counted() {
        let mut findings = Findings::new(&[FindingKind::Junk]);
        findings.add(FindingKind::Tags, || "tags".to_owned());
        findings.add(FindingKind::Junk, || "first".to_owned());
        findings.add(FindingKind::Junk, || panic!("not called"));
        findings.add(FindingKind::Stall, || "stall".to_owned());
        let sorted = findings.into_sorted();
        let shown: Vec<_> = sorted.iter().map(|it| (&*it.message, it.severity, it.count)).collect();
        let expected =
            [("stall", Severity::Fault, 1), ("tags", Severity::Note, 1), ("first", Severity::Note, 2)];
        assert_eq!(shown, expected);
    }
}
