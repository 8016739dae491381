//! A delivery to a listener without the system call: gathering the data that is due, and advancing the
//! listener.

use std::io::IoSlice;
use std::time::Duration;

use coldwave::audio::Codec;
use coldwave::session::{Listener, PIECES_MAX};
use coldwave::settings::StationSettings;
use coldwave::station::{Station, StationKey};
use divan::Bencher;

use crate::meter::Meter;
use crate::test_station::test_station;

/// The default metadata interval of stations.
pub const METAINT: Option<u32> = Some(16_000);

/// The approximate length of the head of a response.
const HEAD_LEN: usize = 500;

/// Delivers to a listener whose socket takes everything. Returns the number of bytes.
fn deliver(listener: &mut Listener, station: &Station) -> usize {
    let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
    let count = listener.gather(station, &mut pieces);
    let offered = pieces[..count].iter().map(|piece| piece.len()).sum();
    listener.advance(station, offered);
    offered
}

/// Returns a listener that has been sent the title, and for which as much audio is due as for a new listener.
fn settled_listener(station: &Station, metaint: Option<u32>) -> Listener {
    let mut listener = new_listener(station, metaint);
    for _ in 0..2 {
        deliver(&mut listener, station);
        listener.move_to(station, station);
    }
    listener
}

/// Returns a listener that has sent its request and received nothing.
fn new_listener(station: &Station, metaint: Option<u32>) -> Listener {
    let mut listener = Listener::new(StationKey::default(), station.join_offset(), metaint);
    listener.set_head(vec![b' '; HEAD_LEN], Codec::Mp3, station, None);
    listener
}

/// Delivers a second of audio without a new title.
pub fn second(meter: impl Meter, metaint: Option<u32>) {
    let station = test_station(Duration::from_secs(1));
    meter.measure(|| settled_listener(&station, metaint), |listener| deliver(listener, &station));
}

/// Delivers the head, five seconds of audio and the title.
fn burst(meter: impl Meter) {
    let station = test_station(StationSettings::default().burst);
    meter.measure(|| new_listener(&station, METAINT), |listener| deliver(listener, &station));
}

#[divan::bench(name = "second_without_titles")]
fn timed_second_without_titles(bencher: Bencher) {
    second(bencher, None);
}

#[divan::bench(name = "second_with_titles")]
fn timed_second_with_titles(bencher: Bencher) {
    second(bencher, METAINT);
}

#[divan::bench(name = "burst_for_a_new_listener")]
fn timed_burst(bencher: Bencher) {
    burst(bencher);
}
