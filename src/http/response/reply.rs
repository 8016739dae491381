//! Complete replies with a body of known length: pages, refusals and the replies to OPTIONS.

pub use super::header::SERVER;
use super::header::push_header;
pub use super::stream_head::{DESCRIBED_HEAD_MAX, STREAM_HEAD_MAX, StreamHead, audio_info};

/// The methods that streams and pages support.
const ALLOWED: &str = "GET, HEAD, OPTIONS";

/// All methods that the server supports at any path. If `PUT` is among them, libshout may use it instead of
/// SOURCE; if `POST` is, libshout may send titles in a body.
const ALLOWED_BY_SERVER: &str = "GET, HEAD, OPTIONS, SOURCE, PUT, POST";

/// The methods that admin pages support.
const ALLOWED_FOR_ADMIN: &str = "GET, POST, OPTIONS";

/// Icecast's page for a path that does not exist (protocol-notes/listener.md): scripts recognize it.
pub(crate) const NOT_FOUND: &str = "<html><head><title>Error 404</title></head><body>\
    <b>404 - The file you requested could not be found</b></body></html>\r\n";

/// The message for banned clients.
pub(in crate::http) const BANNED: &str = "you are banned";

/// The status of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 200: success.
    Ok,
    /// 202: the action goes on, and its result is not known yet.
    Accepted,
    /// 204: success without content. Never has a body.
    NoContent,
    /// 206: a part of the resource.
    PartialContent,
    /// 302: the resource is at another URL.
    Found,
    /// 304: the client's copy is current. Never has a body.
    NotModified,
    /// 307: the resource is at another URL for now.
    TemporaryRedirect,
    /// 400: the request is invalid.
    BadRequest,
    /// 401: authentication is required.
    Unauthorized,
    /// 403: the client has no permission, or not at this time.
    Forbidden,
    /// 404: nothing exists at that path.
    NotFound,
    /// 405: the path does not support that method.
    MethodNotAllowed,
    /// 408: the request took too long to arrive.
    RequestTimeout,
    /// 409: the current state does not allow the action.
    Conflict,
    /// 411: the body needs a `Content-Length`.
    LengthRequired,
    /// 413: the body is too long.
    BodyTooLarge,
    /// 415: the path does not accept that type of body.
    UnsupportedMediaType,
    /// 416: the resource does not have the requested range.
    RangeNotSatisfiable,
    /// 422: what the action refers to, such as a file, has errors.
    UnprocessableContent,
    /// 429: too many failed logins.
    TooManyRequests,
    /// 431: the head is too long, or has too many lines.
    HeadTooLarge,
    /// 503: temporarily unavailable: the server is full, or nothing is on the air.
    ServiceUnavailable,
    /// 505: an unsupported version of HTTP.
    VersionNotSupported,
    /// 508: a relay loop.
    LoopDetected,
}

impl Status {
    /// Returns the code and its phrase, as in a status line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::Accepted => "202 Accepted",
            Self::NoContent => "204 No Content",
            Self::PartialContent => "206 Partial Content",
            Self::Found => "302 Found",
            Self::NotModified => "304 Not Modified",
            Self::TemporaryRedirect => "307 Temporary Redirect",
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
            Self::RangeNotSatisfiable => "416 Range Not Satisfiable",
            Self::UnprocessableContent => "422 Unprocessable Content",
            Self::TooManyRequests => "429 Too Many Requests",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::ServiceUnavailable => "503 Service Unavailable",
            Self::VersionNotSupported => "505 HTTP Version Not Supported",
            Self::LoopDetected => "508 Loop Detected",
        }
    }
}

/// Returns a complete reply. With `head_only`, for HEAD, it leaves out the body but keeps its length.
///
/// Always HTTP/1.0 with `Connection: close`, independent of the version of the request: old scripts read
/// until the end. `Cache-Control` forbids caching unless `extra` contains another value, because the content
/// changes with every title. Scripts of any web page may read the reply, because it contains no secrets.
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

