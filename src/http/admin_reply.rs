//! What an operator's page says, in the words that scripts look for (protocol-notes/sources.md, "What an operator is
//! told"). None of it is readable by other sites' pages.

use std::borrow::Cow;
use std::net::IpAddr;

use askama::Template;

use super::admin::Style;
use super::reply::{self, Status, error_page, private};
use super::source_reply::{forbidden, unauthenticated};

const XML: &str = "text/xml; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done<'a> {
    /// The title was taken.
    TitleUpdated,
    /// The live source is gone.
    SourceRemoved,
    /// The listener with this id is gone.
    ClientRemoved(u64),
    /// There is no listener with this id.
    ClientNotFound(u64),
    /// So many listeners are gone.
    ClientsRemoved(usize),
    /// The listeners of one mount now hear another.
    ClientsMoved {
        /// The mount they heard.
        from: &'a str,
        /// The mount they hear.
        to: &'a str,
    },
}

impl Done<'_> {
    /// 200, in XML or as a page.
    pub fn reply(self, style: Style) -> Vec<u8> {
        let message = self.message();
        match style {
            Style::Icecast => page(XML, &Response { message: &message, returned: self.returned() }),
            Style::Dnas | Style::IcecastHtml => page(HTML, &Success { message: &message }),
        }
    }

    fn message(self) -> String {
        match self {
            Self::TitleUpdated => "Metadata update successful".into(),
            Self::SourceRemoved => "Source Removed".into(),
            Self::ClientRemoved(id) => format!("Client {id} removed"),
            Self::ClientNotFound(id) => format!("Client {id} not found"),
            Self::ClientsRemoved(count) => format!("Clients removed: {count}"),
            Self::ClientsMoved { from, to } => format!("Clients moved from {from} to {to}"),
        }
    }

    /// Icecast's own measure of success, whatever the status says.
    fn returned(self) -> u8 {
        u8::from(!matches!(self, Self::ClientNotFound(_)))
    }
}

/// Why nothing was done. Codes and words are those of Icecast 2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminRefusal {
    /// Without a name and a password that fit: 401.
    Unauthenticated(Style),
    /// There is no operator's password, so nobody is one: 403.
    Off,
    /// The address has had too many wrong passwords: 403.
    TooManyFailures,
    /// Another site's page is behind it: 403.
    CrossSite,
    /// Something that has to be said was not, or makes no sense: 400.
    MissingParameter,
    /// There is no such page: 400.
    UnknownCommand,
    /// `/admin/metadata` does nothing but titles: 200 and `No such action`, as Icecast has it.
    UnknownAction,
    /// There is no such station: 400.
    NoSuchSource,
    /// The station has nothing on air: 400.
    SourceNotAvailable,
    /// There is no such station to move listeners to: 400.
    NoSuchDestination,
    /// Listeners would be moved to where they are: 400.
    SameDestination,
    /// The station to move listeners to has nothing on air: 400.
    DestinationNotRunning,
    /// A method other than GET and POST: 405.
    NotAllowed,
}

impl AdminRefusal {
    /// The bytes to send before closing.
    pub fn reply(self) -> Vec<u8> {
        let bad = |message| error_page(Status::BadRequest, message);
        match self {
            Self::Unauthenticated(style) => unauthenticated(realm(style)),
            Self::Off => forbidden("admin pages are off: there is no admin_password"),
            Self::TooManyFailures => forbidden("too many failed logins, try again later"),
            Self::CrossSite => forbidden("this was asked by a page of another site"),
            Self::MissingParameter => bad("Missing parameter"),
            Self::UnknownCommand => bad("Unrecognised command"),
            Self::UnknownAction => page(XML, &Response { message: "No such action", returned: 0 }),
            Self::NoSuchSource => bad("Source does not exist"),
            Self::SourceNotAvailable => bad("Source is not available"),
            Self::NoSuchDestination => bad("No such destination"),
            Self::SameDestination => bad("supplied mountpoints are identical"),
            Self::DestinationNotRunning => bad("Destination not running"),
            Self::NotAllowed => reply::admin_not_allowed(),
        }
    }
}

fn realm(style: Style) -> (&'static str, &'static str) {
    match style {
        Style::Dnas => ("WWW-Authenticate", "Basic realm=\"Shoutcast Server\""),
        Style::Icecast | Style::IcecastHtml => super::source_reply::REALM,
    }
}

/// A listener as he is listed.
#[derive(Debug, Clone, Copy)]
pub struct ListedClient<'a> {
    /// Unique while he is connected; what [`Client::Id`](super::admin::Client::Id) names.
    pub id: u64,
    /// Where he is.
    pub address: IpAddr,
    /// The program, empty if it does not say.
    pub user_agent: &'a str,
    /// Since when he has been connected, in seconds.
    pub connected: u64,
    /// The page that sent him, empty if none did.
    pub referer: &'a str,
    /// What a proxy says of where he is, empty if there is none.
    pub forwarded_for: &'a str,
}

