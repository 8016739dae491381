//! Ports that change while a listener plays.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{Reloading, check_gapless};
use crate::common::{Request, two_free_ports};

fn local(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

fn is_open(port: u16) -> bool {
    TcpStream::connect(local(port)).is_ok()
}

#[track_caller]
fn check_page(port: u16) {
    Request::new(local(port), "GET", "/api/v1/stations").send().ok();
}

#[test]
fn listener_stays_when_its_port_is_closed() {
    let (first, second) = (two_free_ports(), two_free_ports());
    let on = |ports: &[u16]| {
        let all: Vec<String> = ports.iter().map(|port| format!("\"127.0.0.1:{port}\"")).collect();
        format!("listen = [{}]", all.join(", "))
    };
    let mut server = Reloading::start(&on(&[first]), 1);
    let mut listener = server.server.listen();
    listener.until_seconds(1.0);
    server.reload_with(&on(&[first, second]), "server: listen: ");
    [first, second].into_iter().for_each(check_page);
    server.reload_with(&on(&[second]), "server: listen: ");
    assert!(!is_open(first) && is_open(second));
    check_page(second);
    server.reload_with(&on(&[first]), "server: listen: ");
    assert!(is_open(first) && !is_open(second));
    listener.for_seconds(2.0);
    check_gapless(&listener);
}

#[test]
fn overlapping_addresses_follow_each_other_while_clients_connect() {
    let port = two_free_ports();
    let addresses = ["127.0.0.1", "[::]", "0.0.0.0", "127.0.0.1", "0.0.0.0", "[::]"];
    let on = |address: &str| format!("listen = [\"{address}:{port}\"]");
    let mut server = Reloading::start(&on(addresses[0]), 1);
    let mut listener = server.server.listen();
    listener.until_seconds(1.0);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let clients = scope.spawn(|| {
            let mut served = 0;
            while !is_over.load(Ordering::Relaxed) {
                // A connection whose handshake ends while a socket is closed may be reset, the next one not.
                assert!(is_open(port) || is_open(port), "nothing listens after {served} connections");
                served += 1;
            }
            served
        });
        for address in addresses.iter().cycle().skip(1).take(18) {
            server.reload_with(&on(address), "server: listen: ");
            check_page(port);
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(clients.join().expect("no gap") > 18);
    });
    listener.for_seconds(1.0);
    check_gapless(&listener);
    // No other program may share the port.
    let error = TcpListener::bind(local(port)).expect_err("the port is in use");
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn port_in_use_refuses_the_whole_reload() {
    let (first, second) = (two_free_ports(), two_free_ports());
    let other = TcpListener::bind(local(second)).expect("a free port");
    let own = format!("listen = [\"127.0.0.1:{first}\"]");
    let mut server = Reloading::start(&own, 1);
    let both = format!("listen = [\"127.0.0.1:{second}\", \"127.0.0.1:0\"]\nrobots = \"none\"");
    server.refused(&both, &format!("cannot listen on 127.0.0.1:{second}: address already in use"));
    check_page(first);
    assert!(!Request::new(local(first), "GET", "/robots.txt").send().ok().contains("Disallow: /\n"));
    drop(other);
    server.reload_with(&both, "server: listen: ");
    assert!(!is_open(first));
    check_page(second);
}

#[test]
fn port_for_sources_is_opened_and_closed() {
    let (port, sources) = (two_free_ports(), two_free_ports());
    let on = |more: &str| format!("listen = [\"127.0.0.1:{port}\"]\n{more}");
    let with_password = |more: &str| super::configuration(&on(more)) + "source_password = \"rosebud\"\n";
    let mut server = Reloading::start(&on(""), 1);
    assert!(!is_open(port + 1));
    server.write(&with_password(""));
    let log = server.reload_file();
    assert!(log.contains("listening for SHOUTcast sources on 127.0.0.1:"), "{log}");
    assert!(is_open(port + 1));
    server.write(&with_password(&format!("source_listen = [\"127.0.0.1:{sources}\"]")));
    server.reload_file();
    assert!(!is_open(port + 1) && is_open(sources));
    server.reload(&on(""));
    assert!(!is_open(sources) && is_open(port));
}
