//! Addresses to listen on, and the URLs that lead there.

use std::net::{Ipv4Addr, SocketAddr};

/// One address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address; port 0 takes any free port.
    pub address: SocketAddr,
    /// Taken instead where `address` is of a family this machine does not have.
    pub fallback: Option<SocketAddr>,
}

impl Listen {
    /// Listens on `address`. `[::]` is everywhere, also on a machine without IPv6.
    pub fn new(address: SocketAddr) -> Self {
        let everywhere = address.is_ipv6() && address.ip().is_unspecified();
        Self { address, fallback: everywhere.then(|| (Ipv4Addr::UNSPECIFIED, address.port()).into()) }
    }

    /// The same address with the port after this one. There is none after the last, nor after one that is not known
    /// yet.
    pub(super) fn next_port(&self) -> Option<Self> {
        let port = self.address.port().checked_add(1).filter(|port| *port != 1)?;
        Some(Self::new((self.address.ip(), port).into()))
    }

    /// Whether a machine would refuse to listen on `other` too. `[::]` is for IPv4 as well.
    pub fn overlaps(&self, other: SocketAddr) -> bool {
        let covers = |all: SocketAddr, one: SocketAddr| {
            all.ip().is_unspecified() && (all.is_ipv6() || one.is_ipv4()) || all.ip() == one.ip()
        };
        let (this, port) = (self.address, self.address.port());
        port == other.port() && port != 0 && (covers(this, other) || covers(other, this))
    }
}

/// Where a station can be heard on this machine, for an operator to click on. A wildcard address is shown as
/// `localhost`.
pub fn url(address: SocketAddr, mount: &str) -> String {
    let port = address.port();
    if address.ip().is_unspecified() {
        format!("http://localhost:{port}{mount}")
    } else {
        format!("http://{address}{mount}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_can_be_clicked_on() {
        for (address, shown) in [
            ("[::]:8000", "http://localhost:8000/live"),
            ("0.0.0.0:80", "http://localhost:80/live"),
            ("[::1]:81", "http://[::1]:81/live"),
            ("10.0.0.1:82", "http://10.0.0.1:82/live"),
        ] {
            assert_eq!(url(address.parse().expect(address), "/live"), shown);
        }
    }
}
