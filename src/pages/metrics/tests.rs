//! Tests of the metrics page against a strict parser of format 0.0.4, and against protocol-notes/metrics.md.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::encode_worker::{WorkerState, WorkerStatus};
use crate::pages::{
    AdminSnapshot, CertificateStatus, Histogram, LastReload, MasterStatus, OnAirAudio, RefusedConnections,
    RelayState, RelayStatus, RenditionSnapshot, ServerMetrics, Snapshot, StationMetrics, StationSnapshot,
};
use crate::process_usage::ProcessUsage;
use crate::reload_report::ReloadReport;
use crate::station::{MusicStatus, RenditionState, RenditionStatus};
use crate::time::Time;
use crate::transcode::TargetFormat;

/// Parsed families: type and samples by name.
type Families = BTreeMap<String, (String, Vec<Sample>)>;

/// Name, labels and value.
type Sample = (String, BTreeMap<String, String>, f64);

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Parses a page line by line. Panics if the page violates the format.
fn parse(text: &str) -> Families {
    assert!(text.ends_with('\n') && !text.contains('\r'));
    let mut families = Families::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let (name, help) = line.strip_prefix("# HELP ").and_then(|it| it.split_once(' ')).expect(line);
        assert!(is_name(name) && !help.contains('\\') && help.ends_with('.'), "{line}");
        let (typed, kind) =
            lines.next().and_then(|it| it.strip_prefix("# TYPE ")?.split_once(' ')).expect(name);
        assert_eq!(typed, name);
        assert!(["gauge", "counter", "histogram"].contains(&kind), "{kind}");
        let mut samples: Vec<Sample> = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let sample = sample(line);
            let suffix = sample.0.strip_prefix(name).expect(line);
            let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{line}");
            assert!(
                !samples.iter().any(|other| (&other.0, &other.1) == (&sample.0, &sample.1)),
                "duplicate: {line}"
            );
            samples.push(sample);
        }
        let previous = families.insert(name.to_owned(), (kind.to_owned(), samples));
        assert!(previous.is_none(), "duplicate family {name}");
    }
    families
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').expect(line);
    let (name, mut rest) = series.split_once('{').map_or((series, ""), |(name, rest)| (name, rest));
    let mut labels = BTreeMap::new();
    while !rest.is_empty() && rest != "}" {
        let (label, quoted) = rest.split_once("=\"").expect(line);
        let (mut unescaped, mut chars) = (String::new(), quoted.char_indices());
        let end = loop {
            match chars.next().expect(line) {
                (at, '"') => break at,
                (_, '\\') => {
                    unescaped.push(chars.next().filter(|it| matches!(it.1, '\\' | '"')).expect(line).1)
                }
                (_, c) => unescaped.push(c),
            }
        };
        assert!(is_name(label) && labels.insert(label.to_owned(), unescaped).is_none(), "{line}");
        rest = quoted[end + 1..].trim_start_matches(',');
    }
    (name.to_owned(), labels, value.parse().expect(line))
}

/// Returns a certificate that expires so many seconds after 1970-01-01.
fn certificate(name: &str, not_after: u64) -> CertificateStatus {
    CertificateStatus {
        names: vec![name.to_owned(), "other.example".to_owned()],
        label: format!("{name}, other.example"),
        not_before: Duration::ZERO,
        not_after: Duration::from_secs(not_after),
        path: "/etc/radio.pem".to_owned(),
        last_error: None,
    }
}

