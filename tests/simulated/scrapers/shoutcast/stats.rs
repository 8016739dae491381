//! Programs that read public pages.

use regex::Regex;
use serde_json::Value;

use super::requests::{NIGHT, SONG, get, ok, radio, read_to_end, song};
use super::xml::{html_decoded, text, texts};

/// AzuraCast for SHOUTcast 1 splits at six commas, so the last field may contain commas.
#[test]
fn azuracast_reads_seven_fields() {
    let mut world = radio();
    let song = song();
    let agent = "User-Agent: Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.8.1.2) Gecko/20070219 Firefox/2.0.0.2";
    let reply = get(&mut world, "/7.html", agent);
    assert_eq!(reply.status_line(), "HTTP/1.0 200 OK");
    // `/<body.*>(.*)<\/body>/smU`
    let body = Regex::new("(?sm)<body.*?>(.*?)</body>").expect("an expression");
    let line = body.captures(reply.body()).expect("a body")[1].to_owned();
    let fields: Vec<&str> = line.splitn(7, ',').collect();
    assert_eq!(fields[..6], ["3", "1", "3", "512", "2", "128"]);
    assert_eq!(html_decoded(fields[6]), song);
}

/// AzuraCast for SHOUTcast 2 resolves HTML entities before it parses the XML, and escapes bare ampersands
/// again.
#[test]
fn azuracast_reads_stats() {
    let mut world = radio();
    let xml = ok(&mut world, "/stats?sid=2");
    let decoded = html_decoded(&xml);
    let escaped = decoded.replace('&', "&amp;");
    for (name, value) in [
        ("SONGTITLE", format!("{NIGHT} 3").as_str()),
        ("CURRENTLISTENERS", "0"),
        ("UNIQUELISTENERS", "0"),
        ("BITRATE", "128"),
        ("CONTENT", "audio/mpeg"),
    ] {
        assert_eq!(text(&escaped, &format!("SHOUTCASTSERVER/{name}")), value);
    }
    // The URL of the home page has an ampersand.
    assert_eq!(text(&escaped, "SHOUTCASTSERVER/SERVERURL"), "http://example.org/?a=1&b=2");
}

/// node-internet-radio compares the content type exactly, and splits at every comma.
#[test]
fn node_internet_radio_reads_seven_html_and_statistics() {
    let mut world = radio();
    let song = song();
    let reply = get(&mut world, "/7.html", "");
    assert_eq!(reply.header("content-type"), Some("text/html"));
    let body = Regex::new("(?im)<body>(.*)</body>").expect("an expression");
    let line = body.captures(reply.body()).expect("a body")[1].to_owned();
    let fields: Vec<&str> = line.split(',').collect();
    assert_eq!((fields[0], fields[5]), ("3", "128"));
    assert_eq!(html_decoded(&fields[6..].join(",")), song);
    let xml = ok(&mut world, "/statistics");
    let stream = |name: &str| texts(&xml, &format!("SHOUTCASTSERVER/STREAMSTATS/STREAM/{name}"));
    assert_eq!(stream("SERVERURL"), ["http://example.org/?a=1&b=2"; 2]);
    assert_eq!(
        (stream("CURRENTLISTENERS"), stream("BITRATE")),
        (vec!["3".into(), "0".into()], vec!["128".into(), "128".into()])
    );
    assert_eq!(stream("SONGTITLE"), [song, format!("{NIGHT} 3")]);
}

