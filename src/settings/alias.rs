//! Other paths for what is at a path.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Another path for what is at a path of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The path in a request, percent-decoded.
    pub from: String,
    /// The path of what it leads to, percent-decoded.
    pub to: String,
    /// The address of this server to which the client has connected; `None` for all.
    pub address: Option<IpAddr>,
    /// The port to which the client has connected; `None` for all.
    pub port: Option<u16>,
}

impl Alias {
    /// Returns whether it applies to a request for `path` on a connection to `local`.
    pub fn applies_to(&self, path: &str, local: Option<SocketAddr>) -> bool {
        let is_at = |address: IpAddr| local.is_some_and(|local| local.ip().to_canonical() == address);
        let has_port = |port: u16| local.is_some_and(|local| local.port() == port);
        self.from == path && self.address.is_none_or(is_at) && self.port.is_none_or(has_port)
    }
}

/// Formats it as `/ -> /status.xsl at 192.0.2.1 port 8000`.
impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, address, port } = self;
        write!(f, "{from} -> {to}")?;
        address.iter().try_for_each(|address| write!(f, " at {address}"))?;
        port.iter().try_for_each(|port| write!(f, " port {port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alias_applies_to_its_path_address_and_port() {
        let alias = |address: Option<&str>, port| Alias {
            from: "/a".to_owned(),
            to: "/b".to_owned(),
            address: address.map(|text| text.parse().expect(text)),
            port,
        };
        let local: SocketAddr = "[::ffff:192.0.2.1]:8000".parse().expect("an address");
        for (alias, local, expected) in [
            (alias(None, None), None, true),
            (alias(None, None), Some(local), true),
            (alias(Some("192.0.2.1"), Some(8000)), Some(local), true),
            (alias(Some("192.0.2.2"), None), Some(local), false),
            (alias(None, Some(8001)), Some(local), false),
            (alias(None, Some(8000)), None, false),
        ] {
            assert_eq!(alias.applies_to("/a", local), expected, "{alias} {local:?}");
            assert!(!alias.applies_to("/b", local) && !alias.applies_to("/a/", local));
        }
        assert_eq!(alias(Some("::1"), Some(80)).to_string(), "/a -> /b at ::1 port 80");
    }
}
