//! Encodes the programme of a station for its renditions, and plays silence there while that fails.

use std::time::Duration;

use log::{info, warn};

use crate::log_limiter::RECOVERY;
use crate::server::state::server::Server;
use crate::server::state::station::ladder::{
    BATCH_MAX, BATCH_MIN, FAILURES_MAX, FIRST_BATCH_MAX, Fed, GAP_DELAY, LadderState, NEW_INPUT_RETRY,
    StationLadder, UNAVAILABLE_RETRY, UNSUPPORTED_RETRY,
};
use crate::station::{ConverterError, LADDER_LEAD_IN, Progress, StationKey, Timeline};
use crate::time::{AudioTime, Time};
use crate::transcode::{EncodedFrames, Rung, RungFrames};

/// How many frames an encoder can be ahead of the audio that it got: the last one, which is complete with the
/// zeros behind it, and one for the rounding of rates.
const FRAMES_AHEAD_MAX: u64 = 2;

impl Server {
    /// Makes this turn poll the stations whose encoders of renditions have results.
    pub(in crate::server) fn poll_ladders(&mut self) {
        while let Some(key) = self.hooks.ladders.as_mut().and_then(|ladders| ladders.next_ready()) {
            self.stations.mark_dirty(key);
        }
    }

    /// Encodes what a station has played for its renditions, and plays there what is ready.
    pub(in crate::server) fn run_ladder(&mut self, key: StationKey, now: Time) {
        if self.stations[key].ladder.is_none() {
            return;
        }
        let Some(mut ladder) = self.stations[key].ladder.take() else { return };
        self.pass_changes(key, &mut ladder, now);
        self.play_encoded(key, &mut ladder, now);
        self.start_encoder(key, &mut ladder, now);
        self.feed_encoder(key, &mut ladder);
        self.fill_gap(key, &mut ladder, now);
        self.stations[key].ladder = Some(ladder);
    }

    /// Passes what has changed on air on to the renditions.
    pub(super) fn pass_changes(&mut self, key: StationKey, ladder: &mut StationLadder, now: Time) {
        for change in self.stations[key].station.take_changes() {
            if change.has_switched && ladder.is_unsupported() {
                ladder.encodable_from = change.at;
                ladder.retry_at = now + NEW_INPUT_RETRY;
            }
            for rung in &ladder.rungs {
                self.stations[rung.key].station.add_change(change.clone());
            }
        }
    }

    /// Plays the frames that the encoder has returned.
    fn play_encoded(&mut self, key: StationKey, ladder: &mut StationLadder, now: Time) {
        while let Some(result) = ladder.encoder.as_mut().and_then(|encoder| encoder.poll()) {
            let played = match result {
                // They come too late: silence was played in their place.
                Ok(_) if ladder.is_late => {
                    ladder.stop();
                    return;
                }
                Ok(frames) => self.play_rungs(ladder, &frames, now),
                Err(error) => Err(error),
            };
            match played {
                Ok(false) => {}
                Ok(true) => self.note_output(key, ladder, now),
                Err(error) => return self.note_encoder_error(key, ladder, &error, now),
            }
        }
    }

    /// Plays frames of several rungs. Returns whether there were any.
    fn play_rungs(
        &mut self,
        ladder: &mut StationLadder,
        all: &[RungFrames],
        now: Time,
    ) -> Result<bool, ConverterError> {
        for RungFrames { id, frames, cpu_us } in all {
            let Some(rung) = ladder.rungs.iter_mut().find(|rung| rung.id == *id) else { continue };
            rung.cpu += Duration::from_micros((*cpu_us).into());
            let key = rung.key;
            if !self.is_possible(key, frames, ladder.fed.time) {
                return Err(invalid_frames());
            }
            loop {
                match self.stations[key].station.play_encoded(frames, now) {
                    Ok(Progress::ServeAllFirst) => self.skip_laggards(key, now),
                    Ok(Progress::Done | Progress::Waiting) => break,
                    Err(_) => return Err(invalid_frames()),
                }
            }
        }
        Ok(all.iter().any(|rung| rung.frames.count > 0))
    }

    /// Returns whether an encoder that has got the audio until `fed` can have these frames. Others would be
    /// far in the future, and all before them silent.
    fn is_possible(&self, key: StationKey, frames: &EncodedFrames, fed: AudioTime) -> bool {
        let Some(edge) = self.stations[key].station.rendition() else { return false };
        let end = frames.index.checked_add(frames.count.into());
        end.is_some_and(|end| end <= Rung::frame_at(fed, edge.format()) + FRAMES_AHEAD_MAX)
    }

