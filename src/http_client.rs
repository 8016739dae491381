//! What requests of worker threads to other servers share: the limits, TLS, and the words of errors. Streams
//! of upstreams go through the event loop instead.

use std::time::Duration;

use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Error};

use crate::tls::{ClientTls, TlsError};

/// The most bytes of a response's head.
const RESPONSE_HEAD_MAX: usize = 16 * 1024;

/// The `User-Agent` header, by which others distinguish server software.
const USER_AGENT: &str = concat!("coldwave/", env!("CARGO_PKG_VERSION"));

/// Returns a client for one request, which takes at most `within`: there are few, and the authorities may
/// have changed. Redirects are not followed.
///
/// # Errors
/// If `url` needs TLS, and no authority is known.
pub fn agent(url: &str, within: Duration, tls: Option<ClientTls>) -> Result<Agent, String> {
    if let Some(problem) = tls.as_ref().and_then(ClientTls::problem).filter(|_| url.starts_with("https://")) {
        return Err(problem.to_owned());
    }
    let certificates: Vec<Certificate<'static>> = tls
        .iter()
        .flat_map(ClientTls::certificates)
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    let tls = TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(RootCerts::from(certificates));
    let config = Agent::config_builder()
        .timeout_global(Some(within))
        .max_redirects(0)
        .http_status_as_error(false)
        .max_response_header_size(RESPONSE_HEAD_MAX)
        .user_agent(USER_AGENT)
        // The environment of the process decides nothing.
        .proxy(None)
        .tls_config(tls.build());
    Ok(config.build().into())
}

/// Returns why there is no response, without the words of the libraries for common reasons.
pub fn reason(error: &Error) -> String {
    match error {
        Error::Io(error) => TlsError::from_io(error).map_or_else(|| error.to_string(), |tls| tls.to_string()),
        Error::HostNotFound => "could not resolve host to a socket address".to_owned(),
        Error::Timeout(_) => "it does not answer in time".to_owned(),
        Error::Rustls(error) => TlsError::from(error.clone()).to_string(),
        error => error.to_string(),
    }
}

/// Sends a form to `url`, and returns the status and the headers of the response.
///
/// # Errors
/// Why there is no response.
pub fn post_form(
    url: &str,
    body: String,
    within: Duration,
    tls: Option<ClientTls>,
) -> Result<HttpResponse, String> {
    let request = agent(url, within, tls)?.post(url);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    request.send(body).map(HttpResponse).map_err(|error| reason(&error))
}

/// Requests `url` with these headers.
///
/// # Errors
/// Why there is no response.
pub fn get(
    url: &str,
    headers: &[(&str, &str)],
    within: Duration,
    tls: Option<ClientTls>,
) -> Result<HttpResponse, String> {
    let mut request = agent(url, within, tls)?.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.call().map(HttpResponse).map_err(|error| reason(&error))
}

/// A response.
pub struct HttpResponse(ureq::http::Response<ureq::Body>);

impl HttpResponse {
    /// Returns the status.
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// Returns the value of a header if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.0.headers().get(name)?.as_bytes()).ok()
    }

    /// Reads the body.
    ///
    /// # Errors
    /// If it is longer than `max` bytes, or the connection is lost before its end.
    pub fn body(mut self, max: u64) -> Result<Vec<u8>, String> {
        let body = self.0.body_mut().with_config().limit(max);
        body.read_to_vec().map_err(|error| match error {
            Error::BodyExceedsLimit(_) => format!("its response is longer than {max} bytes"),
            error => reason(&error),
        })
    }
}
