//! Tests of the playlist parser.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use encoding_rs::WINDOWS_1252;

use super::*;
use proptest::prelude::*;

/// Checks the entries in `bytes`, each as `location` or `location = title`; `@` marks a URL.
fn check(kind: PlaylistFormat, bytes: impl AsRef<[u8]>, expected: &[&str]) {
    let shown = |entry: PlaylistEntry| {
        let location = match entry.location {
            Location::Path(name) => name.path().to_str().unwrap().to_string(),
            Location::Url(url) => format!("@{url}"),
        };
        entry.title.map_or(location.clone(), |title| format!("{location} = {title}"))
    };
    let found: Vec<_> = parse(bytes.as_ref(), kind, WINDOWS_1252).unwrap().into_iter().map(shown).collect();
    assert_eq!(found, expected);
}

#[test]
fn format_follows_the_extension() {
    let kind = |name: &str| PlaylistFormat::from_path(Path::new(name));
    assert_eq!(kind("a.m3u"), Some(PlaylistFormat::M3u));
    assert_eq!(kind("a.M3U8"), Some(PlaylistFormat::M3u));
    assert_eq!(kind("a.b.Pls"), Some(PlaylistFormat::Pls));
    assert_eq!(kind("a.xspf"), Some(PlaylistFormat::Xspf));
    assert_eq!((kind("a.mp3"), kind("m3u"), kind(".pls")), (None, None, None));
}

#[test]
fn m3u_may_have_any_line_ending() {
    for end in ["\n", "\r\n", "\r"] {
        let text =
            ["#EXTM3U", "#EXTINF:12, A - B ", "a.mp3", "", "# remark", "b c.mp3", "100%41.mp3"].join(end);
        check(PlaylistFormat::M3u, text, &["a.mp3 = A - B", "b c.mp3", "100%41.mp3"]);
    }
}

#[test]
fn m3u_locations_are_paths_or_urls() {
    let text = "HTTP://h:80/x\nfile:///a%20b.mp3\nFile://host/c\nC:\\Music\\d.mp3\nfile:/e\nC://f";
    check(
        PlaylistFormat::M3u,
        text,
        &["@HTTP://h:80/x", "/a b.mp3", "/c", "C:\\Music\\d.mp3", "/e", "C://f"],
    );
}

#[test]
fn m3u_titles_follow_the_unquoted_comma() {
    let text = "#extinf:-1 logo=\"a,b\" x=\"c\",T, U\n1\n2\n#EXTINF:3\n3\n#EXTINF:3,\n4\n#EXTINF:1,lost\n#EXTINF:1,kept\n5";
    check(PlaylistFormat::M3u, text, &["1 = T, U", "2", "3", "4", "5 = kept"]);
}

#[test]
fn text_encoding_is_detected() {
    check(PlaylistFormat::M3u, b"\xef\xbb\xbf\xc3\xa9.mp3", &["é.mp3"]);
    check(PlaylistFormat::M3u, b"\xc3\xa9.mp3", &["é.mp3"]);
    check(PlaylistFormat::M3u, b"it\x92s \xe9.mp3", &["it’s é.mp3"]);
    check(PlaylistFormat::M3u, b"\xff\xfea\0\n\0b\0", &["a", "b"]);
    check(PlaylistFormat::Pls, b"File1=\xe9", &["é"]);
}

#[test]
fn playlist_is_in_the_charset_unless_it_says_another() {
    use encoding_rs::{GBK, ISO_8859_7, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251};
    for (charset, title) in [
        (WINDOWS_1251, "Кино - Группа крови"),
        (WINDOWS_1250, "Republika - Zażółć gęślą jaźń"),
        (ISO_8859_7, "Θεοδωράκης - Το γελαστό παιδί"),
        (GBK, "邓丽君 - 月亮代表我的心"),
        (SHIFT_JIS, "坂本九 - 上を向いて歩こう"),
    ] {
        let m3u = format!("#EXTINF:1,{title}\na.mp3");
        let pls = format!("File1=a.mp3\nTitle1={title}");
        let xspf = format!("<track><location>a.mp3</location><title>{title}</title></track>");
        let stated = format!("<?xml version='1.0' encoding = '{}'?>{xspf}", charset.name());
        for (kind, text, fallback) in [
            (PlaylistFormat::M3u, &m3u, charset),
            (PlaylistFormat::Pls, &pls, charset),
            (PlaylistFormat::Xspf, &xspf, charset),
            (PlaylistFormat::Xspf, &stated, WINDOWS_1252),
        ] {
            let found = parse(&charset.encode(text).0, kind, fallback).unwrap();
            assert_eq!(found[0].title.as_deref(), Some(title), "{kind:?}");
            let utf8 = parse(text.as_bytes(), kind, charset).unwrap();
            assert!(utf8[0].title.as_deref() == Some(title) || *text == stated, "{kind:?}");
        }
    }
    for text in [&b"<?xml encoding"[..], b"<?xml encoding=", b"<?xml encoding='", b"<?xml encoding='x'?>"] {
        assert_eq!(text::xml_encoding(text), None);
    }
}

