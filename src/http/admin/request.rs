//! What is to be done that an operator asks for: DNAS's `/admin.cgi` and Icecast's `/admin/…`, read into the same few
//! deeds. What he only looks at is a page. See protocol-notes/sources.md.

use std::net::IpAddr;

use super::action::{Action, Client};
use super::api::{Deed, Place};
use super::bans;
use super::claim::Claim;
use super::reply::AdminRefusal;
use super::style::Style;
use crate::http::request::form::Form;
use crate::http::request::which::Which;
use crate::http::request::{Method, Request};
use crate::http::source::update::TitleUpdate;

/// What is asked, of which station, by whom. Nobody has looked yet whether he may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminRequest {
    /// In whose words it is answered.
    pub style: Style,
    /// The deed.
    pub action: Action,
    /// The station that the request names. One that it does not name may yet be named by its password: once it is known
    /// which [`Claim`] is good, the station is that one's.
    pub station: Which,
    /// Who may be asking, the likeliest first.
    pub claims: Vec<Claim>,
}

impl AdminRequest {
    /// What `request`, for an [admin path](crate::http::admin::is_admin_path), asks with this form.
    ///
    /// # Errors
    /// It cannot be told what is asked, whoever asks it. libshout's `/admin/!POKE` gets here too.
    pub fn of(request: &Request, form: &Form) -> Result<Self, AdminRefusal> {
        if !matches!(request.method, Method::Get | Method::Post) {
            return Err(AdminRefusal::NotAllowed);
        }
        let style = Style::of(&request.path);
        if style == Style::Api {
            return Self::of_api(request, form);
        }
        let action = match style {
            Style::Dnas => dnas(request, form)?,
            Style::Icecast | Style::IcecastHtml | Style::Api => icecast(request, form)?,
        };
        Ok(Self { style, action, station: form.station(), claims: request.claims(form) })
    }

    /// The same for our own API, where the path says what is to be done, and to which station.
    fn of_api(request: &Request, form: &Form) -> Result<Self, AdminRefusal> {
        let place = Place::of(&request.path).ok_or(AdminRefusal::NotFound)?;
        if matches!(place, Place::Stations | Place::Listeners(_) | Place::Audience | Place::Log) {
            return Err(AdminRefusal::OnlyGet);
        }
        if !is_form(request) {
            return Err(AdminRefusal::NotAForm);
        }
        let (station, action) = match place {
            Place::Bans => (Which::Lowest, bans::ban(form)?),
            Place::Unban => (Which::Lowest, bans::unban(form)?),
            Place::Deed(station, deed) => (station, of_deed(deed, request, form)?),
            _ => return Err(AdminRefusal::OnlyGet),
        };
        let claims = request.claims(form).into_iter();
        let claims = claims.map(|claim| Claim { station: station.clone(), ..claim }).collect();
        Ok(Self { style: Style::Api, action, station, claims })
    }
}

fn of_deed(deed: Deed, request: &Request, form: &Form) -> Result<Action, AdminRefusal> {
    Ok(match deed {
        Deed::Title => title(request, form)?,
        Deed::Skip => Action::SkipTrack,
        Deed::KickSource => Action::KickSource,
        Deed::Kick => Action::KickClients(clients(&parameter(form, "client")?)?),
        Deed::Move => Action::MoveClients { to: parameter(form, "to")? },
    })
}

