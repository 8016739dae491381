//! The station that a source or an administrator names, and what happens if no station has that name.

use crate::http::request::station_ref::StationRef;
use crate::http::source::login::{LineInterpretation, PasswordLine};
use crate::log_limiter::warn_limited;
use crate::router::find_named;
use crate::server::state::access::accounts::source_login;
use crate::server::state::access::login_attempt::AccountRef;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::SourceUser;
use crate::station::StationKey;
use crate::time::Time;

/// The most mounts that a line of the log lists.
const LISTED_MOUNTS_MAX: usize = 10;

impl Server {
    /// Returns the user that a password line names, if the station that it names has such a user: the name of
    /// another may be a part of a password.
    pub(in crate::server) fn user_of_line(&self, line: &PasswordLine) -> Option<String> {
        line.interpretations().find_map(|LineInterpretation { station, user, .. }| {
            let key = self.source_station(&station).map(|key| self.stations.programme(key));
            let user = user?;
            match self.source_account(key, user) {
                AccountRef::Source { user, .. } if !user.is_empty() => Some(user.to_string()),
                _ => None,
            }
        })
    }

    /// Returns the station that an administrator names, in any spelling that a source may use too.
    pub(in crate::server) fn named_station(&self, named: &StationRef) -> Option<StationKey> {
        find_named(named, &|which| self.stations.find(which))
    }

    /// Returns the station that a source names in its login or with a title. If it names none, it is the
    /// first configured one that accepts sources. Where sources create stations, `/stream` is a mount like
    /// others: with the one password of an Icecast it would otherwise replace another programme.
    pub(in crate::server) fn source_station(&self, named: &StationRef) -> Option<StationKey> {
        if named.is_stream_path() && self.unlisted.settings.is_some() {
            return self.stations.find(named).or_else(|| self.stations.find_awaiting("/stream"));
        }
        let first = || self.stations.first_accepting_sources();
        find_named(named, &|which| match which {
            StationRef::Default => first().or_else(|| self.first_configured_station()),
            StationRef::Mount(mount) => {
                self.stations.find(which).or_else(|| self.stations.find_awaiting(mount))
            }
            StationRef::Id(_) => self.stations.find(which),
        })
    }

    fn first_configured_station(&self) -> Option<StationKey> {
        self.stations.find(&StationRef::Default).filter(|&key| !self.stations[key].is_unlisted())
    }

    /// Returns the user with these credentials for the sources of any station, or for unlisted ones. With a
    /// name that no station has, only a client with a valid password gets to know this, and its login is no
    /// failed one.
    pub(in crate::server) fn source_login_anywhere(
        &self,
        user: Option<&str>,
        password: &str,
    ) -> Option<SourceUser> {
        let mut stations = self.stations.iter();
        let of_station =
            stations.find_map(|(_, channel)| source_login(&channel.settings().sources, user, password));
        self.unlisted_login(user, password).or(of_station)
    }

    /// Logs that a source with a valid password names a station that does not exist, and may not create it.
    pub(in crate::server) fn log_unknown_station(
        &mut self,
        peer: Peer,
        named: &StationRef,
        user: &SourceUser,
        now: Time,
    ) {
        if let Some(address) = self.sessions.address(peer) {
            let is_admitted = self.log.peers.admit(address.ip(), now);
            let user = &user.name;
            warn_limited!(
                is_admitted,
                "source {user} at {address} refused: no station has the {named}; the mounts are {}",
                self.list_of_mounts()
            );
        }
    }

    fn list_of_mounts(&self) -> String {
        let mounts: Vec<&str> = self.stations.iter().map(|(_, it)| it.settings().mount.as_str()).collect();
        let (shown, rest) = mounts.split_at(mounts.len().min(LISTED_MOUNTS_MAX));
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        shown.join(", ") + &more
    }
}
