//! Icecast's pages, read as the programs read them that look at stations.

use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World, seed};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{Account, Secret, SourceSettings, StationSettings};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);

/// `admin:lighthouse`.
const ADMIN: &str = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==\r\n";

/// `source:deep water`.
const SOURCE: &str = "Authorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\n";

/// The stations at these mounts, ten seconds old; VLC listens to the first of them.
fn world(number: u64, mounts: &[&str]) -> World {
    let sources = SourceSettings {
        account: Account { user: "source".into(), password: Some(Secret::new("deep water")) },
        ..SourceSettings::default()
    };
    let station = |(at, mount): (usize, &&str)| StationSettings {
        id: at as u32 + 1,
        mount: (*mount).to_owned(),
        name: format!("Harbour {at}"),
        genre: "Ambient".into(),
        sources: sources.clone(),
        ..StationSettings::default()
    };
    let mut world = World::with(seed(number), mounts.iter().enumerate().map(station).collect());
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world.pass(10 * SECOND);
    let listener = world.connect(Link::Fast);
    world.send(listener, format!("GET {} HTTP/1.0\r\nUser-Agent: VLC/3.0\r\n\r\n", mounts[0]).as_bytes());
    world.pass(2 * SECOND);
    world
}

/// A source at `/live` that has sent three seconds.
fn go_live(world: &mut World) -> (Peer, Encoder) {
    let peer = world.connect(Link::Fast);
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    world.send(peer, &source_request("/live", "source", "deep water"));
    play(world, peer, &mut encoder, 3);
    (peer, encoder)
}

fn play(world: &mut World, peer: Peer, encoder: &mut Encoder, seconds: u32) {
    for _ in 0..10 * seconds {
        world.feed(peer, &encoder.seconds(0.1));
        world.pass(Duration::from_millis(100));
    }
}

/// Head and body of what is answered.
fn ask(world: &mut World, target: &str, lines: &str) -> (String, String) {
    let peer = world.connect(Link::Fast);
    let request = format!("GET {target} HTTP/1.1\r\nHost: radio.example:8000\r\n{lines}\r\n");
    world.send(peer, request.as_bytes());
    let reply = world.reply(peer);
    world.hang_up(peer);
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_owned(), body.to_owned())
}

#[track_caller]
fn page(world: &mut World, target: &str, lines: &str) -> String {
    let (head, body) = ask(world, target, lines);
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{target}: {head}");
    body
}

fn icestats(world: &mut World, target: &str) -> Value {
    let (head, body) = ask(world, target, "");
    assert!(head.contains("\r\nContent-Type: application/json"), "{head}");
    assert!(head.contains("\r\nAccess-Control-Allow-Origin: *"), "{head}");
    let page: Value = serde_json::from_str(&body).expect("JSON");
    page["icestats"].clone()
}

