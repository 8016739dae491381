//! The pages of `/admin.cgi` (protocol-notes/pages-shoutcast-admin.md).

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

/// A page of `/admin.cgi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnasAdminPage {
    /// Without `mode`: a redirect to the admin page `/admin/`.
    Home,
    /// `viewxml` and `viewjson`: data of a station.
    View(ViewPage, OutputFormat),
    /// `viewban`, `bannedlist` and similar: the bans.
    Bans(BanListPage),
    /// `viewlog`: the last lines of the log, as HTML or as text.
    Log(log::LogFormat),
    /// `history`: the title history of a station.
    History,
    /// `ypstatus`: the status of all stations in SHOUTcast's directory.
    YpStatus(OutputFormat),
    /// `art`: a redirect to the artwork page at this path.
    Art(&'static str),
}

impl DnasAdminPage {
    /// Returns the page that the parameters in `form` select, if there is one.
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

    /// Returns whether the page is a script. A page of another site can load it with the password that is
    /// stored in the browser.
    pub fn is_script(&self) -> bool {
        matches!(self, Self::View(_, OutputFormat::Jsonp(_)) | Self::YpStatus(OutputFormat::Jsonp(_)))
    }

    /// Renders the page about `station`, for a client that reached the server at `base`. Returns `None` if
    /// the page needs a station and `station` is `None`.
    pub fn render(
        &self,
        snapshot: &AdminSnapshot,
        station: Option<&AdminStation>,
        base: &str,
    ) -> Option<RenderedPage> {
        Some(match self {
            Self::Home => RenderedPage::redirect_to(format!("{base}/admin/")),
            Self::View(view, format) => view.render(snapshot, station?, format),
            Self::Bans(list) => list.render(snapshot),
            Self::Log(format) => format.render(snapshot),
            Self::History => played::render_page(&snapshot.public, &station?.public),
            Self::YpStatus(format) => station::yp_status(&snapshot.public, format),
            Self::Art(path) => RenderedPage::redirect_to(format!("{base}{path}?sid={}", station?.public.id)),
        })
    }
}

/// Returns the requested format of `viewjson`; the default is JSON.
fn json_format(form: &FormData) -> OutputFormat {
    match OutputFormat::from_form(form) {
        OutputFormat::Xml => OutputFormat::Json,
        other => other,
    }
}

#[cfg(test)]
mod tests;
