//! The admin pages that list sources and listeners.

use askama::Template;

use super::markup::Markup;
use super::source::{IcecastSource, sources};
use super::url::query_value;
use super::{XHTML, XML};
use crate::http::proxy::relay_path;
use crate::http::request::station_ref::StationRef;
use crate::pages::{AdminSnapshot, ListenerSnapshot, RenderedPage, Snapshot, StationSnapshot};

/// Renders the list of all sources.
pub fn mounts(markup: Markup, snapshot: &Snapshot) -> RenderedPage {
    let sources = sources(snapshot, &StationRef::Default, "");
    match markup {
        Markup::Xml => RenderedPage::from_template(XML, &MountsXmlPage { from: None, sources }),
        Markup::Html => RenderedPage::from_template(XHTML, &MountsHtmlPage { sources }),
    }
}

/// Renders the list of sources to which the listeners of `station` can be moved: all others.
pub fn destinations(markup: Markup, snapshot: &Snapshot, station: &StationSnapshot) -> RenderedPage {
    let mut sources = sources(snapshot, &StationRef::Default, "");
    sources.retain(|source| source.station.id != station.id);
    let from = station.mount.as_str();
    match markup {
        Markup::Xml => RenderedPage::from_template(XML, &MountsXmlPage { from: Some(from), sources }),
        Markup::Html => RenderedPage::from_template(XHTML, &DestinationsHtmlPage { from, sources }),
    }
}

/// Renders the percent-encoded paths of all sources that are not hidden, one on a line. The header tells a
/// server that follows this one whether both follow each other.
pub fn paths(snapshot: &Snapshot) -> RenderedPage {
    let listed = snapshot.without_hidden();
    let sources = sources(&listed, &StationRef::Default, "");
    let lines: String = sources.iter().map(|source| format!("{}\r\n", source.path)).collect();
    let headers = vec![(relay_path::HEADER, snapshot.mount_list_path.clone())];
    RenderedPage { headers, ..RenderedPage::ok("text/plain; charset=utf-8", lines) }
}

/// Renders the list of the listeners of `station`.
pub fn clients(markup: Markup, snapshot: &AdminSnapshot, station: &StationSnapshot) -> RenderedPage {
    let listeners: Vec<_> = snapshot.listeners.iter().map(ListenerSnapshot::to_printable).collect();
    let mount = station.mount.as_str();
    match markup {
        Markup::Xml => RenderedPage::from_template(XML, &ClientsXmlPage { mount, listeners }),
        Markup::Html => RenderedPage::from_template(
            XHTML,
            &ClientsHtmlPage { mount, query: query_value(mount), listeners },
        ),
    }
}

#[derive(Template)]
#[template(path = "icecast/listing-mounts.xml")]
struct MountsXmlPage<'a> {
    from: Option<&'a str>,
    sources: Vec<IcecastSource<'a>>,
}

#[derive(Template)]
#[template(path = "icecast/mounts.xml")]
struct MountsHtmlPage<'a> {
    sources: Vec<IcecastSource<'a>>,
}

#[derive(Template)]
#[template(path = "icecast/destinations.xml")]
struct DestinationsHtmlPage<'a> {
    from: &'a str,
    sources: Vec<IcecastSource<'a>>,
}

#[derive(Template)]
#[template(path = "icecast/listing-clients.xml")]
struct ClientsXmlPage<'a> {
    mount: &'a str,
    listeners: Vec<ListenerSnapshot>,
}

#[derive(Template)]
#[template(path = "icecast/clients.xml")]
struct ClientsHtmlPage<'a> {
    mount: &'a str,
    query: String,
    listeners: Vec<ListenerSnapshot>,
}
