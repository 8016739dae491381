//! The loaded pictures of tracks, and the sessions that wait for pictures.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::image::Image;
use crate::memory_budget::SharedBytes;
use crate::pages::artwork::ArtworkOptions;
use crate::server::state::peer::Peer;
use crate::station::{ArtworkLoader, LoadedArtwork, TrackInfo};

/// The most pictures in the cache. They take 8 MB at most. The least recently requested one is dropped.
const CACHED_MAX: usize = 16;

/// The most sessions that wait for pictures. Further ones get an error and may retry.
const WAITING_MAX: usize = 256;

/// The pictures of tracks.
#[derive(Debug)]
pub struct ArtworkCache {
    /// Loads pictures; `None` if no track has any.
    loader: Option<Box<dyn ArtworkLoader>>,
    /// Loaded pictures; `None` where a track has none. The one requested last is at the back.
    cached: VecDeque<(Arc<TrackInfo>, Option<StoredImage>)>,
    loading: Vec<LoadingArtwork>,
}

/// A picture whose bytes many responses share.
#[derive(Debug, Clone)]
pub struct StoredImage {
    pub image: Image,
    pub body: SharedBytes,
}

/// A picture that is being loaded.
#[derive(Debug)]
struct LoadingArtwork {
    track: Arc<TrackInfo>,
    waiting: Vec<(Peer, ArtworkOptions)>,
}

/// The result of looking up a picture.
pub enum ArtworkLookup {
    /// The picture is in the cache, or there is none.
    Cached(Option<StoredImage>),
    /// It is being loaded.
    Loading,
    /// It cannot be loaded now.
    Unavailable,
}

impl ArtworkCache {
    /// Creates a cache that loads pictures with `loader`.
    pub fn new(loader: Option<Box<dyn ArtworkLoader>>) -> Self {
        Self { loader, cached: VecDeque::new(), loading: Vec::new() }
    }

    /// Looks up the picture of a track. Requests it if it has to be loaded.
    pub fn find(&mut self, track: &Arc<TrackInfo>) -> ArtworkLookup {
        if let Some(index) = self.cached.iter().position(|(other, _)| Arc::ptr_eq(other, track)) {
            let loaded = self.cached.remove(index);
            self.cached.extend(loaded);
            return ArtworkLookup::Cached(self.cached.back().and_then(|(_, stored)| stored.clone()));
        }
        if self.loading.iter().any(|loading| Arc::ptr_eq(&loading.track, track)) {
            return ArtworkLookup::Loading;
        }
        let Some(loader) = &mut self.loader else { return ArtworkLookup::Cached(None) };
        if !loader.request(track) {
            return ArtworkLookup::Unavailable;
        }
        self.loading.push(LoadingArtwork { track: track.clone(), waiting: Vec::new() });
        ArtworkLookup::Loading
    }

    /// Makes a session wait for a picture that is being loaded. Returns whether there is room for it.
    /// `still_waits` must return whether a session still waits.
    pub fn wait(
        &mut self,
        track: &Arc<TrackInfo>,
        peer: Peer,
        options: ArtworkOptions,
        still_waits: impl Fn(Peer) -> bool,
    ) -> bool {
        let count_waiting =
            |loading: &[LoadingArtwork]| loading.iter().map(|loading| loading.waiting.len()).sum::<usize>();
        if count_waiting(&self.loading) >= WAITING_MAX {
            let drop_gone =
                |loading: &mut LoadingArtwork| loading.waiting.retain(|&(peer, _)| still_waits(peer));
            self.loading.iter_mut().for_each(drop_gone);
        }
        let has_room = count_waiting(&self.loading) < WAITING_MAX;
        let loading = self.loading.iter_mut().find(|loading| Arc::ptr_eq(&loading.track, track));
        match loading.filter(|_| has_room) {
            Some(loading) => loading.waiting.push((peer, options)),
            None => return false,
        }
        true
    }

    /// Returns the next picture that was loaded, and the sessions that wait for it.
    pub fn take_loaded(&mut self) -> Option<(LoadedArtwork, Vec<(Peer, ArtworkOptions)>)> {
        if self.loading.is_empty() {
            return None;
        }
        let loaded = self.loader.as_mut()?.poll()?;
        let index = self.loading.iter().position(|loading| Arc::ptr_eq(&loading.track, &loaded.0));
        let waiting = index.map(|index| self.loading.swap_remove(index).waiting).unwrap_or_default();
        Some((loaded, waiting))
    }

    /// Keeps the picture of a track for further requests; `None` if the track has none.
    pub fn keep(&mut self, track: Arc<TrackInfo>, stored: Option<StoredImage>) {
        if self.cached.len() == CACHED_MAX {
            self.cached.pop_front();
        }
        self.cached.push_back((track, stored));
    }

    /// Drops the pictures that are kept.
    pub fn clear(&mut self) {
        self.cached.clear();
    }
}
