//! Tests of a station's entry in a directory, with responses as directories send them.

use super::*;
use crate::settings::DirectorySettings;

fn at(seconds: u64) -> Time {
    Time::after_start(Duration::from_secs(seconds))
}

fn listing(name: &str, title: &str) -> Option<Listing> {
    let info = ListingInfo { name: name.into(), ..ListingInfo::default() };
    Some(Listing { id: 1, info, title: title.into(), ..Listing::default() })
}

/// Returns a station that should be listed from second 0 on.
fn entry() -> DirectoryEntry {
    let mut entry = DirectoryEntry::new(DirectorySettings::TOUCH_INTERVAL, at(0));
    entry.update(listing("Harbour FM", "A"), at(0));
    entry
}

fn accepted(sid: &str, touch_interval: Option<u64>) -> YpResponse {
    YpResponse::Accepted { sid: sid.into(), touch_interval: touch_interval.map(Duration::from_secs) }
}

fn failed() -> YpResponse {
    YpResponse::Failed("refused".into())
}

fn refused() -> YpResponse {
    YpResponse::parse(200, |name| (name == "ypresponse").then_some("0"))
}

/// Checks the next request, and when it is due.
#[track_caller]
fn check(entry: &DirectoryEntry, due: Option<u64>, expected: &str) {
    assert_eq!(entry.due(), due.map(at));
    let request = entry.next_request().map(|request| match request {
        YpRequest::Add(listing) => format!("add {}", listing.info.name),
        YpRequest::Touch { sid, listing } => format!("touch {sid} {}", listing.title),
        YpRequest::Remove { sid } => format!("remove {sid}"),
    });
    assert_eq!(request.unwrap_or_default(), expected);
}

fn listed() -> DirectoryEntry {
    let mut entry = entry();
    assert_eq!(entry.handle_response(accepted("x", Some(200)), at(1)), ListingChange::Listed);
    entry
}

#[test]
fn station_is_added_and_touched_at_the_requested_interval() {
    let mut entry = entry();
    check(&entry, Some(0), "add Harbour FM");
    assert_eq!(entry.handle_response(accepted("x", Some(200)), at(1)), ListingChange::Listed);
    check(&entry, Some(6), "touch x A");
    entry.update(listing("Harbour FM", "B"), at(4));
    assert_eq!(entry.handle_response(accepted("", None), at(7)), ListingChange::None);
    check(&entry, Some(207), "touch x B");
}

#[test]
fn touch_interval_is_limited() {
    for (requested, used) in
        [(Some(0), 30), (Some(29), 30), (Some(600), 600), (None, 200), (Some(u64::MAX), 86_400)]
    {
        let mut entry = entry();
        entry.handle_response(accepted("x", requested), at(0));
        entry.handle_response(accepted("x", None), at(5));
        assert_eq!(entry.due(), Some(at(5 + used)), "{requested:?}");
    }
}

#[test]
fn interval_of_the_settings_is_used_if_the_directory_requests_none() {
    let mut entry = DirectoryEntry::new(Duration::from_secs(300), at(0));
    entry.update(listing("Harbour FM", "A"), at(0));
    entry.handle_response(accepted("x", None), at(0));
    entry.handle_response(accepted("x", None), at(5));
    assert_eq!(entry.due(), Some(at(305)));
}

#[test]
fn refused_station_is_added_again_much_later() {
    let mut entry = entry();
    assert!(matches!(entry.handle_response(refused(), at(1)), ListingChange::Refused(_)));
    check(&entry, Some(7201), "add Harbour FM");
    assert!(matches!(entry.handle_response(failed(), at(7201)), ListingChange::Failed(_)));
    check(&entry, Some(8401), "add Harbour FM");
    assert!(
        matches!(entry.handle_response(accepted("", None), at(8401)), ListingChange::Failed(_)),
        "a listing has an SID"
    );
    check(&entry, Some(9601), "add Harbour FM");
}

#[test]
fn station_that_the_directory_no_longer_lists_is_added_again() {
    for response in [refused(), failed()] {
        let mut entry = listed();
        entry.handle_response(response, at(6));
        check(&entry, Some(1206), "add Harbour FM");
    }
}