#[test]
fn utf16_needs_no_mark() {
    let text = "#EXTM3U\r\n#EXTINF:1,Кино - Группа крови\r\nКино\\Группа крови.mp3\r\n一.mp3\r\n";
    let expected = ["Кино\\Группа крови.mp3 = Кино - Группа крови", "一.mp3"];
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let swapped = |bytes: &[u8]| bytes.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect::<Vec<_>>();
    for text in [text.to_owned(), format!("\u{feff}{text}")] {
        check(PlaylistFormat::M3u, utf16(&text), &expected);
        check(PlaylistFormat::M3u, swapped(&utf16(&text)), &expected);
    }
    check(PlaylistFormat::Pls, utf16("[playlist]\nFile1=月亮代表我的心.mp3"), &["月亮代表我的心.mp3"]);
    let xspf = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><track><location>%C3%A9.mp3</location></track>";
    check(PlaylistFormat::Xspf, swapped(&utf16(xspf)), &["é.mp3"]);
    check(PlaylistFormat::Xspf, xspf, &["é.mp3"]);
    // Zeros at the end of a file are what a loss of power leaves.
    check(PlaylistFormat::M3u, "a.mp3\nb.mp3\n\0\0\0\0\0\0\0\0\0", &["a.mp3", "b.mp3"]);
}

#[test]
fn lines_of_one_playlist_may_be_in_several_encodings() {
    let lines = [&b"#EXTINF:1,caf\xe9\nna\xefve.mp3\n"[..], "é.mp3\nКино.mp3".as_bytes()].concat();
    check(PlaylistFormat::M3u, lines, &["naïve.mp3 = café", "é.mp3", "Кино.mp3"]);
    // A player that cuts titles after a number of bytes.
    let cut = [&"#EXTINF:1,Группа крови".as_bytes()[..17], b"\na.mp3\n"].concat();
    check(PlaylistFormat::M3u, cut, &["a.mp3 = Гру"]);
    // These bytes of GBK are valid UTF-8 too.
    let gbk = encoding_rs::GBK.encode("联通.mp3\n月亮代表我的心.mp3").0.into_owned();
    let entries = parse(&gbk, PlaylistFormat::M3u, encoding_rs::GBK).unwrap();
    let names = entries.iter().map(|entry| match &entry.location {
        Location::Path(name) => name.path().display().to_string(),
        Location::Url(url) => url.clone(),
    });
    assert_eq!(names.collect::<Vec<_>>(), ["联通.mp3", "月亮代表我的心.mp3"]);
}

#[test]
fn stated_encoding_of_m3u_and_other_tags_are_no_entries() {
    let text = "#EXTM3U\n#EXTENC: windows-1251\n#PLAYLIST:Вечер\n#EXTINF:1,Кино - Ночь\n#EXTALB:Ночь\n\
                #EXTVLCOPT:start-time=3\nНочь.mp3 \t";
    let bytes = encoding_rs::WINDOWS_1251.encode(text).0;
    check(PlaylistFormat::M3u, bytes, &["Ночь.mp3 = Кино - Ночь"]);
    check(PlaylistFormat::M3u, "#EXTENC:UTF-8\né.mp3", &["é.mp3"]);
    check(PlaylistFormat::M3u, b"#extenc:utf-8\n\xe9.mp3", &["é.mp3"]);
    check(PlaylistFormat::M3u, b"#EXTENC:utf-16\n\xe9.mp3", &["é.mp3"]);
}

