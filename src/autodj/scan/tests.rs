//! Tests of the scan with temporary directories of every kind.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::results::MAX_WARNINGS;
use super::walk::natural_cmp;
use encoding_rs::WINDOWS_1252;

use super::*;

/// Creates a directory with the given files. A file contains its own path; `name=text` sets another content,
/// `name->target` creates a link.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in files {
        let path = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        if let Some((name, target)) = file.split_once("->") {
            symlink(target, path(name)).unwrap();
        } else {
            let (name, text) = file.split_once('=').unwrap_or((file, file));
            fs::write(path(name), text).unwrap();
        }
    }
    dir
}

/// Returns the tracks (with ` = title`) and the warnings of `roots`, both without the directory's path.
fn scanned(dir: &tempfile::TempDir, roots: &[&str]) -> (Vec<String>, Vec<String>) {
    let mut scan = scan(&roots.iter().map(|root| dir.path().join(root)).collect::<Vec<_>>(), WINDOWS_1252);
    let top = dir.path().to_str().unwrap();
    let shown = |track: &Track| {
        let title = track.title.as_ref().map_or(String::new(), |title| format!(" = {title}"));
        format!("{}{title}", track.path.strip_prefix(top).unwrap().to_string_lossy())
    };
    let warnings = scan.take_warnings();
    let warnings = warnings.iter().map(|text| text.replace(&format!("{top}/"), "").replace(top, "."));
    (scan.tracks.iter().map(shown).collect(), warnings.collect())
}

#[track_caller]
fn check_scan(files: &[&str], roots: &[&str], tracks: &[&str], warnings: &[&str]) {
    let owned = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    assert_eq!(scanned(&folder(files), roots), (owned(tracks), owned(warnings)));
}

#[test]
fn directories_are_scanned_in_natural_order() {
    let files = ["10.mp3", "2.MP3", "b.mp3", "A.mp3", "a2/x.mp3", "a10/x.mp3", "a2/y/z.Mp3", "c.mp3"];
    let expected = ["2.MP3", "10.mp3", "A.mp3", "a2/x.mp3", "a2/y/z.Mp3", "a10/x.mp3", "b.mp3", "c.mp3"];
    check_scan(&files, &[""], &expected, &[]);
}

#[test]
fn directories_contribute_only_files_with_extensions_of_music() {
    let files = [
        "a.mp3",
        "b.OGG",
        "c.flac",
        "cover.jpg",
        "mp3",
        ".mp3",
        ".c.mp3",
        ".d/e.mp3",
        "f.m3u=b.ogg",
        "g.mp3.txt",
    ];
    check_scan(&files, &[""], &["a.mp3", "b.OGG", "c.flac"], &[]);
}

#[test]
fn named_files_are_accepted_with_any_name() {
    let files = ["a.wav", ".b", "d/.c.mp3"];
    check_scan(&files, &["d/.c.mp3", "a.wav", ".b", "a.wav"], &["d/.c.mp3", "a.wav", ".b", "a.wav"], &[]);
}

#[test]
fn missing_roots_do_not_stop_the_scan() {
    check_scan(
        &["a.mp3"],
        &["x", "a.mp3", "y.m3u"],
        &["a.mp3"],
        &["no such file or directory: x", "no such file or directory: y.m3u"],
    );
}

#[test]
fn playlists_give_paths_and_titles() {
    let list =
        "l/l.m3u=#EXTINF:1,T\n../a.mp3\n#EXTINF:1,U\nx.ogg\nd\\b.mp3\n..\\a.mp3\nback\\slash.mp3\n../a.mp3";
    let files = [list, "a.mp3", "l/x.ogg", "l/d/b.mp3", "l/back\\slash.mp3"];
    let tracks =
        ["l/../a.mp3 = T", "l/x.ogg = U", "l/d/b.mp3", "l/../a.mp3", "l/back\\slash.mp3", "l/../a.mp3"];
    check_scan(&files, &["l/l.m3u"], &tracks, &[]);
}

