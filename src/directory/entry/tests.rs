use super::*;

fn at(seconds: u64) -> Time {
    Time::after_start(Duration::from_secs(seconds))
}

fn listing(name: &str, title: &str) -> Option<Listing> {
    let about = ListingInfo { name: name.into(), ..ListingInfo::default() };
    Some(Listing { id: 1, info: about, title: title.into(), ..Listing::default() })
}

/// A station that wants to be listed from second 0 on.
fn entry() -> DirectoryEntry {
    let mut entry = DirectoryEntry::new(at(0));
    entry.update(listing("Harbour FM", "A"), at(0));
    entry
}

fn done(sid: &str, every: Option<u64>) -> YpResponse {
    YpResponse::Accepted { sid: sid.into(), touch_interval: every.map(Duration::from_secs) }
}

fn failed() -> YpResponse {
    YpResponse::Failed("refused".into())
}

fn refused() -> YpResponse {
    YpResponse::parse(200, |name| (name == "ypresponse").then_some("0"))
}

/// What is asked when it is due, and when that is.
#[track_caller]
fn check(entry: &DirectoryEntry, due: Option<u64>, asks: &str) {
    assert_eq!(entry.due(), due.map(at));
    let asked = entry.next_request().map(|ask| match ask {
        YpRequest::Add(listing) => format!("add {}", listing.info.name),
        YpRequest::Touch { sid, listing } => format!("touch {sid} {}", listing.title),
        YpRequest::Remove { sid } => format!("remove {sid}"),
    });
    assert_eq!(asked.unwrap_or_default(), asks);
}

fn listed() -> DirectoryEntry {
    let mut entry = entry();
    assert_eq!(entry.handle_response(done("x", Some(200)), at(1)), ListingChange::Listed);
    entry
}

#[test]
fn a_station_is_added_and_touched_as_often_as_the_directory_wants() {
    let mut entry = entry();
    check(&entry, Some(0), "add Harbour FM");
    assert_eq!(entry.handle_response(done("x", Some(200)), at(1)), ListingChange::Listed);
    check(&entry, Some(6), "touch x A");
    entry.update(listing("Harbour FM", "B"), at(4));
    assert_eq!(entry.handle_response(done("", None), at(7)), ListingChange::None);
    check(&entry, Some(207), "touch x B");
}

#[test]
fn no_directory_is_touched_all_the_time_or_never() {
    for (wants, gets) in
        [(Some(0), 30), (Some(29), 30), (Some(600), 600), (None, 200), (Some(u64::MAX), 86_400)]
    {
        let mut entry = entry();
        entry.handle_response(done("x", wants), at(0));
        entry.handle_response(done("x", None), at(5));
        assert_eq!(entry.due(), Some(at(5 + gets)), "{wants:?}");
    }
}

#[test]
fn who_is_not_listed_asks_again_much_later() {
    let mut entry = entry();
    assert!(matches!(entry.handle_response(refused(), at(1)), ListingChange::Refused(_)));
    check(&entry, Some(7201), "add Harbour FM");
    assert!(matches!(entry.handle_response(failed(), at(7201)), ListingChange::Failed(_)));
    check(&entry, Some(8401), "add Harbour FM");
    assert!(
        matches!(entry.handle_response(done("", None), at(8401)), ListingChange::Failed(_)),
        "a listing has a name"
    );
    check(&entry, Some(9601), "add Harbour FM");
}

#[test]
fn where_the_directory_forgot_a_station_it_is_added_anew() {
    for answer in [refused(), failed()] {
        let mut entry = listed();
        entry.handle_response(answer, at(6));
        check(&entry, Some(1206), "add Harbour FM");
    }
}

#[test]
fn a_short_silence_is_nobodys_business() {
    let mut entry = listed();
    entry.update(None, at(10));
    entry.update(None, at(69));
    check(&entry, Some(6), "touch x A");
    entry.update(listing("Harbour FM", "B"), at(69));
    entry.update(None, at(100));
    entry.update(None, at(160));
    check(&entry, Some(0), "remove x");
    assert_eq!(entry.handle_response(failed(), at(161)), ListingChange::Removed, "it will forget by itself");
    check(&entry, None, "");
    entry.update(listing("Harbour FM", "C"), at(200));
    check(&entry, Some(161), "add Harbour FM");
}

#[test]
fn who_is_silent_is_not_added() {
    let mut entry = entry();
    entry.update(None, at(10));
    assert_eq!(entry.due(), None);
}

#[test]
fn who_calls_himself_otherwise_is_added_anew() {
    let mut entry = listed();
    entry.update(listing("Harbour FM at night", "A"), at(2));
    check(&entry, Some(6), "remove x");
    assert_eq!(entry.handle_response(done("", None), at(7)), ListingChange::None);
    check(&entry, Some(7), "add Harbour FM at night");
}

/// Of tracks at variable bit rates, or at several, the mean is another one every few seconds.
#[test]
fn another_bit_rate_is_no_other_station() {
    let mut entry = listed();
    let about = ListingInfo {
        name: "Harbour FM".into(),
        kbps: 131,
        audio_info: "bitrate=131".into(),
        ..ListingInfo::default()
    };
    entry.update(Some(Listing { id: 1, info: about, title: "B".into(), ..Listing::default() }), at(4));
    check(&entry, Some(6), "touch x B");
}

#[test]
fn what_holds_for_one_holds_for_all() {
    let (mut waiting, mut listed) = (entry(), listed());
    waiting.postpone(at(10));
    listed.postpone(at(10));
    assert_eq!((waiting.due(), listed.due()), (Some(at(1210)), Some(at(6))));
    assert_eq!(waiting.removal_request(), None);
    assert!(matches!(listed.removal_request(), Some(YpRequest::Remove { sid: "x" })));
}
