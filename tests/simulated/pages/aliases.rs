//! `[[alias]]`: another path for what is at a path.

use std::time::Duration;

use coldwave::audio::Header;
use coldwave::settings::{Account, Alias, Secret, SourceSettings, StationSettings};

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Setup, World, seed};

fn alias(from: &str, to: &str) -> Alias {
    Alias { from: from.to_owned(), to: to.to_owned(), address: None, port: None }
}

fn world(aliases: &[Alias]) -> World {
    let account = Account { user: "source".into(), password: Some(Secret::new("tide")) };
    let sources = SourceSettings { account, ..SourceSettings::default() };
    let mut world =
        World::start(seed(5), Setup::with(vec![StationSettings { sources, ..StationSettings::default() }]));
    world.configure(|config| config.aliases = aliases.to_vec());
    world.pass(Duration::from_secs(5));
    world
}

#[test]
fn alias_leads_to_a_page_and_to_a_stream() {
    let mut world =
        world(&[alias("/", "/status-json.xsl"), alias("/radio", "/live"), alias("/radio", "/7.html")]);
    for from in ["/", "/?mount=/live"] {
        let reply = world.get(from).http11().header("Host", "h").header("Icy-MetaData", "1").send();
        assert!(reply.body().contains("\"icestats\""), "{from}: {reply}");
    }
    let listener = world.get("/radio").http11().header("Host", "h").open();
    world.pass(Duration::from_secs(2));
    world.assert_listens(listener);
    let lines: Vec<String> = world.ended.borrow().iter().map(|ended| ended.request_line.clone()).collect();
    assert_eq!(lines[0], "GET / HTTP/1.1", "the log has the path that the client has requested");
    assert_eq!(world.get("/radio/").http11().header("Host", "h").send().status(), 404);
}

#[test]
fn alias_of_a_port_applies_to_clients_of_that_port() {
    let mut world = world(&[Alias { port: Some(8001), ..alias("/radio", "/7.html") }]);
    world.local_address = Some("192.0.2.7:8000".parse().expect("an address"));
    assert_eq!(world.get("/radio").http11().header("Host", "h").send().status(), 404);
    world.local_address = Some("192.0.2.7:8001".parse().expect("an address"));
    assert_eq!(world.get("/radio").http11().header("Host", "h").send().status(), 200);
}

#[test]
fn source_gets_the_mount_that_it_names_whatever_the_aliases() {
    for (from, to, expected) in [("/live", "/status.xsl", true), ("/radio", "/live", false)] {
        let mut world = world(&[alias(from, to)]);
        let source = world.connect(Link::Fast);
        world.send(source, &source_request(from, "source", "tide"));
        if !expected {
            assert_eq!(world.reply(source).status(), 404, "{from} is the mount of no station");
            continue;
        }
        let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
        world.feed(source, &encoder.seconds(2.0));
        world.pass(Duration::from_secs(1));
        assert!(world.is_live(0), "{from}");
    }
}
