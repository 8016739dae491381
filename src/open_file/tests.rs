//! Tests of what is opened, and what is refused.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo can be run").success());
}

#[test]
fn only_regular_files_with_a_length_are_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    mkfifo(&at("fifo"));
    symlink(at("fifo"), at("link")).expect("a link");
    let _socket = UnixListener::bind(at("socket")).expect("a socket");
    fs::write(at("empty"), "").expect("room");
    fs::write(at("file"), "abc").expect("room");
    for (path, reason) in [
        (at("fifo"), "it is a named pipe"),
        (at("link"), "it is a named pipe"),
        (at("socket"), "it is a socket"),
        (folder.path().to_owned(), "is a directory"),
        ("/dev/zero".into(), "it is a device"),
        ("/dev/tty".into(), "it is a device"),
        ("/proc/self/status".into(), "the file is empty"),
        (at("empty"), "the file is empty"),
        (at("missing"), "No such file or directory (os error 2)"),
    ] {
        assert_eq!(open_regular(&path).expect_err(reason).to_string(), reason, "{path:?}");
    }
    assert_eq!(open_regular(&at("file")).expect("a file").1.len(), 3);
    check_readable(&at("empty")).expect("an empty file");
    check_readable(&at("fifo")).expect_err("a FIFO");
}

/// The check before the open passes for the file that is replaced afterwards. This test has no race: it
/// opens the FIFO itself, as if it had replaced the file.
#[test]
fn fifo_that_replaces_a_file_after_the_check_opens_at_once_and_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    mkfifo(&fifo);
    let file = OpenOptions::new().read(true).custom_flags(SAFE).open(&fifo).expect("no wait for a writer");
    check_type(&file.metadata().expect("metadata"), FileType::is_file).expect_err("a FIFO");
}

#[test]
fn files_are_read_up_to_their_length_and_the_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    fs::write(&path, "abcdef").expect("room");
    assert_eq!(read_regular(&path, 10).expect("a file"), b"abcdef");
    assert_eq!(read_regular(&path, 3).expect("a file"), b"abcd", "one byte more than allowed");
    assert_eq!(read_regular(Path::new("/proc/self/status"), 10).expect("a file"), b"");
    read_regular(Path::new("/dev/zero"), 10).expect_err("a device");
}

#[test]
fn nothing_below_a_root_is_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("root/a/b")).expect("room");
    fs::create_dir(at("outside")).expect("room");
    fs::write(at("root/a/b/file"), "abcdef").expect("room");
    fs::write(at("root/b"), "no folder").expect("room");
    fs::write(at("outside/file"), "secret").expect("room");
    symlink(at("outside/file"), at("root/a/b/link")).expect("a link");
    symlink(at("outside"), at("root/a/out")).expect("a link");
    symlink(at("root"), at("linked-root")).expect("a link");
    mkfifo(&at("root/a/b/fifo"));
    let read = |root: &str, below: &[&str]| read_below(&at(root), below, 4);
    assert_eq!(read("root", &["a", "b", "file"]).expect("a file"), b"abcde", "one byte more than allowed");
    assert_eq!(read("linked-root", &["a", "b", "file"]).expect("a file"), b"abcde");
    for (below, at_fault, reason) in [
        (
            &["a", "b", "link"],
            "root/a/b/link",
            "cannot be read: it is a symbolic link, which is not followed",
        ),
        (&["a", "b", "fifo"], "root/a/b/fifo", "cannot be read: it is not a regular file"),
        (&["a", "out", "file"], "root/a/out", "cannot be read: it is a symbolic link, which is not followed"),
        (&["a", "b", "missing"], "root/a/b/missing", "does not exist"),
        (&["a", "missing", "file"], "root/a/missing", "does not exist"),
        (&["b", "..", "file"], "root/b", "is not a directory"),
    ] {
        let BelowError { path, error } = read("root", below).expect_err(reason);
        assert_eq!((path, describe_error(&error)), (at(at_fault), reason.to_owned()), "{below:?}");
    }
    let error = read("root", &["a", "b"]).expect_err("a folder").error;
    assert_eq!(describe_error(&error), "is a directory, not a file");
    assert_eq!(read("missing", &["a"]).expect_err("no root").path, at("missing"));
    read("root", &[]).expect_err("no file");
}

#[test]
fn state_files_are_private_and_never_links() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    create_private(&at("state")).expect("a file");
    assert_eq!(mode(&at("state")) & !PRIVATE, 0);
    symlink(at("target"), at("link")).expect("a link");
    for refused in [
        create_private(&at("link")).map(drop),
        create_appended(&at("link")).map(drop),
        append_log(&at("link")).map(drop),
        read_state(&at("link"), 10).map(drop),
    ] {
        refused.expect_err("a link");
    }
    assert!(!at("target").exists());
    assert_eq!(read_state(&at("link"), 1).expect_err("a link").to_string(), "it is a symbolic link");
}

#[test]
fn replaced_file_keeps_its_mode_and_links_are_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    replace(&at("state.txt"), b"1").expect("a file");
    assert_eq!(mode(&at("state.txt")) & !PRIVATE, 0);
    fs::set_permissions(at("state.txt"), fs::Permissions::from_mode(0o644)).expect("our own file");
    fs::write(at("target"), "target").expect("room");
    symlink(at("target"), at("state.new")).expect("a link");
    replace(&at("state.txt"), b"2").expect("a file");
    assert_eq!(mode(&at("state.txt")), 0o644);
    assert_eq!(fs::read(at("state.txt")).expect("a file"), b"2");
    assert_eq!(fs::read(at("target")).expect("a file"), b"target");
    assert!(!at("state.new").exists());
    replace(&at("missing/state.txt"), b"3").expect_err("no such directory");
}

#[test]
fn log_keeps_the_mode_that_the_operator_gave_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    append_log(&at("new")).expect("a log");
    assert_eq!(mode(&at("new")) & !GROUP_READABLE, 0);
    fs::write(at("rotated"), "").expect("room");
    fs::set_permissions(at("rotated"), fs::Permissions::from_mode(0o664)).expect("our own file");
    append_log(&at("rotated")).expect("a log");
    assert_eq!(mode(&at("rotated")), 0o664);
    mkfifo(&at("fifo"));
    append_log(&at("fifo")).expect_err("a FIFO without a reader");
    append_log(Path::new("/dev/null")).expect("a device that the operator named");
}

#[test]
fn pipe_is_opened_without_a_writer() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    mkfifo(&fifo);
    let mut pipe = open_pipe(&fifo).expect("a pipe");
    assert_eq!(pipe.read(&mut [0; 10]).expect("no writer"), 0);
    open_pipe(Path::new("/dev/zero")).expect_err("a device");
}
