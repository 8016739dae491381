//! Bans: a banned address gets no stream and no page, an open connection of it is closed, and administrators
//! and localhost stay exempt (protocol-notes/bans.md).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Reply, Setup, World, seed};
use coldwave::audio::Header;
use coldwave::bans::{BanStore, BanTarget, Bans, StoreResult};
use coldwave::server::{Hooks, Peer, StateStores};
use coldwave::settings::{Account, MetricsAccess, MetricsSettings, Secret, SourceSettings, StationSettings};

const BANNED: &str = "203.0.113.9:1";
const NEIGHBOUR: &str = "203.0.113.10:1";
const OTHER: &str = "198.51.100.1:1";
const LOCALHOST: &str = "127.0.0.1:1";

fn world() -> World {
    world_with(Hooks::default(), Bans::default())
}

fn world_with(hooks: Hooks, bans: Bans) -> World {
    let account = Account { user: "source".into(), password: Some(Secret::new("tide")) };
    let sources = SourceSettings { account, ..SourceSettings::default() };
    let setup = Setup::with(vec![StationSettings { sources, ..StationSettings::default() }]);
    let mut world = World::start(seed(11), Setup { hooks, bans, ..setup });
    world.enable_admin();
    world.pass(Duration::from_secs(5));
    world
}

/// Sends `/admin.cgi` this query as the administrator, from localhost.
#[track_caller]
fn administer(world: &mut World, query: &str) -> Reply {
    let reply = world.get(&format!("/admin.cgi?pass=lighthouse&{query}")).from(LOCALHOST).send();
    assert_eq!(reply.status_line(), "HTTP/1.0 200 OK", "{query}: {reply}");
    reply
}

fn tune_in(world: &mut World, from: &str, agent: &str) -> Peer {
    let peer = world.get("/live").http11().from(from).agent(agent).open();
    world.pass(Duration::from_secs(2));
    peer
}

fn status_of_page(world: &mut World, from: &str) -> u16 {
    world.get("/7.html").from(from).send().status()
}

#[test]
fn banned_address_is_disconnected_at_once_and_refused_from_then_on() {
    let mut world = world();
    let [banned, neighbour, other] =
        [BANNED, NEIGHBOUR, OTHER].map(|from| tune_in(&mut world, from, "foo/1.0"));
    let reply = administer(&mut world, "mode=bandst&bandst=203.0.113.9&banmsk=255");
    assert!(reply.contains("Banned, clients removed: 1; lost at the next restart"), "{reply}");
    assert!(world.socket(banned).finished, "the request that bans it disconnects it");
    let reply = administer(&mut world, "mode=bandst&bandst=203.0.113.9&banmsk=0");
    assert!(reply.contains("clients removed: 1") && world.socket(neighbour).finished, "{reply}");
    world.assert_listens(other);
    for from in [BANNED, NEIGHBOUR] {
        for target in ["/live", "/7.html", "/nothing"] {
            let reply = world.get(target).http11().from(from).agent("curl/8").send();
            assert_eq!(reply.status_line(), "HTTP/1.0 403 Forbidden", "{target}");
            assert!(reply.ends_with("you are banned\r\n"), "{reply}");
        }
        let winamp = world.get("/").from(from).agent("WinampMPEG/5.8").header("Icy-MetaData", "1").send();
        assert_eq!(winamp.status_line(), "ICY 403 Service Forbidden");
        assert!(winamp.contains("icy-notice2: The resource requested is forbidden<BR>\r\n"), "{winamp}");
        let head = world.head("/live").http11().from(from).agent("curl/8").send();
        assert_eq!(head.status_line(), "HTTP/1.0 403 Forbidden");
    }
    administer(&mut world, "mode=unbandst&unbandst=203.0.113.9&banmsk=255");
    assert_eq!(status_of_page(&mut world, BANNED), 403);
    administer(&mut world, "mode=unbandst&bandst=203.0.113.9&banmsk=0");
    assert_eq!(status_of_page(&mut world, BANNED), 200);
}

#[test]
fn public_metrics_need_the_password_from_a_banned_address() {
    let mut world = world();
    let access = MetricsAccess::Public;
    world.configure(|config| config.metrics = MetricsSettings { access, icecast_names: false });
    administer(&mut world, "mode=bandst&bandst=203.0.113.9");
    for (from, target, code) in
        [(NEIGHBOUR, "/metrics", 200), (BANNED, "/metrics", 401), (BANNED, "/metrics?pass=lighthouse", 200)]
    {
        let reply = world.get(target).http11().from(from).header("Host", "h").send();
        assert_eq!(reply.status(), code, "{from} {target}");
    }
}

