//! Who is banned is not let in, and thrown out; the operator never is (protocol-notes/bans.md).

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Setup, World, seed};
use coldwave::audio::Header;
use coldwave::bans::{BanTarget, Bans};
use coldwave::server::{Hooks, Peer};
use coldwave::settings::{Account, MetricsAccess, MetricsSettings, Secret, SourceSettings, StationSettings};

const BANNED: &str = "203.0.113.9:1";
const NEIGHBOUR: &str = "203.0.113.10:1";
const OTHER: &str = "198.51.100.1:1";
const HERE: &str = "127.0.0.1:1";

fn world() -> World {
    world_with(Hooks::default(), Bans::default())
}

fn world_with(hooks: Hooks, bans: Bans) -> World {
    let account = Account { user: "source".into(), password: Some(Secret::new("tide")) };
    let sources = SourceSettings { account, ..SourceSettings::default() };
    let setup = Setup::with(vec![StationSettings { sources, ..StationSettings::default() }]);
    let mut world = World::start(seed(11), Setup { hooks, bans, ..setup });
    world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) }
    });
    world.pass(Duration::from_secs(5));
    world
}

fn connect(world: &mut World, from: &str, bytes: &str) -> Peer {
    let peer = world.connect_from(from.parse().expect("an address"), Link::Fast);
    world.send(peer, bytes.replace('\n', "\r\n").as_bytes());
    peer
}

fn ask(world: &mut World, from: &str, head: &str) -> String {
    let peer = connect(world, from, &format!("{head}\n\n"));
    let reply = world.reply(peer);
    if !world.pretend(peer).closed {
        world.hang_up(peer);
    }
    reply
}

fn status(reply: &str) -> &str {
    reply.lines().next().unwrap_or_default()
}

fn do_by(world: &mut World, query: &str) -> String {
    let reply = ask(world, HERE, &format!("GET /admin.cgi?pass=lighthouse&{query} HTTP/1.0"));
    assert!(reply.starts_with("HTTP/1.0 200 OK"), "{query}: {reply}");
    reply
}

fn tune_in(world: &mut World, from: &str, agent: &str) -> Peer {
    let peer = connect(world, from, &format!("GET /live HTTP/1.1\nUser-Agent: {agent}\n\n"));
    world.pass(Duration::from_secs(2));
    peer
}

#[test]
fn whoever_is_banned_is_thrown_out_at_once_and_not_let_in_again() {
    let mut world = world();
    let [banned, neighbour, other] =
        [BANNED, NEIGHBOUR, OTHER].map(|from| tune_in(&mut world, from, "foo/1.0"));
    let reply = do_by(&mut world, "mode=bandst&bandst=203.0.113.9&banmsk=255");
    assert!(reply.contains("Banned, clients removed: 1; lost at the next restart"), "{reply}");
    assert!(world.pretend(banned).finished, "with the request that bans him");
    let reply = do_by(&mut world, "mode=bandst&bandst=203.0.113.9&banmsk=0");
    assert!(reply.contains("clients removed: 1") && world.pretend(neighbour).finished, "{reply}");
    world.assert_listens(other);
    for from in [BANNED, NEIGHBOUR] {
        for head in
            ["GET /live HTTP/1.1\nUser-Agent: curl/8", "GET /7.html HTTP/1.0", "GET /nothing HTTP/1.1"]
        {
            let reply = ask(&mut world, from, head);
            assert_eq!(status(&reply), "HTTP/1.0 403 Forbidden", "{head}");
            assert!(reply.ends_with("you are banned\r\n"), "{reply}");
        }
        let by_winamp = ask(&mut world, from, "GET / HTTP/1.0\nUser-Agent: WinampMPEG/5.8\nIcy-MetaData: 1");
        assert_eq!(status(&by_winamp), "ICY 403 Service Forbidden");
        assert!(
            by_winamp.contains("icy-notice2: The resource requested is forbidden<BR>\r\n"),
            "{by_winamp}"
        );
        let by_head = ask(&mut world, from, "HEAD /live HTTP/1.1\nUser-Agent: curl/8");
        assert_eq!(status(&by_head), "HTTP/1.0 403 Forbidden");
    }
    do_by(&mut world, "mode=unbandst&unbandst=203.0.113.9&banmsk=255");
    assert_eq!(status(&ask(&mut world, BANNED, "GET /7.html HTTP/1.0")), "HTTP/1.0 403 Forbidden");
    do_by(&mut world, "mode=unbandst&bandst=203.0.113.9&banmsk=0");
    assert_eq!(status(&ask(&mut world, BANNED, "GET /7.html HTTP/1.0")), "HTTP/1.0 200 OK");
}

