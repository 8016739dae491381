//! Pages about many stations or listeners: gathered in pieces, rendered elsewhere, one at a time.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::world::{ADMIN, Link, Setup, World};
use coldwave::pages::{PageRenderer, RenderJob, RenderedPage};
use coldwave::server::{PAGE_TIME_PER_TURN, PAGE_TIMEOUT, Peer};
use coldwave::settings::{MetricsAccess, StationSettings};

/// A worker that renders when the test says so.
#[derive(Debug, Default, Clone)]
struct ManualRenderer(Rc<RefCell<Progress>>);

#[derive(Debug, Default)]
struct Progress {
    waiting: Option<RenderJob>,
    rendered: Option<Option<RenderedPage>>,
    count: usize,
    is_broken: bool,
}

impl PageRenderer for ManualRenderer {
    fn request(&mut self, job: RenderJob) -> Result<(), RenderJob> {
        let mut progress = self.0.borrow_mut();
        if progress.is_broken {
            return Err(job);
        }
        assert!(progress.waiting.replace(job).is_none(), "one page at a time");
        Ok(())
    }

    fn poll(&mut self) -> Option<Option<RenderedPage>> {
        self.0.borrow_mut().rendered.take()
    }
}

impl ManualRenderer {
    fn has_job(&self) -> bool {
        self.0.borrow().waiting.is_some()
    }

    /// Renders the page that was requested, and wakes the event loop.
    fn render(&self, world: &mut World) {
        let mut progress = self.0.borrow_mut();
        let job = progress.waiting.take().expect("a page was requested");
        (progress.rendered, progress.count) = (Some(job.run()), progress.count + 1);
        drop(progress);
        world.turn();
    }
}

fn world_with_renderer(stations: u32) -> (World, ManualRenderer) {
    let renderer = ManualRenderer::default();
    let settings = (1..=stations)
        .map(|id| StationSettings { id, mount: format!("/{id}"), ..StationSettings::default() })
        .collect();
    let mut setup = Setup::with(settings);
    setup.hooks.renderer = Some(Box::new(renderer.clone()));
    let mut world = World::start(1, setup);
    world.enable_admin();
    world.configure(|config| config.metrics.access = MetricsAccess::Public);
    (world, renderer)
}

/// Sends a request of this address without running a turn.
fn request(world: &mut World, address: &str, target: &str) -> Peer {
    let peer = world.connect_from(address.parse().expect("an address"), Link::Fast);
    world.server.received(peer, format!("GET {target} HTTP/1.0\r\n\r\n").as_bytes(), world.now);
    peer
}

fn list_request(page: u32) -> String {
    format!("/admin.cgi?sid=1&mode=viewxml&page={page}&pass={}", ADMIN.1)
}

#[test]
fn list_of_listeners_is_gathered_in_pieces() {
    let (mut world, renderer) = world_with_renderer(1);
    world.net.clock_step = PAGE_TIME_PER_TURN;
    let listeners: Vec<Peer> = (0..1700).map(|_| world.tune_in("/1", Link::Fast)).collect();
    let peer = request(&mut world, "192.0.2.1:1", &list_request(3));
    let mut turns = 0;
    while !renderer.has_job() {
        world.single_turn();
        turns += 1;
    }
    assert!(turns > 3, "{turns}");
    // A listener that leaves meanwhile is in the list, because it was gathered before.
    world.disconnect(listeners[0]);
    assert_eq!(world.reply(peer).status(), 0);
    renderer.render(&mut world);
    let reply = world.reply(peer);
    assert_eq!(reply.body().matches("<LISTENER>").count(), 1700);
    let ids: Vec<u64> = reply
        .body()
        .split("<UID>")
        .skip(1)
        .map(|rest| rest.split('<').next().and_then(|id| id.parse().ok()).expect("an id"))
        .collect();
    assert!(ids.is_sorted() && ids.len() == 1700);
}

/// Drawing the picture takes some ten milliseconds, also on a server with one station.
#[test]
fn picture_in_pixels_is_drawn_by_the_renderer() {
    let (mut world, renderer) = world_with_renderer(1);
    assert_eq!(world.get("/assets/cover.svg?sid=1").send().status(), 200);
    let peer = request(&mut world, "192.0.2.1:1", "/assets/cover.png?sid=1");
    world.turn();
    assert_eq!(world.reply(peer).status(), 0);
    renderer.render(&mut world);
    let reply = world.reply(peer);
    assert_eq!((reply.status(), reply.header("Content-Type")), (200, Some("image/png")));
    assert!(reply.header("Cache-Control").is_some_and(|it| it.contains("max-age")));
    // The next request in the same moment gets it from the cache.
    let second = request(&mut world, "192.0.2.2:1", "/assets/cover.png?sid=1");
    world.turn();
    assert_eq!(world.reply(second).status(), 200);
    // So does one after the server has changed, and under another name of the server.
    let _listener = world.tune_in("/1", Link::Fast);
    world.pass(Duration::from_secs(10));
    for host in ["radio.example", "other.example"] {
        let reply = world.get("/assets/cover.png?sid=1").header("Host", host).send();
        assert_eq!(reply.status(), 200, "{host}");
        let tag = reply.header("ETag").expect("an ETag").to_owned();
        let again = world.get("/assets/cover.png?sid=1").header("If-None-Match", &tag).send();
        assert_eq!((again.status(), again.body(), again.header("ETag")), (304, "", Some(tag.as_str())));
    }
    let missing = request(&mut world, "192.0.2.2:1", "/assets/cover.png?sid=9");
    world.turn();
    renderer.render(&mut world);
    assert_eq!(world.reply(missing).status(), 404);
}

