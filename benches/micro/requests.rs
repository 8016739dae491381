//! A request's head, taken apart.

use std::hint::black_box;

use coldwave::http::incoming::{Incoming, parse};
use divan::Bencher;

use crate::meter::Meter;

/// What a player asks, and what a browser asks for a page's `<audio>`, as recorded.
pub const PLAYER: &[u8] = include_bytes!("../../fixtures/requests/winamp.request");
pub const BROWSER: &[u8] = include_bytes!("../../fixtures/requests/chromium-audio.request");

/// This request, which came in one piece.
pub fn read(meter: impl Meter, head: &[u8]) {
    assert!(matches!(parse(head), Incoming::Request { .. }), "it is a whole request");
    meter.measure(|| (), |()| parse(black_box(head)));
}

#[divan::bench(name = "player")]
fn timed_player(bencher: Bencher) {
    read(bencher, PLAYER);
}

#[divan::bench(name = "browser")]
fn timed_browser(bencher: Bencher) {
    read(bencher, BROWSER);
}