#[test]
fn content_decides_whatever_the_name() {
    check(PlaylistFormat::Pls, "\u{feff}#EXTM3U\r\na.mp3", &["a.mp3"]);
    check(PlaylistFormat::M3u, "\n[Playlist]\nFile1=a.mp3", &["a.mp3"]);
    check(PlaylistFormat::M3u, "<playlist><track><location>a%20b</location></track></playlist>", &["a b"]);
    check(PlaylistFormat::Xspf, "#EXTM3U\n100%.mp3", &["100%.mp3"]);
}

#[test]
fn hls_playlists_are_refused() {
    for text in [
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:9.9,\n1.ts\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=128000\nlow/index.m3u8\n",
        "#EXTM3U\n#ext-x-media-sequence:7\n#EXTINF:9.9,\nseven.aac\n",
    ] {
        assert_eq!(parse(text.as_bytes(), PlaylistFormat::M3u, WINDOWS_1252), Err(PlaylistError::Hls));
    }
    check(PlaylistFormat::M3u, "#EXTM3U\n#EXT-X-SESSION-DATA:x\na.mp3", &["a.mp3"]);
}

#[test]
fn appended_pls_playlists_follow_each_other() {
    let text = "[playlist]\nFile2=b\nFile1=a\n[playlist]\nfile1 = c\nTitle1=C\nNumberOfEntries=1\n";
    check(PlaylistFormat::Pls, text, &["a", "b", "c = C"]);
    check(PlaylistFormat::Pls, b"File1=\xe9.mp3\nTitle1=\xe9 ", &["é.mp3 = é"]);
}

#[test]
fn xml_base_is_that_of_the_nearest_element() {
    let text = "<playlist xml:base='file:///m/all/'><title>x</title><trackList>\
         <track><location>a%20b.mp3</location></track>\
         <track xml:base='live/'><location>c.mp3</location></track>\
         <track><location xml:base='../d&amp;e/'>f.mp3</location><title>T</title></track>\
         <track><location>/g.mp3</location></track>\
         <track xml:base='http://h/i/'><location>j.mp3</location></track>\
         <track xml:base='http://h'><location>j.mp3</location></track>\
         <track><location>k.mp3</location></track>\
         <track><location>file:///l.mp3</location></track></trackList></playlist>";
    let expected = [
        "/m/all/a b.mp3",
        "/m/all/live/c.mp3",
        "/m/all/../d&e/f.mp3 = T",
        "/g.mp3",
        "@j.mp3",
        "@j.mp3",
        "/m/all/k.mp3",
        "/l.mp3",
    ];
    check(PlaylistFormat::Xspf, text, &expected);
    let relative = "<playlist xml:base='m/'><trackList xml:base='n/o'><track><location>a.mp3</location></track>\
         <track xml:base=''><location>b.mp3</location></track></trackList></playlist>";
    check(PlaylistFormat::Xspf, relative, &["m/n/a.mp3", "m/n/b.mp3"]);
}

#[test]
fn nested_and_long_bases_are_limited() {
    let deep = "<a xml:base='b/'>".repeat(100_000);
    let track = "<track><location>c</location></track>";
    check(PlaylistFormat::Xspf, format!("{deep}{track}"), &["b/b/b/b/b/b/b/b/c"]);
    let long = format!("<a xml:base='{}/'>{track}</a>", "b".repeat(xspf::BASE_MAX));
    check(PlaylistFormat::Xspf, long, &["c"]);
}

/// Returns what the only location of a playlist can mean.
fn readings(kind: PlaylistFormat, bytes: impl AsRef<[u8]>) -> Vec<String> {
    let entries = parse(bytes.as_ref(), kind, encoding_rs::WINDOWS_1251).unwrap();
    let [PlaylistEntry { location: Location::Path(name), .. }] = &entries[..] else { panic!("{entries:?}") };
    let shown = |path: PathBuf| path.as_os_str().as_encoded_bytes().escape_ascii().to_string();
    name.readings(encoding_rs::WINDOWS_1251).into_iter().map(shown).collect()
}

