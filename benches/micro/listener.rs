//! What is done for a listener when his slot has come, apart from the system's call: what is new is gathered, and he
//! goes on by as much.

use std::io::IoSlice;
use std::time::Duration;

use coldwave::session::{Listener, PIECES_MAX};
use coldwave::settings::StationSettings;
use coldwave::station::{Station, StationKey};
use divan::Bencher;

use crate::meter::Meter;
use crate::programme::station;

/// Bytes of audio between two blocks: as stations have it if nothing else is set.
pub const METAINT: Option<u32> = Some(16_000);

/// Bytes of a reply's head, about.
const HEAD: usize = 500;

/// A delivery to someone whose socket takes everything.
fn deliver(listener: &mut Listener, station: &Station) -> usize {
    let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
    let count = listener.gather(station, &mut pieces);
    let offered = pieces[..count].iter().map(|piece| piece.len()).sum();
    listener.advance(station, offered);
    offered
}

/// Someone who was told the title, and for whom there is now as much as there is for a newcomer.
fn settled(station: &Station, metaint: Option<u32>) -> Listener {
    let mut listener = newcomer(station, metaint);
    for _ in 0..2 {
        deliver(&mut listener, station);
        listener.move_to(station, station);
    }
    listener
}

/// Someone who has sent nothing but his request.
fn newcomer(station: &Station, metaint: Option<u32>) -> Listener {
    let mut listener = Listener::new(StationKey::default(), station.join_offset(), metaint);
    listener.set_head(vec![b' '; HEAD]);
    listener
}

/// The next second, in which there is no other title.
pub fn second(meter: impl Meter, metaint: Option<u32>) {
    let station = station(Duration::from_secs(1));
    meter.measure(|| settled(&station, metaint), |listener| deliver(listener, &station));
}

/// The head, five seconds and the title.
fn burst(meter: impl Meter) {
    let station = station(StationSettings::default().burst);
    meter.measure(|| newcomer(&station, METAINT), |listener| deliver(listener, &station));
}

#[divan::bench(name = "second_without_titles")]
fn timed_second_without_titles(bencher: Bencher) {
    second(bencher, None);
}

#[divan::bench(name = "second_with_titles")]
fn timed_second_with_titles(bencher: Bencher) {
    second(bencher, METAINT);
}

#[divan::bench(name = "burst_for_a_newcomer")]
fn timed_burst(bencher: Bencher) {
    burst(bencher);
}
