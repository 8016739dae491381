//! Tests of the ban file: bans that survive a restart, invalid lines and write errors.

use std::fs::{self, Permissions};

use super::*;
use crate::bans::BanTarget;

fn open(folder: &Path) -> Result<(BanFile, Box<dyn BanStore + Send>, Bans), String> {
    BanFile::open(folder, FirstWrite::AtOnce, Box::new(|| {}))
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// Returns a temporary directory, and the state directory in it, in which these addresses and one program are
/// banned.
fn state_after_bans(addresses: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("var/state");
    let (file, mut store, mut bans) = open(&state).expect("it can be made");
    for address in addresses {
        bans.add(
            BanTarget::parse_network(address).expect(address),
            "",
            Duration::from_millis(1_741_083_072_500),
        )
        .expect("room");
        store.store(&bans);
    }
    bans.add(BanTarget::parse_agent("Evil\"Bot\\*").expect("a name"), "</b>\n\u{1b}", Duration::ZERO)
        .expect("room");
    store.store(&bans);
    file.flush();
    (folder, state)
}

fn shown(bans: &Bans) -> Vec<String> {
    bans.all().map(|ban| format!("{} {} {}", ban.id, ban.target, ban.reason.escape_debug())).collect()
}

#[test]
fn stored_bans_are_loaded_by_the_next_run() {
    let (_folder, state) = state_after_bans(&["203.0.113.0/24", "2001:db8::/64"]);
    let text = fs::read_to_string(state.join(FILE_NAME)).expect("a file");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with('#'));
    assert_eq!(
        lines[1],
        r#"{"id":1,"kind":"address","value":"203.0.113.0/24","reason":"","since":"2025-03-04T10:11:12.500Z"}"#
    );
    assert_eq!(lines.len(), 4, "a reason with a line end is one line");
    let (file, _, bans) = open(&state).expect("it is there");
    assert_eq!(shown(&bans), ["1 203.0.113.0/24 ", "2 2001:db8::/64 ", "3 Evil\"Bot\\* </b>\\n\\u{1b}"]);
    assert_eq!(bans.all().next().map(|ban| ban.since), Some(Duration::from_millis(1_741_083_072_500)));
    drop(file);
}

#[test]
fn file_with_invalid_lines_is_quarantined_and_valid_bans_stay() {
    let (_folder, state) = state_after_bans(&["203.0.113.0/24"]);
    let path = state.join(FILE_NAME);
    for number in 1..3 {
        let before = fs::read_to_string(&path).expect("a file");
        let broken = format!("{before}{{\"id\":9,\"ki\n\u{0}\n198.51.100.7;255;\n192.0.2.1;0;extra\n");
        fs::write(&path, &broken).expect("it can be written");
        let (_, _, bans) = open(&state).expect("it is there");
        assert_eq!(shown(&bans).len(), 4, "{:?}", shown(&bans));
        assert!(
            bans.is_address_banned([198, 51, 100, 7].into())
                && !bans.is_address_banned([198, 51, 100, 8].into())
        );
        assert!(bans.is_address_banned([192, 0, 2, 200].into()), "a mask of 0 is for 256 addresses");
        let quarantined =
            fs::read_to_string(path.with_extension(format!("broken-{number}"))).expect("it is quarantined");
        assert_eq!(quarantined, broken);
    }
    assert!(open(&state).is_ok() && !path.with_extension("broken-3").exists(), "the rewritten file is valid");
}

