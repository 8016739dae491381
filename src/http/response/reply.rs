//! Whole replies with a body of known length: pages, refusals and what OPTIONS asks for.

pub use super::header::SERVER;
use super::header::push_header;
pub use super::stream_head::{DESCRIBED_HEAD_MAX, STREAM_HEAD_MAX, StreamHead, audio_info};

/// The methods that a stream or a page is asked for with.
const ALLOWED: &str = "GET, HEAD, OPTIONS";

/// The methods that are answered with more than a refusal somewhere. libshout takes `PUT` for leave to send that instead
/// of SOURCE, and `POST` for leave to send titles in a body.
const ALLOWED_SOMEWHERE: &str = "GET, HEAD, OPTIONS, SOURCE, PUT, POST";

/// The methods that a page of the operator's is asked for with.
const ALLOWED_TO_ADMINS: &str = "GET, POST, OPTIONS";

/// Icecast's page for a path that does not exist (protocol-notes/listener.md): scripts know it.
pub(crate) const NOT_FOUND: &str = "<html><head><title>Error 404</title></head><body>\
    <b>404 - The file you requested could not be found</b></body></html>\r\n";

/// What whoever is banned is told.
pub(in crate::http) const BANNED: &str = "you are banned";

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 200: here it is.
    Ok,
    /// 204: done, and there is nothing to say. Never has a body.
    NoContent,
    /// 302: it is elsewhere.
    Found,
    /// 304: it is as you have it. Never has a body.
    NotModified,
    /// 400: the request makes no sense.
    BadRequest,
    /// 401: say who you are.
    Unauthorized,
    /// 403: not for you, or not now.
    Forbidden,
    /// 404: there is nothing at that path.
    NotFound,
    /// 405: nothing here takes that method.
    MethodNotAllowed,
    /// 408: the request took too long to come.
    RequestTimeout,
    /// 409: not in the state in which things are.
    Conflict,
    /// 411: a body whose length has to be told in advance.
    LengthRequired,
    /// 413: a body that is too long.
    BodyTooLarge,
    /// 415: a body of a kind that is not taken here.
    UnsupportedMediaType,
    /// 431: the head is too long, or has too many lines.
    HeadTooLarge,
    /// 503: not now; full, or nothing on air.
    ServiceUnavailable,
    /// 505: a version of HTTP that is not spoken here.
    VersionNotSupported,
    /// 508: the stream would come back to where it comes from.
    LoopDetected,
}

impl Status {
    /// The code and its phrase, as in a status line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::NoContent => "204 No Content",
            Self::Found => "302 Found",
            Self::NotModified => "304 Not Modified",
            Self::BadRequest => "400 Bad Request",
            Self::Unauthorized => "401 Unauthorized",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::RequestTimeout => "408 Request Timeout",
            Self::Conflict => "409 Conflict",
            Self::LengthRequired => "411 Length Required",
            Self::BodyTooLarge => "413 Content Too Large",
            Self::UnsupportedMediaType => "415 Unsupported Media Type",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::ServiceUnavailable => "503 Service Unavailable",
            Self::VersionNotSupported => "505 HTTP Version Not Supported",
            Self::LoopDetected => "508 Loop Detected",
        }
    }
}

/// A whole reply. With `head_only` the body is left out but its length still told, as HEAD wants it.
///
/// HTTP/1.0 and `Connection: close` whatever the request's version: old scripts read until the end. Never cached
/// unless `extra` says how, for what is here changes with every title; readable by any web page, since none of it is secret.
pub fn reply(
    status: Status,
    content_type: &str,
    body: &[u8],
    extra: &[(&str, &str)],
    head_only: bool,
) -> Vec<u8> {
    let extra = [&[("Access-Control-Allow-Origin", "*")], extra].concat();
    private_page(status, content_type, body, &extra, head_only)
}

/// A whole reply to somebody with a password, or without: as [`reply()`], but not readable by other sites' pages.
pub(in crate::http) fn private(
    status: Status,
    content_type: &str,
    body: &[u8],
    extra: &[(&str, &str)],
) -> Vec<u8> {
    private_page(status, content_type, body, extra, false)
}

