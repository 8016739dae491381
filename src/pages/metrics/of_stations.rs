//! Numbers of every station, told apart by its mount.

use super::exposition::{Exposition, Family};
use crate::pages::{AdminSnapshot, AdminStation, OnAir, RelayState, RelayStatus};

/// Writes them.
pub fn write(snapshot: &AdminSnapshot, text: &mut Exposition) {
    let all = All(snapshot);
    all.names(text);
    all.listeners(text);
    all.on_air(text);
    all.ring(text);
}

struct All<'a>(&'a AdminSnapshot);

/// What is shown of a station in one family, if anything is.
type Value<'a> = &'a dyn Fn(&AdminStation) -> Option<f64>;

impl All<'_> {
    fn gauge(&self, text: &mut Exposition, name: &'static str, help: &str, value: Value<'_>) {
        self.add(text.gauge(name, help), value);
    }

    fn counter(&self, text: &mut Exposition, name: &'static str, help: &str, value: Value<'_>) {
        self.add(text.counter(name, help), value);
    }

    fn add(&self, mut family: Family<'_>, value: Value<'_>) {
        for station in &self.0.stations {
            let mount = &station.public.mount;
            value(station).into_iter().for_each(|it| family.add(&[("mount", mount)], it));
        }
    }

    fn names(&self, text: &mut Exposition) {
        let mut family = text.gauge("coldwave_station_info", "What a station is called; always 1.");
        for AdminStation { public, .. } in &self.0.stations {
            let id = public.id.to_string();
            family.add(&[("mount", &public.mount), ("id", &id), ("name", &public.name)], 1);
        }
    }

    fn listeners(&self, text: &mut Exposition) {
        let help = "Listeners who have listened for a second or longer.";
        self.gauge(text, "coldwave_listeners", help, &|it| Some(it.public.listeners as f64));
        let help = "Distinct addresses of those listeners.";
        self.gauge(text, "coldwave_listeners_unique", help, &|it| Some(it.public.unique as f64));
        let help = "Distinct pairs of address and user agent of those listeners.";
        self.gauge(text, "coldwave_listeners_unique_clients", help, &|it| Some(it.public.people as f64));
        let help = "The most listeners at once since the server started.";
        self.gauge(text, "coldwave_listeners_peak", help, &|it| Some(it.public.peak as f64));
        let help = "Listeners that the station may have.";
        let most = |it: &AdminStation| Some(self.0.public.most_listeners(&it.public) as f64);
        self.gauge(text, "coldwave_station_listeners_max", help, &most);
        let help = "Connections that get the stream, from their first moment on.";
        self.gauge(text, "coldwave_streams", help, &|it| Some(it.counters.stream_connections as f64));
        let help = "Times that somebody began to count as a listener.";
        self.counter(text, "coldwave_listeners_counted_total", help, &|it| Some(it.public.hits as f64));
        let help = "Bytes sent to listeners, heads and titles included.";
        self.counter(text, "coldwave_listener_sent_bytes_total", help, &|it| {
            Some(it.counters.bytes_sent as f64)
        });
        let help = "Times that a listener was moved forward as he had fallen too far behind.";
        self.counter(text, "coldwave_listener_skips_total", help, &|it| Some(it.counters.skips as f64));
    }

    fn on_air(&self, text: &mut Exposition) {
        let mut family = text.gauge("coldwave_input_on_air", "1 for what is on the air, 0 for what is not.");
        for AdminStation { public, .. } in &self.0.stations {
            for input in ["silence", "autodj", "live", "relay"] {
                let is_on = u8::from(input == word(&public.on_air));
                family.add(&[("mount", &public.mount), ("input", input)], is_on);
            }
        }
        let unix = |time| Some(self.0.public.clock.unix(time).as_secs_f64());
        let help = "Since when that, or silence, has been on the air, in seconds since 1970.";
        let since = |it: &AdminStation| it.public.up_since().or(it.silent_since).and_then(unix);
        self.gauge(text, "coldwave_on_air_start_time_seconds", help, &since);
        let help = "Whether a live source is connected, on the air or about to be.";
        let source = |it: &AdminStation| Some(f64::from(u8::from(it.source.is_some())));
        self.gauge(text, "coldwave_source_connected", help, &source);
        let help = "Whether the station that is relayed plays, on the air or not; only where one is relayed.";
        let plays = |relay: &RelayStatus| f64::from(u8::from(relay.state == RelayState::Streaming));
        let relay = |it: &AdminStation| it.relay.as_ref().map(plays);
        self.gauge(text, "coldwave_relay_connected", help, &relay);
        let help = "Times that the title on the air changed.";
        self.counter(text, "coldwave_titles_total", help, &|it| Some(it.counters.title_changes as f64));
    }

    fn ring(&self, text: &mut Exposition) {
        let help = "Audio that is held for listeners who are behind, in bytes.";
        self.gauge(text, "coldwave_ring_held_bytes", help, &|it| Some(it.counters.ring_bytes as f64));
        let help = "Room for it, in bytes.";
        self.gauge(text, "coldwave_ring_size_bytes", help, &|it| {
            Some(it.counters.ring_capacity_bytes as f64)
        });
        let help = "Audio that is held for listeners who are behind, in seconds.";
        self.gauge(text, "coldwave_ring_held_seconds", help, &|it| Some(it.counters.ring_s));
        let help = "Audio that is held at least, once so much was played, in seconds.";
        self.gauge(text, "coldwave_ring_size_seconds", help, &|it| Some(it.counters.ring_kept_s));
    }
}

fn word(on_air: &OnAir) -> &'static str {
    match on_air {
        OnAir::Silence => "silence",
        OnAir::AutoDj(_) => "autodj",
        OnAir::Live(_) => "live",
        OnAir::Relay(_) => "relay",
    }
}
