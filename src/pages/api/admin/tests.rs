//! Responses of the API for administrators, compared key by key.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::schema;
use super::*;
use crate::bans::{BanTarget, Bans};
use crate::encode_worker::{EncoderStatus, WorkerState, WorkerStatus};
use crate::http::request::Request;
use crate::log_tail::{LogExcerpt, TailLine};
use crate::pages::api::rfc3339;
use crate::pages::{
    AudienceHistory, CertificateStatus, LastReload, OnAirAudio, RelayState, RelayStatus, Snapshot,
    SourceSnapshot, StationMetrics,
};
use crate::reload_report::ReloadReport;
use crate::settings::{Description, Dj, Secret, Settings, StationSettings};
use crate::station::{LeftOutFile, MusicFormat, MusicStatus, RenditionState, RenditionStatus};
use crate::time::Time;
use crate::transcode::TargetFormat;

fn at(seconds: u64) -> Time {
    Time::after_start(Duration::from_secs(seconds))
}

#[track_caller]
fn get(path: &str, snapshot: &AdminSnapshot) -> Value {
    let page = ApiAdminPage::from_path(path, &form("")).expect("a resource");
    let rendered =
        page.render(snapshot, snapshot.stations.first(), "http://radio.example:8000").expect("a page");
    assert_eq!(rendered.content_type, "application/json");
    let json = serde_json::from_slice(&rendered.body).expect("JSON");
    let schema = match page {
        ApiAdminPage::Stations => "AdminStations",
        ApiAdminPage::Listeners(..) => "Listeners",
        ApiAdminPage::LeftOut(_) => "LeftOut",
        ApiAdminPage::Workers => "Workers",
        ApiAdminPage::Audience => "Audience",
        ApiAdminPage::Log(_) => "Log",
        ApiAdminPage::Bans => "Bans",
        ApiAdminPage::LastReload => "LastReload",
        ApiAdminPage::Settings => "Settings",
        ApiAdminPage::Certificates => "Certificates",
    };
    schema::assert_matches_schema(schema, &json);
    json
}

fn form(query: &str) -> FormData {
    FormData::from_request(&Request::from_lines(&format!("GET /api/v1/admin/?{query} HTTP/1.0")), &[])
}

#[test]
fn bans_have_reason_and_time() {
    let mut bans = Bans::default();
    let since = Duration::from_millis(1_741_083_072_500);
    bans.add(BanTarget::parse_network("203.0.113.7/24").expect("a network"), "\"<b>\u{1b}", since)
        .expect("room");
    bans.add(BanTarget::parse_agent("EvilBot").expect("a name"), "", Duration::ZERO).expect("room");
    let snapshot = AdminSnapshot { bans: bans.all().cloned().collect(), ..AdminSnapshot::example() };
    let json = get("/api/v1/admin/bans", &snapshot);
    let network = json!({
        "id": 1, "kind": "address", "value": "203.0.113.0/24", "reason": "\"<b>", "since": "2025-03-04T10:11:12.500Z",
    });
    assert_eq!(json["bans"][0], network);
    assert_eq!((&json["bans"][1]["kind"], &json["bans"][1]["value"]), (&json!("agent"), &json!("EvilBot")));
}

#[test]
fn last_reload_has_its_lines_its_time_and_who_asked() {
    let mut snapshot = AdminSnapshot::example();
    assert_eq!(get("/api/v1/admin/reload", &snapshot), json!({ "last": null }));
    for (outcome, result) in [
        (Ok(vec!["a".to_owned()]), "applied"),
        (Ok(Vec::new()), "unchanged"),
        (Err(vec!["b".into()]), "refused"),
    ] {
        let warnings = vec!["c".to_owned()];
        let report = Arc::new(ReloadReport { requested_by: "SIGHUP".into(), outcome, warnings });
        snapshot.last_reload = Some(LastReload { report: report.clone(), ended_at: at(60) });
        let last = get("/api/v1/admin/reload", &snapshot)["last"].clone();
        assert_eq!(last["result"], result);
        assert_eq!((&last["changes"], &last["errors"]), (&json!(report.changes()), &json!(report.errors())));
        assert_eq!((&last["warnings"], &last["requested_by"]), (&json!(["c"]), &json!("SIGHUP")));
        let ended = rfc3339(snapshot.public.clock, at(60));
        assert_eq!(last["at"], json!(ended));
    }
}