#[test]
fn valid_lines_are_parsed_and_others_refused() {
    for (line, what) in [
        (r#"{"kind":"agent","value":"EvilBot"}"#, Some("EvilBot")),
        (r#"{"kind":"address","value":"2001:db8::1"}"#, Some("2001:db8::1")),
        ("203.0.113.9;255;", Some("203.0.113.9")),
        ("203.0.113.9;0;", Some("203.0.113.0/24")),
        ("203.0.113.9;255", Some("203.0.113.9")),
        ("203.0.113.9", None),
        ("203.0.113.9;8;", None),
        ("127.0.0.1;255;", None),
        (r#"{"kind":"address","value":"0.0.0.0/0"}"#, None),
        (r#"{"kind":"colour","value":"blue"}"#, None),
        (r#"{"kind":"agent","value":"EvilBot","since":"yesterday"}"#, None),
        (r#"{"kind":"agent"}"#, None),
        ("{", None),
    ] {
        assert_eq!(line::parse_line(line).ok().map(|ban| ban.target.to_string()).as_deref(), what, "{line}");
    }
}

#[test]
fn failed_write_is_logged_once_and_retried() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("gone").join(FILE_NAME);
    let (outbox, results) = result_channel(RESULTS_MAX, Box::new(|| {}));
    let unwritten = Some((7, BanList::new()));
    let mut writer = BanFileWriter { path: path.clone(), unwritten, failed: false, outbox };
    writer.write();
    assert_eq!(results.poll(), Some(StoreResult { version: 7, is_saved: false }));
    assert!(writer.failed && writer.unwritten.is_some(), "the list waits for the next attempt");
    fs::create_dir(folder.path().join("gone")).expect("it can be made");
    writer.write();
    assert!(!writer.failed && path.exists() && writer.unwritten.is_none());
    assert_eq!(results.poll(), Some(StoreResult { version: 7, is_saved: true }));
}

/// The disk is full, or was mounted read-only after an error. The radio must still start.
#[test]
fn file_that_cannot_be_written_is_read_and_written_later() {
    let (_folder, state) = state_after_bans(&["203.0.113.0/24"]);
    let in_the_way = state.join(FILE_NAME).with_extension("new");
    fs::create_dir(&in_the_way).expect("it can be made");
    let (file, mut store, bans) = open(&state).expect("the bans can be read");
    assert_eq!(bans.all().count(), 2);
    store.store(&Bans::default());
    file.flush();
    assert_eq!(store.poll(), Some(StoreResult { version: 1, is_saved: false }));
    fs::remove_dir(&in_the_way).expect("it is empty");
    file.flush();
    assert_eq!(store.poll(), Some(StoreResult { version: 1, is_saved: true }));
}

#[test]
fn unusable_state_directory_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("it can be written");
    let error = open(&file.join("state")).expect_err("a file is no folder");
    assert!(
        error.starts_with("cannot create the state directory ") && error.contains("file/state"),
        "{error}"
    );
    fs::create_dir_all(folder.path().join("state").join(FILE_NAME)).expect("it can be made");
    let error = open(&folder.path().join("state")).expect_err("a folder is no file");
    assert!(error.starts_with("cannot store bans in ") && error.contains(FILE_NAME), "{error}");
}

#[test]
fn state_is_private_and_an_existing_mode_is_kept() {
    let (_folder, state) = state_after_bans(&["203.0.113.0/24"]);
    let path = state.join(FILE_NAME);
    assert_eq!((mode_of(&state) & !0o700, mode_of(&path) & !0o600), (0, 0));
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("our own file");
    let mut text = fs::read_to_string(&path).expect("a file");
    text.push_str("invalid\n");
    fs::write(&path, text).expect("room");
    open(&state).expect("it is there");
    assert_eq!(mode_of(&path), 0o640, "the operator has chosen this mode");
    assert_eq!(mode_of(&path.with_extension("broken-1")) & !0o600, 0);
    assert!(!path.with_extension("new").exists());
}

#[test]
fn links_in_the_state_directory_are_not_followed() {
    let (folder, state) = state_after_bans(&["203.0.113.0/24"]);
    let (path, victim) = (state.join(FILE_NAME), folder.path().join("victim"));
    fs::write(&victim, "mine").expect("room");
    std::os::unix::fs::symlink(&victim, path.with_extension("new")).expect("a link");
    std::os::unix::fs::symlink(&victim, path.with_extension("broken-1")).expect("a link");
    fs::write(&path, "invalid").expect("room");
    open(&state).expect("it is there");
    assert!(path.with_extension("broken-2").exists());
    assert_eq!(fs::read_to_string(&victim).expect("a file"), "mine");
    fs::remove_file(&path).expect("it is there");
    std::os::unix::fs::symlink(&victim, &path).expect("a link");
    let error = open(&state).expect_err("a link");
    assert!(
        error.starts_with("cannot store bans in ") && error.ends_with("it is a symbolic link"),
        "{error}"
    );
}

#[test]
fn state_that_others_can_change_causes_a_warning() {
    let (_folder, state) = state_after_bans(&[]);
    let path = state.join(FILE_NAME);
    assert_eq!(check_access(&state, &path), Vec::<String>::new());
    fs::set_permissions(&state, Permissions::from_mode(0o1777)).expect("our own directory");
    fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("our own file");
    let warnings = check_access(&state, &path);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    // A directory of root is as safe as the system itself, so /proc, which others cannot write to, is fine.
    assert_eq!(check_access(Path::new("/proc"), &path).len(), 1, "the file is still writable");
}
