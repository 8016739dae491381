//! The settings of a run of coldwave: plain data, from the command line or the configuration file.

mod alias;
mod conversion;
pub mod description;
mod directory;
mod intro;
mod listen;
mod lists;
mod logging;
mod master;
mod metrics;
mod mount_pattern;
mod process;
mod relay;
mod rendition;
mod robots;
mod secret;
mod server_info;
mod sources;
mod station;
pub mod station_ids;
mod tls;
mod unconverted;
mod unlisted;

use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub use alias::Alias;
pub use conversion::{FormatSettings, Process, StationCodec};
pub use description::Description;
pub use directory::DirectorySettings;
pub use intro::{INTRO_MAX, Intro};
pub use listen::{Listen, encoded_path, url};
pub use lists::{ListFiles, ListKind};
pub use logging::{LogRotation, LogSettings};
pub use master::MasterSettings;
pub use metrics::{MetricsAccess, MetricsSettings};
pub use process::ProcessSettings;
pub use relay::RelaySettings;
pub use rendition::RenditionSettings;
pub use robots::RobotsPolicy;
pub use secret::{Account, Secret};
pub use server_info::ServerInfo;
pub use sources::{BitRateLimits, Dj, LiveStart, SourceSettings, Takeover};
pub use station::{
    DirectoryListing, IcyStatusLine, RecordSettings, StationIdentity, StationInfo, StationSettings,
    StreamMeta,
};
pub use tls::{CertificateFiles, TlsSettings};
pub use unconverted::Unconverted;
pub use unlisted::{UnlistedMount, UnlistedSettings};

use crate::trusted_proxies::TrustedProxies;

/// The default port.
pub const DEFAULT_PORT: u16 = 8000;

/// A megabyte, in bytes.
pub const MEGABYTE: usize = 1024 * 1024;

/// The default of [`Settings::request_memory`]: 4,000 complete request heads. In normal operation, a request
/// is held for less than a millisecond, and a response until the socket buffer has taken it.
const REQUEST_MEMORY: usize = 64 * MEGABYTE;

/// The default of [`Settings::header_timeout`]. Icecast's `header-timeout` is the same.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(15);

/// All settings of the server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The addresses to listen on. Never empty.
    pub listen: Vec<Listen>,
    /// The stations, in the order of their stream ids. Empty only if sources may create stations, or a
    /// master has some.
    pub stations: Vec<StationSettings>,
    /// Maximum number of listeners of all stations together; `None` if only the open-file limit applies.
    pub max_listeners: Option<usize>,
    /// Maximum number of live sources at a time, of all stations together; `None` for no limit.
    pub max_sources: Option<usize>,
    /// Maximum number of connections from one IPv4 address or one IPv6 /64; 0 for no limit. Connections from
    /// this machine do not count.
    pub max_connections_per_address: usize,
    /// The most bytes that clients together may make the server hold: incomplete requests, and responses that
    /// they do not read.
    pub request_memory: usize,
    /// The access log: one line for every session that ends.
    pub access_log: Option<PathBuf>,
    /// The W3C log: one line for every listener that leaves.
    pub w3c_log: Option<PathBuf>,
    /// The log, and the rotation of all logs.
    pub logs: LogSettings,
    /// The process.
    pub process: ProcessSettings,
    /// The directory for data that survives a restart.
    pub state_dir: Option<PathBuf>,
    /// Additional addresses for SHOUTcast v1 sources, which may also use those in [`listen`](Self::listen);
    /// `None` for the next port after each of those.
    pub source_listen: Option<Vec<Listen>>,
    /// The mounts of the SHOUTcast v1 sources that name none, by the addresses in
    /// [`source_listen`](Self::source_listen) to which they connect.
    pub source_mounts: Vec<(SocketAddr, String)>,
    /// The administrator's account; without a password it is disabled.
    pub admin: Account,
    /// Proxies whose information about their clients is trusted.
    pub trusted_proxies: TrustedProxies,
    /// The files with lists of who is refused, and who is admitted.
    pub list_files: ListFiles,
    /// The directory with files that are served at paths where coldwave has nothing.
    pub webroot: Option<PathBuf>,
    /// Other paths for what is at a path; the first one that applies is used.
    pub aliases: Vec<Alias>,
    /// The URL under which clients reach the server, such as `https://radio.example/radio`, without a slash
    /// at its end; `None` to use the address that the client used.
    pub public_url: Option<String>,
    /// The directories in which public stations are announced, if there are any.
    pub directory: Option<DirectorySettings>,
    /// Access to `/metrics`, and the names there.
    pub metrics: MetricsSettings,
    /// Maximum number of encode workers; `None` for one less than the processor has cores, at least 1.
    pub encode_workers: Option<usize>,
    /// What `/robots.txt` allows.
    pub robots: RobotsPolicy,
    /// What pages say about the server.
    pub info: ServerInfo,
    /// The origins whose pages may show the small player in a frame, such as `https://www.example.org`;
    /// `*` for all.
    pub embed_from: Vec<String>,
    /// Headers of streams and public replies, each as `name: value`.
    pub http_headers: Vec<String>,
    /// How long a client may take to send its request.
    pub header_timeout: Duration,
    /// The server whose mounts are relayed, if there is one.
    pub master: Option<MasterSettings>,
    /// The stations that sources may create, if they may.
    pub unlisted: Option<UnlistedSettings>,
    /// TLS.
    pub tls: TlsSettings,
}

