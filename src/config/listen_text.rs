//! Parses an address to listen on, as the command line and the configuration file name it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use crate::settings::{DEFAULT_PORT, Listen};

/// Parses an address to listen on: `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`, or only a port, with or
/// without a colon, for all addresses. An address without a port gets the default port. A name stands for all
/// of its addresses. May block on a name server.
///
/// # Errors
/// Returns why the text is no address, as the rest of a sentence that begins with the text.
pub fn parse(text: &str) -> Result<Vec<Listen>, String> {
    let text = text.trim();
    if text.contains("://") || text.contains('/') {
        return Err("is a URL or a path, not an address with a port".to_owned());
    }
    if let Some(port) = parse_port(text.strip_prefix("*:").or(text.strip_prefix(':')).unwrap_or(text)) {
        return Ok(vec![Listen::new((Ipv6Addr::UNSPECIFIED, port?).into())]);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(vec![Listen::new(address)]);
    }
    if let Some(reason) = describe_ambiguous(text) {
        return Err(reason);
    }
    let without_brackets = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = without_brackets.parse::<IpAddr>() {
        return Ok(vec![Listen::new((ip, DEFAULT_PORT).into())]);
    }
    match text.rsplit_once(':') {
        _ if text.eq_ignore_ascii_case(LOCALHOST) => resolve(LOCALHOST, DEFAULT_PORT),
        Some((host, _)) if host.is_empty() || host.contains([':', '[', ']']) => Err(NO_ADDRESS.to_owned()),
        Some((host, port)) => match parse_port(port) {
            Some(port) => resolve(host, port?),
            None => Err("has no port: a number from 0 to 65535 follows the colon".to_owned()),
        },
        None => Err(NO_ADDRESS.to_owned()),
    }
}

/// Returns why an IPv6 address without brackets is ambiguous: its last group can be a port.
fn describe_ambiguous(text: &str) -> Option<String> {
    let address: Ipv6Addr = text.parse().ok()?;
    let (host, port) = text.rsplit_once(':')?;
    let host: Ipv6Addr = host.parse().ok()?;
    let port = parse_port(port)?.ok()?;
    let (with_port, alone) = (SocketAddr::from((host, port)), SocketAddr::from((address, DEFAULT_PORT)));
    Some(format!("is ambiguous: write {with_port} if {port} is the port, or {alone} if it is not"))
}

/// The name that needs no name server.
const LOCALHOST: &str = "localhost";

const NO_ADDRESS: &str = "is not an address with a port";

/// Parses a port; `None` if the text is no number.
fn parse_port(text: &str) -> Option<Result<u16, String>> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().map_err(|_| "is not a port: the highest one is 65535".to_owned()))
}

/// Returns the addresses of a name, of which those that this machine does not have are left out later.
fn resolve(host: &str, port: u16) -> Result<Vec<Listen>, String> {
    let mut addresses: Vec<SocketAddr> = match host.eq_ignore_ascii_case(LOCALHOST) {
        true => vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()],
        false => {
            let found = (host, port).to_socket_addrs();
            found.map_err(|error| format!("cannot be resolved: {error}"))?.collect()
        }
    };
    if port == 0 {
        // Each address would get another free port.
        addresses.truncate(1);
    }
    let mut all: Vec<Listen> = Vec::new();
    for address in addresses {
        if !all.iter().any(|other| other.address == address) {
            all.push(Listen { is_optional: true, ..Listen::new(address) });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed_in_every_form() {
        for (text, expected) in [
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("[::1]:9000", "[::1]:9000"),
            ("9000", "[::]:9000"),
            (":9000", "[::]:9000"),
            ("*:9000", "[::]:9000"),
            (" 9000 ", "[::]:9000"),
            ("0", "[::]:0"),
            ("127.0.0.1", "127.0.0.1:8000"),
            ("::1", "[::1]:8000"),
            ("[::1]", "[::1]:8000"),
            ("[::1:9100]", "[::1:9100]:8000"),
            ("2001:db8::5", "[2001:db8::5]:8000"),
            ("2001:db8::5:a", "[2001:db8::5:a]:8000"),
            ("1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]:8000"),
            ("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:8000"),
            ("localhost:9000", "127.0.0.1:9000 [::1]:9000"),
            ("LOCALHOST", "127.0.0.1:8000 [::1]:8000"),
            ("localhost:0", "127.0.0.1:0"),
        ] {
            let all = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let shown: Vec<String> = all.iter().map(|listen| listen.address.to_string()).collect();
            assert_eq!(shown.join(" "), expected, "{text}");
        }
        let localhost = parse("localhost:1").expect("addresses");
        assert!(localhost.iter().all(|listen| listen.is_optional), "a machine may have no IPv6");
        assert!(!parse("::1").expect("an address")[0].is_optional);
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (text, expected) in [
            ("", "is not an address"),
            ("nowhere", "is not an address"),
            ("::1:8000:x", "is not an address"),
            ("[::1]x:8000", "is not an address"),
            (":", "is not an address"),
            ("localhost:", "has no port"),
            ("localhost:http", "has no port"),
            ("65536", "the highest one is 65535"),
            ("localhost:65536", "the highest one is 65535"),
            ("http://localhost:8000", "is a URL"),
            ("name.invalid:8000", "cannot be resolved"),
            ("::1:9100", "write [::1]:9100 if 9100 is the port, or [::1:9100]:8000 if it is not"),
            ("2001:db8::5:80", "write [2001:db8::5]:80 if"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
