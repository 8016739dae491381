//! What pages can make a browser do: pages of other sites, and links on pages of this server.

use coldwave::audio::Header;
use coldwave::server::Peer;
use coldwave::settings::{Account, Dj, Secret, SourceSettings, StationSettings};

use crate::world::encoder::{Encoder, source_request};
use crate::world::request::Request;
use crate::world::{Link, Reply, World, seed};

/// The headers of a browser, and those that it adds depending on what makes it send a request.
const BROWSER: &str = "Host: radio.example:8000\nUser-Agent: Mozilla/5.0\nAccept-Language: en";
const OWN_PAGE: [&str; 4] = [
    "Sec-Fetch-Site: same-origin\nSec-Fetch-Mode: navigate",
    "Origin: http://radio.example:8000",
    "Referer: http://radio.example:8000/index.html?sid=1",
    "X-Requested-With: coldwave",
];
const OTHER_SITE: [&str; 5] = [
    "Sec-Fetch-Site: cross-site\nSec-Fetch-Dest: image",
    "Sec-Fetch-Site: same-site",
    "Referer: http://evil.example/\nAccept: image/avif,image/webp,*/*;q=0.8",
    "Origin: null",
    // Over plain HTTP, a page that suppresses Referer.
    "Accept: */*",
];
const USER: &str = "Sec-Fetch-Site: none\nAccept: text/html";
/// A user over plain HTTP, or a frame in a page that suppresses Referer.
const NAVIGATION: &str = "Upgrade-Insecure-Requests: 1\nAccept: text/html,*/*;q=0.8";

/// The address of a DJ who has opened a page of another site.
const VISITOR: &str = "203.0.113.5:4000";

/// Every action, as the target of a request.
const ACTIONS: [&str; 26] = [
    "/admin.cgi?sid=1&mode=updinfo&song=Evil",
    "/admin.cgi?sid=1&mode=kicksrc",
    "/admin.cgi?sid=1&mode=kickdst&kickdst=all",
    "/admin.cgi?mode=kicksources",
    "/admin.cgi?mode=bandst&bandst=198.51.100.7",
    "/admin.cgi?mode=unbandst&unbandst=192.0.2.99",
    "/admin.cgi?mode=agent&agent=EvilBot",
    "/admin.cgi?mode=unagent&agent=OldBot",
    "/admin.cgi?mode=resetxml",
    "/admin.cgi?mode=clearcache",
    "/admin.cgi?mode=startrelays",
    "/admin.cgi?mode=reload",
    "/admin/reloadconfig",
    "/admin/function?perform=updatecfg",
    "/admin/metadata?mount=/live&mode=updinfo&song=Evil",
    "/admin/metadata.xsl?mount=/live&mode=updinfo&song=Evil",
    "/admin/killsource?mount=/live",
    "/admin/killsource.xsl?mount=/live",
    "/admin/killclient?mount=/live&id=99999",
    "/admin/moveclients?mount=/live&destination=/jazz",
    "/admin/moveclients.xsl?mount=/live&destination=/jazz",
    "/api/v1/admin/stations/1/title?song=Evil",
    "/api/v1/admin/stations/1/kick-source",
    "/api/v1/admin/stations/1/kick?client=all",
    "/api/v1/admin/stations/1/move?to=/jazz",
    "/api/v1/admin/bans/remove?id=1",
];

fn world() -> World {
    let station = |id, mount: &str| StationSettings {
        id,
        mount: mount.into(),
        sources: SourceSettings {
            account: Account { user: "source".into(), password: Some(Secret::new("deep water")) },
            djs: vec![Dj { name: "nadia".into(), display: None, password: Secret::new("tide"), priority: 0 }],
            ..SourceSettings::default()
        },
        ..StationSettings::default()
    };
    let mut world = World::with(seed(3), vec![station(1, "/live"), station(2, "/jazz")]);
    world.enable_admin();
    world
}

/// Connects a source and a listener.
fn with_source_and_listener() -> (World, Peer, Peer) {
    let mut world = world();
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let source = world.connect(Link::Fast);
    world.send(source, &source_request("/live", "nadia", "tide"));
    world.feed(source, &encoder.seconds(3.0));
    let listener = world.get("/live").http11().header("Host", "h").open();
    world.pass(std::time::Duration::from_secs(2));
    (world, source, listener)
}

