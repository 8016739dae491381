//! What there is to know of the server, and something to set a title with.

use askama::Template;

use super::markup::Markup;
use super::stats_tree::StatsTree;
use super::{XHTML, XML};
use crate::pages::{RenderedPage, StationSnapshot};

/// All that is in `tree`.
pub fn stats(look: Markup, tree: &StatsTree) -> RenderedPage {
    match look {
        Markup::Xml => RenderedPage::from_template(XML, &StatsXmlPage { tree }),
        Markup::Html => RenderedPage::from_template(XHTML, &StatsHtmlPage { tree }),
    }
}

/// For people a form; for programs no more than that there is such a mount.
pub fn update_metadata(look: Markup, station: &StationSnapshot) -> RenderedPage {
    let mount = station.mount.as_str();
    match look {
        Markup::Xml => RenderedPage::from_template(XML, &UpdateMetadataXmlPage { mount }),
        Markup::Html => RenderedPage::from_template(XHTML, &UpdateMetadataHtmlPage { mount }),
    }
}

#[derive(Template)]
#[template(path = "icecast/tree.xml")]
struct StatsXmlPage<'a> {
    tree: &'a StatsTree,
}

#[derive(Template)]
#[template(path = "icecast/stats.xml")]
struct StatsHtmlPage<'a> {
    tree: &'a StatsTree,
}

#[derive(Template)]
#[template(
    source = "<?xml version=\"1.0\"?>\n<icestats><source mount=\"{{ mount }}\"/></icestats>\n",
    ext = "xml"
)]
struct UpdateMetadataXmlPage<'a> {
    mount: &'a str,
}

#[derive(Template)]
#[template(path = "icecast/update.xml")]
struct UpdateMetadataHtmlPage<'a> {
    mount: &'a str,
}
