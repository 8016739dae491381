//! What an operator's page says, in the words that scripts look for (protocol-notes/sources.md, "Administrator
//! responses"). None of it is readable by other sites' pages.

use std::borrow::Cow;

use askama::Template;

use super::format::AdminFormat;
use crate::bans::BanTargetError;
use crate::http::response::reply::{self, Status, error_page, private};
use crate::http::source::reply::{forbidden, unauthenticated};

const XML: &str = "text/xml; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminOutcome<'a> {
    /// The title was taken.
    TitleUpdated,
    /// The next track is about to begin.
    TrackSkipped,
    /// The live source is gone.
    SourceRemoved,
    /// The listener with this id is gone.
    ClientRemoved(u64),
    /// There is no listener with this id.
    ClientNotFound(u64),
    /// None of the listeners that were named is here.
    ClientsNotFound,
    /// So many listeners are gone.
    ClientsRemoved(usize),
    /// The listeners of one mount now hear another.
    ClientsMoved {
        /// The mount they heard.
        from: &'a str,
        /// The mount they hear.
        to: &'a str,
    },
    /// Somebody is banned.
    Banned {
        /// How many connections ended with that.
        disconnected: usize,
        /// Whether it holds after a restart.
        is_persistent: bool,
    },
    /// So many live sources are gone.
    SourcesRemoved(usize),
    /// Peaks and numbers of listeners so far begin anew.
    StatisticsReset,
    /// The access log goes on in a new file.
    LogReopened,
    /// Pages are made anew.
    PageCacheCleared,
    /// So many stations elsewhere are asked again.
    RelaysStarted(usize),
    /// Somebody is banned no more.
    Unbanned {
        /// Whether it holds after a restart.
        is_kept: bool,
    },
}

impl AdminOutcome<'_> {
    /// 200, in XML, as a page or in JSON. Our own API says by the status as well that nobody was found.
    pub fn reply(self, style: AdminFormat) -> Vec<u8> {
        let message = self.message();
        match style {
            AdminFormat::Icecast => page(XML, &Response { message: &message, returned: self.returned() }),
            AdminFormat::Dnas | AdminFormat::IcecastHtml => page(HTML, &Success { message: &message }),
            AdminFormat::Api if self.returned() == 0 => json(Status::NotFound, "error", &message, &[]),
            AdminFormat::Api => json(Status::Ok, "message", &message, &[]),
        }
    }

    fn message(self) -> String {
        match self {
            Self::TitleUpdated => "Metadata update successful".into(),
            Self::TrackSkipped => "Track skipped".into(),
            Self::SourceRemoved => "Source Removed".into(),
            Self::ClientRemoved(id) => format!("Client {id} removed"),
            Self::ClientNotFound(id) => format!("Client {id} not found"),
            Self::ClientsNotFound => "No such clients".into(),
            Self::ClientsRemoved(count) => format!("Clients removed: {count}"),
            Self::ClientsMoved { from, to } => format!("Clients moved from {from} to {to}"),
            Self::Banned { disconnected: dismissed, is_persistent: is_kept } => {
                format!("Banned, clients removed: {dismissed}{}", until(is_kept))
            }
            Self::SourcesRemoved(count) => format!("Sources removed: {count}"),
            Self::StatisticsReset => "Statistics reset".into(),
            Self::LogReopened => "Access log reopened".into(),
            Self::PageCacheCleared => "Page cache cleared".into(),
            Self::RelaysStarted(count) => format!("Relays restarted: {count}"),
            Self::Unbanned { is_kept } => format!("Ban removed{}", until(is_kept)),
        }
    }

    /// Icecast's own measure of success, whatever the status says.
    fn returned(self) -> u8 {
        u8::from(!matches!(self, Self::ClientNotFound(_) | Self::ClientsNotFound))
    }
}

/// How long what is done about bans holds, where that is not for ever.
fn until(is_kept: bool) -> &'static str {
    if is_kept { "" } else { "; lost at the next restart: no state_dir is set" }
}

/// Why nothing was done. Codes and words are those of Icecast 2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminRefusal {
    /// Without a name and a password that fit: 401.
    Unauthenticated,
    /// There is no operator's password, so nobody is one: 403.
    Disabled,
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
    /// Listeners need none, as a station does not end with its source: 400.
    NoFallbacks,
    /// Listeners need no password: 400.
    NoListenerAccounts,
    /// The address is banned, and the password not the operator's: 403.
    Banned,
    /// That cannot be banned: 400.
    InvalidBanTarget(BanTargetError),
    /// There are as many bans as there may be: 400.
    TooManyBans,
    /// SHOUTcast can do that, and coldwave cannot, for this reason: 400.
    Unsupported(&'static str),
    /// There is no such ban: 404 by our own API, else 400.
    NoSuchBan,
    /// A method other than GET and POST: 405.
    NotAllowed,
    /// There is nothing at this path: 404.
    NotFound,
    /// This is looked at, and not done: 405.
    OnlyGet,
    /// This is done, and not looked at: 405.
    OnlyPost,
    /// There is no track to skip, as the AutoDJ is not on the air: 409.
    NoTrackToSkip,
    /// What was sent with it is no form: 415.
    NotAForm,
    /// What should be a number is none: 400.
    InvalidNumber,
    /// What should name listeners names none: 400.
    InvalidClient,
}

