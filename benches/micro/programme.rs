//! What stations play here: frames of 128 kbit/s without end, and one title.

use std::time::Duration;

use coldwave::audio::{Frame, Header, silent_frame};
use coldwave::icy::Title;
use coldwave::settings::StationSettings;
use coldwave::station::{Input, InputFrame, Progress, Readiness, Station};
use coldwave::time::Time;

/// An input that always has a frame. What is in it makes no difference to whoever passes it on.
pub struct Programme {
    frame: Vec<u8>,
    title: Title,
    has_begun: bool,
}

impl Programme {
    /// One that begins.
    pub fn new() -> Self {
        Self {
            frame: silent_frame(&Header::DEFAULT),
            title: Title::new("Nadia Karim - Tidewater"),
            has_begun: false,
        }
    }
}

impl Input for Programme {
    fn name(&self) -> String {
        "Programme".into()
    }

    fn poll(&mut self) -> Readiness {
        Readiness::Ready
    }

    fn next_frame(&mut self) -> InputFrame<'_> {
        let begins = !std::mem::replace(&mut self.has_begun, true);
        let frame = Frame { bytes: &self.frame, header: Header::DEFAULT, offset: 0 };
        InputFrame { frame, title: begins.then_some(&self.title) }
    }
}

/// A station that has played for a minute, and so holds all that it ever will. Newcomers are sent `burst`.
pub fn station(burst: Duration) -> Station {
    let mut station = Station::new(&StationSettings { burst, ..StationSettings::default() }, Time::START);
    station.add_input(Box::new(Programme::new()));
    for second in 0..=60 {
        while station.advance_to(Time::after_start(Duration::from_secs(second))) == Progress::ServeAllFirst {
            station.mark_all_served();
        }
    }
    station
}