#[test]
fn administrator_is_served_from_a_banned_address() {
    let mut world = world();
    administer(&mut world, "mode=bandst&bandst=203.0.113.9");
    for (target, by_header) in [
        ("/7.html?pass=lighthouse", false),
        ("/live", true),
        ("/admin.cgi?mode=viewxml&page=3&pass=lighthouse", false),
        ("/admin/listclients?mount=/live", true),
    ] {
        let request = world.get(target).http11().from(BANNED).agent("curl/8");
        let request = if by_header { request.by_admin() } else { request };
        assert_eq!(request.send().status(), 200, "{target}");
    }
    // Without the password the reply is a 401: a browser sends the password only then.
    let reply = world.get("/admin/listclients?mount=/live").http11().from(BANNED).send();
    assert_eq!(reply.status_line(), "HTTP/1.0 401 Unauthorized");
    let unban = "/admin.cgi?mode=unbandst&unbandst=203.0.113.9&pass=lighthouse";
    assert_eq!(world.get(unban).from(BANNED).send().status(), 200);
    assert_eq!(status_of_page(&mut world, BANNED), 200);
}

#[test]
fn banned_address_that_guesses_passwords_is_locked_out() {
    let mut world = world();
    administer(&mut world, "mode=bandst&bandst=203.0.113.9");
    for number in 0..10 {
        let guess = format!("/7.html?pass=guess{number}");
        assert_eq!(world.get(&guess).from(BANNED).send().status(), 403);
    }
    let right = "/7.html?pass=lighthouse";
    assert_eq!(world.get(right).from(BANNED).send().status(), 403, "no further attempt for a minute");
    world.pass(Duration::from_secs(61));
    assert_eq!(world.get(right).from(BANNED).send().status(), 200);
}

#[test]
fn addresses_of_localhost_cannot_be_banned() {
    let mut world = world();
    for query in
        ["mode=bandst&bandst=127.0.0.1", "mode=bandst&bandst=127.0.0.9&banmsk=0", "mode=bandst&bandst=::1"]
    {
        let reply = world.get(&format!("/admin.cgi?pass=lighthouse&{query}")).from(LOCALHOST).send();
        assert_eq!(reply.status_line(), "HTTP/1.0 400 Bad Request", "{query}");
        assert!(reply.contains("addresses of this machine cannot be banned"), "{reply}");
    }
    assert_eq!(status_of_page(&mut world, LOCALHOST), 200);
}

#[test]
fn banned_source_is_disconnected_and_its_buffered_audio_is_dropped() {
    let mut world = world();
    let ear = world.tune_in("/live", Link::Fast);
    let source = world.connect_from(BANNED.parse().expect("an address"), Link::Fast);
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    world.send(source, &source_request("/live", "source", "tide"));
    for _ in 0..50 {
        world.feed(source, &encoder.seconds(0.1));
        world.pass(Duration::from_millis(100));
    }
    world.feed(source, &encoder.seconds(8.0));
    assert!(world.is_live(0));
    let reply = administer(&mut world, "mode=bandst&bandst=203.0.113.9");
    assert!(reply.contains("clients removed: 1"), "{reply}");
    assert!(world.socket(source).closed && !world.is_live(0));
    let received = world.ear(ear).live_frames;
    world.pass(Duration::from_secs(5));
    assert!(world.ear(ear).live_frames < received + 60, "at most one more second, which was on the air");
    let again = String::from_utf8(source_request("/live", "source", "tide")).expect("text");
    let put = again.replace("SOURCE /live", "PUT /live");
    for (login, refusal) in [
        (again.as_str(), "HTTP/1.0 403 Forbidden"),
        (&put, "HTTP/1.0 403 Forbidden"),
        ("tide\n", "invalid password"),
        ("SOURCE tide /live\n\n", "invalid password"),
    ] {
        let peer = world.connect_from(BANNED.parse().expect("an address"), Link::Fast);
        world.send(peer, login.as_bytes());
        assert_eq!(world.reply(peer).status_line(), refusal, "{login}");
    }
    let title = "/admin.cgi?mode=updinfo&song=A&pass=tide";
    assert_eq!(world.get(title).from(BANNED).send().status(), 403);
    assert_eq!(world.get(title).from(OTHER).send().status(), 200);
}

