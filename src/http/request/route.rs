//! What a request is for: the stream of a station, its page, its source, the operator, or nothing that is here.

use super::parse::{Method, Request};
use super::which::number;
use crate::http::admin::is_admin_path;
use crate::settings::StationSettings;

/// What a request is for. Stations are told by their place in the list that [`route`] was given.
///
/// For [`Method::Head`] the same with the head alone: a HEAD must never attach a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The stream of a station.
    Stream(usize),
    /// The page of a station, for browsers.
    Page(usize),
    /// A source, for the station at that place or for none: whether there is one is told only to who may know.
    Source(Option<usize>),
    /// A page of the operator's; read on with [`crate::http::admin::AdminRequest::of`].
    Admin,
    /// OPTIONS on a page of the operator's; answer with [`crate::http::response::reply::admin_options`].
    AdminOptions,
    /// `OPTIONS *`: what the server can do; answer with [`crate::http::response::reply::server_options`].
    ServerOptions,
    /// OPTIONS on something of a station; answer with [`crate::http::response::reply::preflight`].
    Preflight,
    /// A method that nothing here takes; answer with [`crate::http::response::reply::not_allowed`].
    NotAllowed,
    /// A path that means nothing here; answer with [`crate::http::response::reply::not_found`].
    NotFound,
}

/// Decides by method and path what `request` is for. `stations` are sorted by id; the first of them answers where
/// a path names none. The order is that of protocol-notes/listener.md, "Paths that mean the stream".
pub fn route(request: &Request, stations: &[StationSettings]) -> Route {
    if is_admin_path(&request.path) {
        return if request.method == Method::Options { Route::AdminOptions } else { Route::Admin };
    }
    let found = place(request, stations).unwrap_or(Route::NotFound);
    match (&request.method, found) {
        (Method::Source | Method::Put, _) => Route::Source(by_mount(request, stations)),
        (Method::Get | Method::Head, found) => found,
        (Method::Options, _) if request.path == "*" => Route::ServerOptions,
        (Method::Options, Route::Stream(_) | Route::Page(_)) => Route::Preflight,
        (Method::Options, _) => Route::NotFound,
        _ => Route::NotAllowed,
    }
}

/// The station that a source means with the target of its request: a stream's path, or one that names no station.
pub fn station_at(request: &Request, stations: &[StationSettings]) -> Option<usize> {
    match place(request, stations)? {
        Route::Stream(at) | Route::Page(at) => Some(at),
        _ => None,
    }
}

/// What is at the request's path, whatever is to be done with it.
fn place(request: &Request, stations: &[StationSettings]) -> Option<Route> {
    by_mount(request, stations)
        .or_else(|| by_id(request, stations))
        .map(Route::Stream)
        .or_else(|| by_default(request).filter(|_| !stations.is_empty()))
}

fn by_mount(request: &Request, stations: &[StationSettings]) -> Option<usize> {
    stations.iter().position(|station| station.mount == request.path)
}

/// `/stream/7`, `/stream/7/`, `/stream/7/anything` and `/stream?sid=7`.
fn by_id(request: &Request, stations: &[StationSettings]) -> Option<usize> {
    let id = match request.path.strip_prefix("/stream")? {
        "" | "/" => number(&request.query_value("sid")?)?,
        rest => number(rest.strip_prefix('/')?.split('/').next()?)?,
    };
    stations.iter().position(|station| station.id == id)
}

/// The paths that name no station. Anything that begins with `/;` is what people typed for decades to get past
/// the page and at the stream.
fn by_default(request: &Request) -> Option<Route> {
    match request.path.as_str() {
        "/stream" | "/stream/" if request.query_value("sid").is_none() => Some(Route::Stream(0)),
        path if path.starts_with("/;") => Some(Route::Stream(0)),
        "/" if wants_page(request) => Some(Route::Page(0)),
        "/" => Some(Route::Stream(0)),
        _ => None,
    }
}

