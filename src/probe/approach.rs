//! The way from the URL to the stream: connections, requests, redirects and playlists.

use encoding_rs::WINDOWS_1252;

use super::body::{Joined, receive_beginning};
use super::finding::{FindingKind, Findings, Obstacle};
use super::network::{ConnectFailure, Connected, Network, ReceiveOutcome, StreamConnection};
use super::options::ProbeOptions;
use super::report::{Hop, ProbeReport};
use super::shown::shown;
use super::tls_port;
use crate::autodj::playlist::{self, Location, PlaylistError, PlaylistFormat};
use crate::http::request::basic_auth::authorization_header;
use crate::http::upstream::ResponseHead;
use crate::http::upstream::redirects::REDIRECTS_MAX;
use crate::stream_url::StreamUrl;
use crate::time::Time;

/// The most playlists that lead to each other.
const PLAYLISTS_MAX: u8 = 2;

/// The most bytes of a playlist that are read.
const PLAYLIST_MAX: usize = 64 * 1024;

/// The most bytes of an error page that are read.
const ERROR_MAX: usize = 4 * 1024;

/// The media type of MPEG-DASH, whose playlist has segments as that of HLS.
const DASH: &str = "application/dash+xml";

/// Requests `url` and returns the response. `started` is when the probe has started.
fn request<N: Network>(
    url: &StreamUrl,
    options: &ProbeOptions,
    network: &N,
    started: Time,
    report: &mut ProbeReport,
) -> Result<Joined<N::Connection>, Obstacle> {
    let deadline = started + options.timeout;
    let Connected { mut connection, address, tls } = network.connect(url, deadline).map_err(|failure| {
        let (kind, reason) = match failure {
            ConnectFailure::Unreachable(reason) => (FindingKind::Unreachable, reason),
            ConnectFailure::Tls(reason) => (FindingKind::Tls, reason),
        };
        Obstacle(kind, format!("{url}: {reason}"))
    })?;
    report.connected(address, tls, network.now().since(started));
    let sent = connection.send(&build_request(url, &options.agent), deadline);
    sent.map_err(|reason| Obstacle(FindingKind::NoReply, format!("{url}: {reason}")))?;
    let (head, body) = receive_head(&mut connection, url, deadline)?;
    let at = network.now();
    report.answered(&head, at.since(started));
    Ok(Joined { connection, head, body, at, started })
}

/// Like most players, the probe asks with HTTP/1.1 and for titles.
fn build_request(url: &StreamUrl, agent: &str) -> Vec<u8> {
    let mut lines = vec![
        format!("GET {} HTTP/1.1", url.target()),
        format!("Host: {}", url.authority()),
        format!("User-Agent: {agent}"),
        "Accept: */*".to_owned(),
        "Icy-MetaData: 1".to_owned(),
        "Connection: close".to_owned(),
    ];
    lines.extend(url.login().map(|login| format!("Authorization: {}", authorization_header(login))));
    format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes()
}

/// Returns the head of the response and the bytes after it.
fn receive_head(
    connection: &mut impl StreamConnection,
    url: &StreamUrl,
    deadline: Time,
) -> Result<(ResponseHead, Vec<u8>), Obstacle> {
    let (mut bytes, mut seen) = (Vec::new(), 0);
    loop {
        let received = connection.receive(deadline, &mut bytes);
        if !url.is_https() && tls_port::is_alert(&bytes) {
            return Err(tls_port::obstacle(url));
        }
        match ResponseHead::parse_more(&bytes, seen) {
            Ok(Some(head)) => {
                let body = bytes.split_off(head.length);
                return Ok((head, body));
            }
            Ok(None) => seen = bytes.len(),
            Err(error) => return Err(Obstacle(FindingKind::NotHttp, format!("{url} {error}"))),
        }
        let reason = match received {
            ReceiveOutcome::Bytes => continue,
            ReceiveOutcome::TimedOut if bytes.is_empty() => "does not answer in time".to_owned(),
            ReceiveOutcome::TimedOut => "does not complete the head of its response in time".to_owned(),
            ReceiveOutcome::Ended => "has closed the connection without a complete response".to_owned(),
            ReceiveOutcome::Lost(reason) => {
                format!("has lost the connection before a complete response: {reason}")
            }
        };
        return Err(Obstacle(FindingKind::NoReply, format!("{url} {reason}")));
    }
}

/// The state of following redirects and playlists.
pub(super) struct Way<'o, N> {
    options: &'o ProbeOptions,
    network: &'o N,
    started: Time,
    redirects: u8,
    playlists: u8,
}

impl<'o, N: Network> Way<'o, N> {
    /// Returns the beginning of a way. The time limit begins at `started`.
    pub fn new(options: &'o ProbeOptions, network: &'o N, started: Time) -> Self {
        Self { options, network, started, redirects: 0, playlists: 0 }
    }

    /// Follows redirects and playlists from `url` to a stream, and adds the way to the report.
    pub fn find_stream(
        &mut self,
        url: &StreamUrl,
        report: &mut ProbeReport,
        findings: &mut Findings,
    ) -> Result<Joined<N::Connection>, Obstacle> {
        let mut url = url.clone();
        loop {
            let (at, mut joined) = self.response(&url, report, findings)?;
            if joined.head.code != 200 {
                return Err(self.refused(&at, joined));
            }
            if joined.head.media_type() == DASH {
                return Err(not_examined("MPEG-DASH"));
            }
            let Some(format) = playlist_format(&at, &joined.head) else { return Ok(joined) };
            let entries = self.entries(&mut joined, format)?;
            url = self.first_entry(&at, &entries, report)?;
        }
    }

