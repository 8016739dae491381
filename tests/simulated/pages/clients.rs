//! Which clients get the page at `/`, and which the stream.

use std::path::Path;
use std::time::Duration;

use coldwave::settings::StationSettings;

use crate::world::{World, seed};

/// The clients that get the page, as the protocol notes list them.
const LISTED: &str = include_str!("../../../protocol-notes/page-clients.md");

/// Requests of clients that nothing is known about, or that are known to play: header lines without `Host`.
const PLAYERS: [&str; 14] = [
    "",
    "Accept: */*",
    "User-Agent: Harbour Kitchen Radio 2",
    "User-Agent: Harbour Kitchen Radio 2\nAccept: */*",
    "User-Agent: Harbour Kitchen Radio 2\nAccept: audio/mpeg, */*",
    "User-Agent: curl/7.88.1\nAccept: */*",
    "User-Agent: Wget/1.21.3\nAccept: */*\nAccept-Encoding: identity",
    "User-Agent: Python-urllib/3.11",
    "User-Agent: StreamCheckBot/0.1.0",
    "User-Agent: Java/11.0.8\nAccept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
    "User-Agent: Mozilla/5.0\nAccept: text/html\nIcy-MetaData: 1",
    "User-Agent: WhatsApp/2\nAccept: text/html\nIcy-MetaData: 0",
    "User-Agent: Mozilla/5.0 (X11) Firefox/153.0\nAccept: audio/*;q=0.9,*/*;q=0.5\nRange: bytes=0-",
    "User-Agent: Mozilla/5.0 [Pinterest/iOS]\nAccept: */*\nSec-Fetch-Dest: audio",
];

/// Requests of clients that show pages and are not listed.
const READERS: [&str; 4] = [
    "User-Agent: Mozilla/5.0\nAccept: text/html,*/*;q=0.8",
    "User-Agent: Mozilla/5.0\nAccept: text/html\nRange: bytes=0-",
    "User-Agent: Opera/9.80 (X11; Linux) Presto/2.12\nAccept: text/html, application/xml;q=0.9",
    "Accept: text/html",
];

fn world(seed_number: u64) -> World {
    let mut world = World::new(seed(seed_number));
    world.pass(Duration::from_secs(10));
    world
}

fn station_at((id, mount): (u32, &str)) -> StationSettings {
    StationSettings { id, mount: mount.into(), name: mount.to_uppercase(), ..Default::default() }
}

/// Returns the type of the reply to `method` for `/` with these header lines.
fn content_type(world: &mut World, method: &str, lines: &str) -> String {
    let reply = world.request(method, "/").http11().header("Host", "h").lines(lines).send();
    let is_ok = reply.status() == 200 || reply.status_line() == "ICY 200 OK";
    assert!(is_ok, "{method} {lines}: {reply}");
    reply.header("Content-Type").unwrap_or_default().to_owned()
}

#[test]
fn every_listed_client_gets_the_page_and_no_listener() {
    let mut world = world(81);
    let rows = LISTED.lines().filter_map(|line| {
        let cells: Vec<_> =
            line.strip_prefix("| ")?.split(" | ").map(|cell| cell.trim_matches('`')).collect();
        (cells.len() == 5 && !cells[0].starts_with("---") && cells[0] != "client")
            .then(|| (cells[2], cells[3]))
    });
    let mut count = 0;
    for (user_agent, accept) in rows {
        let accept = if accept == "unknown" { "*/*" } else { accept };
        let lines = format!("User-Agent: {user_agent}\nAccept: {accept}");
        for method in ["GET", "HEAD"] {
            assert_eq!(content_type(&mut world, method, &lines), "text/html; charset=utf-8", "{lines}");
        }
        // The page of a browser, without the title for programs that read SHOUTcast's page.
        let page = world.get("/").http11().header("Host", "h").lines(&lines).send();
        assert!(page.contains("og:title") && !page.contains("<title>SHOUTcast"), "{page}");
        count += 1;
    }
    assert!(count > 100, "{count} clients");
    assert_eq!(world.server.admin_snapshot(world.now).public.stations[0].listeners, 0);
}

#[test]
fn clients_that_may_play_get_the_stream_and_readers_get_the_page() {
    let mut world = world(82);
    for method in ["GET", "HEAD"] {
        for lines in PLAYERS {
            assert_eq!(content_type(&mut world, method, lines), "audio/mpeg", "{method} {lines}");
        }
        for lines in READERS {
            assert_eq!(
                content_type(&mut world, method, lines),
                "text/html; charset=utf-8",
                "{method} {lines}"
            );
        }
    }
    for lines in PLAYERS.iter().chain(&READERS) {
        let reply = world.request("OPTIONS", "/").http11().lines(lines).send();
        assert_eq!(reply.status(), 204, "{lines}: {reply}");
    }
}

/// Every request of a player that is recorded gets the stream at `/` too.
#[test]
fn no_recorded_player_gets_the_page() {
    let mut world = world(83);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/requests");
    let mut players = 0;
    for entry in folder.read_dir().expect("the recorded requests") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "request") {
            continue;
        }
        let request = String::from_utf8(std::fs::read(&path).expect("a file")).expect("a head in ASCII");
        let Some((line, headers)) = request.split_once("\r\n").filter(|(line, _)| line.starts_with("GET "))
        else {
            continue;
        };
        let kind = content_type(&mut world, "GET", headers.trim_end());
        assert_eq!(kind, "audio/mpeg", "{}: {line}", path.display());
        players += 1;
    }
    assert!(players > 25, "{players} players");
}

#[test]
fn sid_chooses_the_station_for_players_and_readers_alike() {
    let mut world = World::with(seed(84), [(1, "/live"), (2, "/jazz")].map(station_at).to_vec());
    world.pass(Duration::from_secs(10));
    for target in ["/?sid=2", "/;?sid=2", "/;stream/2", "/stream/;stream/2", "/jazz/", "/jazz/;stream.mp3"] {
        let reply = world.get(target).agent("Harbour Kitchen Radio 2").send();
        assert!(reply.contains("icy-name: /JAZZ\r\n"), "{target}: {}", reply.head());
    }
    let page = world.get("/?sid=2").http11().header("Host", "h").lines(READERS[0]).send();
    assert!(page.contains("<h1>/JAZZ</h1>"), "{page}");
    for lines in [READERS[0], PLAYERS[3]] {
        assert_eq!(world.get("/?sid=3").http11().lines(lines).send().status(), 404, "{lines}");
    }
    assert_eq!(world.get("/;?sid=3").http11().lines(READERS[0]).send().status(), 404);
}