/// Whether who asks for `/` wants a page to look at; players, and a browser's `<audio>`, want the stream.
fn wants_page(request: &Request) -> bool {
    let browser = request.user_agent().contains("Mozilla");
    let says = |name, what| request.header(name).is_some_and(|value| value.contains(what));
    let for_audio = request.header("range").is_some()
        || says("sec-fetch-dest", "audio")
        || says("sec-fetch-dest", "video");
    let asks_for_titles = request.header("icy-metadata").is_some();
    browser && !asks_for_titles && (says("accept", "text/html") || !for_audio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Route::*;

    fn stations() -> [StationSettings; 3] {
        [(2, "/live"), (3, "/café am see"), (7, "/stream/jazz")].map(|(id, mount)| StationSettings {
            id,
            mount: mount.into(),
            ..Default::default()
        })
    }

    #[track_caller]
    fn check(head: &str, expected: Route) {
        assert_eq!(route(&Request::of(head), &stations()), expected, "{head}");
    }

    #[test]
    fn paths_lead_to_streams() {
        for (path, expected) in [
            ("/live", Stream(0)),
            ("/live?x=1", Stream(0)),
            ("/l%69ve", Stream(0)),
            ("http://radio.example:8000/live", Stream(0)),
            ("/café am see", Stream(1)),
            ("/caf%C3%A9%20am%20see", Stream(1)),
            ("/stream/jazz", Stream(2)),
            ("/stream/2", Stream(0)),
            ("/stream/3/", Stream(1)),
            ("/stream/7/;stream.mp3", Stream(2)),
            ("/stream", Stream(0)),
            ("/stream/", Stream(0)),
            ("/stream?sid=7", Stream(2)),
            ("/;", Stream(0)),
            ("/%3B", Stream(0)),
            ("/;stream.mp3", Stream(0)),
            ("/;stream.nsv", Stream(0)),
            ("/;?x=1", Stream(0)),
            ("/;stream/1", Stream(0)),
            ("/;listen.pls?sid=1", Stream(0)),
            ("/", Stream(0)),
        ] {
            check(&format!("GET {path} HTTP/1.1\nHost: h"), expected);
            check(&format!("HEAD {path} HTTP/1.1\nHost: h"), expected);
        }
    }

    #[test]
    fn browsers_get_the_stream_wherever_it_is_named() {
        for path in ["/live", "/;", "/;stream.mp3", "/stream/2", "/stream"] {
            check(&format!("GET {path} HTTP/1.1\nUser-Agent: Mozilla/5.0\nAccept: text/html"), Stream(0));
        }
    }

    #[test]
    fn other_paths_lead_nowhere() {
        for path in [
            "/nothing",
            "/live/",
            "/LIVE",
            "/live;",
            "/stream/1",
            "/stream/8",
            "/stream/+2",
            "/stream/x",
            "/stream/99999999999",
            "/stream?sid=1",
            "/stream?sid=",
            "/streams",
            "/favicon.ico",
            "*",
            "live",
        ] {
            check(&format!("GET {path} HTTP/1.1\nHost: h"), NotFound);
        }
    }

    #[test]
    fn methods_are_few() {
        check("OPTIONS * HTTP/1.1\nUpgrade: TLS/1.0, HTTP/1.1", ServerOptions);
        check("OPTIONS /stream/3 HTTP/1.1\nOrigin: https://player.example", Preflight);
        check("OPTIONS / HTTP/1.1\nUser-Agent: Mozilla/5.0", Preflight);
        check("OPTIONS /nothing HTTP/1.1", NotFound);
        check("POST /live HTTP/1.1", NotAllowed);
        check("STATS / HTTP/1.0", NotAllowed);
        check("get /live HTTP/1.1", NotAllowed);
        check("DELETE /nothing HTTP/1.1", NotAllowed);
    }

    #[test]
    fn sources_name_a_mount() {
        check("SOURCE /live ICE/1.0", Source(Some(0)));
        check("PUT /caf%C3%A9%20am%20see HTTP/1.1\nExpect: 100-continue\nIcy-MetaData: 1", Source(Some(1)));
        for line in ["SOURCE / ICE/1.0", "PUT /stream/2 HTTP/1.1", "SOURCE /nothing HTTP/1.0"] {
            check(line, Source(None));
        }
    }

    #[test]
    fn the_operator_has_pages_of_his_own() {
        for path in
            ["/admin.cgi?mode=updinfo", "/admin", "/admin/", "/admin/metadata?mount=/live", "/admin/!POKE"]
        {
            for method in ["GET", "POST", "HEAD", "SOURCE", "PUT"] {
                check(&format!("{method} {path} HTTP/1.1\nOrigin: http://h"), Admin);
            }
            check(&format!("OPTIONS {path} HTTP/1.1\nOrigin: http://h"), AdminOptions);
        }
    }

    #[test]
    fn no_station_means_no_stream() {
        for path in ["/", "/;", "/stream", "/stream/1", "/live"] {
            assert_eq!(route(&Request::of(&format!("GET {path} HTTP/1.1")), &[]), NotFound);
        }
    }

    /// Every combination of what decides on `/`, against the order in which the note puts it.
    #[test]
    fn the_root_is_a_page_for_browsers_alone() {
        const LINES: [&str; 6] = [
            "Icy-MetaData: 0",
            "User-Agent: My Mozilla/5.0",
            "Accept: text/html,*/*",
            "Range: bytes=0-",
            "Sec-Fetch-Dest: audio",
            "Sec-Fetch-Dest: video",
        ];
        for sent in 0..1 << LINES.len() {
            let has = |line: usize| sent >> line & 1 == 1;
            let lines: Vec<_> = (0..LINES.len()).filter(|line| has(*line)).map(|line| LINES[line]).collect();
            let expected = match [0, 1, 2, 3, 4, 5].map(has) {
                [true, ..] => Stream(0),
                [_, true, true, ..] => Page(0),
                [_, true, _, true, ..] | [_, true, _, _, true, _] | [_, true, _, _, _, true] => Stream(0),
                [_, true, ..] => Page(0),
                _ => Stream(0),
            };
            check(&format!("GET / HTTP/1.1\n{}\nHost: h", lines.join("\n")), expected);
        }
    }
}