/// The texts of all elements with this path, such as `icestats/source/listeners`.
fn texts(xml: &str, path: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let (mut at, mut found): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(tag) => {
                at.push(tag.name().as_ref().to_owned());
                if at.join("/") == path {
                    found.push(String::new());
                }
            }
            Event::End(_) => drop(at.pop()),
            Event::Text(text) if at.join("/") == path => {
                *found.last_mut().expect("it began") += &text;
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[track_caller]
fn number(xml: &str, path: &str) -> u64 {
    let found = texts(xml, path);
    assert_eq!(found.len(), 1, "{path} in {xml}");
    found[0].parse().expect("a number")
}

/// AzuraCast takes an object or a list, wants `listenurl` and `server_type`, and finds its mount at the end of the first.
#[test]
fn azuracast_reads_the_json() {
    for mounts in [&["/live"][..], &["/live", "/jazz"]] {
        let mut world = world(1, mounts);
        let icestats = icestats(&mut world, "/status-json.xsl");
        let rows = match &icestats["source"] {
            Value::Array(rows) => rows.clone(),
            row => vec![row.clone()],
        };
        assert_eq!(rows.len(), mounts.len());
        let is_live = |row: &&Value| row["listenurl"].as_str().is_some_and(|url| url.ends_with("/live"));
        let row = rows.iter().find(is_live).expect("the mount");
        assert_eq!(row["server_type"], "audio/mpeg");
        assert_eq!((row["listeners"].as_u64(), row["bitrate"].as_u64()), (Some(1), Some(128)));
        assert_eq!(row["title"].as_str(), Some(world.station(0).title()));
    }
}

/// With the admin's password it reads the XML, and who listens.
#[test]
fn azuracast_reads_the_admins_pages() {
    let mut world = world(2, &["/live"]);
    let stats = page(&mut world, "/admin/stats", ADMIN);
    assert!(stats.contains("<source mount=\"/live\">"), "{stats}");
    assert_eq!(number(&stats, "icestats/source/listeners"), 1);
    assert_eq!(number(&stats, "icestats/source/bitrate"), 128);
    assert_eq!(texts(&stats, "icestats/source/server_type"), ["audio/mpeg"]);
    assert_eq!(texts(&stats, "icestats/source/title"), [world.station(0).title()]);
    let clients = page(&mut world, "/admin/listclients?mount=/live", ADMIN);
    for (name, expected) in [("IP", "127.0.0.1"), ("UserAgent", "VLC/3.0"), ("Connected", "2")] {
        assert_eq!(texts(&clients, &format!("icestats/source/listener/{name}")), [expected], "{clients}");
    }
    assert_eq!(texts(&clients, "icestats/source/listener/ID").len(), 1);
}

/// telegraf's `inputs.icecast` decodes `listmounts` into numbers and texts.
#[test]
fn telegraf_reads_the_mounts() {
    let mut world = world(3, &["/live", "/jazz"]);
    let list = page(&mut world, "/admin/listmounts", ADMIN);
    let mounts: Vec<_> = list.split("<source mount=\"").skip(1).map(|rest| rest.split('"').next()).collect();
    assert_eq!(mounts, [Some("/live"), Some("/jazz")]);
    assert_eq!(texts(&list, "icestats/source/listeners"), ["1", "0"]);
    // What is on the air has been for as long as the frame before it allowed: ten and two seconds.
    for connected in texts(&list, "icestats/source/Connected") {
        assert!((11..=12).contains(&connected.parse::<u64>().expect("a number")), "{list}");
    }
    assert_eq!(texts(&list, "icestats/source/content-type"), ["audio/mpeg", "audio/mpeg"]);
}

/// netdata draws a line for every `server_name`, and makes one source a list of one.
#[test]
fn netdata_reads_the_json() {
    let mut world = world(4, &["/live", "/jazz"]);
    let icestats = icestats(&mut world, "/status-json.xsl");
    let sources = icestats["source"].as_array().expect("two sources");
    let read =
        |source: &Value| (source["server_name"].as_str().map(str::to_owned), source["listeners"].as_i64());
    let expected = [("Harbour 0", 1), ("Harbour 1", 0)].map(|(name, it)| (Some(name.to_owned()), Some(it)));
    assert_eq!(sources.iter().map(read).collect::<Vec<_>>(), expected);
}

/// icecast-metadata-stats asks beside the stream, and shows the title of what it finds there; node-internet-radio too.
#[test]
fn scripts_on_pages_read_the_title() {
    let mut world = world(5, &["/live"]);
    let title = world.station(0).title().to_owned();
    assert_eq!(icestats(&mut world, "/status-json.xsl?_=1732500000")["source"]["title"], title.as_str());
    assert_eq!(icestats(&mut world, "/status-json.xsl?mount=/live")["source"]["title"], title.as_str());
    assert!(icestats(&mut world, "/status-json.xsl?mount=/nothing").get("source").is_none());
}

/// Scripts cut `status.xsl` at its words.
#[test]
fn scripts_cut_the_page_for_people() {
    let mut world = world(6, &["/live"]);
    let (head, page) = ask(&mut world, "/status.xsl", "");
    assert!(head.contains("\r\nContent-Type: text/xml; charset=UTF-8\r\n"), "{head}");
    let value = |label: &str| {
        let (_, rest) =
            page.split_once(&format!("<td>{label}</td><td class=\"streamstats\">")).expect("a row");
        rest.split("</td>").next().expect("its end").to_owned()
    };
    assert!(page.contains("<h3 class=\"mount\">Mount Point /live</h3>"), "{page}");
    assert_eq!(value("Listeners (current):"), "1");
    assert_eq!(value("Listeners (peak):"), "1");
    assert_eq!(value("Bitrate:"), "128");
    assert_eq!(value("Currently playing:"), world.station(0).title());
}

/// Icecast-KH's page of commas, and the first source in the words of SHOUTcast.
#[test]
fn scripts_split_lines_at_commas() {
    let mut world = world(7, &["/live", "/jazz"]);
    let title = world.station(0).title().to_owned();
    let table = page(&mut world, "/status2.xsl", "");
    let lines: Vec<_> = table.lines().skip_while(|line| !line.starts_with("Global")).collect();
    assert_eq!(lines[0], "Global,Clients:1,Sources:2,,1,,");
    let row: Vec<_> = lines[2].split(',').collect();
    assert_eq!(row, ["/live", "1", "Harbour 0", "1", "", &title, ""]);
    let seven = page(&mut world, "/7.xsl", "");
    assert!(seven.contains(",1,1,") && seven.ends_with(&format!(",1,128,{title}</body></html>")), "{seven}");
}

#[test]
fn playlists_lead_to_where_they_were_asked_for() {
    let mut world = world(8, &["/live"]);
    assert_eq!(page(&mut world, "/live.m3u", ""), "http://radio.example:8000/live\r\n");
    let xspf = page(&mut world, "/live.xspf", "");
    let track = "playlist/trackList/track";
    assert_eq!(texts(&xspf, &format!("{track}/location")), ["http://radio.example:8000/live"]);
    assert_eq!(texts(&xspf, &format!("{track}/title")), [world.station(0).title()]);
    let vclt = page(&mut world, "/live.vclt", "");
    assert!(vclt.starts_with("STREAMURL=http://radio.example:8000/live\n"), "{vclt}");
    assert!(ask(&mut world, "/jazz.m3u", "").0.starts_with("HTTP/1.0 404 "));
}

/// Every number is counted where it happens, and a connection in as many of them as it has a part in.
#[test]
fn connections_are_counted() {
    let mut world = world(9, &["/live"]);
    ask(&mut world, "/status-json.xsl", "");
    ask(&mut world, "/live.m3u", "");
    ask(&mut world, "/nothing", "");
    go_live(&mut world);
    let stats = page(&mut world, "/admin/stats", ADMIN);
    for (name, count) in [
        // The listener, three that asked, the source, and who asks now.
        ("connections", 6),
        ("client_connections", 5),
        ("file_connections", 2),
        ("listener_connections", 1),
        ("source_client_connections", 1),
        ("source_relay_connections", 0),
        ("source_total_connections", 1),
        ("clients", 3),
        ("listeners", 1),
        ("sources", 1),
        ("source/listener_connections", 1),
        ("source/slow_listeners", 0),
    ] {
        assert_eq!(number(&stats, &format!("icestats/{name}")), count, "{name} in {stats}");
    }
    assert_eq!(texts(&stats, "icestats/source/source_ip"), ["127.0.0.1"]);
    // A burst at the start and fifteen seconds at 128 kbit/s went on the air; the listener had a burst and five seconds.
    let put = number(&stats, "icestats/source/total_bytes_read");
    assert!((310_000..330_000).contains(&put), "{put}");
    let sent = number(&stats, "icestats/source/total_bytes_sent");
    assert!((140_000..180_000).contains(&sent), "{sent}");
}

#[test]
fn who_does_not_keep_up_is_counted_as_slow() {
    let mut world = world(10, &["/live"]);
    let listener = world.connect(Link::Stuck { buffer: 100_000 });
    world.send(listener, b"GET /live HTTP/1.0\r\n\r\n");
    world.pass(120 * SECOND);
    assert!(world.pretend(listener).closed, "he is dismissed");
    let stats = page(&mut world, "/admin/stats", ADMIN);
    assert_eq!(number(&stats, "icestats/source/slow_listeners"), 1);
    assert_eq!(number(&stats, "icestats/listener_connections"), 2);
}

/// Who may know what: all that is about listeners and sources takes a password.
#[test]
fn pages_take_the_passwords_that_they_should() {
    let mut world = world(11, &["/live"]);
    let code = |world: &mut World, target: &str, lines: &str| ask(world, target, lines).0[9..12].to_owned();
    for (page, by_source, by_all) in [
        ("stats", "401", "401"),
        ("stats.xml", "401", "401"),
        ("stats.xsl", "401", "401"),
        ("listmounts", "401", "401"),
        ("listclients.xsl?mount=/live", "401", "401"),
        ("moveclients?mount=/live", "401", "401"),
        ("updatemetadata.xsl?mount=/live", "200", "401"),
        ("streamlist.txt", "200", "200"),
        ("buildm3u?mount=/live&username=a&password=b", "200", "200"),
    ] {
        let target = format!("/admin/{page}");
        let codes = [ADMIN, SOURCE, ""].map(|lines| code(&mut world, &target, lines));
        assert_eq!(codes, ["200", by_source, by_all], "{page}");
    }
    for (target, message) in [
        ("/admin/stats?mount=/nothing", "Source does not exist"),
        ("/admin/listclients", "Missing parameter"),
        ("/admin/fallbacks?mount=/live&fallback=/x", "Fallbacks are not supported"),
        ("/admin/unknown", "Unrecognised command"),
    ] {
        let (head, body) = ask(&mut world, target, ADMIN);
        assert!(head.starts_with("HTTP/1.0 400 ") && body.contains(message), "{target}: {head} {body}");
    }
}

/// A relay of Icecast's asks for the list with a password of its own, which nobody here knows, and then for each line.
#[test]
fn a_slave_reads_the_list() {
    let mut world = world(12, &["/live", "/late night"]);
    // relay:whatever
    let login = "Authorization: Basic cmVsYXk6d2hhdGV2ZXI=\r\n";
    for _ in 0..20 {
        assert_eq!(page(&mut world, "/admin/streamlist.txt", login), "/live\r\n/late%20night\r\n");
    }
    let relay = world.connect(Link::Fast);
    world.send(relay, b"GET /late%20night HTTP/1.0\r\n\r\n");
    world.pass(SECOND);
    assert!(world.reply(relay).contains("200 OK"));
}

/// The form for a title does what it says when a browser sends it.
#[test]
fn a_form_sets_the_title() {
    let mut world = world(13, &["/live"]);
    let (source, mut encoder) = go_live(&mut world);
    let form = page(&mut world, "/admin/updatemetadata.xsl?mount=/live", ADMIN);
    assert!(form.contains("<form class=\"alignedform\" method=\"post\" action=\"metadata.xsl\">"), "{form}");
    let body = "song=Nadia+Karim+-+Tidewater&mount=%2Flive&mode=updinfo&charset=UTF-8";
    let peer = world.connect(Link::Fast);
    let request = format!(
        "POST /admin/metadata.xsl HTTP/1.1\r\nHost: radio.example:8000\r\n{ADMIN}\
         Origin: http://radio.example:8000\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    world.send(peer, request.as_bytes());
    assert!(world.reply(peer).contains("Metadata update successful"));
    play(&mut world, source, &mut encoder, 1);
    assert_eq!(icestats(&mut world, "/status-json.xsl")["source"]["title"], "Nadia Karim - Tidewater");
}
