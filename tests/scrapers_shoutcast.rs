//! Programs that read SHOUTcast's pages, each as it does: its expressions, its limits, its paths. What each of them needs
//! is in protocol-notes/pages-shoutcast.md, "Who reads what".

mod world;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::settings::{Account, Secret, StationSettings};
use coldwave::station::Input;
use coldwave::time::WallClock;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use regex::Regex;
use serde_json::Value;
use world::tone::{Log, Tone};
use world::{Link, World, seed};

const SECOND: Duration = Duration::from_secs(1);

/// What is on the air: with all that makes a reader stumble, and the number of the track behind it.
const SONG: &str = "Nadia & Karim - 'Tidewater', <live>";

/// What is on the other station: what AzuraCast gets right.
const NIGHT: &str = "R&B 'til \"dawn\"";

/// A station that plays [`SONG`] for three listeners at two addresses, beside one that nobody hears.
fn radio() -> World {
    let station = |id, mount: &str, name: &str| StationSettings {
        id,
        mount: mount.into(),
        name: name.into(),
        genre: "Ambient".into(),
        url: "http://example.org/?a=1&b=2".into(),
        max_listeners: Some(512),
        ..Default::default()
    };
    let log = Rc::new(RefCell::new(Log::default()));
    let tone = |name: &str| vec![Box::new(Tone::new(name, &log)) as Box<dyn Input>];
    let stations =
        vec![(station(1, "/live", "Harbour FM"), tone(SONG)), (station(2, "/night", "Night"), tone(NIGHT))];
    let mut world = World::with_inputs(seed(1), stations, vec![log]);
    world.server.set_wall_clock(WallClock::started_at(Duration::from_secs(1_741_083_072)));
    world.configure(|config| (config.max_listeners, config.max_connections_per_address) = (1000, 0));
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world.pass(10 * SECOND);
    for address in ["203.0.113.9:1", "203.0.113.9:2", "[2001:db8::1]:1"] {
        let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
        world.send(peer, b"GET /live HTTP/1.0\r\n\r\n");
    }
    world.pass(20 * SECOND);
    world
}

/// The title on the air: tracks have thirteen seconds, and 30 s and a burst of five were played.
fn song() -> String {
    format!("{SONG} 3")
}

/// A reply as a script reads it that knows sockets only: to the end, which has to come.
fn read_all(world: &mut World, target: &str, headers: &str) -> String {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("GET {target} HTTP/1.0\r\n{headers}\r\n").as_bytes());
    assert!(world.pretend(peer).finished, "the end of the page is that of the connection");
    world.reply(peer)
}

