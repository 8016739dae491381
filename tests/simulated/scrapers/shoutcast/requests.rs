//! The server that is asked, and requests to it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::settings::{Account, Secret, StationSettings};
use coldwave::station::Input;
use coldwave::time::WallClock;

use crate::world::tone::{Log, Tone};
use crate::world::{Link, World, seed};

pub const SECOND: Duration = Duration::from_secs(1);

/// What is on the air: with all that makes a reader stumble, and the number of the track behind it.
pub const SONG: &str = "Nadia & Karim - 'Tidewater', <live>";

/// What is on the other station: what AzuraCast gets right.
pub const NIGHT: &str = "R&B 'til \"dawn\"";

/// A station that plays [`SONG`] for three listeners at two addresses, beside one that nobody hears.
pub fn radio() -> World {
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
pub fn song() -> String {
    format!("{SONG} 3")
}

/// A reply as a script reads it that knows sockets only: to the end, which has to come.
pub fn read_all(world: &mut World, target: &str, headers: &str) -> String {
    let peer = world.connect(Link::Fast);
    world.send(peer, format!("GET {target} HTTP/1.0\r\n{headers}\r\n").as_bytes());
    assert!(world.pretend(peer).finished, "the end of the page is that of the connection");
    world.reply(peer)
}

pub struct Reply {
    pub status: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

pub fn get(world: &mut World, target: &str, headers: &str) -> Reply {
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

pub fn ok(world: &mut World, target: &str) -> String {
    let reply = get(world, target, "");
    assert_eq!(reply.status, "HTTP/1.0 200 OK", "{target}");
    reply.body
}