#[test]
fn certificates_have_names_dates_and_their_last_error() {
    let mut snapshot = AdminSnapshot::example();
    assert_eq!(get("/api/v1/admin/certificates", &snapshot), json!({ "certificates": [] }));
    let today = snapshot.public.clock.unix_time(snapshot.public.taken_at);
    let hour = Duration::from_secs(60 * 60);
    let certificate = |not_after, error: Option<&str>| CertificateStatus {
        names: vec!["radio.example".to_owned(), "*.radio.example".to_owned()],
        label: "radio.example and more".to_owned(),
        not_before: Duration::from_secs(1_741_083_072),
        not_after,
        path: "/etc/radio.pem".to_owned(),
        last_error: error.map(ToOwned::to_owned),
    };
    let early = CertificateStatus { not_before: today + hour, ..certificate(today + 49 * hour, None) };
    snapshot.certificates = [
        certificate(today + 49 * hour, None),
        certificate(today - hour, Some("/etc/radio.pem is empty")),
        early,
    ]
    .into();
    let json = get("/api/v1/admin/certificates", &snapshot);
    let [first, second, early] = [0, 1, 2].map(|at| &json["certificates"][at]);
    assert_eq!(first["names"], json!(["radio.example", "*.radio.example"]));
    assert_eq!(first["label"], "radio.example and more");
    assert_eq!(first["not_before"], "2025-03-04T10:11:12.000Z");
    assert_eq!((&first["days_left"], &first["path"]), (&json!(2), &json!("/etc/radio.pem")));
    assert_eq!(
        (&first["last_error"], &second["last_error"]),
        (&json!(null), &json!("/etc/radio.pem is empty"))
    );
    assert_eq!(second["days_left"], -1);
    for (certificate, state, validity) in [
        (first, "valid", "valid until 2"),
        (second, "expired", "expired since 2"),
        (early, "not_yet_valid", "not valid before 2"),
    ] {
        assert_eq!(certificate["state"], state);
        let text = certificate["validity"].as_str().expect("a text");
        assert!(text.starts_with(validity), "{text}");
    }
    assert!(first["validity"].as_str().expect("a text").ends_with(", 2 days left"), "{first}");
}

#[test]
fn settings_are_described_without_secrets() {
    let mut snapshot = AdminSnapshot::example();
    assert_eq!(get("/api/v1/admin/settings", &snapshot), json!({ "settings": null }));
    let mut settings = Settings::new(vec![StationSettings::default()]);
    settings.admin.password = Some(Secret::new("lighthouse"));
    let password = Secret::new("turnstone");
    let dj = Dj { name: "nina".into(), display: None, password, priority: 1 };
    settings.stations[0].sources.djs = vec![dj];
    snapshot.settings = Some(Arc::new(Description::new(&settings, b"salt")));
    let json = get("/api/v1/admin/settings", &snapshot);
    let station = &json["settings"]["stations"][0];
    schema::assert_matches_schema("SettingsDescription", &json["settings"]);
    schema::assert_matches_schema("StationDescription", station);
    assert_eq!((&station["mount"], &station["djs"]["nina"]["priority"]), (&json!("/live"), &json!(1)));
    assert!(!json.to_string().contains("lighthouse") && !json.to_string().contains("turnstone"), "{json}");
}

