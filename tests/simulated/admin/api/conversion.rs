//! The views of conversion: the audio on air, the format, left-out files and encode workers.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use coldwave::audio::{Frame, Header, silent_frame};
use coldwave::encode_worker::{EncoderStatus, WorkerState, WorkerStatus};
use coldwave::icy::Title;
use coldwave::server::{EncodingStats, Hooks};
use coldwave::station::{
    Input, InputFrame, LeftOutFile, MusicFormat, MusicStatus, Readiness, TrackConversion, TrackInfo,
};
use coldwave::time::Time;
use coldwave::transcode::{AudioKind, TargetFormat};
use serde_json::{Value, json};

use super::{SECOND, answer, get, go_live, post, station, view};
use crate::world::converters::FakeConverters;
use crate::world::{Setup, World, seed};

/// What a [`ReportingInput`] plays and reports. The test changes it.
#[derive(Default)]
struct Report {
    is_idle: bool,
    format: Option<TargetFormat>,
    track: Arc<TrackInfo>,
    music: Arc<MusicStatus>,
}

/// An input that plays silence and reports what the test says, as the AutoDJ does.
struct ReportingInput {
    report: Rc<RefCell<Report>>,
    track: Arc<TrackInfo>,
    frame: Vec<u8>,
    title: Title,
}

impl Input for ReportingInput {
    fn name(&self) -> String {
        "AutoDJ".to_owned()
    }

    fn poll(&mut self) -> Readiness {
        if self.report.borrow().is_idle { Readiness::Idle } else { Readiness::Ready }
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        self.track = self.report.borrow().track.clone();
        let frame = Frame { bytes: &self.frame, header: Header::DEFAULT, offset: 0 };
        InputFrame { frame, title: Some(&self.title), track: Some(&self.track) }
    }

    fn format(&self) -> Option<TargetFormat> {
        self.report.borrow().format
    }

    fn track(&self) -> Option<&Arc<TrackInfo>> {
        Some(&self.track)
    }

    fn music_status(&self) -> Option<Arc<MusicStatus>> {
        Some(self.report.borrow().music.clone())
    }
}

/// Creates a station with such an input, and lets it play for ten seconds.
fn world(number: u64, hooks: Hooks) -> (World, Rc<RefCell<Report>>) {
    let report = Rc::new(RefCell::new(Report::default()));
    let input = ReportingInput {
        report: report.clone(),
        track: Arc::default(),
        frame: silent_frame(&Header::DEFAULT),
        title: Title::new("A"),
    };
    let mut setup = Setup::with(vec![station(1, "/live")]);
    setup.stations[0].1 = vec![Box::new(input)];
    let converters = Some(FakeConverters::default());
    let mut world = World::start(seed(number), Setup { hooks, converters, ..setup });
    world.enable_admin();
    world.pass(10 * SECOND);
    (world, report)
}

fn first_station(world: &mut World) -> Value {
    view(world, "/stations")["stations"][0].clone()
}

/// Returns the value of a series of the metrics.
fn metric(world: &mut World, series: &str) -> f64 {
    world.pass(SECOND);
    let text = world.get("/metrics").http11().by_admin().send();
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {text}")).parse().expect(series)
}

#[test]
fn audio_and_format_of_converted_music_are_shown() {
    let (mut world, report) = world(1, Hooks::default());
    assert_eq!(first_station(&mut world)["music_format"], Value::Null);
    let passes = first_station(&mut world)["audio"].clone();
    assert_eq!((&passes["format"], &passes["converted"]), (&json!("MP3, 44100 Hz, stereo"), &json!(false)));
    assert_eq!(metric(&mut world, "coldwave_station_converting{mount=\"/live\"}"), 0.0);
    let conversion =
        TrackConversion { kind: AudioKind::Flac, rate: 96_000, channels: 6, gain_db: Some(-7.3) };
    let target = TargetFormat { rate: 44_100, channels: 2, kbps: 192 };
    report.borrow_mut().track = Arc::new(TrackInfo { conversion: Some(conversion), ..TrackInfo::default() });
    report.borrow_mut().music = Arc::new(MusicStatus {
        format: Some(MusicFormat { target, origin: "stored" }),
        ..MusicStatus::default()
    });
    world.pass(2 * SECOND);
    let station = first_station(&mut world);
    assert_eq!(
        station["audio"],
        json!({
            "format": "FLAC, 96000 Hz, 6 channels", "converted": true, "gain_db": -7.3, "delay_s": null,
            "summary": "converted from FLAC, 96000 Hz, 6 channels, -7.3 dB",
        })
    );
    assert_eq!(
        station["music_format"]["summary"],
        "MP3, 44100 Hz, stereo, 192 kbit/s (as at the last start)"
    );
    assert_eq!(metric(&mut world, "coldwave_station_converting{mount=\"/live\"}"), 1.0);
    report.borrow_mut().is_idle = true;
    world.pass(20 * SECOND);
    let silent = first_station(&mut world);
    assert_eq!((&silent["audio"], &silent["on_air"]["kind"]), (&Value::Null, &json!("silence")));
    assert_eq!(metric(&mut world, "coldwave_station_converting{mount=\"/live\"}"), 0.0);
}

