//! Reloads that change the music of a station, its format or its fallback.

use std::collections::HashMap;

use coldwave::settings::{FormatSettings, StationSettings};

use super::{SECOND, assert_undisturbed, given, tune_in_to_all};
use crate::world::{World, seed};

/// A station with music in this directory. Its input plays tracks of 13 s: `/a 1`, `/a 2` and so on.
fn with_music(music: &str) -> StationSettings {
    StationSettings { music: vec![music.into()], ..given(1, "/a") }
}

/// Runs a station with music, reloads its settings after 2 s, and returns the titles that a listener has
/// heard after 20 s without a gap.
fn titles_after(changed: StationSettings) -> Vec<String> {
    let mut world = World::with(seed(81), Vec::new());
    world.reload(vec![with_music("old"), given(2, "/b")]);
    let listeners = tune_in_to_all(&mut world, &["/a", "/b"]);
    world.pass(2 * SECOND);
    world.reload(vec![changed, given(2, "/b")]);
    world.pass(18 * SECOND);
    assert_undisturbed(&world, &listeners, 20 * SECOND);
    world.ear(listeners[0]).titles.clone()
}

#[test]
fn music_that_stays_goes_on() {
    let shuffle = |shuffle| StationSettings { shuffle, ..with_music("old") };
    let renamed = StationSettings { name: "New".into(), metaint: 777, ..with_music("old") };
    for changed in [with_music("old"), shuffle(false), renamed] {
        assert_eq!(titles_after(changed), ["/a 1", "/a 2"]);
    }
}

#[test]
fn changed_music_begins_with_its_first_track_when_the_track_on_air_has_ended() {
    let mut charset = with_music("old");
    charset.sources.charset = Some("koi8-r".into());
    for changed in [
        with_music("new"),
        StationSettings { shuffle: true, ..with_music("old") },
        StationSettings { loudness: Some(-16.0), ..with_music("old") },
        charset,
    ] {
        // The title of the new first track is that of the old one.
        assert_eq!(titles_after(changed), ["/a 1"]);
    }
}

#[test]
fn charset_by_another_name_changes_nothing() {
    let mut settings = with_music("old");
    settings.sources.charset = Some("cp1252".into());
    assert!(settings.has_same_music(&with_music("old")));
    assert_eq!(titles_after(settings), ["/a 1", "/a 2"]);
}

#[test]
fn removed_music_ends_after_its_track_and_added_music_begins() {
    let mut world = World::with(seed(82), Vec::new());
    world.reload(vec![with_music("old")]);
    let listener = tune_in_to_all(&mut world, &["/a"])[0];
    world.pass(2 * SECOND);
    let plan = world.server.plan_stations(vec![given(1, "/a")]).expect("one station");
    assert_eq!(plan.needs_inputs().count(), 1, "it has other inputs: none");
    world.server.apply_plan(plan, HashMap::new(), world.now);
    world.pass(20 * SECOND);
    assert_eq!(world.ear(listener).titles, ["/a 1", ""]);
    world.reload(vec![with_music("new")]);
    world.pass(8 * SECOND);
    assert_eq!(world.ear(listener).titles, ["/a 1", "", "/a 1"]);
    assert_eq!(world.ear(listener).skips, 0);
}

#[test]
fn changed_format_that_the_new_music_does_not_have_yet_disconnects_no_listener() {
    let format = FormatSettings { rate: Some(48_000), ..FormatSettings::default() };
    // The input of the test goes on at 44.1 kHz, as files do that cannot be converted.
    assert_eq!(titles_after(StationSettings { format, ..with_music("old") }), ["/a 1"]);
}