fn start<'w>(world: &'w mut World, method: &str, target: &str) -> Request<'w> {
    match method {
        "POST" => world.post(target, "").http11(),
        method => world.request(method, target).http11(),
    }
}

fn with_parameter(target: &str, parameter: &str) -> String {
    format!("{target}{}{parameter}", if target.contains('?') { '&' } else { '?' })
}

/// Sends a request of a browser that has stored the admin password.
fn by_browser(world: &mut World, method: &str, target: &str, lines: &str) -> Reply {
    start(world, method, target).lines(BROWSER).lines(lines).by_admin().send()
}

#[track_caller]
fn check_untouched(world: &World, source: Peer, listener: Peer) {
    assert!(world.is_live(0) && !world.socket(source).closed, "the source is on air");
    assert!(!world.socket(listener).closed, "the listener listens");
    assert_eq!((world.listeners(0), world.listeners(1)), (1, 0));
    assert_ne!(world.station(0).title(), "Evil");
}

/// The trial: a source leads the administrator to an action, from a page of this server.
#[test]
fn link_on_an_own_page_changes_nothing() {
    let (mut world, source, listener) = with_source_and_listener();
    for target in ACTIONS {
        for lines in OWN_PAGE.into_iter().chain([USER, NAVIGATION]) {
            for with_password in [target.to_owned(), with_parameter(target, "pass=lighthouse")] {
                let reply = by_browser(&mut world, "GET", &with_password, lines);
                assert_eq!(reply.status(), 405, "{with_password} {lines}: {reply}");
                assert!(reply.header("Allow").is_some_and(|allow| allow.contains("POST")), "{reply}");
            }
        }
    }
    check_untouched(&world, source, listener);
}

#[test]
fn action_of_another_site_is_refused_before_its_password() {
    let (mut world, source, listener) = with_source_and_listener();
    for target in ACTIONS {
        for lines in OTHER_SITE {
            for method in ["GET", "POST"] {
                let answers = ["lighthouse", "guess", "tide"].map(|password| {
                    let request = start(&mut world, method, target).from(VISITOR).lines(BROWSER).lines(lines);
                    request.auth("admin", password).send()
                });
                assert!(
                    [403, 405].contains(&answers[0].status()),
                    "{method} {target} {lines}: {}",
                    answers[0]
                );
                assert!(answers.iter().all(|answer| *answer == answers[0]), "{method} {target} {lines}");
            }
        }
        let form = by_browser(&mut world, "POST", target, NAVIGATION);
        assert_eq!(form.status(), 403, "{target}: a form of a page that suppresses Origin and Referer");
    }
    check_untouched(&world, source, listener);
    let right = world.get("/admin/stats").from(VISITOR).by_admin().send();
    assert_eq!(right.status(), 200, "no failed login was counted");
}

#[test]
fn own_page_acts_by_post_and_programs_as_before() {
    for target in ACTIONS {
        let is_done = |reply: &Reply| ![401, 403, 405, 429].contains(&reply.status());
        for lines in OWN_PAGE {
            let (mut world, ..) = with_source_and_listener();
            let reply = by_browser(&mut world, "POST", target, lines);
            assert!(is_done(&reply), "{target} {lines}: {reply}");
        }
        for method in ["GET", "POST"] {
            if method == "GET" && target.starts_with("/api/") {
                continue;
            }
            let (mut world, ..) = with_source_and_listener();
            let by_header = start(&mut world, method, target).agent("curl/8").by_admin().send();
            assert!(is_done(&by_header), "{method} {target}: {by_header}");
            let (mut world, ..) = with_source_and_listener();
            let target = with_parameter(target, "pass=lighthouse");
            let by_parameter = start(&mut world, method, &target).agent("Mozilla/4.0 (BASS)").send();
            assert!(is_done(&by_parameter), "{method} {target}: {by_parameter}");
        }
    }
}

