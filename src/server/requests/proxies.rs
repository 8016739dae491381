//! Proxies: which are trusted to speak for their clients, and where those found the server.

use std::net::SocketAddr;

use crate::http::proxy::base;
use crate::http::proxy::forwarded::{self, Forwarded};
use crate::http::request::Request;
use crate::http::request::refusal::RequestRefusal;
use crate::http::response::reply::{self, Status};
use crate::server::state::addresses::TOO_MANY_CONNECTIONS;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::stats::RefusalCause;
use crate::session::{CloseReason, Reply};
use crate::time::Time;

impl Server {
    /// A proxy says who its client is, before anything else (PROXY protocol).
    pub(super) fn take_proxy_header(
        &mut self,
        peer: Peer,
        client: Option<SocketAddr>,
        rest: &[u8],
        now: Time,
    ) {
        let Some(proxy) = self.sessions.address(peer) else { return };
        if !self.access.proxies.contains(proxy.ip()) {
            return self.refuse_request(peer, RequestRefusal::UntrustedProxy, now);
        }
        if let Some(client) = client {
            self.note_forwarded(peer, &client.ip().to_canonical().to_string());
            if !self.set_client_address(peer, client, now) {
                return;
            }
        }
        if !rest.is_empty() {
            self.received(peer, rest, now);
        }
    }

    /// Takes the client of a trusted proxy for the peer. Says whether it is admitted.
    pub(super) fn apply_forwarded_headers(&mut self, peer: Peer, request: &mut Request, now: Time) -> bool {
        let Some(entry) = self.sessions.get(peer) else { return false };
        let (address, is_announced) = (entry.info.address, entry.info.proxy().is_some());
        let proxy = Some(address).filter(|address| self.access.proxies.contains(address.ip()));
        // Of a client that a proxy has announced already, only another proxy may say more.
        if let Some(list) = forwarded::raw_forwarded_for(request).filter(|_| proxy.is_some() || !is_announced)
        {
            self.note_forwarded(peer, &list);
        }
        let said = proxy.map(|_| Forwarded::from_request(request, &self.access.proxies)).unwrap_or_default();
        if let (Some(proxy), true) = (proxy, said.is_malformed) {
            self.log.peers.log(now, format_args!("{proxy} sends a malformed header about its client"));
        }
        let is_proxied = is_announced || said != Forwarded::default();
        let behind = || base::proxied_base_url(request, &said).filter(|_| is_proxied);
        if let Some(base) = self.views.public_url.clone().or_else(behind) {
            request.set_external_url(base);
        }
        said.client.is_none_or(|client| self.set_client_address(peer, client, now))
    }

    /// Takes `client` for the other end of a proxy's connection. Says whether it is admitted; if not, it is answered.
    fn set_client_address(&mut self, peer: Peer, client: SocketAddr, now: Time) -> bool {
        let client = SocketAddr::new(client.ip().to_canonical(), client.port());
        let is_counted = !self.access.proxies.contains(client.ip());
        let is_admitted = !is_counted || self.admit_address(client, now);
        let Some(entry) = self.sessions.get_mut(peer) else { return false };
        let proxy = entry.info.address.ip();
        entry.info.note_proxied_client(proxy, client);
        entry.counts_for_address = is_counted && is_admitted;
        if !is_admitted {
            self.connection_refused(RefusalCause::AddressLimit);
            self.log.peers.log(now, format_args!("{client} {}", CloseReason::AddressLimit));
            let bytes = reply::text(Status::Forbidden, TOO_MANY_CONNECTIONS);
            self.become_reply(peer, Reply::new(bytes, CloseReason::AddressLimit), now);
        }
        is_admitted
    }

    fn note_forwarded(&mut self, peer: Peer, list: &str) {
        if let Some(entry) = self.sessions.get_mut(peer) {
            entry.info.note_forwarded_for(list);
        }
    }
}
