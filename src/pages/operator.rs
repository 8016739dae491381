//! What an operator may look at, and nobody else.

use super::{Facts, Inside, Shown, StationFacts, dnas, icecast, web};
use crate::http::admin::{Needs, Style};
use crate::http::admin_reply::AdminRefusal;
use crate::http::form::Form;
use crate::http::request::{Method, Request};

/// A page that takes a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorPage {
    /// One of `/admin.cgi`.
    Dnas(dnas::OperatorPage),
    /// One of those below `/admin/`.
    Icecast(icecast::OperatorPage),
    /// The one for people.
    Web(web::OperatorPage),
}

impl OperatorPage {
    /// The page that `request`, for an [admin path](crate::http::admin::is_admin_path), asks for; `None` where it asks for
    /// something to be done, or for nothing that there is.
    ///
    /// # Errors
    /// It does not say what is to be seen.
    pub fn of(request: &Request, form: &Form) -> Option<Result<Self, AdminRefusal>> {
        if !matches!(request.method, Method::Get | Method::Head | Method::Post) {
            return None;
        }
        if let Some(page) = web::OperatorPage::of(&request.path) {
            return Some(Ok(Self::Web(page)));
        }
        match Style::of(&request.path) {
            Style::Dnas => dnas::OperatorPage::of(form).map(|page| Ok(Self::Dnas(page))),
            Style::Icecast | Style::IcecastHtml => {
                icecast::OperatorPage::of(&request.path, form).map(|page| page.map(Self::Icecast))
            }
            Style::Api => None,
        }
    }

    /// Whose password it takes.
    pub fn needs(&self) -> Needs {
        match self {
            Self::Dnas(_) | Self::Web(_) => Needs::Admin,
            Self::Icecast(page) => page.needs(),
        }
    }

    /// The page as of `facts` and what is `inside`, about `station`. `base` is as for [`Page::render`](super::Page::render).
    pub fn render(&self, facts: &Facts, inside: &Inside, station: &StationFacts, base: &str) -> Shown {
        match self {
            Self::Dnas(page) => page.render(inside),
            Self::Icecast(page) => page.render(facts, inside, station, base),
            Self::Web(page) => page.render(),
        }
    }
}
