//! What a client gets if there is nothing at an address: a page for people, an error for players.

use crate::world::{Reply, World, seed};

/// Paths at which nothing exists, of every part of the server that looks for something.
const MISSING: [&str; 7] = [
    "/nothing",
    "/admin.php",
    "/index.html?sid=9",
    "/played.html?sid=9",
    "/listen.m3u?sid=9",
    "/streamart",
    "/assets/nothing.css",
];

const BROWSER: &str = "User-Agent: Mozilla/5.0 (X11) Firefox/153.0\nAccept: text/html,*/*;q=0.8";

fn get(world: &mut World, method: &str, target: &str, lines: &str) -> Reply {
    world.request(method, target).http11().header("Host", "h").lines(lines).send()
}

#[test]
fn browser_gets_a_page_and_other_clients_the_short_reply() {
    let mut world = World::new(seed(61));
    for target in MISSING {
        let page = get(&mut world, "GET", target, BROWSER);
        assert_eq!(page.status(), 404, "{target}");
        assert!(page.body().contains("<h1>There is nothing at this address</h1>"), "{target}: {page}");
        assert!(page.body().contains("/assets/page.css?v="), "{target}");
        let policy = page.header("Content-Security-Policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'"), "{target}: {policy}");
        assert_eq!(page.header("Vary"), Some("Accept, User-Agent"), "{target}");
        let head = get(&mut world, "HEAD", target, BROWSER);
        assert_eq!((head.status(), head.body()), (404, ""), "{target}");
        for lines in ["", "User-Agent: curl/8\nAccept: */*", "User-Agent: VLC/3.0.24\nIcy-MetaData: 1"] {
            let reply = get(&mut world, "GET", target, lines).to_string();
            assert!(reply.contains("404") && !reply.contains("<h1>"), "{target} {lines}: {reply}");
        }
    }
}

/// JSON stays JSON: a person who opens an address of the API wants to see what a program gets.
#[test]
fn error_of_the_api_is_the_same_for_all_clients() {
    let mut world = World::new(seed(62));
    let target = "/api/v1/stations/9";
    let replies = [BROWSER, ""].map(|lines| get(&mut world, "GET", target, lines).body().to_owned());
    assert_eq!(replies[0], replies[1]);
}
