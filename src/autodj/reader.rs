//! The thread that reads a station's music, so that an unresponsive disk blocks neither the event loop nor
//! another station.

mod converting;
mod format;
mod passing;
mod track_reader;
mod unfinished_track;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::batch::ReaderMessage;
use super::frame_channel::{self, Disconnected, FrameReceiver};
use super::inspector::PlayMode;
use super::music::{MusicServices, MusicSettings};
use super::scan::{Track, printable_path};
use super::track_file::TrackFile;
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
    let MusicServices { alert, clock, encoder, formats, loudness } = services;
    let builder = WorkerBuilder::new(format!("autodj {}", settings.label)).stack(STACK);
    frame_channel::spawn(builder, alert, move |sender| {
        let mut reader = TrackReader::new(settings, sender, clock, encoder, formats, loudness);
        // The thread ends when the station no longer exists.
        let Disconnected = reader.run();
    })
}

impl TrackReader {
    fn run(&mut self) -> Disconnected {
        loop {
            let read = self
                .read_round()
                .and_then(|any_playable| if any_playable { Ok(()) } else { self.wait_for_music() });
            if let Err(disconnected) = read {
                return disconnected;
            }
        }
    }

    /// Reads every track once, and returns whether any of them was playable.
    fn read_round(&mut self) -> Result<bool, Disconnected> {
        let warnings = self.rotation.begin_round((self.clock)());
        self.warn_all(&warnings);
        self.decide_format();
        self.forget_removed_music();
        let mut any_playable = false;
        while let Some(track) = self.next_track() {
            if self.read_track(&track)? {
                any_playable = true;
                self.rotation.mark_played(track);
            }
        }
        if !any_playable {
            self.finish_encoder()?;
            self.warnings.log_once("no playable files");
            self.sender.send(ReaderMessage::NothingPlayable)?;
        }
        Ok(any_playable)
    }

    fn next_track(&mut self) -> Option<Track> {
        let (track, warnings) = self.rotation.next((self.clock)());
        self.warn_all(&warnings);
        track
    }

    fn wait_for_music(&self) -> Result<(), Disconnected> {
        for _ in 0..IDLE_POLLS_PER_RETRY {
            self.sender.pause(IDLE_POLL_INTERVAL)?;
            if self.rotation.has_changed() {
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
            self.warnings.log_once(&format!("skipping {}: reading it failed", printable_path(&track.path)));
            self.report_left_out(track, "reading it failed");
            Ok(false)
        })
    }

    fn try_track(&mut self, track: &Track) -> Result<bool, Disconnected> {
        if self.rotation.is_root(track)
            && let Ok(pipe) = TrackFile::open_pipe(&track.path)
        {
            self.finish_encoder()?;
            return self.pass_pipe(track, pipe);
        }
        match self.inspect(track)? {
            Some(inspected) if inspected.mode == PlayMode::Pass => {
                self.finish_encoder()?;
                self.pass_file(track, inspected)
            }
            Some(inspected) => self.convert(track, inspected),
            None => Ok(false),
        }
    }
}
