//! The pages of Debian's icecast2 and of coldwave with the same encoder: they contain the same names in the
//! same order, with values of the same types. The differences are listed here and described in
//! protocol-notes/pages-icecast.md.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::Encoder;
use crate::common::{Peer, Request, two_free_ports, wait_for};
use crate::icecast::{address, start};
use crate::sound::{ffmpeg, music};
use crate::station::{PASSWORD, Station};

/// The fields of a source that coldwave shows and that Icecast shows only if the source sends
/// `ice-audio-info`.
const EXTRA_FIELDS: [&str; 6] =
    ["audio_info", "bitrate", "channels", "ice-bitrate", "listener_connections", "samplerate"];

const SOURCE: (&str, &str) = ("source", PASSWORD);

/// One of the two servers, with a source and a listener.
struct Server {
    port: u16,
    /// The administrator's name and password.
    login: (&'static str, &'static str),
    _encoder: Encoder,
    _listener: Peer,
}

impl Server {
    /// Connects a source and a listener to the server at `port`, and sets a title.
    fn start(port: u16, login: (&'static str, &'static str), music: &Path) -> Self {
        let mut command = ffmpeg();
        command.args(["-re", "-stream_loop", "-1", "-i"]).arg(music).args(["-c", "copy", "-f", "mp3"]);
        command.args(["-content_type", "audio/mpeg", "-ice_name", "Harbour FM", "-ice_genre", "Ambient"]);
        command.args(["-ice_description", "Slow <music> & more", "-ice_url", "http://example.org"]);
        command.arg(format!("icecast://source:{PASSWORD}@127.0.0.1:{port}/live"));
        let encoder = Encoder::start(command);
        let is_on = || {
            let page = Request::new(address(port), "GET", "/status-json.xsl").send();
            page.text().contains("/live\"").then_some(())
        };
        wait_for("the source to be listed", is_on);
        let listener = Request::new(address(port), "GET", "/live").agent("tests").open();
        let server = Self { port, login, _encoder: encoder, _listener: listener };
        let update = "/admin/metadata?mount=/live&mode=updinfo&charset=UTF-8&song=Nadia+Karim+-+Tidewater";
        server.page_for(update, SOURCE);
        let has_both = || {
            let stats = server.page("/status-json.xsl");
            (stats.contains("Tidewater") && stats.contains("\"listeners\":1")).then_some(())
        };
        wait_for("the title and the listener to be shown", has_both);
        server
    }

    fn page(&self, target: &str) -> String {
        self.page_for(target, self.login)
    }

    fn page_for(&self, target: &str, (user, password): (&str, &str)) -> String {
        let host = format!("127.0.0.1:{}", self.port);
        let request = Request::new(address(self.port), "GET", target).header("Host", &host);
        let reply = request.auth(user, password).send();
        assert_eq!(reply.status_line(), "HTTP/1.0 200 OK", "{target}");
        reply.text().replace(&host, "HOST").replace(&format!("localhost:{}", self.port), "HOST")
    }
}

/// Returns the names of all elements, in order.
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

/// Returns the names of the fields that both servers have, with the types of their values.
fn types(object: &Value) -> Vec<(String, &'static str)> {
    let pairs = object.as_object().expect("an object");
    let known = pairs.iter().filter(|(name, _)| *name != "dummy" && !EXTRA_FIELDS.contains(&name.as_str()));
    let kind = |value: &Value| match value {
        Value::String(_) => "a text",
        Value::Number(_) => "a number",
        Value::Object(_) => "an object",
        other => panic!("{other}"),
    };
    known.map(|(name, value)| (name.clone(), kind(value))).collect()
}

/// Returns the texts of the table cells that end with a colon, except for the bit rate.
fn labels(page: &str) -> Vec<&str> {
    let cells = page.split("<td>").skip(1).filter_map(|cell| cell.split("</td>").next());
    cells.filter(|cell| cell.ends_with(':') && *cell != "Bitrate:").collect()
}

#[test]
fn pages_have_the_same_structure_as_those_of_icecast2() {
    let programs = [("icecast2", "icecast2"), ("ffmpeg", "ffmpeg"), ("setpriv", "util-linux")];
    let Some(station) = Station::without_autodj(&programs) else { return };
    let port = two_free_ports();
    let _icecast = start(station.folder(), port);
    let music = station.write("music.mp3", music().concat());
    let theirs = Server::start(port, ("admin", PASSWORD), &music);
    let ours = Server::start(station.port, ("admin", "high-water-8"), &music);
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
    let source_at = our.iter().position(|name| name == "source").expect("a source");
    let is_known = |(at, name): &(usize, &String)| *at < source_at || !EXTRA_FIELDS.contains(&name.as_str());
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