impl AdminRefusal {
    /// The bytes to send before closing.
    pub fn reply(self, style: AdminFormat) -> Vec<u8> {
        if style == AdminFormat::Api {
            return self.api_reply();
        }
        let (status, words) = (self.status(), self.message());
        match (self, style) {
            (Self::Unauthenticated, _) => unauthenticated(realm(style)),
            (Self::UnknownAction, _) => page(XML, &Response { message: words, returned: 0 }),
            (Self::NotAllowed, _) => reply::admin_not_allowed(),
            _ if status == Status::Forbidden => forbidden(words),
            _ => error_page(status, words),
        }
    }

    fn api_reply(self) -> Vec<u8> {
        let allow = |methods| vec![("Allow", methods)];
        let extra = match self {
            Self::Unauthenticated => vec![realm(AdminFormat::Api)],
            Self::NotAllowed => allow("GET, HEAD, POST, OPTIONS"),
            Self::OnlyGet => allow("GET, HEAD, OPTIONS"),
            Self::OnlyPost => allow("POST, OPTIONS"),
            _ => Vec::new(),
        };
        json(self.api_status(), "error", self.message(), &extra)
    }

    /// As HTTP means it. The other servers' scripts look at words.
    fn api_status(self) -> Status {
        match self {
            Self::NoSuchSource | Self::NoSuchDestination | Self::NoSuchBan => Status::NotFound,
            Self::SourceNotAvailable | Self::DestinationNotRunning | Self::NoTrackToSkip => Status::Conflict,
            _ => self.status(),
        }
    }

    fn status(self) -> Status {
        match self {
            Self::Unauthenticated => Status::Unauthorized,
            Self::Disabled | Self::TooManyFailures | Self::CrossSite | Self::Banned => Status::Forbidden,
            Self::NotAllowed | Self::OnlyGet | Self::OnlyPost => Status::MethodNotAllowed,
            Self::NotFound => Status::NotFound,
            Self::NotAForm => Status::UnsupportedMediaType,
            _ => Status::BadRequest,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Unauthenticated => "You need to authenticate",
            Self::Disabled => "the admin interface is disabled: no admin_password is set",
            Self::TooManyFailures => "too many failed logins, try again later",
            Self::CrossSite => "cross-site request refused",
            Self::MissingParameter => "Missing parameter",
            Self::UnknownCommand => "Unrecognised command",
            Self::UnknownAction => "No such action",
            Self::NoSuchSource => "Source does not exist",
            Self::SourceNotAvailable => "Source is not available",
            Self::NoSuchDestination => "No such destination",
            Self::SameDestination => "supplied mountpoints are identical",
            Self::DestinationNotRunning => "Destination not running",
            Self::NoFallbacks => "Fallbacks are not supported: a station continues when its source ends",
            Self::NoListenerAccounts => "Listener accounts are not supported: listeners need no password",
            Self::Banned => reply::BANNED,
            Self::InvalidBanTarget(why) => why.message(),
            Self::TooManyBans => "too many bans",
            Self::Unsupported(why) => why,
            Self::NoSuchBan => "no such ban",
            Self::NotAllowed => "Only GET and POST are allowed",
            Self::NotFound => "not found",
            Self::OnlyGet => "this resource only supports GET",
            Self::OnlyPost => "this action requires POST",
            Self::NoTrackToSkip => "no track to skip: the AutoDJ is not on the air",
            Self::NotAForm => "the body must be application/x-www-form-urlencoded",
            Self::InvalidNumber => "expected a number",
            Self::InvalidClient => "expected listener ids or addresses, separated by commas, or all",
        }
    }
}

/// An object of one sentence, as our own API answers.
fn json(status: Status, key: &str, words: &str, extra: &[(&str, &str)]) -> Vec<u8> {
    let body = serde_json::json!({ key: words }).to_string();
    private(status, "application/json", body.as_bytes(), extra)
}