#[test]
fn station_has_its_inputs_and_all_public_fields() {
    let source = SourceSnapshot {
        user: "nadia".into(),
        address: [203, 0, 113, 9].into(),
        user_agent: "butt\u{1b}".into(),
        since: at(3600),
        is_encrypted: true,
        is_recorded: false,
    };
    let mut public = Snapshot::example();
    public.first_mut().source_user = Some(source.user.clone());
    let mut snapshot = AdminSnapshot::from_public(public);
    let station = &mut snapshot.stations[0];
    let state = RelayState::Waiting;
    let last_error = Some("connection refused\u{1b}".into());
    station.relay = Some(RelayStatus { url: "http://radio.example/live".into(), state, last_error });
    (station.source, station.peak_at) = (Some(source), Some(at(60).into()));
    (station.has_music, station.accepts_sources, station.records_sources) = (true, true, true);
    station.metrics = StationMetrics { skips: 3, bytes_sent: 1_000_000, ..StationMetrics::default() };
    let json = get("/api/v1/admin/stations", &snapshot);
    let mut station = json["stations"][0].as_object().expect("a station").clone();
    let own = json!({
        "source": {
            "user": "nadia", "address": "203.0.113.9", "user_agent": "butt", "since": "2025-03-04T11:11:12.000Z",
            "tls": true, "recorded": false,
        },
        "relay": {"url": "http://radio.example/live", "state": "retrying", "last_error": "connection refused"},
        "audio": null,
        "music_format": null,
        "left_out": 0,
        "music_problem": null,
        "encoder": {"encoded_s": 0.0, "interruptions": 0, "last_error": null},
        "rendition_status": null,
        "autodj": true,
        "accepts_sources": true,
        "records_sources": true,
        "peak_at": "2025-03-04T10:12:12.000Z",
        "skips": 3,
        "bytes_sent": 1_000_000,
    });
    for (key, value) in own.as_object().expect("an object") {
        assert_eq!(station.remove(key).as_ref(), Some(value), "{key}");
    }
    let public = super::super::ApiPage::Station(StationRef::Id(1));
    let public = public.render(&snapshot.public, "http://radio.example:8000");
    assert_eq!(Value::Object(station), serde_json::from_slice::<Value>(&public.body).expect("JSON"));
}

#[test]
fn missing_inputs_are_null() {
    let json = get("/api/v1/admin/stations", &AdminSnapshot::example());
    for key in ["audio", "music_format", "source", "relay", "peak_at"] {
        assert_eq!(json["stations"][0].get(key), Some(&Value::Null), "{key}");
    }
}

/// A station that converts a FLAC file, with a file that is left out.
fn converting() -> AdminSnapshot {
    let mut snapshot = AdminSnapshot::example();
    let station = &mut snapshot.stations[0];
    station.audio = Some(OnAirAudio {
        format: "FLAC, 96000 Hz, stereo".into(),
        is_converted: true,
        gain_db: Some(-3.249),
        delay: Some(Duration::from_micros(59_960)),
    });
    let target = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };
    let left_out =
        LeftOutFile { file: "/music/a\u{1b}.m4a".into(), reason: "HE-AAC\u{1b}".into(), at: at(60) };
    station.music = Some(Arc::new(MusicStatus {
        format: Some(MusicFormat { target, origin: "music" }),
        left_out: vec![left_out.into()],
        left_out_count: 117,
        problem: Some("no playable files: all 117 files are left out\u{1b}".into()),
    }));
    station.encoder = EncoderStatus {
        encoded: Duration::from_micros(1_500_400),
        restarts: 2,
        last_error: Some("the encode worker\u{1b} died".into()),
        ..EncoderStatus::default()
    };
    let running = WorkerStatus {
        slot: 1,
        pid: Some(4711),
        starts: 3,
        deaths: 2,
        cpu: Duration::from_micros(2_000_600),
        resident_bytes: 9_000_000,
        jobs: 1,
        stations: vec!["/live".into()],
        state: WorkerState::Running,
    };
    let waiting = WorkerState::Waiting(Duration::from_secs(7));
    snapshot.workers = vec![running, WorkerStatus { slot: 2, state: waiting, ..WorkerStatus::default() }];
    snapshot
}

