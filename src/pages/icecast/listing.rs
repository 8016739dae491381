//! Lists of sources and of listeners.

use askama::Template;

use super::look::Look;
use super::source::{Source, sources};
use super::url::query;
use super::{XHTML, XML};
use crate::http::request::station_ref::StationRef;
use crate::pages::{AdminSnapshot, ListenerSnapshot, Shown, Snapshot, StationSnapshot};

/// All sources.
pub fn mounts(look: Look, snapshot: &Snapshot) -> Shown {
    let sources = sources(snapshot, &StationRef::Default, "");
    match look {
        Look::Xml => Shown::template(XML, &MountsXml { from: None, sources }),
        Look::Html => Shown::template(XHTML, &Mounts { sources }),
    }
}

/// All sources but `station`, to which its listeners can be moved.
pub fn destinations(look: Look, snapshot: &Snapshot, station: &StationSnapshot) -> Shown {
    let mut sources = sources(snapshot, &StationRef::Default, "");
    sources.retain(|source| source.station.id != station.id);
    let from = station.mount.as_str();
    match look {
        Look::Xml => Shown::template(XML, &MountsXml { from: Some(from), sources }),
        Look::Html => Shown::template(XHTML, &Destinations { from, sources }),
    }
}

/// All sources, a path on a line, so that it can be asked for as it stands.
pub fn paths(snapshot: &Snapshot) -> Shown {
    let sources = sources(snapshot, &StationRef::Default, "");
    let lines: String = sources.iter().map(|source| format!("{}\r\n", source.path)).collect();
    Shown::ok("text/plain; charset=utf-8", lines)
}

/// Whoever listens to `station`.
pub fn clients(look: Look, snapshot: &AdminSnapshot, station: &StationSnapshot) -> Shown {
    let listeners: Vec<_> = snapshot.listeners.iter().map(ListenerSnapshot::plain).collect();
    let mount = station.mount.as_str();
    match look {
        Look::Xml => Shown::template(XML, &ClientsXml { mount, listeners }),
        Look::Html => Shown::template(XHTML, &Clients { mount, query: query(mount), listeners }),
    }
}

#[derive(Template)]
#[template(path = "icecast/listing-mounts.xml")]
struct MountsXml<'a> {
    from: Option<&'a str>,
    sources: Vec<Source<'a>>,
}

#[derive(Template)]
#[template(path = "icecast/mounts.xml")]
struct Mounts<'a> {
    sources: Vec<Source<'a>>,
}

#[derive(Template)]
#[template(path = "icecast/destinations.xml")]
struct Destinations<'a> {
    from: &'a str,
    sources: Vec<Source<'a>>,
}

#[derive(Template)]
#[template(path = "icecast/listing-clients.xml")]
struct ClientsXml<'a> {
    mount: &'a str,
    listeners: Vec<ListenerSnapshot>,
}

#[derive(Template)]
#[template(path = "icecast/clients.xml")]
struct Clients<'a> {
    mount: &'a str,
    query: String,
    listeners: Vec<ListenerSnapshot>,
}
