//! `fallback`.

use super::{expect_errors, expect_valid, read};

fn stations(stations: &[&str]) -> String {
    stations.iter().map(|lines| format!("[[station]]\nmusic = 'station/'\n{lines}\n")).collect()
}

#[test]
fn fallback_is_the_mount_of_another_station() {
    let fallback = |texts: &[&str]| expect_valid(&stations(texts)).stations[0].fallback.clone();
    assert_eq!(fallback(&["mount = '/a'", "mount = '/b'"]), None);
    assert_eq!(fallback(&["mount = '/a'\nfallback = '/b'", "mount = '/b'"]).as_deref(), Some("/b"));
    // In a chain, and before or after the station that names it.
    let chain = ["mount = '/a'\nfallback = '/c'", "mount = '/b'", "mount = '/c'\nfallback = '/b'"];
    assert_eq!(fallback(&chain).as_deref(), Some("/c"));
    let rendition = "mount = '/b'\nrendition = [{ mount = '/b-64', bitrate = 64 }]";
    if crate::transcode::Mp3Encoder::IS_AVAILABLE {
        let found = fallback(&["mount = '/a'\nfallback = '/b-64'", rendition]);
        assert_eq!(found.as_deref(), Some("/b-64"));
        let own = ["mount = '/b'\nfallback = '/b-64'\nrendition = [{ mount = '/b-64', bitrate = 64 }]"];
        expect_errors(&stations(&own), &["\"/b-64\" is a rendition of this station"]);
    }
}

#[test]
fn fallback_to_which_no_listener_can_be_moved_is_an_error() {
    let error = |texts: &[&str], expected: &[&str]| expect_errors(&stations(texts), expected);
    error(
        &["mount = '/a'\nfallback = '/c'", "mount = '/b'"],
        &["f:4: [[station]] fallback: \"/c\" is the mount of no station"],
    );
    error(&["mount = '/a'\nfallback = '/a'"], &["f:4: [[station]] fallback: \"/a\" is this station"]);
    error(
        &["mount = '/a'\nfallback = '/b'", "mount = '/b'\nfallback = '/a'"],
        &[
            "f:4: [[station]] fallback: \"/b\" leads back to \"/a\"",
            "f:8: [[station]] fallback: \"/a\" leads back",
        ],
    );
    // A circle is reported where it is, and not where it begins to matter.
    let circle =
        ["mount = '/a'\nfallback = '/b'", "mount = '/b'\nfallback = '/c'", "mount = '/c'\nfallback = '/b'"];
    error(&circle, &["f:8: [[station]] fallback", "f:12: [[station]] fallback"]);
    error(
        &["mount = '/a'\nfallback = '/b'", "mount = '/b'\ncodec = 'aac'"],
        &["f:4: [[station]] fallback: \"/b\" plays AAC, and this station plays MP3: players cannot follow"],
    );
    error(&["mount = '/a'\nfallback = 'b'"], &["f:4: [[station]] fallback: 'b'"]);
    error(&["mount = '/a'\nfallback = 5"], &["f:4: [[station]] fallback: 5 is invalid, expected a string"]);
    error(&["mount = '/a'\nfallback_mount = '/b'"], &["did you mean \"fallback\"?"]);
}

#[test]
fn fallback_input_and_overflow_are_mounts_that_lead_back_to_no_station() {
    let texts =
        ["mount = '/a'\nfallback_input = '/b'\noverflow = '/b'\nonly_while_on_air = true", "mount = '/b'"];
    let found = expect_valid(&stations(&texts)).stations;
    assert_eq!((found[0].fallback_input.as_deref(), found[0].overflow.as_deref()), (Some("/b"), Some("/b")));
    assert_eq!((found[0].only_while_on_air, found[1].only_while_on_air), (true, false));
    let error = |texts: &[&str], expected: &[&str]| expect_errors(&stations(texts), expected);
    error(
        &["mount = '/a'\nfallback_input = '/a'\noverflow = '/a'"],
        &[
            "f:4: [[station]] fallback_input: \"/a\" is this station",
            "f:5: [[station]] overflow: \"/a\" is this station",
        ],
    );
    error(
        &["mount = '/a'\nfallback_input = '/b'", "mount = '/b'\nfallback_input = '/a'"],
        &[
            "f:4: [[station]] fallback_input: \"/b\" leads back",
            "f:8: [[station]] fallback_input: \"/a\" leads back",
        ],
    );
    error(
        &["mount = '/a'\nfallback_input = '/b'", "mount = '/b'\ncodec = 'aac'"],
        &["f:4: [[station]] fallback_input: \"/b\" plays AAC, and this station plays MP3"],
    );
    let chain = |count: usize| -> Vec<String> {
        let next =
            |at: usize| if at < count { format!("fallback_input = '/c{}'", at + 1) } else { String::new() };
        (1..=count).map(|at| format!("mount = '/c{at}'\n{}", next(at))).collect()
    };
    let [longest, longer] = [16, 17].map(chain);
    expect_valid(&stations(&longest.iter().map(String::as_str).collect::<Vec<_>>()));
    error(
        &longer.iter().map(String::as_str).collect::<Vec<_>>(),
        &["f:4: [[station]] fallback_input: \"/c2\" makes a chain of more than 16 stations"],
    );
    // Two stations that send each other their newcomers are no circle: a listener is refused at the end.
    expect_valid(&stations(&["mount = '/a'\noverflow = '/b'", "mount = '/b'\noverflow = '/a'"]));
}

#[test]
fn mount_that_only_a_source_can_make_is_no_error() {
    let text = stations(&["mount = '/a'\nfallback_input = '/c'\noverflow = '/d'", "mount = '/b'"]);
    let (_, errors, warnings) = read(&text);
    assert!(errors.is_empty(), "{errors:?}");
    for key in ["fallback_input: \"/c\"", "overflow: \"/d\""] {
        let expected = format!("{key} has no effect: it is the mount of no station");
        assert!(warnings.iter().any(|warning| warning.contains(&expected)), "{warnings:?}");
    }
    let with_unlisted = format!("{text}[unlisted]\nsource_password = 'a long swim'\n");
    assert!(read(&with_unlisted).2.is_empty());
}

#[test]
fn station_with_a_fallback_input_needs_nothing_else() {
    let text =
        "[[station]]\nmount = '/a'\nfallback_input = '/b'\n[[station]]\nmount = '/b'\nmusic = 'station/'\n";
    assert!(expect_valid(text).stations[0].music.is_empty());
}
