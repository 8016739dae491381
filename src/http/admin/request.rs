//! Parses admin actions: DNAS's `/admin.cgi`, Icecast's `/admin/…` and coldwave's own API become the same few
//! actions. Requests that only read are pages, which are not parsed here. See protocol-notes/sources.md.

use std::net::IpAddr;

use super::action::{AdminAction, ClientSelector, RequiredAccess};
use super::api::{AdminRoute, StationAction};
use super::bans;
use super::candidate_login::CandidateLogin;
use super::format::AdminFormat;
use super::reply::AdminRefusal;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::http::source::update::TitleUpdate;

/// An action, its station and the candidate logins. Not yet authorized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminRequest {
    /// The format of the reply.
    pub format: AdminFormat,
    /// The action.
    pub action: AdminAction,
    /// The station that the request names. If it names none, the station is that of the first valid login in
    /// `candidates`, because a password may contain a station.
    pub station: StationRef,
    /// The candidate logins, the most likely first.
    pub candidates: Vec<CandidateLogin>,
}

impl AdminRequest {
    /// Parses `request`, for an [admin path](crate::http::admin::is_admin_path), with this form.
    ///
    /// # Errors
    /// If the request is invalid, with or without a valid login. libshout's `/admin/!POKE` ends here too.
    pub fn parse(request: &Request, form: &FormData) -> Result<Self, AdminRefusal> {
        if !matches!(request.method, Method::Get | Method::Post) {
            return Err(AdminRefusal::NotAllowed);
        }
        let format = AdminFormat::from_path(&request.path);
        if format == AdminFormat::Api {
            return Self::parse_api(request, form);
        }
        let action = match format {
            AdminFormat::Dnas => dnas(request, form)?,
            AdminFormat::Icecast | AdminFormat::IcecastHtml | AdminFormat::Api => icecast(request, form)?,
        };
        Ok(Self { format, action, station: form.station(), candidates: request.candidate_logins(form) })
    }

    /// Returns the access that the action requires in the form of this request: Icecast lets the source
    /// password of a mount disconnect its listeners.
    pub fn required_access(&self) -> RequiredAccess {
        let is_icecast = matches!(self.format, AdminFormat::Icecast | AdminFormat::IcecastHtml);
        match self.action {
            AdminAction::KickClients(_) if is_icecast => RequiredAccess::StationAccount,
            _ => self.action.required_access(),
        }
    }

    /// Parses a request of coldwave's own API, whose path names the action and the station.
    fn parse_api(request: &Request, form: &FormData) -> Result<Self, AdminRefusal> {
        let route = AdminRoute::parse(&request.path).ok_or(AdminRefusal::NotFound)?;
        if !matches!(
            route,
            AdminRoute::Bans | AdminRoute::Unban | AdminRoute::Reload | AdminRoute::Action(..)
        ) {
            return Err(AdminRefusal::OnlyGet);
        }
        if !is_form(request) {
            return Err(AdminRefusal::NotAForm);
        }
        let (station, action) = match route {
            AdminRoute::Bans => (StationRef::Default, bans::ban(form)?),
            AdminRoute::Unban => (StationRef::Default, bans::unban(form)?),
            AdminRoute::Reload => (StationRef::Default, AdminAction::Reload),
            AdminRoute::Action(station, action) => (station, parse_station_action(action, request, form)?),
            _ => return Err(AdminRefusal::OnlyGet),
        };
        let candidates = request.candidate_logins(form).into_iter();
        let candidates =
            candidates.map(|candidate| CandidateLogin { station: station.clone(), ..candidate }).collect();
        Ok(Self { format: AdminFormat::Api, action, station, candidates })
    }
}

fn parse_station_action(
    action: StationAction,
    request: &Request,
    form: &FormData,
) -> Result<AdminAction, AdminRefusal> {
    Ok(match action {
        StationAction::Title => title(request, form)?,
        StationAction::Skip => AdminAction::SkipTrack,
        StationAction::KickSource => AdminAction::KickSource,
        StationAction::Kick => AdminAction::KickClients(clients(&parameter(form, "client")?)?),
        StationAction::Move => {
            let named = form.non_empty_text("client").map(|list| clients(&list)).transpose()?;
            let clients = named.unwrap_or_else(|| vec![ClientSelector::All]);
            AdminAction::MoveClients { to: parameter(form, "to")?, clients }
        }
    })
}

