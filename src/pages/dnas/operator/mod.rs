//! What `/admin.cgi` shows (protocol-notes/pages-shoutcast-admin.md).

mod ban_lists;
mod listeners;
mod log;
mod page;
mod station;
mod view;

pub use ban_lists::BanListPage;
pub use view::ViewPage;

use super::output_format::OutputFormat;
use super::{fields, played};
use crate::http::request::form::FormData;
use crate::pages::{AdminSnapshot, AdminStation, RenderedPage};

/// One of its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnasOperatorPage {
    /// Without `mode`: the page for people, which is elsewhere.
    Home,
    /// `viewxml` and `viewjson`: what there is to know of a station.
    View(ViewPage, OutputFormat),
    /// `viewban`, `bannedlist` and their like: who is not let in.
    Bans(BanListPage),
    /// `viewlog`: the last lines of the log, as a page or as text.
    Log(log::LogFormat),
    /// `history`: what was on the air.
    History,
    /// `ypstatus`: how stations stand with SHOUTcast's directory.
    YpStatus(OutputFormat),
    /// `art`: a picture, which is elsewhere.
    Art(&'static str),
}

impl DnasOperatorPage {
    /// The page that is asked for, if there is one.
    pub fn from_form(form: &FormData) -> Option<Self> {
        let Some(mode) = form.non_empty_text("mode") else { return Some(Self::Home) };
        Some(match mode.as_str() {
            "viewxml" => Self::View(ViewPage::from_form(form), OutputFormat::Xml),
            "viewjson" => Self::View(ViewPage::from_form(form), json_format(form)),
            "viewlog" => Self::Log(log::LogFormat::from_form(form)),
            "history" => Self::History,
            "ypstatus" => Self::YpStatus(OutputFormat::from_type(form).unwrap_or(OutputFormat::Xml)),
            "art" if form.text("art").as_deref() == Some("playing") => Self::Art("/playingart"),
            "art" => Self::Art("/streamart"),
            list => Self::Bans(BanListPage::from_mode(list)?),
        })
    }

    /// Whether it is a script, which a page of another site can run with a password that a browser remembers.
    pub fn is_script(&self) -> bool {
        matches!(self, Self::View(_, OutputFormat::Jsonp(_)) | Self::YpStatus(OutputFormat::Jsonp(_)))
    }

    /// The page about `station`, for a client that reached the server at `base`; `None` if it needs a station and there is
    /// none.
    pub fn render(
        &self,
        snapshot: &AdminSnapshot,
        station: Option<&AdminStation>,
        base: &str,
    ) -> Option<RenderedPage> {
        Some(match self {
            Self::Home => RenderedPage::redirect_to(format!("{base}/admin/")),
            Self::View(view, shape) => view.render(snapshot, station?, shape),
            Self::Bans(list) => list.render(snapshot),
            Self::Log(form) => form.render(snapshot),
            Self::History => played::render_page(&snapshot.public, &station?.public),
            Self::YpStatus(shape) => station::yp_status(&snapshot.public, shape),
            Self::Art(path) => RenderedPage::redirect_to(format!("{base}{path}?sid={}", station?.public.id)),
        })
    }
}

/// JSON where nothing else is asked for.
fn json_format(form: &FormData) -> OutputFormat {
    match OutputFormat::from_form(form) {
        OutputFormat::Xml => OutputFormat::Json,
        script => script,
    }
}

#[cfg(test)]
mod tests;
