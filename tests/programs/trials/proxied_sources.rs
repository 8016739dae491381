//! Encoders that send through real proxies: in chunks they are heard, without framing they are told why not.

use std::process::Command;

use crate::common::{Program, are_available, fixture, two_free_ports};
use crate::proxies::{PROXY, ProxiedStation};
use crate::{finish_with_error, wait_for};

/// Starts ffmpeg, which sends in real time to the proxy at this port.
fn ffmpeg(port: u16, options: &[&str], scheme: &str) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-loglevel", "error", "-re", "-i"]);
    command.arg(fixture("station/01-foehn-over-the-skerries.mp3"));
    command.args(["-c", "copy", "-f", "mp3", "-content_type", "audio/mpeg"]).args(options);
    command.arg(format!("{scheme}://source:deep%20water@127.0.0.1:{port}/live"));
    command
}

/// Checks that a source in chunks goes live through the proxy at `port` while it sends.
fn check_chunks(station: &ProxiedStation, port: u16) {
    let before = station.server.log().count("source source is live from");
    let encoder = Program::start(ffmpeg(port, &["-method", "PUT", "-auth_type", "basic"], "http"));
    wait_for("the source to go live", || {
        (station.server.log().count("source source is live from") > before).then_some(())
    });
    drop(encoder);
    wait_for("the source to end", || {
        (station.server.log().count("live source source ") > before).then_some(())
    });
}

/// Checks that a source without framing gets an error through the proxy at `port`.
fn check_refusal(station: &ProxiedStation, port: u16) {
    let refusals = || station.server.log().count("so the proxy forwards no audio");
    for options in [&[][..], &["-legacy_icecast", "1"]] {
        let before = refusals();
        finish_with_error(ffmpeg(port, options, "icecast"));
        assert_eq!(refusals(), before + 1, "{options:?}");
    }
}

/// Returns the indented block of docs/reverse-proxies.md that begins with this line, for this address.
fn documented(begin: &str, station: &ProxiedStation) -> String {
    let text = include_str!("../../../docs/reverse-proxies.md");
    let lines = text.lines().skip_while(|line| line.trim() != begin);
    let block: Vec<_> = lines.take_while(|line| line.starts_with("    ")).collect();
    assert!(!block.is_empty(), "{begin}");
    block.join("\n").replace("127.0.0.1:8000", &station.server.address().to_string())
}

#[test]
fn source_behind_nginx_is_heard_in_chunks_and_refused_without_them() {
    if !are_available(&[("nginx", "nginx"), ("ffmpeg", "ffmpeg")]) {
        return;
    }
    let (station, port) = (ProxiedStation::start(), two_free_ports());
    let directives = format!("lingering_close off;\n{}", documented("location / {", &station));
    let nginx = station.start_nginx(port, &directives);
    station.check_listener(port);
    check_chunks(&station, port);
    check_refusal(&station, port);
    drop(nginx);
}

#[test]
fn source_behind_haproxy_is_heard_in_chunks_or_over_tcp() {
    if !are_available(&[("haproxy", "haproxy"), ("ffmpeg", "ffmpeg")]) {
        return;
    }
    let (station, port) = (ProxiedStation::start(), two_free_ports());
    let server = format!("server coldwave {} source {PROXY}", station.server.address());
    let times = "timeout connect 5s\ntimeout client 60s\ntimeout server 60s\n";
    let text = format!(
        "listen http\nmode http\nbind 127.0.0.1:{port}\n{times}option forwardfor\n{server}\n\
         listen tcp\nmode tcp\nbind 127.0.0.1:{}\n{times}{server} send-proxy-v2\n",
        port + 1
    );
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f"]).arg(station.file("haproxy.cfg", &text));
    let haproxy = Program::start(command);
    station.check_listener(port);
    check_chunks(&station, port);
    check_refusal(&station, port);
    let before = station.server.log().count("source source is live from");
    let encoder = Program::start(ffmpeg(port + 1, &[], "icecast"));
    wait_for("the source to go live over TCP", || {
        (station.server.log().count("source source is live from") > before).then_some(())
    });
    drop(encoder);
    drop(haproxy);
}
