//! Whether readers of events know what the pages show.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::Story;
use crate::world::Link;

impl Story {
    /// After a while in which nothing is changed, readers know what the pages show: at once, or a comparison later.
    pub fn check_events(&mut self) {
        (0..50).for_each(|_| self.tick());
        self.check();
        let mut wrong = String::new();
        for _ in 0..15 {
            let reply = self.ask("/api/v1/stations");
            let shown = stations_in(reply.split_once("\r\n\r\n").expect("a body").1);
            match self.compare_readers(&shown) {
                Ok(()) => return self.count("event checks"),
                Err(difference) => wrong = difference,
            }
            self.tick();
        }
        panic!("{wrong}");
    }

    pub fn compare_readers(&self, shown: &BTreeMap<u64, Value>) -> Result<(), String> {
        for (peer, only) in &self.readers {
            let reply = self.world.reply(*peer);
            if !reply.contains("event-stream") || self.world.pretend(*peer).link != Link::Fast {
                continue;
            }
            let known = read_events(&reply);
            let of =
                only.map(|only| self.on.iter().find(|(key, _)| *key == only).expect("or it is closed").1.id);
            for (&id, now) in shown.iter().filter(|(id, _)| of.is_none_or(|of| u64::from(of) == **id)) {
                let (station, title, listeners) = known.get(&id).ok_or(format!("{peer:?} misses {id}"))?;
                let changing = [(title, &now["title"]["text"]), (listeners, &now["listeners"]["now"])];
                let fixed = ["mount", "name", "codec", "on_air", "genre", "content_type"];
                let mut all = changing.into_iter().chain(fixed.map(|key| (&station[key], &now[key])));
                if let Some((told, shown)) = all.find(|(told, shown)| told != shown) {
                    return Err(format!("{peer:?} was told {told} of {id}, shown is {shown}"));
                }
            }
            if of.is_none() && known.len() != shown.len() {
                return Err(format!("{peer:?} knows {:?}", known.keys()));
            }
        }
        Ok(())
    }
}

/// The stations that a page of the API shows, by id.
fn stations_in(body: &str) -> BTreeMap<u64, Value> {
    let body: Value = serde_json::from_str(body).expect("JSON");
    let stations = body["stations"].as_array().expect("a list").iter();
    stations.map(|it| (it["id"].as_u64().expect("an id"), it.clone())).collect()
}

/// What a reader knows of a station: the whole, its title, its listeners.
type Known = (Value, Value, Value);

/// What a reader that reads knows of each station, from all that it was sent.
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
            _ if !known.contains_key(&id) => panic!("{block} is of an unknown station"),
            "removed" => drop(known.remove(&id)),
            "title" => known.get_mut(&id).expect("a known station").1 = data["title"].clone(),
            _ => known.get_mut(&id).expect("a known station").2 = data["listeners"].clone(),
        }
    }
    known
}
