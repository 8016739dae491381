//! Who may use whom. What the map in `src/lib.rs` promises, the compiler does not check; this does, by reading.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::source_files;

/// The modules from the top. Each may use those of the lines below its own, and nothing else of the crate.
pub const LAYERS: [&[&str]; 12] = [
    &["net"],
    &["server", "access_log", "ban_file"],
    &["cli"],
    &["config"],
    // A session knows nothing of where a station's frames come from, and what reads them nothing of sessions.
    &["session", "autodj", "directory", "record"],
    // Who answers a path: asked by the server, and by the configuration which mounts are free.
    &["router"],
    &["pages"],
    &["station"],
    &["http"],
    &["audio", "icy", "fd_budget", "log_tail", "bans", "process_usage"],
    &["settings", "time", "text"],
    &["stream_url", "proxies", "image", "worker"],
];

/// The two that put everything together, and so may use all of it.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

/// Words, and the only places in which they may stand: files, or folders with a slash. Tests may say what they like.
const WORDS: [(&[&str], &[&str]); 14] = [
    // The only socket calls, the only look at the clock. Without these below it, a test can be the whole world.
    (
        &["mio", "signal_hook", "signal_hook_mio", "socket2", "TcpStream", "TcpListener", "UdpSocket"],
        &["net/"],
    ),
    // Lines of the log have the time of day of whatever thread writes them.
    (&["Instant", "SystemTime"], &["net/", "log_tail.rs"]),
    // The time of day is for people who read the access log, names of recordings, the file of bans, and programs that read pages.
    (
        &["jiff", "Timestamp", "Zoned"],
        &["access_log.rs", "ban_file/", "record/", "pages/api/time.rs", "pages/icecast/date.rs"],
    ),
    // What blocks belongs to threads of their own, or before the loop begins.
    (&["fs", "File"], &["autodj/", "access_log.rs", "ban_file.rs", "config/", "record/"]),
    (&["thread", "sleep"], &["worker/"]),
    (&["minreq"], &["directory/"]),
    // What it asks the system is in files.
    (&["procfs"], &["process_usage.rs"]),
    (&["httparse"], &["http/request/head.rs", "http/upstream/exchange.rs"]),
    (&["base64"], &["http/request/basic.rs"]),
    // The program's own file names it to keep it quiet in the log.
    (&["symphonia", "symphonia_core", "symphonia_bundle_mp3", "symphonia_metadata"], &["audio/", "main.rs"]),
    (&["argh"], &["cli.rs"]),
    (&["toml"], &["config/"]),
    (&["unsafe"], &[]),
    // What is for the operator goes through the log.
    (&["println", "eprintln", "dbg"], &["main.rs"]),
];

/// A line of a source file that is neither a comment nor part of a test.
struct Line {
    /// Relative to `src/`.
    file: String,
    number: usize,
    text: String,
}

