//! Whole responses of a server to the probe.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::probe::{
    ConnectFailure, Connected, Network, ProbeOptions, ProbeTarget, ReceiveOutcome, StreamConnection,
    exit_status, probe, render_json, render_text,
};
use coldwave::stream_url::StreamUrl;
use coldwave::time::Time;

use crate::{Splitter, split_seed};

/// The time between two pieces.
const INTERVAL: Duration = Duration::from_millis(300);

/// A server that answers every request with the same bytes.
struct FuzzNetwork<'i> {
    clock: Rc<Cell<Time>>,
    seed: u8,
    response: &'i [u8],
}

struct FuzzConnection {
    clock: Rc<Cell<Time>>,
    pieces: std::vec::IntoIter<Vec<u8>>,
}

impl Network for FuzzNetwork<'_> {
    type Connection = FuzzConnection;

    fn now(&self) -> Time {
        self.clock.get()
    }

    fn connect(&self, _: &StreamUrl, _: Time) -> Result<Connected<FuzzConnection>, ConnectFailure> {
        let pieces: Vec<Vec<u8>> = Splitter(self.seed).pieces(self.response).map(<[u8]>::to_vec).collect();
        let connection = FuzzConnection { clock: self.clock.clone(), pieces: pieces.into_iter() };
        Ok(Connected { connection, address: "192.0.2.1:8000".to_owned(), tls: None })
    }
}

impl StreamConnection for FuzzConnection {
    fn send(&mut self, _: &[u8], _: Time) -> Result<(), String> {
        Ok(())
    }

    fn receive(&mut self, deadline: Time, out: &mut Vec<u8>) -> ReceiveOutcome {
        let Some(piece) = self.pieces.next() else { return ReceiveOutcome::Ended };
        let now = self.clock.get() + INTERVAL;
        if now > deadline {
            self.clock.set(deadline);
            return ReceiveOutcome::TimedOut;
        }
        self.clock.set(now);
        out.extend(piece);
        ReceiveOutcome::Bytes
    }
}

/// The input is a seed for the splitter, then the response of a server.
pub fn check(input: &[u8]) {
    let (seed, response) = split_seed(input);
    let network = FuzzNetwork { clock: Rc::new(Cell::new(Time::START)), seed, response };
    let options = ProbeOptions::default();
    let url = StreamUrl::parse("http://radio.example/live").expect("a valid URL");
    let target = ProbeTarget::new(url, network.now(), &options);
    let report = probe(target, &options, &network);
    let limit = options.timeout + options.seconds + INTERVAL;
    assert!(network.now() <= Time::START + limit, "it takes longer than it may");
    let text = render_text(&report, false);
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    assert!(text.len() < 64 * 1024, "{} bytes", text.len());
    let statuses = ["OK - ", "WARNING - ", "CRITICAL - "];
    let reports = [report];
    assert!(text.starts_with(statuses[usize::from(exit_status(&reports))]), "{text}");
    assert!(render_json(&reports).ends_with("}\n"));
}