/// The listeners of the station at `mount`: Icecast's `listclients`, or page 3 of DNAS's `viewxml`.
pub fn clients(style: Style, mount: &str, clients: &[ListedClient<'_>]) -> Vec<u8> {
    match style {
        Style::Dnas => page("text/xml", &Listeners { clients }),
        Style::Icecast | Style::IcecastHtml => page(XML, &ListClients { mount, clients }),
    }
}

#[derive(Template)]
#[template(path = "iceresponse.xml")]
struct Response<'a> {
    message: &'a str,
    returned: u8,
}

#[derive(Template)]
#[template(path = "success.html")]
struct Success<'a> {
    message: &'a str,
}

#[derive(Template)]
#[template(path = "listclients.xml")]
struct ListClients<'a> {
    mount: &'a str,
    clients: &'a [ListedClient<'a>],
}

/// All on one line: scripts look for it with expressions whose dot is no line end.
#[derive(Template)]
#[template(path = "listeners.xml")]
struct Listeners<'a> {
    clients: &'a [ListedClient<'a>],
}

fn page(content_type: &str, template: &impl Template) -> Vec<u8> {
    let body =
        template.render().expect("a String takes everything and the template has no filter that fails");
    private(Status::Ok, content_type, allowed_in_xml(&body).as_bytes(), &[])
}

/// Without what XML cannot hold even escaped. HTML does not miss it.
fn allowed_in_xml(text: &str) -> Cow<'_, str> {
    let forbidden = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden;

    const MOVED: Done<'static> = Done::ClientsMoved { from: "/a&b", to: "/<c>" };

    #[test]
    fn what_was_done_is_as_recorded() {
        for (name, done) in [
            ("title-updated", Done::TitleUpdated),
            ("source-removed", Done::SourceRemoved),
            ("client-removed", Done::ClientRemoved(5)),
            ("client-not-found", Done::ClientNotFound(5)),
            ("clients-removed", Done::ClientsRemoved(2)),
            ("clients-moved", MOVED),
        ] {
            golden::check(&format!("admin-{name}"), &done.reply(Style::Icecast));
            golden::check(&format!("admin-{name}-dnas"), &done.reply(Style::Dnas));
            assert_eq!(done.reply(Style::IcecastHtml), done.reply(Style::Dnas));
        }
    }

    #[test]
    fn refusals_are_as_recorded() {
        for (name, refusal) in [
            ("unauthenticated", AdminRefusal::Unauthenticated(Style::Icecast)),
            ("unauthenticated-dnas", AdminRefusal::Unauthenticated(Style::Dnas)),
            ("off", AdminRefusal::Off),
            ("too-many-failures", AdminRefusal::TooManyFailures),
            ("cross-site", AdminRefusal::CrossSite),
            ("missing-parameter", AdminRefusal::MissingParameter),
            ("unknown-command", AdminRefusal::UnknownCommand),
            ("unknown-action", AdminRefusal::UnknownAction),
            ("no-such-source", AdminRefusal::NoSuchSource),
            ("source-not-available", AdminRefusal::SourceNotAvailable),
            ("no-such-destination", AdminRefusal::NoSuchDestination),
            ("same-destination", AdminRefusal::SameDestination),
            ("destination-not-running", AdminRefusal::DestinationNotRunning),
            ("not-allowed", AdminRefusal::NotAllowed),
        ] {
            golden::check(&format!("admin-{name}"), &refusal.reply());
        }
    }

    fn two() -> [ListedClient<'static>; 2] {
        let vlc = ListedClient {
            id: 5,
            address: "203.0.113.9".parse().unwrap(),
            user_agent: "VLC/3.0",
            connected: 77,
            referer: "",
            forwarded_for: "",
        };
        let evil = ListedClient {
            id: u64::MAX,
            address: "2001:db8::1".parse().unwrap(),
            user_agent: "",
            connected: 0,
            referer: "http://h/?a=1&b=\"<c>'\u{1b}\u{ffff}",
            forwarded_for: "192.0.2.1, \u{85}x",
        };
        [vlc, evil]
    }

    #[test]
    fn lists_are_as_recorded() {
        golden::check("admin-listclients", &clients(Style::Icecast, "/a&b", &two()));
        golden::check("admin-listclients-empty", &clients(Style::Icecast, "/live", &[]));
        golden::check("admin-viewxml-3", &clients(Style::Dnas, "/live", &two()));
        golden::check("admin-viewxml-3-empty", &clients(Style::Dnas, "/live", &[]));
    }

    #[test]
    fn no_other_site_may_read_any_of_it() {
        let all = [
            MOVED.reply(Style::Icecast),
            clients(Style::Dnas, "/live", &two()),
            AdminRefusal::Off.reply(),
            AdminRefusal::NotAllowed.reply(),
            AdminRefusal::NoSuchSource.reply(),
            reply::admin_options(),
        ];
        for reply in all {
            assert!(!String::from_utf8_lossy(&reply).to_lowercase().contains("access-control"));
        }
    }
}
