//! The first lines of the log: where the pages are, for this machine and for others in the local network.

use std::net::SocketAddr;

use crate::settings::{Settings, url};

/// Returns the lines about the pages of a server that listens on `listening` and that others reach at
/// `reachable`. `has_file` says whether a configuration file has the addresses to listen on.
pub fn first_lines(
    settings: &Settings,
    has_file: bool,
    listening: &[SocketAddr],
    reachable: &[SocketAddr],
) -> Vec<String> {
    let Some(first) = listening.first() else { return Vec::new() };
    let here = url(*first, "/");
    let page = match &settings.public_url {
        Some(public) => format!("page for listeners: {public}/, on this machine {here}"),
        None => format!("page for listeners: {here}"),
    };
    let mut lines = vec![page];
    let others: Vec<String> =
        reachable.iter().map(|&address| url(address, "/")).filter(|other| *other != here).collect();
    if !others.is_empty() {
        lines.push(format!("in the local network: {}", others.join(", ")));
    } else if reachable.is_empty() && settings.public_url.is_none() {
        lines.extend(note_on_loopback(settings, has_file, listening));
    }
    lines.push(match &settings.admin.password {
        Some(_) => format!("admin page: {}, user {:?}", url(*first, "/admin/"), settings.admin.user),
        None => {
            "admin page: off; admin_password in [server] of a configuration file switches it on".to_owned()
        }
    });
    lines
}

/// Returns the line about a server that no other machine reaches at present. It has no advice where a reverse
/// proxy is trusted: listening on all addresses would open a way around the proxy.
fn note_on_loopback(settings: &Settings, has_file: bool, listening: &[SocketAddr]) -> Option<String> {
    let first = listening.first()?;
    if !listening.iter().all(|address| address.ip().to_canonical().is_loopback()) {
        return Some(format!("in the local network: no address found now; coldwave listens on {first}"));
    }
    let only = format!("only this machine reaches {first}");
    let port = first.port();
    Some(match settings.trusted_proxies.networks().is_empty() {
        true if has_file => {
            format!("{only}: to listen on all addresses, set listen = {port} in [server] of the file")
        }
        true => format!("{only}: to listen on all addresses, use -l {port}"),
        false => only,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Secret;
    use crate::trusted_proxies::TrustedProxies;

    fn lines(settings: &Settings, listening: &str, reachable: &[&str]) -> Vec<String> {
        let parse = |text: &&str| text.parse().expect("an address");
        first_lines(settings, false, &[parse(&listening)], &reachable.iter().map(parse).collect::<Vec<_>>())
    }

    #[test]
    fn lines_say_where_the_pages_are() {
        let mut settings = Settings::new(Vec::new());
        assert_eq!(
            lines(&settings, "[::]:8000", &["192.168.1.7:8000", "[2001:db8::7]:8000"]),
            [
                "page for listeners: http://localhost:8000/",
                "in the local network: http://192.168.1.7:8000/, http://[2001:db8::7]:8000/",
                "admin page: off; admin_password in [server] of a configuration file switches it on",
            ]
        );
        settings.admin.password = Some(Secret::new("deep water"));
        settings.public_url = Some("https://radio.example".to_owned());
        assert_eq!(
            lines(&settings, "127.0.0.1:9000", &[]),
            [
                "page for listeners: https://radio.example/, on this machine http://127.0.0.1:9000/",
                "admin page: http://127.0.0.1:9000/admin/, user \"admin\"",
            ]
        );
        settings.public_url = None;
        let loopback = &lines(&settings, "127.0.0.1:9000", &[])[1];
        assert_eq!(
            loopback,
            "only this machine reaches 127.0.0.1:9000: to listen on all addresses, use -l 9000"
        );
        let with_file = first_lines(&settings, true, &["127.0.0.1:9000".parse().expect("an address")], &[]);
        let advice = "to listen on all addresses, set listen = 9000 in [server] of the file";
        assert_eq!(with_file[1], format!("only this machine reaches 127.0.0.1:9000: {advice}"));
        let offline = &lines(&settings, "[::]:8000", &[])[1];
        assert_eq!(offline, "in the local network: no address found now; coldwave listens on [::]:8000");
        settings.trusted_proxies = TrustedProxies::new(vec!["127.0.0.1/32".parse().expect("a network")]);
        let behind_proxy = &lines(&settings, "127.0.0.1:9000", &[])[1];
        assert_eq!(behind_proxy, "only this machine reaches 127.0.0.1:9000");
        let only = lines(&settings, "192.168.1.7:8000", &["192.168.1.7:8000"]);
        assert_eq!(only.len(), 2, "the page is already named: {only:?}");
    }
}
