//! Replies to admin requests, in the wording that scripts look for (protocol-notes/sources.md, "Administrator
//! responses"). Pages of other sites can read none of them.

use std::borrow::Cow;

use askama::Template;

use super::format::AdminFormat;
use super::persistence::Persistence;
use crate::bans::BanTargetError;
use crate::http::request::cross_site::UnprovenAction;
use crate::http::response::reply::{self, Status, error_page, private};
use crate::http::source::reply::{
    RETRY_AFTER, SourceRefusal, TOO_MANY_FAILURES, forbidden, too_many_failures, unauthenticated,
};

pub(super) const XML: &str = "text/xml; charset=utf-8";
pub(super) const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// The methods of an action.
const ALLOW_POST: (&str, &str) = ("Allow", "POST, OPTIONS");

/// The outcome of an admin action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminOutcome<'a> {
    /// The title was set.
    TitleUpdated,
    /// The track was skipped.
    TrackSkipped,
    /// The live source was disconnected.
    SourceRemoved,
    /// The listener with this id was disconnected.
    ClientRemoved(u64),
    /// There is no listener with this id.
    ClientNotFound(u64),
    /// None of the named listeners is connected.
    ClientsNotFound,
    /// This many listeners were disconnected.
    ClientsRemoved(usize),
    /// Listeners of one mount were moved to another.
    ClientsMoved {
        /// The mount they came from.
        from: &'a str,
        /// The mount they are on now.
        to: &'a str,
    },
    /// A ban was added.
    Banned {
        /// How many connections the ban closed.
        disconnected: usize,
        /// Whether the change survives a restart.
        persistence: Persistence,
    },
    /// This many live sources were disconnected.
    SourcesRemoved(usize),
    /// Peaks and listener totals were reset.
    StatisticsReset,
    /// The access log is being reopened.
    LogReopened,
    /// The page cache was cleared.
    PageCacheCleared,
    /// This many relays are reconnecting.
    RelaysStarted(usize),
    /// A ban was removed.
    Unbanned {
        /// Whether the change survives a restart.
        persistence: Persistence,
    },
}

impl AdminOutcome<'_> {
    /// Returns a 200 reply in XML, HTML or JSON. coldwave's own API replies 404 if no listener was found.
    pub fn reply(self, format: AdminFormat) -> Vec<u8> {
        let message = self.message();
        match format {
            AdminFormat::Icecast => {
                page(XML, &Response { message: &message, return_code: self.return_code() })
            }
            AdminFormat::Dnas | AdminFormat::IcecastHtml => page(HTML, &Success { message: &message }),
            AdminFormat::Api if self.return_code() == 0 => json(Status::NotFound, "error", &message, &[]),
            AdminFormat::Api => self.json_reply(&message),
        }
    }

    /// Returns whether the change is on disk; `None` if this action changes nothing that has to survive a
    /// restart.
    fn persistence(self) -> Option<Persistence> {
        match self {
            Self::Banned { persistence, .. } | Self::Unbanned { persistence } => Some(persistence),
            _ => None,
        }
    }

    /// Returns whether the reply has to wait until the change is on disk.
    pub fn is_pending(self) -> bool {
        self.persistence() == Some(Persistence::Pending)
    }

    /// Returns this outcome with another persistence.
    #[must_use]
    pub fn with_persistence(self, persistence: Persistence) -> Self {
        match self {
            Self::Banned { disconnected, .. } => Self::Banned { disconnected, persistence },
            Self::Unbanned { .. } => Self::Unbanned { persistence },
            other => other,
        }
    }

    fn json_reply(self, message: &str) -> Vec<u8> {
        match self.persistence() {
            None => json(Status::Ok, "message", message, &[]),
            Some(persistence) => {
                let is_saved = persistence == Persistence::Saved;
                json_object(Status::Ok, &serde_json::json!({ "message": message, "saved": is_saved }), &[])
            }
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
            Self::Banned { disconnected, persistence } => {
                format!("Banned, clients removed: {disconnected}{}", persistence.note())
            }
            Self::SourcesRemoved(count) => format!("Sources removed: {count}"),
            Self::StatisticsReset => "Statistics reset".into(),
            Self::LogReopened => "Reopening the access log, see the log for the result".into(),
            Self::PageCacheCleared => "Page cache cleared".into(),
            Self::RelaysStarted(count) => format!("Relays restarted: {count}"),
            Self::Unbanned { persistence } => format!("Ban removed{}", persistence.note()),
        }
    }

    /// Returns Icecast's success flag, which is independent of the HTTP status.
    fn return_code(self) -> u8 {
        u8::from(!matches!(self, Self::ClientNotFound(_) | Self::ClientsNotFound))
    }
}

