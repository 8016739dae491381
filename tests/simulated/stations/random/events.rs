//! The check that event readers have the state that the pages show.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::ChangingStations;
use crate::world::Link;

impl ChangingStations {
    /// Waits after the last change, and fails unless every reader then has the state that the pages show. It
    /// retries for 1.5 seconds.
    pub fn check_events(&mut self) {
        (0..50).for_each(|_| self.tick());
        self.check();
        let mut last_difference = String::new();
        for _ in 0..15 {
            let reply = self.get_as_admin("/api/v1/stations");
            let shown = stations_in(&reply.json());
            match self.compare_readers(&shown) {
                Ok(()) => return self.count("event checks"),
                Err(difference) => last_difference = difference,
            }
            self.tick();
        }
        panic!("{last_difference}");
    }

    pub fn compare_readers(&self, shown: &BTreeMap<u64, Value>) -> Result<(), String> {
        for (peer, only) in &self.readers {
            let reply = self.world.reply(*peer);
            if !reply.contains("event-stream") || self.world.socket(*peer).link != Link::Fast {
                continue;
            }
            let known = read_events(&reply);
            let station_id = only.map(|only| {
                self.stations
                    .iter()
                    .find(|(key, _)| *key == only)
                    .expect("a reader of a removed station is closed")
                    .1
                    .id
            });
            for (&id, now) in shown.iter().filter(|(id, _)| station_id.is_none_or(|it| u64::from(it) == **id))
            {
                let (station, title, listeners) = known.get(&id).ok_or(format!("{peer:?} misses {id}"))?;
                let changing = [(title, &now["title"]["text"]), (listeners, &now["listeners"]["now"])];
                let fixed = ["mount", "name", "codec", "on_air", "genre", "content_type"];
                let mut all = changing.into_iter().chain(fixed.map(|key| (&station[key], &now[key])));
                if let Some((received, shown)) = all.find(|(received, shown)| received != shown) {
                    return Err(format!("{peer:?} received {received} for {id}, the page shows {shown}"));
                }
            }
            if station_id.is_none() && known.len() != shown.len() {
                return Err(format!("{peer:?} knows {:?}", known.keys()));
            }
        }
        Ok(())
    }
}

/// Returns the stations in a reply of the API, by id.
fn stations_in(body: &Value) -> BTreeMap<u64, Value> {
    let stations = body["stations"].as_array().expect("a list").iter();
    stations.map(|it| (it["id"].as_u64().expect("an id"), it.clone())).collect()
}

/// The state of a station at a reader: the last station event, the title and the number of listeners.
type Known = (Value, Value, Value);

/// Returns the state of each station after all events that a reader has received.
fn read_events(sent: &str) -> BTreeMap<u64, Known> {
    let mut known: BTreeMap<u64, Known> = BTreeMap::new();
    let mut numbers = HashSet::new();
    for block in sent.split("\n\n").filter_map(|block| block.strip_prefix("event: ")) {
        let lines: Vec<&str> = block.split('\n').collect();
        let data: Value = serde_json::from_str(&lines[2]["data: ".len()..]).expect("JSON");
        let id = data.get("station").or(data.get("id")).and_then(Value::as_u64).expect("an id");
        assert!(lines[0] == "station" || numbers.insert(lines[1]), "{block} was sent twice");
        match lines[0] {
            "station" => {
                let (title, listeners) = (data["title"]["text"].clone(), data["listeners"]["now"].clone());
                known.insert(id, (data, title, listeners));
            }
            _ if !known.contains_key(&id) => panic!("{block} is for an unknown station"),
            "removed" => drop(known.remove(&id)),
            "title" => known.get_mut(&id).expect("a known station").1 = data["title"].clone(),
            _ => known.get_mut(&id).expect("a known station").2 = data["listeners"].clone(),
        }
    }
    known
}