#[test]
fn short_silence_does_not_remove_a_station() {
    let mut entry = listed();
    entry.update(None, at(10));
    entry.update(None, at(69));
    check(&entry, Some(6), "touch x A");
    entry.update(listing("Harbour FM", "B"), at(69));
    entry.update(None, at(100));
    entry.update(None, at(160));
    check(&entry, Some(0), "remove x");
    assert_eq!(
        entry.handle_response(failed(), at(161)),
        ListingChange::Removed,
        "the directory removes it by itself"
    );
    check(&entry, None, "");
    entry.update(listing("Harbour FM", "C"), at(200));
    check(&entry, Some(161), "add Harbour FM");
}

#[test]
fn silent_station_is_not_added() {
    let mut entry = entry();
    entry.update(None, at(10));
    assert_eq!(entry.due(), None);
}

#[test]
fn renamed_station_is_removed_and_added_again() {
    let mut entry = listed();
    entry.update(listing("Harbour FM at night", "A"), at(2));
    check(&entry, Some(6), "remove x");
    assert_eq!(entry.handle_response(accepted("", None), at(7)), ListingChange::None);
    check(&entry, Some(7), "add Harbour FM at night");
}

/// With tracks at variable bit rates, or at several bit rates, the mean changes every few seconds.
#[test]
fn changed_bit_rate_does_not_remove_a_station() {
    let mut entry = listed();
    let info = ListingInfo {
        name: "Harbour FM".into(),
        kbps: 131,
        audio_info: "bitrate=131".into(),
        ..ListingInfo::default()
    };
    entry.update(Some(Listing { id: 1, info, title: "B".into(), ..Listing::default() }), at(4));
    check(&entry, Some(6), "touch x B");
}

#[test]
fn failure_postpones_stations_not_listed_and_keeps_listed_ones() {
    let (mut waiting, mut listed) = (entry(), listed());
    waiting.postpone(at(10));
    listed.postpone(at(10));
    assert_eq!((waiting.due(), listed.due()), (Some(at(1210)), Some(at(6))));
    assert_eq!(waiting.removal_request(), None);
    assert!(matches!(listed.removal_request(), Some(YpRequest::Remove { sid: "x" })));
}

fn with_kbps(kbps: u32, is_from_source: bool) -> Option<Listing> {
    let info = ListingInfo {
        name: "Harbour FM".into(),
        kbps,
        audio_info: format!("bitrate={kbps}"),
        ..ListingInfo::default()
    };
    Some(Listing { id: 1, info, title: "A".into(), is_from_source, ..Listing::default() })
}

/// Returns a station that the directory lists with 64 kbit/s since second 0.
fn listed_with_64(is_from_source: bool) -> DirectoryEntry {
    let mut entry = DirectoryEntry::new(DirectorySettings::TOUCH_INTERVAL, at(0));
    entry.update(with_kbps(64, is_from_source), at(0));
    entry.handle_response(accepted("x", Some(200)), at(0));
    entry
}

/// Reports `kbps` every five seconds from `from` to `to`.
fn report(entry: &mut DirectoryEntry, kbps: impl Fn(u64) -> u32, is_from_source: bool, from: u64, to: u64) {
    (from..=to)
        .step_by(5)
        .for_each(|second| entry.update(with_kbps(kbps(second), is_from_source), at(second)));
}

#[test]
fn listing_with_another_bit_rate_is_corrected_at_the_next_touch_once_it_is_steady() {
    for (is_from_source, steady) in [(true, 30), (false, 600)] {
        let mut entry = listed_with_64(is_from_source);
        report(&mut entry, |_| 96, is_from_source, 5, steady);
        check(&entry, Some(5), "touch x A");
        report(&mut entry, |_| 96, is_from_source, steady + 5, steady + 5);
        check(&entry, Some(5), "remove x");
        assert_eq!(entry.handle_response(accepted("", None), at(steady + 6)), ListingChange::None);
        check(&entry, Some(steady + 6), "add Harbour FM");
        entry.handle_response(accepted("y", Some(200)), at(steady + 7));
        report(&mut entry, |_| 96, is_from_source, steady + 10, steady + 700);
        check(&entry, Some(steady + 12), "touch y A");
    }
}

