//! Parsing the head of a request.

use std::hint::black_box;

use coldwave::http::incoming::{Incoming, parse};
use divan::Bencher;

use crate::meter::Meter;

/// Recorded requests of a player, and of a browser for an `<audio>` element.
pub const PLAYER: &[u8] = include_bytes!("../../fixtures/requests/winamp.request");
pub const BROWSER: &[u8] = include_bytes!("../../fixtures/requests/chromium-audio.request");

/// Parses a head that was received in one piece.
pub fn parse_head(meter: impl Meter, head: &[u8]) {
    assert!(matches!(parse(head), Incoming::Request { .. }), "the request is complete");
    meter.measure(|| (), |()| parse(black_box(head)));
}

#[divan::bench(name = "player")]
fn timed_player(bencher: Bencher) {
    parse_head(bencher, PLAYER);
}

#[divan::bench(name = "browser")]
fn timed_browser(bencher: Bencher) {
    parse_head(bencher, BROWSER);
}
