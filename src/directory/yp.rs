//! Requests to a directory and its responses, as bytes (protocol-notes/directories.md).

use std::fmt;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::listing::Listing;
use crate::text::truncated;

/// A request to a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YpRequest<'a> {
    /// Add a station.
    Add(&'a Listing),
    /// Confirm that a station still exists, and update its title.
    Touch {
        /// The directory's id of the station.
        sid: &'a str,
        /// The current data.
        listing: &'a Listing,
    },
    /// Remove a station.
    Remove {
        /// The directory's id of the station.
        sid: &'a str,
    },
}

impl YpRequest<'_> {
    /// Returns the body of the POST request. The audio details must come last, directly before the line end,
    /// as Icecast sends them: directories search for them there.
    pub fn body(self) -> String {
        match self {
            Self::Add(Listing { info, .. }) => {
                let pairs = form(&[
                    ("action", "add"),
                    ("sn", &info.name),
                    ("genre", &info.genre),
                    ("cpswd", ""),
                    ("desc", &info.description),
                    ("url", &info.url),
                    ("listenurl", &info.listen_url),
                    ("type", &info.content_type),
                    ("stype", ""),
                    ("b", &info.kbps.to_string()),
                ]);
                format!("{pairs}&{}\r\n", escaped(&info.audio_info))
            }
            Self::Touch { sid, listing } => {
                let (listeners, max) = (listing.listeners.to_string(), listing.max_listeners.to_string());
                form(&[
                    ("action", "touch"),
                    ("sid", sid),
                    ("st", &listing.title),
                    ("listeners", &listeners),
                    ("max_listeners", &max),
                    ("stype", ""),
                ]) + "\r\n"
            }
            Self::Remove { sid } => form(&[("action", "remove"), ("sid", sid)]) + "\r\n",
        }
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The response of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum YpResponse {
    /// The request was accepted.
    Accepted {
        /// The directory's new id of the station; empty if it sent none.
        sid: String,
        /// The interval at which it requests [touches](YpRequest::Touch), if it sent one.
        touch_interval: Option<Duration>,
    },
    /// The request was refused.
    Refused(YpRefusal),
    /// The directory could not be reached, or its response is invalid.
    Failed(String),
}

/// The message with which a directory refused a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YpRefusal(String);

impl fmt::Display for YpRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// The most bytes of a directory's message that are logged.
const MESSAGE_MAX: usize = 200;

/// The longest id that is accepted from a directory, in bytes; dir.xiph.org sends 36.
const SID_MAX: usize = 200;

impl YpResponse {
    /// Parses a response from its status and its headers. `header` returns the value of the header with this
    /// lower-case name.
    pub fn parse<'h>(status: i32, header: impl Fn(&str) -> Option<&'h str>) -> Self {
        let Some(response) = header("ypresponse").filter(|_| status == 200) else {
            return Self::Failed(format!("not a directory's response, status {status}"));
        };
        if response.trim() != "1" {
            let message = truncated(header("ypmessage").unwrap_or_default().trim(), MESSAGE_MAX);
            return Self::Refused(YpRefusal(message.to_owned()));
        }
        let touch_interval = header("touchfreq").and_then(|seconds| seconds.trim().parse().ok());
        let sid = header("sid").unwrap_or_default().trim();
        if sid.len() > SID_MAX {
            return Self::Failed("SID longer than 200 bytes".to_owned());
        }
        Self::Accepted { sid: sid.to_owned(), touch_interval: touch_interval.map(Duration::from_secs) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::listing::ListingInfo;
    use super::*;

    fn listing() -> Listing {
        let info = ListingInfo {
            name: "Harbour FM".into(),
            genre: "Ambient & slow".into(),
            description: "día\r\ny noche".into(),
            url: "http://example.org/?a=1".into(),
            listen_url: "http://radio.example:8000/live".into(),
            content_type: "audio/mpeg".into(),
            kbps: 128,
            audio_info: "bitrate=128;samplerate=44100;channels=2".into(),
        };
        Listing {
            id: 1,
            info,
            title: "A&B=C".into(),
            is_from_source: true,
            listeners: 12,
            max_listeners: 500,
        }
    }

    #[test]
    fn request_bodies_are_the_same_as_from_icecast() {
        let listing = listing();
        assert_eq!(
            YpRequest::Add(&listing).body(),
            "action=add&sn=Harbour%20FM&genre=Ambient%20%26%20slow&cpswd=&desc=d%C3%ADa%0D%0Ay%20noche\
             &url=http%3A%2F%2Fexample%2Eorg%2F%3Fa%3D1&listenurl=http%3A%2F%2Fradio%2Eexample%3A8000%2Flive\
             &type=audio%2Fmpeg&stype=&b=128&bitrate%3D128%3Bsamplerate%3D44100%3Bchannels%3D2\r\n"
        );
        assert_eq!(
            YpRequest::Touch { sid: "1-2", listing: &listing }.body(),
            "action=touch&sid=1%2D2&st=A%26B%3DC&listeners=12&max_listeners=500&stype=\r\n"
        );
        assert_eq!(YpRequest::Remove { sid: "1-2" }.body(), "action=remove&sid=1%2D2\r\n");
    }

    #[track_caller]
    fn check(status: i32, headers: &[(&str, &str)], expected: YpResponse) {
        let header = |name: &str| headers.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        assert_eq!(YpResponse::parse(status, header), expected, "{headers:?}");
    }

    #[test]
    fn responses_are_parsed_from_the_headers() {
        let accepted = |sid: &str, touch_interval: Option<u64>| YpResponse::Accepted {
            sid: sid.into(),
            touch_interval: touch_interval.map(Duration::from_secs),
        };
        check(
            200,
            &[("ypresponse", "1"), ("sid", " 1-2 "), ("touchfreq", "200")],
            accepted("1-2", Some(200)),
        );
        check(200, &[("ypresponse", " 1"), ("touchfreq", "soon")], accepted("", None));
        let refused = |message: &str| YpResponse::Refused(YpRefusal(message.into()));
        check(200, &[("ypresponse", "0"), ("ypmessage", "Not a URL")], refused("Not a URL"));
        check(200, &[("ypresponse", "")], refused(""));
        let long = "é".repeat(1000);
        check(200, &[("ypresponse", "0"), ("ypmessage", &long)], refused(&long[..200]));
        for (status, headers) in [(404, &[("ypresponse", "1")][..]), (200, &[]), (302, &[])] {
            let response = YpResponse::parse(status, |name| {
                headers.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
            });
            assert!(matches!(response, YpResponse::Failed(reason) if reason.contains(&status.to_string())));
        }
        let long = [("ypresponse", "1"), ("sid", long.as_str())];
        check(200, &long, YpResponse::Failed("SID longer than 200 bytes".into()));
    }

    #[test]
    fn message_of_a_directory_is_logged_as_a_single_line() {
        let hostile =
            YpResponse::parse(200, |name| Some(if name == "ypresponse" { "0" } else { "a\u{1b}[2J\nb" }));
        let YpResponse::Refused(reason) = hostile else { panic!("{hostile:?}") };
        assert!(!reason.to_string().contains(char::is_control), "{reason}");
    }
}
