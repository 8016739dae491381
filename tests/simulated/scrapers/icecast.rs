//! Programs that read Icecast's pages.

use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::request::Request;
use crate::world::{Link, World, seed};
use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{Account, Secret, SourceSettings, StationSettings};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);

/// Creates stations at these mounts, lets them play for ten seconds, and connects VLC to the first of them.
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
    world.enable_admin();
    world.pass(10 * SECOND);
    world.get(mounts[0]).agent("VLC/3.0").open();
    world.pass(2 * SECOND);
    world
}

/// Connects a source to `/live` that sends three seconds of audio.
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

/// Starts a GET request.
fn get<'w>(world: &'w mut World, target: &str) -> Request<'w> {
    world.get(target).http11().header("Host", "radio.example:8000")
}

/// Sends a request and returns the body of the reply, whose status must be 200.
#[track_caller]
fn body(request: Request<'_>) -> String {
    let reply = request.send();
    assert_eq!(reply.status_line(), "HTTP/1.0 200 OK", "{reply}");
    reply.body().to_owned()
}

fn icestats(world: &mut World, target: &str) -> Value {
    let reply = get(world, target).send();
    assert!(reply.head().contains("\r\nContent-Type: application/json"), "{reply}");
    assert_eq!(reply.header("Access-Control-Allow-Origin"), Some("*"), "{reply}");
    reply.json()["icestats"].clone()
}

/// Returns the texts of all elements with this path, such as `icestats/source/listeners`.
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
                *found.last_mut().expect("the element has begun") += &text;
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

/// AzuraCast accepts an object or a list, needs `listenurl` and `server_type`, and finds its mount at the end
/// of `listenurl`.
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

/// With the admin password, AzuraCast reads the XML and the list of listeners.
#[test]
fn azuracast_reads_the_admin_pages() {
    let mut world = world(2, &["/live"]);
    let stats = body(get(&mut world, "/admin/stats").by_admin());
    assert!(stats.contains("<source mount=\"/live\">"), "{stats}");
    assert_eq!(number(&stats, "icestats/source/listeners"), 1);
    assert_eq!(number(&stats, "icestats/source/bitrate"), 128);
    assert_eq!(texts(&stats, "icestats/source/server_type"), ["audio/mpeg"]);
    assert_eq!(texts(&stats, "icestats/source/title"), [world.station(0).title()]);
    let clients = body(get(&mut world, "/admin/listclients?mount=/live").by_admin());
    for (name, expected) in [("IP", "127.0.0.1"), ("UserAgent", "VLC/3.0"), ("Connected", "2")] {
        assert_eq!(texts(&clients, &format!("icestats/source/listener/{name}")), [expected], "{clients}");
    }
    assert_eq!(texts(&clients, "icestats/source/listener/ID").len(), 1);
}

/// telegraf's `inputs.icecast` decodes `listmounts` into numbers and texts.
#[test]
fn telegraf_reads_the_mounts() {
    let mut world = world(3, &["/live", "/jazz"]);
    let list = body(get(&mut world, "/admin/listmounts").by_admin());
    let mounts: Vec<_> = list.split("<source mount=\"").skip(1).map(|rest| rest.split('"').next()).collect();
    assert_eq!(mounts, [Some("/live"), Some("/jazz")]);
    assert_eq!(texts(&list, "icestats/source/listeners"), ["1", "0"]);
    // The input went on the air with its first frame, ten and two seconds ago.
    for connected in texts(&list, "icestats/source/Connected") {
        assert!((11..=12).contains(&connected.parse::<u64>().expect("a number")), "{list}");
    }
    assert_eq!(texts(&list, "icestats/source/content-type"), ["audio/mpeg", "audio/mpeg"]);
}

/// netdata draws a line for every `server_name`, and turns a single source into a list of one.
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