    fn note_output(&mut self, key: StationKey, ladder: &mut StationLadder, now: Time) {
        // Before, the time since the last frames counts, however often an encoder is started.
        if !ladder.has_output {
            ladder.lateness.restart();
        }
        (ladder.has_output, ladder.failures) = (true, 0);
        let channel = &mut self.stations[key];
        let mount = &channel.settings().mount;
        match std::mem::take(&mut ladder.state) {
            LadderState::Encoding => {}
            LadderState::Gap(since, _) => {
                let silence = now.since(since);
                info!(target: RECOVERY, "{mount}: renditions are encoded again, after {silence:.1?} of silence");
            }
            LadderState::Unsupported(_) => info!(target: RECOVERY, "{mount}: renditions are encoded again"),
        }
    }

    /// Ends the encoder, and decides when the next one may start.
    fn note_encoder_error(
        &mut self,
        key: StationKey,
        ladder: &mut StationLadder,
        error: &ConverterError,
        now: Time,
    ) {
        ladder.stop();
        let reason = error.to_string();
        match error {
            ConverterError::Died(_) => self.note_death(key, ladder, reason, now),
            ConverterError::Unavailable(_) => {
                ladder.retry_at = now + UNAVAILABLE_RETRY;
                ladder.last_error = Some(reason);
            }
            ConverterError::Unsupported(_) => {
                ladder.retry_at = now + UNSUPPORTED_RETRY;
                self.refuse_programme(key, ladder, reason);
            }
        }
    }

    /// Decides what follows after the death of an encoder: another one at the same place, then one at the
    /// live edge, in case that the audio is the reason, and at last none for a while.
    fn note_death(&mut self, key: StationKey, ladder: &mut StationLadder, reason: String, now: Time) {
        ladder.restarts += 1;
        if !ladder.has_output {
            ladder.failures += 1;
        }
        if ladder.failures >= FAILURES_MAX {
            ladder.retry_at = now + UNSUPPORTED_RETRY;
            self.refuse_programme(key, ladder, reason);
        } else if ladder.failures > 1 {
            ladder.retry_at = now + UNAVAILABLE_RETRY;
            self.begin_gap(key, ladder, reason, now);
        } else {
            ladder.retry_at = now;
        }
    }

    /// Notes that the programme cannot be encoded.
    fn refuse_programme(&mut self, key: StationKey, ladder: &mut StationLadder, reason: String) {
        if !ladder.is_unsupported() {
            let mount = &self.stations[key].settings().mount;
            warn!("{mount}: the renditions are silent and refuse listeners: {reason}");
            ladder.state = LadderState::Unsupported(reason);
            self.views.invalidate();
        }
    }

    /// Begins to play silence.
    fn begin_gap(&mut self, key: StationKey, ladder: &mut StationLadder, reason: String, now: Time) {
        if ladder.state == LadderState::Encoding {
            let is_admitted = self.stations[key].station.log.renditions.admit(now);
            let level = if is_admitted { log::Level::Warn } else { log::Level::Debug };
            let mount = &self.stations[key].settings().mount;
            log::log!(level, "{mount}: the renditions play silence until they are encoded again: {reason}");
            ladder.gaps += 1;
            ladder.state = LadderState::Gap(now, reason);
        }
    }

    /// Starts an encoder where the renditions have to continue, if none runs and one may.
    fn start_encoder(&mut self, key: StationKey, ladder: &mut StationLadder, now: Time) {
        let timeline = self.stations[key].station.timeline();
        if ladder.encoder.is_some() || ladder.retry_at > now || timeline.end() == 0 || ladder.rungs.is_empty()
        {
            return;
        }
        let start = self.encoder_start(timeline, ladder);
        if self.hooks.ladders.is_none() {
            ladder.last_error = Some("this build has no encoder".to_owned());
            return;
        }
        // What the ring no longer has is silent.
        if ladder.state != LadderState::Encoding || start.time > self.earliest_position(ladder) {
            self.play_silence(ladder, start.time, now);
        }
        let rungs = self.rungs(ladder);
        let mount = self.stations[key].settings().mount.clone();
        let Some(ladders) = &mut self.hooks.ladders else { return };
        ladder.encoder = Some(ladders.start(key, &mount, start.time, &rungs));
        ladder.fed = start;
        (ladder.has_output, ladder.has_new_rungs) = (false, false);
        if ladder.state != LadderState::Encoding {
            ladder.lateness.restart();
        }
    }

