//! Serves artwork: a station's own picture, and the pictures in the tags of its tracks, which another thread
//! loads while the request waits.

use std::sync::Arc;

use crate::image::Image;
use crate::pages::artwork::{ArtworkKind, ArtworkOptions, ArtworkRequest, cover_version};
use crate::server::requests::outcome::RequestOutcome;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::views::artwork_cache::ArtworkLookup;
use crate::session::{CloseReason, Reply, Session};
use crate::station::TrackInfo;
use crate::time::Time;

impl Server {
    /// Answers a request for a picture.
    pub(in crate::server) fn answer_artwork(
        &mut self,
        artwork_request: ArtworkRequest,
        now: Time,
    ) -> RequestOutcome {
        let ArtworkRequest { kind: art, station, options } = artwork_request;
        let Some(key) = self.stations.find(&station) else {
            return RequestOutcome::from_bytes(options.not_found());
        };
        if art == ArtworkKind::Station {
            let image = self.stations[key].settings().artwork.clone();
            let version = image.as_ref().map_or(0, Image::digest);
            return RequestOutcome::Reply(artwork_reply(image, version, &options));
        }
        self.advance(key, now);
        let track = self.stations[key].station.track().filter(|track| track.artwork.is_some()).cloned();
        let Some(track) = track else { return RequestOutcome::Reply(artwork_reply(None, 0, &options)) };
        match self.views.artwork.find(&track) {
            ArtworkLookup::Cached(image) => {
                RequestOutcome::Reply(artwork_reply(image, cover_version(&track).unwrap_or(0), &options))
            }
            ArtworkLookup::Loading => RequestOutcome::Artwork { track, options },
            ArtworkLookup::Unavailable => RequestOutcome::from_bytes(options.unavailable()),
        }
    }

    /// Makes a session wait for the picture of a track that is being loaded.
    pub(in crate::server) fn wait_for_artwork(
        &mut self,
        peer: Peer,
        track: &Arc<TrackInfo>,
        options: ArtworkOptions,
        now: Time,
    ) {
        let sessions = &self.sessions;
        let still_waits = |peer: Peer| sessions.get(peer).is_some_and(|entry| entry.session.awaits_reply());
        if !self.views.artwork.wait(track, peer, options.clone(), still_waits) {
            return self.become_reply(peer, Reply::new(options.unavailable(), CloseReason::Answered), now);
        }
        self.timers.artwork.add(peer, now);
        self.become_session(peer, Session::Reply(Box::new(Reply::deferred())));
    }

    /// Answers the waiting sessions whose pictures were loaded, and those that have waited for too long.
    pub(in crate::server) fn deliver_artwork(&mut self, now: Time) {
        while let Some(((track, image), waiting)) = self.views.artwork.take_loaded() {
            let version = cover_version(&track).unwrap_or(0);
            for (peer, options) in waiting {
                self.send_deferred(peer, artwork_reply(image.clone(), version, &options), now);
            }
        }
        while let Some(peer) = self.timers.artwork.pop_due(now) {
            self.send_deferred(
                peer,
                Reply::new(ArtworkOptions::default().unavailable(), CloseReason::Answered),
                now,
            );
        }
    }

    /// Sends the reply for which a session waits, unless the session has ended.
    pub(in crate::server) fn send_deferred(&mut self, peer: Peer, reply: Reply, now: Time) {
        if self.sessions.get(peer).is_some_and(|entry| entry.session.awaits_reply()) {
            self.become_reply(peer, reply, now);
        }
    }
}

fn artwork_reply(image: Option<Image>, version: u64, options: &ArtworkOptions) -> Reply {
    let Some(image) = image else { return Reply::new(options.not_found(), CloseReason::Answered) };
    let (head, has_body) = options.response_head(&image, version);
    let reply = Reply::new(head, CloseReason::Answered);
    if has_body { reply.with_body(image.bytes().clone()) } else { reply }
}
