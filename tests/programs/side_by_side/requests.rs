//! Requests of players, encoders and administrators, and the replies to them.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::Observations;
use super::server::{ADMIN, PASSWORD, Server};
use super::sources::silent_source;
use crate::common::{Peer, Request};

/// Headers that differ with each reply.
const VARYING: [&str; 4] = ["date", "expires", "content-length", "last-modified"];

/// The requests whose replies are compared with all headers. Of the others, only the type of the content
/// counts.
const REPRESENTATIVE: [&str; 6] = [
    "GET /live with titles",
    "player: HEAD /live",
    "player: OPTIONS /live",
    "player: GET /status-json.xsl?mount=/live",
    "admin: GET /admin/listmounts",
    "before sources: player: GET /nothing",
];

/// Requests without a body: who asks, method and target.
const WITHOUT_SOURCE: [(&str, &str, &str); 14] = [
    ("player", "GET", "/live"),
    ("player", "GET", "/nothing"),
    ("player", "GET", "/"),
    ("player", "GET", "/status.xsl"),
    ("player", "GET", "/status-json.xsl"),
    ("player", "GET", "/server_version.xsl"),
    ("player", "GET", "/live.m3u"),
    ("player", "GET", "/style.css"),
    ("player", "GET", "/admin/stats"),
    ("admin", "GET", "/admin/stats"),
    ("admin", "GET", "/admin/listmounts"),
    ("admin", "GET", "/admin/listclients?mount=/live"),
    ("source", "GET", "/admin/metadata?mount=/live&mode=updinfo&song=Nothing"),
    ("stranger", "GET", "/admin/stats"),
];

const WITH_SOURCES: [(&str, &str, &str); 25] = [
    ("player", "GET", "/live"),
    ("player", "HEAD", "/live"),
    ("player", "OPTIONS", "/live"),
    ("player", "POST", "/live"),
    ("player", "GET", "/live?_ic2=1"),
    ("player", "GET", "/live.m3u"),
    ("player", "GET", "/live.xspf"),
    ("player", "GET", "/live.vclt"),
    ("player", "GET", "/status.xsl?mount=/live"),
    ("player", "GET", "/status-json.xsl?mount=/live"),
    ("admin", "GET", "/admin/stats"),
    ("admin", "GET", "/admin/stats.xsl"),
    ("admin", "GET", "/admin/stats?mount=/live"),
    ("admin", "GET", "/admin/listmounts"),
    ("admin", "GET", "/admin/listmounts.xsl"),
    ("admin", "GET", "/admin/listclients?mount=/live"),
    ("admin", "GET", "/admin/listclients"),
    ("admin", "GET", "/admin/moveclients?mount=/live&destination=/nothing"),
    ("admin", "GET", "/admin/killclient?mount=/live&id=987654"),
    ("admin", "GET", "/admin/fallbacks?mount=/live&fallback=/ezstream"),
    ("source", "GET", "/admin/listclients?mount=/live"),
    ("source", "GET", "/admin/metadata?mount=/nothing&mode=updinfo&song=Nothing"),
    ("source", "GET", "/admin/metadata?mount=/live&mode=other&song=Nothing"),
    ("source", "GET", "/admin/metadata?mount=/live&mode=updinfo"),
    ("admin", "GET", "/admin/streamlist"),
];

/// Logins of sources: mount, content type and password.
const LOGINS: [(&str, &str, &str); 5] = [
    ("/new", "audio/mpeg", "wrong"),
    ("/secret", "audio/mpeg", PASSWORD),
    ("/ezstream", "audio/mpeg", PASSWORD),
    ("/new", "application/ogg", PASSWORD),
    ("/text", "text/plain", PASSWORD),
];

pub fn without_source(server: &Server) -> Observations {
    WITHOUT_SOURCE.into_iter().flat_map(|request| observe(server, "before sources: ", request)).collect()
}