#[test]
fn unplayable_playlist_entries_cause_warnings() {
    let list =
        "l.pls=File1=http://a/\nFile2=b.mp3\nFile3=https://c/\nFile4=m.m3u\nFile5=d\nFile6=e\nFile7=n.m3u";
    let files = [list, "b.mp3", "m.m3u=b.mp3", "d/b.mp3"];
    let warnings = [
        "l.pls: playlist in a playlist ignored: m.m3u",
        "l.pls: directory in a playlist ignored: d",
        "l.pls: no such file or directory: e",
        "l.pls: no such file or directory: n.m3u",
        "URLs in l.pls ignored: only files can be played",
    ];
    check_scan(&files, &["l.pls"], &["b.mp3"], &warnings);
}

#[test]
fn links_inside_the_root_are_followed() {
    let files = [
        "root/a.mp3",
        "root/.store/b.mp3",
        "root/z->.store",
        "root/c.mp3->a.mp3",
        "root/up->..",
        "root/y->z",
    ];
    // `y` sorts before `z`, and their common target is visited once.
    let expected = ["root/a.mp3", "root/c.mp3", "root/y/b.mp3"];
    check_scan(&files, &["root"], &expected, &["link pointing outside root not followed: root/up"]);
}

#[test]
fn links_outside_the_root_are_not_followed() {
    let files = [
        "a.mp3",
        "d/b.mp3",
        "t.txt",
        "root/a.mp3->../a.mp3",
        "root/d->../d",
        "root/n.mp3->no",
        "root/t->../t.txt",
        "root/u->no",
        "rootless/a.mp3",
        "root/r->../rootless",
    ];
    let (tracks, mut warnings) = scanned(&folder(&files), &["root"]);
    warnings.sort();
    assert_eq!(tracks, [""; 0]);
    let expected = [
        "link pointing outside root not followed: root/a.mp3",
        "link pointing outside root not followed: root/d",
        "link pointing outside root not followed: root/r",
        "no such file or directory: root/n.mp3",
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn link_loops_end() {
    let files = ["a/a.mp3", "a/self->.", "a/b->../b", "b/a->../a", "b/b.mp3", "l.mp3->m.mp3", "m.mp3->l.mp3"];
    let (tracks, _) = scanned(&folder(&files), &[""]);
    assert_eq!(tracks.len(), 2, "{tracks:?}");
}

#[test]
fn root_may_be_a_link() {
    check_scan(&["d/a.mp3", "d/b.mp3->a.mp3", "root->d"], &["root"], &["root/a.mp3", "root/b.mp3"], &[]);
}

#[test]
fn names_need_not_be_utf8() {
    let dir = folder(&[]);
    let name = OsStr::from_bytes(b"\xff\n.mp3");
    fs::write(dir.path().join(name), "").unwrap();
    let found = scan(&[dir.path().into()], WINDOWS_1252);
    assert_eq!(found.tracks, [Track { path: dir.path().join(name), title: None }]);
    let missing = check_readable(&[OsStr::from_bytes(b"\xff\n").into()]).unwrap_err();
    assert_eq!(missing, "no such file or directory: \u{fffd}\u{fffd}");
}

#[test]
fn fifo_is_a_track_only_as_a_root_and_never_opened() {
    let dir = folder(&["l.m3u=fifo"]);
    let fifo = |name: &str| {
        assert!(std::process::Command::new("mkfifo").arg(dir.path().join(name)).status().unwrap().success())
    };
    ["fifo", "fifo.m3u", "d.mp3"].into_iter().for_each(fifo);
    let (tracks, warnings) = scanned(&dir, &["fifo", "l.m3u", "fifo.m3u", ""]);
    assert_eq!(tracks, ["fifo", "fifo.m3u"]);
    assert_eq!(warnings, ["l.m3u: special file in a playlist ignored: fifo"]);
    assert_eq!(check_readable(&[dir.path().join("fifo")]), Ok(()));
}

#[test]
fn playlists_and_names_may_be_in_windows_1252() {
    let dir = folder(&["\u{e9}t\u{e9}/a.mp3"]);
    let raw = |bytes: &[u8]| dir.path().join(OsStr::from_bytes(bytes));
    fs::create_dir(raw(b"\x8cuvre")).unwrap();
    fs::write(raw(b"\x8cuvre/\xe9.mp3"), "").unwrap();
    // Each playlist finds the files of both encodings.
    fs::write(raw(b"old.m3u"), b"\x8cuvre/\xe9.mp3\n\xe9t\xe9\\a.mp3\n\x8cuvre\\\xe9.mp3").unwrap();
    fs::write(raw(b"new.m3u"), "\u{152}uvre/\u{e9}.mp3\n\u{e9}t\u{e9}/a.mp3").unwrap();
    let found = scan(&[raw(b"old.m3u"), raw(b"new.m3u")], WINDOWS_1252);
    assert_eq!(found.warnings, [""; 0]);
    let (new, old) = (raw("\u{e9}t\u{e9}/a.mp3".as_bytes()), raw(b"\x8cuvre/\xe9.mp3"));
    let paths: Vec<_> = found.tracks.into_iter().map(|track| track.path).collect();
    assert_eq!(paths, [old.clone(), new.clone(), old.clone(), old, new]);
}

#[test]
fn names_are_found_however_programs_encode_them() {
    let list = "l.m3u=100%.mp3\n100%25.mp3\na%20b.mp3\nc%2Bd.mp3\ne+f.mp3\ne f.mp3\nfile://localhost/x\n g.mp3\nh.mp3 ";
    let files = [list, "100%.mp3", "a b.mp3", "a%20b.mp3", "c+d.mp3", "e+f.mp3", " g.mp3", "g.mp3", "h.mp3"];
    let tracks = ["100%.mp3", "100%.mp3", "a%20b.mp3", "c+d.mp3", "e+f.mp3", " g.mp3", "h.mp3"];
    let warnings = ["l.m3u: no such file or directory: e f.mp3", "l.m3u: no such file or directory: /x"];
    check_scan(&files, &["l.m3u"], &tracks, &warnings);
    check_scan(&["l.pls=File1=a%20b/c%5Bd%5D.mp3", "a b/c[d].mp3"], &["l.pls"], &["a b/c[d].mp3"], &[]);
}

#[test]
fn xml_base_is_relative_to_the_playlist() {
    let list = |name: &str, base: &str| {
        format!("{name}=<playlist xml:base='{base}'><track><location>a%20b.mp3</location></track></playlist>")
    };
    let files = [&list("l/dir.xspf", "../m/"), &list("l/file.xspf", "../m"), "m/a b.mp3"];
    check_scan(&files, &["l/dir.xspf", "l/file.xspf"], &["l/../m/a b.mp3", "l/../m/a b.mp3"], &[]);
    let dir = folder(&["m/a b.mp3"]);
    let absolute = list("", &format!("file://{}/m/", dir.path().display()));
    fs::write(dir.path().join("l.xspf"), &absolute[1..]).unwrap();
    assert_eq!(scanned(&dir, &["l.xspf"]), (vec!["m/a b.mp3".to_owned()], vec![]));
}

#[test]
fn names_with_decomposed_characters_are_found_without_a_warning() {
    let (composed, decomposed) = ("Beyonc\u{e9}/d\u{e9}j\u{e0}.mp3", "Beyonce\u{301}/de\u{301}ja\u{300}.mp3");
    for (named, file) in [(composed, decomposed), (decomposed, composed)] {
        check_scan(&[&format!("l.m3u8={named}"), file], &["l.m3u8"], &[file], &[]);
    }
    // The exact name has priority.
    let both = [&format!("l.m3u8={decomposed}\n{composed}"), composed, decomposed];
    check_scan(&both, &["l.m3u8"], &[decomposed, composed], &[]);
}

#[test]
fn names_that_differ_in_case_are_found_and_logged() {
    let files = [
        "l.m3u=KINO/\u{413}\u{440}\u{443}\u{43f}\u{43f}\u{430}.MP3\nx.mp3\nX.mp3\nX.MP3\ny.mp3\n../kino/no.mp3",
        "Kino/\u{413}\u{420}\u{423}\u{41f}\u{41f}\u{410}.mp3",
        "x.mp3",
        "X.mp3",
    ];
    let tracks = ["Kino/\u{413}\u{420}\u{423}\u{41f}\u{41f}\u{410}.mp3", "x.mp3", "X.mp3", "X.mp3"];
    let warnings = [
        "l.m3u: KINO/\u{413}\u{440}\u{443}\u{43f}\u{43f}\u{430}.MP3 is Kino/\u{413}\u{420}\u{423}\u{41f}\u{41f}\u{410}.mp3 on disk: upper and lower case differ",
        "l.m3u: X.MP3 is X.mp3 on disk: upper and lower case differ, and it is the first of 2 such names",
        "l.m3u: no such file or directory: y.mp3",
        "l.m3u: no such file or directory: ../kino/no.mp3",
    ];
    check_scan(&files, &["l.m3u"], &tracks, &warnings);
}

#[test]
fn log_names_ten_differences_of_a_playlist() {
    let names: Vec<String> = (0..25).map(|n| format!("{n}.mp3")).collect();
    let list = format!("l.m3u={}", names.join("\n").to_uppercase());
    let files: Vec<&str> = names.iter().map(String::as_str).chain([list.as_str()]).collect();
    let (tracks, warnings) = scanned(&folder(&files), &["l.m3u"]);
    assert_eq!(tracks, names);
    assert_eq!(warnings.len(), 11);
    assert_eq!(warnings[10], "l.m3u: 15 more names differ from those on disk");
}

#[test]
fn files_of_windows_are_found_beside_the_playlist() {
    let list = "music/l.m3u=C:\\Users\\dj\\Music\\a.mp3\n\\Music\\Kino\\b.mp3\nD:\\x\\KINO\\B.mp3\nD:\\b.mp3";
    let files = [list, "music/a.mp3", "music/Kino/b.mp3", "b.mp3"];
    let (tracks, warnings) = scanned(&folder(&files), &["music/l.m3u"]);
    assert_eq!(tracks, ["music/a.mp3", "music/Kino/b.mp3", "music/Kino/b.mp3"]);
    assert_eq!(
        warnings[0],
        "music/l.m3u: C:\\Users\\dj\\Music\\a.mp3 is a path of Windows, music/a.mp3 beside the playlist is played"
    );
    assert_eq!(warnings[3], "music/l.m3u: no such file or directory: music/D:\\b.mp3");
}

#[test]
fn names_in_the_charset_of_the_station_are_found() {
    let dir = folder(&["\u{41a}\u{438}\u{43d}\u{43e}/\u{447}.mp3"]);
    let raw = |bytes: &[u8]| dir.path().join(OsStr::from_bytes(bytes));
    fs::write(raw(b"\xdf.mp3"), "").unwrap();
    // The same names in upper and lower case, in windows-1251: the second one is on the disk in it, too.
    fs::write(raw(b"l.m3u8"), b"\xca\xe8\xed\xee\\\xf7.mp3\n\xdf.mp3\n\xff.mp3\n\xd1\x8f.mp3").unwrap();
    let found = scan(&[raw(b"l.m3u8")], encoding_rs::WINDOWS_1251);
    let paths: Vec<_> = found.tracks.into_iter().map(|track| track.path).collect();
    let (kino, ya) = (raw("\u{41a}\u{438}\u{43d}\u{43e}/\u{447}.mp3".as_bytes()), raw(b"\xdf.mp3"));
    assert_eq!(paths, [kino, ya.clone(), ya.clone(), ya]);
    assert_eq!(found.warnings.len(), 2, "{:?}", found.warnings);
}

#[test]
fn hls_and_empty_playlists_are_named() {
    let files = ["l.m3u8=#EXTM3U\n#EXT-X-TARGETDURATION:9\n1.ts", "e.m3u=#EXTM3U\n# nothing"];
    let warnings = [
        "l.m3u8: HLS playlist ignored: it lists the parts of a stream, not tracks",
        "no entries in the playlist e.m3u",
    ];
    check_scan(&files, &["l.m3u8", "e.m3u"], &[], &warnings);
}

#[test]
fn thousands_of_missing_entries_cost_one_reading_of_their_directory() {
    let dir = folder(&[]);
    (0..5_000).for_each(|n| drop(File::create(dir.path().join(format!("{n}.mp3"))).unwrap()));
    let list: String = (0..5_000).map(|n| format!("{n}.MP3\nmissing {n}.mp3\n")).collect();
    fs::write(dir.path().join("l.m3u"), list).unwrap();
    let began = std::time::Instant::now();
    let (tracks, warnings) = scanned(&dir, &["l.m3u"]);
    assert_eq!((tracks.len(), warnings.len()), (5_000, MAX_WARNINGS + 1));
    // 5,000 readings of 5,000 names would take a minute.
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
}

/// Checks whether the stamps of `roots` show that `change` changes the directory with these files.
fn check_stamps(files: &[&str], roots: &[&str], change: impl FnOnce(&Path), shows: bool) {
    let dir = folder(files);
    // Otherwise the change could be within the same tick of the file system's clock.
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    for entry in ["", "d", "l.m3u"].map(|name| dir.path().join(name)).iter().filter(|path| path.exists()) {
        File::open(entry).unwrap().set_modified(long_ago).unwrap();
    }
    let stamps =
        scan(&roots.iter().map(|root| dir.path().join(root)).collect::<Vec<_>>(), WINDOWS_1252).stamps;
    assert!(!stamps.have_changed());
    change(dir.path());
    assert_eq!(stamps.have_changed(), shows);
}

#[test]
fn stamps_show_every_change_of_the_list() {
    let files = ["d/a.mp3", "l.m3u=d/a.mp3\nlater/b.mp3"];
    let write = |name: &'static str| move |dir: &Path| fs::write(dir.join(name), "").unwrap();
    check_stamps(&files, &["d"], |_| {}, false);
    check_stamps(&files, &["d"], write("d/b.mp3"), true);
    check_stamps(&files, &["d"], |dir| fs::remove_file(dir.join("d/a.mp3")).unwrap(), true);
    check_stamps(&files, &["d"], |dir| fs::remove_dir_all(dir.join("d")).unwrap(), true);
    check_stamps(&files, &[""], write("d/b.mp3"), true);
    check_stamps(&files, &["d"], write("x.mp3"), false);
    check_stamps(&files, &["d", "later"], |dir| fs::create_dir(dir.join("later")).unwrap(), true);
    check_stamps(&files, &["l.m3u"], write("l.m3u"), true);
    check_stamps(&files, &["l.m3u"], |dir| fs::remove_file(dir.join("d/a.mp3")).unwrap(), true);
    check_stamps(&files, &["l.m3u"], |dir| fs::create_dir(dir.join("later")).unwrap(), true);
    let other_case = ["d/a.mp3", "l.m3u=D/A.mp3"];
    check_stamps(&other_case, &["l.m3u"], |dir| fs::remove_file(dir.join("d/a.mp3")).unwrap(), true);
    check_stamps(&other_case, &["l.m3u"], |dir| fs::create_dir(dir.join("D")).unwrap(), true);
    check_stamps(&files, &["d/a.mp3"], |dir| fs::remove_file(dir.join("d/a.mp3")).unwrap(), true);
}

#[test]
fn check_reports_the_first_unreadable_root() {
    let dir = folder(&["a.mp3", "b/c.mp3", "locked"]);
    let roots =
        |names: &[&str]| check_readable(&names.iter().map(|name| dir.path().join(name)).collect::<Vec<_>>());
    assert_eq!(roots(&["a.mp3", "b"]), Ok(()));
    assert_eq!(
        roots(&["b", "x", "y"]),
        Err(format!("no such file or directory: {}/x", dir.path().display()))
    );
    assert_eq!(
        roots(&["a.mp3/x"]),
        Err(format!("cannot read {}/a.mp3/x: Not a directory (os error 20)", dir.path().display()))
    );
    fs::set_permissions(dir.path().join("locked"), fs::Permissions::from_mode(0o000)).unwrap();
    // The user root can read the file nevertheless.
    if File::open(dir.path().join("locked")).is_err() {
        assert_eq!(
            roots(&["locked"]),
            Err(format!("cannot read {}/locked: permission denied", dir.path().display()))
        );
    }
}

#[test]
fn deep_directories_fit_on_a_small_stack() {
    let dir = folder(&[&format!("{}a.mp3", "d/".repeat(1000))]);
    let root = dir.path().to_path_buf();
    let thread = std::thread::Builder::new()
        .stack_size(128 << 10)
        .spawn(move || scan(&[root], WINDOWS_1252).tracks.len());
    assert_eq!(thread.unwrap().join().unwrap(), 1);
}

#[test]
fn ten_thousand_tracks_need_little_memory() {
    let dir = folder(&[]);
    for n in 0..10_000 {
        File::create(dir.path().join(format!("{n} - a name that is about as long as they are in life.mp3")))
            .unwrap();
    }
    let tracks = scan(&[dir.path().into()], WINDOWS_1252).tracks;
    assert_eq!(tracks.len(), 10_000);
    assert!(tracks.iter().zip(0..).all(|(track, n)| {
        natural_cmp(track.path.file_name().unwrap().as_bytes(), format!("{n} ").as_bytes()).is_gt()
    }));
    let bytes = tracks.capacity() * size_of::<Track>()
        + tracks.iter().map(|track| track.path.capacity()).sum::<usize>();
    assert!(bytes < 5_000_000, "{bytes}");
}

#[test]
fn missing_files_of_other_computers_are_named_with_them() {
    check_scan(
        &["l.m3u=file://nas/x.mp3\nfile://localhost/nowhere/x.mp3\nfile://C:/x.mp3\nfile:///nowhere/y.mp3\n"],
        &["l.m3u"],
        &[],
        &[
            "l.m3u: no such file or directory: /x.mp3, and it names another computer: nas",
            "l.m3u: no such file or directory: /nowhere/x.mp3",
            "l.m3u: no such file or directory: /x.mp3",
            "l.m3u: no such file or directory: /nowhere/y.mp3",
        ],
    );
}

#[test]
fn warnings_are_limited_and_counted() {
    let (tracks, warnings) = scanned(&folder(&[&format!("l.m3u={}", "x\n".repeat(1234))]), &["l.m3u"]);
    assert_eq!((tracks.len(), warnings.len()), (0, MAX_WARNINGS + 1));
    assert_eq!(warnings[MAX_WARNINGS], "and 1134 more warnings");
}

#[test]
fn natural_order_is_total() {
    // All short names of these letters: `sort_by` may panic if the order of three of them is cyclic.
    let letters = [b'0', b'1', b'2', b'9', b'a', b'B', b' ', b'.', 0xff];
    let mut names = vec![vec![]];
    for _ in 0..3 {
        names.extend(
            names.clone().iter().flat_map(|name| letters.map(|letter| [name.as_slice(), &[letter]].concat())),
        );
        names.sort();
        names.dedup();
    }
    names.sort_by(|a, b| natural_cmp(a, b));
    for (at, a) in names.iter().enumerate() {
        assert!(names[at + 1..].iter().all(|b| natural_cmp(a, b).is_lt()), "{a:?}");
    }
}