#[test]
fn bit_rate_that_changes_all_the_time_corrects_nothing() {
    // The mean of music with variable bit rate, and files that differ.
    for (changes_after, is_from_source) in [(5, true), (25, true), (300, false)] {
        let mut entry = listed_with_64(is_from_source);
        let kbps = |second: u64| 60 + (second / changes_after % 7) as u32;
        for second in (5..4000).step_by(5) {
            report(&mut entry, kbps, is_from_source, second, second);
            check(&entry, Some(5), "touch x A");
        }
    }
}

#[test]
fn listing_is_corrected_at_most_every_ten_minutes() {
    let mut entry = listed_with_64(true);
    let mut corrections = Vec::new();
    for second in (5..3600).step_by(5) {
        report(&mut entry, |second| if second / 60 % 2 == 0 { 64 } else { 96 }, true, second, second);
        if matches!(entry.next_request(), Some(YpRequest::Remove { .. })) {
            corrections.push(second);
            entry.handle_response(accepted("", None), at(second));
            entry.handle_response(accepted("x", Some(200)), at(second));
        }
    }
    assert!((2..=6).contains(&corrections.len()), "{corrections:?}");
    assert!(corrections.windows(2).all(|pair| pair[1] - pair[0] >= 600), "{corrections:?}");
}

#[test]
fn bit_rate_that_returns_before_the_next_touch_corrects_nothing() {
    let mut entry = listed_with_64(true);
    report(&mut entry, |_| 96, true, 5, 60);
    check(&entry, Some(5), "remove x");
    report(&mut entry, |_| 64, true, 65, 65);
    check(&entry, Some(5), "touch x A");
}

/// Counts how often a station is removed and added again within an hour, if `listing` tells what is reported
/// in each minute, and fails if two of these are less than ten minutes apart.
fn corrections(listing: impl Fn(u64) -> Option<Listing>) -> usize {
    let mut entry = DirectoryEntry::new(DirectorySettings::TOUCH_INTERVAL, at(0));
    entry.update(listing(0), at(0));
    entry.handle_response(accepted("x", Some(30)), at(0));
    let mut corrections = Vec::new();
    for second in (5..3600).step_by(5) {
        entry.update(listing(second / 60), at(second));
        match entry.next_request() {
            Some(YpRequest::Remove { .. }) => {
                corrections.push(second);
                entry.handle_response(accepted("", None), at(second));
                entry.handle_response(accepted("x", Some(30)), at(second));
            }
            _ => {
                entry.handle_response(accepted("", None), at(second));
            }
        }
    }
    assert!(corrections.windows(2).all(|pair| pair[1] - pair[0] >= 600), "{corrections:?}");
    corrections.len()
}

#[test]
fn station_that_becomes_another_one_all_the_time_is_added_again_at_most_every_ten_minutes() {
    let with_type = |content_type: &str| {
        listing("Harbour FM", "A").map(|mut listing| {
            listing.info.content_type = content_type.into();
            listing
        })
    };
    let codecs = ["audio/mpeg", "audio/aac"];
    let by_codec = corrections(|minute| with_type(codecs[minute as usize % 2]));
    let by_name = corrections(|minute| listing(&format!("Harbour FM {minute}"), "A"));
    assert!((5..=6).contains(&by_codec) && (5..=6).contains(&by_name), "{by_codec} {by_name}");
}

#[test]
fn station_that_was_absent_returns_at_once_with_its_new_name() {
    let mut entry = listed();
    entry.update(listing("Harbour FM at night", "A"), at(2));
    entry.handle_response(accepted("", None), at(7));
    entry.handle_response(accepted("y", Some(200)), at(8));
    entry.update(None, at(20));
    entry.update(None, at(80));
    check(&entry, Some(0), "remove y");
    assert_eq!(entry.handle_response(accepted("", None), at(81)), ListingChange::Removed);
    entry.update(listing("Harbour FM", "A"), at(90));
    check(&entry, Some(81), "add Harbour FM");
}
