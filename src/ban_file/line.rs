//! The line format of a ban.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bans::{Ban, BanTarget};

/// A line of the file. Only `kind` and `value` are required, so that operators can write lines by hand.
#[derive(Serialize, Deserialize)]
struct BanLine {
    #[serde(default)]
    id: u64,
    kind: String,
    value: String,
    #[serde(default)]
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

/// Returns the line of a ban, line end included.
pub fn to_line(ban: &Ban) -> String {
    let since = Timestamp::from_millisecond(ban.since.as_millis().try_into().unwrap_or(i64::MAX)).ok();
    let line = BanLine {
        id: ban.id,
        kind: ban.target.kind().to_owned(),
        value: ban.target.to_string(),
        reason: ban.reason.clone(),
        since: since.map(|since| format!("{since:.3}")),
    };
    serde_json::to_string(&line).expect("texts and numbers can be written") + "\n"
}

/// Parses a line: coldwave's own format, or SHOUTcast's `sc_serv.ban`.
///
/// # Errors
/// The reason in one sentence.
pub fn parse_line(text: &str) -> Result<Ban, String> {
    if !text.starts_with('{') {
        return parse_sc_serv_line(text).ok_or_else(|| "not a ban".to_owned());
    }
    // serde's message is useful, but its position is not, because each line is parsed separately.
    let line: BanLine = serde_json::from_str(text).map_err(|error| format!("not a ban: {error}"))?;
    let target = match line.kind.as_str() {
        "address" => BanTarget::parse_network(&line.value),
        "agent" => BanTarget::parse_agent(&line.value),
        _ => return Err("kind: expected \"address\" or \"agent\"".to_owned()),
    };
    let target = target.map_err(|error| format!("value: {}", error.message()))?;
    let since = match line.since {
        Some(since) => since.parse().map_err(|_| "since: not a time".to_owned())?,
        None => Timestamp::now(),
    };
    Ok(Ban { id: line.id, target, reason: line.reason, since: unix(since) })
}

/// Parses a line such as `203.0.113.9;255;`: 255 bans the address, 0 the /24 around it.
fn parse_sc_serv_line(line: &str) -> Option<Ban> {
    let mut parts = line.split(';');
    let address = parts.next()?.trim().parse().ok()?;
    let bits = match parts.next()?.trim() {
        "255" => 32,
        "0" => 24,
        _ => return None,
    };
    let target = BanTarget::network_around(address, bits).ok()?;
    Some(Ban { id: 0, target, reason: String::new(), since: unix(Timestamp::now()) })
}

fn unix(time: Timestamp) -> Duration {
    Duration::from_millis(time.as_millisecond().try_into().unwrap_or(0))
}
