//! Programs that read track histories and playlists, and what all pages have in common.

use regex::Regex;
use serde_json::Value;

use super::requests::{SONG, get, ok, radio, song};
use super::xml::{html_decoded, texts};

/// Three ways to cut the list of played tracks, all of which omit the current track.
#[test]
fn scripts_cut_the_list_of_played_tracks() {
    let mut world = radio();
    let played = [2, 1].map(|track| format!("{SONG} {track}"));
    let page = ok(&mut world, "/played.html?sid=1");

    let (_, behind) = page.split_once("<b>Current Song</b></td></tr>").expect("the song on the air");
    let (rows, _) = behind.split_once("</table><br><br>").expect("the end of the table");
    let of_row = |row: &str| {
        html_decoded(row.split("</td><td>").nth(1).expect("two cells").trim_end_matches("</td></tr>"))
    };
    assert_eq!(rows.split("<tr><td>").skip(1).map(of_row).collect::<Vec<_>>(), played);

    let table = page.split_once("<table border=0 cellpadding=2 cellspacing=2>").expect("the table").1;
    let row = Regex::new("<tr><td>(.*?)</td></tr>").expect("an expression");
    let rows: Vec<String> = row.captures_iter(table).skip(2).map(|row| row[1].to_owned()).collect();
    assert_eq!(rows.iter().map(|row| of_row(row)).collect::<Vec<_>>(), played);

    let timed = Regex::new("<tr><td>[0-9:]+</td><td>(.*?)(<td>|</td>)").expect("an expression");
    let songs: Vec<String> = timed.captures_iter(&page).map(|row| html_decoded(&row[1])).collect();
    assert_eq!((songs[0].as_str(), &songs[1..]), (song().as_str(), &played[..]));

    let json: Value = serde_json::from_str(&ok(&mut world, "/played?sid=1&type=json")).expect("JSON");
    let xml = ok(&mut world, "/played?sid=1&type=xml");
    assert_eq!(texts(&xml, "SHOUTCASTSERVER/SONGHISTORY/SONG/TITLE"), songs);
    let times = texts(&xml, "SHOUTCASTSERVER/SONGHISTORY/SONG/PLAYEDAT");
    assert_eq!(
        times,
        json.as_array()
            .expect("a list")
            .iter()
            .map(|song| song["playedat"].as_str().expect("a text").to_owned())
            .collect::<Vec<_>>()
    );
    assert!(times[0].parse::<u64>().expect("seconds") > 1_741_083_072);
}

/// Players open the first URL that they find.
#[test]
fn playlists_lead_to_the_requested_station_and_host() {
    let mut world = radio();
    for (page, content_type, before) in [
        ("/listen.pls", "audio/x-scpls", "\nFile1="),
        ("/listen", "audio/x-scpls", "\nFile1="),
        ("/listen.m3u", "audio/x-mpegurl", "Night\n"),
        ("/listen.asx", "video/x-ms-asx", "href=\""),
        ("/listen.xspf", "application/xspf+xml", "<location>"),
        ("/listen.qtl", "application/x-quicktimeplayer", "src=\""),
    ] {
        let reply = get(&mut world, &format!("{page}?sid=2"), "Host: radio.example:8000");
        assert_eq!(reply.header("content-type"), Some(content_type));
        let (_, behind) =
            reply.body().split_once(before).unwrap_or_else(|| panic!("{page}: {}", reply.body()));
        assert!(behind.starts_with("http://radio.example:8000/night"), "{page}: {behind}");
    }
}

#[test]
fn head_has_the_length_and_no_body_and_preflight_is_allowed() {
    let mut world = radio();
    for page in ["/7.html", "/stats", "/played.html", "/listen.pls", "/robots.txt", "/home"] {
        let whole = get(&mut world, page, "Host: h");
        let head = world.head(page).http11().header("Host", "h").send();
        assert!(head.ends_with("\r\n\r\n") && head.matches("\r\n\r\n").count() == 1, "{head}");
        assert_eq!(head.header("Content-Length"), Some(whole.body().len().to_string().as_str()), "{head}");
        let preflight = world.request("OPTIONS", page).http11().header("Origin", "https://player.example");
        assert_eq!(preflight.send().status(), 204);
        assert_eq!(world.request("POST", page).send().status(), 405);
    }
}