#[test]
fn banned_user_agent_gets_no_stream_but_pages_and_sources() {
    let mut world = world();
    let evil = tune_in(&mut world, OTHER, "Mozilla/5.0 (EvilBot/2)");
    let good = tune_in(&mut world, OTHER, "GoodPlayer/1");
    let local = tune_in(&mut world, LOCALHOST, "evilbot");
    administer(&mut world, "mode=agent&agent=EVILBOT");
    assert!(world.socket(evil).finished && world.socket(local).finished);
    world.assert_listens(good);
    let status = |world: &mut World, target: &str| {
        let request = world.get(target).http11().from(OTHER).agent("x evilbot");
        request.header("Icy-MetaData", "1").send().status()
    };
    assert_eq!((status(&mut world, "/live"), status(&mut world, "/7.html")), (403, 200));
    let source = world.request("SOURCE", "/live").from(OTHER).agent("evilbot").auth("source", "tide");
    let source = source.header("Content-Type", "audio/mpeg").send();
    assert_eq!(source.status_line(), "HTTP/1.0 200 OK");
    administer(&mut world, "mode=unagent&agent=evilbot");
    assert_eq!(status(&mut world, "/live"), 200);
}

/// A store whose disk the test controls.
#[derive(Debug, Clone, Default)]
struct FakeStore(Rc<RefCell<FakeDisk>>);

#[derive(Debug, Default)]
struct FakeDisk {
    /// The targets of each version.
    stored: Vec<Vec<String>>,
    /// Whether each version is reported at once, and with which result.
    at_once: Option<bool>,
    results: VecDeque<StoreResult>,
}

impl FakeStore {
    fn hooks(&self) -> Hooks {
        Hooks { ban_store: Some(Box::new(self.clone())), ..Hooks::default() }
    }

    fn answer_at_once(&self, is_saved: bool) {
        self.0.borrow_mut().at_once = Some(is_saved);
    }

    /// Reports the result of a version.
    fn report(&self, version: u64, is_saved: bool) {
        self.0.borrow_mut().results.push_back(StoreResult { version, is_saved });
    }
}

impl BanStore for FakeStore {
    fn store(&mut self, bans: &Bans) -> u64 {
        let mut disk = self.0.borrow_mut();
        disk.stored.push(bans.all().map(|ban| ban.target.to_string()).collect());
        let version = disk.stored.len() as u64;
        if let Some(is_saved) = disk.at_once {
            disk.results.push_back(StoreResult { version, is_saved });
        }
        version
    }

    fn poll(&mut self) -> Option<StoreResult> {
        self.0.borrow_mut().results.pop_front()
    }
}

/// Requests the same ban in all three dialects, without waiting for a response.
fn ban_in_all_dialects(world: &mut World) -> [Peer; 3] {
    let dnas = world.get("/admin.cgi?pass=lighthouse&mode=bandst&bandst=198.51.100.1").from(LOCALHOST).open();
    let dnas_unban =
        world.get("/admin.cgi?pass=lighthouse&mode=unbandst&unbandst=198.51.100.1").from(LOCALHOST).open();
    let api = world.post("/api/v1/admin/bans", "address=198.51.100.2").from(LOCALHOST);
    let api = api.header("Content-Type", "application/x-www-form-urlencoded").by_admin().open();
    [dnas, dnas_unban, api]
}

#[test]
fn reply_about_a_ban_waits_until_it_is_on_disk() {
    let store = FakeStore::default();
    let mut world = world_with(store.hooks(), Bans::default());
    let [ban, unban, api] = ban_in_all_dialects(&mut world);
    world.pass(Duration::from_secs(1));
    for peer in [ban, unban, api] {
        assert_eq!(*world.reply(peer), *"", "the disk has not answered");
    }
    // The last version contains the changes of those before.
    store.report(1, true);
    store.report(3, true);
    world.turn();
    assert!(world.reply(ban).body().contains("<p>Banned, clients removed: 0</p>"), "{}", world.reply(ban));
    assert!(world.reply(unban).body().contains("<p>Ban removed</p>"), "{}", world.reply(unban));
    let json = world.reply(api).json();
    assert_eq!(json, serde_json::json!({"message": "Banned, clients removed: 0", "saved": true}));
}