/// Why an admin request is refused. Codes and wording as in Icecast 2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminRefusal {
    /// No valid user name and password: 401.
    Unauthenticated,
    /// The admin interface is disabled, since no admin password is set: 403.
    Disabled,
    /// Too many failed logins from this address, or from everywhere: 429.
    TooManyFailures,
    /// The request came, or may have come, from a page of another site: 403.
    CrossSite,
    /// A browser requested an action with GET, so any link may have caused it: 405.
    ActionByLink,
    /// A required parameter is missing or invalid: 400.
    MissingParameter,
    /// There is no such page: 400.
    UnknownCommand,
    /// `/admin/metadata` only supports title updates: 200 and `No such action`, as Icecast replies.
    UnknownAction,
    /// There is no such station: 400.
    NoSuchSource,
    /// The station has nothing on air: 400.
    SourceNotAvailable,
    /// The destination of a move does not exist: 400.
    NoSuchDestination,
    /// The destination of a move is the station itself: 400.
    SameDestination,
    /// The destination of a move has nothing on air: 400.
    DestinationNotRunning,
    /// Fallbacks are set in the configuration only: 400.
    NoFallbacks,
    /// There are no listener accounts, as listeners need no password: 400.
    NoListenerAccounts,
    /// The address is banned, and the password is not the admin password: 403.
    Banned,
    /// The target cannot be banned: 400.
    InvalidBanTarget(BanTargetError),
    /// The limit of bans is reached: 400.
    TooManyBans,
    /// A feature of SHOUTcast that coldwave does not support, for this reason: 400.
    Unsupported(&'static str),
    /// There is no such ban: 404 in coldwave's own API, otherwise 400.
    NoSuchBan,
    /// A method other than GET and POST: 405.
    NotAllowed,
    /// Nothing exists at this path: 404.
    NotFound,
    /// The path supports GET only: 405.
    OnlyGet,
    /// The path supports POST only: 405.
    OnlyPost,
    /// There is no track to skip, as the AutoDJ is not on the air: 409.
    NoTrackToSkip,
    /// The body is not a form: 415.
    NotAForm,
    /// A parameter is not a number: 400.
    InvalidNumber,
    /// A parameter does not name listeners: 400.
    InvalidClient,
    /// A list cannot be sorted by this: 400.
    InvalidSort,
    /// The text to search for is too long: 400.
    SearchTooLong,
}

impl From<UnprovenAction> for AdminRefusal {
    fn from(reason: UnprovenAction) -> Self {
        match reason {
            UnprovenAction::CrossSite => Self::CrossSite,
            UnprovenAction::Link => Self::ActionByLink,
        }
    }
}

/// A refusal of a login is the same for sources and administrators.
impl From<SourceRefusal> for AdminRefusal {
    fn from(refusal: SourceRefusal) -> Self {
        match refusal {
            SourceRefusal::TooManyFailures => Self::TooManyFailures,
            SourceRefusal::Banned => Self::Banned,
            _ => Self::Unauthenticated,
        }
    }
}

impl AdminRefusal {
    /// Returns the bytes to send before closing.
    pub fn reply(self, format: AdminFormat) -> Vec<u8> {
        if format == AdminFormat::Api {
            return self.api_reply();
        }
        let (status, message) = (self.status(), self.message());
        match (self, format) {
            (Self::Unauthenticated, _) => unauthenticated(realm(format)),
            (Self::UnknownAction, _) => page(XML, &Response { message, return_code: 0 }),
            (Self::NotAllowed, _) => reply::admin_not_allowed(),
            (Self::TooManyFailures, _) => too_many_failures(),
            (Self::ActionByLink, _) => reply::private(status, PLAIN, message.as_bytes(), &[ALLOW_POST]),
            _ if status == Status::Forbidden => forbidden(message),
            _ => error_page(status, message),
        }
    }