impl Settings {
    /// Creates settings for these stations, with defaults for everything else.
    pub fn new(stations: Vec<StationSettings>) -> Self {
        let everywhere = Listen::new((Ipv6Addr::UNSPECIFIED, DEFAULT_PORT).into());
        Self {
            listen: vec![everywhere],
            stations,
            max_listeners: None,
            max_sources: None,
            max_connections_per_address: 0,
            request_memory: REQUEST_MEMORY,
            access_log: None,
            w3c_log: None,
            logs: LogSettings::default(),
            process: ProcessSettings::default(),
            state_dir: None,
            source_listen: None,
            source_mounts: Vec::new(),
            admin: Account { user: "admin".into(), password: None },
            trusted_proxies: TrustedProxies::default(),
            list_files: ListFiles::new(),
            webroot: None,
            aliases: Vec::new(),
            public_url: None,
            directory: None,
            metrics: MetricsSettings::default(),
            encode_workers: None,
            robots: RobotsPolicy::default(),
            info: ServerInfo::default(),
            embed_from: Vec::new(),
            http_headers: Vec::new(),
            header_timeout: HEADER_TIMEOUT,
            master: None,
            unlisted: None,
            tls: TlsSettings::default(),
        }
    }

    /// Returns whether any station accepts live sources, or sources may create stations.
    pub fn accepts_sources(&self) -> bool {
        self.unlisted.is_some() || self.stations.iter().any(|station| station.sources.is_enabled())
    }

    /// Returns the number of streams that may be relayed at a time.
    pub fn relay_count(&self) -> usize {
        let stations = self.stations.iter().filter(|station| station.relay.is_some()).count();
        stations + self.master_mounts_max()
    }

    /// Returns how many mounts of a master may be relayed at a time.
    pub fn master_mounts_max(&self) -> usize {
        self.master.as_ref().map_or(0, |master| master.max)
    }

    /// Returns the addresses of others that begin with `https://`, without logins.
    pub fn https_addresses(&self) -> impl Iterator<Item = String> {
        let relays = self.stations.iter().filter_map(|station| station.relay.as_ref());
        let urls = relays.flat_map(RelaySettings::urls).filter(|url| url.is_https());
        let relays = urls.map(ToString::to_string);
        let directories = self.directory.iter().flat_map(|directory| &directory.urls);
        let master = self.master.iter().filter(|master| master.url.is_https());
        let relays = relays.chain(master.map(|master| master.url.to_string()));
        relays.chain(directories.filter(|url| url.starts_with("https://")).cloned())
    }

    /// Returns whether the server may connect to others over TLS: also an `http://` upstream may redirect to
    /// `https://`.
    pub fn may_connect_over_tls(&self) -> bool {
        self.relay_count() > 0 || self.https_addresses().next().is_some()
    }

    /// Returns whether any station has renditions.
    pub fn has_renditions(&self) -> bool {
        self.stations.iter().any(|station| station.rendition.is_some())
    }

