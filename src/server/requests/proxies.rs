//! Applies the client address and the URL that trusted proxies forward.

use std::net::SocketAddr;

use log::warn;

use crate::http::proxy::base_url;
use crate::http::proxy::forwarded::{self, Forwarded};
use crate::http::request::Request;
use crate::http::request::refusal::RequestRefusal;
use crate::http::response::reply::{self, Status};
use crate::log_limiter::warn_limited;
use crate::server::state::addresses::TOO_MANY_CONNECTIONS;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::{CloseReason, Reply, SessionInfo};
use crate::time::Time;

impl Server {
    /// Handles a PROXY protocol header. It precedes the request and contains the address of the proxy's
    /// client.
    pub(super) fn handle_proxy_header(
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

    /// Replaces the peer's address by the one that a trusted proxy forwarded in the request's headers.
    /// Returns whether the client is admitted.
    pub(super) fn apply_forwarded_headers(&mut self, peer: Peer, request: &mut Request, now: Time) -> bool {
        let Some(entry) = self.sessions.get(peer) else { return false };
        let (address, has_proxy_header) = (entry.info.address, entry.info.proxy().is_some());
        let proxy = Some(address).filter(|address| self.access.proxies.contains(address.ip()));
        // After a PROXY protocol header, the list is used only if the client in it is a trusted proxy too.
        if let Some(list) =
            forwarded::raw_forwarded_for(request).filter(|_| proxy.is_some() || !has_proxy_header)
        {
            self.note_forwarded(peer, &list);
        }
        let forwarded =
            proxy.map(|_| Forwarded::from_request(request, &self.access.proxies)).unwrap_or_default();
        if let (Some(proxy), true) = (proxy, forwarded.is_malformed) {
            let is_admitted = self.log.peers.admit(proxy.ip(), now);
            warn_limited!(is_admitted, "{proxy} sends a malformed header about its client");
        }
        if let (Some(proxy), Some(_), None, false) =
            (proxy, forwarded.client, forwarded.is_https, request.is_encrypted())
        {
            self.warn_of_missing_protocol(proxy);
        }
        let is_proxied = has_proxy_header || forwarded != Forwarded::default();
        let proxied_base = || base_url::proxied_base_url(request, &forwarded).filter(|_| is_proxied);
        if let Some(base) = self.views.public_url.clone().or_else(proxied_base) {
            request.set_external_url(base);
        }
        let direct = Some(request.is_encrypted()).filter(|_| !self.has_proxy(peer, request));
        request.set_client_uses_tls(forwarded.is_https.or(direct));
        forwarded.client.is_none_or(|client| self.set_client_address(peer, client, now))
    }

    /// Notes that the connection of a request uses TLS since the request asked for it. This is about the
    /// client too, unless there is a proxy in between.
    pub(in crate::server) fn note_upgraded(&self, peer: Peer, request: &mut Request) {
        request.set_encrypted(true);
        if !self.has_proxy(peer, request) {
            request.set_client_uses_tls(Some(true));
        }
    }

    /// Returns whether a request comes from a proxy, trusted or not.
    fn has_proxy(&self, peer: Peer, request: &Request) -> bool {
        let is_known =
            |info: &SessionInfo| info.proxy().is_some() || self.access.proxies.contains(info.address.ip());
        self.sessions.get(peer).is_some_and(|entry| is_known(&entry.info))
            || forwarded::has_passed_http_proxy(request)
    }

    /// Warns once if `proxy` forwards a client without saying whether it uses TLS, and links depend on it.
    fn warn_of_missing_protocol(&mut self, proxy: SocketAddr) {
        if self.views.public_url.is_none() && !self.access.is_missing_protocol_reported {
            self.access.is_missing_protocol_reported = true;
            warn!(
                "{} sends no X-Forwarded-Proto: links begin with http://. If it uses TLS, let it send that header, or \
                 set public_url",
                proxy.ip()
            );
        }
    }

    /// Replaces the peer's address by the address of the proxy's client. Returns whether the client is
    /// admitted; if not, it gets an error response.
    fn set_client_address(&mut self, peer: Peer, client: SocketAddr, now: Time) -> bool {
        let client = SocketAddr::new(client.ip().to_canonical(), client.port());
        let is_counted = !self.access.proxies.contains(client.ip());
        let is_admitted = !is_counted || self.admit_address(client, now);
        let Some(entry) = self.sessions.get_mut(peer) else { return false };
        let proxy = entry.info.address.ip();
        entry.info.note_proxied_client(proxy, client);
        if is_counted && is_admitted {
            self.count_for_address(peer);
        }
        if !is_admitted {
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
