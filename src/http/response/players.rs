//! Which players are answered `ICY 200 OK`: those that speak it, when it is really they who ask.

use crate::http::request::{HttpVersion, Request};
use crate::settings::IcyStatusLine;
use UserAgentPattern::{Anywhere, AtStart};

/// Whether the status line of a stream is `ICY 200 OK` rather than `HTTP/1.0 200 OK`.
///
/// Everything known takes the latter; the former breaks browsers, curl, Go and every HTTP proxy. So by default
/// it is for players in the table alone, and only where nothing hints at a proxy on the way: neither the version,
/// which nginx changes to 1.0, nor the headers proxies add (protocol-notes/listener.md, "The status line").
pub fn answers_icy(request: &Request, mode: IcyStatusLine) -> bool {
    match mode {
        IcyStatusLine::Always => true,
        IcyStatusLine::Never => false,
        IcyStatusLine::Auto => {
            !came_through_a_proxy(request) && PLAYERS.iter().any(|player| player.asks(request))
        }
    }
}

/// One player that speaks ICY.
struct IcyPlayer {
    mark: UserAgentPattern,
    /// The version it uses itself; `None` where it is not known to use one alone.
    version: Option<HttpVersion>,
    /// Whether it counts only when it asks for titles.
    with_titles: bool,
}

/// What its User-Agent has.
enum UserAgentPattern {
    AtStart(&'static str),
    Anywhere(&'static str),
}

const PLAYERS: [IcyPlayer; 9] = [
    // Winamp 5 asking for MP3: the format is its own. Captured.
    speaks(AtStart("WinampMPEG/"), HttpVersion::Http10),
    // mpg123: 1.31 tried; always asks in HTTP/1.0, seen in its source.
    speaks(AtStart("mpg123/"), HttpVersion::Http10),
    // VLC: 3.0 tried; it asks for titles in HTTP/1.0, on a second connection.
    speaks(AtStart("VLC/"), HttpVersion::Http10),
    // ffmpeg 5.1 and what plays through it under its name: tried; HTTP/1.1, seen in its source. mpv 0.35 does too, but
    // calls itself libmpv, and later ones, whose own parser takes no ICY, may as well: it is no row here.
    speaks(AtStart("Lavf/"), HttpVersion::Http11),
    // The five that icecast-kh answers so, seen in its source; DNAS since 2.4.1 does for NSPlayer. They need it
    // and do not all ask for titles.
    needs(Anywhere("shoutcastsource")),
    needs(Anywhere("Windows-Media-Player")),
    needs(Anywhere("NSPlayer")),
    needs(Anywhere("RealMedia")),
    needs(Anywhere("BlackBerry")),
];

const fn speaks(mark: UserAgentPattern, version: HttpVersion) -> IcyPlayer {
    IcyPlayer { mark, version: Some(version), with_titles: true }
}

const fn needs(mark: UserAgentPattern) -> IcyPlayer {
    IcyPlayer { mark, version: None, with_titles: false }
}

impl IcyPlayer {
    fn asks(&self, request: &Request) -> bool {
        self.mark.is_in(request.user_agent())
            && self.version.is_none_or(|version| request.version == version)
            && (request.wants_metadata() || !self.with_titles)
    }
}

impl UserAgentPattern {
    fn is_in(&self, user_agent: &str) -> bool {
        match self {
            AtStart(mark) => user_agent.starts_with(mark),
            Anywhere(mark) => user_agent.contains(mark),
        }
    }
}

fn came_through_a_proxy(request: &Request) -> bool {
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
    fn players_of_the_table_are_answered_icy() {
        check("HTTP/1.0", "WinampMPEG/5.66, Ultravox/2.1", "\nIcy-MetaData:1", true);
        check("HTTP/1.0", "mpg123/1.31.2", TITLES, true);
        check("HTTP/1.0", "VLC/3.0.24 LibVLC/3.0.24", TITLES, true);
        check("HTTP/1.1", "Lavf/59.27.100", TITLES, true);
    }

    #[test]
    fn they_are_not_when_they_want_no_titles() {
        check("HTTP/1.0", "WinampMPEG/5.66", "", false);
        check("HTTP/1.1", "Lavf/59.27.100", "", false);
        check("HTTP/1.1", "Lavf/59.27.100", "\nIcy-MetaData: 0", false);
    }

    #[test]
    fn they_are_not_in_the_version_of_a_proxy() {
        check("HTTP/1.0", "Lavf/59.27.100", TITLES, false);
        check("HTTP/1.1", "mpg123/1.31.2", TITLES, false);
        check("HTTP/1.1", "VLC/3.0.24 LibVLC/3.0.24", TITLES, false);
    }

    #[test]
    fn nobody_is_whose_request_was_forwarded() {
        for more in ["\nVia: 1.1 cache", "\nForwarded: for=::1", "\nx-forwarded-for: 192.0.2.1"] {
            check("HTTP/1.0", "WinampMPEG/5.66", &format!("{TITLES}{more}"), false);
            check("HTTP/1.0", "NSPlayer/12.0", more, false);
        }
    }

    #[test]
    fn those_who_need_it_get_it_without_titles_too() {
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
    fn everyone_else_is_answered_http() {
        for user_agent in
            ["", "curl/8.5.0", "Mozilla/5.0 Chrome/120", "node", "My Lavf/1", "Go-http-client/1.1"]
        {
            check("HTTP/1.1", user_agent, TITLES, false);
            check("HTTP/1.0", user_agent, TITLES, false);
        }
    }

    #[test]
    fn the_mode_stands_above_the_table() {
        let (curl, winamp) = (request("HTTP/1.1", "curl/8", ""), request("HTTP/1.0", "WinampMPEG/5", TITLES));
        assert!(answers_icy(&curl, IcyStatusLine::Always));
        assert!(!answers_icy(&winamp, IcyStatusLine::Never));
    }
}
