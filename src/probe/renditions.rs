//! The streams of a station: the entries of its playlist.

use super::approach::{playlist_format, read_entries, request};
use super::finding::{FindingKind, Findings, Obstacle};
use super::network::Network;
use super::options::ProbeOptions;
use super::report::ProbeReport;
use crate::autodj::playlist::PlaylistFormat;
use crate::stream_url::StreamUrl;

/// The most streams of a station.
const RENDITIONS_MAX: usize = 16;

/// Returns the URLs in the playlist of the station at `url`, at most 16. coldwave offers the playlist of the
/// station at `/live`, with its renditions, at `/live.m3u`, and Icecast does so without renditions. If
/// `url` is a playlist, its entries are returned.
///
/// # Errors
/// If there is no such playlist: returns the report that says so.
pub fn find_renditions<N: Network>(
    url: &StreamUrl,
    options: &ProbeOptions,
    network: &N,
) -> Result<Vec<StreamUrl>, Box<ProbeReport>> {
    let path = url.target().split('?').next().unwrap_or_default();
    let is_playlist = PlaylistFormat::from_path(path.as_ref()).is_some();
    let playlist = if is_playlist { url.clone() } else { url.m3u() };
    let mut report = ProbeReport::new(&playlist);
    read(&playlist, options, network, &mut report).map_err(|Obstacle(kind, message)| {
        let mut findings = Findings::new(&[]);
        findings.add(kind, || message);
        report.close(findings);
        Box::new(report)
    })
}

fn read<N: Network>(
    playlist: &StreamUrl,
    options: &ProbeOptions,
    network: &N,
    report: &mut ProbeReport,
) -> Result<Vec<StreamUrl>, Obstacle> {
    let started = network.now();
    let mut joined = request(playlist, options, network, started, report)?;
    if joined.head.code != 200 {
        return Err(Obstacle(FindingKind::Status, format!("{playlist} answers {}", joined.head.code)));
    }
    let wrong = |reason: &str| Obstacle(FindingKind::Playlist, format!("{playlist} {reason}"));
    let format = playlist_format(playlist, &joined.head).ok_or_else(|| wrong("is no playlist"))?;
    let mut urls = read_entries(&mut joined, format, started + options.timeout)?;
    urls.truncate(RENDITIONS_MAX);
    if urls.is_empty() { Err(wrong("has no URL of a stream")) } else { Ok(urls) }
}
