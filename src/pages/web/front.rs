//! `/` and `/index.html`: the page of a station, or the overview of all stations.

use askama::Template;

use super::asset::{PAGE_CSS, PAGE_JS};
use super::link_preview::LinkPreview;
use super::policy::{POLICY, with_policy};
use super::scraper_markup::ScraperMarkup;
use super::station_view::{RungView, StationView, clock};
use crate::http::request::station_ref::StationRef;
use crate::pages::api::rfc3339;
use crate::pages::{ClientKind, RenderedPage, Snapshot, StationSnapshot};

/// The media type of pages.
pub const HTML: &str = "text/html; charset=utf-8";

/// The page of a station. The page of a rendition is that of its station, with the rendition chosen.
#[derive(Template)]
#[template(path = "web/station.html")]
struct StationPage<'a> {
    context: PageContext<'a>,
    preview: LinkPreview,
    view: StationView,
    /// The station and its renditions.
    rungs: Vec<RungView>,
    is_one_of_several: bool,
}

/// The overview of several stations.
#[derive(Template)]
#[template(path = "web/overview.html")]
struct Overview<'a> {
    context: PageContext<'a>,
    preview: LinkPreview,
    /// The stations without the renditions, which belong to their stations.
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
        StationRef::Default => snapshot.programmes().count() != 1,
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
    page.headers.push(("Vary", "Accept, User-Agent".to_owned()));
    page
}

fn station_page<'a>(
    snapshot: &Snapshot,
    station: &StationSnapshot,
    context: PageContext<'a>,
) -> StationPage<'a> {
    let programme = snapshot.programme(station);
    let view = StationView::new(snapshot, programme, context.base);
    let rungs = RungView::all(snapshot, programme, context.base, station.id);
    let is_one_of_several = snapshot.programmes().count() > 1;
    let preview = LinkPreview::of_station(&view, is_one_of_several, context.base);
    StationPage { context, preview, view, rungs, is_one_of_several }
}

fn overview<'a>(snapshot: &Snapshot, context: PageContext<'a>) -> Overview<'a> {
    let views = snapshot.programmes().map(|station| StationView::new(snapshot, station, context.base));
    let views: Vec<_> = views.collect();
    Overview { preview: LinkPreview::of_overview(&views, context.base), views, context }
}

impl StationPage<'_> {
    /// Returns the path of the stream that is played without a script: the one that the page is about.
    fn stream(&self) -> &str {
        self.rungs.iter().find(|rung| rung.is_current).map_or(&self.view.stream, |rung| &rung.stream)
    }
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