/// icecast-metadata-stats runs in the page of another site, requests no particular station, and parses
/// numbers by their look.
#[test]
fn icecast_metadata_stats_reads_three_pages() {
    let mut world = radio();
    let song = song();
    for page in ["/stats", "/nextsongs", "/7.html"] {
        let reply = get(&mut world, page, "Origin: https://player.example");
        assert_eq!(
            (reply.status_line(), reply.header("access-control-allow-origin")),
            ("HTTP/1.0 200 OK", Some("*"))
        );
    }
    let stats = ok(&mut world, "/stats");
    let number = |name: &str| {
        text(&stats, &format!("SHOUTCASTSERVER/STREAMSTATS/{name}")).parse::<u32>().expect("a number")
    };
    let numbers = [
        "TOTALSTREAMS",
        "ACTIVESTREAMS",
        "CURRENTLISTENERS",
        "PEAKLISTENERS",
        "MAXLISTENERS",
        "UNIQUELISTENERS",
    ];
    assert_eq!(numbers.map(number), [2, 2, 3, 3, 1000, 2]);
    assert_eq!(
        texts(&stats, "SHOUTCASTSERVER/STREAMSTATS/STREAM/SONGTITLE"),
        [song.clone(), format!("{NIGHT} 3")]
    );
    // Other programs read the default station from the same page.
    assert_eq!(text(&stats, "SHOUTCASTSERVER/SONGTITLE"), song);
    assert_eq!(text(&stats, "SHOUTCASTSERVER/CURRENTLISTENERS"), "3");
    let next = ok(&mut world, "/nextsongs");
    assert_eq!(texts(&next, "SHOUTCASTSERVER/NEXTSONGS/TITLE"), [format!("{SONG} 4"), format!("{SONG} 5")]);
    // It takes any other number of fields for another page, so the title must not contain a comma.
    let seven = ok(&mut world, "/7.html?sid=2");
    let night = format!("{NIGHT} 3").replace('&', "&amp;");
    let csv = seven.split_once("<body>").and_then(|(_, rest)| rest.split_once("</body>")).expect("a body").0;
    assert_eq!(csv.split(',').collect::<Vec<_>>(), ["0", "1", "0", "512", "0", "128", &night]);
}

/// Scripts with bare sockets search the whole reply, including the head, with a dot that does not match line
/// ends.
#[test]
fn voscast_finds_the_server_on_one_line() {
    let mut world = radio();
    let song = song();
    let server = Regex::new("<SHOUTCASTSERVER>(.*)</SHOUTCASTSERVER>").expect("an expression");
    for page in ["/stats?sid=1", "/statistics", "/admin.cgi?sid=1&mode=viewxml&pass=lighthouse"] {
        let whole = read_to_end(&mut world, page, "User-Agent: SHOUTcast Song Status (Mozilla Compatible)");
        let found = server.captures(&whole).expect("on one line")[0].to_owned();
        assert!(texts(&found, "SHOUTCASTSERVER/SONGTITLE").iter().all(|title| *title == song));
    }
}

#[test]
fn shoutstats_reads_json_then_seven_html() {
    let mut world = radio();
    let song = song();
    let json: Value = serde_json::from_str(&ok(&mut world, "/statistics?json=1")).expect("JSON");
    assert_eq!(
        (&json["totalstreams"], &json["activestreams"], &json["currentlisteners"]),
        (&2.into(), &2.into(), &3.into())
    );
    let stream = &json["streams"][0];
    assert_eq!(
        (&stream["id"], &stream["bitrate"], &stream["songtitle"]),
        (&1.into(), &128.into(), &song.as_str().into())
    );
    assert_eq!(
        (&stream["currentlisteners"], &stream["uniquelisteners"], &stream["streamstatus"]),
        (&3.into(), &2.into(), &1.into())
    );
    assert!(ok(&mut world, "/7.html").contains("<body>3,1,3,512,2,128,"));
}

/// A program that reads several pages needs them to agree.
#[test]
fn cast_uses_three_pages_that_agree() {
    let mut world = radio();
    let song = song();
    assert_eq!(ok(&mut world, "/currentsong?sid=1"), song);
    assert!(html_decoded(&ok(&mut world, "/7.html")).ends_with(&format!(",{song}</body></html>")));
    assert_eq!(
        texts(&ok(&mut world, "/statistics"), "SHOUTCASTSERVER/STREAMSTATS/STREAM/SONGTITLE")[0],
        song
    );
    let stats: Value = serde_json::from_str(&ok(&mut world, "/stats?sid=1&json=1")).expect("JSON");
    assert_eq!((&stats["songtitle"], &stats["bitrate"]), (&song.as_str().into(), &"128".into()));
    assert_eq!(ok(&mut world, "/nextsong"), format!("{SONG} 4"));
    assert_eq!(stats["nexttitle"], ok(&mut world, "/nextsong"));
}
