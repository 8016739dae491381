//! `/` and `/index.html`: what a station has to show, or all of them.

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

/// A station's page.
#[derive(Template)]
#[template(path = "web/station.html")]
struct StationPage<'a> {
    context: PageContext<'a>,
    view: StationView,
    is_one_of_several: bool,
}

/// The page of several stations.
#[derive(Template)]
#[template(path = "web/overview.html")]
struct Overview<'a> {
    context: PageContext<'a>,
    views: Vec<StationView>,
}

/// What both have.
struct PageContext<'a> {
    css: String,
    js: String,
    base: &'a str,
    now: String,
    /// Whether it is for a program: see [`Reader`].
    is_for_scrapers: bool,
    scraper_markup: ScraperMarkup,
}

/// The page of `which`, or of all stations.
pub fn render(snapshot: &Snapshot, base: &str, which: &StationRef, reader: ClientKind) -> RenderedPage {
    let frame = PageContext::new(snapshot, base, which, reader);
    let is_of_all = match which {
        StationRef::Default => snapshot.stations.len() != 1,
        // Where SHOUTcast's server sends whoever asks for a station that it has not.
        StationRef::Id(0) => true,
        _ => false,
    };
    let shown = match snapshot.find(which) {
        _ if is_of_all => RenderedPage::from_template(HTML, &overview(snapshot, frame)),
        Some(station) => RenderedPage::from_template(HTML, &station_page(snapshot, station, frame)),
        None => return RenderedPage::not_found(),
    };
    let mut shown = with_policy(shown, POLICY);
    shown.headers.push(("Vary", "Accept".to_owned()));
    shown
}

fn station_page<'a>(
    snapshot: &Snapshot,
    station: &StationSnapshot,
    frame: PageContext<'a>,
) -> StationPage<'a> {
    let view = StationView::new(snapshot, station, frame.base);
    StationPage { context: frame, view, is_one_of_several: snapshot.stations.len() > 1 }
}

fn overview<'a>(snapshot: &Snapshot, frame: PageContext<'a>) -> Overview<'a> {
    let views =
        snapshot.stations.iter().map(|station| StationView::new(snapshot, station, frame.base)).collect();
    Overview { context: frame, views }
}

impl<'a> PageContext<'a> {
    fn new(snapshot: &Snapshot, base: &'a str, which: &StationRef, reader: ClientKind) -> Self {
        Self {
            css: PAGE_CSS.url(),
            js: PAGE_JS.url(),
            base,
            now: rfc3339(snapshot.clock, snapshot.taken_at),
            is_for_scrapers: reader == ClientKind::Scraper,
            scraper_markup: ScraperMarkup::new(
                snapshot,
                snapshot.find(which).or(snapshot.find(&StationRef::Default)),
            ),
        }
    }
}