/// [`private`], for a page; with `head_only` as [`reply()`].
pub(crate) fn private_page(
    status: Status,
    content_type: &str,
    body: &[u8],
    extra: &[(&str, &str)],
    head_only: bool,
) -> Vec<u8> {
    let mut out = head(status, content_type, body.len(), extra);
    out.extend_from_slice(if head_only { b"" } else { body });
    out
}

/// Icecast's page for what went wrong, private.
pub(in crate::http) fn error_page(status: Status, message: &str) -> Vec<u8> {
    let code = status.as_str().split(' ').next().unwrap_or_default();
    let page = format!(
        "<html><head><title>Error {code}</title></head><body><b>{code} - {message}</b></body></html>\r\n"
    );
    private(status, "text/html; charset=utf-8", page.as_bytes(), &[])
}

/// The head of a reply with a picture behind it, which any web page may show. How long it may be kept, the other headers
/// say.
pub(crate) fn image_head(content_type: &str, length: usize, extra: &[(&str, &str)]) -> Vec<u8> {
    head(Status::Ok, content_type, length, &[&[("Access-Control-Allow-Origin", "*")], extra].concat())
}

/// 304: the picture that whoever asks has is what there is.
pub(crate) fn not_modified(extra: &[(&str, &str)]) -> Vec<u8> {
    head(Status::NotModified, "", 0, &[&[("Access-Control-Allow-Origin", "*")], extra].concat())
}

fn head(status: Status, content_type: &str, length: usize, extra: &[(&str, &str)]) -> Vec<u8> {
    let mut out = begin("HTTP/1.0", status);
    // What somebody has already is not described again.
    if status != Status::NotModified {
        push_header(&mut out, "Content-Type", content_type);
        push_header(&mut out, "Content-Length", &length.to_string());
    }
    if !extra.iter().any(|(name, _)| *name == "Cache-Control") {
        push_header(&mut out, "Cache-Control", "no-cache, no-store");
    }
    push_headers(&mut out, extra);
    out.extend_from_slice(b"\r\n");
    out
}

/// The head of a stream of events. Proxies that keep back what they are sent until it is much are told not to.
pub fn event_stream_head() -> Vec<u8> {
    let mut out = begin("HTTP/1.0", Status::Ok);
    push_headers(
        &mut out,
        &[
            ("Content-Type", "text/event-stream"),
            ("Cache-Control", "no-store"),
            ("X-Accel-Buffering", "no"),
            ("Access-Control-Allow-Origin", "*"),
        ],
    );
    out.extend_from_slice(b"\r\n");
    out
}

/// Why a player does not get a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamRefusal {
    /// The station has as many listeners as it may have.
    StationFull,
    /// The server has as many listeners as it may have.
    ServerFull,
    /// There is nothing at that path.
    NotFound,
    /// Nothing has been on the air for too long.
    NothingOnAir,
    /// The peer is banned.
    Banned,
}

impl StreamRefusal {
    /// The refusal as SHOUTcast words it for players that speak ICY, and as Icecast does for all others
    /// (protocol-notes/listener.md, "Refusals").
    pub fn reply(self, icy: bool, head_only: bool) -> Vec<u8> {
        match self {
            Self::StationFull if !icy => line(Status::Forbidden, "max listeners reached", head_only),
            Self::ServerFull if !icy => {
                line(Status::Forbidden, "Icecast connection limit reached", head_only)
            }
            Self::NotFound if !icy => not_found(head_only),
            Self::NothingOnAir if !icy => {
                line(Status::ServiceUnavailable, "nothing is on the air", head_only)
            }
            Self::Banned if !icy => line(Status::Forbidden, BANNED, head_only),
            Self::StationFull | Self::ServerFull => {
                icy_refusal("400 Server Full", "This server has reached its user limit<BR>")
            }
            Self::NothingOnAir => {
                icy_refusal("401 Service Unavailable", "The resource requested is currently unavailable<BR>")
            }
            Self::Banned => icy_refusal("403 Service Forbidden", "The resource requested is forbidden<BR>"),
            Self::NotFound => {
                icy_refusal("404 Resource Not Found", "The resource requested was not found<BR>")
            }
        }
    }
}

fn icy_refusal(status: &str, notice: &str) -> Vec<u8> {
    let mut out = format!("ICY {status}\r\n").into_bytes();
    push_header(&mut out, "icy-notice1", &format!("<BR>SHOUTcast-compatible server {SERVER}<BR>"));
    push_header(&mut out, "icy-notice2", notice);
    out.extend_from_slice(b"\r\n");
    out
}

