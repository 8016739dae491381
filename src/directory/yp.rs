//! What is said between us and a directory, as bytes (protocol-notes/directories.md).

use std::fmt;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::listing::Listing;
use crate::text::truncated;

/// What a directory is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YpRequest<'a> {
    /// To list a station.
    Add(&'a Listing),
    /// To believe that it is still there, and to show what is on.
    Touch {
        /// By what the directory knows the station.
        sid: &'a str,
        /// What is on.
        listing: &'a Listing,
    },
    /// To list it no more.
    Remove {
        /// By what the directory knows the station.
        sid: &'a str,
    },
}

impl YpRequest<'_> {
    /// The body of the POST. The directory looks for the audio's details in the one name that has a line end in it, so
    /// that has to come last, as Icecast has it.
    pub fn body(self) -> String {
        match self {
            Self::Add(Listing { info: about, .. }) => {
                let pairs = form(&[
                    ("action", "add"),
                    ("sn", &about.name),
                    ("genre", &about.genre),
                    ("cpswd", ""),
                    ("desc", &about.description),
                    ("url", &about.url),
                    ("listenurl", &about.listen_url),
                    ("type", &about.content_type),
                    ("stype", ""),
                    ("b", &about.kbps.to_string()),
                ]);
                format!("{pairs}&{}\r\n", escaped(&about.audio_info))
            }
            Self::Touch { sid, listing } => {
                let (listeners, most) = (listing.listeners.to_string(), listing.max_listeners.to_string());
                form(&[
                    ("action", "touch"),
                    ("sid", sid),
                    ("st", &listing.title),
                    ("listeners", &listeners),
                    ("max_listeners", &most),
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

/// What a directory answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum YpResponse {
    /// It does as it was asked.
    Accepted {
        /// By what it knows the station from now on; empty where it does not say.
        sid: String,
        /// How often it wants to be [touched](Ask::Touch), if it says.
        touch_interval: Option<Duration>,
    },
    /// It does not.
    Refused(YpRefusal),
    /// It could not be asked, or makes no sense.
    Failed(String),
}

/// Why a directory does not do as it was asked, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YpRefusal(String);

impl fmt::Display for YpRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Bytes of a directory's own words that are logged.
const MESSAGE_MAX: usize = 200;

/// The longest name by which a directory may know a station, in bytes; dir.xiph.org has 36.
const SID_MAX: usize = 200;

impl YpResponse {
    /// What it is by the status of the reply and its headers, of which `header` gives the one of that name in lower case.
    pub fn parse<'h>(status: i32, header: impl Fn(&str) -> Option<&'h str>) -> Self {
        let Some(response) = header("ypresponse").filter(|_| status == 200) else {
            return Self::Failed(format!("not a directory's response, status {status}"));
        };
        if response.trim() != "1" {
            let message = truncated(header("ypmessage").unwrap_or_default().trim(), MESSAGE_MAX);
            return Self::Refused(YpRefusal(message.to_owned()));
        }
        let every = header("touchfreq").and_then(|seconds| seconds.trim().parse().ok());
        let sid = header("sid").unwrap_or_default().trim();
        if sid.len() > SID_MAX {
            return Self::Failed("SID longer than 200 bytes".to_owned());
        }
        Self::Accepted { sid: sid.to_owned(), touch_interval: every.map(Duration::from_secs) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::listing::ListingInfo;
    use super::*;

    fn listing() -> Listing {
        let about = ListingInfo {
            name: "Harbour FM".into(),
            genre: "Ambient & slow".into(),
            description: "día\r\ny noche".into(),
            url: "http://example.org/?a=1".into(),
            listen_url: "http://radio.example:8000/live".into(),
            content_type: "audio/mpeg".into(),
            kbps: 128,
            audio_info: "bitrate=128;samplerate=44100;channels=2".into(),
        };
        Listing { id: 1, info: about, title: "A&B=C".into(), listeners: 12, max_listeners: 500 }
    }

    #[test]
    fn a_directory_is_asked_in_icecasts_words() {
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
    fn answers_are_in_the_headers() {
        let done = |sid: &str, every: Option<u64>| YpResponse::Accepted {
            sid: sid.into(),
            touch_interval: every.map(Duration::from_secs),
        };
        check(200, &[("ypresponse", "1"), ("sid", " 1-2 "), ("touchfreq", "200")], done("1-2", Some(200)));
        check(200, &[("ypresponse", " 1"), ("touchfreq", "soon")], done("", None));
        let refused = |message: &str| YpResponse::Refused(YpRefusal(message.into()));
        check(200, &[("ypresponse", "0"), ("ypmessage", "Not a URL")], refused("Not a URL"));
        check(200, &[("ypresponse", "")], refused(""));
        let long = "é".repeat(1000);
        check(200, &[("ypresponse", "0"), ("ypmessage", &long)], refused(&long[..200]));
        for (status, headers) in [(404, &[("ypresponse", "1")][..]), (200, &[]), (302, &[])] {
            let answer = YpResponse::parse(status, |name| {
                headers.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
            });
            assert!(matches!(answer, YpResponse::Failed(why) if why.contains(&status.to_string())));
        }
        let long = [("ypresponse", "1"), ("sid", long.as_str())];
        check(200, &long, YpResponse::Failed("SID longer than 200 bytes".into()));
    }

    #[test]
    fn what_a_directory_says_stays_on_its_line() {
        let evil =
            YpResponse::parse(200, |name| Some(if name == "ypresponse" { "0" } else { "a\u{1b}[2J\nb" }));
        let YpResponse::Refused(why) = evil else { panic!("{evil:?}") };
        assert!(!why.to_string().contains(char::is_control), "{why}");
    }
}
