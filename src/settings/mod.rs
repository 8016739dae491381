//! What a run of coldwave is told to do: plain data, filled from the command line or the configuration file.

mod listen;
mod metrics;
mod secret;
mod sources;
mod station;

use std::net::Ipv6Addr;
use std::path::PathBuf;

pub use listen::{Listen, url};
pub use metrics::{MetricsAccess, MetricsSettings};
pub use secret::{Account, Secret};
pub use sources::{Dj, LiveStart, SourceSettings, Takeover};
pub use station::{IcyStatusLine, RecordSettings, RelaySettings, StationInfo, StationSettings, StreamMeta};

use crate::proxies::TrustedProxies;

/// The port where nothing else is asked for.
const DEFAULT_PORT: u16 = 8000;

/// All that a run of the server is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen. Never empty.
    pub listen: Vec<Listen>,
    /// The stations, in the order of their stream ids. Never empty.
    pub stations: Vec<StationSettings>,
    /// Listeners of all stations together; where it is not said, as many as there are open files for.
    pub max_listeners: Option<usize>,
    /// Connections from one address, or one /64 of IPv6; 0 for any number. This machine's own do not count.
    pub max_connections_per_address: usize,
    /// Where a line is written for every session that ends.
    pub access_log: Option<PathBuf>,
    /// The folder for what outlives a restart.
    pub state_dir: Option<PathBuf>,
    /// Where SHOUTcast v1 sources are expected beside [`listen`](Self::listen), where they are taken too; unset for the
    /// ports after those.
    pub source_listen: Option<Vec<Listen>>,
    /// Who may see and do everything; without a password nobody.
    pub admin: Account,
    /// Who is believed what he says of those whom he speaks for.
    pub trusted_proxies: TrustedProxies,
    /// Where everybody finds us, such as `https://radio.example/radio`, without a slash at its end; where it is not said,
    /// wherever whoever asks found us.
    pub public_url: Option<String>,
    /// The directory in which public stations are announced.
    pub directory: Option<String>,
    /// Who is shown numbers at `/metrics`, and which.
    pub metrics: MetricsSettings,
}

impl Settings {
    /// Settings for these stations, with everything else as it is where nothing is said.
    pub fn new(stations: Vec<StationSettings>) -> Self {
        let everywhere = Listen::new((Ipv6Addr::UNSPECIFIED, DEFAULT_PORT).into());
        Self {
            listen: vec![everywhere],
            stations,
            max_listeners: None,
            max_connections_per_address: 0,
            access_log: None,
            state_dir: None,
            source_listen: None,
            admin: Account { user: "admin".into(), password: None },
            trusted_proxies: TrustedProxies::default(),
            public_url: None,
            directory: None,
            metrics: MetricsSettings::default(),
        }
    }

    /// Whether any station takes live sources.
    pub fn accepts_sources(&self) -> bool {
        self.stations.iter().any(|station| station.sources.is_enabled())
    }

    /// How many stations are relayed.
    pub fn relay_count(&self) -> usize {
        self.stations.iter().filter(|station| station.relay.is_some()).count()
    }

    /// Where SHOUTcast v1 sources are expected, beside [`listen`](Self::listen): encoders of that protocol are told the
    /// port of the listeners, and connect to the one after it. None where no station takes
    /// sources, or where everybody is listened to there already.
    pub fn source_ports(&self) -> Vec<Listen> {
        if !self.accepts_sources() {
            return Vec::new();
        }
        let next = || self.listen.iter().filter_map(|listen| listen.next_port()).collect();
        let mut ports: Vec<Listen> = self.source_listen.clone().unwrap_or_else(next);
        ports.retain(|port| !self.listen.iter().any(|listen| listen.overlaps(port.address)));
        ports
    }

    /// Whether anybody is shown numbers.
    pub fn serves_metrics(&self) -> bool {
        match self.metrics.access {
            MetricsAccess::Off => false,
            MetricsAccess::Admin => self.admin.password.is_some(),
            MetricsAccess::Public => true,
        }
    }

    /// Whether there are passwords in it.
    pub fn has_passwords(&self) -> bool {
        let of_relay = |relay: &RelaySettings| relay.url.login().is_some();
        let mut relays = self.stations.iter().filter_map(|station| station.relay.as_ref());
        self.admin.password.is_some() || self.accepts_sources() || relays.any(of_relay)
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
    fn sources_are_expected_on_the_port_after_each() {
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
    fn without_sources_no_port_is_opened_for_them() {
        let mut settings = with_sources(&["[::]:8000"], Some(&["[::]:9000"]));
        assert!(settings.has_passwords());
        settings.stations.pop();
        assert_eq!(settings.source_ports(), []);
        assert!(!settings.has_passwords());
        settings.admin.password = Some(Secret::new("rosebud"));
        assert!(settings.has_passwords());
        settings.admin.password = None;
        let url = StreamUrl::parse("http://me:rosebud@radio.example/live").expect("an address");
        settings.stations[0].relay = Some(RelaySettings { url, on_demand: false });
        assert!(settings.has_passwords());
    }

    #[test]
    fn passwords_are_not_printed() {
        let mut settings = with_sources(&["[::]:8000"], None);
        let url = StreamUrl::parse("http://me:rosebud@radio.example/live").expect("an address");
        settings.stations[0].relay = Some(RelaySettings { url, on_demand: false });
        let printed = format!("{settings:?}");
        assert!(printed.contains("radio.example") && !printed.contains("rosebud"), "{printed}");
    }
}
