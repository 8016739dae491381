//! Parameters of bans, in coldwave's own API and in `/admin.cgi`.

use super::action::{AdminAction, BanRef};
use super::reply::AdminRefusal;
use crate::bans::{BanTarget, BanTargetError};
use crate::http::request::form::FormData;

type ParsedAction = Result<AdminAction, AdminRefusal>;

/// Reads `address=`, `network=` or `agent=`, and `reason=`.
pub fn ban(form: &FormData) -> ParsedAction {
    let parsers: [(_, fn(&str) -> _); 3] = [
        ("address", BanTarget::parse_address),
        ("network", BanTarget::parse_network),
        ("agent", BanTarget::parse_agent),
    ];
    let named = parsers.iter().find_map(|(name, parse)| form.non_empty_text(name).map(|text| parse(&text)));
    let target = named.ok_or(AdminRefusal::MissingParameter)?.map_err(AdminRefusal::InvalidBanTarget)?;
    Ok(AdminAction::Ban { target, reason: form.text("reason").unwrap_or_default() })
}

/// Reads `id=`, or `value=` in any of the forms of [`ban`].
pub fn unban(form: &FormData) -> ParsedAction {
    if let Some(id) = form.non_empty_text("id") {
        return id
            .trim()
            .parse()
            .map(|id| AdminAction::Unban(BanRef::Id(id)))
            .map_err(|_| AdminRefusal::NoSuchBan);
    }
    let value = form.non_empty_text("value").ok_or(AdminRefusal::MissingParameter)?;
    let targets =
        [BanTarget::parse_network(&value), BanTarget::parse_address(&value), BanTarget::parse_agent(&value)];
    Ok(AdminAction::Unban(BanRef::AnyOf(targets.into_iter().flatten().collect())))
}

/// Reads SHOUTcast's `bandst=` with `banmsk=`: 255 means the address, 0 the /24 around it.
pub fn bandst(form: &FormData) -> ParsedAction {
    Ok(AdminAction::Ban { target: parse_dnas_target(form, "bandst")?, reason: String::new() })
}

/// Reads SHOUTcast's `unbandst=`. Some scripts name the target as in [`bandst`].
pub fn unbandst(form: &FormData) -> ParsedAction {
    let name = if form.non_empty_text("unbandst").is_some() { "unbandst" } else { "bandst" };
    let exact = parse_dnas_target(form, name)?;
    let as_written = form.non_empty_text(name).map(|text| BanTarget::parse_network(&text));
    let all = [Some(exact), as_written.and_then(Result::ok)];
    Ok(AdminAction::Unban(BanRef::AnyOf(all.into_iter().flatten().collect())))
}

fn parse_dnas_target(form: &FormData, name: &str) -> Result<BanTarget, AdminRefusal> {
    let address = form.non_empty_text(name).ok_or(AdminRefusal::MissingParameter)?;
    let is_network = form.text("banmsk").is_some_and(|mask| mask.trim() == "0");
    let banned = match address.trim().parse() {
        // The mask only applies to IPv4.
        Ok(std::net::IpAddr::V4(address)) if is_network => BanTarget::network_around(address.into(), 24),
        Ok(_) => BanTarget::parse_address(&address),
        Err(_) => Err(BanTargetError::Address),
    };
    banned.map_err(AdminRefusal::InvalidBanTarget)
}

/// Reads SHOUTcast's `agent=`.
pub fn agent(form: &FormData) -> ParsedAction {
    Ok(AdminAction::Ban { target: agent_target(form)?, reason: String::new() })
}

/// Reads SHOUTcast's `unagent`, which has the same parameter names.
pub fn unagent(form: &FormData) -> ParsedAction {
    Ok(AdminAction::Unban(BanRef::AnyOf(vec![agent_target(form)?])))
}

fn agent_target(form: &FormData) -> Result<BanTarget, AdminRefusal> {
    let names = ["agent", "unagent", "useragent"];
    let agent =
        names.iter().find_map(|name| form.non_empty_text(name)).ok_or(AdminRefusal::MissingParameter)?;
    BanTarget::parse_agent(&agent).map_err(AdminRefusal::InvalidBanTarget)
}