#[test]
fn literal_reading_of_a_name_is_the_first() {
    assert_eq!(readings(PlaylistFormat::M3u, "a.mp3"), ["a.mp3"]);
    assert_eq!(readings(PlaylistFormat::M3u, " a+b.mp3 "), [" a+b.mp3 ", "a+b.mp3"]);
    assert_eq!(
        readings(PlaylistFormat::M3u, "d\\a%20b.mp3"),
        ["d\\\\a%20b.mp3", "d/a%20b.mp3", "d\\\\a b.mp3", "d/a b.mp3"]
    );
    assert_eq!(readings(PlaylistFormat::M3u, "100%.mp3"), ["100%.mp3"]);
    assert_eq!(readings(PlaylistFormat::M3u, b"\xff.mp3"), ["\\xff.mp3", "\\xd1\\x8f.mp3"]);
    assert_eq!(readings(PlaylistFormat::M3u, "я.mp3"), ["\\xd1\\x8f.mp3", "\\xff.mp3"]);
    let encoded = ["%ff.mp3", "\\xff.mp3", "\\xd1\\x8f.mp3"];
    assert_eq!(readings(PlaylistFormat::M3u, "%ff.mp3"), encoded);
    assert_eq!(readings(PlaylistFormat::M3u, "file:///a%20b"), ["/a b", "/a%20b"]);
    let without_slash = "<x xml:base='m'><track><location>a%20b</location></track></x>";
    assert_eq!(readings(PlaylistFormat::Xspf, without_slash), ["a b", "m/a b", "a%20b", "m/a%20b"]);
}

#[test]
fn only_absolute_paths_of_windows_have_tails() {
    let tails = |text: &str| {
        let entries = parse(text.as_bytes(), PlaylistFormat::M3u, WINDOWS_1252).unwrap();
        let Location::Path(name) = &entries[0].location else { panic!("{entries:?}") };
        name.tails_of_windows_path().iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(tails("C:\\Music\\Kino\\a.mp3"), ["Music/Kino/a.mp3", "Kino/a.mp3"]);
    assert_eq!(tails("\\Music\\a.mp3"), ["Music/a.mp3"]);
    assert_eq!(tails("\\\\nas\\Music\\a.mp3"), ["nas/Music/a.mp3", "Music/a.mp3"]);
    assert_eq!(tails("file:///D:/My%20Music/a.mp3"), ["My Music/a.mp3"]);
    for other in ["Music\\a.mp3", "/Music/a.mp3", "a.mp3", "C:\\a.mp3", "C:"] {
        assert_eq!(tails(other), [""; 0], "{other}");
    }
    assert_eq!(tails(&("C:".to_owned() + &"\\d".repeat(1000))).len(), 7);
}

#[test]
fn pls_entries_are_ordered_by_number() {
    let text = "[playlist]\nTitle2=Two\nFILE10=ten\nfile2 = two\nTitle3=nothing\nFile1=http://x/\nFile4=\n\
                NumberOfEntries=9\nFilex=1\nFile99999999999=far\nVersion=2";
    check(PlaylistFormat::Pls, text, &["@http://x/", "two = Two", "ten"]);
}

#[test]
fn xspf_edge_cases_are_parsed() {
    let text = r#"<?xml version="1.0" encoding="UTF-8"?>
        <playlist version="1" xmlns="http://xspf.org/ns/0/"><title>no</title><location>no</location><trackList>
        <track><location>file:///m/a%20b.mp3</location><title>T &amp; U&#33;</title><creator> C </creator></track>
        <track><title><![CDATA[<x>]]></title><location> b/c%2fd.mp3 </location><location>other</location></track>
        <track><extension application="x"><title>no</title></extension><location>e&amp;f</location></track>
        <track><title>without a location</title></track><track/>
        <x:track xmlns:x="y"><x:location>https://h/?a&amp;b</x:location><creator>alone</creator></x:track>
        </trackList></playlist>"#;
    let expected = ["/m/a b.mp3 = C - T & U!", "b/c/d.mp3 = <x>", "e&f", "@https://h/?a&b"];
    check(PlaylistFormat::Xspf, text, &expected);
}

#[test]
fn xspf_entities_do_not_expand() {
    let text = r#"<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
        <playlist><track><location>x&b;&f;y&#0;&#x110000;</location></track></playlist>"#;
    check(PlaylistFormat::Xspf, text, &["xy"]);
}

#[test]
fn entries_before_an_error_are_kept() {
    check(PlaylistFormat::Xspf, "<track><location>a</location></track><track><location>b</", &["a"]);
}

#[test]
fn paths_need_not_be_utf8() {
    let entries = parse(b"file:///%ff.mp3", PlaylistFormat::M3u, WINDOWS_1252).unwrap();
    let Location::Path(name) = &entries[0].location else { panic!("{entries:?}") };
    assert_eq!(name.path(), PathBuf::from(OsString::from_vec(b"/\xff.mp3".to_vec())));
}

#[test]
fn entries_are_limited() {
    assert_eq!(
        parse("a\n".repeat(MAX_ENTRIES + 1).as_bytes(), PlaylistFormat::M3u, WINDOWS_1252).unwrap().len(),
        MAX_ENTRIES
    );
    let xspf = "<track><location>a</location></track>".repeat(MAX_ENTRIES + 1);
    assert_eq!(parse(xspf.as_bytes(), PlaylistFormat::Xspf, WINDOWS_1252).unwrap().len(), MAX_ENTRIES);
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_without_panic(bytes: Vec<u8>) {
        for kind in [PlaylistFormat::M3u, PlaylistFormat::Pls, PlaylistFormat::Xspf] {
            let _ = parse(&bytes, kind, WINDOWS_1252);
        }
    }

    #[test]
    fn anything_like_xml_is_parsed_without_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<track>", "</track>", "<location>", "</location>", "<title>", "a", "&amp;", "&", ";", "<", ">", "é",
            "<![CDATA[", "]]>", "<!DOCTYPE", "<!--", "%", "%4", "file:", "//", "#EXTINF:", ",", "\"", "\n", "File1=",
        ]), 0..40)
    ) {
        for kind in [PlaylistFormat::M3u, PlaylistFormat::Pls, PlaylistFormat::Xspf] {
            let _ = parse(parts.concat().as_bytes(), kind, WINDOWS_1252);
        }
    }
}

