//! Which part of the server answers a request: decided once, here, by its method and path.
//!
//! The order is that of protocol-notes/listener.md, "Paths that mean the stream". What a path that nobody has taken may be
//! used for as a mount is decided with the same code: see [`is_taken`].

use crate::http::admin::is_admin_path;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::pages::artwork::ArtworkRequest;
use crate::pages::{Page, api, metrics};
use crate::station::StationKey;

/// Who answers a request.
///
/// For [`Method::Head`] the same as for GET, with the head alone: a HEAD must never attach a listener. A page and a picture
/// answer OPTIONS too, as a browser's preflight.
#[derive(Debug, Clone)]
pub enum Route {
    /// A live source logs in. Its path is read [later](source_station): whether its station exists is told only to those
    /// with a valid password.
    Source,
    /// A live source, where no station takes any.
    SourcesOff,
    /// The administration: its pages, and what is to be done.
    Admin,
    /// OPTIONS on an admin path.
    AdminOptions,
    /// The metrics.
    Metrics,
    /// The stream of a station.
    Stream(StationKey),
    /// Server-sent events.
    Events,
    /// A page that everybody may see.
    Page(Page),
    /// A picture of a station or of the track on air.
    Artwork(ArtworkRequest),
    /// `OPTIONS *`: what the server can do.
    ServerOptions,
    /// OPTIONS on a stream.
    Preflight,
    /// A method that nothing here takes.
    NotAllowed,
    /// Nothing is at this path.
    NotFound,
}

/// What the router has to know of the server.
pub struct RouterContext<'a> {
    /// The station that is meant, if it exists.
    pub find_station: &'a dyn Fn(&StationRef) -> Option<StationKey>,
    /// Whether any station takes live sources.
    pub takes_sources: bool,
    /// Whether metrics are shown to anybody.
    pub shows_metrics: bool,
}

/// What a path means that is of a stream, or of the page in front of it.
enum StreamTarget {
    Stream(StationKey),
    /// `/` for a browser.
    FrontPage,
}

impl Route {
    /// Who answers `request`.
    pub fn resolve(request: &Request, site: &RouterContext<'_>) -> Self {
        let is_options = request.method == Method::Options;
        if matches!(request.method, Method::Source | Method::Put) && site.takes_sources {
            Self::Source
        } else if is_admin_path(&request.path) {
            if is_options { Self::AdminOptions } else { Self::Admin }
        } else if request.path == metrics::PATH && site.shows_metrics && !is_options {
            Self::Metrics
        } else {
            Self::resolve_stream(request, stream_target(request, site.find_station))
        }
    }

    /// Who answers what is neither a login nor for the operator.
    fn resolve_stream(request: &Request, place: Option<StreamTarget>) -> Self {
        match (&request.method, place) {
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

/// The station that a live source means with the target of its request: the path of a stream, or one that names none.
pub fn source_station(
    request: &Request,
    find: &dyn Fn(&StationRef) -> Option<StationKey>,
) -> Option<StationKey> {
    match stream_target(request, find)? {
        StreamTarget::Stream(key) => Some(key),
        StreamTarget::FrontPage => find(&StationRef::Default),
    }
}

/// Whether something other than a station's stream at its own mount answers at this path, so that no stream may have it
/// for a mount.
pub fn is_reserved_path(path: &str) -> bool {
    let request = Request::get(path);
    let find = |which: &StationRef| (!matches!(which, StationRef::Mount(_))).then(StationKey::default);
    let site = RouterContext { find_station: &find, takes_sources: false, shows_metrics: true };
    !matches!(Route::resolve(&request, &site), Route::NotFound)
}

/// What is at the request's path, whatever is to be done with it.
fn stream_target(
    request: &Request,
    find: &dyn Fn(&StationRef) -> Option<StationKey>,
) -> Option<StreamTarget> {
    let by_mount = || find(&StationRef::Mount(request.path.clone()));
    let by_id = || find(&stream_id(request)?);
    by_mount().or_else(by_id).map(StreamTarget::Stream).or_else(|| default_target(request, find))
}

/// `/stream/7`, `/stream/7/`, `/stream/7/anything` and `/stream?sid=7`.
fn stream_id(request: &Request) -> Option<StationRef> {
    match request.path.strip_prefix("/stream")? {
        "" | "/" => StationRef::parse_id(&request.query_value("sid")?),
        rest => StationRef::parse_id(rest.strip_prefix('/')?.split('/').next()?),
    }
}

/// The paths that name no station. Anything that begins with `/;` is what people typed for decades to get past the page and
/// at the stream.
fn default_target(
    request: &Request,
    find: &dyn Fn(&StationRef) -> Option<StationKey>,
) -> Option<StreamTarget> {
    let first = find(&StationRef::Default)?;
    match request.path.as_str() {
        "/stream" | "/stream/" if request.query_value("sid").is_none() => Some(StreamTarget::Stream(first)),
        path if path.starts_with("/;") => Some(StreamTarget::Stream(first)),
        "/" if wants_page(request) => Some(StreamTarget::FrontPage),
        "/" => Some(StreamTarget::Stream(first)),
        _ => None,
    }
}

/// Whether a request for `/` is for a page to look at; players, and a browser's `<audio>`, want the stream.
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
pub(crate) mod testing;
#[cfg(test)]
mod tests;