#[test]
fn reply_about_a_ban_says_that_it_could_not_be_saved() {
    let store = FakeStore::default();
    let mut world = world_with(store.hooks(), Bans::default());
    store.answer_at_once(false);
    let [ban, unban, api] = ban_in_all_dialects(&mut world);
    let note = "; not saved: state_dir cannot be written, see the log";
    assert!(world.reply(ban).body().contains(&format!("Banned, clients removed: 0{note}")));
    assert!(world.reply(unban).body().contains(&format!("Ban removed{note}")));
    let json = world.reply(api).json();
    assert_eq!(
        json,
        serde_json::json!({"message": format!("Banned, clients removed: 0{note}"), "saved": false})
    );
    assert_eq!(status_of_page(&mut world, "198.51.100.2:1"), 403, "the ban is in force");
}

#[test]
fn reply_about_a_ban_waits_two_seconds_for_the_disk() {
    let store = FakeStore::default();
    let mut world = world_with(store.hooks(), Bans::default());
    let [ban, _, api] = ban_in_all_dialects(&mut world);
    world.pass(Duration::from_millis(1990));
    assert_eq!(*world.reply(ban), *"");
    world.disconnect(ban);
    world.pass(Duration::from_millis(20));
    assert_eq!(*world.reply(ban), *"", "it has left");
    assert_eq!(world.reply(api).json()["saved"], false);
    assert!(world.reply(api).body().contains("; not saved yet: the disk does not respond"));
    store.report(3, true);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.reply(api).body().matches("saved").count(), 2, "one response");
}

#[test]
fn reply_about_a_ban_waits_for_the_place_where_bans_are_stored_now() {
    let (before, after) = (FakeStore::default(), FakeStore::default());
    let mut world = world_with(before.hooks(), Bans::default());
    let [_, unban, api] = ban_in_all_dialects(&mut world);
    let stores = StateStores { ban_store: Some(Box::new(after.clone())), ..StateStores::default() };
    world.server.set_state_stores(stores, world.now);
    world.turn();
    assert_eq!(*world.reply(api), *"", "the other disk has not answered");
    after.report(1, true);
    world.turn();
    assert!(world.reply(unban).body().contains("<p>Ban removed</p>"), "{}", world.reply(unban));
    assert_eq!(world.reply(api).json()["saved"], true);
    assert_eq!(after.0.borrow().stored, [["198.51.100.2"]]);
}

#[test]
fn reply_about_a_ban_says_that_bans_are_no_longer_stored() {
    let mut world = world_with(FakeStore::default().hooks(), Bans::default());
    let [_, _, api] = ban_in_all_dialects(&mut world);
    world.server.set_state_stores(StateStores::default(), world.now);
    world.turn();
    assert_eq!(world.reply(api).json()["saved"], false);
    assert!(world.reply(api).body().contains("state_dir"), "{}", world.reply(api));
}

#[test]
fn every_change_of_the_bans_is_stored() {
    let store = FakeStore::default();
    let mut before = Bans::default();
    before
        .add(BanTarget::parse_network("203.0.113.0/24").expect("a network"), "", Duration::ZERO)
        .expect("space for a ban");
    let mut world = world_with(store.hooks(), before);
    store.answer_at_once(true);
    assert_eq!(status_of_page(&mut world, BANNED), 403);
    let reply = administer(&mut world, "mode=bandst&bandst=198.51.100.1");
    assert!(!reply.contains("restart"), "{reply}");
    administer(&mut world, "mode=unbandst&bandst=203.0.113.7&banmsk=0");
    let expected = [vec!["203.0.113.0/24", "198.51.100.1"], vec!["198.51.100.1"]];
    assert_eq!(store.0.borrow().stored, expected);
}

#[test]
fn bans_without_the_password_or_from_other_sites_are_refused() {
    let mut world = world();
    for query in
        ["mode=bandst&bandst=198.51.100.1", "mode=agent&agent=evilbot", "mode=unbandst&unbandst=198.51.100.1"]
    {
        for pass in ["", "&pass=tide", "&pass=wrong"] {
            let reply = world.get(&format!("/admin.cgi?{query}{pass}")).from(OTHER).send();
            assert_eq!(reply.status_line(), "HTTP/1.0 401 Unauthorized", "{query}{pass}");
        }
    }
    let ban = world.get("/admin.cgi?mode=bandst&bandst=198.51.100.1&pass=lighthouse").http11();
    let cross_site = ban.from(LOCALHOST).header("Host", "h").header("Origin", "http://evil.example").send();
    assert_eq!(cross_site.status_line(), "HTTP/1.0 403 Forbidden");
    assert_eq!(status_of_page(&mut world, OTHER), 200);
}
