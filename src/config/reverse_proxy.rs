//! `trusted_proxies` and `public_url`: the reverse proxies in front of coldwave, and the URL under which
//! clients reach it.

use ipnet::IpNet;
use std::net::IpAddr;

use super::ranges::{PROXIES_MAX, TEXT_MAX};
use super::section::Section;
use crate::stream_url;
use crate::trusted_proxies::TrustedProxies;

const PROXIES: &str = "trusted_proxies";
/// The key of the base URL.
pub const PUBLIC_URL: &str = "public_url";

/// The expected value of `trusted_proxies`, for error messages.
const NETWORKS_EXPECTED: &str =
    r#"a list of IP addresses and networks, such as ["127.0.0.1", "10.0.0.0/8", "::1"]"#;

/// The expected value of `public_url`, for error messages.
const URL_EXPECTED: &str =
    r#"an address that begins with http:// or https://, such as "https://radio.example""#;

/// Returns the trusted proxies. An empty list trusts none.
pub fn proxies(section: &mut Section<'_, '_, '_>) -> TrustedProxies {
    if section.is_empty_list(PROXIES) {
        return TrustedProxies::default();
    }
    let Some(texts) = section.strings(PROXIES, NETWORKS_EXPECTED) else { return TrustedProxies::default() };
    if texts.value.len() > PROXIES_MAX {
        section.report_rejected(PROXIES, texts.span, &format!("has more than {PROXIES_MAX} entries"));
        return TrustedProxies::default();
    }
    let mut networks = Vec::new();
    for text in texts.value {
        match network(text.value) {
            Some(network) if network.prefix_len() == 0 => {
                let message = format!("{network} trusts every client, so any client can forge its address");
                section.warn_at(PROXIES, text.start(), &message);
                networks.push(network);
            }
            Some(network) => networks.push(network),
            None => section.report_invalid(PROXIES, text.span, NETWORKS_EXPECTED),
        }
    }
    TrustedProxies::new(networks)
}

fn network(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
    text.parse::<IpNet>().ok().map(|network| network.trunc()).or_else(address)
}

/// Returns the public URL: scheme, host, port and path, without a slash at its end.
pub fn public_url(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let text = section.string(PUBLIC_URL, r#""https://radio.example""#)?;
    match parse_base_url(text.value) {
        Ok(base) => Some(base),
        Err(PublicUrlError::NotHttp) => {
            section.report_invalid(PUBLIC_URL, text.span, URL_EXPECTED);
            None
        }
        Err(PublicUrlError::Invalid(reason)) => {
            section.report_rejected(PUBLIC_URL, text.span, &reason);
            None
        }
    }
}

enum PublicUrlError {
    NotHttp,
    Invalid(String),
}

fn parse_base_url(text: &str) -> Result<String, PublicUrlError> {
    let (scheme, rest) = text.split_once("://").ok_or(PublicUrlError::NotHttp)?;
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err(PublicUrlError::NotHttp);
    }
    if text.len() > TEXT_MAX {
        return Err(PublicUrlError::Invalid(format!("is longer than {TEXT_MAX} bytes")));
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(PublicUrlError::Invalid("contains a login, which would be public".into()));
    }
    stream_url::parse_host_port(authority)
        .map_err(|error| PublicUrlError::Invalid(format!("is invalid: {error}")))?;
    if path.contains(['?', '#']) {
        return Err(PublicUrlError::Invalid("contains ? or #, after which no path can follow".into()));
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
        return Err(PublicUrlError::Invalid(
            "has characters in its path that must be percent-encoded".into(),
        ));
    }
    let authority = authority.to_ascii_lowercase();
    Ok(format!("{scheme}://{}{}", authority.trim_end_matches(':'), path.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_url_is_normalized_or_rejected() {
        for (text, expected) in [
            ("https://radio.example", Some("https://radio.example")),
            ("HTTPS://Radio.Example/", Some("https://radio.example")),
            ("http://radio.example:8000/Radio/", Some("http://radio.example:8000/Radio")),
            ("http://[2001:db8::1]:8000", Some("http://[2001:db8::1]:8000")),
            ("https://h/%C3%A9", Some("https://h/%C3%A9")),
            ("radio.example", None),
            ("//radio.example", None),
            ("ftp://radio.example", None),
            ("https://", None),
            ("https:///path", None),
            ("https://h:0", None),
            ("https://h:99999", None),
            ("https://münchen.example", None),
            ("https://a:b@h", None),
            ("https://h/?sid=1", None),
            ("https://h/#a", None),
            ("https://h/a b", None),
            ("https://h/é", None),
            ("https://h/\"><b>", None),
        ] {
            assert_eq!(parse_base_url(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn networks_are_addresses_with_or_without_a_prefix_length() {
        for (text, expected) in [
            ("127.0.0.1", Some("127.0.0.1/32")),
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("::1", Some("::1/128")),
            ("::ffff:10.0.0.1", Some("10.0.0.1/32")),
            ("2001:db8::/32", Some("2001:db8::/32")),
            ("10.0.0.0/33", None),
            ("10.0.0", None),
            ("proxy.example", None),
            ("127.0.0.1:80", None),
            ("", None),
        ] {
            assert_eq!(network(text).map(|network| network.to_string()).as_deref(), expected, "{text}");
        }
    }
}