/// The trial: twelve images in a page elsewhere, opened at the address of a DJ.
#[test]
fn images_of_another_site_lock_out_no_visitor() {
    for lines in OTHER_SITE.into_iter().chain([NAVIGATION]) {
        for target in
            ["/admin/stats", "/metrics", "/admin.cgi?mode=viewxml", "/admin/metadata?mount=/live&song=A"]
        {
            let mut world = world();
            for number in 0..12 {
                let image = with_parameter(target, &format!("pass=x{number}&user=source"));
                let reply = world.get(&image).http11().from(VISITOR).lines(BROWSER).lines(lines).send();
                assert!([401, 403, 405].contains(&reply.status()), "{image} {lines}: {reply}");
            }
            let dj = world.connect_from(VISITOR.parse().expect("an address"), Link::Fast);
            world.send(dj, &source_request("/live", "source", "deep water"));
            assert_eq!(world.reply(dj).status(), 200, "{target} {lines}");
            let admin = world.get("/admin/stats").http11().from(VISITOR).lines(BROWSER).lines(NAVIGATION);
            assert_eq!(admin.by_admin().send().status(), 200, "{target} {lines}");
        }
    }
}

/// A page can make a browser send wrong logins by navigation over plain HTTP. They count for such requests
/// alone.
#[test]
fn navigation_with_wrong_logins_locks_out_only_such_navigation() {
    let mut world = world();
    let navigate = |world: &mut World, password: &str| {
        world.pass(std::time::Duration::from_millis(200));
        let request = world.get("/admin/stats").http11().from(VISITOR).lines(BROWSER).lines(NAVIGATION);
        request.auth("admin", password).send().status()
    };
    let statuses: Vec<u16> = (0..12).map(|_| navigate(&mut world, "guess")).collect();
    assert_eq!(statuses, [vec![401; 10], vec![429; 2]].concat());
    assert_eq!(navigate(&mut world, "lighthouse"), 429);
    for lines in OWN_PAGE {
        let reply = world.get("/admin/stats").http11().from(VISITOR).lines(BROWSER).lines(lines);
        assert_eq!(reply.by_admin().send().status(), 200, "{lines}");
    }
    assert_eq!(world.get("/admin/stats").from(VISITOR).by_admin().send().status(), 200, "a program");
}

#[test]
fn other_sites_cannot_distinguish_right_from_wrong_passwords() {
    let mut world = world();
    for target in [
        "/admin.cgi?mode=viewjson&page=3&callback=f",
        "/admin.cgi?mode=viewxml",
        "/admin/stats",
        "/admin/listclients?mount=/live",
        "/metrics",
        "/admin/",
        "/api/v1/admin/stations",
        "/api/v1/admin/log",
    ] {
        for lines in OTHER_SITE {
            for method in ["GET", "HEAD"] {
                let mut answers = Vec::new();
                for password in ["lighthouse", "guess", ""] {
                    let by_parameter = with_parameter(target, &format!("pass={password}"));
                    for request in [
                        start(&mut world, method, &by_parameter).lines(BROWSER).lines(lines).send(),
                        start(&mut world, method, target)
                            .lines(BROWSER)
                            .lines(lines)
                            .auth("admin", password)
                            .send(),
                    ] {
                        answers.push(request);
                    }
                }
                assert_eq!(answers[0].status(), 403, "{method} {target} {lines}");
                assert!(!answers[0].contains("f("), "{target}: no script");
                assert!(answers.iter().all(|answer| *answer == answers[0]), "{method} {target} {lines}");
            }
        }
    }
    // As a script, such a page is refused also where a user may read it.
    let script = "/admin.cgi?mode=viewjson&page=3&callback=f";
    assert_eq!(by_browser(&mut world, "GET", script, NAVIGATION).status(), 403);
    assert_eq!(by_browser(&mut world, "GET", script, OWN_PAGE[0]).body(), "f([])");
}

/// Over plain HTTP, a browser that opens an address must still be able to read.
#[test]
fn user_opens_pages_with_the_dialog_of_the_browser() {
    let mut world = world();
    for target in ["/admin/", "/admin/stats", "/admin.cgi?mode=viewxml&page=3", "/metrics"] {
        for lines in [USER, NAVIGATION] {
            let first = world.get(target).http11().lines(BROWSER).lines(lines).send();
            assert_eq!(first.status(), 401, "{target} {lines}");
            assert!(
                first.header("WWW-Authenticate").is_some(),
                "{target}: the browser asks for the password"
            );
            assert_eq!(by_browser(&mut world, "GET", target, lines).status(), 200, "{target} {lines}");
        }
    }
    let guessed = world.get("/admin/stats?pass=lighthouse").http11().lines(BROWSER).lines(NAVIGATION).send();
    assert_eq!(guessed.status(), 401, "any page can have written this URL");
}