/// Whether what a request sends is a form. A page of another site can have a browser send text as well, which a form
/// could be read out of.
fn is_form(request: &Request) -> bool {
    request.header("content-type").is_none_or(|value| {
        let media_type = value.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// Ids and addresses, or `all`; each of them one.
fn clients(list: &str) -> Result<Vec<Client>, AdminRefusal> {
    list.split(',').map(|name| client(name.trim()).ok_or(AdminRefusal::NoClient)).collect()
}

fn dnas(request: &Request, form: &Form) -> Result<Action, AdminRefusal> {
    match form.text("mode").unwrap_or_default().as_str() {
        "updinfo" => title(request, form),
        "kicksrc" => Ok(Action::KickSource),
        "bandst" => bans::bandst(form),
        "unbandst" => bans::unbandst(form),
        "agent" => bans::agent(form),
        "unagent" => bans::unagent(form),
        "kicksources" => Ok(Action::KickSources),
        "resetxml" => Ok(Action::ResetStatistics),
        "rotate" => Ok(Action::ReopenLog),
        "clearcache" => Ok(Action::ForgetPages),
        "startrelay" | "startrelays" => Ok(Action::StartRelays),
        "ripdst" | "unripdst" => Err(AdminRefusal::NotHere("reserved addresses are not supported")),
        "reload" => Err(AdminRefusal::NotHere("the configuration is only read at start")),
        "bandwidth" => Err(AdminRefusal::NotHere("bandwidth statistics are not supported")),
        "kickdst" => form.some_text("kickdst").map(kickdst).ok_or(AdminRefusal::MissingParameter),
        _ => Err(AdminRefusal::UnknownCommand),
    }
}

/// Ids and addresses, or `all`. What is neither is nobody here.
fn kickdst(list: String) -> Action {
    Action::KickClients(list.split(',').filter_map(|name| client(name.trim())).collect())
}

fn client(name: &str) -> Option<Client> {
    if name.eq_ignore_ascii_case("all") {
        return Some(Client::All);
    }
    let address = name.parse().map(|address: IpAddr| Client::Address(address.to_canonical()));
    name.parse().map(Client::Id).or(address).ok()
}

fn icecast(request: &Request, form: &Form) -> Result<Action, AdminRefusal> {
    let name = request.path.strip_prefix("/admin/").unwrap_or_default();
    match name.strip_suffix(".xsl").unwrap_or(name) {
        "metadata" => match form.text("mode").as_deref() {
            None | Some("updinfo") => title(request, form),
            Some(_) => Err(AdminRefusal::UnknownAction),
        },
        "killsource" => on_mount(form, Action::KickSource),
        "killclient" => on_mount(form, Action::KickClients(vec![id(form)?])),
        "moveclients" => on_mount(form, Action::MoveClients { to: parameter(form, "destination")? }),
        _ => Err(AdminRefusal::UnknownCommand),
    }
}

fn title(request: &Request, form: &Form) -> Result<Action, AdminRefusal> {
    TitleUpdate::of(request, form).map(Action::UpdateTitle).ok_or(AdminRefusal::MissingParameter)
}

/// For deeds that should not be done to a station by mistake.
fn on_mount(form: &Form, action: Action) -> Result<Action, AdminRefusal> {
    if form.station() == Which::Lowest { Err(AdminRefusal::MissingParameter) } else { Ok(action) }
}

fn id(form: &Form) -> Result<Client, AdminRefusal> {
    parameter(form, "id")?.trim().parse().map(Client::Id).map_err(|_| AdminRefusal::MissingParameter)
}

fn parameter(form: &Form, name: &str) -> Result<String, AdminRefusal> {
    form.some_text(name).ok_or(AdminRefusal::MissingParameter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::admin::is_admin_path;

    fn of(line: &str, body: &str) -> Result<AdminRequest, AdminRefusal> {
        let request = Request::of(line);
        AdminRequest::of(&request, &Form::of(&request, body.as_bytes()))
    }

    #[track_caller]
    fn check(target: &str, expected: Result<(Style, Action, Which), AdminRefusal>) {
        let found = of(&format!("GET {target} HTTP/1.0"), "");
        let found = found.map(|found| (found.style, found.action, found.station));
        assert_eq!(found, expected, "{target}");
        assert!(is_admin_path(&Request::of(&format!("GET {target}")).path));
    }

    fn live() -> Which {
        Which::Mount("/live".into())
    }

    #[test]
    fn two_dialects_ask_for_the_same() {
        use Style::{Dnas, Icecast, IcecastHtml};
        check("/admin.cgi?mode=kicksrc&pass=a", Ok((Dnas, Action::KickSource, Which::Lowest)));
        check("/admin.cgi?sid=2&mode=kicksrc", Ok((Dnas, Action::KickSource, Which::Sid(2))));
        check("/admin/killsource?mount=/live", Ok((Icecast, Action::KickSource, live())));
        check("/admin/killsource.xsl?mount=/live", Ok((IcecastHtml, Action::KickSource, live())));
        let one = Action::KickClients(vec![Client::Id(5)]);
        check("/admin/killclient?mount=/live&id=5", Ok((Icecast, one.clone(), live())));
        check("/admin.cgi?mode=kickdst&kickdst=5", Ok((Dnas, one, Which::Lowest)));
        let to = "/b".to_owned();
        check(
            "/admin/moveclients?mount=/live&destination=/b",
            Ok((Icecast, Action::MoveClients { to }, live())),
        );
    }

    #[test]
    fn what_is_not_understood_is_told() {
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
    fn our_own_api_says_in_the_path_what_is_to_be_done() {
        let post = |path: &str, head: &str, body: &str| {
            of(&format!("POST /api/v1/admin{path} HTTP/1.1\nAuthorization: Basic YTpi{head}"), body)
        };
        let address = Client::Address([203, 0, 113, 9].into());
        for (path, body, action) in [
            ("/stations/7/skip?sid=3&mount=/a", "", Ok(Action::SkipTrack)),
            ("/stations/7/kick-source", "", Ok(Action::KickSource)),
            (
                "/stations/7/kick",
                "client=5,203.0.113.9",
                Ok(Action::KickClients(vec![Client::Id(5), address])),
            ),
            ("/stations/7/kick?client=all", "", Ok(Action::KickClients(vec![Client::All]))),
            ("/stations/7/move", "to=%2Fb", Ok(Action::MoveClients { to: "/b".into() })),
            ("/stations/7/kick", "client=5,x", Err(AdminRefusal::NoClient)),
            ("/stations/7/kick", "client=5,", Err(AdminRefusal::NoClient)),
            ("/stations/7/kick", "client=", Err(AdminRefusal::MissingParameter)),
            ("/stations/7/move", "", Err(AdminRefusal::MissingParameter)),
            ("/stations/7/title", "url=a", Err(AdminRefusal::MissingParameter)),
            ("/stations/7/listeners", "", Err(AdminRefusal::OnlyGet)),
            ("/stations/x/skip", "", Err(AdminRefusal::NotFound)),
            ("/tea", "", Err(AdminRefusal::NotFound)),
        ] {
            let asked = post(path, "", body);
            if let Ok(asked) = &asked {
                assert_eq!((asked.style, &asked.station), (Style::Api, &Which::Sid(7)), "{path}");
                assert!(asked.claims.iter().all(|claim| claim.station == Which::Sid(7)), "{path}");
            }
            assert_eq!(asked.map(|asked| asked.action), action, "{path} {body}");
        }
        for (content_type, taken) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded ; charset=latin1", true),
            ("text/plain", false),
            ("multipart/form-data; boundary=x", false),
            ("application/json", false),
            ("", false),
        ] {
            let asked = post("/stations/7/skip", &format!("\nContent-Type: {content_type}"), "");
            assert_eq!(asked.is_ok(), taken, "{content_type}");
            assert_eq!(asked.err(), (!taken).then_some(AdminRefusal::NotAForm));
        }
        let put = of("PUT /api/v1/admin/stations/7/skip HTTP/1.1", "");
        assert_eq!(put, Err(AdminRefusal::NotAllowed));
    }

    #[test]
    fn titles_come_by_get_and_post() {
        let title = |asked: AdminRequest| match asked.action {
            Action::UpdateTitle(update) => update.title(None).text,
            other => panic!("{other:?}"),
        };
        let by_get = of("GET /admin/metadata?mount=/live&mode=updinfo&song=A+-+B HTTP/1.1", "").unwrap();
        let by_post = of("POST /admin/metadata HTTP/1.1", "mode=updinfo&mount=%2Flive&song=A+-+B").unwrap();
        assert_eq!(by_get, by_post);
        assert_eq!(title(by_get), "A - B");
        assert_eq!(title(of("GET /admin.cgi?pass=a&mode=updinfo&song= HTTP/1.0", "").unwrap()), "");
        assert_eq!(title(of("GET /admin/metadata?song=a HTTP/1.0", "").unwrap()), "a");
        for method in ["HEAD", "PUT", "SOURCE", "DELETE", "STATS"] {
            let line = format!("{method} /admin/metadata?song=a&mount=/live HTTP/1.1");
            assert_eq!(of(&line, ""), Err(AdminRefusal::NotAllowed), "{method}");
        }
    }

    #[test]
    fn listeners_have_ids_and_addresses() {
        let list = "5, 203.0.113.9,2001:db8::1,::ffff:192.0.2.1,all,x,-1,";
        let addresses =
            ["203.0.113.9", "2001:db8::1", "192.0.2.1"].map(|text| Client::Address(text.parse().unwrap()));
        let expected = [vec![Client::Id(5)], addresses.to_vec(), vec![Client::All]].concat();
        assert_eq!(kickdst(list.into()), Action::KickClients(expected));
    }
}