/// icecast-metadata-stats requests the page beside the stream and shows its title, and so does
/// node-internet-radio.
#[test]
fn scripts_on_pages_read_the_title() {
    let mut world = world(5, &["/live"]);
    let title = world.station(0).title().to_owned();
    assert_eq!(icestats(&mut world, "/status-json.xsl?_=1732500000")["source"]["title"], title.as_str());
    assert_eq!(icestats(&mut world, "/status-json.xsl?mount=/live")["source"]["title"], title.as_str());
    assert!(icestats(&mut world, "/status-json.xsl?mount=/nothing").get("source").is_none());
}

/// Scripts cut `status.xsl` at its labels.
#[test]
fn scripts_cut_the_status_page() {
    let mut world = world(6, &["/live"]);
    let page = get(&mut world, "/status.xsl").send();
    assert_eq!(page.header("Content-Type"), Some("text/xml; charset=UTF-8"));
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

/// Icecast-KH's comma-separated page, and the first source in the format of SHOUTcast.
#[test]
fn scripts_split_lines_at_commas() {
    let mut world = world(7, &["/live", "/jazz"]);
    let title = world.station(0).title().to_owned();
    let table = body(get(&mut world, "/status2.xsl"));
    let lines: Vec<_> = table.lines().skip_while(|line| !line.starts_with("Global")).collect();
    assert_eq!(lines[0], "Global,Clients:1,Sources:2,,1,,");
    let row: Vec<_> = lines[2].split(',').collect();
    assert_eq!(row, ["/live", "1", "Harbour 0", "1", "", &title, ""]);
    let seven = body(get(&mut world, "/7.xsl"));
    assert!(seven.contains(",1,1,") && seven.ends_with(&format!(",1,128,{title}</body></html>")), "{seven}");
}

#[test]
fn playlists_lead_to_the_requested_host() {
    let mut world = world(8, &["/live"]);
    assert_eq!(body(get(&mut world, "/live.m3u")), "http://radio.example:8000/live\r\n");
    let xspf = body(get(&mut world, "/live.xspf"));
    let track = "playlist/trackList/track";
    assert_eq!(texts(&xspf, &format!("{track}/location")), ["http://radio.example:8000/live"]);
    assert_eq!(texts(&xspf, &format!("{track}/title")), [world.station(0).title()]);
    let vclt = body(get(&mut world, "/live.vclt"));
    assert!(vclt.starts_with("STREAMURL=http://radio.example:8000/live\n"), "{vclt}");
    assert_eq!(get(&mut world, "/jazz.m3u").send().status(), 404);
}

/// A connection counts in every number that it belongs to.
#[test]
fn every_kind_of_connection_is_counted() {
    let mut world = world(9, &["/live"]);
    get(&mut world, "/status-json.xsl").send();
    get(&mut world, "/live.m3u").send();
    get(&mut world, "/nothing").send();
    go_live(&mut world);
    let stats = body(get(&mut world, "/admin/stats").by_admin());
    for (name, count) in [
        // The listener, three requests, the source, and the current request.
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
    // A burst at the start and fifteen seconds at 128 kbit/s went on the air; the listener had a burst and
    // five seconds.
    let read = number(&stats, "icestats/source/total_bytes_read");
    assert!((310_000..330_000).contains(&read), "{read}");
    let sent = number(&stats, "icestats/source/total_bytes_sent");
    assert!((140_000..180_000).contains(&sent), "{sent}");
}

#[test]
fn disconnected_slow_listener_is_counted_as_slow() {
    let mut world = world(10, &["/live"]);
    let listener = world.get("/live").link(Link::Stuck { buffer: 100_000 }).open();
    world.pass(120 * SECOND);
    assert!(world.socket(listener).closed, "it is disconnected");
    let stats = body(get(&mut world, "/admin/stats").by_admin());
    assert_eq!(number(&stats, "icestats/source/slow_listeners"), 1);
    assert_eq!(number(&stats, "icestats/listener_connections"), 2);
}

/// The pages of Icecast 2.5 that are below `/admin/` and public.
#[test]
fn public_statistics_need_no_password() {
    let mut world = world(12, &["/live", "/jazz"]);
    let json = get(&mut world, "/admin/publicstats.json").send();
    assert_eq!((json.status(), json.header("Access-Control-Allow-Origin")), (200, Some("*")), "{json}");
    let sources = json.json()[1]["source"].as_object().map(|sources| sources.len());
    assert_eq!(sources, Some(2), "{json}");
    let one = get(&mut world, "/admin/publicstats.json?mount=/jazz").send().json();
    assert_eq!(one[1]["source"]["/jazz"]["content-type"], "audio/mpeg", "{one}");
    let xml = get(&mut world, "/admin/publicstats").send();
    assert!(xml.status() == 200 && xml.contains("<source mount=\"/live\">"), "{xml}");
    for hidden in ["source_ip", "user_agent", "connections", "max_listeners", "total_bytes"] {
        assert!(!xml.contains(hidden) && !json.contains(hidden), "{hidden}");
    }
    assert_eq!(world.post("/admin/publicstats", "").send().status(), 405);
}

/// Pages about listeners and sources require a password.
#[test]
fn admin_pages_need_the_right_password() {
    let mut world = world(11, &["/live"]);
    for (page, by_source, by_anonymous) in [
        ("stats", 401, 401),
        ("stats.xml", 401, 401),
        ("stats.xsl", 401, 401),
        ("listmounts", 401, 401),
        ("stats?mount=/live", 200, 401),
        ("listclients.xsl?mount=/live", 200, 401),
        ("moveclients?mount=/live", 401, 401),
        ("updatemetadata.xsl?mount=/live", 200, 401),
        ("streamlist.txt", 200, 200),
        ("buildm3u?mount=/live&username=a&password=b", 200, 200),
    ] {
        let target = format!("/admin/{page}");
        let by_admin = get(&mut world, &target).by_admin().send();
        let source = get(&mut world, &target).auth("source", "deep water").send();
        let anonymous = get(&mut world, &target).send();
        let codes = [by_admin.status(), source.status(), anonymous.status()];
        assert_eq!(codes, [200, by_source, by_anonymous], "{page}");
    }
    for (target, message) in [
        ("/admin/stats?mount=/nothing", "Source does not exist"),
        ("/admin/listclients", "Missing parameter"),
        ("/admin/fallbacks?mount=/live&fallback=/x", "Fallbacks are set in the configuration"),
        ("/admin/unknown", "Unrecognised command"),
    ] {
        let reply = get(&mut world, target).by_admin().send();
        assert!(reply.status() == 400 && reply.body().contains(message), "{target}: {reply}");
    }
}

/// An Icecast relay requests the list with its own password, which is unknown here, and then every mount of
/// the list.
#[test]
fn icecast_relay_reads_the_list_of_mounts() {
    let mut world = world(12, &["/live", "/late night"]);
    for _ in 0..20 {
        let list = get(&mut world, "/admin/streamlist.txt").auth("relay", "whatever");
        assert_eq!(body(list), "/live\r\n/late%20night\r\n");
    }
    let relay = world.get("/late%20night").open();
    world.pass(SECOND);
    assert!(world.reply(relay).contains("200 OK"));
}

/// A browser can submit the form for a title.
#[test]
fn form_sets_the_title() {
    let mut world = world(13, &["/live"]);
    let (source, mut encoder) = go_live(&mut world);
    let form = body(get(&mut world, "/admin/updatemetadata.xsl?mount=/live").by_admin());
    assert!(form.contains("<form class=\"alignedform\" method=\"post\" action=\"metadata.xsl\">"), "{form}");
    let values = "song=Nadia+Karim+-+Tidewater&mount=%2Flive&mode=updinfo&charset=UTF-8";
    let post = world.post("/admin/metadata.xsl", values).http11().by_admin();
    let post = post.header("Host", "radio.example:8000").header("Origin", "http://radio.example:8000");
    let reply = post.header("Content-Type", "application/x-www-form-urlencoded").send();
    assert!(reply.contains("Metadata update successful"), "{reply}");
    play(&mut world, source, &mut encoder, 1);
    assert_eq!(icestats(&mut world, "/status-json.xsl")["source"]["title"], "Nadia Karim - Tidewater");
}
