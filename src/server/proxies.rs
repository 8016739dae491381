//! Proxies: who is believed to speak for somebody else, and where that one found us.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use log::warn;

use super::{Entry, Peer, Refused, Server};
use crate::http::proxy::base;
use crate::http::proxy::forwarded::{self, Forwarded};
use crate::http::request::Request;
use crate::http::request::refusal::Refusal;
use crate::http::response::reply::{self, Status};
use crate::proxies::Proxies;
use crate::session::{Reply, Why};
use crate::time::Time;

/// So many different listeners that one address claims to speak for are no accident.
const CLIENTS_SUSPICIOUS: usize = 3;

/// Addresses that are watched for that. A proxy that nobody named is among the first to come.
const ADDRESSES_MAX: usize = 64;

/// Addresses that claim to speak for others and are not believed, with those others.
#[derive(Debug, Default)]
pub struct Claims {
    clients: HashMap<IpAddr, Vec<Box<str>>>,
    is_told: bool,
}

impl Claims {
    /// Notes that `address` asks for a stream on behalf of `client`. Says once whether it looks like a proxy.
    fn note(&mut self, address: IpAddr, client: &str) -> bool {
        if self.is_told || self.clients.len() == ADDRESSES_MAX && !self.clients.contains_key(&address) {
            return false;
        }
        let clients = self.clients.entry(address).or_default();
        if !clients.iter().any(|other| **other == *client) {
            clients.push(client.into());
        }
        self.is_told = clients.len() >= CLIENTS_SUSPICIOUS;
        if self.is_told {
            self.clients = HashMap::new();
        }
        self.is_told
    }
}

impl Server {
    /// Believes what these proxies say of whoever is behind them. Before the first connection.
    pub fn trust(&mut self, proxies: Proxies) {
        self.proxies = proxies;
    }

    /// Has all links begin with this, such as `https://radio.example`, wherever they are asked for. Before the first
    /// connection.
    pub fn publish_at(&mut self, public_url: Option<String>) {
        self.public_url = public_url;
    }

    /// A proxy says who is behind it, before anything else.
    pub(super) fn hear_proxy(&mut self, peer: Peer, client: Option<SocketAddr>, rest: &[u8], now: Time) {
        let Some(proxy) = self.sessions.get_mut(peer).map(|entry| entry.visit.peer.ip()) else { return };
        if !self.proxies.trust(proxy) {
            return self.refuse(peer, Refusal::NoProxy, now);
        }
        if let Some(client) = client {
            self.note_forwarded(peer, &client.ip().to_canonical().to_string());
            if !self.believe(peer, client, now) {
                return;
            }
        }
        if !rest.is_empty() {
            self.received(peer, rest, now);
        }
    }

    /// Takes whom a proxy speaks for in the place of the proxy, if it is one that is believed. Says whether he is let in.
    pub(super) fn look_behind_proxy(&mut self, peer: Peer, request: &mut Request, now: Time) -> bool {
        let Some(entry) = self.sessions.get_mut(peer) else { return false };
        let (address, is_told_of) = (entry.visit.peer, entry.visit.through().is_some());
        let proxy = Some(address).filter(|address| self.proxies.trust(address.ip()));
        // Of whom a proxy told already, only another proxy tells more.
        if let Some(list) = forwarded::shown(request).filter(|_| proxy.is_some() || !is_told_of) {
            self.note_forwarded(peer, &list);
        }
        let said = proxy.map(|_| Forwarded::of(request, &self.proxies)).unwrap_or_default();
        if let (Some(proxy), true) = (proxy, said.is_malformed) {
            self.complain(now, format_args!("{proxy} says of whom it passes on what makes no sense"));
        }
        let is_proxied = is_told_of || said != Forwarded::default();
        let behind = || base::behind_proxy(request, &said).filter(|_| is_proxied);
        if let Some(base) = self.public_url.clone().or_else(behind) {
            request.note_reached_at(base);
        }
        said.client.is_none_or(|client| self.believe(peer, client, now))
    }

    /// Takes `client` for whoever is at the other end of a proxy's connection. Says whether he is let in; if not, he is
    /// told so.
    fn believe(&mut self, peer: Peer, client: SocketAddr, now: Time) -> bool {
        let client = SocketAddr::new(client.ip().to_canonical(), client.port());
        let is_counted = !self.proxies.trust(client.ip());
        let is_admitted = !is_counted || self.count_address(client, now);
        let Some(entry) = self.sessions.get_mut(peer) else { return false };
        let proxy = entry.visit.peer.ip();
        entry.visit.comes_through(proxy, client);
        entry.is_counted = is_counted && is_admitted;
        if !is_admitted {
            self.refused(Refused::Address);
            self.complain(now, format_args!("{client} {}", Why::TooManyFromAddress));
            let bytes = reply::text(Status::Forbidden, TOO_MANY);
            self.become_reply(peer, Reply::new(bytes, Why::TooManyFromAddress), now);
        }
        is_admitted
    }

    fn note_forwarded(&mut self, peer: Peer, list: &str) {
        if let Some(entry) = self.sessions.get_mut(peer) {
            entry.visit.forwards(list);
        }
    }

    /// Looks whether a listener comes through a proxy that nobody told us of, and tells the operator once.
    pub(super) fn suspect_proxy(&mut self, peer: Peer) {
        let Some(Entry { visit, .. }) = self.sessions.get(peer) else { return };
        let address = visit.peer.ip();
        if visit.through().is_some() || visit.forwarded_for().is_empty() || self.proxies.trust(address) {
            return;
        }
        if self.claims.note(address, visit.forwarded_for()) {
            warn!(
                "{address} asks for streams on behalf of several others: if it is a proxy of yours, name it in \
                 trusted_proxies, or all of them count as one"
            );
        }
    }
}

/// What is said to whoever has too many connections.
pub(super) const TOO_MANY: &str = "too many connections from your address";

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u32) -> IpAddr {
        IpAddr::from((0xCB00_7100 + last).to_be_bytes())
    }

    #[test]
    fn a_proxy_that_nobody_named_is_found_once() {
        let mut claims = Claims::default();
        let noted = |claims: &mut Claims, client| claims.note(address(1), client);
        assert!(!noted(&mut claims, "a") && !noted(&mut claims, "a") && !noted(&mut claims, "b"));
        assert!(!claims.note(address(2), "c"), "one address for each of two");
        assert!(noted(&mut claims, "c"));
        assert!(!noted(&mut claims, "d") && claims.clients.is_empty());
    }

    #[test]
    fn no_more_than_so_many_are_watched() {
        let mut claims = Claims::default();
        (0..1000).for_each(|number| assert!(!claims.note(address(number), "a")));
        assert_eq!(claims.clients.len(), ADDRESSES_MAX);
    }
}