#[test]
fn small_pages_do_not_wait_for_large_ones() {
    let (mut world, renderer) = world_with_renderer(60);
    let large: Vec<Peer> = ["/statistics", "/status-json.xsl", "/api/v1/stations", "/", "/metrics"]
        .map(|target| request(&mut world, "192.0.2.1:1", target))
        .into();
    world.turn();
    assert_eq!(world.get("/7.html?sid=7").send().status(), 200);
    assert_eq!(world.get("/stats?sid=7&json=1").send().status(), 200);
    for (index, &peer) in large.iter().enumerate().filter(|(index, _)| *index != 3) {
        assert_eq!(world.reply(peer).status(), 0, "{index}");
        renderer.render(&mut world);
        assert_eq!(world.reply(peer).status(), 200, "{index}");
    }
    assert!(!renderer.has_job() && !world.server.has_unfinished_work());
}

#[test]
fn large_page_is_kept_until_something_changes() {
    let (mut world, renderer) = world_with_renderer(60);
    let first = request(&mut world, "192.0.2.1:1", "/statistics?json=1");
    let second = request(&mut world, "192.0.2.2:1", "/statistics?json=1&callback=f");
    world.turn();
    renderer.render(&mut world);
    let (json, script) = (world.reply(first), world.reply(second));
    assert_eq!(script.body(), format!("f({})", json.body()));
    assert_eq!(renderer.0.borrow().count, 1);
    world.pass(Duration::from_secs(2));
    let third = request(&mut world, "192.0.2.1:1", "/statistics?json=1");
    world.turn();
    renderer.render(&mut world);
    assert_eq!(world.reply(third).status(), 200);
}

#[test]
fn large_pages_are_served_in_fair_order() {
    let (mut world, renderer) = world_with_renderer(60);
    // Each `Host` makes another page.
    let target = |number: u32| format!("/status.xsl HTTP/1.0\r\nHost: h{number}\r\nX-Version:");
    let flood: Vec<Peer> =
        (1..=20).map(|number| request(&mut world, "192.0.2.1:1", &target(number))).collect();
    world.turn();
    let other = request(&mut world, "198.51.100.7:1", &target(21));
    world.turn();
    // A page for the administrator comes before both, after the one that is being rendered.
    let administrator = request(&mut world, "192.0.2.1:1", &list_request(3));
    renderer.render(&mut world);
    renderer.render(&mut world);
    assert_eq!(world.reply(administrator).status(), 200);
    // The second page of the address of the flood has waited longer.
    for _ in 0..2 {
        renderer.render(&mut world);
    }
    let answered = flood.iter().filter(|&&peer| world.reply(peer).status() == 200).count();
    assert_eq!((answered, world.reply(other).status()), (2, 200));
}

#[test]
fn client_that_leaves_frees_the_renderer_for_the_next() {
    let (mut world, renderer) = world_with_renderer(60);
    let first = request(&mut world, "192.0.2.1:1", "/statistics");
    let second = request(&mut world, "192.0.2.1:1", "/status-json.xsl");
    let third = request(&mut world, "192.0.2.1:1", "/status.xsl");
    world.turn();
    world.server.connection_lost(first, world.now);
    world.server.connection_lost(second, world.now);
    renderer.render(&mut world);
    renderer.render(&mut world);
    assert_eq!((world.reply(third).status(), renderer.0.borrow().count), (200, 2));
}

#[test]
fn renderer_that_hangs_or_ends_is_replaced_by_the_event_loop() {
    let (mut world, _renderer) = world_with_renderer(60);
    let peer = request(&mut world, "192.0.2.1:1", "/statistics");
    world.pass(PAGE_TIMEOUT + Duration::from_secs(1));
    assert_eq!(world.reply(peer).status(), 503);
    assert_eq!(world.get("/statistics").send().status(), 200);
    let (mut world, renderer) = world_with_renderer(60);
    renderer.0.borrow_mut().is_broken = true;
    assert_eq!(world.get("/statistics").send().status(), 200);
}

#[test]
fn station_that_is_removed_meanwhile_is_not_found() {
    let (mut world, renderer) = world_with_renderer(2);
    world.net.clock_step = PAGE_TIME_PER_TURN;
    for _ in 0..1200 {
        world.tune_in("/1", Link::Fast);
    }
    let peer = request(&mut world, "192.0.2.1:1", &list_request(3));
    world.single_turn();
    assert!(world.server.has_unfinished_work() && !renderer.has_job());
    world.server.remove_station(world.keys[0], world.now);
    world.turn();
    renderer.render(&mut world);
    let reply = world.reply(peer);
    let never_existed = request(&mut world, "192.0.2.1:1", &list_request(3).replace("sid=1", "sid=99"));
    world.turn();
    assert_eq!(reply, world.reply(never_existed));
}
