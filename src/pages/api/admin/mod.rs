//! The resources of the API below `/api/v1/admin/`, for administrators.

mod audience;
mod bans;
mod certificates;
mod conversion;
mod listener_query;
mod listeners;
mod log;
mod parameters;
mod reload;
mod rendition;
mod stations;

use audience::AudienceJson;
use bans::BansJson;
use certificates::CertificatesJson;
use conversion::{LeftOutJson, WorkersJson};
use listeners::StationListenersJson;
use log::LogJson;
use reload::{LastReloadJson, SettingsJson};
use stations::AdminStationsJson;

pub use listener_query::ListenerQuery;
pub use parameters::{LogPosition, Pagination};

use super::json;
use crate::http::admin::api::AdminRoute;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::pages::{AdminSnapshot, AdminStation, RenderedPage};

/// A resource of the API that needs a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiAdminPage {
    /// All stations with their inputs.
    Stations,
    /// The listeners of a station.
    Listeners(StationRef, ListenerQuery),
    /// The files of a station that are left out.
    LeftOut(StationRef),
    /// The encode workers.
    Workers,
    /// The listener history of the last 24 hours.
    Audience,
    /// The bans.
    Bans,
    /// The lines of the log since a request.
    Log(LogPosition),
    /// The last reload of the configuration.
    LastReload,
    /// The settings that apply.
    Settings,
    /// The certificates.
    Certificates,
}

impl ApiAdminPage {
    /// Parses `path` and the parameters in `form`.
    ///
    /// # Errors
    /// There is no such resource, the path is an action and needs a POST, or a number is invalid.
    pub fn from_path(path: &str, form: &FormData) -> Result<Self, AdminRefusal> {
        match AdminRoute::parse(path).ok_or(AdminRefusal::NotFound)? {
            AdminRoute::Stations => Ok(Self::Stations),
            AdminRoute::Listeners(station) => Ok(Self::Listeners(station, ListenerQuery::from_form(form)?)),
            AdminRoute::LeftOut(station) => Ok(Self::LeftOut(station)),
            AdminRoute::Workers => Ok(Self::Workers),
            AdminRoute::ListenerHistory => Ok(Self::Audience),
            AdminRoute::Log => Ok(Self::Log(LogPosition::from_form(form)?)),
            AdminRoute::Bans => Ok(Self::Bans),
            AdminRoute::Reload => Ok(Self::LastReload),
            AdminRoute::Settings => Ok(Self::Settings),
            AdminRoute::Certificates => Ok(Self::Certificates),
            AdminRoute::Unban | AdminRoute::Action(..) => Err(AdminRefusal::OnlyPost),
        }
    }

    /// Returns the station of the resource, or the default station if the resource is not about a station.
    pub fn station(&self) -> StationRef {
        match self {
            Self::Stations
            | Self::Workers
            | Self::Audience
            | Self::Bans
            | Self::Log(_)
            | Self::LastReload
            | Self::Settings
            | Self::Certificates => StationRef::Default,
            Self::Listeners(station, _) | Self::LeftOut(station) => station.clone(),
        }
    }

    /// Renders the resource about `station`, for a client that reached the server at `base`. Returns `None`
    /// if the resource needs a station and `station` is `None`.
    pub fn render(
        &self,
        snapshot: &AdminSnapshot,
        station: Option<&AdminStation>,
        base: &str,
    ) -> Option<RenderedPage> {
        Some(match self {
            Self::Stations => json(&AdminStationsJson::new(snapshot, base)),
            Self::LeftOut(_) => json(&LeftOutJson::new(snapshot, station?)),
            Self::Workers => json(&WorkersJson::new(snapshot)),
            Self::Audience => json(&AudienceJson::new(snapshot)),
            Self::Bans => json(&BansJson::new(snapshot)),
            Self::Log(_) => json(&LogJson::new(snapshot)),
            Self::LastReload => json(&LastReloadJson::new(snapshot)),
            Self::Settings => json(&SettingsJson::new(snapshot)),
            Self::Certificates => json(&CertificatesJson::new(snapshot)),
            Self::Listeners(_, query) => json(&StationListenersJson::new(snapshot, &station?.public, query)),
        })
    }
}

#[cfg(test)]
mod tests;
