//! The entries of the playlists that lead to a station: one for each rendition, the best first.

use super::{Snapshot, StationSnapshot, printable, stream_url};

/// A stream in a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEntry<'a> {
    /// The station or rendition.
    pub station: &'a StationSnapshot,
    /// The URL of the stream.
    pub url: String,
    /// What distinguishes the entry from the others, such as ` (64 kbit/s)`. Empty if it is the only one.
    pub suffix: String,
}

impl<'a> StreamEntry<'a> {
    /// Returns a playlist in the format PLS with these entries.
    pub fn pls(entries: &[Self]) -> String {
        let entry = |(number, it): (usize, &Self)| {
            format!("File{number}={}\nTitle{number}={}\nLength{number}=-1\n", it.url, it.name())
        };
        let all: String = (1..).zip(entries).map(entry).collect();
        format!("[playlist]\nNumberOfEntries={}\n{all}Version=2\n", entries.len())
    }

    /// Returns the entries of the playlist of `station`, for a client that reached the server at `base`.
    /// There is at least one, even if the station is a rendition that is not available: the playlist of a
    /// rendition has no other, and it may be available by the time a player opens it.
    pub fn all(snapshot: &'a Snapshot, station: &StationSnapshot, base: &str) -> Vec<Self> {
        let ladder = snapshot.ladder(station.id);
        let suffix = |it: &StationSnapshot| {
            let quality = if has_one_codec(&ladder) { bit_rate(it) } else { it.quality() };
            if ladder.len() == 1 || quality.is_empty() { String::new() } else { format!(" ({quality})") }
        };
        let entry = |it: &&'a StationSnapshot| Self {
            station: it,
            url: stream_url(base, &it.mount),
            suffix: suffix(it),
        };
        ladder.iter().map(entry).collect()
    }

    /// Returns the name of the station, distinct from those of the other entries.
    pub fn name(&self) -> String {
        printable(&self.station.name) + &self.suffix
    }
}

fn has_one_codec(ladder: &[&StationSnapshot]) -> bool {
    ladder.iter().all(|it| it.codec == ladder[0].codec)
}

fn bit_rate(station: &StationSnapshot) -> String {
    station.kbps.map(|kbps| format!("{kbps} kbit/s")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Codec;

    fn names(snapshot: &Snapshot, id: usize) -> Vec<String> {
        let entries = StreamEntry::all(snapshot, &snapshot.stations[id], "http://h");
        entries.iter().map(|it| format!("{} {}", it.url, it.name())).collect()
    }

    #[test]
    fn available_renditions_are_listed_best_first_and_distinguished() {
        let snapshot = Snapshot::example_ladder();
        let all = [
            "http://h/live Harbour FM (128 kbit/s)",
            "http://h/live-96 Harbour FM (96 kbit/s)",
            "http://h/live-32 Harbour FM (32 kbit/s)",
        ];
        assert_eq!(names(&snapshot, 0), all);
        assert_eq!(names(&snapshot, 1), ["http://h/live-32 Harbour FM"]);
        assert_eq!(names(&snapshot, 2), ["http://h/jazz Night Ferry"], "a station without renditions");
        assert_eq!(names(&snapshot, 4), ["http://h/live-64 Harbour FM"], "the only entry, available or not");
    }

    #[test]
    fn codec_is_named_if_there_are_several() {
        let mut snapshot = Snapshot::example_ladder();
        (snapshot.first_mut().codec, snapshot.first_mut().kbps) = (Some(Codec::Aac), Some(64));
        let all = [
            "http://h/live Harbour FM (64 kbit/s AAC)",
            "http://h/live-96 Harbour FM (96 kbit/s MP3)",
            "http://h/live-32 Harbour FM (32 kbit/s MP3, mono)",
        ];
        // What the others are encoded from is better than they are, whatever its bit rate.
        assert_eq!(names(&snapshot, 0), all);
        (snapshot.first_mut().codec, snapshot.first_mut().kbps) = (None, None);
        assert_eq!(
            names(&snapshot, 0)[0],
            "http://h/live Harbour FM",
            "nothing is known before the first frame"
        );
    }
}
