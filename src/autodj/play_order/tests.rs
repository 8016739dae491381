//! Tests of the play order. Each letter in a list represents a track.

use proptest::prelude::*;

use super::*;

fn tracks(list: &str) -> Vec<Track> {
    list.chars().map(|name| Track { path: name.to_string().into(), title: None }).collect()
}

fn started(list: &str, shuffle: Option<u64>) -> PlayOrder {
    let mut order = PlayOrder::new(shuffle);
    order.replace_tracks(tracks(list));
    order.begin_round();
    order
}

/// Plays the next tracks of the round, at most `limit`.
fn play(order: &mut PlayOrder, limit: usize) -> String {
    let next = || {
        let track = order.next()?;
        order.mark_played(track.clone());
        Some(track.path.display().to_string())
    };
    std::iter::from_fn(next).take(limit).collect()
}

fn sorted(list: &str) -> String {
    let mut letters: Vec<char> = list.chars().collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

#[test]
fn list_order_is_kept_without_shuffle() {
    let mut order = started("abcb", None);
    for _ in 0..2 {
        assert_eq!(play(&mut order, 9), "abcb");
        order.begin_round();
    }
}

#[test]
fn shuffle_plays_each_track_once_per_round_and_never_twice_in_a_row() {
    for seed in 0..50 {
        let mut order = started("abcd", Some(seed));
        let mut last = None;
        for _ in 0..20 {
            let round = play(&mut order, 9);
            assert_ne!(last, round.chars().next(), "seed {seed}");
            last = round.chars().last();
            assert_eq!(sorted(&round), "abcd", "seed {seed}");
            order.begin_round();
        }
    }
}

#[test]
fn unplayable_track_does_not_separate_two_repetitions() {
    for seed in 0..50 {
        let mut order = started("abx", Some(seed));
        let mut last = None;
        for _ in 0..100 {
            let Some(track) = order.next() else {
                order.begin_round();
                continue;
            };
            if track.path != Path::new("x") {
                assert_ne!(last.as_ref(), Some(&track), "seed {seed}");
                last = Some(track.clone());
                order.mark_played(track);
            }
        }
    }
}

#[test]
fn same_seed_gives_the_same_order() {
    let list: String = ('a'..='z').collect();
    let round = |seed| play(&mut started(&list, Some(seed)), 99);
    assert_eq!(round(7), round(7));
    assert_ne!(round(7), round(8));
}

#[test]
fn clone_predicts_the_next_tracks() {
    for shuffle in [None, Some(1), Some(2), Some(3)] {
        let mut order = started("abcdb", shuffle);
        let (mut predicted, mut played) = (Vec::new(), String::new());
        for _ in 0..40 {
            let mut clone = order.clone();
            let next = std::iter::repeat_with(|| {
                let track = clone.next_across_rounds().expect("a track");
                clone.mark_played(track.clone());
                track.path.display().to_string()
            });
            predicted.push(next.take(9).collect::<String>());
            played += &play(&mut order, 1);
            if predicted.len() % 5 == 0 {
                order.begin_round();
            }
        }
        for (at, nine) in predicted.iter().enumerate().take(played.len() - 9) {
            assert_eq!(nine, &played[at..at + 9], "{shuffle:?} after {at}");
        }
    }
    assert_eq!(started("", Some(1)).next_across_rounds(), None);
}

/// Replaces the list `before` by `after` once the tracks in `played` were played, and checks that the round
/// continues with `rest`.
#[track_caller]
fn check_change(before: &str, played: &str, after: &str, rest: &str) {
    let mut order = started(before, None);
    assert_eq!(play(&mut order, played.len()), played);
    order.replace_tracks(tracks(after));
    assert_eq!(play(&mut order, 99), rest, "{before} becomes {after} after {played}");
    order.begin_round();
    assert_eq!(play(&mut order, 99), after);
}

#[test]
fn changed_list_continues_after_the_played_tracks() {
    check_change("abcd", "ab", "abcd", "cd");
    check_change("abcd", "ab", "abxcdy", "xcdy");
    check_change("abcd", "ab", "xabcd", "cd");
    check_change("abcd", "ab", "xabcyd", "cyd");
    check_change("abcd", "ab", "abd", "d");
    check_change("abcd", "ab", "acd", "cd");
    check_change("abcd", "ab", "acxd", "cxd");
    check_change("abcd", "ab", "cd", "cd");
    check_change("abcd", "ab", "xcd", "cd");
    check_change("abcd", "ab", "xyz", "xyz");
    check_change("abcd", "abcd", "abcdx", "x");
    check_change("abcd", "abcd", "bcdx", "x");
    check_change("abcd", "ab", "", "");
    check_change("ab", "", "xab", "xab");
    check_change("jajbjc", "jaj", "jxjajbjc", "bjc");
    check_change("jajbjc", "jaj", "jajbjxjc", "bjxjc");
}

proptest! {
    #[test]
    fn shuffled_round_is_completed_after_a_change(
        seed: u64, before in "[a-f]{0,8}", after in "[a-f]{0,8}", played in 0..9usize,
    ) {
        let mut order = started(&before, Some(seed));
        let played = play(&mut order, played);
        order.replace_tracks(tracks(&after));
        let rest = play(&mut order, 99);
        // Each track is played as often as it is listed now, minus the times that it was played. A track that
        // was played and then removed is not played again.
        for letter in 'a'..='f' {
            let count = |list: &str| list.matches(letter).count();
            let (all, now) = (count(&before).max(count(&after)), count(&after));
            prop_assert!(count(&rest) <= now && count(&rest) + count(&played) <= all.max(now));
            prop_assert!(count(&rest) + count(&played) >= now);
        }
        order.begin_round();
        prop_assert_eq!(sorted(&play(&mut order, 99)), sorted(&after));
    }
}

#[test]
fn new_track_may_get_any_position_in_the_rest() {
    let position = |seed| {
        let mut order = started("abcdef", Some(seed));
        play(&mut order, 2);
        order.replace_tracks(tracks("xabcdef"));
        play(&mut order, 99).find('x').expect("x is played in this round")
    };
    let positions: std::collections::BTreeSet<_> = (0..200).map(position).collect();
    assert_eq!(positions.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}
