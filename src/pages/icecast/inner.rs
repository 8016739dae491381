//! What there is to know of the server, and something to set a title with.

use askama::Template;

use super::look::Look;
use super::tree::Tree;
use super::{XHTML, XML};
use crate::pages::{Shown, StationSnapshot};

/// All that is in `tree`.
pub fn stats(look: Look, tree: &Tree) -> Shown {
    match look {
        Look::Xml => Shown::template(XML, &StatsXml { tree }),
        Look::Html => Shown::template(XHTML, &Stats { tree }),
    }
}

/// For people a form; for programs no more than that there is such a mount.
pub fn update_metadata(look: Look, station: &StationSnapshot) -> Shown {
    let mount = station.mount.as_str();
    match look {
        Look::Xml => Shown::template(XML, &UpdateXml { mount }),
        Look::Html => Shown::template(XHTML, &Update { mount }),
    }
}

#[derive(Template)]
#[template(path = "icecast/tree.xml")]
struct StatsXml<'a> {
    tree: &'a Tree,
}

#[derive(Template)]
#[template(path = "icecast/stats.xml")]
struct Stats<'a> {
    tree: &'a Tree,
}

#[derive(Template)]
#[template(
    source = "<?xml version=\"1.0\"?>\n<icestats><source mount=\"{{ mount }}\"/></icestats>\n",
    ext = "xml"
)]
struct UpdateXml<'a> {
    mount: &'a str,
}

#[derive(Template)]
#[template(path = "icecast/update.xml")]
struct Update<'a> {
    mount: &'a str,
}
