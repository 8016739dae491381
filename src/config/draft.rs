//! Stations and renditions as they are read, before it is known that their ids and mounts differ.

use std::collections::{HashMap, HashSet};

use super::keys::TableSchema;
use super::problems::Problems;
use super::ranges::ID;
use crate::settings::StationSettings;

/// Something about each of the stations that a station names.
#[derive(Debug, Clone, Copy, Default)]
pub struct OtherStations<T> {
    pub fallback: Option<T>,
    pub input: Option<T>,
    pub overflow: Option<T>,
}

/// A station or a rendition, and the byte offsets in the file of what no other may have.
pub struct StationDraft {
    pub settings: StationSettings,
    /// The kind of its table.
    pub schema: &'static TableSchema,
    /// Where its table begins.
    pub start: usize,
    pub id_at: usize,
    /// `None` if a mount that is required is missing.
    pub mount_at: Option<usize>,
    /// Where it names other stations.
    pub others_at: OtherStations<usize>,
}

impl StationDraft {
    /// Returns the name of what it is.
    fn kind(&self) -> &'static str {
        if self.is_rendition() { "rendition" } else { "station" }
    }

    fn is_rendition(&self) -> bool {
        self.settings.rendition.is_some()
    }
}

/// Gives each station without an id the number of its place in the file, which it has already, or the lowest
/// free number if another table is given that one. An id that is given thus never excludes one that is not.
pub fn number_stations(drafts: &mut [StationDraft]) {
    let given = drafts.iter().filter(|draft| draft.settings.has_explicit_id);
    let mut taken: HashSet<u32> = given.map(|draft| draft.settings.id).collect();
    let is_counted = |draft: &&mut StationDraft| !draft.is_rendition() && !draft.settings.has_explicit_id;
    let mut counted: Vec<_> = drafts.iter_mut().filter(is_counted).collect();
    counted.retain(|draft| !taken.insert(draft.settings.id));
    let free = ID.range.filter(|id| !taken.contains(id));
    for (draft, id) in counted.into_iter().zip(free) {
        draft.settings.id = id;
    }
}

/// Gives each rendition without an id the next free number above the ids of all stations, in the order of the
/// file. So a rendition renumbers no station.
pub fn number_renditions(drafts: &mut [StationDraft], problems: &mut Problems<'_>) {
    let (renditions, stations): (Vec<_>, Vec<_>) = drafts.iter().partition(|draft| draft.is_rendition());
    let highest = stations.iter().map(|draft| draft.settings.id).max().unwrap_or_default();
    let given: HashSet<u32> = renditions.iter().map(|draft| draft.settings.id).collect();
    let mut free = (highest.saturating_add(1)..=*ID.range.end()).filter(|id| !given.contains(id));
    let without_id = |draft: &&mut StationDraft| draft.is_rendition() && !draft.settings.has_explicit_id;
    for draft in drafts.iter_mut().filter(without_id) {
        match free.next() {
            Some(id) => draft.settings.id = id,
            None => {
                let message = format!("id: is required, because a station has the id {highest}");
                problems.add_missing(draft.start, format!("{} {message}", draft.schema.name));
            }
        }
    }
}

/// Reports stations and renditions that have the id or the mount of an earlier one.
pub fn report_duplicates(drafts: &[StationDraft], problems: &mut Problems<'_>) {
    let (mut ids, mut mounts) = (HashMap::new(), HashMap::new());
    for draft in drafts {
        let name = draft.schema.name;
        let (id, mount) = (draft.settings.id, draft.settings.mount.as_str());
        let first = *ids.entry(id).or_insert(draft);
        // 0 is the id of a rendition for which there is none.
        if !std::ptr::eq(first, draft) && id != 0 {
            let (kind, line) = (first.kind(), problems.line_of_operator(first.id_at));
            let message = format!("{name} id: {id} is already the id of the {kind} in line {line}");
            problems.add_error(draft.id_at, message);
        }
        let Some(at) = draft.mount_at else { continue };
        let (first, first_at) = *mounts.entry(mount).or_insert((draft, at));
        if !std::ptr::eq(first, draft) {
            let (kind, line) = (first.kind(), problems.line_of_operator(first_at));
            let message =
                format!("{name} mount: {mount:?} is already the mount of the {kind} in line {line}");
            problems.add_error(at, message);
        }
    }
}

/// Warns about a rendition that clients get when they name no station.
pub fn warn_of_default_rendition(drafts: &[StationDraft], problems: &mut Problems<'_>) {
    let lowest = drafts.iter().min_by_key(|draft| draft.settings.id);
    if let Some(draft) = lowest.filter(|draft| draft.is_rendition() && draft.settings.has_explicit_id) {
        let (name, id) = (draft.schema.name, draft.settings.id);
        let reason = "is the lowest id, so players get this rendition, and not its station, at / and /stream";
        problems.add_warning(draft.id_at, format!("{name} id: {id} {reason}"));
    }
}
