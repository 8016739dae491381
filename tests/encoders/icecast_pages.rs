//! Debian's icecast2 and coldwave, fed by the same encoder, are asked for the same pages: what they have in them has the
//! same names, in the same order, of the same types. What differs is listed here, and told in
//! protocol-notes/pages-icecast.md.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::Encoder;
use crate::common::{Peer, two_free_ports, wait_for};
use crate::icecast::{ask, start};
use crate::sound::{ffmpeg, music};
use crate::station::{PASSWORD, Station};

/// What coldwave tells of a source beyond what Icecast knows of one that sends no `ice-audio-info`.
const MORE: [&str; 6] =
    ["audio_info", "bitrate", "channels", "ice-bitrate", "listener_connections", "samplerate"];

/// `source:deep-water-7`.
const SOURCE: &str = "c291cmNlOmRlZXAtd2F0ZXItNw==";

/// One of the two.
struct Server {
    port: u16,
    /// The administrator's name and password.
    login: &'static str,
    _encoder: Encoder,
    _listener: Peer,
}

impl Server {
    /// The server at `port`, with a source, a listener and a title.
    fn begun(port: u16, login: &'static str, music: &Path) -> Self {
        let mut command = ffmpeg();
        command.args(["-re", "-stream_loop", "-1", "-i"]).arg(music).args(["-c", "copy", "-f", "mp3"]);
        command.args(["-content_type", "audio/mpeg", "-ice_name", "Harbour FM", "-ice_genre", "Ambient"]);
        command.args(["-ice_description", "Slow <music> & more", "-ice_url", "http://example.org"]);
        command.arg(format!("icecast://source:{PASSWORD}@127.0.0.1:{port}/live"));
        let encoder = Encoder::started(command);
        let is_on = || ask(port, "GET /status-json.xsl HTTP/1.0\r\n\r\n").contains("/live\"").then_some(());
        wait_for("the source to be listed", is_on);
        let mut listener = Peer::connect(([127, 0, 0, 1], port).into());
        listener.send(b"GET /live HTTP/1.0\r\nUser-Agent: tests\r\n\r\n");
        let server = Self { port, login, _encoder: encoder, _listener: listener };
        let update = "/admin/metadata?mount=/live&mode=updinfo&charset=UTF-8&song=Nadia+Karim+-+Tidewater";
        server.page_for(update, SOURCE);
        let has_all = || {
            let stats = server.page("/status-json.xsl");
            (stats.contains("Tidewater") && stats.contains("\"listeners\":1")).then_some(())
        };
        wait_for("the title and the listener to be told", has_all);
        server
    }

    fn page(&self, target: &str) -> String {
        self.page_for(target, self.login)
    }

    fn page_for(&self, target: &str, login: &str) -> String {
        let host = format!("127.0.0.1:{}", self.port);
        let reply = ask(
            self.port,
            &format!("GET {target} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Basic {login}\r\n\r\n"),
        );
        let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{target}: {head}");
        body.replace(&host, "HOST").replace(&format!("localhost:{}", self.port), "HOST")
    }
}

/// The names of all elements, in order.
fn names(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut names = Vec::new();
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(tag) | Event::Empty(tag) => names.push(tag.name().as_ref().to_owned()),
            Event::Eof => return names,
            _ => {}
        }
    }
}

/// Names with the types of their values.
fn types(object: &Value) -> Vec<(String, &'static str)> {
    let pairs = object.as_object().expect("an object");
    let known = pairs.iter().filter(|(name, _)| *name != "dummy" && !MORE.contains(&name.as_str()));
    let kind = |value: &Value| match value {
        Value::String(_) => "a text",
        Value::Number(_) => "a number",
        Value::Object(_) => "an object",
        other => panic!("{other}"),
    };
    known.map(|(name, value)| (name.clone(), kind(value))).collect()
}

/// What the cells of a table say that end in a colon.
fn labels(page: &str) -> Vec<&str> {
    let cells = page.split("<td>").skip(1).filter_map(|cell| cell.split("</td>").next());
    cells.filter(|cell| cell.ends_with(':') && *cell != "Bitrate:").collect()
}

#[test]
fn icecast2_and_coldwave_show_the_same() {
    let programs = [("icecast2", "icecast2"), ("ffmpeg", "ffmpeg"), ("setpriv", "util-linux")];
    let Some(station) = Station::without_autodj(&programs) else { return };
    let port = two_free_ports();
    let _icecast = start(station.folder(), port);
    let music = station.write("music.mp3", music().concat());
    // admin:deep-water-7 and admin:high-water-8
    let theirs = Server::begun(port, "YWRtaW46ZGVlcC13YXRlci03", &music);
    let ours = Server::begun(station.port, "YWRtaW46aGlnaC13YXRlci04", &music);
    let both = |target: &str| [theirs.page(target), ours.page(target)];

    let [their, our] =
        both("/status-json.xsl").map(|page| serde_json::from_str::<Value>(&page).expect("JSON"));
    assert_eq!(types(&our["icestats"]), types(&their["icestats"]));
    assert_eq!(types(&our["icestats"]["source"]), types(&their["icestats"]["source"]));
    for name in
        ["genre", "listeners", "server_description", "server_name", "server_type", "server_url", "title"]
    {
        assert_eq!(our["icestats"]["source"][name], their["icestats"]["source"][name], "{name}");
    }

    let [their, our] = both("/admin/stats").map(|page| names(&page));
    let of_source = our.iter().position(|name| name == "source").expect("a source");
    let is_known = |(at, name): &(usize, &String)| *at < of_source || !MORE.contains(&name.as_str());
    let our: Vec<_> = our.iter().enumerate().filter(is_known).map(|(_, name)| name.clone()).collect();
    assert_eq!(our, their);

    for target in ["/admin/listmounts", "/admin/listclients?mount=/live", "/admin/streamlist", "/live.xspf"] {
        let [their, our] = both(target).map(|page| names(&page));
        assert_eq!(our, their, "{target}");
    }
    let [their, our] = both("/status.xsl");
    assert_eq!(labels(&our), labels(&their));
    assert!(labels(&our).len() > 7, "{our}");

    let [their, our] = both("/live.m3u");
    assert_eq!(our, their);
    let keys = |page: &str| -> Vec<String> {
        page.lines().map(|line| line.split('=').next().unwrap_or_default().to_owned()).collect()
    };
    let [their, our] = both("/live.vclt").map(|page| keys(&page));
    assert_eq!(our, their);
}