struct Reply {
    status: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

fn get(world: &mut World, target: &str, headers: &str) -> Reply {
    let whole = read_all(world, target, headers);
    let (head, body) = whole.split_once("\r\n\r\n").expect("a head and a body");
    let mut lines = head.split("\r\n");
    let status = lines.next().expect("a status").to_owned();
    let headers = lines.map(|line| line.split_once(": ").expect("a name and a value"));
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let reply = Reply { status, headers, body: body.to_owned() };
    assert_eq!(reply.header("content-length"), body.len().to_string());
    assert_eq!(reply.header("transfer-encoding").to_owned() + reply.header("content-encoding"), "");
    reply
}

fn ok(world: &mut World, target: &str) -> String {
    let reply = get(world, target, "");
    assert_eq!(reply.status, "HTTP/1.0 200 OK", "{target}");
    reply.body
}

/// The texts of all elements at a path, as an XML parser has them. It has to be XML to the end.
fn texts(xml: &str, path: &str) -> Vec<String> {
    let wanted: Vec<&str> = path.split('/').collect();
    let (mut reader, mut at, mut found, mut text) =
        (Reader::from_str(xml), Vec::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(element) => {
                at.push(element.name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(piece) => text += &piece,
            Event::GeneralRef(name) => match name.resolve_char_ref().expect("a character") {
                Some(character) => text.push(character),
                None => text += resolve_xml_entity(&name).expect("one of XML's own"),
            },
            Event::End(_) => {
                if at == wanted {
                    found.push(std::mem::take(&mut text));
                }
                at.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(at.is_empty(), "every element has an end");
    found
}

fn text(xml: &str, path: &str) -> String {
    let found = texts(xml, path);
    assert_eq!(found.len(), 1, "{path} in {xml}");
    found[0].clone()
}

/// PHP's `html_entity_decode`, as far as it is needed: it knows what HTML 4 had, so no `&apos;`.
fn html_decoded(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (escape, c)| text.replace(escape, c))
}

/// AzuraCast for SHOUTcast 1: the second field may have commas, as the split has a limit.
#[test]
fn azuracast_reads_seven_fields() {
    let mut world = radio();
    let song = song();
    let agent = "User-Agent: Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.8.1.2) Gecko/20070219 Firefox/2.0.0.2\r\n";
    let reply = get(&mut world, "/7.html", agent);
    assert_eq!(reply.status, "HTTP/1.0 200 OK");
    // `/<body.*>(.*)<\/body>/smU`
    let body = Regex::new("(?sm)<body.*?>(.*?)</body>").expect("an expression");
    let line = body.captures(&reply.body).expect("a body")[1].to_owned();
    let fields: Vec<&str> = line.splitn(7, ',').collect();
    assert_eq!(fields[..6], ["3", "1", "3", "512", "2", "128"]);
    assert_eq!(html_decoded(fields[6]), song);
}

/// AzuraCast for SHOUTcast 2: entities of HTML are resolved before the XML is read, and bare ampersands escaped again.
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
    // Its address of the home page has an ampersand.
    assert_eq!(text(&escaped, "SHOUTCASTSERVER/SERVERURL"), "http://example.org/?a=1&b=2");
}

/// The type is compared letter by letter; then all commas count.
#[test]
fn node_internet_radio_reads_seven_html_and_statistics() {
    let mut world = radio();
    let song = song();
    let reply = get(&mut world, "/7.html", "");
    assert_eq!(reply.header("content-type"), "text/html");
    let body = Regex::new("(?im)<body>(.*)</body>").expect("an expression");
    let line = body.captures(&reply.body).expect("a body")[1].to_owned();
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

/// It runs in a page of another site, asks without a station and takes what looks like a number for one.
#[test]
fn icecast_metadata_stats_reads_three_pages() {
    let mut world = radio();
    let song = song();
    for page in ["/stats", "/nextsongs", "/7.html"] {
        let reply = get(&mut world, page, "Origin: https://player.example\r\n");
        assert_eq!(
            (reply.status.as_str(), reply.header("access-control-allow-origin")),
            ("HTTP/1.0 200 OK", "*")
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
    // Others read the station that answers by default from the same page.
    assert_eq!(text(&stats, "SHOUTCASTSERVER/SONGTITLE"), song);
    assert_eq!(text(&stats, "SHOUTCASTSERVER/CURRENTLISTENERS"), "3");
    let next = ok(&mut world, "/nextsongs");
    assert_eq!(texts(&next, "SHOUTCASTSERVER/NEXTSONGS/TITLE"), [format!("{SONG} 4"), format!("{SONG} 5")]);
    // Seven fields, or it takes them for those of another page: no comma may be in the title.
    let seven = ok(&mut world, "/7.html?sid=2");
    let night = format!("{NIGHT} 3").replace('&', "&amp;");
    let csv = seven.split_once("<body>").and_then(|(_, rest)| rest.split_once("</body>")).expect("a body").0;
    assert_eq!(csv.split(',').collect::<Vec<_>>(), ["0", "1", "0", "512", "0", "128", &night]);
}

/// Scripts with sockets: whatever came, head and all, is searched with a dot that is no line end.
#[test]
fn voscast_finds_the_server_on_one_line() {
    let mut world = radio();
    let song = song();
    let server = Regex::new("<SHOUTCASTSERVER>(.*)</SHOUTCASTSERVER>").expect("an expression");
    for page in ["/stats?sid=1", "/statistics", "/admin.cgi?sid=1&mode=viewxml&pass=lighthouse"] {
        let whole = read_all(&mut world, page, "User-Agent: SHOUTcast Song Status (Mozilla Compatible)\r\n");
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

/// Whoever uses more than one of them: they agree.
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

/// AzuraCast with the admin's password: the numbers of a page that does not exist, and who listens as JSON.
#[test]
fn azuracast_reads_what_the_admin_sees() {
    let mut world = radio();
    let song = song();
    let login = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==\r\n";
    let summary = get(&mut world, "/admin.cgi?sid=1&mode=viewxml&page=7", login);
    assert_eq!(summary.status, "HTTP/1.0 200 OK");
    for (name, value) in [
        ("SONGTITLE", song.as_str()),
        ("CURRENTLISTENERS", "3"),
        ("UNIQUELISTENERS", "2"),
        ("BITRATE", "128"),
        ("CONTENT", "audio/mpeg"),
    ] {
        assert_eq!(text(&summary.body, &format!("SHOUTCASTSERVER/{name}")), value);
    }
    let clients = get(&mut world, "/admin.cgi?sid=1&mode=viewjson&page=3", login);
    let clients: Vec<Value> = serde_json::from_str(&clients.body).expect("a list");
    assert_eq!(clients.len(), 3);
    for client in &clients {
        assert!(client.as_object().expect("an object").values().all(Value::is_string), "{client}");
        let seconds = client["connecttime"].as_str().map(str::parse::<u64>);
        assert!(matches!(seconds, Some(Ok(19..=20))), "{client}");
        assert_eq!((&client["xff"], &client["useragent"]), (&"".into(), &"**EMPTY**".into()), "{client}");
        assert!(client["uid"] != "" && client["hostname"] != "", "{client}");
    }
}

/// Perl's Net::Shoutcast::Admin: the password in the address, and a tree of the whole page.
#[test]
fn net_shoutcast_admin_reads_songs_and_listeners() {
    let mut world = radio();
    let agent = "User-Agent: Mozilla/5.0 (compatible; Net::Shoutcast::Admin)\r\n";
    let reply = get(&mut world, "/admin.cgi?pass=lighthouse&mode=viewxml", agent);
    assert_eq!(reply.status, "HTTP/1.0 200 OK");
    let at = |path: &str| texts(&reply.body, &format!("SHOUTCASTSERVER/{path}"));
    assert_eq!((at("SONGTITLE"), at("STREAMSTATUS")), (vec![song()], vec!["1".into()]));
    assert_eq!(at("SONGHISTORY/SONG/TITLE"), [3, 2, 1].map(|track| format!("{SONG} {track}")));
    let times: Vec<u64> = at("SONGHISTORY/SONG/PLAYEDAT").iter().filter_map(|at| at.parse().ok()).collect();
    assert!(times.len() == 3 && times.is_sorted_by(|a, b| a > b), "{times:?}");
    let mut addresses = at("LISTENERS/LISTENER/HOSTNAME");
    addresses.sort();
    assert_eq!(addresses, ["2001:db8::1", "203.0.113.9", "203.0.113.9"]);
    for name in ["USERAGENT", "UNDERRUNS", "CONNECTTIME", "UID"] {
        assert_eq!(at(&format!("LISTENERS/LISTENER/{name}")).len(), 3, "{name}");
    }
}

/// Cast's other pages: each part of what the admin sees, in XML and in JSON, and the same in both.
#[test]
fn cast_uses_the_admins_pages_by_parts() {
    let mut world = radio();
    let page = |world: &mut World, mode: &str, number: u8| {
        ok(world, &format!("/admin.cgi?sid=1&mode={mode}&page={number}&pass=lighthouse"))
    };
    let json = |world: &mut World, number| {
        serde_json::from_str::<Value>(&page(world, "viewjson", number)).expect("JSON")
    };
    assert_eq!(page(&mut world, "viewxml", 1), ok(&mut world, "/stats?sid=1"));
    let stats: Value = serde_json::from_str(&ok(&mut world, "/stats?sid=1&json=1")).expect("JSON");
    assert_eq!(json(&mut world, 1), stats);
    for (number, row, keys) in [
        (3, "LISTENERS/LISTENER", &["hostname", "useragent", "connecttime", "uid"][..]),
        (4, "SONGHISTORY/SONG", &["playedat", "title"]),
    ] {
        let (xml, json) = (page(&mut world, "viewxml", number), json(&mut world, number));
        for key in keys {
            let listed: Vec<&str> =
                json.as_array().expect("a list").iter().filter_map(|it| it[key].as_str()).collect();
            let path = format!("SHOUTCASTSERVER/{row}/{}", key.to_uppercase());
            assert_eq!(
                (texts(&xml, &path), listed.len()),
                (listed.iter().map(|it| (*it).to_owned()).collect(), 3),
                "{key}"
            );
        }
    }
}

/// Three ways to cut the list of what was played, all of which leave out what is on.
#[test]
fn scripts_cut_what_was_played() {
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

/// Players open the first address they find.
#[test]
fn playlists_lead_to_where_they_were_asked() {
    let mut world = radio();
    for (page, content_type, before) in [
        ("/listen.pls", "audio/x-scpls", "\nFile1="),
        ("/listen", "audio/x-scpls", "\nFile1="),
        ("/listen.m3u", "audio/x-mpegurl", "Night\n"),
        ("/listen.asx", "video/x-ms-asx", "href=\""),
        ("/listen.xspf", "application/xspf+xml", "<location>"),
        ("/listen.qtl", "application/x-quicktimeplayer", "src=\""),
    ] {
        let reply = get(&mut world, &format!("{page}?sid=2"), "Host: radio.example:8000\r\n");
        assert_eq!(reply.header("content-type"), content_type);
        let (_, behind) = reply.body.split_once(before).unwrap_or_else(|| panic!("{page}: {}", reply.body));
        assert!(behind.starts_with("http://radio.example:8000/night"), "{page}: {behind}");
    }
}

#[test]
fn a_head_has_the_length_and_no_body_and_scripts_of_other_sites_may_ask() {
    let mut world = radio();
    for page in ["/7.html", "/stats", "/played.html", "/listen.pls", "/robots.txt", "/home"] {
        let whole = get(&mut world, page, "Host: h\r\n");
        let peer = world.connect(Link::Fast);
        world.send(peer, format!("HEAD {page} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        let head = world.reply(peer);
        assert!(head.ends_with("\r\n\r\n") && head.matches("\r\n\r\n").count() == 1, "{head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", whole.body.len())), "{head}");
        let peer = world.connect(Link::Fast);
        world.send(
            peer,
            format!("OPTIONS {page} HTTP/1.1\r\nOrigin: https://player.example\r\n\r\n").as_bytes(),
        );
        assert!(world.reply(peer).starts_with("HTTP/1.1 204"));
        let peer = world.connect(Link::Fast);
        world.send(peer, format!("POST {page} HTTP/1.0\r\n\r\n").as_bytes());
        assert!(world.reply(peer).starts_with("HTTP/1.0 405"));
    }
}