impl Line {
    fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
    }

    /// The modules of the crate that are named here.
    fn uses(&self) -> impl Iterator<Item = &str> {
        let named = self.text.split("crate::").skip(1);
        named.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
    }

    fn stands_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.file == *place || place.ends_with('/') && self.file.starts_with(place))
    }

    fn module(&self) -> &str {
        self.file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    fn complain(&self, what: &str) -> String {
        format!("src/{}:{}: {what}: {}", self.file, self.number, self.text.trim())
    }
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn complaints(line: &Line) -> Vec<String> {
    let mut all = Vec::new();
    for (words, places) in WORDS {
        let forbidden = |word: &&str| words.contains(word) && !line.stands_in(places);
        all.extend(line.words().find(forbidden).map(|word| {
            let places = if places.is_empty() { "nowhere".to_owned() } else { places.join(", ") };
            line.complain(&format!("`{word}` belongs in {places}"))
        }));
    }
    if !ROOTS.contains(&line.file.as_str()) {
        let user = line.module();
        let allowed = |used: &&str| *used == user || layer_of(used) > layer_of(user);
        all.extend(
            line.uses()
                .filter(|used| !allowed(used))
                .map(|used| line.complain(&format!("{user} may not use `{used}`, which is not below it"))),
        );
    }
    all
}

/// The lines of a file that count, and the files of tests that it names.
fn lines_of(file: &str, source: &str) -> (Vec<Line>, Vec<String>) {
    let (mut lines, mut tests) = (Vec::new(), Vec::new());
    let mut of_tests = false;
    for (at, text) in source.lines().enumerate() {
        let text = text.split(" // ").next().unwrap_or_default();
        let trimmed = text.trim_start();
        if trimmed == "#[cfg(test)]" {
            of_tests = true;
        } else if of_tests && trimmed.starts_with("mod ") && trimmed.ends_with('{') {
            // Tests come last.
            break;
        } else if of_tests {
            let module = trimmed.trim_start_matches("pub(crate) ").strip_prefix("mod ");
            tests.extend(module.map(|name| name.trim_end_matches(';').to_owned()));
            of_tests = false;
        } else if !trimmed.starts_with("//") {
            lines.push(Line { file: file.to_owned(), number: at + 1, text: text.to_owned() });
        }
    }
    (lines, tests)
}

#[test]
fn modules_use_only_what_is_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut lines, mut tests, mut modules) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for path in source_files(&root) {
        let file = path.strip_prefix(&root).expect("found there").to_string_lossy().into_owned();
        let (of_file, test_modules) = lines_of(&file, &fs::read_to_string(&path).expect("UTF-8"));
        // `mod tests;` in a/b.rs is a/b/tests.rs, in a/mod.rs it is a/tests.rs.
        let folder = file.trim_end_matches(".rs").trim_end_matches("/mod");
        tests.extend(test_modules.into_iter().map(|name| format!("{folder}/{name}.rs")));
        modules.extend(of_file.first().map(|line| line.module().to_owned()));
        lines.extend(of_file);
    }
    // What lies in a/b/tests/ is part of a/b/tests.rs.
    let is_of = |line: &Line, test: &String| line.file.starts_with(test.trim_end_matches(".rs"));
    lines.retain(|line| !tests.iter().any(|test| is_of(line, test)));
    let complaints: Vec<String> = lines.iter().flat_map(complaints).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    modules.retain(|module| !["lib", "main"].contains(&module.as_str()) && layer_of(module).is_none());
    assert!(modules.is_empty(), "not in the list of layers: {modules:?}");
}

#[test]
fn what_is_forbidden_is_found() {
    for (file, source, found) in [
        ("audio/mod.rs", "use crate::station::Station;", 1),
        ("audio/mod.rs", "use crate::icy::Block;", 1),
        ("session/mod.rs", "fn f(x: crate::server::Peer, y: crate::net::Loop) {}", 2),
        ("server/mod.rs", "use crate::{net, http};", 1),
        ("server/mod.rs", "let now = std::time::Instant::now();", 1),
        ("station/ring.rs", "unsafe { mio::Token(1) }", 2),
        ("net/mod.rs", "use crate::server::Peer; use mio::Token; let now = Instant::now();", 0),
        ("http/request/head.rs", "use crate::settings::Icy; use httparse::Request;", 0),
        ("http/response/reply.rs", "// httparse would do\nlet x = 1; // as crate::net does", 0),
        ("lib.rs", "use crate::net::Loop;", 0),
        ("icy/mod.rs", "#[cfg(test)]\nmod tests {\n    use crate::net::Loop;\n}", 0),
    ] {
        let (lines, _) = lines_of(file, source);
        let complaints: Vec<String> = lines.iter().flat_map(complaints).collect();
        assert_eq!(complaints.len(), found, "{file}: {source}: {complaints:?}");
    }
    for module in ["mod golden;", "pub(crate) mod golden;"] {
        let source = format!("mod page;\n#[cfg(test)]\n{module}\nmod route;");
        assert_eq!(lines_of("http/mod.rs", &source).1, ["golden"]);
    }
}