/// Returns whether the body of a request is a form. Other types are refused, because a page of another site
/// can make a browser send a form as plain text.
fn is_form(request: &Request) -> bool {
    request.header("content-type").is_none_or(|value| {
        let media_type = value.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// Parses a list of ids and addresses, or `all`. Every item must be valid.
fn clients(list: &str) -> Result<Vec<ClientSelector>, AdminRefusal> {
    list.split(',').map(|name| client(name.trim()).ok_or(AdminRefusal::InvalidClient)).collect()
}

fn dnas(request: &Request, form: &FormData) -> Result<AdminAction, AdminRefusal> {
    match form.text("mode").unwrap_or_default().as_str() {
        "updinfo" => title(request, form),
        "kicksrc" => Ok(AdminAction::KickSource),
        "bandst" => bans::bandst(form),
        "unbandst" => bans::unbandst(form),
        "agent" => bans::agent(form),
        "unagent" => bans::unagent(form),
        "kicksources" => Ok(AdminAction::KickSources),
        "resetxml" => Ok(AdminAction::ResetStatistics),
        "rotate" => Ok(AdminAction::ReopenLog),
        "clearcache" => Ok(AdminAction::ClearPageCache),
        // `force=1` makes DNAS also restart streams whose settings are the same.
        "reload" => Ok(AdminAction::Reload),
        "startrelay" | "startrelays" => Ok(AdminAction::StartRelays),
        "ripdst" | "unripdst" => Err(AdminRefusal::Unsupported("reserved addresses are not supported")),
        "bandwidth" => Err(AdminRefusal::Unsupported("bandwidth statistics are not supported")),
        "kickdst" => form.non_empty_text("kickdst").map(kickdst).ok_or(AdminRefusal::MissingParameter),
        _ => Err(AdminRefusal::UnknownCommand),
    }
}

/// Parses a list of ids and addresses, or `all`. Ignores invalid items.
fn kickdst(list: String) -> AdminAction {
    AdminAction::KickClients(list.split(',').filter_map(|name| client(name.trim())).collect())
}

fn client(name: &str) -> Option<ClientSelector> {
    if name.eq_ignore_ascii_case("all") {
        return Some(ClientSelector::All);
    }
    let address = name.parse().map(|address: IpAddr| ClientSelector::Address(address.to_canonical()));
    name.parse().map(ClientSelector::Id).or(address).ok()
}

fn icecast(request: &Request, form: &FormData) -> Result<AdminAction, AdminRefusal> {
    let name = request.path.strip_prefix("/admin/").unwrap_or_default();
    match name.strip_suffix(".xsl").unwrap_or(name) {
        "metadata" => match form.text("mode").as_deref() {
            None | Some("updinfo") => title(request, form),
            Some(_) => Err(AdminRefusal::UnknownAction),
        },
        "killsource" => require_station(form, AdminAction::KickSource),
        "killclient" => require_station(form, AdminAction::KickClients(vec![id(form)?])),
        "moveclients" => {
            let (to, clients) = (parameter(form, "destination")?, vec![ClientSelector::All]);
            require_station(form, AdminAction::MoveClients { to, clients })
        }
        "reloadconfig" => Ok(AdminAction::Reload),
        // Icecast-KH.
        "function" => match form.text("perform").as_deref() {
            Some("updatecfg") => Ok(AdminAction::Reload),
            Some("reopenlog") => Ok(AdminAction::ReopenLog),
            _ => Err(AdminRefusal::UnknownCommand),
        },
        _ => Err(AdminRefusal::UnknownCommand),
    }
}

fn title(request: &Request, form: &FormData) -> Result<AdminAction, AdminRefusal> {
    TitleUpdate::from_form(request, form).map(AdminAction::UpdateTitle).ok_or(AdminRefusal::MissingParameter)
}

/// Requires that the form names a station, so that the action does not hit another station by mistake.
fn require_station(form: &FormData, action: AdminAction) -> Result<AdminAction, AdminRefusal> {
    if form.station() == StationRef::Default { Err(AdminRefusal::MissingParameter) } else { Ok(action) }
}

fn id(form: &FormData) -> Result<ClientSelector, AdminRefusal> {
    parameter(form, "id")?.trim().parse().map(ClientSelector::Id).map_err(|_| AdminRefusal::MissingParameter)
}

fn parameter(form: &FormData, name: &str) -> Result<String, AdminRefusal> {
    form.non_empty_text(name).ok_or(AdminRefusal::MissingParameter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::admin::is_admin_path;

    fn parse(line: &str, body: &str) -> Result<AdminRequest, AdminRefusal> {
        let request = Request::from_lines(line);
        AdminRequest::parse(&request, &FormData::from_request(&request, body.as_bytes()))
    }

    #[track_caller]
    fn check(target: &str, expected: Result<(AdminFormat, AdminAction, StationRef), AdminRefusal>) {
        let found = parse(&format!("GET {target} HTTP/1.0"), "");
        let found = found.map(|found| (found.format, found.action, found.station));
        assert_eq!(found, expected, "{target}");
        assert!(is_admin_path(&Request::from_lines(&format!("GET {target}")).path));
    }

    fn live() -> StationRef {
        StationRef::Mount("/live".into())
    }

    #[test]
    fn dnas_and_icecast_requests_become_the_same_action() {
        use AdminFormat::{Dnas, Icecast, IcecastHtml};
        check("/admin.cgi?mode=kicksrc&pass=a", Ok((Dnas, AdminAction::KickSource, StationRef::Default)));
        check("/admin.cgi?sid=2&mode=kicksrc", Ok((Dnas, AdminAction::KickSource, StationRef::Id(2))));
        check("/admin/killsource?mount=/live", Ok((Icecast, AdminAction::KickSource, live())));
        check("/admin/killsource.xsl?mount=/live", Ok((IcecastHtml, AdminAction::KickSource, live())));
        let one = AdminAction::KickClients(vec![ClientSelector::Id(5)]);
        check("/admin/killclient?mount=/live&id=5", Ok((Icecast, one.clone(), live())));
        check("/admin.cgi?mode=kickdst&kickdst=5", Ok((Dnas, one, StationRef::Default)));
        let to = "/b".to_owned();
        check(
            "/admin/moveclients?mount=/live&destination=/b",
            Ok((Icecast, AdminAction::MoveClients { to, clients: vec![ClientSelector::All] }, live())),
        );
    }

    #[test]
    fn reload_has_the_names_of_every_server() {
        use AdminFormat::{Dnas, Icecast, IcecastHtml};
        for (target, format) in [
            ("/admin.cgi?mode=reload", Dnas),
            ("/admin.cgi?mode=reload&force=1", Dnas),
            ("/admin/reloadconfig", Icecast),
            ("/admin/reloadconfig.xsl", IcecastHtml),
            ("/admin/function?perform=updatecfg", Icecast),
        ] {
            check(target, Ok((format, AdminAction::Reload, StationRef::Default)));
        }
        check(
            "/admin/function?perform=reopenlog",
            Ok((Icecast, AdminAction::ReopenLog, StationRef::Default)),
        );
        check("/admin/function?perform=other", Err(AdminRefusal::UnknownCommand));
        check("/admin/function", Err(AdminRefusal::UnknownCommand));
        let parsed = parse("POST /api/v1/admin/reload HTTP/1.1", "").map(|parsed| parsed.action);
        assert_eq!(parsed, Ok(AdminAction::Reload));
        let parsed = parse("POST /api/v1/admin/settings HTTP/1.1", "").map(|parsed| parsed.action);
        assert_eq!(parsed, Err(AdminRefusal::OnlyGet));
    }

    #[test]
    fn invalid_requests_are_refused_with_the_reason() {
        use AdminRefusal::{MissingParameter, UnknownAction, UnknownCommand};
        for target in
            ["/admin", "/admin/", "/admin/!POKE", "/admin.cgi", "/admin.cgi?mode=", "/admin/listclients"]
        {
            check(target, Err(UnknownCommand));
        }
        check("/admin/metadata?mode=other&song=a&mount=/live", Err(UnknownAction));
        for target in [
            "/admin.cgi?mode=updinfo",
            "/admin/metadata?mode=updinfo&mount=/live&url=a",
            "/admin.cgi?mode=kickdst",
            "/admin/killsource",
            "/admin/killsource?mount=",
            "/admin/killclient?mount=/live",
            "/admin/killclient?mount=/live&id=-1",
            "/admin/killclient?mount=/live&id=all",
            "/admin/moveclients?mount=/live&destination=",
        ] {
            check(target, Err(MissingParameter));
        }
    }

    #[test]
    fn api_path_names_action_and_station() {
        let post = |path: &str, head: &str, body: &str| {
            parse(&format!("POST /api/v1/admin{path} HTTP/1.1\nAuthorization: Basic YTpi{head}"), body)
        };
        let address = ClientSelector::Address([203, 0, 113, 9].into());
        let move_to_b = |client| AdminAction::MoveClients { to: "/b".into(), clients: vec![client] };
        for (path, body, action) in [
            ("/stations/7/skip?sid=3&mount=/a", "", Ok(AdminAction::SkipTrack)),
            ("/stations/7/kick-source", "", Ok(AdminAction::KickSource)),
            (
                "/stations/7/kick",
                "client=5,203.0.113.9",
                Ok(AdminAction::KickClients(vec![ClientSelector::Id(5), address])),
            ),
            ("/stations/7/kick?client=all", "", Ok(AdminAction::KickClients(vec![ClientSelector::All]))),
            ("/stations/7/move", "to=%2Fb", Ok(move_to_b(ClientSelector::All))),
            ("/stations/7/move", "to=%2Fb&client=203.0.113.9", Ok(move_to_b(address))),
            ("/stations/7/move", "to=%2Fb&client=5,", Err(AdminRefusal::InvalidClient)),
            ("/stations/7/kick", "client=5,x", Err(AdminRefusal::InvalidClient)),
            ("/stations/7/kick", "client=5,", Err(AdminRefusal::InvalidClient)),
            ("/stations/7/kick", "client=", Err(AdminRefusal::MissingParameter)),
            ("/stations/7/move", "", Err(AdminRefusal::MissingParameter)),
            ("/stations/7/title", "url=a", Err(AdminRefusal::MissingParameter)),
            ("/stations/7/listeners", "", Err(AdminRefusal::OnlyGet)),
            ("/stations/x/sing", "", Err(AdminRefusal::NotFound)),
            ("/tea", "", Err(AdminRefusal::NotFound)),
        ] {
            let parsed = post(path, "", body);
            if let Ok(parsed) = &parsed {
                assert_eq!(
                    (parsed.format, &parsed.station),
                    (AdminFormat::Api, &StationRef::Id(7)),
                    "{path}"
                );
                assert!(
                    parsed.candidates.iter().all(|candidate| candidate.station == StationRef::Id(7)),
                    "{path}"
                );
            }
            assert_eq!(parsed.map(|parsed| parsed.action), action, "{path} {body}");
        }
        for (content_type, is_accepted) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded ; charset=latin1", true),
            ("text/plain", false),
            ("multipart/form-data; boundary=x", false),
            ("application/json", false),
            ("", false),
        ] {
            let parsed = post("/stations/7/skip", &format!("\nContent-Type: {content_type}"), "");
            assert_eq!(parsed.is_ok(), is_accepted, "{content_type}");
            assert_eq!(parsed.err(), (!is_accepted).then_some(AdminRefusal::NotAForm));
        }
        let put = parse("PUT /api/v1/admin/stations/7/skip HTTP/1.1", "");
        assert_eq!(put, Err(AdminRefusal::NotAllowed));
    }

    #[test]
    fn title_is_read_from_get_and_post() {
        let title = |parsed: AdminRequest| match parsed.action {
            AdminAction::UpdateTitle(update) => update.title(None).text,
            other => panic!("{other:?}"),
        };
        let by_get = parse("GET /admin/metadata?mount=/live&mode=updinfo&song=A+-+B HTTP/1.1", "").unwrap();
        let by_post =
            parse("POST /admin/metadata HTTP/1.1", "mode=updinfo&mount=%2Flive&song=A+-+B").unwrap();
        assert_eq!(by_get, by_post);
        assert_eq!(title(by_get), "A - B");
        assert_eq!(title(parse("GET /admin.cgi?pass=a&mode=updinfo&song= HTTP/1.0", "").unwrap()), "");
        assert_eq!(title(parse("GET /admin/metadata?song=a HTTP/1.0", "").unwrap()), "a");
        for method in ["HEAD", "PUT", "SOURCE", "DELETE", "STATS"] {
            let line = format!("{method} /admin/metadata?song=a&mount=/live HTTP/1.1");
            assert_eq!(parse(&line, ""), Err(AdminRefusal::NotAllowed), "{method}");
        }
    }

    #[test]
    fn listeners_are_named_by_id_address_or_all() {
        let list = "5, 203.0.113.9,2001:db8::1,::ffff:192.0.2.1,all,x,-1,";
        let addresses = ["203.0.113.9", "2001:db8::1", "192.0.2.1"]
            .map(|text| ClientSelector::Address(text.parse().unwrap()));
        let expected = [vec![ClientSelector::Id(5)], addresses.to_vec(), vec![ClientSelector::All]].concat();
        assert_eq!(kickdst(list.into()), AdminAction::KickClients(expected));
    }
}
