//! Those below `/admin/`.

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

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IcecastOperatorPage {
    /// `stats`: all that there is to know of the server, and of all sources or one.
    Stats(Markup, StationRef),
    /// `listmounts` and `streamlist`: the sources.
    Mounts(Markup),
    /// `streamlist.txt`: the sources as relays want them, a path on a line.
    Paths,
    /// `listclients`: whoever listens to a mount.
    Clients(Markup),
    /// `updatemetadata`: something to set the title of a mount with.
    UpdateMetadata(Markup),
    /// `moveclients` without a destination: where the listeners of a mount can be moved to.
    Destinations(Markup),
    /// `buildm3u`: where a mount is, with a name and a password.
    M3u {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
}

impl IcecastOperatorPage {
    /// The page at `path`, if there is one.
    ///
    /// # Errors
    /// It has to say of which mount, and does not; or there can be no such thing here.
    pub fn from_path(path: &str, form: &FormData) -> Option<Result<Self, AdminRefusal>> {
        let name = path.strip_prefix("/admin/")?;
        let (name, look) = name.strip_suffix(".xsl").map_or((name, Markup::Xml), |name| (name, Markup::Html));
        Some(match name {
            "stats" | "stats.xml" => Ok(Self::Stats(look, form.station())),
            "listmounts" | "streamlist" => Ok(Self::Mounts(look)),
            "streamlist.txt" => Ok(Self::Paths),
            "listclients" => on_mount(form, || Ok(Self::Clients(look))),
            "updatemetadata" => on_mount(form, || Ok(Self::UpdateMetadata(look))),
            "moveclients" if form.non_empty_text("destination").is_none() => {
                on_mount(form, || Ok(Self::Destinations(look)))
            }
            "buildm3u" => on_mount(form, || Self::m3u(form)),
            "fallbacks" => on_mount(form, || Err(AdminRefusal::NoFallbacks)),
            "manageauth" => on_mount(form, || Err(AdminRefusal::NoListenerAccounts)),
            _ => return None,
        })
    }

    fn m3u(form: &FormData) -> Result<Self, AdminRefusal> {
        let given = |name| form.non_empty_text(name).ok_or(AdminRefusal::MissingParameter);
        Ok(Self::M3u { user: given("username")?, password: given("password")? })
    }

    /// Whose password it takes. The paths of streams are on pages that everybody sees; so relays that are told of them need
    /// none.
    pub fn needs(&self) -> RequiredAccess {
        match self {
            Self::Paths | Self::M3u { .. } => RequiredAccess::Public,
            Self::UpdateMetadata(_) => RequiredAccess::Source,
            Self::Stats(..) | Self::Mounts(_) | Self::Clients(_) | Self::Destinations(_) => {
                RequiredAccess::Admin
            }
        }
    }

    /// Whether all who listen to the station are on it.
    pub fn has_listeners(&self) -> bool {
        matches!(self, Self::Clients(_))
    }

    /// The page about `station`, for a client that reached the server at `base`; `None` if it needs a station and there is
    /// none.
    pub fn render(
        &self,
        snapshot: &AdminSnapshot,
        station: Option<&AdminStation>,
        base: &str,
    ) -> Option<RenderedPage> {
        let public = &snapshot.public;
        let station = station.map(|station| &station.public);
        Some(match self {
            Self::Stats(look, which) => {
                stats_pages::stats(*look, &StatsTree::from_admin_snapshot(snapshot, which, base))
            }
            Self::Mounts(look) => listing::mounts(*look, public),
            Self::Paths => listing::paths(public),
            Self::Clients(look) => listing::clients(*look, snapshot, station?),
            Self::UpdateMetadata(look) => stats_pages::update_metadata(*look, station?),
            Self::Destinations(look) => listing::destinations(*look, public, station?),
            Self::M3u { user, password } => m3u::render(base, &station?.mount, user, password),
        })
    }
}

fn on_mount(
    form: &FormData,
    page: impl FnOnce() -> Result<IcecastOperatorPage, AdminRefusal>,
) -> Result<IcecastOperatorPage, AdminRefusal> {
    if form.station() == StationRef::Default { Err(AdminRefusal::MissingParameter) } else { page() }
}

#[cfg(test)]
mod tests;
