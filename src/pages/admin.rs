//! The pages that need the password of an administrator.

use super::{AdminSnapshot, AdminStation, RenderedPage, api, dnas, icecast, web};
use crate::http::admin::reply::AdminRefusal;
use crate::http::admin::{AdminFormat, RequiredAccess};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};

/// A page that requires a password.
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
    /// Returns the page that `request` is for. Its path must be an [admin
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

    /// Returns the station of the page, if the path names it; `None` if a parameter names it.
    pub fn station(&self) -> Option<StationRef> {
        match self {
            Self::Dnas(_) | Self::Icecast(_) | Self::Web(_) => None,
            Self::Api(page) => Some(page.station()),
        }
    }

    /// Returns whether the page is a script. A page of another site could load such a page as a script and
    /// read its data.
    pub fn is_script(&self) -> bool {
        matches!(self, Self::Dnas(page) if page.is_script())
    }

    /// Returns the part of the listeners of its station that the page needs; `None` if it lists none.
    pub fn listed_listeners(&self) -> Option<api::Pagination> {
        match self {
            Self::Dnas(dnas::DnasAdminPage::View(view, _)) if view.has_listeners() => {
                Some(api::Pagination::ALL)
            }
            Self::Icecast(page) if page.has_listeners() => Some(api::Pagination::ALL),
            Self::Api(api::ApiAdminPage::Listeners(_, query)) => Some(query.gathered()),
            _ => None,
        }
    }

    /// Returns the access that the page requires.
    pub fn required_access(&self) -> RequiredAccess {
        match self {
            Self::Dnas(_) | Self::Web(_) | Self::Api(_) => RequiredAccess::Admin,
            Self::Icecast(page) => page.required_access(),
        }
    }

    /// Renders the page about `station` from `snapshot`. Returns `None` if the page requires a station and
    /// `station` is `None`. `base` is the same as for [`Page::render`](super::Page::render).
    pub fn render(
        &self,
        snapshot: &AdminSnapshot,
        station: Option<&AdminStation>,
        base: &str,
    ) -> Option<RenderedPage> {
        let shown = snapshot.without_links_to(base);
        let id = station.map(|station| station.public.id);
        let (snapshot, station) = (&*shown, id.and_then(|id| shown.find(&StationRef::Id(id))));
        match self {
            Self::Dnas(page) => page.render(snapshot, station, base),
            Self::Icecast(page) => page.render(snapshot, station, base),
            Self::Web(page) => Some(page.render()),
            Self::Api(page) => page.render(snapshot, station, base),
        }
    }
}
