//! A login that waits until it is known whether the live source of its user is dead.

use super::peer::Peer;
use crate::station::StationKey;
use crate::time::Time;

/// A login that waits.
#[derive(Debug)]
pub struct WaitingTakeover {
    /// The connection.
    pub peer: Peer,
    /// The station to whose live source it is compared.
    pub station: StationKey,
    /// Since when it waits.
    pub since: Time,
}
