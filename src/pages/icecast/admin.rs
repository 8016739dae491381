//! Icecast's pages below `/admin/`.

use super::listing;
use super::m3u;
use super::markup::Markup;
use super::stats_pages;
use super::stats_tree::StatsTree;
use crate::http::admin::RequiredAccess;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::pages::{AdminSnapshot, AdminStation, RenderedPage};

/// An admin page of Icecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IcecastAdminPage {
    /// `stats`: statistics of the server, and of all sources or one.
    Stats(Markup, StationRef),
    /// `listmounts` and `streamlist`: the sources.
    Mounts(Markup),
    /// `streamlist.txt`: the paths of the sources for relays, one on a line.
    Paths,
    /// `listclients`: the listeners of a mount.
    Clients(Markup),
    /// `updatemetadata`: a form for the title of a mount.
    UpdateMetadata(Markup),
    /// `moveclients` without a destination: the mounts to which the listeners of a mount can be moved.
    Destinations(Markup),
    /// `buildm3u`: a playlist with user and password in the URL.
    M3u {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
}

impl IcecastAdminPage {
    /// Returns the page at `path`, if there is one.
    ///
    /// # Errors
    /// A required parameter is missing, or coldwave does not support the page.
    pub fn from_path(path: &str, form: &FormData) -> Option<Result<Self, AdminRefusal>> {
        let name = path.strip_prefix("/admin/")?;
        let (name, markup) =
            name.strip_suffix(".xsl").map_or((name, Markup::Xml), |name| (name, Markup::Html));
        Some(match name {
            "stats" | "stats.xml" => Ok(Self::Stats(markup, form.station())),
            "listmounts" | "streamlist" => Ok(Self::Mounts(markup)),
            "streamlist.txt" => Ok(Self::Paths),
            "listclients" => on_mount(form, || Ok(Self::Clients(markup))),
            "updatemetadata" => on_mount(form, || Ok(Self::UpdateMetadata(markup))),
            "moveclients" if form.non_empty_text("destination").is_none() => {
                on_mount(form, || Ok(Self::Destinations(markup)))
            }
            "buildm3u" => on_mount(form, || Self::m3u(form)),
            "fallbacks" => on_mount(form, || Err(AdminRefusal::NoFallbacks)),
            "manageauth" => on_mount(form, || Err(AdminRefusal::NoListenerAccounts)),
            _ => return None,
        })
    }

    fn m3u(form: &FormData) -> Result<Self, AdminRefusal> {
        let required = |name| form.non_empty_text(name).ok_or(AdminRefusal::MissingParameter);
        Ok(Self::M3u { user: required("username")?, password: required("password")? })
    }

    /// Returns the access that the page requires. The list of paths is public, because the paths are on
    /// public pages as well.
    pub fn required_access(&self) -> RequiredAccess {
        match self {
            Self::Paths | Self::M3u { .. } => RequiredAccess::Public,
            Self::UpdateMetadata(_) => RequiredAccess::Source,
            Self::Stats(_, StationRef::Default) | Self::Mounts(_) | Self::Destinations(_) => {
                RequiredAccess::Admin
            }
            Self::Stats(..) | Self::Clients(_) => RequiredAccess::StationAccount,
        }
    }

    /// Returns whether the page lists the listeners of the station.
    pub fn has_listeners(&self) -> bool {
        matches!(self, Self::Clients(_))
    }

    /// Renders the page about `station`, for a client that reached the server at `base`. Returns `None` if
    /// the page requires a station and `station` is `None`.
    pub fn render(
        &self,
        snapshot: &AdminSnapshot,
        station: Option<&AdminStation>,
        base: &str,
    ) -> Option<RenderedPage> {
        let public = &snapshot.public;
        let station = station.map(|station| &station.public);
        Some(match self {
            Self::Stats(markup, station_ref) => {
                stats_pages::stats(*markup, &StatsTree::from_admin_snapshot(snapshot, station_ref, base))
            }
            Self::Mounts(markup) => listing::mounts(*markup, public),
            Self::Paths => listing::paths(public),
            Self::Clients(markup) => listing::clients(*markup, snapshot, station?),
            Self::UpdateMetadata(markup) => stats_pages::update_metadata(*markup, station?),
            Self::Destinations(markup) => listing::destinations(*markup, public, station?),
            Self::M3u { user, password } => m3u::render(public, station?, base, user, password),
        })
    }
}

/// Calls `page`, or returns an error if the request names no mount.
fn on_mount(
    form: &FormData,
    page: impl FnOnce() -> Result<IcecastAdminPage, AdminRefusal>,
) -> Result<IcecastAdminPage, AdminRefusal> {
    if form.station() == StationRef::Default { Err(AdminRefusal::MissingParameter) } else { page() }
}

#[cfg(test)]
mod tests;
