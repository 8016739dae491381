//! What an operator may look at, and nobody else.

use super::{AdminSnapshot, AdminStation, RenderedPage, api, dnas, icecast, web};
use crate::http::admin::reply::AdminRefusal;
use crate::http::admin::{AdminFormat, RequiredAccess};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};

/// A page that takes a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorPage {
    /// One of `/admin.cgi`.
    Dnas(dnas::DnasOperatorPage),
    /// One of those below `/admin/`.
    Icecast(icecast::IcecastOperatorPage),
    /// The one for people.
    Web(web::WebOperatorPage),
    /// One of our own API.
    Api(api::ApiOperatorPage),
}

impl OperatorPage {
    /// The page that `request`, for an [admin path](crate::http::admin::is_admin_path), asks for; `None` where it asks for
    /// something to be done, or for nothing that there is.
    ///
    /// # Errors
    /// It does not say what is to be seen.
    pub fn from_request(request: &Request, form: &FormData) -> Option<Result<Self, AdminRefusal>> {
        if !matches!(request.method, Method::Get | Method::Head | Method::Post) {
            return None;
        }
        if let Some(page) = web::WebOperatorPage::from_path(&request.path) {
            return Some(Ok(Self::Web(page)));
        }
        match AdminFormat::from_path(&request.path) {
            AdminFormat::Dnas => dnas::DnasOperatorPage::from_form(form).map(|page| Ok(Self::Dnas(page))),
            AdminFormat::Icecast | AdminFormat::IcecastHtml => {
                icecast::IcecastOperatorPage::from_path(&request.path, form)
                    .map(|page| page.map(Self::Icecast))
            }
            // What is looked at there has no form to send, so that a POST is for what is to be done.
            AdminFormat::Api if request.method == Method::Post => None,
            AdminFormat::Api => Some(api::ApiOperatorPage::from_path(&request.path, form).map(Self::Api)),
        }
    }

    /// The station that it is about, where its path says so and no parameter.
    pub fn station(&self) -> Option<StationRef> {
        match self {
            Self::Dnas(_) | Self::Icecast(_) | Self::Web(_) => None,
            Self::Api(page) => Some(page.station()),
        }
    }

    /// Whether it is a script, which a page of another site could run and learn from.
    pub fn is_script(&self) -> bool {
        matches!(self, Self::Dnas(page) if page.is_script())
    }

    /// Whose password it takes.
    pub fn needs(&self) -> RequiredAccess {
        match self {
            Self::Dnas(_) | Self::Web(_) | Self::Api(_) => RequiredAccess::Admin,
            Self::Icecast(page) => page.needs(),
        }
    }

    /// The page, made of `snapshot`, about `station`; `None` if the page needs a station and there is none. `base` is as for
    /// [`Page::render`](super::Page::render).
    pub fn render(
        &self,
        snapshot: &AdminSnapshot,
        station: Option<&AdminStation>,
        base: &str,
    ) -> Option<RenderedPage> {
        match self {
            Self::Dnas(page) => page.render(snapshot, station, base),
            Self::Icecast(page) => page.render(snapshot, station, base),
            Self::Web(page) => Some(page.render()),
            Self::Api(page) => page.render(snapshot, station, base),
        }
    }
}
