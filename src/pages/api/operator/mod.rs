//! What our own API shows to operators alone, below `/api/v1/admin/`.

mod audience;
mod bans;
mod listeners;
mod log;
mod stations;

use audience::AudienceJson;
use bans::BansJson;
use listeners::StationListenersJson;
use log::LogJson;
use stations::AdminStationsJson;

use super::json;
use crate::http::admin::api::AdminRoute;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::pages::{AdminSnapshot, AdminStation, RenderedPage};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiOperatorPage {
    /// All stations, and what feeds them.
    Stations,
    /// Whoever listens to a station.
    Listeners(StationRef, Pagination),
    /// How many listeners there were in the last 24 hours.
    Audience,
    /// Who is not let in.
    Bans,
    /// The lines of the log after the one with this number.
    Log(u64),
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pagination {
    /// Only what has an id above this.
    pub after: u64,
    /// At most so many.
    pub limit: usize,
}

impl ApiOperatorPage {
    /// What is at `path`.
    ///
    /// # Errors
    /// There is nothing, or something that is done and not looked at, or a number is none.
    pub fn from_path(path: &str, form: &FormData) -> Result<Self, AdminRefusal> {
        match AdminRoute::parse(path).ok_or(AdminRefusal::NotFound)? {
            AdminRoute::Stations => Ok(Self::Stations),
            AdminRoute::Listeners(station) => Ok(Self::Listeners(station, Pagination::from_form(form)?)),
            AdminRoute::ListenerHistory => Ok(Self::Audience),
            AdminRoute::Log => Ok(Self::Log(Pagination::from_form(form)?.after)),
            AdminRoute::Bans => Ok(Self::Bans),
            AdminRoute::Unban | AdminRoute::Action(..) => Err(AdminRefusal::OnlyPost),
        }
    }

    /// The station that it is about; of what is about none, any.
    pub fn station(&self) -> StationRef {
        match self {
            Self::Stations | Self::Audience | Self::Bans | Self::Log(_) => StationRef::Default,
            Self::Listeners(station, _) => station.clone(),
        }
    }

    /// The answer about `station`, for a client that reached the server at `base`; `None` if it needs a station and there is
    /// none.
    pub fn render(
        &self,
        snapshot: &AdminSnapshot,
        station: Option<&AdminStation>,
        base: &str,
    ) -> Option<RenderedPage> {
        Some(match self {
            Self::Stations => json(&AdminStationsJson::new(snapshot, base)),
            Self::Audience => json(&AudienceJson::new(snapshot)),
            Self::Bans => json(&BansJson::new(snapshot)),
            Self::Log(_) => json(&LogJson::new(snapshot)),
            Self::Listeners(..) => json(&StationListenersJson::new(snapshot, &station?.public)),
        })
    }
}

impl Pagination {
    /// All of it.
    pub const ALL: Self = Self { after: 0, limit: usize::MAX };

    fn from_form(form: &FormData) -> Result<Self, AdminRefusal> {
        let number = |name| form.non_empty_text(name).map(|text| text.parse::<u64>()).transpose();
        let bad = |_| AdminRefusal::InvalidNumber;
        let limit = number("limit").map_err(bad)?.map_or(usize::MAX, |limit| limit as usize);
        Ok(Self { after: number("after").map_err(bad)?.unwrap_or(0), limit })
    }
}

#[cfg(test)]
mod tests;
