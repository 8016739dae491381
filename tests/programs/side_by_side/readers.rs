//! Programs and libraries that read pages about the stream at `/live`.

use std::process::Command;

use serde_json::Value;

use super::Observations;
use super::listeners::run;
use super::server::{Server, at_once};
use crate::common::{Peer, Request, report_missing};
use crate::script;
use crate::scripts::is_installed;

/// Asks npm's `node-internet-radio` with each of its methods.
const NODE: &str = "import radio from 'node-internet-radio';
for (const method of ['SHOUTCAST_V1', 'SHOUTCAST_V2', 'ICECAST', 'STREAM']) {
  const found = await new Promise((resolve) =>
    radio.getStationInfo(process.argv[1], (error, found) => resolve(error ? undefined : found), method));
  const fields = found ? [found.title, found.listeners, found.bitrate].join(' / ') : 'nothing';
  console.log(method + '\\t' + fields);
}";

/// What xmllint reads from pages in XML.
const EXPRESSIONS: [(&str, &str); 11] = [
    ("/admin/stats", "string(/icestats/source[@mount='/live']/title)"),
    ("/admin/stats", "string(/icestats/source[@mount='/live']/server_name)"),
    ("/admin/stats", "string(/icestats/source[@mount='/live']/server_type)"),
    ("/admin/stats", "string(/icestats/source[@mount='/live']/max_listeners)"),
    ("/admin/stats", "string(/icestats/host)"),
    ("/admin/stats", "string(/icestats/sources)"),
    ("/admin/stats.xml", "string(/icestats/source[@mount='/live']/server_name)"),
    ("/admin/listmounts", "string(/icestats/source[@mount='/live']/listeners)"),
    ("/admin/listclients?mount=/live", "name(/icestats/source/*[1])"),
    ("/live.xspf", "string(//*[local-name()='track']/*[local-name()='location'])"),
    ("/live.xspf", "string(//*[local-name()='track']/*[local-name()='title'])"),
];

/// Returns whether the libraries are installed.
#[track_caller]
pub fn are_installed() -> bool {
    let python = script("venv/bin/python3").is_file();
    let python = python || report_missing("streamscrobbler3 is not installed in tests/players/venv");
    is_installed("node-internet-radio") && python
}

/// Connects a listener with a name, and waits until it is counted.
pub fn listen(server: &Server) -> Peer {
    let request = Request::new(server.address(), "GET", "/live").agent("Winamp 5.8");
    let listener = request.open();
    server.wait_for_listeners(1);
    listener
}

/// Returns what all of them see.
pub fn observe(server: &Server) -> Observations {
    at_once(server, &[node_internet_radio, streamscrobbler, xmllint])
}

fn node_internet_radio(server: &Server) -> Observations {
    let mut command = Command::new("node");
    command.args(["--input-type=module", "-e", NODE, &server.url("/live")]);
    let (text, _) = run({
        command.current_dir(script(""));
        command
    });
    let methods = text.lines().filter_map(|line| line.split_once('\t'));
    methods.map(|(method, found)| (format!("node-internet-radio {method}"), found.to_owned())).collect()
}

fn streamscrobbler(server: &Server) -> Observations {
    let mut command = Command::new(script("venv/bin/python3"));
    let (text, _) = run({
        command.arg(script("streamscrobbler3.py")).arg(server.url("/live"));
        command
    });
    let found: Value = serde_json::from_str(text.trim()).unwrap_or(Value::Null);
    let metadata = found["metadata"].as_object().cloned().unwrap_or_default();
    let fields =
        metadata.into_iter().map(|(name, value)| (format!("streamscrobbler3 {name}"), value.to_string()));
    fields.chain([("streamscrobbler3 status".to_owned(), found["status"].to_string())]).collect()
}

fn xmllint(server: &Server) -> Observations {
    let read = |(number, (page, expression)): (usize, (&str, &str))| {
        let file = server.write(&format!("page-{number}.xml"), server.page(page).text());
        let mut command = Command::new("xmllint");
        let (text, _) = run({
            command.args(["--nonet", "--xpath", expression]).arg(file);
            command
        });
        (format!("xmllint {page} {expression}"), server.neutral(text.trim()))
    };
    EXPRESSIONS.into_iter().enumerate().map(read).collect()
}
