//! What `/admin.cgi` shows (protocol-notes/pages-shoutcast-admin.md).

mod listeners;
mod lists;
mod log;
mod page;
mod station;
mod view;

pub use lists::List;
pub use view::View;

use super::shape::Shape;
use super::{fields, played};
use crate::http::request::form::FormData;
use crate::pages::{AdminSnapshot, AdminStation, Shown};

/// One of its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorPage {
    /// Without `mode`: the page for people, which is elsewhere.
    Home,
    /// `viewxml` and `viewjson`: what there is to know of a station.
    View(View, Shape),
    /// `viewban`, `bannedlist` and their like: who is not let in.
    Bans(List),
    /// `viewlog`: the last lines of the log, as a page or as text.
    Log(log::Form),
    /// `history`: what was on the air.
    History,
    /// `ypstatus`: how stations stand with SHOUTcast's directory.
    YpStatus(Shape),
    /// `art`: a picture, which is elsewhere.
    Art(&'static str),
}

impl OperatorPage {
    /// The page that is asked for, if there is one.
    pub fn of(form: &FormData) -> Option<Self> {
        let Some(mode) = form.non_empty_text("mode") else { return Some(Self::Home) };
        Some(match mode.as_str() {
            "viewxml" => Self::View(View::of(form), Shape::Xml),
            "viewjson" => Self::View(View::of(form), json_shape(form)),
            "viewlog" => Self::Log(log::Form::of(form)),
            "history" => Self::History,
            "ypstatus" => Self::YpStatus(Shape::of_type(form).unwrap_or(Shape::Xml)),
            "art" if form.text("art").as_deref() == Some("playing") => Self::Art("/playingart"),
            "art" => Self::Art("/streamart"),
            list => Self::Bans(List::of(list)?),
        })
    }

    /// Whether it is a script, which a page of another site can run with a password that a browser remembers.
    pub fn is_script(&self) -> bool {
        matches!(self, Self::View(_, Shape::Script(_)) | Self::YpStatus(Shape::Script(_)))
    }

    /// The page about `station`, for a client that reached the server at `base`; `None` if it needs a station and there is
    /// none.
    pub fn render(
        &self,
        snapshot: &AdminSnapshot,
        station: Option<&AdminStation>,
        base: &str,
    ) -> Option<Shown> {
        Some(match self {
            Self::Home => Shown::found_at(format!("{base}/admin/")),
            Self::View(view, shape) => view.show(snapshot, station?, shape),
            Self::Bans(list) => list.show(snapshot),
            Self::Log(form) => form.show(snapshot),
            Self::History => played::page(&snapshot.public, &station?.public),
            Self::YpStatus(shape) => station::yp_status(&snapshot.public, shape),
            Self::Art(path) => Shown::found_at(format!("{base}{path}?sid={}", station?.public.id)),
        })
    }
}

/// JSON where nothing else is asked for.
fn json_shape(form: &FormData) -> Shape {
    match Shape::of(form) {
        Shape::Xml => Shape::Json,
        script => script,
    }
}

#[cfg(test)]
mod tests;
