//! Sends one request to a directory, with or without TLS.

use std::time::Duration;

use ureq::http::HeaderMap;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Error};

use super::yp::YpResponse;
use crate::tls::{ClientTls, TlsError};

/// The most bytes of a response's head.
const RESPONSE_HEAD_MAX: usize = 16 * 1024;

/// The `User-Agent` header, by which directories distinguish server software.
const USER_AGENT: &str = concat!("coldwave/", env!("CARGO_PKG_VERSION"));

/// Sends a form to the directory at `url` and waits for the head of its response, at most for `within`.
/// Redirects are not followed.
pub fn post(url: &str, body: String, within: Duration, tls: Option<ClientTls>) -> YpResponse {
    if let Some(problem) = tls.as_ref().and_then(ClientTls::problem).filter(|_| url.starts_with("https://")) {
        return YpResponse::Failed(problem.to_owned());
    }
    let request = agent(within, tls).post(url).header("Content-Type", "application/x-www-form-urlencoded");
    match request.send(body) {
        Ok(reply) => YpResponse::parse(reply.status().as_u16().into(), |name| header(reply.headers(), name)),
        Err(error) => YpResponse::Failed(reason(&error)),
    }
}

/// Returns a client for one request: there are few, and the authorities may have changed.
fn agent(within: Duration, tls: Option<ClientTls>) -> Agent {
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
    config.build().into()
}

/// Returns the value of a header if it is text.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    str::from_utf8(headers.get(name)?.as_bytes()).ok()
}

/// Returns why there is no response, without the words of the libraries for common reasons.
fn reason(error: &Error) -> String {
    match error {
        Error::Io(error) => TlsError::from_io(error).map_or_else(|| error.to_string(), |tls| tls.to_string()),
        Error::HostNotFound => "could not resolve host to a socket address".to_owned(),
        Error::Timeout(_) => "it does not answer in time".to_owned(),
        Error::Rustls(error) => TlsError::from(error.clone()).to_string(),
        error => error.to_string(),
    }
}
