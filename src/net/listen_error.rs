//! What to do if a port cannot be opened, as one sentence.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

/// The ports below this one need a privilege on most systems.
const UNPRIVILEGED_PORT: u16 = 1024;

/// Describes why coldwave cannot listen on `address`, and what helps.
pub fn describe(address: SocketAddr, error: &io::Error) -> String {
    let port = address.port();
    let reason = match error.kind() {
        ErrorKind::AddrInUse => format!(
            "address already in use: `ss -ltnp \"sport = :{port}\"` shows by which program; `listen = {other}` in \
             [server] of a configuration file, or else -l {other}, uses another port",
            other = other_port(port)
        ),
        ErrorKind::PermissionDenied if port < UNPRIVILEGED_PORT => format!(
            "{error}: ports below {UNPRIVILEGED_PORT} need a capability: AmbientCapabilities=CAP_NET_BIND_SERVICE \
             in the systemd unit, or `sudo setcap cap_net_bind_service=+ep` with the path of the program; or put \
             a proxy in front (docs/reverse-proxies.md), or use another port: `listen = 8000` in [server] of a \
             configuration file, or else -l 8000"
        ),
        ErrorKind::AddrNotAvailable => {
            format!(
                "{error}: it is no address of this machine; `listen = {port}` in [server] of a configuration \
                 file, or else -l {port}, listens on all of its addresses"
            )
        }
        _ => error.to_string(),
    };
    format!("cannot listen on {address}: {reason}")
}

/// Returns a port to suggest. SHOUTcast v1 encoders use the next one, too.
fn other_port(port: u16) -> u16 {
    if (UNPRIVILEGED_PORT..u16::MAX - 100).contains(&port) { port + 100 } else { 8000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_helps() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        for (port, kind, expected) in [
            (
                8000,
                ErrorKind::AddrInUse,
                "`ss -ltnp \"sport = :8000\"` shows by which program; `listen = 8100` in",
            ),
            (80, ErrorKind::AddrInUse, "or else -l 8000, uses"),
            (80, ErrorKind::PermissionDenied, "AmbientCapabilities=CAP_NET_BIND_SERVICE"),
            (80, ErrorKind::PermissionDenied, "setcap cap_net_bind_service=+ep"),
            (8000, ErrorKind::AddrNotAvailable, "no address of this machine; `listen = 8000` in [server]"),
        ] {
            let text = describe(address(port), &kind.into());
            assert!(text.starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")), "{text}");
            assert!(text.contains(expected) && !text.contains('\n'), "{text}");
        }
        let other = describe(address(8000), &ErrorKind::PermissionDenied.into());
        assert!(!other.contains("capability"), "{other}");
    }
}
