//! Prometheus's own checker against the metrics, and against the rules that come with coldwave.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::common::{Coldwave, fixture, is_available};
use crate::{finish, wait_for};

/// `promtool` accepts a scrape of the real server and the rules, and every metric of the rules and the
/// dashboard is in the scrape.
#[test]
fn promtool_accepts_the_metrics_and_the_rules() {
    if !is_available("promtool", "prometheus") {
        return;
    }
    let page = scraped();
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut checker = command.spawn().expect("promtool runs");
    checker.stdin.take().expect("piped").write_all(page.as_bytes()).expect("promtool reads");
    let checked = checker.wait_with_output().expect("promtool exits");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let rules = fixture("monitoring/alerts.yml");
    let mut command = Command::new("promtool");
    command.args(["check", "rules"]).arg(&rules);
    finish(command);

    let known = |name: &str| page.lines().any(|line| line.split([' ', '{']).next() == Some(name));
    for path in [rules, fixture("monitoring/dashboard.json")] {
        let text = fs::read_to_string(&path).expect("the fixture is readable");
        let names = names(&text);
        assert!(names.len() > 10, "{names:?}");
        let unknown: Vec<_> = names.iter().filter(|name| !known(name)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?} are not in the scrape", path.display());
    }
}

/// The dashboard shows every metric of coldwave.
#[test]
fn dashboard_shows_every_metric() {
    let text = fs::read_to_string(fixture("monitoring/dashboard.json")).expect("the fixture is readable");
    let dashboard: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 20));
    let shown = names(&text);
    for line in scraped().lines() {
        let Some((name, _)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        let is_shown = shown.iter().any(|it| it.trim_end_matches("_bucket") == name);
        assert!(is_shown, "{name} is not in a panel");
    }
}

/// Returns a scrape of a server with a certificate, a station of its own, a rendition of it, a relay of an
/// unreachable one, and a master whose list it follows.
fn scraped() -> String {
    let master = Coldwave::with_music(&[fixture("station")]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = format!(
        "[server]\nlisten = ['127.0.0.1:0']\nmetrics = 'public'\n\
         [[tls]]\ncertificate = {:?}\n\
         [master]\nurl = 'http://{}'\n\
         [[station]]\nmount = '/live'\nmusic = [{:?}]\n\
         [[station.rendition]]\nmount = '/live-64'\nbitrate = 64\n\
         [[station]]\nmount = '/relayed'\nname = 'a \"b\" \\ c'\nrelay = 'http://127.0.0.1:9/live'\n",
        fixture("tls/ec-sec1.pem"),
        master.address(),
        fixture("station")
    );
    let server = Coldwave::with_config(folder.path(), &config, 3);
    let is_complete =
        |page: &String| page.contains("kind=\"metrics\"") && page.contains("\ncoldwave_master_up 1\n");
    wait_for("a scrape that was counted, and the list of the master", || {
        Some(page(&server)).filter(is_complete)
    })
}

fn page(server: &Coldwave) -> String {
    server.get("/metrics").send().ok()
}

/// Returns the names of metrics in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| ["coldwave_", "process_"].iter().any(|prefix| word.starts_with(prefix))).collect()
}