/// A reply of one line of text.
pub fn text(status: Status, message: &str) -> Vec<u8> {
    line(status, message, false)
}

fn line(status: Status, message: &str, head_only: bool) -> Vec<u8> {
    reply(status, "text/plain; charset=utf-8", format!("{message}\r\n").as_bytes(), &[], head_only)
}

/// 404, for a path that means nothing here.
pub fn not_found(head_only: bool) -> Vec<u8> {
    reply(Status::NotFound, "text/html; charset=utf-8", NOT_FOUND.as_bytes(), &[], head_only)
}

/// 405, and what would be taken instead. libshout goes on to its next step when it reads this.
pub fn not_allowed() -> Vec<u8> {
    let body = b"Only GET, HEAD and OPTIONS are allowed\r\n";
    reply(Status::MethodNotAllowed, "text/plain; charset=utf-8", body, &[("Allow", ALLOWED)], false)
}

/// 405, for a page of the operator's.
pub(in crate::http) fn admin_not_allowed() -> Vec<u8> {
    let body = b"Only GET and POST are allowed\r\n";
    private(Status::MethodNotAllowed, "text/plain; charset=utf-8", body, &[("Allow", ALLOWED_TO_ADMINS)])
}

/// The answer to OPTIONS on a page of the operator's: what can be done, but not that another site's page may do it.
pub fn admin_options() -> Vec<u8> {
    let mut out = begin("HTTP/1.1", Status::NoContent);
    push_headers(&mut out, &[("Allow", ALLOWED_TO_ADMINS)]);
    out.extend_from_slice(b"\r\n");
    out
}

/// The answer to a browser that asks whether a page's script may request the stream with `IcyStatusLine-MetaData` and
/// `Range`. Without it the script gets no titles (protocol-notes/listener.md, "CORS").
pub fn preflight() -> Vec<u8> {
    let mut out = begin("HTTP/1.1", Status::NoContent);
    push_headers(&mut out, &PREFLIGHT);
    out.extend_from_slice(b"\r\n");
    out
}

const PREFLIGHT: [(&str, &str); 5] = [
    ("Allow", ALLOWED),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", ALLOWED),
    (
        "Access-Control-Allow-Headers",
        "Origin, Accept, X-Requested-With, Content-Type, Icy-MetaData, Range, Authorization",
    ),
    // Seconds for which the browser need not ask again.
    ("Access-Control-Max-Age", "300"),
];

/// The answer to `OPTIONS *`, with which libshout begins: a server that says nothing is taken for one of TLS.
pub fn server_options() -> Vec<u8> {
    let mut out = begin("HTTP/1.1", Status::Ok);
    push_headers(&mut out, &[("Allow", ALLOWED_SOMEWHERE), ("Content-Length", "0")]);
    out.extend_from_slice(b"\r\n");
    out
}

fn begin(version: &str, status: Status) -> Vec<u8> {
    let mut out = format!("{version} {}\r\n", status.as_str()).into_bytes();
    push_headers(&mut out, &[("Server", SERVER), ("Connection", "close")]);
    out
}

fn push_headers(out: &mut Vec<u8>, headers: &[(&str, &str)]) {
    for (name, value) in headers {
        push_header(out, name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;

    #[test]
    fn replies_are_as_recorded() {
        golden::check("not-found", &not_found(false));
        golden::check("not-allowed", &not_allowed());
        golden::check("preflight", &preflight());
        golden::check("server-options", &server_options());
        golden::check("event-stream", &event_stream_head());
        golden::check("admin-options", &admin_options());
        golden::check("bad-request", &text(Status::BadRequest, "The request could not be understood"));
    }

    #[test]
    fn head_tells_the_length_of_the_body_it_leaves_out() {
        let (whole, head) = (not_found(false), not_found(true));
        assert_eq!(whole, [head.as_slice(), NOT_FOUND.as_bytes()].concat());
    }

    #[test]
    fn an_extra_header_cannot_add_another() {
        let out = reply(Status::Ok, "text/plain", b"", &[("X-Title", "a\r\nX-Evil: b")], false);
        assert!(String::from_utf8(out).unwrap().contains("\r\nX-Title: aX-Evil: b\r\n"));
    }
}