fn example() -> AdminSnapshot {
    let mut public = Snapshot::example();
    let hostile = "a\"} 1\n# TYPE x\\";
    let mount = "/\"quoted\"\\".to_owned();
    let rendition = Some(RenditionSnapshot { parent: 1, is_available: true });
    let second =
        StationSnapshot { id: 2, name: hostile.into(), mount, rendition, ..StationSnapshot::example() };
    public.stations.push(second.into());
    let mut loop_lag = Histogram::default();
    loop_lag.record(Duration::from_millis(3), 2);
    let metrics = ServerMetrics {
        process: ProcessUsage { resident_bytes: Some(7_000_000), cpu_ms: Some(1500), open_files: Some(30) },
        open_files_max: Some(1024),
        refused: RefusedConnections { connection_limit: 2, ..RefusedConnections::default() },
        requests: vec![("stream", 200, 9), ("page", 404, 1)],
        tls_handshakes: vec![("full", 8), ("resumed", 6), ("failed", 1)],
        tls_waiting: 4,
        log_lines_suppressed: vec![("listeners", 3)],
        reloads: vec![("applied", 2), ("refused", 1)],
        sessions_ended: vec![("peer_closed", 5), ("too_slow", 0)],
        loop_lag,
        ..Default::default()
    };
    let mut snapshot = AdminSnapshot { metrics, ..AdminSnapshot::from_public(public) };
    for station in &mut snapshot.stations {
        station.metrics = StationMetrics { stream_connections: 14, skips: 3, ..Default::default() };
        station.audio = Some(OnAirAudio {
            format: "MP3, 48000 Hz, mono".into(),
            is_converted: true,
            gain_db: None,
            delay: Some(Duration::from_millis(60)),
        });
        station.encoder.encoded = Duration::from_millis(2500);
        station.encoder.restarts = 1;
        station.music = Some(Arc::new(MusicStatus { left_out_count: 4, ..MusicStatus::default() }));
        station.relay =
            Some(RelayStatus { url: "http://h".into(), state: RelayState::Streaming, last_error: None });
    }
    snapshot.stations[1].rendition = Some(RenditionStatus {
        format: TargetFormat { rate: 24_000, channels: 2, kbps: 64 },
        state: RenditionState::Gap("the encode worker died".into()),
        delay: Duration::from_millis(350),
        gaps: 2,
        gap_length: Duration::from_millis(1250),
        restarts: 3,
        cpu: Duration::from_millis(4500),
    });
    let bad = CertificateStatus { last_error: Some("is empty".into()), ..certificate("bad.example", 70) };
    let nameless = CertificateStatus {
        names: Vec::new(),
        label: "no names (CN old.example)".to_owned(),
        ..certificate("", 60)
    };
    let good = [certificate("radio.example", 90), certificate("radio.example", 80)];
    snapshot.certificates = good.into_iter().chain([bad, nameless]).collect();
    snapshot.master = Some(MasterStatus {
        url: "http://master.example:8000/".into(),
        listed_at: Some(Time::START + Duration::from_secs(60)),
        last_error: Some("it refuses the password".into()),
        relayed: 3,
        streaming: 2,
        left_out: 1,
    });
    snapshot.workers = vec![
        WorkerStatus {
            slot: 1,
            pid: Some(9),
            starts: 3,
            deaths: 2,
            cpu: Duration::from_millis(1250),
            resident_bytes: 8_000_000,
            jobs: 2,
            state: WorkerState::Running,
            ..WorkerStatus::default()
        },
        WorkerStatus { slot: 2, ..WorkerStatus::default() },
    ];
    snapshot
}

fn parsed_page(base: Option<&str>) -> Families {
    parse(&String::from_utf8(render(&example(), base).body).expect("UTF-8"))
}

#[test]
fn strict_parser_finds_every_metric() {
    let families = parsed_page(None);
    let value = |name: &str, labels: &[(&str, &str)]| {
        let family = name.trim_end_matches("_bucket");
        let labels = labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
        let samples = &families[family].1;
        samples.iter().find(|it| it.0 == name && it.1 == labels).unwrap_or_else(|| panic!("{name}")).2
    };
    assert_eq!(value("coldwave_listeners", &[("mount", "/live")]), 12.0);
    assert_eq!(value("coldwave_stream_connections", &[("mount", "/\"quoted\"\\")]), 14.0);
    assert_eq!(value("coldwave_input_on_air", &[("mount", "/live"), ("input", "autodj")]), 1.0);
    assert_eq!(value("coldwave_input_on_air", &[("mount", "/live"), ("input", "live")]), 0.0);
    assert_eq!(value("coldwave_loop_lag_seconds_bucket", &[("le", "0.005")]), 2.0);
    assert_eq!(value("coldwave_requests_total", &[("kind", "page"), ("status", "404")]), 1.0);
    assert_eq!(value("coldwave_log_lines_suppressed_total", &[("kind", "listeners")]), 3.0);
    assert_eq!(value("process_cpu_seconds_total", &[]), 1.5);
    assert_eq!(value("coldwave_station_converting", &[("mount", "/live")]), 1.0);
    assert_eq!(value("coldwave_station_converted_seconds_total", &[("mount", "/live")]), 2.5);
    assert_eq!(value("coldwave_station_conversion_interruptions_total", &[("mount", "/live")]), 1.0);
    assert_eq!(value("coldwave_station_conversion_delay_seconds", &[("mount", "/live")]), 0.06);
    assert_eq!(value("coldwave_station_tracks_left_out", &[("mount", "/live")]), 4.0);
    for (name, first, second) in [
        ("running", 1.0, 0.0),
        ("jobs", 2.0, 0.0),
        ("cpu_seconds_total", 1.25, 0.0),
        ("resident_memory_bytes", 8_000_000.0, 0.0),
        ("starts_total", 3.0, 0.0),
        ("deaths_total", 2.0, 0.0),
    ] {
        let name = format!("coldwave_encode_worker_{name}");
        assert_eq!((value(&name, &[("worker", "1")]), value(&name, &[("worker", "2")])), (first, second));
    }
    let info = [("mount", "/\"quoted\"\\"), ("id", "2"), ("name", "a\"} 1 # TYPE x\\")];
    assert_eq!(value("coldwave_station_info", &info), 1.0);
    for (name, (kind, _)) in &families {
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
    }
}