#[test]
fn left_out_files_are_shown_until_they_are_played_or_removed() {
    let (mut world, report) = world(2, Hooks::default());
    assert_eq!(view(&mut world, "/stations/1/left-out"), json!({"station": 1, "count": 0, "files": []}));
    let left_out = LeftOutFile { file: "a.m4a".into(), reason: "HE-AAC".into(), at: Time::START };
    report.borrow_mut().music = Arc::new(MusicStatus {
        left_out: vec![left_out.into()],
        left_out_count: 3,
        ..MusicStatus::default()
    });
    let shown = view(&mut world, "/stations/1/left-out");
    assert_eq!((&shown["count"], &shown["files"][0]["file"]), (&json!(3), &json!("a.m4a")));
    assert_eq!(shown["files"][0]["at"], "1970-01-01T00:00:00.000Z");
    assert_eq!(first_station(&mut world)["left_out"], 3);
    assert_eq!(metric(&mut world, "coldwave_station_tracks_left_out{mount=\"/live\"}"), 3.0);
    report.borrow_mut().music = Arc::default();
    assert_eq!(view(&mut world, "/stations/1/left-out")["files"], json!([]));
    assert_eq!(metric(&mut world, "coldwave_station_tracks_left_out{mount=\"/live\"}"), 0.0);
}

#[test]
fn paths_of_files_are_shown_to_the_administrator_only() {
    let (mut world, _report) = world(3, Hooks::default());
    for path in ["/stations/1/left-out", "/workers"] {
        assert_eq!(answer(get(&mut world, path)).0, 401, "{path}");
        assert_eq!(answer(post(&mut world, path, "").by_admin()).0, 405, "{path}");
    }
    assert_eq!(answer(get(&mut world, "/stations/9/left-out").by_admin()).0, 404);
}

#[test]
fn workers_and_jobs_are_shown() {
    let worker = Rc::new(RefCell::new(WorkerStatus {
        slot: 1,
        pid: Some(4711),
        starts: 1,
        cpu: Duration::from_millis(1500),
        resident_bytes: 9_000_000,
        jobs: 1,
        stations: vec!["/live".into()],
        state: WorkerState::Running,
        ..WorkerStatus::default()
    }));
    let shown = worker.clone();
    let encoding = EncodingStats {
        workers: Box::new(move || vec![shown.borrow().clone()]),
        station: Box::new(|mount| {
            assert_eq!(mount, "/live");
            EncoderStatus { encoded: 90 * SECOND, restarts: 2, ..EncoderStatus::default() }
        }),
    };
    let (mut world, _report) = world(4, Hooks { encoding: Some(encoding), ..Hooks::default() });
    let workers = view(&mut world, "/workers");
    assert_eq!((&workers["workers"][0]["pid"], &workers["workers"][0]["cpu_s"]), (&json!(4711), &json!(1.5)));
    assert_eq!(
        first_station(&mut world)["encoder"],
        json!({"encoded_s": 90.0, "interruptions": 2, "last_error": null})
    );
    assert_eq!(metric(&mut world, "coldwave_encode_worker_running{worker=\"1\"}"), 1.0);
    assert_eq!(metric(&mut world, "coldwave_station_converted_seconds_total{mount=\"/live\"}"), 90.0);
    let state = WorkerState::Waiting(3 * SECOND);
    let running = worker.borrow().clone();
    *worker.borrow_mut() = WorkerStatus { pid: None, state, deaths: 3, resident_bytes: 0, ..running };
    let workers = view(&mut world, "/workers");
    assert_eq!(
        (&workers["workers"][0]["state"], &workers["workers"][0]["restart_in_s"]),
        (&json!("waiting"), &json!(3))
    );
    assert_eq!(metric(&mut world, "coldwave_encode_worker_running{worker=\"1\"}"), 0.0);
    assert_eq!(metric(&mut world, "coldwave_encode_worker_deaths_total{worker=\"1\"}"), 3.0);
}

#[test]
fn source_that_is_converted_is_shown_with_its_delay() {
    let (mut world, report) = world(5, Hooks::default());
    let delay = "coldwave_station_conversion_delay_seconds{mount=\"/live\"}";
    report.borrow_mut().format = Some(TargetFormat { rate: 48_000, channels: 1, kbps: 64 });
    let (source, _) = go_live(&mut world);
    let station = first_station(&mut world);
    assert_eq!(station["on_air"]["kind"], "live");
    assert_eq!(station["audio"]["format"], "MP3, 44100 Hz, stereo");
    assert_eq!(station["audio"]["converted"], true);
    assert!(station["audio"]["delay_s"].as_f64().is_some_and(|delay| delay > 0.0), "{station}");
    assert!(metric(&mut world, delay) > 0.0);
    world.disconnect(source);
    world.pass(20 * SECOND);
    let station = first_station(&mut world);
    assert_eq!(
        (&station["on_air"]["kind"], &station["audio"]["converted"]),
        (&json!("autodj"), &json!(false))
    );
    assert_eq!(metric(&mut world, delay), 0.0);
}
