//! Links that sources and upstreams provide: where they appear, and which are dropped.

use coldwave::audio::Header;
use coldwave::icy::{Block, Title};
use coldwave::settings::StationSettings;

use super::{Live, MOUNT, seconds, station};
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, World, seed};

const HOST: &str = "radio.example:8000";

/// Everything that shows the home page or the `StreamUrl` of a station.
const OUTPUTS: [&str; 24] = [
    "/index.html?sid=1",
    "/home.html?sid=1",
    "/stats?sid=1",
    "/stats?sid=1&json=1",
    "/stats?sid=1&json=1&callback=f",
    "/statistics",
    "/statistics?json=1",
    "/7.html",
    "/played.html?sid=1",
    "/played?sid=1&type=json",
    "/currentsong?sid=1",
    "/listen.pls?sid=1",
    "/listen.m3u?sid=1",
    "/live.xspf",
    "/live.m3u",
    "/live.vclt",
    "/status.xsl",
    "/status-json.xsl",
    "/api/v1/stations",
    "/api/v1/stations/1",
    "/api/v1/events",
    "/admin/stats",
    "/admin.cgi?mode=viewxml",
    "/api/v1/admin/stations",
];

const HOSTILE: [&str; 12] = [
    "http://radio.example:8000/admin/moveclients?mount=/live&destination=/evil",
    "http://radio.example/evil",
    "HTTP://RADIO.EXAMPLE.:8000/evil",
    "http://203.0.113.80:8000/evil",
    "https://public.example/evil",
    "http://other-name.example:8000/admin/moveclients?evil",
    "http://other-name.example/x/..%2fadmin/evil",
    "http://127.1:8000/evil",
    "http://user@radio.example:8000/evil",
    "javascript:evil()",
    "JAVASCRIPT:evil()",
    "data:text/html,evil",
];

/// Creates a world with a live source that announces `home_page`, and a title with `stream_url`.
fn live_with(settings: StationSettings, home_page: &str, stream_url: &str) -> (World, Live) {
    let mut world = World::with(seed(7), vec![settings]);
    world.enable_admin();
    world.configure(|config| {
        config.addresses = vec!["203.0.113.80".parse().expect("an address")];
        config.ports = vec![8000];
        let has_public_url = home_page.contains("public.example");
        config.public_url = has_public_url.then(|| "https://public.example:8443".into());
    });
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let peer = world.connect(Link::Fast);
    let head = String::from_utf8(source_request(MOUNT, "source", "deep water")).expect("ASCII");
    let head = head.replace("\r\n\r\n", &format!("\r\nice-url: {home_page}\r\nice-name: Harbour FM\r\n\r\n"));
    world.send(peer, head.as_bytes());
    world.feed(peer, &encoder.seconds(3.0));
    let encoded: String = stream_url.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let target = format!("/admin/metadata?mount=/live&mode=updinfo&song=A&url={encoded}");
    assert_eq!(world.get(&target).auth("source", "deep water").send().status(), 200);
    world.feed(peer, &encoder.seconds(3.0));
    world.pass(seconds(4.0));
    assert!(world.is_live(0));
    (world, Live { encoder, user: "source", password: "deep water", peer })
}

/// Returns what each output shows, and what a listener with titles receives.
fn outputs(world: &mut World, live: &mut Live) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    for target in OUTPUTS {
        let peer = world.get(target).http11().header("Host", HOST).by_admin().open();
        live.play(world, 0.3);
        shown.push((target.to_owned(), world.reply(peer).to_string()));
        world.disconnect(peer);
    }
    let listener = world.get(MOUNT).header("Host", HOST).header("Icy-MetaData", "1").open();
    live.play(world, 2.0);
    shown.push(("the stream".into(), world.reply(listener).to_string()));
    world.disconnect(listener);
    assert!(world.is_live(0), "all of it while the source is live");
    shown
}

