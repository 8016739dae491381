//! `fallback`.

use super::{expect_errors, expect_valid};

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
