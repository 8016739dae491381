//! The thread that reads a station's music, so that an unresponsive disk blocks neither the event loop nor
//! another station.

mod converting;
mod format;
mod passed_formats;
mod passing;
mod sending;
mod silence;
mod survey;
mod track_reader;
mod unfinished_track;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::batch::ReaderMessage;
use super::frame_channel::{self, Disconnected, FrameReceiver};
use super::inspector::{Inspected, PlayMode};
use super::music::{MusicServices, MusicSettings};
use super::scan::{Track, printable_path};
use super::settling::Settling;
use super::track_file::TrackFile;
use super::up_next::UpNext;
use crate::worker::WorkerBuilder;
use track_reader::TrackReader;

/// Stack size of the thread in bytes: small, because every station has such a thread, but with a reserve.
const STACK: usize = 256 * 1024;

/// If nothing was playable, all tracks are tried again after this many polls, because a file may have been
/// repaired.
const IDLE_POLLS_PER_RETRY: u32 = 5;

/// Interval between two checks for changes while nothing is playable.
const IDLE_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Starts a thread that reads the music.
///
/// # Errors
/// Returns an error if no thread can be started.
pub(super) fn start(settings: MusicSettings, services: MusicServices) -> io::Result<FrameReceiver> {
    let builder = WorkerBuilder::new(format!("autodj {}", settings.label)).stack(STACK);
    let MusicServices { alert, clock, wall_clock, encoder, formats, loudness } = services;
    frame_channel::spawn(builder, alert, move |sender| {
        let settling = Settling::new(wall_clock);
        let mut reader = TrackReader::new(settings, sender, clock, settling, encoder, formats, loudness);
        // The thread ends when the station no longer exists.
        let Disconnected = reader.run();
    })
}

impl TrackReader {
    fn run(&mut self) -> Disconnected {
        loop {
            if let Err(disconnected) = self.play_round() {
                return disconnected;
            }
        }
    }

    /// Reads every track once, and waits if none of them was playable.
    ///
    /// All music may have just been written when the station starts: a package was installed, a repository
    /// cloned. Then it is played at once, except for files that were seen changing.
    fn play_round(&mut self) -> Result<(), Disconnected> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let is_playing = self.read_round()?
            || (is_first && self.settling.accept_unchanged((self.clock)()) && self.read_round()?);
        self.log_waiting();
        if is_playing {
            return Ok(());
        }
        self.finish_encoder()?;
        if self.settling.is_empty() && !self.has_unsettled {
            self.finish_survey();
            self.warn_nothing_playable();
        }
        self.sender.send(ReaderMessage::NothingPlayable)?;
        self.wait_for_music()
    }

    /// Logs that there is nothing to play, and why.
    fn warn_nothing_playable(&mut self) {
        let found = match (self.rotation.order().tracks().len(), self.rotation.other_files()) {
            (0, 0) => "no files were found".to_owned(),
            (0, 1) => "only 1 file that is not music was found".to_owned(),
            (0, others) => format!("only {others} files that are not music were found"),
            (1, _) => "the only file is left out".to_owned(),
            (tracks, _) => format!("all {tracks} files are left out"),
        };
        let problem = format!("no playable files: {found}");
        self.warnings.log_once(&format!("{problem}. Listeners hear silence while there is no other input"));
        // What the scan found names the folder or the file that is missing.
        let cause = self.rotation.first_warning().map_or_else(String::new, |it| format!(" ({it})"));
        self.report_problem(problem + &cause);
    }

    /// Reads every track once, and returns whether any of them was playable.
    fn read_round(&mut self) -> Result<bool, Disconnected> {
        let now = (self.clock)();
        self.has_unsettled = false;
        let warnings = self.rotation.begin_round(now);
        self.warn_all(&warnings);
        self.decide_format();
        self.forget_removed_music();
        // These are tracks of this round.
        self.settling.accept_settled(now);
        let mut any_playable = false;
        while let Some(track) = self.next_track() {
            if self.read_track(&track)? {
                any_playable = true;
                self.rotation.mark_played(track);
            }
        }
        Ok(any_playable)
    }

    /// Returns the next track: one that had just changed when it was its turn, else the next of the round.
    fn next_track(&mut self) -> Option<Track> {
        let now = (self.clock)();
        if let Some(after) = self.sender.take_restart(self.seq) {
            (self.unfinished, self.up_next) = (None, UpNext::default());
            self.rotation.continue_after(&after);
        }
        while let Some(track) = self.settling.take_settled(now) {
            if self.rotation.order().contains(&track.path) {
                return Some(track);
            }
        }
        let (track, warnings) = self.rotation.next(now);
        self.warn_all(&warnings);
        track
    }

    fn wait_for_music(&mut self) -> Result<(), Disconnected> {
        for _ in 0..IDLE_POLLS_PER_RETRY {
            self.sender.pause_unless_requested(IDLE_POLL_INTERVAL)?;
            if self.serve_requests()
                || self.rotation.has_changed()
                || self.settling.has_settled((self.clock)())
            {
                break;
            }
        }
        Ok(())
    }

    /// Reads a track to its end, or until it is abandoned, and returns whether it had frames. A track on
    /// which the parser panics is skipped like any other unplayable track, so that one file cannot silence a
    /// station.
    fn read_track(&mut self, track: &Track) -> Result<bool, Disconnected> {
        let read = AssertUnwindSafe(|| self.try_track(track));
        catch_unwind(read).unwrap_or_else(|_| {
            let sentence = format!("skipping {}: reading it failed", printable_path(&track.path));
            self.report_left_out(track, "reading it failed", Some(sentence));
            Ok(false)
        })
    }

    fn try_track(&mut self, track: &Track) -> Result<bool, Disconnected> {
        self.bridge_short_tracks()?;
        if self.rotation.is_root(track)
            && let Ok(pipe) = TrackFile::open_pipe(&track.path)
        {
            self.finish_encoder()?;
            return self.pass_pipe(track, pipe);
        }
        match self.inspect(track)? {
            Some(inspected) => self.play(track, inspected),
            None => Ok(false),
        }
    }

    fn play(&mut self, track: &Track, inspected: Inspected) -> Result<bool, Disconnected> {
        if inspected.mode != PlayMode::Pass {
            return self.convert(track, inspected);
        }
        self.finish_encoder()?;
        self.pass_file(track, inspected)
    }
}
