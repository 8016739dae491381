//! `embed_from`: the web sites whose pages may show the small player in a frame.

use std::net::IpAddr;

use super::ranges::{ORIGINS_MAX, TEXT_MAX};
use super::section::Section;
use crate::stream_url::{self, StreamUrlError};

const EMBED_FROM: &str = "embed_from";

/// The expected value, for error messages.
const EXPECTED: &str =
    r#"a list of origins such as ["https://www.example.org"], or ["*"] for the pages of every site"#;

/// Why a host is invalid.
const HOST_EXPECTED: &str = "has no valid host: expected a name such as www.example.org, which may \
    begin with \"*.\", or an IP address; non-ASCII names in their xn-- form";

/// The longest part of a host name between dots, in bytes.
const LABEL_MAX: usize = 63;

/// Every site.
const EVERY_SITE: &str = "*";

/// Returns the origins. An empty list has none.
pub fn read(section: &mut Section<'_, '_, '_>) -> Vec<String> {
    if section.is_empty_list(EMBED_FROM) {
        return Vec::new();
    }
    let Some(texts) = section.strings(EMBED_FROM, EXPECTED) else { return Vec::new() };
    if texts.value.len() > ORIGINS_MAX {
        section.report_rejected(EMBED_FROM, texts.span, &format!("has more than {ORIGINS_MAX} entries"));
        return Vec::new();
    }
    let mut origins = Vec::new();
    for text in texts.value {
        match parse(text.value) {
            Ok(origin) => origins.push(origin),
            Err(OriginError::NoOrigin) => section.report_invalid(EMBED_FROM, text.span, EXPECTED),
            Err(OriginError::Invalid(reason)) => section.report_rejected(EMBED_FROM, text.span, &reason),
        }
    }
    if origins.len() > 1 && origins.iter().any(|origin| origin == EVERY_SITE) {
        section.warn(EMBED_FROM, "\"*\" permits every site, so the other entries have no effect");
    }
    origins
}

#[derive(Debug, PartialEq, Eq)]
enum OriginError {
    NoOrigin,
    Invalid(String),
}

/// Returns an origin as a Content-Security-Policy has it: scheme, host and perhaps a port, in lower case. The
/// host may begin with `*.`, for all subdomains.
fn parse(text: &str) -> Result<String, OriginError> {
    if text == EVERY_SITE {
        return Ok(text.to_owned());
    }
    let (scheme, rest) = text.split_once("://").ok_or(OriginError::NoOrigin)?;
    let scheme = scheme.to_ascii_lowercase();
    if (scheme != "http" && scheme != "https") || text.len() > TEXT_MAX {
        return Err(OriginError::NoOrigin);
    }
    let invalid = |reason: String| Err(OriginError::Invalid(reason));
    let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
    if authority.contains(char::is_whitespace) {
        return invalid("contains white space: write each origin as a string of its own".to_owned());
    }
    if let Some((site, _)) = authority.split_once(['/', '?', '#']) {
        let origin = parse(&format!("{scheme}://{site}"))?;
        return invalid(format!("has a path, but browsers compare only the origin: write \"{origin}\""));
    }
    if authority.contains('@') {
        return invalid("contains a login, which an origin does not have".to_owned());
    }
    let parent = authority.strip_prefix("*.");
    match stream_url::parse_host_port(parent.unwrap_or(&authority)) {
        _ if authority.ends_with(':') => invalid("has no port after the colon".to_owned()),
        Ok((host, _)) if is_host(host, parent.is_some()) => Ok(format!("{scheme}://{authority}")),
        Err(error @ StreamUrlError::Port) => invalid(format!("is invalid: {error}")),
        _ => invalid(HOST_EXPECTED.to_owned()),
    }
}

/// Returns whether `host` is a host name or an IP address; only a name if it is the parent of others.
fn is_host(host: &str, is_parent: bool) -> bool {
    if host.parse::<IpAddr>().is_ok() {
        return !is_parent;
    }
    let labels = || host.strip_suffix('.').unwrap_or(host).split('.');
    let is_label = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    // Browsers take a name that ends in a number for an IPv4 address.
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    labels().all(is_label) && !labels().next_back().is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_normalized_or_rejected() {
        for (text, expected) in [
            ("https://www.example.org", Some("https://www.example.org")),
            ("HTTPS://Www.Example.org/", Some("https://www.example.org")),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("https://*.example.org", Some("https://*.example.org")),
            ("http://[::1]:80", Some("http://[::1]:80")),
            ("*", Some("*")),
            ("www.example.org", None),
            ("ftp://example.org", None),
            ("https://", None),
            ("https://*", None),
            ("https://a.*.org", None),
            ("https://example.org/radio", None),
            ("https://example.org?x", None),
            ("https://a:b@example.org", None),
            ("https://a b", None),
            ("https://a; script-src *", None),
            ("https://a,b", None),
            ("https://a'b", None),
            ("https://münchen.example", None),
            ("https://h:0", None),
            ("https://192.0.2.1:8443", Some("https://192.0.2.1:8443")),
            ("https://3.example.org.", Some("https://3.example.org.")),
            ("https://.", None),
            ("https://..", None),
            ("https://a..b", None),
            ("https://-", None),
            ("https://a-.example", None),
            ("https://*.", None),
            ("https://*.1.2.3.4", None),
            ("https://*.[::1]", None),
            ("https://1.2.3", None),
            ("https://a:", None),
            ("https://ok.example https://b", None),
        ] {
            assert_eq!(parse(text).ok().as_deref(), expected, "{text}");
        }
    }
}
