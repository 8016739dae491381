//! Settings of the server as a whole.

use crate::proxies::TrustedProxies;
use crate::settings::{Account, MetricsSettings};

/// What the server is told about itself. All of it can change while listeners play: see
/// [`Server::apply`](crate::server::Server::apply).
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The most listeners, all stations together.
    pub max_listeners: usize,
    /// The most connections of one address, or one /64 of IPv6; 0 for any number. This machine's own do not count.
    pub max_connections_per_address: usize,
    /// The most readers of server-sent events.
    pub max_event_readers: usize,
    /// Who may see and do everything.
    pub admin: Account,
    /// Proxies that are trusted in what they say of their clients.
    pub trusted_proxies: TrustedProxies,
    /// With what all links begin, such as `https://radio.example`; where it is not set, with what the client used.
    pub public_url: Option<String>,
    /// The ports on which listeners are expected.
    pub ports: Vec<u16>,
    /// Who may read the metrics.
    pub metrics: MetricsSettings,
}

impl Default for ServerConfig {
    /// No limits, no administrator, no proxies; metrics for the administrator.
    fn default() -> Self {
        Self {
            max_listeners: usize::MAX,
            max_connections_per_address: 0,
            max_event_readers: usize::MAX,
            admin: Account { user: String::new(), password: None },
            trusted_proxies: TrustedProxies::default(),
            public_url: None,
            ports: Vec::new(),
            metrics: MetricsSettings::default(),
        }
    }
}
