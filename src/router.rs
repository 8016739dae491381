//! Routes a request to a part of the server. The route depends on method and URL; for `/` also on headers.
//!
//! The order follows protocol-notes/listener.md, "Stream paths". The same code decides which
//! paths are free for a mount: see [`is_reserved_path`].

use crate::http::admin::is_admin_path;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::pages::artwork::ArtworkRequest;
use crate::pages::{Page, api, metrics};
use crate::station::StationKey;

/// The part of the server that answers a request.
///
/// A [`Method::Head`] request has the same route as GET. Its reply is only the head, and it must never attach
/// a listener. Pages and artwork also answer OPTIONS, which a browser sends as a preflight request.
#[derive(Debug, Clone)]
pub enum Route {
    /// The login of a live source. [`source_station`] resolves its path later, because only a client with a
    /// valid password may learn whether the station exists.
    Source,
    /// The login of a live source on a server whose stations accept no live sources.
    SourcesOff,
    /// An admin page or action.
    Admin,
    /// OPTIONS on an admin path.
    AdminOptions,
    /// The metrics.
    Metrics,
    /// The stream of a station.
    Stream(StationKey),
    /// Server-sent events.
    Events,
    /// A public page.
    Page(Page),
    /// The artwork of a station or of the track on air.
    Artwork(ArtworkRequest),
    /// `OPTIONS *`: the capabilities of the server.
    ServerOptions,
    /// OPTIONS on a stream.
    Preflight,
    /// A method that the path does not support.
    NotAllowed,
    /// Nothing exists at this path.
    NotFound,
}

/// The state of the server that the router needs.
pub struct RouterContext<'a> {
    /// Finds a station, if it exists.
    pub find_station: &'a dyn Fn(&StationRef) -> Option<StationKey>,
    /// Whether any station accepts live sources.
    pub accepts_sources: bool,
    /// Whether metrics are available at all.
    pub serves_metrics: bool,
}

/// The target of a path that belongs to a stream or to the front page.
enum StreamTarget {
    Stream(StationKey),
    /// `/`, requested by a browser.
    FrontPage,
}

impl Route {
    /// Returns the part of the server that answers `request`.
    pub fn resolve(request: &Request, context: &RouterContext<'_>) -> Self {
        let is_options = request.method == Method::Options;
        if matches!(request.method, Method::Source | Method::Put) && context.accepts_sources {
            Self::Source
        } else if is_admin_path(&request.path) {
            if is_options { Self::AdminOptions } else { Self::Admin }
        } else if request.path == metrics::PATH && context.serves_metrics && !is_options {
            Self::Metrics
        } else {
            Self::resolve_stream(request, stream_target(request, context.find_station))
        }
    }

    /// Routes requests that are neither a source login nor for an admin path.
    fn resolve_stream(request: &Request, target: Option<StreamTarget>) -> Self {
        match (&request.method, target) {
            (Method::Source | Method::Put, _) => Self::SourcesOff,
            (Method::Get | Method::Head, Some(StreamTarget::Stream(key))) => Self::Stream(key),
            (Method::Options, _) if request.path == "*" => Self::ServerOptions,
            (Method::Options, Some(_)) => Self::Preflight,
            (Method::Get | Method::Head | Method::Options, _) => Self::resolve_page(request),
            _ => Self::NotAllowed,
        }
    }

    fn resolve_page(request: &Request) -> Self {
        match Page::from_request(request) {
            Some(_) if request.path == api::events::PATH => Self::Events,
            Some(page) => Self::Page(page),
            None => ArtworkRequest::from_request(request).map_or(Self::NotFound, Self::Artwork),
        }
    }
}

/// Returns the station for the path of a live source's request. The paths of the default stream, such as `/`,
/// mean the default station.
pub fn source_station(
    request: &Request,
    find: &dyn Fn(&StationRef) -> Option<StationKey>,
) -> Option<StationKey> {
    match stream_target(request, find)? {
        StreamTarget::Stream(key) => Some(key),
        StreamTarget::FrontPage => find(&StationRef::Default),
    }
}

/// Returns whether this path has a route even if no station has it as its mount. Such a path cannot be a
/// mount.
pub fn is_reserved_path(path: &str) -> bool {
    let request = Request::get(path);
    let find = |station: &StationRef| (!matches!(station, StationRef::Mount(_))).then(StationKey::default);
    let context = RouterContext { find_station: &find, accepts_sources: false, serves_metrics: true };
    !matches!(Route::resolve(&request, &context), Route::NotFound)
}

/// Returns the target of the request's path, whatever the method.
fn stream_target(
    request: &Request,
    find: &dyn Fn(&StationRef) -> Option<StationKey>,
) -> Option<StreamTarget> {
    let by_mount = || find(&StationRef::Mount(request.path.clone()));
    let by_id = || find(&stream_id(request)?);
    by_mount().or_else(by_id).map(StreamTarget::Stream).or_else(|| default_target(request, find))
}

/// Parses `/stream/7`, `/stream/7/`, `/stream/7/anything` and `/stream?sid=7`.
fn stream_id(request: &Request) -> Option<StationRef> {
    match request.path.strip_prefix("/stream")? {
        "" | "/" => StationRef::parse_id(&request.query_value("sid")?),
        rest => StationRef::parse_id(rest.strip_prefix('/')?.split('/').next()?),
    }
}

/// Returns the target of a path that names no station. A path that begins with `/;` means the stream: for
/// decades users have typed it to get the stream instead of the page.
fn default_target(
    request: &Request,
    find: &dyn Fn(&StationRef) -> Option<StationKey>,
) -> Option<StreamTarget> {
    let first = find(&StationRef::Default)?;
    match request.path.as_str() {
        "/stream" | "/stream/" if request.query_value("sid").is_none() => Some(StreamTarget::Stream(first)),
        path if path.starts_with("/;") => Some(StreamTarget::Stream(first)),
        "/" if is_page_request(request) => Some(StreamTarget::FrontPage),
        "/" => Some(StreamTarget::Stream(first)),
        _ => None,
    }
}

/// Returns whether a request for `/` is for the page. A player or a browser's `<audio>` element requests the
/// stream.
fn is_page_request(request: &Request) -> bool {
    let is_browser = request.user_agent().contains("Mozilla");
    let header_contains = |name, what| request.header(name).is_some_and(|value| value.contains(what));
    let for_audio = request.header("range").is_some()
        || header_contains("sec-fetch-dest", "audio")
        || header_contains("sec-fetch-dest", "video");
    let asks_for_titles = request.header("icy-metadata").is_some();
    is_browser && !asks_for_titles && (header_contains("accept", "text/html") || !for_audio)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
