//! Page 3 of `admin.cgi?mode=viewxml`: the listeners of a station.

use serde::Serialize;

use super::fields::Fields;
use crate::pages::{AdminSnapshot, ListenerSnapshot};

/// The User-Agent of a listener that sent none.
const NO_AGENT: &str = "**EMPTY**";

/// The listeners. All fields are texts, in JSON as well.
#[derive(Serialize)]
#[serde(transparent)]
pub struct ListenerList(Vec<Fields>);

impl ListenerList {
    /// Creates the list with the fields of SHOUTcast 2.
    pub fn new(snapshot: &AdminSnapshot) -> Self {
        Self(snapshot.listeners.iter().map(listener).collect())
    }

    /// Creates the list with the additional field of SHOUTcast 1: the number of skips as `UNDERRUNS`.
    pub fn with_underruns(snapshot: &AdminSnapshot) -> Self {
        let fields = |it: &ListenerSnapshot| listener(it).text("UNDERRUNS", &it.skips.to_string());
        Self(snapshot.listeners.iter().map(fields).collect())
    }

    /// Returns the list as XML, on one line.
    pub fn to_xml(&self) -> String {
        let all: String = self.0.iter().map(|it| format!("<LISTENER>{}</LISTENER>", it.to_xml())).collect();
        format!("<LISTENERS>{all}</LISTENERS>")
    }
}

/// Returns the fields of a listener. The server never resolves host names, so `iponly=1` has no effect.
/// Fields for internal values of SHOUTcast are 0; they exist because clients expect them.
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
