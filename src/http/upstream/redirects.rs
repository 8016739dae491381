//! Redirects, from the configured URL of a relay to the URL of the stream.

use std::net::IpAddr;

pub use super::error::REDIRECTS_MAX;
use super::error::UpstreamError;
use crate::ip_scope::is_public;
use crate::stream_url::StreamUrl;

/// The URL to request next, after the redirects so far.
///
/// After each failed connection, start again from the configured URL, because the redirects may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectChain {
    url: StreamUrl,
    redirects: u8,
    is_public_only: bool,
}

impl RedirectChain {
    /// Starts at the configured URL.
    pub fn new(url: StreamUrl) -> Self {
        Self { url, redirects: 0, is_public_only: false }
    }

    /// Returns the URL to request.
    pub fn url(&self) -> &StreamUrl {
        &self.url
    }

    /// Returns whether only public addresses may be connected to, because a server with a public address has
    /// redirected. It must not make this server send requests into private networks.
    pub fn is_public_only(&self) -> bool {
        self.is_public_only
    }

    /// Follows the reference of an
    /// [`UpstreamResponse::Redirect`](super::exchange::UpstreamResponse::Redirect), which the server with the
    /// address `from` has sent.
    ///
    /// # Errors
    /// If the reference is not a usable URL, leads away from TLS, or there were too many redirects.
    pub fn follow(&mut self, reference: &str, from: Option<IpAddr>) -> Result<(), UpstreamError> {
        if self.redirects == REDIRECTS_MAX {
            return Err(UpstreamError::TooManyRedirects);
        }
        self.redirects += 1;
        self.is_public_only |= from.is_none_or(is_public);
        let next = self.url.join(reference).map_err(UpstreamError::InvalidRedirect)?;
        // Who can change the response of a server without TLS could otherwise undo TLS.
        if self.url.is_https() && !next.is_https() {
            return Err(UpstreamError::RedirectToPlain);
        }
        self.url = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream_url::StreamUrlError;

    fn chain() -> RedirectChain {
        RedirectChain::new(StreamUrl::parse("http://relay:hackme@h:8000/a/b").expect("an address"))
    }

    #[test]
    fn redirect_is_resolved_against_the_current_url() {
        let mut chain = chain();
        for (reference, url) in [
            ("c", "http://h:8000/a/c"),
            ("http://other/x/y", "http://other/x/y"),
            ("z", "http://other/x/z"),
            ("//h:8000/", "http://h:8000/"),
        ] {
            chain.follow(reference, None).expect(reference);
            assert_eq!(chain.url().to_string(), url);
        }
        assert_eq!(chain.url().login(), None, "a dropped login does not come back");
    }

    #[test]
    fn redirect_of_a_public_server_leads_to_public_addresses_only() {
        let follow = |from: &[&str]| {
            let mut chain = chain();
            for address in from {
                chain.follow("/a/b", Some(address.parse().expect(address))).expect("not too many");
            }
            chain.is_public_only()
        };
        assert!(!follow(&[]), "the operator may relay a private address");
        assert!(!follow(&["10.0.0.1", "127.0.0.1", "fd00::1"]));
        assert!(follow(&["203.0.113.9"]));
        assert!(follow(&["203.0.113.9", "10.0.0.1"]), "it stays so for the rest of the redirects");
    }

    #[test]
    fn too_many_redirects_are_an_error() {
        let mut chain = chain();
        for _ in 0..REDIRECTS_MAX {
            chain.follow("/a/b", None).expect("not too many");
        }
        let error = chain.follow("/a/b", None).expect_err("too many");
        assert_eq!(error.to_string(), "redirected more than 5 times");
    }

    #[test]
    fn redirect_to_tls_is_followed_and_one_away_from_it_is_an_error() {
        let mut chain = chain();
        for (reference, url) in [
            ("https://h:8000/a/b", "https://h:8000/a/b"),
            ("https://other/x", "https://other/x"),
            ("//other/y", "https://other/y"),
            ("/z", "https://other/z"),
        ] {
            chain.follow(reference, None).expect(reference);
            assert_eq!(chain.url().to_string(), url);
        }
        let error = chain.clone().follow("http://other/z", None).expect_err("without TLS");
        assert_eq!(error, UpstreamError::RedirectToPlain);
        assert!(error.to_string().starts_with("redirects from https:// to http://, "), "{error}");
        assert_eq!(chain.url().to_string(), "https://other/z", "the URL stays");
    }

    #[test]
    fn redirect_to_an_unknown_scheme_is_an_error() {
        let error = chain().follow("ftp://h/", None).expect_err("not HTTP");
        assert_eq!(error, UpstreamError::InvalidRedirect(StreamUrlError::Scheme));
        assert_eq!(
            error.to_string(),
            "sent a redirect to an unusable address: expected an address that begins with http:// or https://"
        );
    }
}