    /// Returns the additional addresses for SHOUTcast v1 sources. Such an encoder is configured with the port
    /// for listeners and connects to the next port. Empty if no station accepts sources; addresses that
    /// [`listen`](Self::listen) already covers are left out.
    pub fn source_ports(&self) -> Vec<Listen> {
        if !self.accepts_sources() {
            return Vec::new();
        }
        let next = || self.listen.iter().filter_map(|listen| listen.next_port()).collect();
        let mut ports: Vec<Listen> = self.source_listen.clone().unwrap_or_else(next);
        ports.retain(|port| !self.listen.iter().any(|listen| listen.overlaps(port.address)));
        ports
    }

    /// Returns whether `/metrics` exists.
    pub fn serves_metrics(&self) -> bool {
        match self.metrics.access {
            MetricsAccess::Off => false,
            MetricsAccess::Admin => self.admin.password.is_some(),
            MetricsAccess::Public => true,
        }
    }

    /// Returns whether the settings contain passwords.
    pub fn has_passwords(&self) -> bool {
        let has_login = |relay: &RelaySettings| relay.urls().any(|url| url.login().is_some());
        let mut relays = self.stations.iter().filter_map(|station| station.relay.as_ref());
        self.admin.password.is_some()
            || self.accepts_sources()
            || relays.any(has_login)
            || self.master.as_ref().is_some_and(|master| master.url.login().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream_url::StreamUrl;

    fn listen(addresses: &[&str]) -> Vec<Listen> {
        addresses.iter().map(|address| Listen::new(address.parse().expect(address))).collect()
    }

    fn with_sources(listening: &[&str], source_listen: Option<&[&str]>) -> Settings {
        let mut station = StationSettings::default();
        station.sources.account.password = Some(Secret::new("rosebud"));
        Settings {
            listen: listen(listening),
            source_listen: source_listen.map(listen),
            ..Settings::new(vec![StationSettings::default(), station])
        }
    }

    #[test]
    fn source_ports_default_to_the_next_port_after_each() {
        let check = |listening: &[&str], source_listen: Option<&[&str]>, ports: &[&str]| {
            let found = with_sources(listening, source_listen).source_ports();
            assert_eq!(found, listen(ports), "{listening:?} {source_listen:?}");
        };
        check(&["[::]:8000"], None, &["[::]:8001"]);
        check(&["127.0.0.1:8000", "[::1]:80"], None, &["127.0.0.1:8001", "[::1]:81"]);
        check(&["[::]:8000", "[::]:8001"], None, &["[::]:8002"]);
        check(&["1.2.3.4:8000", "[::]:8001"], None, &["[::]:8002"]);
        check(&["1.2.3.4:8000", "4.3.2.1:8001"], None, &["1.2.3.4:8001", "4.3.2.1:8002"]);
        check(&["[::]:65535", "[::]:0", "[::]:65534"], None, &[]);
        check(&["[::]:8000"], Some(&["1.2.3.4:9000", "1.2.3.4:0"]), &["1.2.3.4:9000", "1.2.3.4:0"]);
        check(&["[::]:8000"], Some(&["[::]:8000", "1.2.3.4:8000"]), &[]);
        check(&["[::]:8000"], Some(&[]), &[]);
    }

    #[test]
    fn stations_without_sources_open_no_source_port() {
        let mut settings = with_sources(&["[::]:8000"], Some(&["[::]:9000"]));
        assert!(settings.has_passwords());
        settings.stations.pop();
        assert_eq!(settings.source_ports(), []);
        assert!(!settings.has_passwords());
        settings.admin.password = Some(Secret::new("rosebud"));
        assert!(settings.has_passwords());
        settings.admin.password = None;
        let url = StreamUrl::parse("http://me:rosebud@radio.example/live").expect("an address");
        settings.stations[0].relay = Some(RelaySettings::new(url, false));
        assert!(settings.has_passwords());
    }

    #[test]
    fn passwords_are_not_printed() {
        let mut settings = with_sources(&["[::]:8000"], None);
        let url = StreamUrl::parse("http://me:rosebud@radio.example/live").expect("an address");
        settings.stations[0].relay = Some(RelaySettings::new(url, false));
        let printed = format!("{settings:?}");
        assert!(printed.contains("radio.example") && !printed.contains("rosebud"), "{printed}");
    }
}