#[test]
fn conversion_of_a_station_is_shown() {
    let json = get("/api/v1/admin/stations", &converting());
    let station = &json["stations"][0];
    assert_eq!(
        station["audio"],
        json!({
            "format": "FLAC, 96000 Hz, stereo", "converted": true, "gain_db": -3.2, "delay_s": 0.06,
            "summary": "converted from FLAC, 96000 Hz, stereo, -3.2 dB, 59 ms late",
        })
    );
    assert_eq!(
        station["music_format"],
        json!({
            "sample_rate_hz": 44_100, "channels": 2, "bitrate_kbps": 128, "origin": "music",
            "summary": "MP3, 44100 Hz, stereo, 128 kbit/s (as most of the music)",
        })
    );
    assert_eq!(station["left_out"], 117);
    assert_eq!(station["music_problem"], "no playable files: all 117 files are left out");
    assert_eq!(
        station["encoder"],
        json!({"encoded_s": 1.5, "interruptions": 2, "last_error": "the encode worker died"})
    );
}

#[test]
fn rendition_is_shown_with_state_delay_gaps_restarts_and_cpu() {
    let mut snapshot = AdminSnapshot::from_public(Snapshot::example_ladder());
    let status = RenditionStatus {
        format: TargetFormat { rate: 44_100, channels: 2, kbps: 96 },
        state: RenditionState::Encoding,
        delay: Duration::from_micros(350_400),
        gaps: 0,
        gap_length: Duration::ZERO,
        restarts: 1,
        cpu: Duration::from_micros(12_345_600),
    };
    let reason = "the encode worker\u{1b} died".to_owned();
    let in_gap = RenditionStatus {
        state: RenditionState::Gap(reason),
        gaps: 2,
        gap_length: Duration::from_millis(1250),
        restarts: 2,
        ..status.clone()
    };
    (snapshot.stations[3].rendition, snapshot.stations[4].rendition) = (Some(status), Some(in_gap));
    let json = get("/api/v1/admin/stations", &snapshot);
    assert_eq!(
        json["stations"][3]["rendition_status"],
        json!({
            "state": "encoding", "reason": null, "delay_s": 0.35, "gaps": 0, "gap_s": 0.0, "restarts": 1, "cpu_s": 12.346,
            "summary": "encoding, 350 ms behind, no gaps, 1 restart, 12.3 s CPU",
        })
    );
    let in_gap = &json["stations"][4]["rendition_status"];
    assert_eq!((&in_gap["state"], &in_gap["reason"]), (&json!("gap"), &json!("the encode worker died")));
    assert_eq!(
        in_gap["summary"],
        "gap (the encode worker died), 350 ms behind, 2 gaps of 1.2 s in all, 2 restarts, 12.3 s CPU"
    );
    assert_eq!(json["stations"][0]["rendition_status"], Value::Null);
}

#[test]
fn left_out_files_have_reason_and_time() {
    let file = json!({"file": "/music/a.m4a", "reason": "HE-AAC", "at": "2025-03-04T10:12:12.000Z"});
    assert_eq!(
        get("/api/v1/admin/stations/1/left-out", &converting()),
        json!({"station": 1, "count": 117, "files": [file]})
    );
    let without_music = get("/api/v1/admin/stations/1/left-out", &AdminSnapshot::example());
    assert_eq!(without_music, json!({"station": 1, "count": 0, "files": []}));
}

#[test]
fn workers_have_state_process_and_counters() {
    let running = json!({
        "worker": 1, "state": "running", "restart_in_s": null, "pid": 4711, "stations": ["/live"], "jobs": 1,
        "cpu_s": 2.001, "memory_bytes": 9_000_000, "starts": 3, "deaths": 2,
    });
    let waiting = json!({
        "worker": 2, "state": "waiting", "restart_in_s": 7, "pid": null, "stations": [], "jobs": 0,
        "cpu_s": 0.0, "memory_bytes": 0, "starts": 0, "deaths": 0,
    });
    assert_eq!(get("/api/v1/admin/workers", &converting()), json!({"workers": [running, waiting]}));
}

#[test]
fn listeners_have_printable_texts() {
    let expected = json!({
        "station": 1,
        "total": 2,
        "matching": 2,
        "listeners": [
            {
                "id": 5, "address": "203.0.113.9", "user_agent": "VLC/3.0", "referer": "", "connected_s": 77,
                "behind_s": 5.0, "skips": 2, "bytes_sent": 1_232_000, "tls": true, "counted": true,
            },
            {
                "id": u64::MAX, "address": "2001:db8::1", "user_agent": "", "referer": "http://h/?a=1&b=\"<c>'",
                "connected_s": 0, "behind_s": 0.0, "skips": 0, "bytes_sent": 0, "tls": false, "counted": false,
            },
        ],
    });
    assert_eq!(get("/api/v1/admin/stations/1/listeners", &AdminSnapshot::example()), expected);
}