/// Like [`reply()`] with a body, but pages of other sites cannot read it. Used for all requests to admin
/// paths, with or without a password, and for sources.
pub(in crate::http) fn private(
    status: Status,
    content_type: &str,
    body: &[u8],
    extra: &[(&str, &str)],
) -> Vec<u8> {
    private_page(status, content_type, body, extra, false)
}

/// Like [`private`]; `head_only` as in [`reply()`].
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

/// Returns the head of a reply with a body of `length` bytes, as of [`private_page`] if it `is_private`, else
/// as of [`reply()`].
pub(crate) fn page_head(
    status: Status,
    content_type: &str,
    length: usize,
    extra: &[(&str, &str)],
    is_private: bool,
) -> Vec<u8> {
    let public: &[_] = if is_private { &[] } else { &[("Access-Control-Allow-Origin", "*")] };
    head(status, content_type, length, &[public, extra].concat())
}

/// Returns the redirect of a browser to a page with TLS. Like all replies, it is not cached: the client or
/// the configuration may be another one next time.
pub fn redirect_to_https(url: &str, head_only: bool) -> Vec<u8> {
    let body = b"this page is at an address that begins with https://\r\n";
    let fields = [("Location", url), ("Vary", "Accept, User-Agent")];
    private_page(Status::TemporaryRedirect, "text/plain; charset=utf-8", body, &fields, head_only)
}

/// Returns the reply to a client for whose request or response there is no memory, or no time.
pub fn overloaded() -> Vec<u8> {
    let body = b"the server is overloaded, try again later\r\n";
    reply(Status::ServiceUnavailable, "text/plain; charset=utf-8", body, &[("Retry-After", "5")], false)
}

/// Returns Icecast's error page, as a private reply.
pub(in crate::http) fn error_page(status: Status, message: &str) -> Vec<u8> {
    let code = status.as_str().split(' ').next().unwrap_or_default();
    let page = format!(
        "<html><head><title>Error {code}</title></head><body><b>{code} - {message}</b></body></html>\r\n"
    );
    private(status, "text/html; charset=utf-8", page.as_bytes(), &[])
}

/// Returns the head of a reply with an image, which any web page may show. `extra` contains the caching
/// headers.
pub(crate) fn image_head(content_type: &str, length: usize, extra: &[(&str, &str)]) -> Vec<u8> {
    head(Status::Ok, content_type, length, &[&[("Access-Control-Allow-Origin", "*")], extra].concat())
}

/// Returns a 304: the client's copy of the image is current.
pub(crate) fn not_modified(extra: &[(&str, &str)]) -> Vec<u8> {
    head(Status::NotModified, "", 0, &[&[("Access-Control-Allow-Origin", "*")], extra].concat())
}

fn head(status: Status, content_type: &str, length: usize, extra: &[(&str, &str)]) -> Vec<u8> {
    let mut out = begin("HTTP/1.0", status);
    // A 304 does not repeat the headers about its content.
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

/// Returns the head of an event stream. `X-Accel-Buffering` turns off the buffering of nginx.
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

/// Why a listener does not get a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamRefusal {
    /// The station has reached its listener limit.
    StationFull,
    /// The server has reached its listener limit.
    ServerFull,
    /// Nothing exists at that path.
    NotFound,
    /// Nothing has been on the air for too long.
    NothingOnAir,
    /// The peer is banned.
    Banned,
}

impl StreamRefusal {
    /// Returns whether a limit of listeners is the reason.
    pub fn is_full(self) -> bool {
        matches!(self, Self::StationFull | Self::ServerFull)
    }

