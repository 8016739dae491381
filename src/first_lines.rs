//! The first lines of the log: where the pages are, for this machine, for others in the local network, and
//! with TLS.

use std::net::{Ipv6Addr, SocketAddr};

use crate::config_text::ConfigKind;
use crate::settings::{Settings, url};

/// The port of `https`, which URLs leave out.
const HTTPS_PORT: u16 = 443;

/// Where the pages of a server are.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The addresses on which it listens.
    pub listening: Vec<SocketAddr>,
    /// Those of them where clients must use TLS.
    pub tls_only: Vec<SocketAddr>,
    /// The addresses at which others reach it.
    pub reachable: Vec<SocketAddr>,
    /// The name in its certificates, if it has any.
    pub certified_host: Option<String>,
}

/// Returns the lines about the pages of a server with a configuration of this kind. `has_file` says whether a
/// file has the addresses to listen on.
pub fn first_lines(settings: &Settings, kind: ConfigKind, has_file: bool, places: &Places) -> Vec<String> {
    let Some(first) = places.listening.first() else { return Vec::new() };
    let here = places.url(*first, "/");
    let mut lines = vec![match &settings.public_url {
        Some(public) => format!("page for listeners: {public}/, on this machine {here}"),
        None => format!("page for listeners: {here}{}", places.with_tls("/")),
    }];
    let others = places.reachable.iter().map(|&address| places.url(address, "/"));
    let others: Vec<String> = others.filter(|other| *other != here).collect();
    if !others.is_empty() {
        lines.push(format!("in the local network: {}", others.join(", ")));
    } else if places.reachable.is_empty() && settings.public_url.is_none() {
        lines.extend(note_on_loopback(settings, has_file.then_some(kind), &places.listening));
    }
    lines.push(match &settings.admin.password {
        Some(_) => {
            let (page, user) = (places.url(*first, "/admin/"), &settings.admin.user);
            format!("admin page: {page}{}, user {user:?}", places.with_tls("/admin/"))
        }
        None => format!("admin page: off; {} switches it on", admin_password(kind)),
    });
    lines
}

/// Returns the setting with the password of the administrator, as the file of the operator has it.
fn admin_password(kind: ConfigKind) -> &'static str {
    match kind {
        ConfigKind::Icecast => "<admin-password> in <authentication>",
        ConfigKind::Shoutcast => "adminpassword in the configuration file",
        ConfigKind::Coldwave => "admin_password in [server] of a configuration file",
    }
}

impl Places {
    fn url(&self, address: SocketAddr, path: &str) -> String {
        let is_same = |other: &SocketAddr| {
            other.port() == address.port() && (other.ip() == address.ip() || other.ip().is_unspecified())
        };
        url(address, self.tls_only.iter().any(is_same), path)
    }

    /// Returns where a page is with TLS under a name of the certificates, as the end of a line. Every port
    /// speaks TLS then.
    fn with_tls(&self, path: &str) -> String {
        let ports = || self.listening.iter().map(SocketAddr::port);
        let port = ports().find(|port| *port == HTTPS_PORT).or_else(|| ports().next());
        match (&self.certified_host, port) {
            (Some(host), Some(HTTPS_PORT)) => format!(", with TLS https://{}{path}", authority_host(host)),
            (Some(host), Some(port)) => format!(", with TLS https://{}:{port}{path}", authority_host(host)),
            _ => String::new(),
        }
    }
}

/// Returns a name of a certificate as the host of a URL.
fn authority_host(name: &str) -> String {
    if name.parse::<Ipv6Addr>().is_ok() { format!("[{name}]") } else { name.to_owned() }
}

