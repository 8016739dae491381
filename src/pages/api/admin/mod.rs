//! The resources of the API below `/api/v1/admin/`, for administrators.

mod audience;
mod bans;
mod conversion;
mod listeners;
mod log;
mod rendition;
mod stations;

use audience::AudienceJson;
use bans::BansJson;
use conversion::{LeftOutJson, WorkersJson};
use listeners::StationListenersJson;
use log::LogJson;
use stations::AdminStationsJson;

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
    Listeners(StationRef, Pagination),
    /// The files of a station that are left out.
    LeftOut(StationRef),
    /// The encode workers.
    Workers,
    /// The listener history of the last 24 hours.
    Audience,
    /// The bans.
    Bans,
    /// The lines of the log with a sequence number above this.
    Log(u64),
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pagination {
    /// Only entries with an id above this.
    pub after: u64,
    /// Maximum number of entries.
    pub limit: usize,
}

impl ApiAdminPage {
    /// Parses `path` and the parameters in `form`.
    ///
    /// # Errors
    /// There is no such resource, the path is an action and needs a POST, or a number is invalid.
    pub fn from_path(path: &str, form: &FormData) -> Result<Self, AdminRefusal> {
        match AdminRoute::parse(path).ok_or(AdminRefusal::NotFound)? {
            AdminRoute::Stations => Ok(Self::Stations),
            AdminRoute::Listeners(station) => Ok(Self::Listeners(station, Pagination::from_form(form)?)),
            AdminRoute::LeftOut(station) => Ok(Self::LeftOut(station)),
            AdminRoute::Workers => Ok(Self::Workers),
            AdminRoute::ListenerHistory => Ok(Self::Audience),
            AdminRoute::Log => Ok(Self::Log(Pagination::from_form(form)?.after)),
            AdminRoute::Bans => Ok(Self::Bans),
            AdminRoute::Unban | AdminRoute::Action(..) => Err(AdminRefusal::OnlyPost),
        }
    }

    /// Returns the station of the resource, or the default station if the resource is not about a station.
    pub fn station(&self) -> StationRef {
        match self {
            Self::Stations | Self::Workers | Self::Audience | Self::Bans | Self::Log(_) => {
                StationRef::Default
            }
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
            Self::Listeners(..) => json(&StationListenersJson::new(snapshot, &station?.public)),
        })
    }
}

impl Pagination {
    /// The complete list.
    pub const ALL: Self = Self { after: 0, limit: usize::MAX };

    fn from_form(form: &FormData) -> Result<Self, AdminRefusal> {
        let number = |name| form.non_empty_text(name).map(|text| text.parse::<u64>()).transpose();
        let invalid = |_| AdminRefusal::InvalidNumber;
        let limit = number("limit").map_err(invalid)?.map_or(usize::MAX, |limit| limit as usize);
        Ok(Self { after: number("after").map_err(invalid)?.unwrap_or(0), limit })
    }
}

#[cfg(test)]
mod tests;