    /// Returns the refusal in SHOUTcast's wording for players that support ICY, and in Icecast's for all
    /// others (protocol-notes/listener.md, "Refusals").
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

/// Returns a reply of one line of text.
pub fn text(status: Status, message: &str) -> Vec<u8> {
    line(status, message, false)
}

fn line(status: Status, message: &str, head_only: bool) -> Vec<u8> {
    reply(status, "text/plain; charset=utf-8", format!("{message}\r\n").as_bytes(), &[], head_only)
}

/// Returns the reply to a health check.
pub fn healthy(head_only: bool) -> Vec<u8> {
    line(Status::Ok, "ok", head_only)
}

/// Returns a 404 for an unknown path.
pub fn not_found(head_only: bool) -> Vec<u8> {
    reply(Status::NotFound, "text/html; charset=utf-8", NOT_FOUND.as_bytes(), &[], head_only)
}

/// Returns a 405 with the supported methods. After this reply, libshout continues with its next request.
pub fn not_allowed() -> Vec<u8> {
    let body = b"Only GET, HEAD and OPTIONS are allowed\r\n";
    reply(Status::MethodNotAllowed, "text/plain; charset=utf-8", body, &[("Allow", ALLOWED)], false)
}

/// Returns a 405 for an admin page.
pub(in crate::http) fn admin_not_allowed() -> Vec<u8> {
    let body = b"Only GET and POST are allowed\r\n";
    private(Status::MethodNotAllowed, "text/plain; charset=utf-8", body, &[("Allow", ALLOWED_FOR_ADMIN)])
}

/// Returns the reply to OPTIONS on an admin page: the supported methods, but no CORS permission for pages of
/// other sites.
pub fn admin_options() -> Vec<u8> {
    let mut out = begin("HTTP/1.1", Status::NoContent);
    push_headers(&mut out, &[("Allow", ALLOWED_FOR_ADMIN)]);
    out.extend_from_slice(b"\r\n");
    out
}

/// Returns the reply to a preflight request, with which a browser checks whether a page's script may request
/// the stream with `Icy-MetaData` and `Range`. Without this permission, the script gets no titles
/// (protocol-notes/listener.md, "CORS").
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
    // Seconds for which the browser may reuse this reply.
    ("Access-Control-Max-Age", "300"),
];

/// Returns the reply to `OPTIONS *`, which libshout sends first: if there is no reply, libshout assumes that
/// the server expects TLS.
pub fn server_options() -> Vec<u8> {
    let mut out = begin("HTTP/1.1", Status::Ok);
    push_headers(&mut out, &[("Allow", ALLOWED_BY_SERVER), ("Content-Length", "0")]);
    out.extend_from_slice(b"\r\n");
    out
}

/// Returns the reply to a request that asks for TLS: the handshake follows (RFC 2817, 3.3).
pub fn switching_to_tls() -> Vec<u8> {
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\nConnection: Upgrade\r\n\r\n".to_vec()
}

/// Returns the reply to the `OPTIONS *` that has asked for TLS, which is sent over TLS. The connection stays
/// open: after a reply that closes it, libshout connects again and asks for TLS again, without an end.
pub fn server_options_over_tls() -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {}\r\n", Status::Ok.as_str()).into_bytes();
    let headers = [
        ("Server", SERVER),
        ("Connection", "keep-alive"),
        ("Allow", ALLOWED_BY_SERVER),
        ("Content-Length", "0"),
    ];
    push_headers(&mut out, &headers);
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
    fn replies_match_the_recordings() {
        golden::check("not-found", &not_found(false));
        golden::check("not-allowed", &not_allowed());
        golden::check("preflight", &preflight());
        golden::check("server-options", &server_options());
        golden::check("server-options-over-tls", &server_options_over_tls());
        golden::check("switching-to-tls", &switching_to_tls());
        golden::check("event-stream", &event_stream_head());
        golden::check("admin-options", &admin_options());
        golden::check("bad-request", &text(Status::BadRequest, "The request could not be understood"));
    }

    #[test]
    fn head_reply_has_the_length_of_the_omitted_body() {
        let (reply, head) = (not_found(false), not_found(true));
        assert_eq!(reply, [head.as_slice(), NOT_FOUND.as_bytes()].concat());
    }

    #[test]
    fn extra_header_value_cannot_add_a_header() {
        let out = reply(Status::Ok, "text/plain", b"", &[("X-Title", "a\r\nX-Evil: b")], false);
        assert!(String::from_utf8(out).unwrap().contains("\r\nX-Title: aX-Evil: b\r\n"));
    }
}