#[test]
fn icecast_metrics_are_present_only_with_a_base_url() {
    let icecast =
        |families: Families| families.into_keys().filter(|name| name.starts_with("icecast_")).count();
    assert_eq!(icecast(parsed_page(None)), 0);
    let families = parsed_page(Some("http://h:8000"));
    let (_, labels, listeners) = &families["icecast_listeners"].1[0];
    assert_eq!((labels["listenurl"].as_str(), *listeners), ("http://h:8000/live", 12.0));
    assert_eq!(icecast(families), 8);
}

#[test]
fn rendition_has_its_station_state_delay_and_gaps() {
    let families = parsed_page(None);
    let mount = "/\"quoted\"\\";
    let value = |name: &str| match &families[name].1[..] {
        [(_, labels, value)] if labels.len() == 1 && labels["mount"] == mount => *value,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(value("coldwave_rendition_delay_seconds"), 0.35);
    assert_eq!(value("coldwave_rendition_gaps_total"), 2.0);
    assert_eq!(value("coldwave_rendition_gap_seconds_total"), 1.25);
    assert_eq!(value("coldwave_rendition_restarts_total"), 3.0);
    assert_eq!(value("coldwave_rendition_cpu_seconds_total"), 4.5);
    let states: Vec<_> =
        families["coldwave_rendition_state"].1.iter().map(|it| (it.1["state"].as_str(), it.2)).collect();
    assert_eq!(states, [("encoding", 0.0), ("gap", 1.0), ("unsupported", 0.0)]);
    let info = [("kbps", "64"), ("mount", mount), ("station", "/live")];
    let info = info.map(|(label, value)| (label.to_owned(), value.to_owned()));
    assert_eq!(families["coldwave_rendition_info"].1[0].1, BTreeMap::from(info));
    let no_renditions = render(&AdminSnapshot::example(), None);
    let families = parse(&String::from_utf8(no_renditions.body).expect("UTF-8"));
    assert!(families["coldwave_rendition_state"].1.is_empty());
}

#[test]
fn of_certificates_with_the_same_name_the_first_to_expire_counts() {
    let families = parsed_page(None);
    let samples = |name: &str| -> Vec<(String, f64)> {
        let samples = &families[name].1;
        samples.iter().map(|(_, labels, value)| (labels["certificate"].clone(), *value)).collect()
    };
    let named = |values: [f64; 3]| {
        let names = ["bad.example", "no names (CN old.example)", "radio.example"].map(str::to_owned);
        names.into_iter().zip(values).collect::<Vec<_>>()
    };
    assert_eq!(samples("coldwave_tls_certificate_expiry_timestamp_seconds"), named([70.0, 60.0, 80.0]));
    assert_eq!(samples("coldwave_tls_certificate_file_usable"), named([0.0, 1.0, 1.0]));
}

/// protocol-notes/metrics.md has exactly one row for each family, with its type and labels.
#[test]
fn protocol_notes_list_every_metric() {
    let note = include_str!("../../../protocol-notes/metrics.md");
    let rows = note.lines().filter_map(|line| line.strip_prefix("| `")).map(|row| row.replace('`', ""));
    let documented: BTreeSet<String> =
        rows.map(|row| row.splitn(4, '|').take(3).map(str::trim).collect::<Vec<_>>().join("|")).collect();
    let families = parsed_page(Some("http://h"));
    let found = families.iter().map(|(name, (kind, samples))| {
        let labels: BTreeSet<&str> = samples.iter().flat_map(|it| it.1.keys().map(String::as_str)).collect();
        let labels = labels.into_iter().filter(|label| *label != "le").collect::<Vec<_>>().join(", ");
        format!("{name}|{kind}|{labels}")
    });
    assert_eq!(found.collect::<BTreeSet<_>>(), documented);
}

#[test]
fn last_reload_is_the_start_until_there_is_one() {
    let value = |snapshot: &AdminSnapshot, name: &str| {
        let page = String::from_utf8(render(snapshot, None).body).expect("UTF-8");
        parse(&page)[name].1[0].2
    };
    let mut snapshot = example();
    let (success, time) = ("coldwave_last_reload_success", "coldwave_last_reload_timestamp_seconds");
    let started = value(&snapshot, "coldwave_start_time_seconds");
    assert_eq!((value(&snapshot, success), value(&snapshot, time)), (1.0, started));
    for (outcome, expected) in [(Err(vec!["a".to_owned()]), 0.0), (Ok(Vec::new()), 1.0)] {
        let report = ReloadReport { requested_by: "SIGHUP".into(), outcome, warnings: Vec::new() };
        let ended_at = Time::after_start(Duration::from_secs(90));
        snapshot.last_reload = Some(LastReload { report: report.into(), ended_at });
        assert_eq!((value(&snapshot, success), value(&snapshot, time)), (expected, started + 90.0));
    }
}