fn realm(style: AdminFormat) -> (&'static str, &'static str) {
    match style {
        AdminFormat::Dnas => ("WWW-Authenticate", "Basic realm=\"Shoutcast Server\""),
        AdminFormat::Icecast | AdminFormat::IcecastHtml | AdminFormat::Api => {
            crate::http::source::reply::REALM
        }
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

    const MOVED: AdminOutcome<'static> = AdminOutcome::ClientsMoved { from: "/a&b", to: "/<c>" };

    #[test]
    fn what_was_done_is_as_recorded() {
        for (name, done) in [
            ("title-updated", AdminOutcome::TitleUpdated),
            ("source-removed", AdminOutcome::SourceRemoved),
            ("client-removed", AdminOutcome::ClientRemoved(5)),
            ("client-not-found", AdminOutcome::ClientNotFound(5)),
            ("clients-removed", AdminOutcome::ClientsRemoved(2)),
            ("clients-moved", MOVED),
            ("ban", AdminOutcome::Banned { disconnected: 2, is_persistent: true }),
            ("ban-for-now", AdminOutcome::Banned { disconnected: 0, is_persistent: false }),
            ("sources-removed", AdminOutcome::SourcesRemoved(2)),
            ("statistics-reset", AdminOutcome::StatisticsReset),
            ("log-reopened", AdminOutcome::LogReopened),
            ("pages-forgotten", AdminOutcome::PageCacheCleared),
            ("relays-started", AdminOutcome::RelaysStarted(1)),
            ("unban", AdminOutcome::Unbanned { is_kept: true }),
            ("unban-for-now", AdminOutcome::Unbanned { is_kept: false }),
        ] {
            golden::check(&format!("admin-{name}"), &done.reply(AdminFormat::Icecast));
            golden::check(&format!("admin-{name}-dnas"), &done.reply(AdminFormat::Dnas));
            golden::check(&format!("admin-{name}-api"), &done.reply(AdminFormat::Api));
            assert_eq!(done.reply(AdminFormat::IcecastHtml), done.reply(AdminFormat::Dnas));
        }
    }

    #[test]
    fn refusals_are_as_recorded() {
        for (name, refusal) in [
            ("unauthenticated", AdminRefusal::Unauthenticated),
            ("off", AdminRefusal::Disabled),
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
            ("no-fallbacks", AdminRefusal::NoFallbacks),
            ("no-listener-accounts", AdminRefusal::NoListenerAccounts),
            ("banned", AdminRefusal::Banned),
            ("unbannable", AdminRefusal::InvalidBanTarget(BanTargetError::TooWide)),
            ("too-many-bans", AdminRefusal::TooManyBans),
            ("not-here", AdminRefusal::Unsupported("the configuration is only read at start")),
            ("no-such-ban", AdminRefusal::NoSuchBan),
            ("not-allowed", AdminRefusal::NotAllowed),
        ] {
            golden::check(&format!("admin-{name}"), &refusal.reply(AdminFormat::Icecast));
            let code = |reply: &[u8]| String::from_utf8_lossy(&reply[9..12]).into_owned();
            let by_api = refusal.reply(AdminFormat::Api);
            assert!(by_api.ends_with(b"\"}") && code(&by_api).starts_with('4'), "{name}");
        }
        golden::check("admin-unauthenticated-dnas", &AdminRefusal::Unauthenticated.reply(AdminFormat::Dnas));
        golden::check("admin-unauthenticated-api", &AdminRefusal::Unauthenticated.reply(AdminFormat::Api));
    }

    #[test]
    fn our_own_api_refuses_as_http_means_it() {
        for (refusal, code, header) in [
            (AdminRefusal::Unauthenticated, 401, "WWW-Authenticate: Basic realm="),
            (AdminRefusal::Disabled, 403, ""),
            (AdminRefusal::MissingParameter, 400, ""),
            (AdminRefusal::InvalidNumber, 400, ""),
            (AdminRefusal::InvalidClient, 400, ""),
            (AdminRefusal::NoSuchSource, 404, ""),
            (AdminRefusal::NoSuchDestination, 404, ""),
            (AdminRefusal::NotFound, 404, ""),
            (AdminRefusal::NotAllowed, 405, "Allow: GET, HEAD, POST, OPTIONS\r\n"),
            (AdminRefusal::OnlyGet, 405, "Allow: GET, HEAD, OPTIONS\r\n"),
            (AdminRefusal::OnlyPost, 405, "Allow: POST, OPTIONS\r\n"),
            (AdminRefusal::SourceNotAvailable, 409, ""),
            (AdminRefusal::NoTrackToSkip, 409, ""),
            (AdminRefusal::NotAForm, 415, ""),
        ] {
            let reply = String::from_utf8(refusal.reply(AdminFormat::Api)).expect("UTF-8");
            assert!(reply.starts_with(&format!("HTTP/1.0 {code} ")), "{refusal:?}: {reply}");
            assert!(reply.contains(&format!("\r\n{header}")), "{refusal:?}: {reply}");
        }
        let code =
            |done: AdminOutcome| String::from_utf8_lossy(&done.reply(AdminFormat::Api)[9..12]).into_owned();
        assert_eq!(
            [AdminOutcome::ClientNotFound(5), AdminOutcome::ClientsNotFound].map(code),
            ["404", "404"]
        );
        assert_eq!([AdminOutcome::TrackSkipped, AdminOutcome::ClientsRemoved(0)].map(code), ["200", "200"]);
    }

    #[test]
    fn no_other_site_may_read_any_of_it() {
        let all = [
            MOVED.reply(AdminFormat::Icecast),
            AdminRefusal::Disabled.reply(AdminFormat::Api),
            AdminRefusal::NotAllowed.reply(AdminFormat::Icecast),
            AdminRefusal::NoSuchSource.reply(AdminFormat::Icecast),
            reply::admin_options(),
        ];
        for reply in all {
            assert!(!String::from_utf8_lossy(&reply).to_lowercase().contains("access-control"));
        }
    }
}