pub fn with_sources(server: &Server) -> Observations {
    let replies = WITH_SOURCES.into_iter().flat_map(|request| observe(server, "", request));
    let titles = titles_head(server);
    let logins = LOGINS.into_iter().map(|(mount, content_type, password)| {
        let reply = Reply::new(&mut silent_source(server, mount, content_type, password));
        let known = if password == PASSWORD { "the password" } else { "a wrong password" };
        (format!("SOURCE {mount} {content_type} with {known}"), reply.status)
    });
    replies.chain(titles).chain(logins).collect()
}

/// The head of a stream with titles.
fn titles_head(server: &Server) -> Observations {
    let request = Request::new(server.address(), "GET", "/live").header("Icy-MetaData", "1");
    heads("GET /live with titles", &Reply::new(&mut request.open()), server)
}

fn observe(server: &Server, when: &str, (who, method, target): (&str, &str, &str)) -> Observations {
    let name = format!("{when}{who}: {method} {target}");
    let host = format!("127.0.0.1:{}", server.port);
    let request = Request::new(server.address(), method, target).header("Host", &host).agent("tests");
    let request = match who {
        "admin" => request.auth(ADMIN.0, ADMIN.1),
        "source" => request.auth("source", PASSWORD),
        "stranger" => request.auth("admin", "wrong"),
        _ => request,
    };
    let reply = Reply::new(&mut request.open());
    let mut seen = heads(&name, &reply, server);
    if let Some(text) = reply.body {
        body(&name, &server.neutral(&text), &mut seen);
    }
    seen
}

/// A reply, with the code of its status. Icecast writes some headers without a space after the colon.
pub struct Reply {
    pub status: String,
    headers: Vec<(String, String)>,
    /// `None` for a stream, which does not end.
    body: Option<String>,
}

impl Reply {
    pub fn new(peer: &mut Peer) -> Self {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            match peer.read() {
                Ok(more) if !more.is_empty() => bytes.extend_from_slice(&more),
                _ => return Self { status: "no reply".to_owned(), headers: Vec::new(), body: None },
            }
        };
        let mut body = bytes.split_off(end + 4);
        let head = String::from_utf8_lossy(&bytes).into_owned();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
        let is_stream = headers.iter().any(|(_, value)| value == "audio/mpeg");
        let body = (!is_stream).then(|| {
            body.extend(peer.read_to_end().unwrap_or_else(|error| format!("{error}").into_bytes()));
            String::from_utf8_lossy(&body).into_owned()
        });
        Self { status, headers, body }
    }
}

/// Returns the status, and each header with its value.
fn heads(name: &str, reply: &Reply, server: &Server) -> Observations {
    let is_compared = |header: &str| {
        !VARYING.contains(&header) && (REPRESENTATIVE.contains(&name) || header == "content-type")
    };
    let headers = reply.headers.iter().filter(|(header, _)| is_compared(header));
    let value = |(header, value): &(String, String)| (format!("{name} {header}"), server.neutral(value));
    headers.map(value).chain([(format!("{name} status"), reply.status.clone())]).collect()
}

/// Adds the names in a page in XML or JSON, or else the page; of one in HTML, only that it is one.
fn body(name: &str, body: &str, seen: &mut Observations) {
    let text = body.trim();
    let names = match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let mut names = Vec::new();
            collect(&value, &mut names);
            names
        }
        Err(_) if text.starts_with("<?xml") && !text.contains("<html") => elements(text),
        Err(_) if text.starts_with('<') => vec!["html".to_owned()],
        Err(_) => {
            let line: String =
                text.replace("\r\n", " ⏎ ").replace(['\n', '\t'], " ⏎ ").chars().take(80).collect();
            seen.insert(format!("{name} text"), line);
            return;
        }
    };
    seen.extend(names.into_iter().map(|element| (format!("{name} <{element}>"), "present".to_owned())));
}

/// Collects the names of all fields.
fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            names.push(name.clone());
            collect(value, names);
        }),
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        _ => {}
    }
}

/// Returns the names of elements, each once.
fn elements(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut names: Vec<String> = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                let name = String::from_utf8_lossy(tag.name().as_ref().as_bytes()).into_owned();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            Ok(Event::Eof) | Err(_) => return names,
            Ok(_) => {}
        }
    }
}
