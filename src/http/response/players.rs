//! Decides whether a request gets `ICY 200 OK`: only if it comes directly from a player known to support it.

use crate::http::request::{HttpVersion, Request};
use crate::settings::IcyStatusLine;
use UserAgentPattern::{Anywhere, AtStart};

/// Returns whether the status line of a stream is `ICY 200 OK` rather than `HTTP/1.0 200 OK`.
///
/// Every known player accepts the latter; the former breaks browsers, curl, Go and every HTTP proxy. So by
/// default only players in the table get it, and only if nothing indicates a proxy in between: neither the
/// HTTP version, which nginx changes to 1.0, nor the headers that proxies add (protocol-notes/listener.md,
/// "The status line").
pub fn answers_icy(request: &Request, mode: IcyStatusLine) -> bool {
    match mode {
        IcyStatusLine::Always => true,
        IcyStatusLine::Never => false,
        IcyStatusLine::Auto => !is_proxied(request) && PLAYERS.iter().any(|player| player.matches(request)),
    }
}

/// A player that supports ICY.
struct IcyPlayer {
    user_agent: UserAgentPattern,
    /// The HTTP version that the player sends; `None` if it is not known to use one version only.
    version: Option<HttpVersion>,
    /// Whether the entry applies only when the player requests titles.
    with_titles: bool,
}

/// The text that the player's User-Agent contains.
enum UserAgentPattern {
    AtStart(&'static str),
    Anywhere(&'static str),
}

const PLAYERS: [IcyPlayer; 9] = [
    // Winamp 5 for MP3: it has its own header format. From a captured request.
    supports(AtStart("WinampMPEG/"), HttpVersion::Http10),
    // mpg123: tested with 1.31; always uses HTTP/1.0 according to its source.
    supports(AtStart("mpg123/"), HttpVersion::Http10),
    // VLC: tested with 3.0; it requests titles in HTTP/1.0, on a second connection.
    supports(AtStart("VLC/"), HttpVersion::Http10),
    // ffmpeg and programs that use it with its User-Agent: tested with 5.1; uses HTTP/1.1 according to its
    // source. mpv 0.35 supports ICY too, but its User-Agent, libmpv, is the same as in later versions, whose
    // parser does not support ICY. So mpv has no row here.
    supports(AtStart("Lavf/"), HttpVersion::Http11),
    // The five players for which icecast-kh uses ICY, according to its source; DNAS does so for NSPlayer
    // since 2.4.1. They require it, and not all of them request titles.
    requires(Anywhere("shoutcastsource")),
    requires(Anywhere("Windows-Media-Player")),
    requires(Anywhere("NSPlayer")),
    requires(Anywhere("RealMedia")),
    requires(Anywhere("BlackBerry")),
];

const fn supports(user_agent: UserAgentPattern, version: HttpVersion) -> IcyPlayer {
    IcyPlayer { user_agent, version: Some(version), with_titles: true }
}

const fn requires(user_agent: UserAgentPattern) -> IcyPlayer {
    IcyPlayer { user_agent, version: None, with_titles: false }
}

impl IcyPlayer {
    fn matches(&self, request: &Request) -> bool {
        self.user_agent.is_in(request.user_agent())
            && self.version.is_none_or(|version| request.version == version)
            && (request.wants_metadata() || !self.with_titles)
    }
}

impl UserAgentPattern {
    fn is_in(&self, user_agent: &str) -> bool {
        match self {
            AtStart(text) => user_agent.starts_with(text),
            Anywhere(text) => user_agent.contains(text),
        }
    }
}

fn is_proxied(request: &Request) -> bool {
    ["via", "forwarded", "x-forwarded-for"].iter().any(|name| request.header(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: &str, user_agent: &str, more: &str) -> Request {
        Request::from_lines(&format!("GET /live {version}\nUser-Agent: {user_agent}\nHost: h{more}"))
    }

    fn check(version: &str, user_agent: &str, more: &str, icy: bool) {
        let request = request(version, user_agent, more);
        assert_eq!(answers_icy(&request, IcyStatusLine::Auto), icy, "{request:?}");
    }

    const TITLES: &str = "\nIcy-MetaData: 1";

    #[test]
    fn known_players_that_request_titles_get_icy() {
        check("HTTP/1.0", "WinampMPEG/5.66, Ultravox/2.1", "\nIcy-MetaData:1", true);
        check("HTTP/1.0", "mpg123/1.31.2", TITLES, true);
        check("HTTP/1.0", "VLC/3.0.24 LibVLC/3.0.24", TITLES, true);
        check("HTTP/1.1", "Lavf/59.27.100", TITLES, true);
    }

    #[test]
    fn known_players_without_titles_get_http() {
        check("HTTP/1.0", "WinampMPEG/5.66", "", false);
        check("HTTP/1.1", "Lavf/59.27.100", "", false);
        check("HTTP/1.1", "Lavf/59.27.100", "\nIcy-MetaData: 0", false);
    }

    #[test]
    fn known_players_in_another_http_version_get_http() {
        check("HTTP/1.0", "Lavf/59.27.100", TITLES, false);
        check("HTTP/1.1", "mpg123/1.31.2", TITLES, false);
        check("HTTP/1.1", "VLC/3.0.24 LibVLC/3.0.24", TITLES, false);
    }

    #[test]
    fn forwarded_requests_get_http() {
        for more in ["\nVia: 1.1 cache", "\nForwarded: for=::1", "\nx-forwarded-for: 192.0.2.1"] {
            check("HTTP/1.0", "WinampMPEG/5.66", &format!("{TITLES}{more}"), false);
            check("HTTP/1.0", "NSPlayer/12.0", more, false);
        }
    }

    #[test]
    fn players_that_require_icy_get_it_without_titles_too() {
        for user_agent in [
            "shoutcastsource",
            "Windows-Media-Player/12",
            "NSPlayer/7.10",
            "RealMedia Player",
            "My BlackBerry 8100",
        ] {
            for version in ["HTTP/1.0", "HTTP/1.1"] {
                check(version, user_agent, "", true);
                check(version, user_agent, TITLES, true);
            }
        }
    }

    #[test]
    fn other_players_get_http() {
        for user_agent in
            ["", "curl/8.5.0", "Mozilla/5.0 Chrome/120", "node", "My Lavf/1", "Go-http-client/1.1"]
        {
            check("HTTP/1.1", user_agent, TITLES, false);
            check("HTTP/1.0", user_agent, TITLES, false);
        }
    }

    #[test]
    fn configured_mode_overrides_the_table() {
        let (curl, winamp) = (request("HTTP/1.1", "curl/8", ""), request("HTTP/1.0", "WinampMPEG/5", TITLES));
        assert!(answers_icy(&curl, IcyStatusLine::Always));
        assert!(!answers_icy(&winamp, IcyStatusLine::Never));
    }
}
