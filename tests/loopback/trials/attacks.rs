//! Reports about what one client can do to the others.

use std::fs;

use super::source::{LiveStation, SourceAudio, is_live, log_in, login_request, play};
use crate::common::{CHECKED, Coldwave, Peer, fixture, wait_for};

/// The first listener of a relay on demand names eight servers that its stream has passed. The upstream must
/// not see them, because it would refuse the relay as a loop.
#[test]
fn listener_with_invented_ids_does_not_keep_a_relay_from_its_upstream() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let upstream = Coldwave::with_music(&[fixture(CHECKED)]);
    let config = format!(
        "[server]\nlisten = ['127.0.0.1:0']\n[[station]]\nrelay = '{}'\nrelay_on_demand = true\n",
        upstream.url()
    );
    let relay = Coldwave::with_config(folder.path(), &config, 1);
    let ids: Vec<String> = (1..=8).map(|id| format!("{id:016x}")).collect();
    let _first = relay.get("/live").header("X-Coldwave-Path", &ids.join(", ")).open();
    let mut second = relay.listen();
    second.until("audio of the upstream", |it| (0..it.frames.len()).any(|at| is_live(it.frame(at))));
}

/// Clients send nearly complete requests, and others read no reply. The server must not hold more than its
/// budget for them.
#[test]
fn requests_and_replies_of_clients_that_wait_are_bounded() {
    let station = LiveStation::start_server("request_memory_mb = 8\nmetrics = 'public'\n", "");
    let server = &station.server;
    let mut listener = server.listen();
    listener.until_seconds(6.0);
    let before = resident_kib(server);
    let readers: Vec<Peer> = (0..300).map(|_| server.get("/api/v1/openapi.json").open()).collect();
    let posts: Vec<Peer> = (0..700).map(|_| unfinished_post(server)).collect();
    wait_for("requests that give way", || {
        let metrics = server.get("/metrics").send().ok();
        metrics.contains("reason=\"memory_limit\"").then_some(())
    });
    let grown = resident_kib(server).saturating_sub(before);
    assert!(grown < 24 * 1024, "{grown} KiB for {} clients", readers.len() + posts.len());
    listener.for_seconds(3.0);
    assert!(server.get("/api/v1/stations").send().ok().contains("/live"));
}

/// Sends a request with a head of almost 16 KiB and a body that lacks one byte.
fn unfinished_post(server: &Coldwave) -> Peer {
    let filler = "x".repeat(15_000);
    let mut peer = server.connect();
    let head = format!("POST /api/v1/stations HTTP/1.1\r\nX-Filler: {filler}\r\nContent-Length: 500\r\n\r\n");
    let _closed = peer.try_send(format!("{head}{}", "y".repeat(499)).as_bytes());
    peer
}

/// Returns the memory of the process in KiB.
fn resident_kib(server: &Coldwave) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("/proc shows processes");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the resident memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Clients request a page about all stations, each with its own name of a callback. All are answered with
/// their name, and a listener receives its audio without a gap meanwhile.
#[test]
fn pages_with_callbacks_of_many_clients_are_answered() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let music = fixture("station");
    let stations: String = (1..=200)
        .map(|id| {
            format!("[[station]]\nmount = '/s{id}'\nname = 'Harbour FM {id}'\nsource_password = 'x{id}'\n")
        })
        .collect();
    let config = format!(
        "[server]\nlisten = ['127.0.0.1:0']\n[[station]]\nmount = '/live'\nmusic = ['{}']\n{stations}",
        music.display()
    );
    let server = Coldwave::with_config(folder.path(), &config, 201);
    let mut listener = server.listen();
    listener.until_seconds(6.0);
    let page = |number: usize| format!("/statistics?json=1&callback=f{number}");
    let mut clients: Vec<Peer> = (0..200).map(|number| server.get(&page(number)).open()).collect();
    listener.for_seconds(2.0);
    for (number, client) in clients.iter_mut().enumerate() {
        assert!(client.head().status.ends_with(" 200 OK"));
        let body = client.read_to_end().expect("the reply ends cleanly");
        assert!(body.starts_with(format!("f{number}(").as_bytes()));
    }
    listener.for_seconds(2.0);
}

/// A source names an action of the administration as its home page. No page links to it.
#[test]
fn home_page_of_a_source_is_no_link_to_the_administration() {
    let station = LiveStation::start();
    let server = &station.server;
    let link = format!("http://{}/admin/moveclients?mount=/live&destination=/other", server.address());
    let request = login_request(server, "/live", "audio/mpeg").header("ice-url", &link);
    let mut source = request.header("ice-name", "Harbour FM").open();
    assert_eq!(source.head().status, "HTTP/1.0 200 OK");
    source.send(&SourceAudio::mp3().seconds(3.0));
    for target in
        ["/index.html", "/api/v1/stations", "/status-json.xsl", "/stats?sid=1", "/statistics?json=1"]
    {
        let page = wait_for("the name that the source sends", || {
            let page = server.get(target).header("Accept", "text/html").send().ok();
            page.contains("Harbour FM").then_some(page)
        });
        assert!(!page.contains("moveclients"), "{target}: {page}");
    }
}

/// A page elsewhere contains images with wrong passwords, and a browser at the address of a DJ shows it.
#[test]
fn images_with_wrong_passwords_lock_out_no_dj() {
    let station = LiveStation::start_server("admin_password = 'lighthouse'\n", "");
    for number in 0..12 {
        let image = station.server.get(&format!("/admin/stats?pass=x{number}")).http11();
        let image = image.header("Sec-Fetch-Site", "cross-site").header("Sec-Fetch-Dest", "image");
        assert!(!image.header("Sec-Fetch-Mode", "no-cors").send().status_line().contains(" 200 "));
    }
    log_in(&station.server, "/live", "audio/mpeg");
}

/// The process is stopped for longer than `source_timeout_s` while the audio of a source waits.
#[test]
fn source_survives_a_stopped_process() {
    let station = LiveStation::start_with("source_timeout_s = 2\n");
    // The clock of the test, also while the process is stopped.
    let clock = LiveStation::start_with("delivery_interval_ms = 100\n");
    let mut clock = clock.server.listen();
    let server = &station.server;
    let mut listener = server.listen();
    clock.until_seconds(6.0);
    let (mut source, mut audio) = (log_in(server, "/live", "audio/mpeg"), SourceAudio::mp3());
    source.send(&audio.seconds(3.0));
    for signal in [None, Some("STOP"), Some("CONT")] {
        signal.into_iter().for_each(|signal| server.signal(signal));
        play(&mut clock, 4.0, |seconds| source.send(&audio.seconds(seconds)));
    }
    listener.until_seconds(15.0);
    let live: Vec<bool> = (0..listener.frames.len()).map(|at| is_live(listener.frame(at))).collect();
    assert_eq!(live.windows(2).filter(|two| two[0] != two[1]).count(), 1, "the source stays on the air");
}
