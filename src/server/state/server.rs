//! The struct `Server`, which consists of the components in this folder.

use std::collections::HashMap;
use std::sync::Arc;

use super::access::Access;
use super::access::login_attempt::AccountRef;
use super::capacity::Capacity;
use super::config::ServerConfig;
use super::hooks::Hooks;
use super::log_limits::LogLimits;
use super::memory::Memory;
use super::peer::Peer;
use super::relays::Relays;
use super::reloads::Reloads;
use super::removed_fallbacks::RemovedFallbacks;
use super::sessions::Sessions;
use super::station::stations::Stations;
use super::statistics_round::StatisticsRound;
use super::stats::Stats;
use super::timers::Timers;
use super::tls_starts::TlsStarts;
use super::unlisted::Unlisted;
use super::views::Views;
use super::views::artwork_cache::ArtworkCache;
use super::views::challenges::Challenges;
use super::views::event_hub::EventHub;
use super::views::large_pages::LargePages;
use super::views::metrics_endpoint::MetricsEndpoint;
use super::views::page_cache::PageCache;
use super::views::page_queue::PageQueue;
use super::views::site_files::PendingFiles;
use super::waiting_takeover::WaitingTakeover;
use crate::bans::Bans;
use crate::http::untrusted_url::OwnHosts;
use crate::pages::CertificateStatus;
use crate::session::QUEUED_BYTES_MAX;
use crate::settings::{RobotsPolicy, ServerInfo};
use crate::station::StationKey;
use crate::time::{Time, WallClock};
use crate::tls::ServerTls;

/// All stations and all sessions.
pub struct Server {
    pub(in crate::server) stations: Stations,
    pub(in crate::server) unlisted: Unlisted,
    pub(in crate::server) sessions: Sessions,
    pub(in crate::server) timers: Timers,
    pub(in crate::server) capacity: Capacity,
    pub(in crate::server) memory: Memory,
    pub(in crate::server) access: Access,
    /// Logins that wait for the live source of their user.
    pub(in crate::server) takeovers: Vec<WaitingTakeover>,
    pub(in crate::server) relays: Relays,
    pub(in crate::server) reloads: Reloads,
    pub(in crate::server) certificates: Arc<[CertificateStatus]>,
    /// What clients get of these certificates.
    pub(in crate::server) tls: Option<ServerTls>,
    pub(in crate::server) removed_fallbacks: RemovedFallbacks,
    pub(in crate::server) tls_starts: TlsStarts,
    /// The listeners that hear a fallback, each with the station to which it returns. Not in the session,
    /// because few listeners have one.
    pub(in crate::server) homes: HashMap<Peer, StationKey>,
    pub(in crate::server) views: Views,
    pub(in crate::server) stats: Stats,
    pub(in crate::server) statistics: StatisticsRound,
    pub(in crate::server) log: LogLimits,
    pub(in crate::server) hooks: Hooks,
    pub(in crate::server) is_stopping: bool,
    /// Until when no connection is closed for its deadline after the last stall that had a grace.
    pub(in crate::server) grace_until: Option<Time>,
}

impl Server {
    /// Creates a server without stations; [`add_station`](Self::add_station) adds them. `bans` are the bans
    /// stored by the last run. `seed` is a random number, from which the server's identity among relays and
    /// its retry times are derived.
    pub fn new(config: ServerConfig, mut hooks: Hooks, bans: Bans, seed: u64) -> Self {
        let views = Views {
            pages: PageCache::default(),
            queue: PageQueue::default(),
            large: LargePages { renderer: hooks.renderer.take(), ..LargePages::default() },
            events: EventHub::new(),
            artwork: ArtworkCache::new(hooks.artwork.take()),
            metrics: MetricsEndpoint::new(hooks.process.take()),
            challenges: Challenges::new(hooks.challenges.take()),
            files: PendingFiles::new(hooks.files.take()),
            aliases: Vec::new(),
            public_url: None,
            redirects_to_https: false,
            embed_from: Vec::new(),
            http_headers: Vec::new(),
            ports: Vec::new(),
            robots: RobotsPolicy::default(),
            info: ServerInfo::default(),
            own_hosts: OwnHosts::default(),
            clock: WallClock::default(),
            next_report: Time::START,
        };
        let peak_listeners = hooks.statistics.as_ref().map_or(0, |store| store.server_peak());
        let mut server = Self {
            stations: Stations::default(),
            unlisted: Unlisted::default(),
            sessions: Sessions::default(),
            timers: Timers::default(),
            capacity: Capacity::default(),
            memory: Memory::default(),
            access: Access::new(bans),
            takeovers: Vec::new(),
            relays: Relays::new(seed),
            reloads: Reloads::default(),
            certificates: Arc::default(),
            tls: None,
            removed_fallbacks: RemovedFallbacks::default(),
            tls_starts: TlsStarts::default(),
            homes: HashMap::new(),
            views,
            stats: Stats::with_peak(peak_listeners),
            statistics: StatisticsRound::default(),
            log: LogLimits::default(),
            hooks,
            is_stopping: false,
            grace_until: None,
        };
        server.apply(config);
        server
    }

    /// Applies settings of the server as a whole, at the start or while listeners play. Lower limits close no
    /// connection; they only refuse new ones.
    pub fn apply(&mut self, config: ServerConfig) {
        self.capacity.max_listeners = config.max_listeners;
        self.capacity.max_sources = config.max_sources;
        self.access.source_mounts = config.source_mounts;
        self.capacity.max_connections = config.max_connections;
        self.capacity.addresses.max = config.max_connections_per_address;
        self.memory.budget.set_max(config.max_request_memory);
        if self.access.admin != config.admin {
            self.access.logins.forget(&AccountRef::Admin);
            self.access.admin = config.admin;
        }
        self.access.proxies = config.trusted_proxies;
        // Readers are never evicted: half of the memory budget stays for others.
        let charged_readers = config.max_request_memory / 2 / QUEUED_BYTES_MAX;
        self.views.events.max = config.max_event_readers.min(charged_readers);
        self.views.metrics.settings = config.metrics;
        self.views.own_hosts =
            OwnHosts::from_urls(config.public_url.as_deref()).with_addresses(config.addresses);
        self.views.public_url = config.public_url;
        self.views.aliases = config.aliases;
        self.views.redirects_to_https = config.redirects_to_https;
        self.views.ports = config.ports;
        self.views.robots = config.robots;
        self.views.info = config.info;
        self.views.embed_from = config.embed_from;
        self.views.http_headers = config.http_headers;
        self.timers.requests.set_timeout(config.request_timeout);
        self.views.invalidate();
    }
}
