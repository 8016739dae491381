//! Routes a request to a part of the server. The route depends on method and URL; for `/` also on headers.
//!
//! The order follows protocol-notes/listener.md, "Stream paths". The same code decides which
//! paths are free for a mount: see [`is_reserved_path`].

pub mod mount_path;

use crate::http::admin::is_admin_path;
use crate::http::request::challenge_token::ChallengeToken;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::pages::artwork::ArtworkRequest;
use crate::pages::icecast::PublicStatsFormat;
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
    /// Whether the server works, for load balancers, containers and monitors.
    Health,
    /// The stream of a station.
    Stream(StationKey),
    /// The file with which an ACME client proves that the server answers for its name; `None` if the path
    /// names none.
    Challenge(Option<ChallengeToken>),
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

/// The paths of the health check. A reply from any of them says both that the event loop turns and that
/// connections are accepted; the longer ones are for those who ask for one of the two by name.
const HEALTH_PATHS: [&str; 3] = ["/healthz", "/healthz/live", "/healthz/ready"];

/// The target of a path that belongs to a stream or to the front page.
enum StreamTarget {
    Stream(StationKey),
    /// `/`, requested by a client that shows pages.
    FrontPage,
    /// `/` with a station that does not exist, requested by a player. A page would be no answer to it.
    NoStation,
}

impl Route {
    /// Returns the part of the server that answers `request`.
    pub fn resolve(request: &Request, context: &RouterContext<'_>) -> Self {
        let is_options = request.method == Method::Options;
        if matches!(request.method, Method::Source | Method::Put) && context.accepts_sources {
            Self::Source
        } else if is_admin_path(&request.path) && PublicStatsFormat::from_path(&request.path).is_none() {
            if is_options { Self::AdminOptions } else { Self::Admin }
        } else if let Some(token) = ChallengeToken::from_path(&request.path).filter(|_| reads(request)) {
            Self::Challenge(token)
        } else if HEALTH_PATHS.contains(&request.path.as_str()) && reads(request) {
            Self::Health
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
            (Method::Get | Method::Head | Method::Options, Some(StreamTarget::NoStation)) => Self::NotFound,
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

fn reads(request: &Request) -> bool {
    matches!(request.method, Method::Get | Method::Head)
}

/// Returns the station to which the path of a live source's request refers. [`find_named`] resolves it.
pub fn source_station(request: &Request) -> StationRef {
    StationRef::from_mount_and_sid(request.path.clone(), request.query_value("sid"))
}

/// Returns the station that a source names in its login or with a title, in any of its
/// [spellings](StationRef::readings).
pub fn find_named(
    named: &StationRef,
    find: &dyn Fn(&StationRef) -> Option<StationKey>,
) -> Option<StationKey> {
    named.readings().iter().find_map(find)
}

/// Returns whether this path has a route even if no station has it as its mount. Such a path cannot be a
/// mount.
pub fn is_reserved_path(path: &str) -> bool {
    let request = Request::get(path);
    let find = |station: &StationRef| (!matches!(station, StationRef::Mount(_))).then(StationKey::default);
    let context = RouterContext { find_station: &find, accepts_sources: false, serves_metrics: true };
    !matches!(Route::resolve(&request, &context), Route::NotFound)
}

/// Returns the target of the request's path, whatever the method. A query without a station, such as `?sid=`,
/// names none, as on pages.
fn stream_target(
    request: &Request,
    find: &dyn Fn(&StationRef) -> Option<StationKey>,
) -> Option<StreamTarget> {
    let is_root = request.path == "/";
    if is_root && request.is_for_page() {
        return Some(StreamTarget::FrontPage);
    }
    let named = FormData::from_request(request, &[]).station();
    let names_station = named != StationRef::Default;
    let station = StationRef::stream_readings(&request.path, named).find_map(|station| find(&station));
    match station {
        None if is_root && names_station => Some(StreamTarget::NoStation),
        station => station.map(StreamTarget::Stream),
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
