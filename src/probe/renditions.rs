//! The streams of a station: the entries of its playlist.

use super::approach::{Way, playlist_format};
use super::finding::{FindingKind, Findings, Obstacle};
use super::network::Network;
use super::options::ProbeOptions;
use super::report::{Hop, ProbeReport};
use super::target::ProbeTarget;
use crate::autodj::playlist::PlaylistFormat;
use crate::http::request::station_ref::StationRef;
use crate::stream_url::StreamUrl;
use crate::time::Time;

/// The most streams of a station.
const RENDITIONS_MAX: usize = 16;

/// Why there are no entries.
enum NoEntries {
    /// The server has no playlist. The stream may be fine.
    Missing(Obstacle),
    Unreadable(Obstacle),
}

impl From<Obstacle> for NoEntries {
    fn from(obstacle: Obstacle) -> Self {
        Self::Unreadable(obstacle)
    }
}

/// Returns the streams in the playlist of the station at `url`, at most 16, or the stream at `url` itself if
/// the server has no playlist. The time limit begins at `started`.
///
/// coldwave offers the playlist of the station at `/live`, with its renditions, at `/live.m3u`, and Icecast
/// does so without renditions. That of a station at one of SHOUTcast's paths, such as `/stream`, is
/// `/listen.m3u`. If `url` is a playlist, its entries are returned.
///
/// # Errors
/// If the playlist cannot be read: returns the report that says so.
pub fn find_renditions<N: Network>(
    url: &StreamUrl,
    options: &ProbeOptions,
    network: &N,
    started: Time,
) -> Result<Vec<ProbeTarget>, Box<ProbeReport>> {
    let playlist = playlist_of(url);
    let mut report = ProbeReport::new(&playlist);
    let mut findings = Findings::new(&options.ignored);
    let mut way = Way::new(options, network, started);
    match read(&playlist, &mut way, &mut report, &mut findings) {
        Ok(urls) => {
            let via = report.via;
            let target = |url| ProbeTarget { url, started, via: via.clone(), findings: findings.clone() };
            Ok(urls.into_iter().map(target).collect())
        }
        Err(NoEntries::Missing(Obstacle(_, message))) => {
            let mut target = ProbeTarget::new(url.clone(), started, options);
            target.findings.add(FindingKind::NoPlaylist, || {
                format!("only this stream is examined, because no playlist names others: {message}")
            });
            Ok(vec![target])
        }
        Err(NoEntries::Unreadable(Obstacle(kind, message))) => {
            findings.add(kind, || message);
            report.close(findings);
            Err(Box::new(report))
        }
    }
}

/// Returns the URL of the playlist of the station at `url`.
fn playlist_of(url: &StreamUrl) -> StreamUrl {
    let (path, query) = url.target().split_once('?').unwrap_or((url.target(), ""));
    let sid = query.split('&').find_map(|pair| pair.strip_prefix("sid="));
    let named = sid.and_then(StationRef::parse_id).unwrap_or(StationRef::Default);
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    // The last one is the mount without what a player may have added to it.
    let mut mount = path.to_owned();
    for reading in StationRef::stream_readings(path, named.clone()) {
        match reading {
            // The query has the id.
            reading if reading == named => return url.at(&format!("/listen.m3u{query}")),
            StationRef::Default => return url.at("/listen.m3u"),
            StationRef::Id(id) => return url.at(&format!("/listen.m3u?sid={id}")),
            StationRef::Mount(reading) => mount = reading,
        }
    }
    match PlaylistFormat::from_path(path.as_ref()) {
        Some(_) => url.clone(),
        None => url.at(&format!("{mount}.m3u{query}")),
    }
}

fn read<N: Network>(
    playlist: &StreamUrl,
    way: &mut Way<'_, N>,
    report: &mut ProbeReport,
    findings: &mut Findings,
) -> Result<Vec<StreamUrl>, NoEntries> {
    let (at, mut joined) = way.response(playlist, report, findings)?;
    match joined.head.code {
        200 => {}
        400..=499 => return Err(NoEntries::Missing(way.refused(&at, joined))),
        _ => return Err(way.refused(&at, joined).into()),
    }
    let missing =
        |reason: &str| NoEntries::Missing(Obstacle(FindingKind::Playlist, format!("{at} {reason}")));
    let format = playlist_format(&at, &joined.head).ok_or_else(|| missing("is no playlist"))?;
    let mut urls = way.entries(&mut joined, format)?;
    if urls.is_empty() {
        return Err(missing("has no URL of a stream"));
    }
    let because = match urls.len() {
        1 => "playlist with one URL".to_owned(),
        count => format!("playlist with {count} URLs"),
    };
    report.via.push(Hop { url: at.to_string(), because });
    urls.truncate(RENDITIONS_MAX);
    Ok(urls)
}
