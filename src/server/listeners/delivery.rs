//! Delivery: plays the audio that is due, and writes it to the listeners whose slots are due.

use log::{debug, warn};

use crate::server::state::peer::{Peer, Wire};
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::channel::Channel;
use crate::server::writing::{WriteOutcome, write_audio};
use crate::session::{CloseReason, Listener, Session, SessionInfo};
use crate::station::{Progress, StationKey};
use crate::time::Time;

impl Server {
    /// Plays all audio of a station that is due.
    pub(in crate::server) fn advance(&mut self, key: StationKey, now: Time) {
        self.supply_fallback(key, now);
        let Channel { station, has_new_input, .. } = &mut self.stations[key];
        *has_new_input = false;
        let (runs, formats) = (station.codec_runs(), station.format_changes());
        self.stations[key].release_codec(now);
        let expected = self.stations[key].expected_codec();
        while self.stations[key].station.advance_to(now) == Progress::ServeAllFirst {
            self.skip_laggards(key, now);
        }
        let channel = &mut self.stations[key];
        // Without listeners, the station still advances once per delivery interval.
        channel.next_advance = now + channel.advance_interval();
        channel.drop_stale_upstream_audio();
        channel.limit_fallback();
        let resumed = channel.take_resumed(now);
        self.sessions.resume(resumed);
        if !self.note_format_change(key, formats) {
            self.note_codec_change(key, runs, expected, now);
        }
        self.store_source_format(key, now);
        self.update_presence(key, now);
    }

    /// Decides whether listeners and pages find a station from now on.
    pub(in crate::server) fn update_presence(&mut self, key: StationKey, now: Time) {
        let is_limited = self.stations[key].settings().only_while_on_air;
        let has_fallback = is_limited && self.has_fallback_on_demand(key, now);
        let channel = &mut self.stations[key];
        if channel.update_presence(has_fallback, now) {
            if !channel.is_absent && channel.wheel.is_empty() {
                channel.station.hide_silence();
            }
            self.views.invalidate();
        }
    }

    /// Moves the listeners of a station that has been silent for too long to its fallback. Disconnects them
    /// if there is none.
    pub(in crate::server) fn end_silence(&mut self, key: StationKey, now: Time) {
        self.move_to_fallback(key, now);
        let peers: Vec<Peer> = self.stations[key].wheel.peers().collect();
        if peers.is_empty() {
            return;
        }
        let mount = &self.stations[key].settings().mount;
        let count = peers.len();
        let listeners = if count == 1 { "listener" } else { "listeners" };
        warn!("{mount}: silent for too long; disconnecting {count} {listeners}");
        peers.into_iter().for_each(|peer| self.close_gracefully(peer, CloseReason::SilenceTimeout, now));
    }

    /// Skips every listener of a station forward that is too far behind, before the ring overwrites audio
    /// that it needs.
    pub(in crate::server) fn skip_laggards(&mut self, key: StationKey, now: Time) {
        let peers: Vec<Peer> = self.stations[key].wheel.peers().collect();
        for peer in peers {
            let Some(SessionEntry { session: Session::Listener(listener), info, .. }) =
                self.sessions.get_mut(peer)
            else {
                continue;
            };
            if let Err(reason) = skip_if_late(listener, &mut self.stations[key], info, now) {
                self.close_session(peer, reason, now);
            }
        }
        self.stations[key].station.mark_all_served();
    }

    /// Writes to the listeners whose slots are due.
    pub(in crate::server) fn serve_slots(&mut self, key: StationKey, now: Time, wire: &mut impl Wire) {
        let channel = &mut self.stations[key];
        let mut due = channel.wheel.due(now);
        let is_full_revolution = channel.wheel.is_full_revolution(due);
        if channel.wheel.starts_revolution(due) {
            channel.station.begin_pass();
        }
        while let Some(slot) = self.stations[key].wheel.next_occupied(&mut due) {
            let wheel = &mut self.stations[key].wheel;
            let delay = wheel.lateness(due, slot, now);
            let mut peers = wheel.take(slot);
            self.stats.delivery_delay.record(delay, peers.len() as u32);
            peers.retain(|&peer| self.serve(peer, key, now, wire));
            self.stations[key].wheel.put_back(slot, peers);
        }
        if is_full_revolution {
            self.stations[key].station.mark_all_served();
        }
    }

    /// Writes to a listener at its slot; returns whether it is still connected.
    ///
    /// This is the hot path of delivery: one lookup of the session and one of the station.
    fn serve(&mut self, peer: Peer, key: StationKey, now: Time, wire: &mut impl Wire) -> bool {
        let Some(SessionEntry { session: Session::Listener(listener), info, blocked, .. }) =
            self.sessions.get_mut(peer)
        else {
            return false;
        };
        let channel = &mut self.stations[key];
        let outcome = match skip_if_late(listener, channel, info, now) {
            Ok(()) => write_audio(listener, channel, peer, wire, blocked),
            Err(reason) => WriteOutcome::Close(reason),
        };
        let outcome = end_if_over(outcome, channel, info, now);
        self.apply_write_outcome(peer, outcome, now)
    }
}

/// Lets a listener that has stayed for as long as its station allows get the rest of its frame, and no more.
fn end_if_over(outcome: WriteOutcome, channel: &Channel, info: &SessionInfo, now: Time) -> WriteOutcome {
    let allowed = channel.settings().max_listener_duration;
    match outcome {
        WriteOutcome::KeepOpen if allowed.is_some_and(|allowed| now.since(info.connected_at) >= allowed) => {
            WriteOutcome::Finish(CloseReason::DurationLimit)
        }
        outcome => outcome,
    }
}

/// Skips a listener forward if it is too far behind.
///
/// # Errors
/// The listener skipped too often, or reads nothing.
fn skip_if_late(
    listener: &mut Listener,
    channel: &mut Channel,
    info: &SessionInfo,
    now: Time,
) -> Result<(), CloseReason> {
    // The hot path of delivery ends here.
    if listener.is_late(&channel.station) { skip_late(listener, channel, info, now) } else { Ok(()) }
}

#[cold]
fn skip_late(
    listener: &mut Listener,
    channel: &mut Channel,
    info: &SessionInfo,
    now: Time,
) -> Result<(), CloseReason> {
    if channel.enforces_deadlines(now) {
        listener.skip_if_late(&channel.station, now)?;
    } else {
        // The process did not run, so it is not known whether the listener reads.
        listener.skip_uncounted(&channel.station);
    }
    debug!("{} fell behind and skips forward", info.address);
    channel.audience.skips += 1;
    Ok(())
}
