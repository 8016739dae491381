//! Who is to be banned, and who no more: by our own API, and by `/admin.cgi`.

use super::action::{Action, WhichBan};
use super::reply::AdminRefusal;
use crate::bans::{Banned, Unbannable};
use crate::http::request::form::Form;

type Asked = Result<Action, AdminRefusal>;

/// `address=`, `network=` or `agent=`, and `reason=`.
pub fn ban(form: &Form) -> Asked {
    let readings: [(_, fn(&str) -> _); 3] =
        [("address", Banned::address), ("network", Banned::network), ("agent", Banned::agent)];
    let named = readings.iter().find_map(|(name, read)| form.some_text(name).map(|text| read(&text)));
    let what = named.ok_or(AdminRefusal::MissingParameter)?.map_err(AdminRefusal::Unbannable)?;
    Ok(Action::Ban { what, reason: form.text("reason").unwrap_or_default() })
}

/// `id=`, or `value=` in any of the forms of [`ban`].
pub fn unban(form: &Form) -> Asked {
    if let Some(id) = form.some_text("id") {
        return id
            .trim()
            .parse()
            .map(|id| Action::Unban(WhichBan::Id(id)))
            .map_err(|_| AdminRefusal::NoSuchBan);
    }
    let what = form.some_text("value").ok_or(AdminRefusal::MissingParameter)?;
    let readings = [Banned::network(&what), Banned::address(&what), Banned::agent(&what)];
    Ok(Action::Unban(WhichBan::Any(readings.into_iter().flatten().collect())))
}

/// SHOUTcast's `bandst=` with `banmsk=`: 255 is that address, 0 the /24 around it.
pub fn bandst(form: &Form) -> Asked {
    Ok(Action::Ban { what: of_dnas(form, "bandst")?, reason: String::new() })
}

/// SHOUTcast's `unbandst=`. Some scripts name whom they mean as in [`bandst`].
pub fn unbandst(form: &Form) -> Asked {
    let name = if form.some_text("unbandst").is_some() { "unbandst" } else { "bandst" };
    let exactly = of_dnas(form, name)?;
    let as_written = form.some_text(name).map(|text| Banned::network(&text));
    let all = [Some(exactly), as_written.and_then(Result::ok)];
    Ok(Action::Unban(WhichBan::Any(all.into_iter().flatten().collect())))
}

fn of_dnas(form: &Form, name: &str) -> Result<Banned, AdminRefusal> {
    let address = form.some_text(name).ok_or(AdminRefusal::MissingParameter)?;
    let is_around = form.text("banmsk").is_some_and(|mask| mask.trim() == "0");
    let banned = match address.trim().parse() {
        // Of IPv6 there is no /24 that one could mean.
        Ok(std::net::IpAddr::V4(address)) if is_around => Banned::around(address.into(), 24),
        Ok(_) => Banned::address(&address),
        Err(_) => Err(Unbannable::Address),
    };
    banned.map_err(AdminRefusal::Unbannable)
}

/// SHOUTcast's `agent=`.
pub fn agent(form: &Form) -> Asked {
    Ok(Action::Ban { what: agent_of(form)?, reason: String::new() })
}

/// SHOUTcast's `unagent`, with the same name.
pub fn unagent(form: &Form) -> Asked {
    Ok(Action::Unban(WhichBan::Any(vec![agent_of(form)?])))
}

fn agent_of(form: &Form) -> Result<Banned, AdminRefusal> {
    let names = ["agent", "unagent", "useragent"];
    let agent = names.iter().find_map(|name| form.some_text(name)).ok_or(AdminRefusal::MissingParameter)?;
    Banned::agent(&agent).map_err(AdminRefusal::Unbannable)
}