#[test]
fn numbers_that_everybody_may_read_take_the_password_then() {
    let mut world = world();
    let shown_to = MetricsAccess::Public;
    world.configure(|config| config.metrics = MetricsSettings { access: shown_to, icecast_names: false });
    do_by(&mut world, "mode=bandst&bandst=203.0.113.9");
    for (from, target, code) in [
        (NEIGHBOUR, "/metrics", "200 OK"),
        (BANNED, "/metrics", "401 Unauthorized"),
        (BANNED, "/metrics?pass=lighthouse", "200 OK"),
    ] {
        let reply = ask(&mut world, from, &format!("GET {target} HTTP/1.1\nHost: h"));
        assert!(status(&reply).ends_with(code), "{from} {target}: {}", status(&reply));
    }
}

#[test]
fn the_operator_is_let_in_from_anywhere() {
    let mut world = world();
    do_by(&mut world, "mode=bandst&bandst=203.0.113.9");
    let admin = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==";
    for head in [
        "GET /7.html?pass=lighthouse HTTP/1.0".to_owned(),
        format!("GET /live HTTP/1.1\nUser-Agent: curl/8\n{admin}"),
        "GET /admin.cgi?mode=viewxml&page=3&pass=lighthouse HTTP/1.0".to_owned(),
        format!("GET /admin/listclients?mount=/live HTTP/1.1\n{admin}"),
    ] {
        assert!(status(&ask(&mut world, BANNED, &head)).contains(" 200 OK"), "{head}");
    }
    // Without the password he is asked for it: a browser would not send it else.
    let reply = ask(&mut world, BANNED, "GET /admin/listclients?mount=/live HTTP/1.1");
    assert_eq!(status(&reply), "HTTP/1.0 401 Unauthorized");
    let unban = "GET /admin.cgi?mode=unbandst&unbandst=203.0.113.9&pass=lighthouse HTTP/1.0";
    assert_eq!(status(&ask(&mut world, BANNED, unban)), "HTTP/1.0 200 OK");
    assert_eq!(status(&ask(&mut world, BANNED, "GET /7.html HTTP/1.0")), "HTTP/1.0 200 OK");
}

#[test]
fn a_ban_is_no_way_to_try_passwords() {
    let mut world = world();
    do_by(&mut world, "mode=bandst&bandst=203.0.113.9");
    for number in 0..10 {
        let reply = ask(&mut world, BANNED, &format!("GET /7.html?pass=guess{number} HTTP/1.0"));
        assert_eq!(status(&reply), "HTTP/1.0 403 Forbidden");
    }
    let right = ask(&mut world, BANNED, "GET /7.html?pass=lighthouse HTTP/1.0");
    assert_eq!(status(&right), "HTTP/1.0 403 Forbidden", "he has guessed enough for a minute");
    world.pass(Duration::from_secs(61));
    let right = ask(&mut world, BANNED, "GET /7.html?pass=lighthouse HTTP/1.0");
    assert_eq!(status(&right), "HTTP/1.0 200 OK");
}

#[test]
fn this_machine_is_never_banned() {
    let mut world = world();
    for query in
        ["mode=bandst&bandst=127.0.0.1", "mode=bandst&bandst=127.0.0.9&banmsk=0", "mode=bandst&bandst=::1"]
    {
        let reply = ask(&mut world, HERE, &format!("GET /admin.cgi?pass=lighthouse&{query} HTTP/1.0"));
        assert_eq!(status(&reply), "HTTP/1.0 400 Bad Request", "{query}");
        assert!(reply.contains("addresses of this machine cannot be banned"), "{reply}");
    }
    assert_eq!(status(&ask(&mut world, HERE, "GET /7.html HTTP/1.0")), "HTTP/1.0 200 OK");
}

