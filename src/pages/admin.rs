//! The pages that need the password of an administrator.

use super::{AdminSnapshot, AdminStation, RenderedPage, api, dnas, icecast, web};
use crate::http::admin::reply::AdminRefusal;
use crate::http::admin::{AdminFormat, RequiredAccess};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};

/// A page that needs a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminPage {
    /// A page of `/admin.cgi`.
    Dnas(dnas::DnasAdminPage),
    /// A page of Icecast below `/admin/`.
    Icecast(icecast::IcecastAdminPage),
    /// The web page `/admin/`.
    Web(web::WebAdminPage),
    /// A resource of coldwave's own API.
    Api(api::ApiAdminPage),
}

impl AdminPage {
    /// Returns the page that `request` asks for. Its path must be an [admin
    /// path](crate::http::admin::is_admin_path). Returns `None` if the request is an action, or if there is
    /// no such page.
    ///
    /// # Errors
    /// A parameter of the page is missing or invalid.
    pub fn from_request(request: &Request, form: &FormData) -> Option<Result<Self, AdminRefusal>> {
        if !matches!(request.method, Method::Get | Method::Head | Method::Post) {
            return None;
        }
        if let Some(page) = web::WebAdminPage::from_path(&request.path) {
            return Some(Ok(Self::Web(page)));
        }
        match AdminFormat::from_path(&request.path) {
            AdminFormat::Dnas => dnas::DnasAdminPage::from_form(form).map(|page| Ok(Self::Dnas(page))),
            AdminFormat::Icecast | AdminFormat::IcecastHtml => {
                icecast::IcecastAdminPage::from_path(&request.path, form).map(|page| page.map(Self::Icecast))
            }
            // The pages of the API take no form, so every POST is an action.
            AdminFormat::Api if request.method == Method::Post => None,
            AdminFormat::Api => Some(api::ApiAdminPage::from_path(&request.path, form).map(Self::Api)),
        }
    }

    /// Returns the station of the page, if its path and not a parameter names it.
    pub fn station(&self) -> Option<StationRef> {
        match self {
            Self::Dnas(_) | Self::Icecast(_) | Self::Web(_) => None,
            Self::Api(page) => Some(page.station()),
        }
    }

    /// Returns whether the page is a script, which a page of another site could load to read the data in it.
    pub fn is_script(&self) -> bool {
        matches!(self, Self::Dnas(page) if page.is_script())
    }

    /// Returns whose password the page needs.
    pub fn needs(&self) -> RequiredAccess {
        match self {
            Self::Dnas(_) | Self::Web(_) | Self::Api(_) => RequiredAccess::Admin,
            Self::Icecast(page) => page.needs(),
        }
    }

    /// Renders the page about `station` from `snapshot`. Returns `None` if the page needs a station and
    /// `station` is `None`. `base` is the same as for [`Page::render`](super::Page::render).
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
