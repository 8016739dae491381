//! Icecast 2.4 and coldwave side by side: one icecast.xml, the same programs, and what each of them sees.
//!
//! Each program reports observations: a name such as `mpv title` and a text. Where the two servers lead to
//! different texts, the name must be a row of the table in docs/from-icecast.md that begins with
//! [`TABLE`], which says why. A difference without a row fails the test, and so does a row without a
//! difference.

mod listeners;
mod readers;
mod requests;
mod server;
mod sources;

use std::collections::BTreeMap;
use std::thread;

use crate::common::are_available;
use server::{Kind, Server};

/// The title that the test sets.
const TITLE: &str = "Zoë Ferry - Last Boat — 終";

/// The first line of the table with the differences.
const TABLE: &str = "| seen by | Icecast 2.4 | coldwave | why |";

/// The programs that are used, with their packages. curl and the libraries of `tests/players/` read pages.
const PROGRAMS: [(&str, &str); 18] = [
    ("icecast2", "icecast2"),
    ("setpriv", "util-linux"),
    ("liquidsoap", "liquidsoap"),
    ("ezstream", "ezstream"),
    ("shout", "libshout-tools"),
    ("butt", "butt"),
    ("Xvfb", "xvfb"),
    ("pulseaudio", "pulseaudio"),
    ("ffmpeg", "ffmpeg"),
    ("mpv", "mpv"),
    ("mpg123", "mpg123"),
    ("cvlc", "vlc-bin"),
    ("mplayer", "mplayer"),
    ("streamripper", "streamripper"),
    ("curl", "curl"),
    ("node", "nodejs"),
    ("xmllint", "libxml2-utils"),
    ("ffprobe", "ffmpeg"),
];

/// What was seen: names of observations with what they say.
type Observations = BTreeMap<String, String>;

#[test]
fn programs_see_the_documented_differences_between_icecast2_and_coldwave() {
    if !are_available(&PROGRAMS) || !readers::are_installed() {
        return;
    }
    let mut problems = observed_problems();
    for _ in 1..ATTEMPTS {
        if problems.is_empty() {
            return;
        }
        println!("once more, because of:\n{}", problems.join("\n"));
        let again = observed_problems();
        problems.retain(|problem| again.contains(problem));
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// How often all is observed at most, as long as a problem comes up each time. On a busy machine, programs
/// and the threads of Icecast may be late.
const ATTEMPTS: u32 = 3;

/// Lets all programs use both servers, and returns what is not as documented.
fn observed_problems() -> Vec<String> {
    let [theirs, ours] = thread::scope(|scope| {
        [Kind::Icecast, Kind::Coldwave]
            .map(|kind| scope.spawn(move || observe(&Server::start(kind))))
            .map(|thread| thread.join().expect("everything is observed"))
    });
    assert!(theirs.len() > 100, "{} observations", theirs.len());
    problems(&differences(&theirs, &ours), &documented())
}

/// Lets all programs use a server, and returns what they see.
fn observe(server: &Server) -> Observations {
    server.wait_for_statistics();
    let mut seen = requests::without_source(server);
    let sources = sources::Sources::start(server);
    seen.extend(sources.observe(server));
    server.set_title(TITLE);
    seen.extend(listeners::observe(server));
    server.wait_for_listeners(0);
    let _listener = readers::listen(server);
    seen.extend(readers::observe(server));
    seen.extend(requests::with_sources(server));
    seen.extend(sources.end_of_a_source(server));
    seen
}

/// What Icecast shows earlier or later from run to run: elements of its statistics, which its threads write
/// when they come to it, and its counts of listeners.
const UNSTEADY: [&str; 3] = [
    "before sources: admin: GET /admin/stats <",
    "status-json.xsl /live title",
    "xmllint /admin/listmounts string(/icestats/source[@mount='/live']/listeners)",
];

/// Returns the observations that are not the same, with that of Icecast and that of coldwave.
fn differences(theirs: &Observations, ours: &Observations) -> BTreeMap<String, [String; 2]> {
    let names = theirs.keys().chain(ours.keys());
    let text = |of: &Observations, name: &String| of.get(name).cloned().unwrap_or_else(|| "-".into());
    names
        .filter(|name| theirs.get(*name) != ours.get(*name))
        .filter(|name| !UNSTEADY.iter().any(|unsteady| name.starts_with(unsteady)))
        .map(|name| (name.clone(), [text(theirs, name), text(ours, name)]))
        .collect()
}

/// A row of the table. In each of its texts, `*` stands for any text.
#[derive(Debug)]
struct Row {
    name: String,
    theirs: String,
    ours: String,
}

impl Row {
    fn matches(&self, name: &str, [theirs, ours]: &[String; 2]) -> bool {
        let parts = [(&self.name, name), (&self.theirs, theirs), (&self.ours, ours)];
        parts.iter().all(|(pattern, text)| is_match(pattern, text))
    }
}

/// Returns whether `text` is `pattern`, in which `*` stands for any text.
fn is_match(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| is_match(after, &rest[at..]))
}

/// Returns the rows of the table in the documentation.
fn documented() -> Vec<Row> {
    let text = include_str!("../../../docs/from-icecast.md");
    let rows = text.lines().skip_while(|line| *line != TABLE).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, theirs, ours, why] = cells[..] else { panic!("not four cells: {line}") };
        assert!(!why.is_empty(), "{line}");
        let [name, theirs, ours] = [name, theirs, ours].map(|cell| cell.trim_matches('`').to_owned());
        Row { name, theirs, ours }
    });
    rows.collect()
}

fn problems(found: &BTreeMap<String, [String; 2]>, documented: &[Row]) -> Vec<String> {
    let is_documented =
        |(name, both): &(&String, &[String; 2])| documented.iter().any(|row| row.matches(name, both));
    let is_found = |row: &&Row| found.iter().any(|(name, both)| row.matches(name, both));
    let unexpected = found.iter().filter(|difference| !is_documented(difference));
    let unexpected = unexpected
        .map(|(name, [theirs, ours])| format!("not documented: | `{name}` | `{theirs}` | `{ours}` |"));
    let gone = documented.iter().filter(|row| !is_found(row));
    unexpected.chain(gone.map(|row| format!("no such difference any more: {row:?}"))).collect()
}
