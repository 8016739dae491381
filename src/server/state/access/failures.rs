//! Counts failed logins of each address and account, and of each network, within a minute.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use crate::time::Time;

/// The time after which failed logins no longer count, from the first one on.
pub const WINDOW: Duration = Duration::from_secs(60);

/// Failed logins by `K`, of which at most `max` are admitted within [`WINDOW`].
#[derive(Debug)]
pub struct FailureCounts<K> {
    max: u32,
    keys_max: usize,
    failures: HashMap<K, Failures>,
}

#[derive(Debug)]
struct Failures {
    since: Time,
    count: u32,
}

impl<K: Eq + Hash + Clone> FailureCounts<K> {
    /// Admits `max` failures of each key within [`WINDOW`], and counts `keys_max` keys. With more, the
    /// oldest is dropped. The rate of all failed logins limits what an attacker gains by this.
    pub fn new(max: u32, keys_max: usize) -> Self {
        Self { max, keys_max, failures: HashMap::new() }
    }

    /// Returns whether `key` has had as many failures as are admitted.
    pub fn is_exhausted(&self, key: &K, now: Time) -> bool {
        let failures = self.failures.get(key).filter(|it| now.since(it.since) < WINDOW);
        failures.is_some_and(|failures| failures.count >= self.max)
    }

    /// Notes a failed login.
    pub fn note(&mut self, key: &K, now: Time) {
        if !self.failures.contains_key(key) {
            self.drop_oldest(now);
        }
        let failures = self.failures.entry(key.clone()).or_insert(Failures { since: now, count: 0 });
        if now.since(failures.since) >= WINDOW {
            *failures = Failures { since: now, count: 0 };
        }
        failures.count = failures.count.saturating_add(1);
    }

    /// Returns the number of keys that are counted.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.failures.len()
    }

    fn drop_oldest(&mut self, now: Time) {
        if self.failures.len() < self.keys_max {
            return;
        }
        self.failures.retain(|_, failures| now.since(failures.since) < WINDOW);
        let oldest = self.failures.iter().min_by_key(|(_, it)| it.since).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest.filter(|_| self.failures.len() >= self.keys_max) {
            self.failures.remove(&oldest);
        }
    }
}
