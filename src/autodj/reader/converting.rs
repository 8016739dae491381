//! Plays tracks that an encode worker converts.

use std::fs::Metadata;
use std::sync::Arc;
use std::time::Duration;

use super::track_reader::TrackReader;
use super::unfinished_track::UnfinishedTrack;
use crate::audio::{Codec, Frame, Header};
use crate::autodj::batch::FrameBatch;
use crate::autodj::converted_track::{ConvertedTrack, codec_of};
use crate::autodj::frame_channel::Disconnected;
use crate::autodj::inspector::{Inspected, NotPlayable, PlayMode};
use crate::autodj::loudness::gain_for;
use crate::autodj::scan::Track;
use crate::encode_worker::EncodedFile;
use crate::transcode::{FileJob, FileOutput};

/// Maximum time for which the loudness of a track is measured when it begins, because it was not measured
/// while the track before played. After a skip, nothing was read ahead.
const MEASURE_TIMEOUT: Duration = Duration::from_millis(1500);

impl TrackReader {
    /// Converts a track, and returns whether it had frames.
    pub(super) fn convert(&mut self, track: &Track, inspected: Inspected) -> Result<bool, Disconnected> {
        let Some(output) = self.output_for(track, &inspected) else { return Ok(false) };
        let job = FileJob { path: track.path.clone(), output, skip_frames: 0 };
        let previous = self.encoder_to_continue(&output)?;
        let (encoder, previous_batch) = previous.map(|it| (it.encoder, it.batch)).unzip();
        let Some(mut converted) = self.open_converted(track, &job, encoder, &inspected.metadata)? else {
            previous_batch.map_or(Ok(()), |batch| self.send_if_any(batch))?;
            return Ok(false);
        };
        self.read_converted(track, &mut converted, previous_batch, inspected, job)
    }

    /// Returns what the track becomes; `None` if the station has no format yet.
    fn output_for(&mut self, track: &Track, inspected: &Inspected) -> Option<FileOutput> {
        if inspected.mode == PlayMode::PassAac {
            return Some(FileOutput::Adts);
        }
        let format = self.inspector.plan.target()?;
        Some(FileOutput::Mp3 { format, gain_db: self.gain_for_track(track, inspected) })
    }

    /// Returns the gain that brings a track to the configured loudness; `None` without a configured loudness.
    /// A track whose loudness is unknown gets no gain.
    fn gain_for_track(&mut self, track: &Track, inspected: &Inspected) -> Option<f32> {
        let target = self.inspector.plan.loudness?;
        let known = self.loudness.known(&inspected.info, &inspected.metadata);
        let loudness = known.unwrap_or_else(|| self.measure_loudness(track, inspected, MEASURE_TIMEOUT));
        Some(loudness.map_or(0.0, |loudness| gain_for(target, loudness)))
    }

    /// Takes the encoder of the previous track if this one can continue it; else ends it.
    fn encoder_to_continue(&mut self, output: &FileOutput) -> Result<Option<UnfinishedTrack>, Disconnected> {
        let continues = |previous: &mut UnfinishedTrack| match (&previous.output, output) {
            (FileOutput::Mp3 { format: a, .. }, FileOutput::Mp3 { format: b, .. }) => a == b,
            _ => false,
        };
        let previous = self.unfinished.take_if(continues);
        self.finish_encoder()?;
        Ok(previous)
    }

    fn open_converted(
        &mut self,
        track: &Track,
        job: &FileJob,
        mut previous: Option<EncodedFile>,
        metadata: &Metadata,
    ) -> Result<Option<ConvertedTrack>, Disconnected> {
        let Some(encoder) = self.inspector.encoder.clone() else { return Ok(None) };
        loop {
            match ConvertedTrack::open(encoder.clone(), job.clone(), previous.take()) {
                Ok((converted, _)) => return Ok(Some(converted)),
                Err(error) if self.waits_for_worker(&error)? => {}
                Err(error) => {
                    self.leave_out(track, NotPlayable::from(error), Some(metadata));
                    return Ok(None);
                }
            }
        }
    }

    /// Sends the frames of a track, after those of the previous track that were still in the encoder.
    fn read_converted(
        &mut self,
        track: &Track,
        converted: &mut ConvertedTrack,
        mut previous: Option<FrameBatch>,
        mut inspected: Inspected,
        job: FileJob,
    ) -> Result<bool, Disconnected> {
        let codec = codec_of(&job);
        if let (Some(conversion), FileOutput::Mp3 { gain_db, .. }) =
            (&mut inspected.info.conversion, job.output)
        {
            conversion.gain_db = gain_db;
        }
        let mut batch = self.begin_track(&inspected.title, &Arc::new(inspected.info));
        let mut has_frames = false;
        while !self.sender.is_abandoned(batch.seq) {
            match converted.next_frames() {
                Ok(Some(frames)) => {
                    if let Some(last) = &mut previous {
                        self.append(last, codec, &frames.of_previous)?;
                    }
                    if !frames.own.is_empty() {
                        previous.take().map_or(Ok(()), |last| self.send_if_any(last))?;
                        (has_frames, self.worker_failures) = (true, 0);
                    }
                    self.append(&mut batch, codec, &frames.own)?;
                }
                Ok(None) => break,
                Err(error) if self.waits_for_worker(&error)? => {}
                Err(error) => {
                    self.leave_out(track, NotPlayable::from(error), Some(&inspected.metadata));
                    break;
                }
            }
        }
        previous.map_or(Ok(()), |last| self.send_if_any(last))?;
        self.keep_encoder(converted, job.output, codec, batch)?;
        Ok(has_frames)
    }

    /// Keeps the encoder of a track that has ended for the next one. The end of an interrupted track is sent.
    fn keep_encoder(
        &mut self,
        converted: &mut ConvertedTrack,
        output: FileOutput,
        codec: Codec,
        batch: FrameBatch,
    ) -> Result<(), Disconnected> {
        match converted.take_encoder() {
            Some(encoder) if !self.sender.is_abandoned(batch.seq) => {
                self.unfinished = Some(UnfinishedTrack { encoder, output, codec, batch });
                Ok(())
            }
            _ => self.send_if_any(batch),
        }
    }

    /// Sends the last frames of the previous track, if they are still in its encoder.
    pub(super) fn finish_encoder(&mut self) -> Result<(), Disconnected> {
        let Some(UnfinishedTrack { encoder, codec, mut batch, .. }) = self.unfinished.take() else {
            return Ok(());
        };
        // If the worker has died, a fraction of a second is missing.
        if let Ok(frames) = encoder.finish() {
            self.append(&mut batch, codec, &frames.bytes)?;
        }
        self.send_if_any(batch)
    }

    /// Adds frames to a batch, and sends it whenever it is full.
    fn append(&mut self, batch: &mut FrameBatch, codec: Codec, mut bytes: &[u8]) -> Result<(), Disconnected> {
        while let Some(header) = Header::parse(codec, bytes).filter(|it| it.frame_len() <= bytes.len()) {
            let (frame, rest) = bytes.split_at(header.frame_len());
            batch.push(&Frame { bytes: frame, header, offset: 0 });
            bytes = rest;
            if batch.is_full() {
                let next = self.sender.next_batch(batch.seq);
                self.send_batch(std::mem::replace(batch, next))?;
            }
        }
        Ok(())
    }

    fn send_if_any(&mut self, batch: FrameBatch) -> Result<(), Disconnected> {
        if batch.is_empty() { Ok(()) } else { self.send_batch(batch) }
    }
}
