//! `/embed`: a small player that pages of other sites show in a frame.

use askama::Template;

use super::asset::{PAGE_CSS, PAGE_JS};
use super::front::HTML;
use super::not_found::no_such_player;
use super::policy::{embed_policy, with_policy};
use super::station_view::{RungView, StationView};
use crate::http::request::station_ref::StationRef;
use crate::pages::api::rfc3339;
use crate::pages::{RenderedPage, Snapshot};

/// The path of the player.
pub const PATH: &str = "/embed";

#[derive(Template)]
#[template(path = "web/embed.html")]
struct EmbedPage<'a> {
    css: String,
    js: String,
    base: &'a str,
    now: String,
    view: StationView,
    /// The path of the stream of the station or rendition that the request names.
    stream: String,
    id: u32,
}

/// Renders the player of the station or rendition that `station_ref` refers to.
pub fn render(snapshot: &Snapshot, base: &str, station_ref: &StationRef) -> RenderedPage {
    let Some(station) = snapshot.find(station_ref) else { return no_such_player(&snapshot.embed_from) };
    let programme = snapshot.programme(station);
    let view = StationView::new(snapshot, programme, base);
    let rungs = RungView::all(snapshot, programme, base, station.id);
    let own = rungs.into_iter().find(|rung| rung.is_current);
    let page = EmbedPage {
        css: PAGE_CSS.url(),
        js: PAGE_JS.url(),
        base,
        now: rfc3339(snapshot.clock, snapshot.taken_at),
        stream: own.map_or_else(|| view.stream.clone(), |rung| rung.stream),
        id: station.id,
        view,
    };
    with_policy(RenderedPage::from_template(HTML, &page), &embed_policy(&snapshot.embed_from))
}
