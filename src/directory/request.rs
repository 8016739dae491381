//! Sends one request to a directory, with or without TLS.

use std::time::Duration;

use super::yp::YpResponse;
use crate::http_client::post_form;
use crate::tls::ClientTls;

/// Sends a form to the directory at `url` and waits for the head of its response, at most for `within`.
/// Redirects are not followed.
pub fn post(url: &str, body: String, within: Duration, tls: Option<ClientTls>) -> YpResponse {
    match post_form(url, body, within, tls) {
        Ok(response) => YpResponse::parse(response.status().into(), |name| response.header(name)),
        Err(reason) => YpResponse::Failed(reason),
    }
}
