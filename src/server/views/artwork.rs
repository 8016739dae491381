//! Serves artwork: a station's own picture, and the pictures in the tags of its tracks, which another thread
//! loads while the request waits.

use std::sync::Arc;

use crate::http::response::reply;
use crate::image::Image;
use crate::memory_budget::{BudgetExceeded, SharedBytes};
use crate::pages::artwork::{ArtworkKind, ArtworkOptions, ArtworkRequest};
use crate::pages::web;
use crate::server::requests::outcome::RequestOutcome;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::server::state::views::artwork_cache::{ArtworkLookup, StoredImage};
use crate::session::{CloseReason, Reply, Session};
use crate::station::{LoadedArtwork, StationKey, TrackInfo};
use crate::time::Time;

impl Server {
    /// Answers a request for a picture.
    pub(in crate::server) fn answer_artwork(
        &mut self,
        artwork_request: ArtworkRequest,
        now: Time,
    ) -> RequestOutcome {
        let ArtworkRequest { kind: art, station, options } = artwork_request;
        let Some(key) = self.stations.find_present(&station) else {
            return RequestOutcome::from_bytes(not_found(&options));
        };
        if art == ArtworkKind::Station {
            let image = self.stations[key].settings().artwork.clone();
            let version = image.as_ref().map_or(0, Image::digest);
            let stored =
                image.map(|image| StoredImage { body: SharedBytes::uncharged(image.bytes().clone()), image });
            return RequestOutcome::Reply(artwork_reply(stored, version, &options));
        }
        let key = self.stations.programme(key);
        self.advance(key, now);
        let Some(track) = self.requested_track(key, &options) else {
            return RequestOutcome::Reply(artwork_reply(None, 0, &options));
        };
        match self.views.artwork.find(&track) {
            ArtworkLookup::Cached(image) => {
                RequestOutcome::Reply(artwork_reply(image, track.cover_version().unwrap_or(0), &options))
            }
            ArtworkLookup::Loading => RequestOutcome::Artwork { track, options },
            ArtworkLookup::Unavailable => RequestOutcome::from_bytes(options.unavailable()),
        }
    }

    /// Returns the track with the requested cover: the one on the air, or one of the history, if its version
    /// is in the URL. `None` if there is no cover, or if the URL is that of a file with another version.
    fn requested_track(&self, key: StationKey, options: &ArtworkOptions) -> Option<Arc<TrackInfo>> {
        let station = &self.stations[key].station;
        let on_air = station.track().filter(|track| track.artwork.is_some());
        let current = on_air.and_then(|track| track.cover_version());
        let past = options.version().filter(|&version| current != Some(version));
        let other = on_air.filter(|_| !options.requires_version() || options.version() == current);
        past.and_then(|version| station.history().track_with_cover(version)).or(other).cloned()
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
        while let Some((loaded, waiting)) = self.views.artwork.take_loaded() {
            let version = loaded.0.cover_version().unwrap_or(0);
            let stored = self.keep_artwork(loaded, now);
            for (peer, options) in waiting {
                let reply = match &stored {
                    Ok(stored) => artwork_reply(stored.clone(), version, &options),
                    Err(BudgetExceeded) => Reply::new(options.unavailable(), CloseReason::MemoryLimit),
                };
                self.send_deferred(peer, reply, now);
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

    /// Charges a picture that was loaded to the memory budget, and keeps it for further requests.
    fn keep_artwork(
        &mut self,
        (track, image): LoadedArtwork,
        now: Time,
    ) -> Result<Option<StoredImage>, BudgetExceeded> {
        let stored = match image {
            Some(image) => {
                let charge = self.charge(image.bytes().len(), now)?;
                Some(StoredImage { body: SharedBytes::charged(image.bytes().clone(), charge), image })
            }
            None => None,
        };
        self.views.artwork.keep(track, stored.clone());
        Ok(stored)
    }

    /// Answers a client that still waits for a reply.
    pub(in crate::server) fn send_deferred(&mut self, peer: Peer, reply: Reply, now: Time) {
        if self.sessions.get(peer).is_some_and(|entry| entry.session.awaits_reply()) {
            self.become_reply(peer, reply, now);
        }
    }
}

/// Returns the reply if there is no picture: a page for browsers, the same as before for all other clients.
fn not_found(options: &ArtworkOptions) -> Vec<u8> {
    if options.is_browser() {
        web::not_found().to_reply(options.is_head_only())
    } else {
        reply::not_found(options.is_head_only())
    }
}

fn artwork_reply(stored: Option<StoredImage>, version: u64, options: &ArtworkOptions) -> Reply {
    let Some(StoredImage { image, body }) = stored else {
        return Reply::new(not_found(options), CloseReason::Answered);
    };
    let (head, has_body) = options.response_head(&image, version);
    let reply = Reply::new(head, CloseReason::Answered);
    if has_body { reply.with_body(body, b"") } else { reply }
}