/// Returns the line about a server that no other machine reaches at present. It has no advice where a reverse
/// proxy is trusted: listening on all addresses would open a way around the proxy.
fn note_on_loopback(
    settings: &Settings,
    file: Option<ConfigKind>,
    listening: &[SocketAddr],
) -> Option<String> {
    let first = listening.first()?;
    if !listening.iter().all(|address| address.ip().to_canonical().is_loopback()) {
        return Some(format!("in the local network: no address found now; coldwave listens on {first}"));
    }
    let only = format!("only this machine reaches {first}");
    let port = first.port();
    if !settings.trusted_proxies.networks().is_empty() {
        return Some(only);
    }
    let advice = match file {
        Some(ConfigKind::Icecast) => "remove <bind-address> from the file".to_owned(),
        Some(ConfigKind::Shoutcast) => "remove destip from the file".to_owned(),
        Some(ConfigKind::Coldwave) => format!("set listen = {port} in [server] of the file"),
        None => format!("use -l {port}"),
    };
    Some(format!("{only}: to listen on all addresses, {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Secret;
    use crate::trusted_proxies::TrustedProxies;

    fn lines(settings: &Settings, listening: &str, reachable: &[&str]) -> Vec<String> {
        let parse = |text: &&str| text.parse().expect("an address");
        let (listening, reachable) = (vec![parse(&listening)], reachable.iter().map(parse).collect());
        first_lines(
            settings,
            ConfigKind::Coldwave,
            false,
            &Places { listening, reachable, ..Places::default() },
        )
    }

    #[test]
    fn lines_name_the_pages_with_tls_under_a_name_of_the_certificates() {
        let mut settings = Settings::new(Vec::new());
        settings.admin.password = Some(Secret::new("deep water"));
        let parse = |text: &str| text.parse().expect("an address");
        let mut places = Places {
            listening: vec![parse("[::]:8000"), parse("[::]:443")],
            tls_only: vec![parse("[::]:443")],
            reachable: vec![parse("192.168.1.7:8000"), parse("192.168.1.7:443")],
            certified_host: Some("radio.example".to_owned()),
        };
        assert_eq!(
            first_lines(&settings, ConfigKind::Coldwave, true, &places),
            [
                "page for listeners: http://localhost:8000/, with TLS https://radio.example/",
                "in the local network: http://192.168.1.7:8000/, https://192.168.1.7:443/",
                "admin page: http://localhost:8000/admin/, with TLS https://radio.example/admin/, user \"admin\"",
            ]
        );
        places.listening.truncate(1);
        places.certified_host = Some("2001:db8::1".to_owned());
        let page = &first_lines(&settings, ConfigKind::Coldwave, true, &places)[0];
        assert_eq!(page, "page for listeners: http://localhost:8000/, with TLS https://[2001:db8::1]:8000/");
        settings.public_url = Some("https://radio.example".to_owned());
        let page = &first_lines(&settings, ConfigKind::Coldwave, true, &places)[0];
        assert_eq!(
            page,
            "page for listeners: https://radio.example/, on this machine http://localhost:8000/"
        );
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
        let listening = vec!["127.0.0.1:9000".parse().expect("an address")];
        let places = Places { listening, ..Places::default() };
        for (kind, advice) in [
            (ConfigKind::Coldwave, "set listen = 9000 in [server] of the file"),
            (ConfigKind::Icecast, "remove <bind-address> from the file"),
            (ConfigKind::Shoutcast, "remove destip from the file"),
        ] {
            let lines = first_lines(&settings, kind, true, &places);
            let expected =
                format!("only this machine reaches 127.0.0.1:9000: to listen on all addresses, {advice}");
            assert_eq!(lines[1], expected);
        }
        let offline = &lines(&settings, "[::]:8000", &[])[1];
        assert_eq!(offline, "in the local network: no address found now; coldwave listens on [::]:8000");
        settings.trusted_proxies = TrustedProxies::new(vec!["127.0.0.1/32".parse().expect("a network")]);
        let behind_proxy = &lines(&settings, "127.0.0.1:9000", &[])[1];
        assert_eq!(behind_proxy, "only this machine reaches 127.0.0.1:9000");
        let only = lines(&settings, "192.168.1.7:8000", &["192.168.1.7:8000"]);
        assert_eq!(only.len(), 2, "the page is already named: {only:?}");
    }

    #[test]
    fn line_about_the_admin_page_names_the_setting_of_the_file() {
        let settings = Settings::new(Vec::new());
        let listening = vec!["[::]:8000".parse().expect("an address")];
        let places = Places { listening, ..Places::default() };
        for (kind, setting) in [
            (ConfigKind::Icecast, "<admin-password> in <authentication>"),
            (ConfigKind::Shoutcast, "adminpassword in the configuration file"),
        ] {
            let lines = first_lines(&settings, kind, true, &places);
            assert_eq!(lines.last(), Some(&format!("admin page: off; {setting} switches it on")));
        }
    }
}
