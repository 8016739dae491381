//! Pictures: a station's own, and those in the tags of what it plays, which are read elsewhere while whoever asked waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::answer::Answer;
use super::{Entry, Peer, Server};
use crate::image::Image;
use crate::pages::art::{Art, ArtRequest, Manner, version_of};
use crate::session::{Reply, Session, Why};
use crate::station::{Gallery, Read, TrackInfo};
use crate::time::Time;

/// Pictures that are kept, those that were asked for last. They take 8 MB at most.
const KEPT_MAX: usize = 16;

/// Peers that wait for pictures. More are told to come again.
const WAITING_MAX: usize = 256;

/// How long somebody waits for a picture. A browser shows a page without it meanwhile; after that he is told that there is
/// none now.
pub const PICTURE_TIMEOUT: Duration = Duration::from_secs(5);

/// The pictures of tracks.
#[derive(Debug, Default)]
pub struct Pictures {
    /// Without one there are none.
    gallery: Option<Box<dyn Gallery>>,
    /// Those that were read; `None` where there was none to be shown. The one that was asked for last is the last.
    kept: VecDeque<Read>,
    wanted: Vec<Wanted>,
}

/// A picture that is being read.
#[derive(Debug)]
struct Wanted {
    track: Arc<TrackInfo>,
    waiting: Vec<(Peer, Manner)>,
}

/// A picture that was asked for.
enum Found {
    /// Here it is; or there is none.
    Here(Option<Image>),
    /// It is being read.
    Coming,
    /// It cannot be read now.
    NotNow,
}

impl Pictures {
    fn find(&mut self, track: &Arc<TrackInfo>) -> Found {
        if let Some(at) = self.kept.iter().position(|(other, _)| Arc::ptr_eq(other, track)) {
            let read = self.kept.remove(at);
            self.kept.extend(read);
            return Found::Here(self.kept.back().and_then(|(_, image)| image.clone()));
        }
        if self.wanted.iter().any(|wanted| Arc::ptr_eq(&wanted.track, track)) {
            return Found::Coming;
        }
        let Some(gallery) = &mut self.gallery else { return Found::Here(None) };
        if !gallery.want(track) {
            return Found::NotNow;
        }
        self.wanted.push(Wanted { track: track.clone(), waiting: Vec::new() });
        Found::Coming
    }

    /// Has somebody wait for a picture that is being read. Says whether there is room for him; `is_there` says who still
    /// is.
    fn wait(
        &mut self,
        track: &Arc<TrackInfo>,
        peer: Peer,
        manner: Manner,
        is_there: impl Fn(Peer) -> bool,
    ) -> bool {
        let waiting = |wanted: &[Wanted]| wanted.iter().map(|wanted| wanted.waiting.len()).sum::<usize>();
        if waiting(&self.wanted) >= WAITING_MAX {
            self.wanted.iter_mut().for_each(|wanted| wanted.waiting.retain(|&(peer, _)| is_there(peer)));
        }
        let has_room = waiting(&self.wanted) < WAITING_MAX;
        let wanted = self.wanted.iter_mut().find(|wanted| Arc::ptr_eq(&wanted.track, track));
        match wanted.filter(|_| has_room) {
            Some(wanted) => wanted.waiting.push((peer, manner)),
            None => return false,
        }
        true
    }

    /// The next picture that was read, and who waits for it.
    fn take(&mut self) -> Option<(Read, Vec<(Peer, Manner)>)> {
        if self.wanted.is_empty() {
            return None;
        }
        let read = self.gallery.as_mut()?.take()?;
        let at = self.wanted.iter().position(|wanted| Arc::ptr_eq(&wanted.track, &read.0));
        let waiting = at.map(|at| self.wanted.swap_remove(at).waiting).unwrap_or_default();
        if self.kept.len() == KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(read.clone());
        Some((read, waiting))
    }
}

impl Server {
    /// Has the pictures of tracks read by this. Before the first connection.
    pub fn hang(&mut self, gallery: Box<dyn Gallery>) {
        self.pictures.gallery = Some(gallery);
    }

    /// What whoever asks for a picture gets.
    pub(super) fn show_picture(&mut self, asked: ArtRequest, now: Time) -> Answer {
        let ArtRequest { art, station, manner } = asked;
        let Some(at) = station.find(&self.settings) else {
            return Answer::Reply(Reply::new(manner.none(), Why::Answered));
        };
        if art == Art::Station {
            let image = self.settings[at].artwork.clone();
            let version = image.as_ref().map_or(0, Image::digest);
            return Answer::Reply(picture(image, version, &manner));
        }
        self.pay(at, now);
        let track = self.stations[at].station.track().filter(|track| track.picture.is_some()).cloned();
        let Some(track) = track else { return Answer::Reply(picture(None, 0, &manner)) };
        match self.pictures.find(&track) {
            Found::Here(image) => Answer::Reply(picture(image, version_of(&track).unwrap_or(0), &manner)),
            Found::Coming => Answer::Picture { track, manner },
            Found::NotNow => Answer::Reply(Reply::new(manner.not_now(), Why::Answered)),
        }
    }

    /// Has somebody wait for the picture of a track, which is being read.
    pub(super) fn wait_for_picture(&mut self, peer: Peer, track: &Arc<TrackInfo>, manner: Manner, now: Time) {
        let sessions = &self.sessions;
        let is_there = |peer: Peer| {
            let entry = sessions.get(peer);
            entry.is_some_and(|entry| entry.session.awaits_reply())
        };
        if !self.pictures.wait(track, peer, manner.clone(), is_there) {
            return self.become_reply(peer, Reply::new(manner.not_now(), Why::Answered), now);
        }
        self.pictures_due.add(peer, now);
        self.become_session(peer, Session::Reply(Box::new(Reply::awaited())));
    }

    /// Gives those who wait the pictures that were read since, and those who have waited for too long a refusal.
    pub(super) fn hand_out_pictures(&mut self, now: Time) {
        while let Some(((track, image), waiting)) = self.pictures.take() {
            let version = version_of(&track).unwrap_or(0);
            for (peer, manner) in waiting {
                self.end_waiting(peer, picture(image.clone(), version, &manner), now);
            }
        }
        while let Some(peer) = self.pictures_due.pop_due(now) {
            self.end_waiting(peer, Reply::new(Manner::default().not_now(), Why::Answered), now);
        }
    }

    fn end_waiting(&mut self, peer: Peer, reply: Reply, now: Time) {
        if self.sessions.get_mut(peer).is_some_and(|entry: &mut Entry| entry.session.awaits_reply()) {
            self.become_reply(peer, reply, now);
        }
    }
}

fn picture(image: Option<Image>, version: u64, manner: &Manner) -> Reply {
    let Some(image) = image else { return Reply::new(manner.none(), Why::Answered) };
    let (head, has_body) = manner.head(&image, version);
    let reply = Reply::new(head, Why::Answered);
    if has_body { reply.with_body(image.bytes().clone()) } else { reply }
}
