//! A login as the limits of failed logins see it: where it comes from, and for which account.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use crate::station::StationKey;

/// A login whose password has not been compared yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginAttempt {
    /// The address of the client.
    pub address: IpAddr,
    /// Whether many clients share the address, because it belongs to a proxy that does not name its clients.
    pub is_shared_address: bool,
    /// The account that the login names.
    pub account: AccountRef,
    /// The program that logs in; see [`ClientProgram`].
    pub program: ClientProgram,
    /// Whether [any page](crate::http::request::cross_site::Initiator::UnknownPage) may have made a browser
    /// send the login. Such failures count separately, so that no page can lock out the visitors of another.
    pub is_from_unknown_page: bool,
    /// Whether it has waited for its turn.
    pub has_waited: bool,
}

/// A program that logs in: a hash of its `User-Agent`. Others behind the address of a known login do not know
/// it, so their guesses do not use up its extra attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientProgram(u64);

impl ClientProgram {
    /// Returns the program with this `User-Agent`, which is empty if it sends none.
    pub fn new(user_agent: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        user_agent.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AccountRef {
    /// The administrator.
    Admin,
    /// An account of the sources of a station.
    Source {
        /// The station; `None` if the login names one that does not exist.
        station: Option<StationKey>,
        /// The user. Empty if the login names none, or one without an account: a client that invents names
        /// gets no further attempts.
        user: Box<str>,
    },
}

impl AccountRef {
    /// Returns whether the login of a user with the account `known` is a login with this one: the same
    /// account, or, if no user is named, any account whose password is valid there.
    pub fn includes(&self, known: &Self) -> bool {
        match (self, known) {
            (Self::Source { user, .. }, Self::Admin) => user.is_empty(),
            (Self::Source { station, user }, Self::Source { station: known_station, .. }) => {
                self == known || (user.is_empty() && (station.is_none() || station == known_station))
            }
            _ => self == known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_without_user_includes_every_account_of_the_station() {
        let source = |station: u16, user: &str| AccountRef::Source {
            station: Some(StationKey::new(station, 0)),
            user: user.into(),
        };
        assert!(source(1, "").includes(&source(1, "nadia")) && source(1, "").includes(&AccountRef::Admin));
        assert!(!source(1, "").includes(&source(2, "nadia")));
        assert!(!source(1, "nadia").includes(&source(1, "anna")));
        assert!(!AccountRef::Admin.includes(&source(1, "nadia")));
        assert!(!source(1, "nadia").includes(&AccountRef::Admin));
    }
}