#[test]
fn audience_has_samples_with_absolute_times() {
    let mut snapshot = AdminSnapshot::example();
    let clock = snapshot.public.clock;
    snapshot.stations[0].audience = AudienceHistory {
        earlier: [(clock.unix_time(at(0)), 0)].into(),
        begin: clock.unix_time(at(600)),
        highest: vec![7],
    };
    let expected = json!({
        "interval_s": 300,
        "stations": [{
            "id": 1,
            "samples": [
                {"at": "2025-03-04T10:11:12.000Z", "listeners": 0},
                {"at": "2025-03-04T10:16:12.000Z", "listeners": null},
                {"at": "2025-03-04T10:21:12.000Z", "listeners": 7},
            ],
        }],
    });
    assert_eq!(get("/api/v1/admin/audience", &snapshot), expected);
}

#[test]
fn log_lines_have_sequence_numbers() {
    let line = TailLine {
        number: 7,
        at: Duration::from_millis(1_741_083_072_034),
        level: ::log::Level::Warn,
        target: "coldwave::net".into(),
        text: "/live: \"</script>\"".into(),
    };
    let boot_id = "00c0ffee00c0ffee".to_owned();
    let log = LogExcerpt { boot_id, lines: vec![line.into()], last: 9 };
    let snapshot = AdminSnapshot { log, ..AdminSnapshot::example() };
    let line = json!({
        "seq": 7, "at": "2025-03-04T10:11:12.034Z", "level": "warn", "target": "coldwave::net",
        "station": 1, "text": "/live: \"</script>\"",
    });
    let expected = json!({"boot": "00c0ffee00c0ffee", "lines": [line], "last": 9});
    assert_eq!(get("/api/v1/admin/log", &snapshot), expected);
    let position = LogPosition { after: 7, boot: Some("00c0ffee00c0ffee".into()) };
    let form = form("after=7&boot=00c0ffee00c0ffee");
    assert_eq!(ApiAdminPage::from_path("/api/v1/admin/log", &form), Ok(ApiAdminPage::Log(position)));
}

#[test]
fn after_and_limit_are_parsed_as_numbers() {
    for (query, expected) in [
        ("", Ok((0, 0, usize::MAX))),
        ("limit=&after=", Ok((0, 0, usize::MAX))),
        ("limit=100", Ok((0, 0, 100))),
        ("after=7&limit=0", Ok((7, 0, 0))),
        ("offset=200&limit=100", Ok((0, 200, 100))),
        ("offset=-1", Err(AdminRefusal::InvalidNumber)),
        ("after=-1", Err(AdminRefusal::InvalidNumber)),
        ("limit=ten", Err(AdminRefusal::InvalidNumber)),
        ("after=18446744073709551616", Err(AdminRefusal::InvalidNumber)),
    ] {
        let page = ApiAdminPage::from_path("/api/v1/admin/stations/1/listeners", &form(query));
        let part = page.map(|page| match page {
            ApiAdminPage::Listeners(StationRef::Id(1), query) => query.part,
            other => panic!("{other:?}"),
        });
        let expected = expected.map(|(after, offset, limit)| Pagination { after, offset, limit });
        assert_eq!(part, expected, "{query}");
    }
}

#[test]
fn get_of_an_action_or_unknown_path_is_refused() {
    for (path, refusal) in [
        ("/api/v1/admin/stations/1/kick", AdminRefusal::OnlyPost),
        ("/api/v1/admin/stations/1", AdminRefusal::NotFound),
        ("/api/v1/admin/tea", AdminRefusal::NotFound),
    ] {
        assert_eq!(ApiAdminPage::from_path(path, &form("")), Err(refusal), "{path}");
    }
}
