//! The settings that apply to the server as a whole.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::timers::REQUEST_TIMEOUT;
use crate::settings::{Account, Alias, MetricsSettings, RobotsPolicy, ServerInfo};
use crate::trusted_proxies::TrustedProxies;

/// The configuration of the server as a whole. All of it can change while listeners play: see
/// [`Server::apply`](crate::server::Server::apply).
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The most connections of any kind, also to upstreams.
    pub max_connections: usize,
    /// The most listeners of all stations together.
    pub max_listeners: usize,
    /// The mounts of the SHOUTcast v1 sources that name none, by the addresses to which they connect.
    pub source_mounts: Vec<(SocketAddr, String)>,
    /// The most live sources of all stations together; `None` for no limit.
    pub max_sources: Option<usize>,
    /// The most connections of one address, or one /64 of IPv6; 0 for any number. It does not apply to
    /// loopback connections.
    pub max_connections_per_address: usize,
    /// The most readers of server-sent events.
    pub max_event_readers: usize,
    /// The most bytes that clients together may make the server hold: incomplete requests, and responses that
    /// were not read.
    pub max_request_memory: usize,
    /// The account of the administrator.
    pub admin: Account,
    /// Proxies whose forwarded addresses are trusted.
    pub trusted_proxies: TrustedProxies,
    /// Other paths for what is at a path.
    pub aliases: Vec<Alias>,
    /// The base URL of all links, such as `https://radio.example`. If it is not set, links begin with the URL
    /// that the client used.
    pub public_url: Option<String>,
    /// Whether browsers that request a page without TLS are redirected to the same page with TLS.
    pub redirects_to_https: bool,
    /// The ports on which listeners are expected.
    pub ports: Vec<u16>,
    /// The addresses of this server, as far as they are known.
    pub addresses: Vec<IpAddr>,
    /// Who may read the metrics.
    pub metrics: MetricsSettings,
    /// What `/robots.txt` allows.
    pub robots: RobotsPolicy,
    /// What pages say about the server.
    pub info: ServerInfo,
    /// The origins whose pages may show the small player in a frame; `*` for all.
    pub embed_from: Vec<String>,
    /// Headers of streams and public replies, each as `name: value`.
    pub http_headers: Vec<String>,
    /// Time for a complete request.
    pub request_timeout: Duration,
}

impl Default for ServerConfig {
    /// Returns a configuration without limits, administrator and proxies; metrics are for the administrator
    /// only.
    fn default() -> Self {
        Self {
            max_connections: usize::MAX,
            max_listeners: usize::MAX,
            source_mounts: Vec::new(),
            max_sources: None,
            max_connections_per_address: 0,
            max_event_readers: usize::MAX,
            max_request_memory: usize::MAX,
            admin: Account { user: String::new(), password: None },
            trusted_proxies: TrustedProxies::default(),
            aliases: Vec::new(),
            public_url: None,
            redirects_to_https: false,
            ports: Vec::new(),
            addresses: Vec::new(),
            metrics: MetricsSettings::default(),
            robots: RobotsPolicy::default(),
            info: ServerInfo::default(),
            embed_from: Vec::new(),
            http_headers: Vec::new(),
            request_timeout: REQUEST_TIMEOUT,
        }
    }
}
