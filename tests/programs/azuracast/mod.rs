//! AzuraCast's life of a station with coldwave in the place of its Icecast: the configuration that it writes,
//! its Liquidsoap, its poller, its nginx, its bans, its certificates.
//!
//! AzuraCast itself is not here; what it writes and sends is repeated from its sources. See
//! docs/azuracast.md.

mod audience;
mod conditions;
mod config;
mod poller;
mod station;
mod tee;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use coldwave::audio::Codec;

use crate::common::tls::{Authority, ServerCertificate};
use crate::common::{Program, Request, are_available};
use crate::{wait_for, wait_within};
use audience::Attached;
use config::Mount;
use station::{FALLBACK, INTRO, NAME, Nginx, Station};
use tee::{Tee, frames};

/// How long Liquidsoap may take to start: it compiles a library of scripts.
const START_TIMEOUT: Duration = Duration::from_secs(240);

/// supervisord kills a program that has not stopped so long after SIGTERM.
const STOP_MAX: Duration = Duration::from_secs(10);

/// Bytes of the burst in the configuration.
const BURST: usize = 65_535;

/// Bytes of about two seconds at 128 kbit/s.
const A_WHILE: usize = 32_000;

#[test]
fn listeners_lose_nothing_in_the_life_of_an_azuracast_station() {
    if !are_available(&[("liquidsoap", "liquidsoap"), ("nginx", "nginx"), ("ffmpeg", "ffmpeg")]) {
        return;
    }
    let authorities = [Authority::new("The first"), Authority::new("The second")];
    let [first, second] = authorities.each_ref().map(|authority| authority.certificate(&["127.0.0.1"]));
    let mut station = Station::start(mounts(), &first, "");
    check_before_the_source(&station);
    let tee = Tee::to(station.config.port);
    let liquidsoap = station.start_liquidsoap(&tee);
    wait_for_sources(&station, &liquidsoap);
    wait_for_burst(&tee);
    let nginx = station.start_nginx();
    let listeners = attach(&station, &nginx, &authorities[0]);
    check_poller(&station, &listeners);
    check_bans(&station, &nginx, &listeners);
    check_certificate(&station, &second, &authorities[1]);
    check_added_and_removed_mount(&mut station);
    check_files(&station);
    listeners.iter().for_each(|listener| listener.wait_for_bytes(A_WHILE));
    check_stop(station, &tee, listeners);
    drop((nginx, liquidsoap));
}

fn mounts() -> Vec<Mount> {
    let autodj = Some((128, "mp3"));
    let mp3 = Mount { name: "/radio.mp3", intro: Some(INTRO), autodj, ..Mount::default() };
    let aac = Mount {
        name: "/radio.aac",
        is_hidden: true,
        max_listener_duration: Some(86_400),
        ..Mount::default()
    };
    vec![mp3, aac]
}

/// Liquidsoap and the poller ask for mounts before they exist.
fn check_before_the_source(station: &Station) {
    let poller = station.poller();
    for mount in ["/radio.aac", "/nothing"] {
        let reply = poller.admin(&format!("/admin/listclients?mount={mount}"));
        assert!(reply.status_line().contains(" 400 "), "{mount}: {reply:?}");
        assert_eq!((poller.stats(mount), poller.status_json(mount)), (None, None), "{mount}");
    }
}

fn wait_for_sources(station: &Station, liquidsoap: &Program) {
    let poller = station.poller();
    wait_within(START_TIMEOUT, "Liquidsoap to go live", || {
        let source = |mount: &str| poller.stats(mount).filter(|now| now.title.contains("Part"));
        source("/radio.mp3").and(source("/radio.aac")).map(drop)
    });
    assert!(!liquidsoap.stdout.text().contains("Connection failed"), "{}", liquidsoap.stdout.text());
}

/// Waits until the burst of a new listener has nothing but the source: before it, the fallback played.
fn wait_for_burst(tee: &Tee) {
    wait_within(START_TIMEOUT, "more than a burst from Liquidsoap", || {
        let least = tee.audio("/radio.mp3").len().min(tee.audio("/radio.aac").len());
        (least > 3 * BURST).then_some(())
    });
}

/// Connects listeners that stay: through nginx and directly, with and without titles and TLS.
fn attach(station: &Station, nginx: &Nginx, authority: &Authority) -> Vec<Attached> {
    let titles = |request: Request| request.header("Icy-MetaData", "1");
    let direct = || Request::new(station.address(), "GET", "/radio.mp3").agent("Direct/1");
    let over_tls = titles(direct().over_tls(&authority.client()));
    let requests = [
        ("titles", Codec::Mp3, titles(nginx.get("/radio.mp3", [198, 51, 100, 21]).agent("Titles/1"))),
        ("query", Codec::Mp3, nginx.get("/radio.mp3?1764460800", [198, 51, 100, 21]).agent("Query/1")),
        ("AAC", Codec::Aac, titles(nginx.get("/radio.aac", [198, 51, 100, 24]).agent("Aac/1"))),
        ("direct", Codec::Mp3, direct()),
        ("TLS", Codec::Mp3, over_tls),
    ];
    requests.into_iter().map(|(name, codec, request)| Attached::new(name, codec, request)).collect()
}

