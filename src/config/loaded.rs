//! The text of a configuration as settings.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use super::listen_addresses::LISTEN;
use super::problems::{Problems, printable};
use super::reverse_proxy::PUBLIC_URL;
use super::station::StationContext;
use super::tls::{self, LoadedCertificates};
use super::{access_lists, aliases, directory, keys, master, server, station, syntax, unlisted};
use crate::access_lists::LoadedLists;
use crate::config_text::ConfigKind;
use crate::foreign_config::Finding;
use crate::privileges::{self, IdentityError};
use crate::settings::{CertificateFiles, Settings, TlsSettings};

/// A configuration without errors.
#[derive(Debug)]
pub struct LoadedConfig {
    /// The settings, with the stations sorted by id.
    pub settings: Settings,
    /// Warnings for the operator, one line each, with file, line and key.
    pub warnings: Vec<String>,
    /// What became of each setting of another server's configuration, one line each, with file and line, and
    /// whether the operator should know of it at each start. Empty for a configuration of coldwave.
    pub findings: Vec<LocatedFinding>,
    /// The certificates in it. Files that are in use may have become bad.
    pub certificates: LoadedCertificates,
    /// What is in the files of lists.
    pub lists: LoadedLists,
    /// Where the file gives the addresses to listen on, such as `coldwave.toml:2`; `None` if it does not.
    pub listen_at: Option<String>,
    /// Where the file names the user and the group of the process.
    pub identity_at: IdentityPlaces,
    /// Whose format the file has.
    pub kind: ConfigKind,
}

/// Where a file names the user and the group of the process, such as `coldwave.toml:3`; `None` where it does
/// not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityPlaces {
    /// The place of the user.
    pub user: Option<String>,
    /// The place of the group.
    pub group: Option<String>,
}

impl IdentityPlaces {
    /// Returns an error about the user or group with its place.
    pub fn locate(&self, error: IdentityError) -> String {
        let place = if error.key == privileges::GROUP { &self.group } else { &self.user };
        match place {
            Some(place) => format!("{place}: {}", error.message),
            None => error.message,
        }
    }
}

impl LoadedConfig {
    /// Returns the warnings, and the settings of another server that do not have the effect that they have
    /// there, one line each.
    pub fn all_warnings(&self) -> Vec<String> {
        self.warnings.iter().cloned().chain(self.notable_findings()).collect()
    }

    /// Returns the settings of another server that do not have the effect that they have there, one line
    /// each.
    pub fn notable_findings(&self) -> impl Iterator<Item = String> {
        let notable = self.findings.iter().filter(|located| located.finding.effect.is_notable());
        notable.map(LocatedFinding::to_string)
    }
}

/// A [`Finding`] with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedFinding {
    /// Such as `icecast.xml:12`.
    pub place: String,
    /// What became of the setting.
    pub finding: Finding,
}

impl fmt::Display for LocatedFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, printable(&self.finding.to_string()))
    }
}

/// Reads the text of a configuration. Relative paths start at `folder`. `in_use` are the files of
/// certificates that may have become bad. `place` says where a line of the text is in the file of the
/// operator, and `origins` are its lines there, for messages that name another line; empty if the text is
/// that file.
pub fn load(
    text: &str,
    folder: &Path,
    in_use: &[CertificateFiles],
    place: &dyn Fn(usize) -> String,
    origins: Vec<usize>,
) -> Result<LoadedConfig, Vec<String>> {
    let ParsedConfig { settings, problems, certificates, lists, spans } =
        parse(text, folder, in_use, origins);
    let place_of = |span: Option<Range<usize>>| span.map(|span| place(problems.line(span.start)));
    let listen_at = place_of(spans.listen);
    let identity_at = IdentityPlaces { user: place_of(spans.user), group: place_of(spans.group) };
    let (errors, warnings) = problems.into_lines(place);
    match errors.is_empty() {
        true => Ok(LoadedConfig {
            settings,
            warnings,
            findings: Vec::new(),
            certificates,
            lists,
            listen_at,
            identity_at,
            kind: ConfigKind::Coldwave,
        }),
        false => Err(errors),
    }
}

/// What a text has led to.
pub struct ParsedConfig<'t> {
    /// The settings. Missing and invalid values have their defaults.
    pub settings: Settings,
    pub problems: Problems<'t>,
    pub certificates: LoadedCertificates,
    pub lists: LoadedLists,
    pub spans: ServerSpans,
}

/// Where values of `[server]` are in the text, in bytes, if they are given.
#[derive(Debug, Default)]
pub struct ServerSpans {
    pub listen: Option<Range<usize>>,
    user: Option<Range<usize>>,
    group: Option<Range<usize>>,
}

pub fn parse<'t>(
    text: &'t str,
    folder: &Path,
    in_use: &[CertificateFiles],
    origins: Vec<usize>,
) -> ParsedConfig<'t> {
    let mut problems = Problems::new(text);
    problems.set_origins(origins);
    let root = syntax::parse(text, &mut problems);
    let tables = keys::split_tables(&root, &mut problems);
    problems.allow_weak_passwords(server::allows_weak_passwords(tables.server));
    let has_public_url = tables.server.is_some_and(|(server, _)| server.get(PUBLIC_URL).is_some());
    let span = |key: &str| Some(tables.server?.0.get(key)?.span());
    let spans =
        ServerSpans { listen: span(LISTEN), user: span(privileges::USER), group: span(privileges::GROUP) };
    let context = StationContext { folder, has_public_url, has_unlisted: tables.unlisted.is_some() };
    let stations = station::read_all(&tables.stations, context, &mut problems);
    let unlisted = unlisted::read(tables.unlisted, context, &mut problems);
    let master = master::read(tables.master, &mut problems);
    let certificates = tls::read_all(&tables.certificates, folder, in_use, &mut problems);
    let tls = TlsSettings { certificates: certificates.files, ..TlsSettings::default() };
    let defaults = Settings { master, unlisted, tls, ..Settings::new(stations) };
    let has_tls = !tables.certificates.is_empty();
    let mut settings = server::read(tables.server, defaults, folder, has_tls, &mut problems);
    settings.aliases = aliases::read_all(&tables.aliases, &mut problems);
    let lists = access_lists::read_all(&settings.list_files, tables.server, &mut problems);
    settings.directory = directory::read(tables.directory, &settings, &mut problems);
    if tables.stations.is_empty() && tables.unlisted.is_none() && tables.master.is_none() {
        let message = "[[station]]: at least one is required, or [unlisted] or [master]";
        problems.add_missing(0, message.to_owned());
    }
    ParsedConfig { settings, problems, certificates: certificates.loaded, lists, spans }
}
