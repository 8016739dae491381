//! A station and its renditions in a snapshot: which there are, their order, their labels and their listeners.

use std::cmp::Reverse;
use std::sync::Arc;

use super::snapshot::{Snapshot, StationSnapshot};
impl Snapshot {
    /// Fills in the [renditions](StationSnapshot::renditions) of every station. The stations must be sorted
    /// by id. It is done once for a snapshot, so that the cost of a page that shows all stations does not
    /// grow with the square of their number.
    pub fn link_renditions(stations: &mut [StationSnapshot]) {
        let key = |it: &StationSnapshot| Some((it.rendition?.parent, Reverse(it.kbps), it.id));
        let mut renditions: Vec<_> = stations.iter().filter_map(key).collect();
        renditions.sort_unstable();
        for station in &mut *stations {
            station.renditions.clear();
        }
        for (parent, _, id) in renditions {
            if let Ok(at) = stations.binary_search_by_key(&parent, |it| it.id) {
                stations[at].renditions.push(id);
            }
        }
    }

    /// Returns the renditions of a station, available or not, the highest bit rate first.
    pub fn renditions(&self, station: &StationSnapshot) -> impl Iterator<Item = &StationSnapshot> {
        station.renditions.iter().filter_map(|&id| self.by_id(id))
    }

    /// Returns the station with this id and its renditions that are available, the best first: the station
    /// itself, because its renditions are encoded from what it plays, and then the highest bit rate. For a
    /// rendition, it is the rendition alone. Empty if there is no such station.
    pub fn ladder(&self, id: u32) -> Vec<&StationSnapshot> {
        let Some(station) = self.by_id(id) else { return Vec::new() };
        let renditions = self.renditions(station).filter(|it| it.is_available());
        std::iter::once(station).chain(renditions).collect()
    }

    /// Returns the station whose programme `station` has: its own, unless it is a rendition.
    pub fn programme<'a>(&'a self, station: &'a StationSnapshot) -> &'a StationSnapshot {
        station.rendition.and_then(|it| self.by_id(it.parent)).unwrap_or(station)
    }

    /// Returns the stations that are no renditions.
    pub fn programmes(&self) -> impl Iterator<Item = &StationSnapshot> {
        self.stations.iter().map(Arc::as_ref).filter(|it| it.rendition.is_none())
    }

    /// Returns the listeners of a station and its renditions.
    pub fn listeners_with_renditions(&self, station: &StationSnapshot) -> usize {
        station.listeners + self.renditions(station).map(|it| it.listeners).sum::<usize>()
    }

    fn by_id(&self, id: u32) -> Option<&StationSnapshot> {
        let at = self.stations.binary_search_by_key(&id, |station| station.id).ok()?;
        Some(&self.stations[at])
    }
}

impl StationSnapshot {
    /// Returns whether new listeners are accepted, as far as the audio is concerned.
    pub fn is_available(&self) -> bool {
        self.rendition.is_none_or(|it| it.is_available)
    }

    /// Returns bit rate, codec and a single channel as far as they are known, such as `64 kbit/s MP3` or
    /// `32 kbit/s MP3, mono`.
    pub fn quality(&self) -> String {
        let kbps = self.kbps.map(|kbps| format!("{kbps} kbit/s"));
        let codec = self.codec.map(|codec| codec.name().to_owned());
        let quality = [kbps, codec].into_iter().flatten().collect::<Vec<_>>().join(" ");
        if self.channels == Some(1) { quality + ", mono" } else { quality }
    }
}
