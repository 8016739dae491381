//! A listener that distinguishes the encoder's frames from all others.

use std::collections::HashSet;

use coldwave::audio::{Codec, Header, silent_frame};

use crate::common::{Listener, PLAIN, fixture};
use crate::sound::frames_of;
use crate::station::{MUSIC, Station};
use crate::{Encoder, MIN_LIVE_SECONDS};

/// A listener of a [`Station`].
pub struct Audience {
    listener: Listener,
    filler: Filler,
}

/// What the station plays without a live source.
enum Filler {
    /// The AutoDJ plays these frames.
    Music(HashSet<Vec<u8>>),
    Silence,
}

impl Filler {
    fn has(&self, frame: &[u8], codec: Codec) -> bool {
        match self {
            Self::Music(frames) => frames.contains(frame),
            Self::Silence => silent_frame(&Header::parse(codec, frame).expect("a frame")) == frame,
        }
    }
}

impl Audience {
    /// Connects a listener while the AutoDJ plays, before a source goes live.
    #[track_caller]
    pub fn before_source(station: &Station) -> Self {
        let plain = std::fs::read(fixture(PLAIN)).expect("the fixture is readable");
        let filler = Filler::Music(frames_of(Codec::Mp3, &plain).into_iter().collect());
        let mut listener = station.server.listen_with_titles();
        listener.until("the AutoDJ", |it| it.titles() == [MUSIC]);
        Self { listener, filler }
    }

    /// Connects a listener while a source is live on a station without an AutoDJ.
    #[track_caller]
    pub fn during_source(station: &Station) -> Self {
        station.server.log().wait_for("is live from");
        Self { listener: station.server.listen_with_titles(), filler: Filler::Silence }
    }

    /// Listens for a tenth of a second.
    #[track_caller]
    pub fn keep_listening(&mut self) {
        self.listener.for_seconds(0.1);
    }

    /// Listens until the encoder was on the air for [`MIN_LIVE_SECONDS`] and this title has arrived.
    #[track_caller]
    pub fn wait_for_live_with_title(&mut self, title: &str) {
        self.wait_for_live_seconds(MIN_LIVE_SECONDS);
        self.listener.until(&format!("the title {title}"), |it| it.titles().iter().any(|it| it == title));
    }

    /// Listens until the encoder was on the air for this many seconds.
    #[track_caller]
    pub fn wait_for_live_seconds(&mut self, seconds: f64) {
        let filler = &self.filler;
        self.listener.until("the encoder", |it| {
            live_frames(it, filler).map(|frame| duration(it, frame)).sum::<f64>() >= seconds
        });
    }

    /// Kills the encoder, and listens to what the station plays instead.
    #[track_caller]
    pub fn kill_and_wait_for_filler(&mut self, encoder: Encoder) {
        encoder.kill();
        self.wait_for_filler();
    }

    /// Listens until the station has played something else for a second and a half. The listener must receive
    /// nothing but frames of the encoder before that.
    #[track_caller]
    pub fn wait_for_filler(&mut self) {
        let filler = &self.filler;
        self.listener.until("what the station plays without the encoder", |it| {
            let instead = (0..it.frames.len()).rev().take_while(|&at| filler.has(it.frame(at), it.codec()));
            instead.map(|at| duration(it, it.frame(at))).sum::<f64>() >= 1.5
        });
        let titles = self.listener.titles();
        let title = titles.last().map(String::as_str).unwrap_or_default();
        assert!([MUSIC, ""].contains(&title), "the title of the encoder remains: {titles:?}");
    }

    /// Returns all titles received so far.
    pub fn titles(&self) -> Vec<String> {
        self.listener.titles()
    }

    /// Returns all frames of the encoder received so far.
    pub fn live(&self) -> Vec<Vec<u8>> {
        live_frames(&self.listener, &self.filler).map(<[u8]>::to_vec).collect()
    }

    /// Checks that the frames of the encoder are the beginning of `sent`.
    #[track_caller]
    pub fn check_beginning_of(&self, sent: &[Vec<u8>]) {
        let heard = self.live();
        let same = heard.iter().zip(sent).take_while(|(heard, sent)| heard == sent).count();
        assert_eq!(same, heard.len(), "{} frames were heard, of which only these match", heard.len());
    }

    /// Checks that the frames of the encoder are a part of `sent` without gaps.
    #[track_caller]
    pub fn check_part_of(&self, sent: &[Vec<u8>]) {
        let heard = self.live();
        let first = sent.iter().position(|frame| *frame == heard[0]).expect("the first frame was sent");
        self.check_beginning_of(&sent[first..]);
    }
}

fn live_frames<'a>(it: &'a Listener, filler: &'a Filler) -> impl Iterator<Item = &'a [u8]> {
    (0..it.frames.len()).map(|at| it.frame(at)).filter(|frame| !filler.has(frame, it.codec()))
}

/// Returns the duration of a frame in seconds.
fn duration(it: &Listener, frame: &[u8]) -> f64 {
    let header = Header::parse(it.codec(), frame).expect("a frame");
    header.duration().duration().as_secs_f64()
}
