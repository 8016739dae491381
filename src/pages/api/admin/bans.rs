//! The JSON of the bans in the API.

use serde::Serialize;

use crate::bans::Ban;
use crate::pages::api::rfc3339;
use crate::pages::{AdminSnapshot, printable};
use crate::time::{Time, WallClock};

/// All bans, the oldest first.
#[derive(Serialize)]
pub struct BansJson {
    bans: Vec<BanJson>,
}

#[derive(Serialize)]
struct BanJson {
    id: u64,
    kind: &'static str,
    value: String,
    reason: String,
    since: String,
}

impl BansJson {
    /// Creates the list of all bans of `snapshot`.
    pub fn new(snapshot: &AdminSnapshot) -> Self {
        Self { bans: snapshot.bans.iter().map(|ban| BanJson::new(ban)).collect() }
    }
}

impl BanJson {
    fn new(ban: &Ban) -> Self {
        Self {
            id: ban.id,
            kind: ban.target.kind(),
            value: ban.target.to_string(),
            reason: printable(&ban.reason),
            since: rfc3339(WallClock::started_at(ban.since), Time::START),
        }
    }
}