    fn api_reply(self) -> Vec<u8> {
        let allow = |methods| vec![("Allow", methods)];
        let extra = match self {
            Self::Unauthenticated => vec![realm(AdminFormat::Api)],
            Self::NotAllowed => allow("GET, HEAD, POST, OPTIONS"),
            Self::OnlyGet => allow("GET, HEAD, OPTIONS"),
            Self::OnlyPost | Self::ActionByLink => vec![ALLOW_POST],
            Self::TooManyFailures => vec![RETRY_AFTER],
            _ => Vec::new(),
        };
        json(self.api_status(), "error", self.api_message(), &extra)
    }

    /// Returns the message for coldwave's own API, in its words.
    fn api_message(self) -> &'static str {
        match self {
            Self::NoSuchSource => "no such station",
            _ => self.message(),
        }
    }

    /// Returns the status for coldwave's own API, which follows the rules of HTTP. Scripts for the other
    /// servers read the text instead.
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
            Self::Disabled | Self::CrossSite | Self::Banned => Status::Forbidden,
            Self::TooManyFailures => Status::TooManyRequests,
            Self::NotAllowed | Self::OnlyGet | Self::OnlyPost | Self::ActionByLink => {
                Status::MethodNotAllowed
            }
            Self::NotFound => Status::NotFound,
            Self::NotAForm => Status::UnsupportedMediaType,
            _ => Status::BadRequest,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Unauthenticated => "You need to authenticate",
            Self::Disabled => {
                "the admin interface is disabled: the configuration has no administrator password"
            }
            Self::TooManyFailures => TOO_MANY_FAILURES,
            Self::CrossSite => "cross-site request refused",
            Self::ActionByLink => "this action requires POST in a browser: use the buttons of /admin/",
            Self::MissingParameter => "Missing parameter",
            Self::UnknownCommand => "Unrecognised command",
            Self::UnknownAction => "No such action",
            Self::NoSuchSource => "Source does not exist",
            Self::SourceNotAvailable => "Source is not available",
            Self::NoSuchDestination => "No such destination",
            Self::SameDestination => "supplied mountpoints are identical",
            Self::DestinationNotRunning => "Destination not running",
            Self::NoFallbacks => "Fallbacks are set in the configuration, with the key fallback",
            Self::NoListenerAccounts => "Listener accounts are not supported: listeners need no password",
            Self::Banned => reply::BANNED,
            Self::InvalidBanTarget(error) => error.message(),
            Self::TooManyBans => "too many bans",
            Self::Unsupported(reason) => reason,
            Self::NoSuchBan => "no such ban",
            Self::NotAllowed => "Only GET and POST are allowed",
            Self::NotFound => "not found",
            Self::OnlyGet => "this resource only supports GET",
            Self::OnlyPost => "this action requires POST",
            Self::NoTrackToSkip => "no track to skip: the AutoDJ is not on the air",
            Self::NotAForm => "the body must be application/x-www-form-urlencoded",
            Self::InvalidNumber => "expected a number",
            Self::InvalidClient => "expected listener ids or addresses, separated by commas, or all",
            Self::InvalidSort => {
                "unknown sort key: use the name of a key of a listener, with - in front to reverse"
            }
            Self::SearchTooLong => "the text to search for is longer than 200 bytes",
        }
    }
}

/// Returns a JSON object with one message, the format of coldwave's own API.
fn json(status: Status, key: &str, message: &str, extra: &[(&str, &str)]) -> Vec<u8> {
    json_object(status, &serde_json::json!({ key: message }), extra)
}

fn json_object(status: Status, object: &serde_json::Value, extra: &[(&str, &str)]) -> Vec<u8> {
    private(status, "application/json", object.to_string().as_bytes(), extra)
}

fn realm(format: AdminFormat) -> (&'static str, &'static str) {
    match format {
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
    return_code: u8,
}

#[derive(Template)]
#[template(path = "success.html")]
struct Success<'a> {
    message: &'a str,
}

fn page(content_type: &str, template: &impl Template) -> Vec<u8> {
    let body =
        template.render().expect("writing to a String does not fail, and no filter of the template does");
    private(Status::Ok, content_type, allowed_in_xml(&body).as_bytes(), &[])
}

/// Removes characters that XML cannot contain even escaped. HTML does not need them.
pub(super) fn allowed_in_xml(text: &str) -> Cow<'_, str> {
    let forbidden = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "").into() } else { text.into() }
}

#[cfg(test)]
mod tests;
