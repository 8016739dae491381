//! Pictures: a station's own, and those in the tags of its tracks, which are read elsewhere while the request waits.

use std::sync::Arc;

use crate::image::Image;
use crate::pages::art::{Art, ArtRequest, Manner, version_of};
use crate::server::requests::answer::Answer;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::views::artwork_cache::Found;
use crate::session::{Reply, Session, Why};
use crate::station::TrackInfo;
use crate::time::Time;

impl Server {
    /// Answers a request for a picture.
    pub(in crate::server) fn answer_artwork(&mut self, asked: ArtRequest, now: Time) -> Answer {
        let ArtRequest { art, station, manner } = asked;
        let Some(key) = self.stations.find(&station) else { return Answer::bytes(manner.none()) };
        if art == Art::Station {
            let image = self.stations[key].settings().artwork.clone();
            let version = image.as_ref().map_or(0, Image::digest);
            return Answer::Reply(picture(image, version, &manner));
        }
        self.advance(key, now);
        let track = self.stations[key].station.track().filter(|track| track.artwork.is_some()).cloned();
        let Some(track) = track else { return Answer::Reply(picture(None, 0, &manner)) };
        match self.views.artwork.find(&track) {
            Found::Here(image) => Answer::Reply(picture(image, version_of(&track).unwrap_or(0), &manner)),
            Found::Loading => Answer::Artwork { track, manner },
            Found::NotNow => Answer::bytes(manner.not_now()),
        }
    }

    /// Has a session wait for the picture of a track, which is being read.
    pub(in crate::server) fn wait_for_artwork(
        &mut self,
        peer: Peer,
        track: &Arc<TrackInfo>,
        manner: Manner,
        now: Time,
    ) {
        let sessions = &self.sessions;
        let still_waits = |peer: Peer| sessions.get(peer).is_some_and(|entry| entry.session.awaits_reply());
        if !self.views.artwork.wait(track, peer, manner.clone(), still_waits) {
            return self.become_reply(peer, Reply::new(manner.not_now(), Why::Answered), now);
        }
        self.timers.artwork.add(peer, now);
        self.become_session(peer, Session::Reply(Box::new(Reply::awaited())));
    }

    /// Gives sessions that wait the pictures that were read since, and those that have waited for too long a refusal.
    pub(in crate::server) fn deliver_artwork(&mut self, now: Time) {
        while let Some(((track, image), waiting)) = self.views.artwork.take_loaded() {
            let version = version_of(&track).unwrap_or(0);
            for (peer, manner) in waiting {
                self.end_waiting(peer, picture(image.clone(), version, &manner), now);
            }
        }
        while let Some(peer) = self.timers.artwork.pop_due(now) {
            self.end_waiting(peer, Reply::new(Manner::default().not_now(), Why::Answered), now);
        }
    }

    fn end_waiting(&mut self, peer: Peer, reply: Reply, now: Time) {
        if self.sessions.get(peer).is_some_and(|entry| entry.session.awaits_reply()) {
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
