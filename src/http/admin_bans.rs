//! Who is to be banned, and who no more, by `/admin.cgi`.

use super::admin::{Action, WhichBan};
use super::admin_reply::AdminRefusal;
use super::form::Form;
use crate::bans::{Banned, Unbannable};

type Asked = Result<Action, AdminRefusal>;

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