    /// Returns where on a station's timeline an encoder has to begin.
    fn encoder_start(&self, timeline: &Timeline, ladder: &StationLadder) -> Fed {
        let wanted = match ladder.failures {
            0 | 1 => self.earliest_position(ladder).saturating_sub(LADDER_LEAD_IN.into()),
            _ => timeline.end_time(),
        };
        let (offset, time) = timeline.frame_from(wanted.max(ladder.encodable_from));
        Fed { offset, time }
    }

    /// Returns the first point of the station's timeline that is not played yet on some rendition.
    fn earliest_position(&self, ladder: &StationLadder) -> AudioTime {
        let edges = ladder.rungs.iter().filter_map(|rung| self.stations[rung.key].station.rendition());
        edges.map(|edge| edge.position()).min().unwrap_or_default()
    }

    fn rungs(&self, ladder: &StationLadder) -> Vec<Rung> {
        let rungs = ladder.rungs.iter().filter_map(|rung| {
            let edge = self.stations[rung.key].station.rendition()?;
            Some(Rung { id: rung.id, format: edge.format(), first: edge.next() })
        });
        rungs.collect()
    }

    /// Gives the encoder what the station has played since, unless it still works on what it got.
    fn feed_encoder(&mut self, key: StationKey, ladder: &mut StationLadder) {
        let Some(encoder) = &mut ladder.encoder else { return };
        if encoder.is_busy() {
            return;
        }
        if std::mem::take(&mut ladder.has_new_rungs) {
            self.change_rungs(ladder);
            return;
        }
        let timeline = self.stations[key].station.timeline();
        if ladder.fed.offset < timeline.start() {
            // The encoder is slower than the audio, and the ring has overwritten what it needs.
            ladder.stop();
            return;
        }
        let max = if ladder.has_output { BATCH_MAX } else { FIRST_BATCH_MAX };
        let (to, time) = timeline.frame_from(ladder.fed.time + max.into());
        if time - ladder.fed.time >= BATCH_MIN.into() {
            encoder.push(timeline.bytes(ladder.fed.offset, to));
            ladder.fed = Fed { offset: to, time };
        }
    }

    /// Tells the encoder about renditions that were added, changed or removed.
    fn change_rungs(&mut self, ladder: &mut StationLadder) {
        for rung in &ladder.rungs {
            let station = &mut self.stations[rung.key].station;
            if let Some(format) = station.rendition().map(|edge| edge.format()) {
                station.begin_rendition_at(Rung::frame_at(ladder.fed.time, format));
            }
        }
        let rungs = self.rungs(ladder);
        ladder.encoder.iter_mut().for_each(|encoder| encoder.set_rungs(&rungs));
    }

    /// Plays silence on the renditions if the encoder is late or does not run.
    fn fill_gap(&mut self, key: StationKey, ladder: &mut StationLadder, now: Time) {
        let end = self.stations[key].station.timeline().end_time();
        let delay = end.saturating_sub(self.earliest_position(ladder));
        if ladder.lateness.is_late(end, delay, now) && !ladder.is_late {
            // If it answers at all, it is too late.
            ladder.is_late = ladder.encoder.is_some();
            let reason = ladder.last_error.take();
            let reason = reason.unwrap_or_else(|| "the encoder is too slow".to_owned());
            self.begin_gap(key, ladder, reason, now);
        }
        let is_silent = ladder.state != LadderState::Encoding;
        if is_silent && (ladder.encoder.is_none() || ladder.is_late) {
            self.play_silence(ladder, end.saturating_sub(GAP_DELAY.into()), now);
        }
    }

    /// Plays silence on all renditions instead of what is before `until` on the station's timeline.
    fn play_silence(&mut self, ladder: &StationLadder, until: AudioTime, now: Time) {
        for rung in &ladder.rungs {
            let Some(edge) = self.stations[rung.key].station.rendition() else { continue };
            let index = Rung::frame_at(until, edge.format());
            if edge.next() >= index {
                continue;
            }
            while self.stations[rung.key].station.play_silence_until(index, now) == Progress::ServeAllFirst {
                self.skip_laggards(rung.key, now);
            }
        }
    }
}

fn invalid_frames() -> ConverterError {
    ConverterError::Died("the encode worker sends invalid frames".to_owned())
}
