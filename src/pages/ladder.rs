//! A station and its renditions in a snapshot: which there are, their order, their labels and their
//! listeners.

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

#[cfg(test)]
mod tests {
    use super::super::snapshot::RenditionSnapshot;
    use super::*;

    fn ids(stations: Vec<&StationSnapshot>) -> Vec<u32> {
        stations.iter().map(|it| it.id).collect()
    }

    #[test]
    fn renditions_are_linked_by_bit_rate_and_id() {
        let snapshot = Snapshot::example_ladder();
        let station = |at: usize| &*snapshot.stations[at];
        assert_eq!(ids(snapshot.renditions(station(0)).collect()), [8, 9, 2]);
        assert_eq!(ids(snapshot.ladder(1)), [1, 8, 2], "9 is not available");
        assert_eq!(
            (ids(snapshot.ladder(9)), ids(snapshot.ladder(7)), ids(snapshot.ladder(5))),
            (vec![9], vec![7], vec![])
        );
        assert_eq!(ids(snapshot.programmes().collect()), [1, 7]);
        assert_eq!([0, 1, 2].map(|at| snapshot.programme(station(at)).id), [1, 1, 7]);
        assert_eq!([0, 1, 2].map(|at| snapshot.listeners_with_renditions(station(at))), [22, 4, 12]);
        // Two of one bit rate, and one whose station is gone.
        let rendition = |id, parent| StationSnapshot {
            id,
            rendition: Some(RenditionSnapshot { parent, is_available: true }),
            ..StationSnapshot::example()
        };
        let mut stations = [StationSnapshot::example(), rendition(3, 1), rendition(4, 2), rendition(5, 1)];
        for _ in 0..2 {
            Snapshot::link_renditions(&mut stations);
            assert_eq!(
                stations.each_ref().map(|it| it.renditions.clone()),
                [vec![3, 5], vec![], vec![], vec![]]
            );
        }
    }

    #[test]
    fn quality_has_what_is_known() {
        let quality = |kbps, codec, channels| {
            StationSnapshot { kbps, codec, channels, ..StationSnapshot::example() }.quality()
        };
        let codec = Some(crate::audio::Codec::Aac);
        assert_eq!(quality(Some(64), codec, Some(2)), "64 kbit/s AAC");
        assert_eq!(quality(Some(32), codec, Some(1)), "32 kbit/s AAC, mono");
        assert_eq!((quality(None, codec, None), quality(None, None, None)), ("AAC".into(), String::new()));
    }
}
