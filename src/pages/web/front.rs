//! `/` and `/index.html`: what a station has to show, or all of them.

use askama::Template;

use super::asset::{PAGE_CSS, PAGE_JS};
use super::landmarks::Landmarks;
use super::policy::{POLICY, guarded};
use super::reader::Reader;
use super::view::{View, clock};
use crate::http::request::station_ref::StationRef;
use crate::pages::api::rfc3339;
use crate::pages::{Shown, Snapshot, StationSnapshot};

/// The media type of pages.
pub const HTML: &str = "text/html; charset=utf-8";

/// A station's page.
#[derive(Template)]
#[template(path = "web/station.html")]
struct StationPage<'a> {
    frame: Frame<'a>,
    view: View,
    is_one_of_several: bool,
}

/// The page of several stations.
#[derive(Template)]
#[template(path = "web/overview.html")]
struct Overview<'a> {
    frame: Frame<'a>,
    views: Vec<View>,
}

/// What both have.
struct Frame<'a> {
    css: String,
    js: String,
    base: &'a str,
    now: String,
    /// Whether it is for a program: see [`Reader`].
    is_for_programs: bool,
    landmarks: Landmarks,
}

/// The page of `which`, or of all stations.
pub fn render(snapshot: &Snapshot, base: &str, which: &StationRef, reader: Reader) -> Shown {
    let frame = Frame::of(snapshot, base, which, reader);
    let is_of_all = match which {
        StationRef::Default => snapshot.stations.len() != 1,
        // Where SHOUTcast's server sends whoever asks for a station that it has not.
        StationRef::Id(0) => true,
        _ => false,
    };
    let shown = match snapshot.find(which) {
        _ if is_of_all => Shown::template(HTML, &overview(snapshot, frame)),
        Some(station) => Shown::template(HTML, &station_page(snapshot, station, frame)),
        None => return Shown::not_found(),
    };
    let mut shown = guarded(shown, POLICY);
    shown.headers.push(("Vary", "Accept".to_owned()));
    shown
}

fn station_page<'a>(snapshot: &Snapshot, station: &StationSnapshot, frame: Frame<'a>) -> StationPage<'a> {
    let view = View::of(snapshot, station, frame.base);
    StationPage { frame, view, is_one_of_several: snapshot.stations.len() > 1 }
}

fn overview<'a>(snapshot: &Snapshot, frame: Frame<'a>) -> Overview<'a> {
    let views = snapshot.stations.iter().map(|station| View::of(snapshot, station, frame.base)).collect();
    Overview { frame, views }
}

impl<'a> Frame<'a> {
    fn of(snapshot: &Snapshot, base: &'a str, which: &StationRef, reader: Reader) -> Self {
        Self {
            css: PAGE_CSS.url(),
            js: PAGE_JS.url(),
            base,
            now: rfc3339(snapshot.clock, snapshot.at),
            is_for_programs: reader == Reader::Program,
            landmarks: Landmarks::of(snapshot, snapshot.find(which).or(snapshot.find(&StationRef::Default))),
        }
    }
}
