//! Requests for pages that wait to be rendered, in a fair order.
//!
//! A page of a large server takes milliseconds. Pages are rendered after the audio of a turn was sent, for a
//! limited time; the other requests wait for the next turn. The order is fair between addresses: first the
//! oldest request of every address, then the second of every address, and so on. So a client that requests
//! thousands of different pages delays its own requests, and not those of others. Requests with the password
//! of an administrator come before all others.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

use super::stored_page::{ETAGS_MAX, PageReplyOptions};
use crate::http::admin::AdminFormat;
use crate::http::request::station_ref::MOUNT_MAX;
use crate::memory_budget::Charge;
use crate::pages::{AdminPage, Page};
use crate::server::state::peer::Peer;
use crate::station::StationKey;
use crate::time::Time;

/// A request for a page.
#[derive(Debug)]
pub struct PageRequest {
    pub kind: PageKind,
    /// The base URL under which the client reached the server.
    pub base: Rc<str>,
    pub options: PageReplyOptions,
}

impl PageRequest {
    /// Returns the most memory that it takes while it waits, in bytes; an administrator may send longer
    /// texts. This is much less than the request that the client sent: if a queue of large pages held all
    /// headers, it could use up the memory budget.
    pub fn memory(&self) -> usize {
        size_of::<QueuedRequest>() + self.base.len() + MOUNT_MAX + ETAGS_MAX
    }
}

/// Which page is requested.
#[derive(Debug)]
pub enum PageKind {
    /// A public page.
    Public(Page),
    /// A page for an administrator, or for a source of a station, about a station if it is about one. Errors
    /// have this format.
    Admin { page: AdminPage, station: Option<StationKey>, format: AdminFormat, is_admin: bool },
    /// The metrics.
    Metrics,
}

impl PageKind {
    /// Returns whether an administrator has requested the page.
    fn is_for_administrator(&self) -> bool {
        matches!(self, Self::Admin { is_admin: true, .. })
    }
}

/// A request that waits.
#[derive(Debug)]
pub struct QueuedRequest {
    pub peer: Peer,
    pub request: PageRequest,
    address: IpAddr,
    /// The memory that the request takes.
    _charge: Charge,
}

/// The requests that wait.
#[derive(Debug, Default)]
pub struct PageQueue {
    /// By round, and within a round in the order of their arrival.
    waiting: BTreeMap<(u64, u64), QueuedRequest>,
    /// For each address with waiting requests, the round of the last one and how many there are.
    last_rounds: HashMap<IpAddr, (u64, usize)>,
    /// The round of the request that was served last.
    round: u64,
    arrivals: u64,
    /// When requests were last served.
    served_at: Time,
}

impl PageQueue {
    /// Adds the request of a client at `address`, which is an IPv4 address or an IPv6 /64.
    pub fn push(&mut self, peer: Peer, address: IpAddr, request: PageRequest, charge: Charge) {
        let round = if request.kind.is_for_administrator() { 0 } else { self.next_round(address) };
        self.arrivals += 1;
        let queued = QueuedRequest { peer, request, address, _charge: charge };
        self.waiting.insert((round, self.arrivals), queued);
    }

    /// Returns the round of the next request of this address.
    fn next_round(&mut self, address: IpAddr) -> u64 {
        let (last_round, count) = self.last_rounds.entry(address).or_insert((self.round, 0));
        *last_round = (*last_round + 1).max(self.round + 1);
        *count += 1;
        *last_round
    }

    /// Returns the next request.
    pub fn pop(&mut self, now: Time) -> Option<QueuedRequest> {
        self.served_at = now;
        let ((round, _), queued) = self.waiting.pop_first()?;
        if round == 0 {
            return Some(queued);
        }
        self.round = round;
        if let Some((_, count)) = self.last_rounds.get_mut(&queued.address) {
            *count -= 1;
            if *count == 0 {
                self.last_rounds.remove(&queued.address);
            }
        }
        Some(queued)
    }

    /// Returns whether no request waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns when to continue, if requests wait.
    pub fn continue_at(&self) -> Option<Time> {
        (!self.is_empty()).then_some(self.served_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::Page;
    use crate::pages::api::{ApiAdminPage, ApiPage};

    fn push(queue: &mut PageQueue, number: u32, address: u8) {
        push_kind(queue, number, address, PageKind::Public(Page::Api(ApiPage::Stations)));
    }

    fn push_kind(queue: &mut PageQueue, number: u32, address: u8, kind: PageKind) {
        let options = PageReplyOptions::default();
        let peer = Peer { index: number, generation: number };
        let request = PageRequest { kind, base: "http://a".into(), options };
        queue.push(peer, [192, 0, 2, address].into(), request, Charge::default());
    }

    fn pop(queue: &mut PageQueue) -> Option<u32> {
        queue.pop(Time::START).map(|queued| queued.peer.index)
    }

    #[test]
    fn address_with_many_requests_does_not_delay_another() {
        let mut queue = PageQueue::default();
        (1..=5).for_each(|number| push(&mut queue, number, 1));
        push(&mut queue, 6, 2);
        assert_eq!([(); 3].map(|()| pop(&mut queue)), [Some(1), Some(6), Some(2)]);
        push(&mut queue, 7, 2);
        push(&mut queue, 8, 3);
        push(&mut queue, 9, 1);
        let rest: Vec<u32> = std::iter::from_fn(|| pop(&mut queue)).collect();
        assert_eq!(rest, [3, 7, 8, 4, 5, 9]);
        assert!(queue.is_empty() && queue.last_rounds.is_empty());
    }

    #[test]
    fn administrator_comes_first() {
        let mut queue = PageQueue::default();
        (1..=3).for_each(|number| push(&mut queue, number, 1));
        assert_eq!(pop(&mut queue), Some(1));
        let page = AdminPage::Api(ApiAdminPage::Stations);
        push_kind(
            &mut queue,
            4,
            1,
            PageKind::Admin { page, station: None, format: AdminFormat::Api, is_admin: true },
        );
        let rest: Vec<u32> = std::iter::from_fn(|| pop(&mut queue)).collect();
        assert_eq!((rest, queue.last_rounds.len()), (vec![4, 2, 3], 0));
    }
}
