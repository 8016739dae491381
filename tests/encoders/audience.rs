//! Someone who knows what the AutoDJ plays, and so what the encoder sent.

use std::collections::HashSet;

use coldwave::audio::{Codec, Header, silent_frame};

use crate::common::{Listening, PLAIN, fixture};
use crate::sound::frames_of;
use crate::station::{MUSIC, Station};
use crate::{Encoder, LONG};

/// A listener of a [`Station`].
pub struct Audience {
    listening: Listening,
    filler: Filler,
}

/// What is played when nobody is live.
enum Filler {
    /// These frames.
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
    /// Someone who listens to the AutoDJ before anybody goes live.
    #[track_caller]
    pub fn of_autodj(station: &Station) -> Self {
        let plain = std::fs::read(fixture(PLAIN)).expect("a fixture can be read");
        let filler = Filler::Music(frames_of(Codec::Mp3, &plain).into_iter().collect());
        let mut listening = station.server.listen_with_titles();
        listening.until("the AutoDJ", |it| it.titles() == [MUSIC]);
        Self { listening, filler }
    }

    /// Someone who comes when a source is live on a station where nothing else is.
    #[track_caller]
    pub fn of_source(station: &Station) -> Self {
        station.server.log().wait_for("is live from");
        Self { listening: station.server.listen_with_titles(), filler: Filler::Silence }
    }

    /// Listens for a while.
    #[track_caller]
    pub fn listens_on(&mut self) {
        self.listening.for_seconds(0.1);
    }

    /// Listens until the encoder was on the air for [`LONG`], and has told this title.
    #[track_caller]
    pub fn hears_live_with(&mut self, title: &str) {
        self.hears_live_for(LONG);
        self.listening
            .until(&format!("the title {title}"), |it| it.titles().iter().any(|told| told == title));
    }

    /// Listens until the encoder was on the air for so many seconds.
    #[track_caller]
    pub fn hears_live_for(&mut self, seconds: f64) {
        let filler = &self.filler;
        self.listening.until("the encoder", |it| {
            live_frames(it, filler).map(|frame| duration(it, frame)).sum::<f64>() >= seconds
        });
    }

    /// Kills the encoder, and listens to what is played instead.
    #[track_caller]
    pub fn hears_it_killed(&mut self, encoder: Encoder) {
        encoder.kill();
        self.hears_others();
    }

    /// Listens until nothing was heard of the encoder for a second and a half. Nothing may be heard between but what the
    /// encoder had sent.
    #[track_caller]
    pub fn hears_others(&mut self) {
        let filler = &self.filler;
        self.listening.until("what is played without the encoder", |it| {
            let instead = (0..it.frames.len()).rev().take_while(|&at| filler.has(it.frame(at), it.codec()));
            instead.map(|at| duration(it, it.frame(at))).sum::<f64>() >= 1.5
        });
        let titles = self.listening.titles();
        let title = titles.last().map(String::as_str).unwrap_or_default();
        assert!([MUSIC, ""].contains(&title), "its title stays: {titles:?}");
    }

    /// All that was told.
    pub fn titles(&self) -> Vec<String> {
        self.listening.titles()
    }

    /// All frames that were the encoder's.
    pub fn live(&self) -> Vec<Vec<u8>> {
        live_frames(&self.listening, &self.filler).map(<[u8]>::to_vec).collect()
    }

    /// Checks that what the encoder was heard with is the beginning of what it was given to send, frame by frame.
    #[track_caller]
    pub fn heard_from_its_beginning(&self, sent: &[Vec<u8>]) {
        let heard = self.live();
        let same = heard.iter().zip(sent).take_while(|(heard, sent)| heard == sent).count();
        assert_eq!(same, heard.len(), "of {} frames heard, so many are as they were sent", heard.len());
    }

    /// Checks that it is a piece of it without a gap.
    #[track_caller]
    pub fn heard_a_piece(&self, sent: &[Vec<u8>]) {
        let heard = self.live();
        let first = sent.iter().position(|frame| *frame == heard[0]).expect("the first frame was sent");
        self.heard_from_its_beginning(&sent[first..]);
    }
}

fn live_frames<'a>(it: &'a Listening, filler: &'a Filler) -> impl Iterator<Item = &'a [u8]> {
    (0..it.frames.len()).map(|at| it.frame(at)).filter(|frame| !filler.has(frame, it.codec()))
}

/// Seconds of a frame.
fn duration(it: &Listening, frame: &[u8]) -> f64 {
    let header = Header::parse(it.codec(), frame).expect("a frame");
    header.duration().duration().as_secs_f64()
}
