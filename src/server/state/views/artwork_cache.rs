//! Pictures of tracks that were read, and the sessions that wait for others.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::image::Image;
use crate::pages::artwork::ArtworkOptions;
use crate::server::state::peer::Peer;
use crate::station::{ArtworkLoader, LoadedArtwork, TrackInfo};

/// Pictures that are kept, those that were asked for last. They take 8 MB at most.
const KEPT_MAX: usize = 16;

/// Sessions that wait for pictures. More are asked to come again.
const WAITING_MAX: usize = 256;

/// The pictures of tracks.
#[derive(Debug)]
pub struct ArtworkCache {
    /// Reads them; without one there are none.
    loader: Option<Box<dyn ArtworkLoader>>,
    /// Those that were read; `None` where there was none to be shown. The one that was asked for last is the last.
    kept: VecDeque<LoadedArtwork>,
    loading: Vec<LoadingArtwork>,
}

/// A picture that is being read.
#[derive(Debug)]
struct LoadingArtwork {
    track: Arc<TrackInfo>,
    waiting: Vec<(Peer, ArtworkOptions)>,
}

/// A picture that was asked for.
pub enum ArtworkLookup {
    /// Here it is; or there is none.
    Cached(Option<Image>),
    /// It is being read.
    Loading,
    /// It cannot be read now.
    Unavailable,
}

impl ArtworkCache {
    /// Has pictures read by this.
    pub fn new(loader: Option<Box<dyn ArtworkLoader>>) -> Self {
        Self { loader, kept: VecDeque::new(), loading: Vec::new() }
    }

    /// The picture of a track; asks for it if it has to be read.
    pub fn find(&mut self, track: &Arc<TrackInfo>) -> ArtworkLookup {
        if let Some(at) = self.kept.iter().position(|(other, _)| Arc::ptr_eq(other, track)) {
            let read = self.kept.remove(at);
            self.kept.extend(read);
            return ArtworkLookup::Cached(self.kept.back().and_then(|(_, image)| image.clone()));
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

    /// Has a session wait for a picture that is being read. Says whether there is room for it; `still_waits` says which
    /// sessions still do.
    pub fn wait(
        &mut self,
        track: &Arc<TrackInfo>,
        peer: Peer,
        manner: ArtworkOptions,
        still_waits: impl Fn(Peer) -> bool,
    ) -> bool {
        let waiting = |all: &[LoadingArtwork]| all.iter().map(|loading| loading.waiting.len()).sum::<usize>();
        if waiting(&self.loading) >= WAITING_MAX {
            let drop_gone =
                |loading: &mut LoadingArtwork| loading.waiting.retain(|&(peer, _)| still_waits(peer));
            self.loading.iter_mut().for_each(drop_gone);
        }
        let has_room = waiting(&self.loading) < WAITING_MAX;
        let loading = self.loading.iter_mut().find(|loading| Arc::ptr_eq(&loading.track, track));
        match loading.filter(|_| has_room) {
            Some(loading) => loading.waiting.push((peer, manner)),
            None => return false,
        }
        true
    }

    /// The next picture that was read, and the sessions that wait for it.
    pub fn take_loaded(&mut self) -> Option<(LoadedArtwork, Vec<(Peer, ArtworkOptions)>)> {
        if self.loading.is_empty() {
            return None;
        }
        let read = self.loader.as_mut()?.poll()?;
        let at = self.loading.iter().position(|loading| Arc::ptr_eq(&loading.track, &read.0));
        let waiting = at.map(|at| self.loading.swap_remove(at).waiting).unwrap_or_default();
        if self.kept.len() == KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(read.clone());
        Some((read, waiting))
    }
}