/// The trial: `ice-url: http://HOST/admin/moveclients?…`.
#[test]
fn hostile_links_appear_nowhere() {
    for url in HOSTILE {
        let (mut world, mut live) = live_with(station(), url, url);
        for (output, shown) in outputs(&mut world, &mut live) {
            let is_stream_by_host =
                output == "the stream" && url.to_ascii_lowercase().contains("://radio.example");
            if is_stream_by_host && !url.contains("admin") {
                // A stream contains no links. The name by which one listener calls the server is not
                // that of the others.
                continue;
            }
            assert!(!shown.contains("evil"), "{url} in {output}: {shown}");
        }
    }
}

#[test]
fn links_to_other_hosts_appear_in_every_format() {
    let (mut world, mut live) =
        live_with(station(), "HTTPS://Example.org/home", "http://cover.example/1.jpg");
    let shown = outputs(&mut world, &mut live);
    let count =
        |text: &str| shown.iter().filter(|(_, shown)| shown.replace("\\/", "/").contains(text)).count();
    assert!(count("Example.org/home") >= 10, "{}", count("Example.org/home"));
    assert!(count("http://cover.example/1.jpg") >= 5, "{}", count("http://cover.example/1.jpg"));
    let page = world.get("/index.html?sid=1").http11().header("Host", HOST).send();
    let link = "<a href=\"HTTPS://Example.org/home\" rel=\"noopener noreferrer nofollow ugc\">Home page</a>";
    assert!(page.contains(link), "{page}");
}

/// Automation programs send fields of the track as `StreamUrl`, for players and widgets.
#[test]
fn fields_in_place_of_a_stream_url_reach_players_and_no_page() {
    let fields = "&artist=O'Brien&title=Ça%20va&field=%22";
    let (mut world, mut live) = live_with(station(), "", fields);
    for (output, shown) in outputs(&mut world, &mut live) {
        if output == "the stream" {
            assert!(shown.contains(&format!("StreamTitle='A';StreamUrl='{fields}';")), "{shown}");
        } else {
            assert!(!shown.contains("field="), "{output}: {shown}");
        }
    }
}

/// The operator may link to a page on the same host.
#[test]
fn configured_home_page_may_be_on_the_same_host() {
    let settings = StationSettings { url: "http://radio.example/".into(), ..station() };
    let (mut world, _) = live_with(settings, "http://example.org/", "");
    let page = world.get("/index.html?sid=1").http11().header("Host", HOST).send();
    assert!(
        page.contains("<a href=\"http://radio.example/\" rel=\"noopener noreferrer\">Home page</a>"),
        "{page}"
    );
}

/// Titles in the audio, as a v1 source or an upstream sends them.
#[test]
fn links_in_metadata_blocks_are_checked() {
    let kept = ["http://example.org/", "&artist=O'Brien&title=B%20C"].map(|url| (url, true));
    for (url, is_kept) in HOSTILE.map(|url| (url, false)).into_iter().chain(kept) {
        let mut world = World::with(seed(7), vec![station()]);
        world.configure(|config| {
            config.addresses = vec!["203.0.113.80".parse().expect("an address")];
            config.public_url = Some("http://public.example".into());
        });
        let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
        let peer = world.connect(Link::Fast);
        world.send(peer, b"deep water\r\nicy-metaint:4096\r\n\r\n");
        let block = Block::from_title(&Title {
            url: url.into(),
            extra: format!("art='{url}';adw_ad='true';"),
            ..Title::new("A")
        });
        let audio = encoder.seconds(6.0);
        let pieces: Vec<Vec<u8>> = audio.chunks(4096).map(|part| [part, block.bytes()].concat()).collect();
        world.feed(peer, &pieces.concat());
        world.pass(seconds(4.0));
        let listener = world.get(MOUNT).header("Host", HOST).header("Icy-MetaData", "1").open();
        world.pass(seconds(3.0));
        let stream = world.reply(listener);
        assert!(stream.contains("StreamTitle='A';"), "{url}");
        assert!(stream.contains("adw_ad='true';"), "{url}");
        let is_own_name_unknown =
            url.to_ascii_lowercase().contains("://radio.example") && !url.contains("admin");
        if !is_own_name_unknown {
            assert_eq!(stream.contains(&format!("StreamUrl='{url}';")), is_kept, "{url}");
        }
    }
}