#[test]
fn a_banned_source_is_thrown_out_and_not_heard_to_its_end() {
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
    let reply = do_by(&mut world, "mode=bandst&bandst=203.0.113.9");
    assert!(reply.contains("clients removed: 1"), "{reply}");
    assert!(world.pretend(source).closed && !world.is_live(0));
    let heard = world.ear(ear).live_frames;
    world.pass(Duration::from_secs(5));
    assert!(world.ear(ear).live_frames < heard + 60, "a second more at most, which was on the air");
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
        assert_eq!(status(&world.reply(peer)), refusal, "{login}");
    }
    let title = "GET /admin.cgi?mode=updinfo&song=A&pass=tide HTTP/1.0";
    assert_eq!(status(&ask(&mut world, BANNED, title)), "HTTP/1.0 403 Forbidden");
    assert_eq!(status(&ask(&mut world, OTHER, title)), "HTTP/1.0 200 OK");
}

#[test]
fn programs_are_banned_from_streams_alone() {
    let mut world = world();
    let evil = tune_in(&mut world, OTHER, "Mozilla/5.0 (EvilBot/2)");
    let good = tune_in(&mut world, OTHER, "GoodPlayer/1");
    let here = tune_in(&mut world, HERE, "evilbot");
    do_by(&mut world, "mode=agent&agent=EVILBOT");
    assert!(world.pretend(evil).finished && world.pretend(here).finished);
    world.assert_listens(good);
    let by = |path: &str| format!("GET {path} HTTP/1.1\nUser-Agent: x evilbot\nIcy-MetaData: 1");
    assert_eq!(status(&ask(&mut world, OTHER, &by("/live"))), "HTTP/1.0 403 Forbidden");
    assert_eq!(status(&ask(&mut world, OTHER, &by("/7.html"))), "HTTP/1.0 200 OK");
    let source = connect(
        &mut world,
        OTHER,
        "SOURCE /live HTTP/1.0\nUser-Agent: evilbot\nAuthorization: Basic c291cmNlOnRpZGU=\nContent-Type: audio/mpeg\n\n",
    );
    assert_eq!(status(&world.reply(source)), "HTTP/1.0 200 OK");
    do_by(&mut world, "mode=unagent&agent=evilbot");
    assert!(status(&ask(&mut world, OTHER, &by("/live"))).ends_with(" 200 OK"));
}

#[test]
fn bans_are_kept_with_every_change() {
    let kept: Rc<RefCell<Vec<Vec<String>>>> = Rc::default();
    let keeper = kept.clone();
    let mut before = Bans::default();
    before.add(BanTarget::parse_network("203.0.113.0/24").expect("one"), "", Duration::ZERO).expect("room");
    let store = move |bans: &Bans| {
        keeper.borrow_mut().push(bans.all().map(|ban| ban.target.to_string()).collect());
    };
    let mut world = world_with(Hooks { ban_store: Some(Box::new(store)), ..Hooks::default() }, before);
    assert_eq!(status(&ask(&mut world, BANNED, "GET /7.html HTTP/1.0")), "HTTP/1.0 403 Forbidden");
    let reply = do_by(&mut world, "mode=bandst&bandst=198.51.100.1");
    assert!(!reply.contains("restart"), "{reply}");
    do_by(&mut world, "mode=unbandst&bandst=203.0.113.7&banmsk=0");
    let expected = [vec!["203.0.113.0/24", "198.51.100.1"], vec!["198.51.100.1"]];
    assert_eq!(*kept.borrow(), expected);
}

#[test]
fn nobody_without_the_password_bans_anybody() {
    let mut world = world();
    for query in
        ["mode=bandst&bandst=198.51.100.1", "mode=agent&agent=evilbot", "mode=unbandst&unbandst=198.51.100.1"]
    {
        for pass in ["", "&pass=tide", "&pass=wrong"] {
            let reply = ask(&mut world, OTHER, &format!("GET /admin.cgi?{query}{pass} HTTP/1.0"));
            assert_eq!(status(&reply), "HTTP/1.0 401 Unauthorized", "{query}{pass}");
        }
    }
    let cross = "GET /admin.cgi?mode=bandst&bandst=198.51.100.1&pass=lighthouse HTTP/1.1\nHost: h\nOrigin: http://evil.example";
    assert_eq!(status(&ask(&mut world, HERE, cross)), "HTTP/1.0 403 Forbidden");
    assert_eq!(status(&ask(&mut world, OTHER, "GET /7.html HTTP/1.0")), "HTTP/1.0 200 OK");
}
