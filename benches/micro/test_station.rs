//! A station that plays silent frames at 128 kbit/s without end, with one title.

use std::time::Duration;

use coldwave::audio::{Frame, Header, silent_frame};
use coldwave::icy::Title;
use coldwave::settings::StationSettings;
use coldwave::station::{Input, InputFrame, Progress, Readiness, Station};
use coldwave::time::Time;

/// An input that always has a silent frame ready. The content of a frame does not affect its delivery.
pub struct SilentInput {
    frame: Vec<u8>,
    title: Title,
    has_started: bool,
}

impl SilentInput {
    pub fn new() -> Self {
        Self {
            frame: silent_frame(&Header::DEFAULT),
            title: Title::new("Nadia Karim - Tidewater"),
            has_started: false,
        }
    }
}

impl Input for SilentInput {
    fn name(&self) -> String {
        "Silence".into()
    }

    fn poll(&mut self) -> Readiness {
        Readiness::Ready
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        let is_first = !std::mem::replace(&mut self.has_started, true);
        let frame = Frame { bytes: &self.frame, header: Header::DEFAULT, offset: 0 };
        InputFrame { frame, title: is_first.then_some(&self.title), track: None }
    }
}

/// Returns a station that has played for a minute, so that its ring buffer is full. New listeners are sent
/// `burst`.
pub fn test_station(burst: Duration) -> Station {
    let mut station = Station::new(&StationSettings { burst, ..StationSettings::default() }, Time::START);
    station.add_input(Box::new(SilentInput::new()));
    for second in 0..=60 {
        while station.advance_to(Time::after_start(Duration::from_secs(second))) == Progress::ServeAllFirst {
            station.mark_all_served();
        }
    }
    station
}
