//! Rendering pages from a snapshot of the server.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use coldwave::audio::Codec;
use coldwave::http::incoming::{Incoming, parse};
use coldwave::icy::Title;
use coldwave::pages::{
    AdminSnapshot, OnAir, Page, RefusedConnections, ServerMetrics, Snapshot, StationSnapshot, metrics,
};
use coldwave::station::PlayedTitle;
use coldwave::time::{Time, WallClock};
use divan::Bencher;

use crate::meter::Meter;

/// The base URL of the pages.
const BASE: &str = "http://radio.example:8000";

/// The page that directories and widgets request most.
pub const SEVEN: &str = "/7.html";

/// Numbers of stations: one, as most servers have, and as many as a hosting provider may have.
const STATIONS: [u32; 2] = [1, 50];

/// Renders a page of a server with this number of stations.
pub fn page(meter: impl Meter, target: &str, stations: u32) {
    let (page, snapshot) = (page_at(target), snapshot(stations));
    meter.measure(|| (), |()| page.render(black_box(&snapshot), BASE));
}

/// Renders the metrics for Prometheus.
fn render_metrics(meter: impl Meter, stations: u32) {
    let counters = ServerMetrics {
        refused: RefusedConnections { connection_limit: 3, ..RefusedConnections::default() },
        requests: vec![("stream", 200, 9000), ("page", 200, 70_000), ("page", 404, 12)],
        sessions_ended: vec![("peer_closed", 8800), ("too_slow", 15)],
        ..ServerMetrics::default()
    };
    let snapshot = AdminSnapshot { metrics: counters, ..AdminSnapshot::from_public(snapshot(stations)) };
    meter.measure(|| (), |()| metrics::render(black_box(&snapshot), None));
}

fn page_at(target: &str) -> Page {
    let head = format!("GET {target} HTTP/1.0\r\nHost: radio.example:8000\r\n\r\n");
    let Incoming::Request { request, .. } = parse(head.as_bytes()) else {
        panic!("{target} is a valid target")
    };
    Page::from_request(&request).unwrap_or_else(|| panic!("{target} is a page"))
}

/// Returns the snapshot of a server that was started a day ago.
fn snapshot(stations: u32) -> Snapshot {
    Snapshot {
        clock: WallClock::started_at(Duration::from_secs(1_741_083_072)),
        taken_at: Time::after_start(Duration::from_secs(86_400)),
        max_listeners: 10_000,
        unique: 11,
        peak: 40,
        ports: vec![8000],
        stations: (1..=stations).map(|id| Arc::new(station(id))).collect(),
        ..Snapshot::default()
    }
}

fn station(id: u32) -> StationSnapshot {
    let title = Title::new("Nadia Karim - Tidewater");
    let played = Arc::new(PlayedTitle {
        title: title.clone(),
        set_by: "AutoDJ".into(),
        started_at: Time::START.into(),
        cover_version: None,
    });
    StationSnapshot {
        id,
        mount: format!("/live{id}"),
        name: "Harbour FM".into(),
        description: "Slow music for long evenings".into(),
        genre: "Ambient".into(),
        url: "http://example.org".into(),
        public: true,
        codec: Some(Codec::Mp3),
        content_type: "audio/mpeg",
        kbps: Some(128),
        rate: Some(44_100),
        channels: Some(2),
        max_listeners: Some(512),
        listeners: 12,
        unique: 11,
        unique_clients: 12,
        peak: 40,
        average_connected_s: 1830,
        hits: 905,
        on_air: OnAir::AutoDj(Time::START),
        title,
        input_name: "AutoDJ".into(),
        next_titles: vec!["Elsewhere".into(); 2],
        history: vec![played; 20],
        ..StationSnapshot::default()
    }
}

#[divan::bench(name = "7_html", args = STATIONS)]
fn timed_seven(bencher: Bencher, stations: u32) {
    page(bencher, SEVEN, stations);
}

#[divan::bench(name = "status_json", args = STATIONS)]
fn timed_status_json(bencher: Bencher, stations: u32) {
    page(bencher, "/status-json.xsl", stations);
}

#[divan::bench(name = "statistics_xml", args = STATIONS)]
fn timed_statistics(bencher: Bencher, stations: u32) {
    page(bencher, "/statistics", stations);
}

#[divan::bench(name = "api_station", args = STATIONS)]
fn timed_api_station(bencher: Bencher, stations: u32) {
    page(bencher, "/api/v1/stations/1", stations);
}

#[divan::bench(name = "metrics", args = STATIONS)]
fn timed_metrics(bencher: Bencher, stations: u32) {
    render_metrics(bencher, stations);
}
