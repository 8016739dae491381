//! The configuration of the server as a whole.

use crate::fd_budget::FdBudget;
use crate::net::{self, EventLoop};
use crate::server::{Server, ServerConfig};
use crate::settings::Settings;

/// Returns the configuration of the server. The limits of connections follow from the open-file limit.
pub fn server_config(settings: &Settings, net: &EventLoop) -> ServerConfig {
    let budget = FdBudget::new(net::raise_open_files_limit(), net.listening(), &settings.stations);
    let listeners = budget.max_listeners(settings.max_listeners);
    ServerConfig {
        max_connections: budget.max_connections(listeners) + settings.relay_count(),
        max_listeners: listeners,
        source_mounts: settings.source_mounts.clone(),
        max_sources: settings.max_sources,
        max_connections_per_address: settings.max_connections_per_address,
        max_request_memory: settings.request_memory,
        max_event_readers: budget.max_event_readers(listeners),
        admin: settings.admin.clone(),
        trusted_proxies: settings.trusted_proxies.clone(),
        aliases: settings.aliases.clone(),
        public_url: settings.public_url.clone(),
        redirects_to_https: settings.tls.redirect,
        ports: net.addresses().iter().map(|address| address.port()).collect(),
        addresses: net.addresses().iter().map(|address| address.ip()).collect(),
        metrics: settings.metrics,
        robots: settings.robots,
        info: settings.info.clone(),
        embed_from: settings.embed_from.clone(),
        http_headers: settings.http_headers.clone(),
        request_timeout: settings.header_timeout,
    }
}

/// Checks that the open connections fit beside other stations.
///
/// # Errors
/// Returns one sentence about what does not fit.
pub fn check_room(settings: &Settings, server: &Server) -> Result<(), String> {
    let listening = settings.listen.len() + settings.source_ports().len();
    let budget = FdBudget::new(net::raise_open_files_limit(), listening, &settings.stations);
    budget.check_room(server.connections())
}
