//! The admin pages `stats` and `updatemetadata`.

use askama::Template;

use super::markup::Markup;
use super::stats_tree::StatsTree;
use super::{XHTML, XML};
use crate::pages::{RenderedPage, StationSnapshot};

/// Renders the statistics in `tree`.
pub fn stats(markup: Markup, tree: &StatsTree) -> RenderedPage {
    match markup {
        Markup::Xml => RenderedPage::from_template(XML, &StatsXmlPage { tree }),
        Markup::Html => RenderedPage::from_template(XHTML, &StatsHtmlPage { tree }),
    }
}

/// Renders a form for the title as XHTML. As XML, the page only confirms that the mount exists.
pub fn update_metadata(markup: Markup, station: &StationSnapshot) -> RenderedPage {
    let mount = station.mount.as_str();
    match markup {
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
