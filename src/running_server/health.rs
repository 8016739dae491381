//! Asks a running server whether it works.

use std::io;
use std::time::Duration;

use super::address::ServerAddress;
use super::response::{build_request, parse_response};
use crate::http::request::RequestRefusal;

/// The path of the health check of a running server.
const PATH: &str = "/healthz";

/// What it contains.
const HEALTHY: &[u8] = b"ok";

/// How long the server may take to answer.
pub const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

/// Asks the server at `address` whether it works. `exchange` sends a request to a server and returns the
/// response. A refusal to speak without TLS is an answer too: only a working server gives it.
///
/// # Errors
/// Returns one sentence if the server does not answer, or answers anything else.
pub fn check_health(
    address: &ServerAddress,
    exchange: impl FnOnce(&ServerAddress, &[u8]) -> io::Result<Vec<u8>>,
) -> Result<(), String> {
    let response = exchange(address, &build_request(address, PATH, None));
    let response = response.map_err(|error| format!("{address} does not answer: {error}"))?;
    match parse_response(&response) {
        Some((200, body)) if body.trim_ascii() == HEALTHY => Ok(()),
        Some((200, _)) => {
            Err(format!("another server than coldwave runs at {address}: its {PATH} is not \"ok\""))
        }
        Some((400, body)) if body.trim_ascii() == RequestRefusal::TlsRequired.to_string().as_bytes() => {
            Ok(())
        }
        Some((404, _)) => Err(format!(
            "{address} has no page {PATH}: another server runs there, or the address lacks a path"
        )),
        Some((status @ 300..400, _)) => {
            Err(format!("{address} redirects to another address ({status}): give that one"))
        }
        Some((status, _)) => Err(format!("{address} answers {status}, which coldwave does not")),
        None => Err(format!("the response of {address} is not complete, or no HTTP")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response::reply::{self, Status};

    fn check(response: io::Result<Vec<u8>>) -> Result<(), String> {
        let address = ServerAddress::parse("http://localhost:8000/radio").expect("an address");
        check_health(&address, |_, request| {
            assert!(request.starts_with(b"GET /radio/healthz HTTP/1.0\r\n"));
            response
        })
    }

    #[test]
    fn server_is_healthy_if_it_answers_or_wants_tls() {
        assert_eq!(check(Ok(reply::healthy(false))), Ok(()));
        assert_eq!(check(Ok(RequestRefusal::TlsRequired.reply())), Ok(()));
    }

    #[test]
    fn any_other_answer_is_explained() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        for (response, expected) in [
            (Err(refused), "http://localhost:8000/radio does not answer: connection refused"),
            (Ok(reply::not_found(false)), "has no page /healthz"),
            (Ok(reply::text(Status::BadRequest, "no")), "answers 400"),
            (Ok(reply::text(Status::Ok, "<html>Please log in</html>")), "another server than coldwave"),
            (Ok(b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n".to_vec()), "redirects to another address (301)"),
            (Ok(b"ICY 200 OK\r\n\r\n".to_vec()), "no HTTP"),
            (Ok(Vec::new()), "not complete"),
        ] {
            let error = check(response).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        }
    }
}
