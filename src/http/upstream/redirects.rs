//! From the address that a relay was given to the one where the stream is.

pub use super::error::REDIRECTS_MAX;
use super::error::UpstreamError;
use crate::stream_url::StreamUrl;

/// The address to ask next.
///
/// Begin anew with each connection that failed: what was redirected yesterday may be elsewhere today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectChain {
    url: StreamUrl,
    redirects: u8,
}

impl RedirectChain {
    /// Begins at the address that is known.
    pub fn new(url: StreamUrl) -> Self {
        Self { url, redirects: 0 }
    }

    /// The address to ask.
    pub fn url(&self) -> &StreamUrl {
        &self.url
    }

    /// Goes where the answer [`Redirect`](super::exchange::Answer::Redirect) leads.
    ///
    /// # Errors
    /// When that is nowhere, or there were too many before it.
    pub fn follow(&mut self, reference: &str) -> Result<(), UpstreamError> {
        if self.redirects == REDIRECTS_MAX {
            return Err(UpstreamError::TooManyRedirects);
        }
        self.redirects += 1;
        self.url = self.url.join(reference).map_err(UpstreamError::InvalidRedirect)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream_url::StreamUrlError;

    fn trail() -> RedirectChain {
        RedirectChain::new(StreamUrl::parse("http://relay:hackme@h:8000/a/b").expect("an address"))
    }

    #[test]
    fn a_trail_leads_on_from_where_it_is() {
        let mut trail = trail();
        for (reference, url) in [
            ("c", "http://h:8000/a/c"),
            ("http://other/x/y", "http://other/x/y"),
            ("z", "http://other/x/z"),
            ("//h:8000/", "http://h:8000/"),
        ] {
            trail.follow(reference).expect(reference);
            assert_eq!(trail.url().to_string(), url);
        }
        assert_eq!(trail.url().login(), None, "what was left behind does not come back");
    }

    #[test]
    fn a_trail_has_an_end() {
        let mut trail = trail();
        for _ in 0..REDIRECTS_MAX {
            trail.follow("/a/b").expect("not too many");
        }
        let error = trail.follow("/a/b").expect_err("too many");
        assert_eq!(error.to_string(), "redirected more than 5 times");
    }

    #[test]
    fn a_trail_stays_where_relays_can_go() {
        let error = trail().follow("https://h:8000/a/b").expect_err("TLS");
        assert_eq!(error, UpstreamError::InvalidRedirect(StreamUrlError::Https));
        assert_eq!(
            error.to_string(),
            "sent a redirect to an unusable address: https:// is not supported for relays, expected an address that begins with http://"
        );
    }
}