    /// Follows redirects from `url`. Returns the last URL and its response, which may be an error.
    pub fn response(
        &mut self,
        url: &StreamUrl,
        report: &mut ProbeReport,
        findings: &mut Findings,
    ) -> Result<(StreamUrl, Joined<N::Connection>), Obstacle> {
        let mut url = url.clone();
        loop {
            let taken = self.network.now().since(self.started);
            let joined = request(&url, self.options, self.network, self.started, report);
            let joined = joined.map_err(|obstacle| obstacle.after(taken))?;
            if !joined.head.is_redirect() {
                return Ok((url, joined));
            }
            url = self.redirect(&url, &joined.head, report, findings)?;
        }
    }

    /// Reads a playlist, and returns the URLs of streams in it.
    pub fn entries(
        &self,
        joined: &mut Joined<N::Connection>,
        format: PlaylistFormat,
    ) -> Result<Vec<StreamUrl>, Obstacle> {
        let encoding = joined.head.is_chunked();
        encoding.map_err(|error| Obstacle(FindingKind::Encoding, format!("the playlist {error}")))?;
        let mut text = receive_beginning(joined, PLAYLIST_MAX, self.started + self.options.timeout);
        text.truncate(PLAYLIST_MAX);
        let entries = playlist::parse(&text, format, WINDOWS_1252).map_err(|error| match error {
            PlaylistError::Hls => not_examined("HTTP Live Streaming (HLS)"),
            error => Obstacle(FindingKind::Playlist, error.to_string()),
        })?;
        let urls = entries.iter().filter_map(|entry| match &entry.location {
            Location::Url(url) => StreamUrl::parse_any(url).ok(),
            Location::Path(_) => None,
        });
        Ok(urls.collect())
    }

    /// Returns the finding about an error. The body of 400 can say that the port requires TLS.
    pub fn refused(&self, url: &StreamUrl, mut joined: Joined<N::Connection>) -> Obstacle {
        let reason = format!("{} {}", joined.head.code, joined.head.reason);
        if joined.head.code == 400 && !url.is_https() {
            let body = receive_beginning(&mut joined, ERROR_MAX, self.started + self.options.timeout);
            if tls_port::says_tls_is_required(&body) {
                return tls_port::obstacle(url);
            }
        }
        Obstacle(FindingKind::Status, format!("{url} answers {}", shown(&reason)))
    }

    fn redirect(
        &mut self,
        url: &StreamUrl,
        head: &ResponseHead,
        report: &mut ProbeReport,
        findings: &mut Findings,
    ) -> Result<StreamUrl, Obstacle> {
        let wrong = |reason: String| Obstacle(FindingKind::Redirect, format!("{url} {reason}"));
        self.redirects += 1;
        if self.redirects > REDIRECTS_MAX {
            return Err(wrong(format!("redirects once more after {REDIRECTS_MAX} redirects")));
        }
        let location = head.location().ok_or_else(|| wrong("redirects without a Location".to_owned()))?;
        let next = url
            .join_any(location)
            .map_err(|error| wrong(format!("redirects to {:?}: {error}", shown(location))))?;
        if url.is_https() && !next.is_https() {
            findings.add(FindingKind::RedirectFromTls, || format!("{url} redirects to {next}, without TLS"));
        }
        report.via.push(Hop { url: url.to_string(), because: format!("redirect {}", head.code) });
        Ok(next)
    }

    fn first_entry(
        &mut self,
        url: &StreamUrl,
        entries: &[StreamUrl],
        report: &mut ProbeReport,
    ) -> Result<StreamUrl, Obstacle> {
        self.playlists += 1;
        let wrong = |reason: &str| Obstacle(FindingKind::Playlist, format!("{url} is a playlist {reason}"));
        if self.playlists > PLAYLISTS_MAX {
            return Err(wrong("in a playlist in a playlist"));
        }
        let first = entries.first().ok_or_else(|| wrong("without the URL of a stream"))?;
        let because = format!("playlist, the first of its {} URLs is followed", entries.len());
        report.via.push(Hop { url: url.to_string(), because });
        Ok(first.clone())
    }
}

/// Returns the format of a playlist; `None` if the response is none.
pub(super) fn playlist_format(url: &StreamUrl, head: &ResponseHead) -> Option<PlaylistFormat> {
    match &*head.media_type() {
        "audio/x-scpls" | "audio/scpls" => Some(PlaylistFormat::Pls),
        "application/xspf+xml" => Some(PlaylistFormat::Xspf),
        kind if kind.ends_with("mpegurl") => Some(PlaylistFormat::M3u),
        // A server that does not know the type of the file.
        "" | "text/plain" | "application/octet-stream" => {
            let path = url.target().split('?').next().unwrap_or_default();
            PlaylistFormat::from_path(path.as_ref())
        }
        _ => None,
    }
}

/// Returns the finding about segments in files, which are not listened to.
fn not_examined(protocol: &str) -> Obstacle {
    let message = format!("{protocol} is not examined: whether there is anything to hear is not known");
    Obstacle(FindingKind::NotExamined, message)
}
