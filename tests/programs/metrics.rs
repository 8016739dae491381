//! Prometheus's own checker on the numbers and on the rules that come with coldwave.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::common::{BINARY, Coldwave, Peer, fixture, is_here};
use crate::{finish, wait_for};

/// `promtool` takes a scrape of the real server and the rules, and every name in the rules and the dashboard is in the
/// scrape.
#[test]
fn prometheus_takes_the_numbers_and_the_rules() {
    if !is_here("promtool", "prometheus") {
        return;
    }
    let page = scraped();
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut checker = command.spawn().expect("promtool can be run");
    checker.stdin.take().expect("piped").write_all(page.as_bytes()).expect("it reads");
    let checked = checker.wait_with_output().expect("it ends");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let rules = fixture("monitoring/alerts.yml");
    let mut command = Command::new("promtool");
    command.args(["check", "rules"]).arg(&rules);
    finish(command);

    let known = |name: &str| page.lines().any(|line| line.split([' ', '{']).next() == Some(name));
    for path in [rules, fixture("monitoring/dashboard.json")] {
        let text = fs::read_to_string(&path).expect("a fixture can be read");
        let names = names(&text);
        assert!(names.len() > 10, "{names:?}");
        let unknown: Vec<_> = names.iter().filter(|name| !known(name)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?} are in no scrape", path.display());
    }
}

/// The dashboard shows each of our own numbers.
#[test]
fn the_dashboard_leaves_nothing_out() {
    let text = fs::read_to_string(fixture("monitoring/dashboard.json")).expect("a fixture can be read");
    let dashboard: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 20));
    let shown = names(&text);
    for line in scraped().lines() {
        let Some((name, _)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        let is_shown = shown.iter().any(|it| it.trim_end_matches("_bucket") == name);
        assert!(is_shown, "{name} is in no panel");
    }
}

/// What a server says that relays a station which is not there, besides its own.
fn scraped() -> String {
    let folder = tempfile::tempdir().expect("a folder for tests");
    let config = folder.path().join("coldwave.toml");
    let text = format!(
        "[server]\nlisten = ['127.0.0.1:0']\nmetrics = 'public'\n\
         [[station]]\nmount = '/live'\nmusic = [{:?}]\n\
         [[station]]\nmount = '/relayed'\nname = 'a \"b\" \\ c'\nrelay = 'http://127.0.0.1:9/live'\n",
        fixture("station")
    );
    fs::write(&config, text).expect("a folder for tests can be written to");
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(&config).env_remove("RUST_LOG");
    let server = Coldwave::started(command, 2);
    wait_for("a scrape that was counted", || {
        Some(page(&server)).filter(|page| page.contains("kind=\"metrics\""))
    })
}

fn page(server: &Coldwave) -> String {
    let mut peer = Peer::connect(server.address());
    peer.send(b"GET /metrics HTTP/1.0\r\n\r\n");
    let reply = String::from_utf8(peer.read_to_end().expect("a page")).expect("UTF-8");
    reply.split_once("\r\n\r\n").expect("a head and a body").1.to_owned()
}

/// The names of numbers in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| ["coldwave_", "process_"].iter().any(|prefix| word.starts_with(prefix))).collect()
}
