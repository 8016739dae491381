//! The requests of AzuraCast's poller for what is on the air, and what it reads from the replies.

use std::collections::HashSet;
use std::net::SocketAddr;

use serde_json::Value;

use super::config::ADMIN_PASSWORD;
use crate::common::{Reply, Request};

/// What it shows of a mount.
#[derive(Debug, PartialEq, Eq)]
pub struct NowPlaying {
    pub title: String,
    pub artist: String,
    pub bitrate: String,
    pub server_type: String,
    pub listeners: u32,
}

/// A listener of a mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub ip: String,
    pub agent: String,
    pub connected: u32,
}

/// The poller asks at this address.
#[derive(Clone, Copy)]
pub struct Poller(pub SocketAddr);

impl Poller {
    /// `GET /admin/stats` with the administrator's password: the first source with this mount.
    pub fn stats(self, mount: &str) -> Option<NowPlaying> {
        let page = self.admin("/admin/stats").ok();
        let source = between(&page, &format!("<source mount=\"{mount}\">"), "</source>")?;
        let text = |name: &str| {
            let text = between(source, &format!("<{name}>"), &format!("</{name}>")).unwrap_or_default();
            text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#38;", "&")
                .replace("&amp;", "&")
        };
        Some(NowPlaying {
            title: text("title"),
            artist: text("artist"),
            bitrate: text("bitrate"),
            server_type: text("server_type"),
            listeners: text("listeners").parse().expect("a number of listeners"),
        })
    }

    /// `GET /status-json.xsl?mount=…`, its way without a password.
    pub fn status_json(self, mount: &str) -> Option<NowPlaying> {
        let reply = self.get(&format!("/status-json.xsl?mount={mount}")).send();
        let page: Value = serde_json::from_str(reply.text()).expect("JSON");
        let sources = match &page["icestats"]["source"] {
            Value::Array(sources) => sources.clone(),
            one => vec![one.clone()],
        };
        let has_path = |source: &&Value| {
            let url = source["listenurl"].as_str();
            url.is_some_and(|url| url.ends_with(mount))
        };
        let source = sources.iter().find(has_path)?;
        let text = |name: &str| source[name].as_str().unwrap_or_default().to_owned();
        Some(NowPlaying {
            title: text("title"),
            artist: text("artist"),
            bitrate: source["bitrate"].to_string(),
            server_type: text("server_type"),
            listeners: source["listeners"].as_u64().expect("a number of listeners") as u32,
        })
    }

    /// `GET /admin/listclients?mount=…`: capitalised names, of which the poller keeps one for each address
    /// and program.
    pub fn unique_clients(self, mount: &str) -> Vec<Client> {
        let mut seen = HashSet::new();
        let all = self.clients(mount);
        all.into_iter().filter(|client| seen.insert((client.ip.clone(), client.agent.clone()))).collect()
    }

    pub fn clients(self, mount: &str) -> Vec<Client> {
        let page = self.admin(&format!("/admin/listclients?mount={mount}")).ok();
        let listeners = page.split("<listener").skip(1);
        let clients = listeners.map(|listener| {
            let text = |name: &str| between(listener, &format!("<{name}>"), &format!("</{name}>"));
            Client {
                ip: text("IP").expect("IP").to_owned(),
                agent: text("UserAgent").expect("UserAgent").to_owned(),
                connected: text("Connected").and_then(|text| text.parse().ok()).expect("Connected"),
            }
        });
        clients.collect()
    }

    /// A request with the administrator's password.
    pub fn admin(self, target: &str) -> Reply {
        self.get(target).auth("admin", ADMIN_PASSWORD).send()
    }

    fn get(self, target: &str) -> Request {
        let request = Request::new(self.0, "GET", target).http11();
        request.header("Host", &self.0.to_string()).header("Connection", "close").agent("NowPlaying")
    }
}

/// Returns the text between two others.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(begin)?;
    rest.split_once(end).map(|(between, _)| between)
}
