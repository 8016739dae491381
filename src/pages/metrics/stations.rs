//! Metrics of each station, labelled with its mount.

use super::exposition::{Exposition, Family};
use crate::pages::{AdminSnapshot, AdminStation, OnAir, RelayState, RelayStatus};

/// Writes the metrics of all stations.
pub fn write(snapshot: &AdminSnapshot, text: &mut Exposition) {
    let families = StationFamilies(snapshot);
    families.names(text);
    families.listeners(text);
    families.on_air(text);
    families.conversion(text);
    families.ring(text);
}

/// Writes families with one sample for each station.
struct StationFamilies<'a>(&'a AdminSnapshot);

/// Returns the value of a station for one family; `None` if the station has no sample in it.
type StationValue<'a> = &'a dyn Fn(&AdminStation) -> Option<f64>;

impl StationFamilies<'_> {
    fn gauge(&self, text: &mut Exposition, name: &'static str, help: &str, value: StationValue<'_>) {
        self.add(text.gauge(name, help), value);
    }

    fn counter(&self, text: &mut Exposition, name: &'static str, help: &str, value: StationValue<'_>) {
        self.add(text.counter(name, help), value);
    }

    fn add(&self, mut family: Family<'_>, value: StationValue<'_>) {
        for station in &self.0.stations {
            let mount = &station.public.mount;
            value(station).into_iter().for_each(|it| family.add(&[("mount", mount)], it));
        }
    }

    fn names(&self, text: &mut Exposition) {
        let mut family =
            text.gauge("coldwave_station_info", "Id and name of the station as labels; always 1.");
        for AdminStation { public, .. } in &self.0.stations {
            let id = public.id.to_string();
            family.add(&[("mount", &public.mount), ("id", &id), ("name", &public.name)], 1);
        }
    }

    fn listeners(&self, text: &mut Exposition) {
        let help = "Listeners connected for at least one second.";
        self.gauge(text, "coldwave_listeners", help, &|it| Some(it.public.listeners as f64));
        let help = "Distinct addresses of these listeners.";
        self.gauge(text, "coldwave_listeners_unique", help, &|it| Some(it.public.unique as f64));
        let help = "Distinct pairs of address and User-Agent of these listeners.";
        self.gauge(text, "coldwave_listeners_unique_clients", help, &|it| {
            Some(it.public.unique_clients as f64)
        });
        let help = "Peak number of concurrent listeners, kept across restarts if there is a state_dir.";
        self.gauge(text, "coldwave_listeners_peak", help, &|it| Some(it.public.peak as f64));
        let help = "Maximum number of listeners of the station.";
        let limit = |it: &AdminStation| Some(self.0.public.listener_limit(&it.public) as f64);
        self.gauge(text, "coldwave_station_listeners_limit", help, &limit);
        let help = "Connections receiving the stream, counted as listeners or not.";
        self.gauge(text, "coldwave_stream_connections", help, &|it| {
            Some(it.metrics.stream_connections as f64)
        });
        let help = "Listener sessions that lasted at least one second.";
        // Like all counters here, it begins at zero with the process.
        let sessions = |it: &AdminStation| Some(it.public.hits.saturating_sub(it.earlier.sessions) as f64);
        self.counter(text, "coldwave_listener_sessions_total", help, &sessions);
        let help = "Bytes sent to listeners, response heads and metadata included.";
        self.counter(text, "coldwave_listener_sent_bytes_total", help, &|it| {
            Some(it.metrics.bytes_sent as f64)
        });
        let help = "Times that a listener too far behind skipped forward.";
        self.counter(text, "coldwave_listener_skips_total", help, &|it| Some(it.metrics.skips as f64));
    }

    fn on_air(&self, text: &mut Exposition) {
        let mut family = text.gauge("coldwave_input_on_air", "1 for the input on the air, 0 for the others.");
        for AdminStation { public, .. } in &self.0.stations {
            for input in ["silence", "autodj", "live", "relay"] {
                let is_on = u8::from(input == input_label(&public.on_air));
                family.add(&[("mount", &public.mount), ("input", input)], is_on);
            }
        }
        let unix = |time| Some(self.0.public.clock.unix_time(time).as_secs_f64());
        let help = "Time at which this input, or silence, went on the air, in seconds since the Unix epoch.";
        let since = |it: &AdminStation| it.public.on_air_since().or(it.silent_since).and_then(unix);
        self.gauge(text, "coldwave_on_air_start_time_seconds", help, &since);
        let help = "1 if a live source is connected, on the air or waiting for it.";
        let source = |it: &AdminStation| Some(f64::from(u8::from(it.source.is_some())));
        self.gauge(text, "coldwave_source_connected", help, &source);
        let help = "1 if the relay receives its upstream; only for stations with a relay.";
        let is_streaming = |relay: &RelayStatus| f64::from(u8::from(relay.state == RelayState::Streaming));
        let relay = |it: &AdminStation| it.relay.as_ref().map(is_streaming);
        self.gauge(text, "coldwave_relay_connected", help, &relay);
        let help = "Changes of the title at the live edge.";
        self.counter(text, "coldwave_title_changes_total", help, &|it| Some(it.metrics.title_changes as f64));
    }

    fn conversion(&self, text: &mut Exposition) {
        let help = "1 if the audio on the air is converted, 0 if it passes unchanged and in silence.";
        let converted = |it: &AdminStation| {
            Some(f64::from(u8::from(it.audio.as_ref().is_some_and(|audio| audio.is_converted))))
        };
        self.gauge(text, "coldwave_station_converting", help, &converted);
        let help = "Duration of the audio that was converted to the format of the station, in seconds.";
        self.counter(text, "coldwave_station_converted_seconds_total", help, &|it| {
            Some(it.encoder.encoded.as_secs_f64())
        });
        let help = "Times that an encode worker died while it converted for the station.";
        self.counter(text, "coldwave_station_conversion_interruptions_total", help, &|it| {
            Some(it.encoder.restarts as f64)
        });
        let help = "Delay of the live source or relay on the air by its conversion, in seconds; 0 if it is not converted.";
        let delay = |it: &AdminStation| {
            Some(it.audio.as_ref().and_then(|audio| audio.delay).unwrap_or_default().as_secs_f64())
        };
        self.gauge(text, "coldwave_station_conversion_delay_seconds", help, &delay);
        let help = "Files of the music that are left out because they cannot be played.";
        let left_out = |it: &AdminStation| Some(it.music.as_ref()?.left_out_count as f64);
        self.gauge(text, "coldwave_station_tracks_left_out", help, &left_out);
    }

    fn ring(&self, text: &mut Exposition) {
        let help = "Audio in the ring buffer, in bytes.";
        self.gauge(text, "coldwave_buffer_used_bytes", help, &|it| Some(it.metrics.ring_bytes as f64));
        let help = "Size of the ring buffer, in bytes.";
        self.gauge(text, "coldwave_buffer_size_bytes", help, &|it| {
            Some(it.metrics.ring_capacity_bytes as f64)
        });
        let help = "Audio in the ring buffer, in seconds.";
        self.gauge(text, "coldwave_buffer_used_seconds", help, &|it| Some(it.metrics.ring_filled_s));
        let help = "Least duration that the full ring buffer keeps, in seconds.";
        self.gauge(text, "coldwave_buffer_size_seconds", help, &|it| Some(it.metrics.ring_capacity_s));
    }
}

fn input_label(on_air: &OnAir) -> &'static str {
    match on_air {
        OnAir::Silence => "silence",
        OnAir::AutoDj(_) => "autodj",
        OnAir::Live(_) => "live",
        OnAir::Relay(_) => "relay",
    }
}