/// What the poller reads is right.
fn check_poller(station: &Station, listeners: &[Attached]) {
    let poller = station.poller();
    let now = wait_for("all listeners to be counted", || {
        poller.stats("/radio.mp3").filter(|now| now.listeners == 4)
    });
    assert!(now.title.starts_with("Zoë & Ferry - Part ") || now.artist == "Zoë & Ferry", "{now:?}");
    assert_eq!((now.bitrate.as_str(), now.server_type.as_str()), ("128", "audio/mpeg"));
    let json = poller.status_json("/radio.mp3").expect("a mount that is not hidden");
    assert_eq!((json.listeners, json.bitrate.as_str(), json.server_type.as_str()), (4, "128", "audio/mpeg"));
    let clients = poller.clients("/radio.mp3");
    let unique = poller.unique_clients("/radio.mp3");
    assert_eq!((clients.len(), unique.len()), (4, 3), "{clients:?}");
    assert_eq!(unique.iter().filter(|client| client.ip == "198.51.100.21").count(), 2, "{unique:?}");
    // The first title is that of the intro, which has no tags: the name of the station.
    wait_for("titles in the stream", || {
        let titles = listeners[0].titles();
        let is_programme = |title: &String| title.starts_with("Zoë & Ferry - Part ");
        (titles.first()? == NAME && titles.iter().any(is_programme)).then_some(())
    });
    let name = listeners[0].head.iter().find(|(name, _)| name == "icy-name");
    assert_eq!(name.map(|(_, name)| name.as_str()), Some(NAME));
}

/// AzuraCast writes its bans into files and sends SIGHUP: a listener that is now banned is disconnected, and
/// the next one is refused, until the ban is lifted.
fn check_bans(station: &Station, nginx: &Nginx, listeners: &[Attached]) {
    let from_banned = || nginx.get("/radio.mp3", [198, 51, 100, 22]).agent("Player/1");
    let bad_agent = || Request::new(station.address(), "GET", "/radio.mp3").agent("BadBot/2.1");
    let banned = [
        Attached::new("banned address", Codec::Mp3, from_banned()),
        Attached::new("banned program", Codec::Mp3, bad_agent()),
    ];
    station.write("ip_bans.txt", "192.0.2.7\n198.51.100.22\n");
    station.write("user_agent_bans.txt", "BadBot*\n*Scraper?\n");
    station.hang_up();
    for listener in banned {
        wait_for("a banned listener to be disconnected", || (!listener.is_attached()).then_some(()));
    }
    for refused in [from_banned(), bad_agent()] {
        assert!(refused.open().head().status.contains(" 403 "), "a banned listener is refused");
    }
    station.write("ip_bans.txt", "");
    station.write("user_agent_bans.txt", "");
    station.hang_up();
    for request in [&from_banned as &dyn Fn() -> Request, &bad_agent] {
        wait_for("a ban to be lifted", || request().open().head().status.contains(" 200 ").then_some(()));
    }
    assert!(listeners.iter().all(Attached::is_attached));
}

/// A renewed certificate is used after SIGHUP.
fn check_certificate(station: &Station, renewed: &ServerCertificate, authority: &Authority) {
    let client = authority.client();
    assert!(client.try_connect(station.address()).is_err());
    station.renew(renewed);
    wait_for("the renewed certificate", || client.try_connect(station.address()).ok());
}

/// A mount that AzuraCast adds has its settings, and is gone after its removal.
fn check_added_and_removed_mount(station: &mut Station) {
    let extra = Mount { name: "/extra.mp3", ..Mount::default() };
    station.config.mounts.push(extra);
    station.reload();
    let mut encoder = station.start_ffmpeg("/extra.mp3");
    let status =
        |station: &Station| Request::new(station.address(), "GET", "/extra.mp3").open().head().status;
    wait_for("the added mount", || {
        // Until the file has been read again, its limit of sources is reached.
        if !encoder.is_running() {
            encoder = station.start_ffmpeg("/extra.mp3");
        }
        status(station).contains(" 200 ").then_some(())
    });
    let page = station.poller().admin("/admin/stats").ok();
    assert!(!page.contains("of the encoder"), "the name of the station: {page}");
    drop(encoder);
    station.config.mounts.pop();
    station.reload();
    wait_for("the removed mount to go", || status(station).contains(" 404 ").then_some(()));
}

/// The log and the PID have the names that AzuraCast expects.
fn check_files(station: &Station) {
    wait_for("the refused listener in the access log", || {
        let log = station.read("icecast_access.log")?;
        (log.contains("198.51.100.22") && log.contains("GET /radio.mp3?&_ic2=1 ")).then_some(())
    });
    let pid = station.read("icecast.pid").expect("a PID file");
    assert_eq!(pid.trim(), station.server.pid().to_string());
}

/// The server stops in time, and all streams end with a whole frame.
fn check_stop(mut station: Station, tee: &Tee, listeners: Vec<Attached>) {
    let started = Instant::now();
    let status = station.stop();
    assert!(status.success() && started.elapsed() < STOP_MAX, "{status} after {:?}", started.elapsed());
    assert_eq!(station.read("icecast.pid"), None, "the PID file remains");
    let sent = |codec| match codec {
        "AAC" => tee.frames("/radio.aac", Codec::Aac),
        _ => tee.frames("/radio.mp3", Codec::Mp3),
    };
    let of_file = |path: &Path| frames(Codec::Mp3, &fs::read(path).expect("a file of the station"));
    let intro = of_file(&station.config.config_dir.join(INTRO));
    let fallback = of_file(&station.config.share.join("web").join(FALLBACK));
    for (name, listener) in ["titles", "query", "AAC", "direct", "TLS"].into_iter().zip(listeners) {
        let mut heard = listener.wait_for_end();
        if name != "AAC" {
            heard.take_intro(&intro, name);
        }
        heard.check_lost_nothing(&sent(name), &fallback, name);
        assert!(!["titles", "TLS"].contains(&name) || heard.titles.len() > 2, "{name}: {:?}", heard.titles);
    }
}
