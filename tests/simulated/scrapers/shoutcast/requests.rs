//! The server that the programs read, and their requests.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use coldwave::settings::StationSettings;
use coldwave::station::Input;
use coldwave::time::WallClock;

use crate::world::tone::{Log, Tone};
use crate::world::{Reply, World, seed};

pub const SECOND: Duration = Duration::from_secs(1);

/// The title on the air without its track number. It has the characters that break parsers.
pub const SONG: &str = "Nadia & Karim - 'Tidewater', <live>";

/// The title on the other station, which AzuraCast parses correctly.
pub const NIGHT: &str = "R&B 'til \"dawn\"";

/// Creates a station that plays [`SONG`] to three listeners at two addresses, and one without listeners.
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
    world.enable_admin();
    world.pass(10 * SECOND);
    for address in ["203.0.113.9:1", "203.0.113.9:2", "[2001:db8::1]:1"] {
        world.get("/live").from(address).open();
    }
    world.pass(20 * SECOND);
    world
}

/// Returns the title on the air: a track lasts 13 s, and 30 s plus a burst of 5 s were played.
pub fn song() -> String {
    format!("{SONG} 3")
}

/// Sends a request, and returns the reply, which must end with the connection, as scripts with bare sockets
/// need it.
pub fn read_to_end(world: &mut World, target: &str, headers: &str) -> Reply {
    let peer = world.get(target).lines(headers).open();
    assert!(world.socket(peer).finished, "the connection ends with the page");
    world.reply(peer)
}

pub fn get(world: &mut World, target: &str, headers: &str) -> Reply {
    let reply = read_to_end(world, target, headers);
    assert!(reply.head().split("\r\n").skip(1).all(|line| line.contains(": ")), "names and values: {reply}");
    assert_eq!(reply.header("content-length"), Some(reply.body().len().to_string().as_str()));
    assert_eq!((reply.header("transfer-encoding"), reply.header("content-encoding")), (None, None));
    reply
}

/// Returns the body of the reply, whose status must be 200.
#[track_caller]
pub fn ok(world: &mut World, target: &str) -> String {
    let reply = get(world, target, "");
    assert_eq!(reply.status_line(), "HTTP/1.0 200 OK", "{target}");
    reply.body().to_owned()
}
