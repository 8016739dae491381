//! The access of all stations to the encode workers, by their mounts.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::pool::EncodePool;
use super::station_encoder::StationEncoder;
use super::status::EncoderStatus;

/// The access of each station to the encode workers. Clones share it.
#[derive(Clone)]
pub struct StationEncoders {
    pool: EncodePool,
    by_mount: Rc<RefCell<HashMap<String, StationEncoder>>>,
}

/// The access of each station before a change.
pub struct EncodersBefore(HashMap<String, StationEncoder>);

impl StationEncoders {
    /// Creates the access to this pool.
    pub fn new(pool: EncodePool) -> Self {
        Self { pool, by_mount: Rc::default() }
    }

    /// Returns the access of the station with this mount, which is always the same.
    pub fn get(&self, mount: &str) -> StationEncoder {
        let mut encoders = self.by_mount.borrow_mut();
        encoders.entry(mount.to_owned()).or_insert_with(|| self.pool.station(mount)).clone()
    }

    /// Returns the jobs so far of the station with this mount.
    pub fn status(&self, mount: &str) -> EncoderStatus {
        self.by_mount.borrow().get(mount).map(StationEncoder::status).unwrap_or_default()
    }

    /// Forgets the stations with the mounts `removed`, and then gives others the mounts in `renamed`: pairs
    /// of the mount before and the one after. They may swap theirs. Returns what [`restore`](Self::restore)
    /// needs to undo this.
    pub fn rearrange(&self, removed: &[String], renamed: &[(String, String)]) -> EncodersBefore {
        let mut all = self.by_mount.borrow_mut();
        let before = EncodersBefore(all.clone());
        all.retain(|mount, _| !removed.contains(mount));
        let moved: Vec<_> = renamed.iter().map(|(before, after)| (after, all.remove(before))).collect();
        for (after, encoder) in moved {
            let encoder = encoder.inspect(|encoder| encoder.set_label(after));
            all.extend(encoder.map(|encoder| (after.clone(), encoder)));
        }
        before
    }

    /// Undoes a [change](Self::rearrange).
    pub fn restore(&self, before: EncodersBefore) {
        before.0.iter().for_each(|(mount, encoder)| encoder.set_label(mount));
        *self.by_mount.borrow_mut() = before.0;
    }

    /// Forgets all stations but those with these mounts. Jobs that run go on.
    pub fn retain<'a>(&self, mounts: impl Iterator<Item = &'a str>) {
        let mut all = self.by_mount.borrow_mut();
        *all = mounts.filter_map(|mount| all.remove_entry(mount)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode_worker::Launch;

    fn pairs<const N: usize>(mounts: [(&str, &str); N]) -> [(String, String); N] {
        mounts.map(|(before, after)| (before.to_owned(), after.to_owned()))
    }

    #[test]
    fn station_keeps_its_access_until_it_is_forgotten() {
        let encoders = StationEncoders::new(EncodePool::new(1, Launch::Thread));
        let (kept, removed) = (encoders.get("/a"), encoders.get("/b"));
        encoders.clone().retain(["/a", "/c"].into_iter());
        assert!(encoders.get("/a").is_same(&kept));
        let other = encoders.get("/c");
        encoders.rearrange(&[], &pairs([("/a", "/c"), ("/c", "/a"), ("/d", "/e")]));
        assert!(encoders.get("/c").is_same(&kept) && encoders.get("/a").is_same(&other));
        encoders.rearrange(&["/a".to_owned()], &pairs([("/c", "/a")]));
        assert!(encoders.get("/a").is_same(&kept));
        assert!(!encoders.get("/b").is_same(&removed));
        assert!(!encoders.get("/c").is_same(&kept));
    }

    #[test]
    fn renamed_station_has_its_new_mount_in_the_log_until_that_is_undone() {
        let encoders = StationEncoders::new(EncodePool::new(1, Launch::Thread));
        let (renamed, replaced) = (encoders.get("/a"), encoders.get("/b"));
        let before = encoders.rearrange(&["/b".to_owned()], &pairs([("/a", "/b")]));
        assert_eq!((renamed.label(), encoders.get("/b").label()), ("/b".to_owned(), "/b".to_owned()));
        // Another station at the mount that is free now is not the one that was there.
        assert!(!encoders.get("/a").is_same(&renamed));
        encoders.restore(before);
        assert!(encoders.get("/a").is_same(&renamed) && encoders.get("/b").is_same(&replaced));
        assert_eq!((renamed.label(), replaced.label()), ("/a".to_owned(), "/b".to_owned()));
    }
}
