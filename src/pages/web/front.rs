//! `/` and `/index.html`: the page of a station, or the overview of all stations.

use askama::Template;

use super::asset::{PAGE_CSS, PAGE_JS};
use super::client_kind::ClientKind;
use super::policy::{POLICY, with_policy};
use super::scraper_markup::ScraperMarkup;
use super::station_view::{StationView, clock};
use crate::http::request::station_ref::StationRef;
use crate::pages::api::rfc3339;
use crate::pages::{RenderedPage, Snapshot, StationSnapshot};

/// The media type of pages.
pub const HTML: &str = "text/html; charset=utf-8";

/// The page of a station.
#[derive(Template)]
#[template(path = "web/station.html")]
struct StationPage<'a> {
    context: PageContext<'a>,
    view: StationView,
    is_one_of_several: bool,
}

/// The overview of several stations.
#[derive(Template)]
#[template(path = "web/overview.html")]
struct Overview<'a> {
    context: PageContext<'a>,
    views: Vec<StationView>,
}

/// Values that both pages use.
struct PageContext<'a> {
    css: String,
    js: String,
    base: &'a str,
    now: String,
    /// Whether the client is a [`ClientKind::Scraper`].
    is_for_scrapers: bool,
    scraper_markup: ScraperMarkup,
}

/// Renders the page of the station that `station_ref` refers to, or the overview.
pub fn render(snapshot: &Snapshot, base: &str, station_ref: &StationRef, client: ClientKind) -> RenderedPage {
    let context = PageContext::new(snapshot, base, station_ref, client);
    let is_overview = match station_ref {
        StationRef::Default => snapshot.stations.len() != 1,
        // DNAS 2 redirects requests for an unknown station to `index.html?sid=0`.
        StationRef::Id(0) => true,
        _ => false,
    };
    let page = match snapshot.find(station_ref) {
        _ if is_overview => RenderedPage::from_template(HTML, &overview(snapshot, context)),
        Some(station) => RenderedPage::from_template(HTML, &station_page(snapshot, station, context)),
        None => return RenderedPage::not_found(),
    };
    let mut page = with_policy(page, POLICY);
    page.headers.push(("Vary", "Accept".to_owned()));
    page
}

fn station_page<'a>(
    snapshot: &Snapshot,
    station: &StationSnapshot,
    context: PageContext<'a>,
) -> StationPage<'a> {
    let view = StationView::new(snapshot, station, context.base);
    StationPage { context, view, is_one_of_several: snapshot.stations.len() > 1 }
}

fn overview<'a>(snapshot: &Snapshot, context: PageContext<'a>) -> Overview<'a> {
    let views =
        snapshot.stations.iter().map(|station| StationView::new(snapshot, station, context.base)).collect();
    Overview { context, views }
}

impl<'a> PageContext<'a> {
    fn new(snapshot: &Snapshot, base: &'a str, station_ref: &StationRef, client: ClientKind) -> Self {
        Self {
            css: PAGE_CSS.url(),
            js: PAGE_JS.url(),
            base,
            now: rfc3339(snapshot.clock, snapshot.taken_at),
            is_for_scrapers: client == ClientKind::Scraper,
            scraper_markup: ScraperMarkup::new(
                snapshot,
                snapshot.find(station_ref).or(snapshot.find(&StationRef::Default)),
            ),
        }
    }
}