#[test]
fn encoding_that_is_stated_often_is_examined_seldom() {
    // Each change examines all of the playlist, so this would take hours.
    let line = b"#EXTENC: windows-1251\n#EXTENC: windows-1252\n";
    let names = b"#EXTENC: windows-1251\n\xcc.mp3\n#EXTENC: windows-1253\n\xcc.mp3\n";
    let list = [names.as_slice(), &line.repeat((10 << 20) / line.len())].concat();
    let entries = parse(&list, PlaylistFormat::M3u, WINDOWS_1252).expect("a playlist");
    assert_eq!(entries.len(), 2);
}

/// A line of such a file would be logged as a missing track.
#[test]
fn configurations_are_no_playlists() {
    for text in [
        "[server]\nadmin_password = \"lighthouse\"\n[[station]]\nmusic = [\"music/\"]\n",
        "#EXTM3U\na.mp3\n[[station]]\n",
        "adminpassword=lighthouse\nportbase=8000\n",
        "<?xml version=\"1.0\"?>\n<icecast><source-password>hackme</source-password></icecast>",
        "# settings\nsource_password: lighthouse-two\n",
        "output.icecast(%mp3, password=\"hackme\", a)",
        "f\u{fc}r.mp3\r\nPassword = rosebud\r\n",
    ] {
        let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, kind) in [
            (text.as_bytes(), PlaylistFormat::M3u),
            (text.as_bytes(), PlaylistFormat::Pls),
            (utf_16.as_slice(), PlaylistFormat::M3u),
        ] {
            assert_eq!(parse(bytes, kind, WINDOWS_1252), Err(PlaylistError::Configuration), "{text}");
        }
    }
    let names = ["Password: Swordfish.mp3", "token = x.flac", "password.mp3", "a.mp3?secret=x.mp3"];
    check(PlaylistFormat::M3u, names.join("\n"), &names);
    let radio = "#EXTINF:-1,Password: X\n# password = x\nhttp://radio.example/live?token=abc\na.mp3";
    assert_eq!(parse(radio.as_bytes(), PlaylistFormat::M3u, WINDOWS_1252).map(|all| all.len()), Ok(2));
}
