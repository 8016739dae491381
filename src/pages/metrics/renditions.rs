//! Metrics of renditions, labelled with their mounts.

use super::exposition::{Exposition, Family};
use crate::pages::{AdminSnapshot, AdminStation};
use crate::station::{RenditionState, RenditionStatus};

/// Writes the metrics of all renditions.
pub fn write(snapshot: &AdminSnapshot, text: &mut Exposition) {
    info(snapshot, text);
    state(snapshot, text);
    let add = |mut family: Family<'_>, value: &dyn Fn(&RenditionStatus) -> f64| {
        for (station, status) in renditions(snapshot) {
            family.add(&[("mount", &station.public.mount)], value(status));
        }
    };
    let help = "How far the live edge of the rendition is behind that of its station, in seconds.";
    add(text.gauge("coldwave_rendition_delay_seconds", help), &|it| it.delay.as_secs_f64());
    let help = "Times that the rendition played silence because its encoder had nothing in time.";
    add(text.counter("coldwave_rendition_gaps_total", help), &|it| it.gaps as f64);
    let help = "Duration of this silence, in seconds.";
    add(text.counter("coldwave_rendition_gap_seconds_total", help), &|it| it.gap_length.as_secs_f64());
    let help = "Times that the encoder of the rendition was started again after an error.";
    add(text.counter("coldwave_rendition_restarts_total", help), &|it| it.restarts as f64);
    let help = "CPU time of resampling and encoding the rendition, in seconds.";
    add(text.counter("coldwave_rendition_cpu_seconds_total", help), &|it| it.cpu.as_secs_f64());
}

fn renditions(snapshot: &AdminSnapshot) -> impl Iterator<Item = (&AdminStation, &RenditionStatus)> {
    snapshot.stations.iter().filter_map(|station| Some((station, station.rendition.as_ref()?)))
}

/// Writes the mount of the station of each rendition, so that queries can sum up the mounts of a programme.
fn info(snapshot: &AdminSnapshot, text: &mut Exposition) {
    let help = "Station of the rendition and bit rate in kbit/s as labels; always 1.";
    let mut family = text.gauge("coldwave_rendition_info", help);
    for (AdminStation { public, .. }, status) in renditions(snapshot) {
        let station = &snapshot.public.programme(public).mount;
        let kbps = status.format.kbps.to_string();
        family.add(&[("mount", &public.mount), ("station", station), ("kbps", &kbps)], 1);
    }
}

fn state(snapshot: &AdminSnapshot, text: &mut Exposition) {
    let mut family =
        text.gauge("coldwave_rendition_state", "1 for the state of the rendition, 0 for the others.");
    for (station, status) in renditions(snapshot) {
        for state in RenditionState::ALL {
            let is_in_it = u8::from(state == status.state.as_str());
            family.add(&[("mount", &station.public.mount), ("state", state)], is_in_it);
        }
    }
}
