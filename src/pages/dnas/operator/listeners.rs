//! Page 3: whoever listens.

use serde::Serialize;

use super::fields::Fields;
use crate::pages::{AdminSnapshot, ListenerSnapshot};

/// What stands for a program that does not say what it is.
const NO_AGENT: &str = "**EMPTY**";

/// Listeners, each with nothing but texts, also in JSON.
#[derive(Serialize)]
#[serde(transparent)]
pub struct ListenerList(Vec<Fields>);

impl ListenerList {
    /// Those who listen, as SHOUTcast 2 tells it.
    pub fn new(snapshot: &AdminSnapshot) -> Self {
        Self(snapshot.listeners.iter().map(listener).collect())
    }

    /// The same with what SHOUTcast 1 tells besides: how often each was too slow.
    pub fn with_underruns(snapshot: &AdminSnapshot) -> Self {
        let full = |it: &ListenerSnapshot| listener(it).text("UNDERRUNS", &it.skips.to_string());
        Self(snapshot.listeners.iter().map(full).collect())
    }

    /// As XML, on one line.
    pub fn to_xml(&self) -> String {
        let all: String = self.0.iter().map(|it| format!("<LISTENER>{}</LISTENER>", it.to_xml())).collect();
        format!("<LISTENERS>{all}</LISTENERS>")
    }
}

/// Names are never looked up, so that `iponly=1` changes nothing. What is internal to SHOUTcast is 0, as readers look for
/// the names.
fn listener(it: &ListenerSnapshot) -> Fields {
    let agent = if it.user_agent.is_empty() { NO_AGENT } else { &it.user_agent };
    Fields::default()
        .text("HOSTNAME", &it.address.to_string())
        .text("USERAGENT", agent)
        .text("CONNECTTIME", &it.connected_s.to_string())
        .text("UID", &it.id.to_string())
        .text("TYPE", "0")
        .text("REFERER", &it.referer)
        .text("XFF", &it.forwarded_for)
        .text("GRID", "0")
        .text("TRIGGERS", "0")
}
