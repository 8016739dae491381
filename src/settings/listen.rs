//! Addresses to listen on, and the URLs of stations there.

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// An address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address. Port 0 means any free port.
    pub address: SocketAddr,
    /// Used instead if this machine does not support the address family of `address`.
    pub fallback: Option<SocketAddr>,
    /// Whether it is left out if this machine does not have it: one of several addresses of a name.
    pub is_optional: bool,
    /// Whether clients that do not speak TLS are refused.
    pub tls_only: bool,
}

impl Listen {
    /// Creates an address to listen on. `[::]` means all addresses, also on a machine without IPv6.
    pub fn new(address: SocketAddr) -> Self {
        let is_wildcard = address.is_ipv6() && address.ip().is_unspecified();
        let fallback = is_wildcard.then(|| (Ipv4Addr::UNSPECIFIED, address.port()).into());
        Self { address, fallback, is_optional: false, tls_only: false }
    }

    /// Returns the same address with the next port; `None` after the last port, and for port 0, because the
    /// actual port is not known yet.
    pub(super) fn next_port(&self) -> Option<Self> {
        let port = self.address.port().checked_add(1).filter(|port| *port != 1)?;
        let (is_optional, tls_only) = (self.is_optional, self.tls_only);
        Some(Self { is_optional, tls_only, ..Self::new((self.address.ip(), port).into()) })
    }

    /// Returns whether listening on both this address and `other` would fail. `[::]` includes IPv4.
    pub fn overlaps(&self, other: SocketAddr) -> bool {
        let covers = |all: SocketAddr, one: SocketAddr| {
            all.ip().is_unspecified() && (all.is_ipv6() || one.is_ipv4()) || all.ip() == one.ip()
        };
        let (this, port) = (self.address, self.address.port());
        port == other.port() && port != 0 && (covers(this, other) || covers(other, this))
    }
}

/// Returns the URL of a station on this machine, for the operator to open. A wildcard address is shown as
/// `localhost`. It begins with `https://` only where that is necessary: certificates are not for addresses.
pub fn url(address: SocketAddr, tls_only: bool, mount: &str) -> String {
    let scheme = if tls_only { "https" } else { "http" };
    let (port, mount) = (address.port(), encoded_path(mount));
    if address.ip().is_unspecified() {
        format!("{scheme}://localhost:{port}{mount}")
    } else {
        format!("{scheme}://{address}{mount}")
    }
}

/// Returns a mount, percent-encoded as the path of a URL.
pub fn encoded_path(mount: &str) -> impl Display + '_ {
    utf8_percent_encode(mount, NOT_IN_PATHS)
}

/// Characters of a mount that are percent-encoded in URLs. Quotes and ampersands are valid in a path, but not
/// in every format in which a link is written.
const NOT_IN_PATHS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcard_address_becomes_localhost_in_urls() {
        for (address, shown) in [
            ("[::]:8000", "http://localhost:8000/live"),
            ("0.0.0.0:80", "http://localhost:80/live"),
            ("[::1]:81", "http://[::1]:81/live"),
            ("10.0.0.1:82", "http://10.0.0.1:82/live"),
        ] {
            let address = address.parse().expect(address);
            assert_eq!(url(address, false, "/live"), shown);
            assert_eq!(url(address, true, "/live"), shown.replace("http://", "https://"));
        }
    }

    #[test]
    fn mount_is_percent_encoded_in_urls() {
        let url = url("127.0.0.1:8000".parse().expect("an address"), false, "/café & co");
        assert_eq!(url, "http://127.0.0.1:8000/caf%C3%A9%20%26%20co");
    }
}
