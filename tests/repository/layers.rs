//! Which modules may use which: the layers of the map in `src/lib.rs`, which the compiler does not check.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{ROOT, read, source_files};

/// The modules from top to bottom. Each may use only modules of the lines below its own.
pub const LAYERS: [&[&str]; 13] = [
    &["program"],
    &["net"],
    &[
        "server",
        "access_log",
        "ban_file",
        "playlist_log",
        "service_manager",
        "source_format_file",
        "station_id_file",
        "statistics_file",
        "w3c_log",
    ],
    &["cli"],
    // `probe` is a command of its own.
    &["config", "probe"],
    // `session` does not depend on the origin of a station's frames, and the others do not depend on
    // sessions.
    &[
        "session",
        "acme_webroot",
        "autodj",
        "directory",
        "foreign_config",
        "frame_converter",
        "master_list",
        "page_renderer",
        "record",
        "rendition_encoder",
        "running_server",
        "webroot_files",
    ],
    // `server` uses it to route requests, and `config` to find out which mounts are reserved.
    &["router"],
    &["pages"],
    &["encode_worker", "log_output", "station"],
    &["http", "http_client", "log_tail", "log_writer", "state_writer", "transcode"],
    &[
        "audio",
        "icy",
        "id3v1",
        "id3v2",
        "first_lines",
        "fd_budget",
        "journal",
        "log_filter",
        "log_limiter",
        "memory_budget",
        "bans",
        "access_lists",
        "privileges",
        "process_usage",
        "tls",
        "new_config",
    ],
    &["background", "reload_report", "settings", "signals", "state_lines", "time", "text", "demo"],
    &[
        "stream_url",
        "trusted_proxies",
        "image",
        "address_blocks",
        "closest_name",
        "config_text",
        "file_version",
        "ip_scope",
        "limited_reader",
        "open_file",
        "track_name",
        "worker",
    ],
];

/// The two root files, which may use every module.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

/// Words, and the only files or folders (with a slash) in which they may occur outside tests.
const WORDS: [(&[&str], &[&str]); 25] = [
    // The only socket calls and, in the next line, the only calls of the clock. Tests can therefore simulate
    // both for all other modules.
    (&["mio", "signal_hook_mio", "socket2", "TcpStream", "TcpListener", "UdpSocket"], &["net/"]),
    // An encode worker ignores the signals that the server handles.
    (&["signal_hook"], &["net/", "signals.rs", "encode_worker/process.rs"]),
    // Each thread adds the time of day to its log lines.
    (&["Instant", "SystemTime"], &["net/", "log_tail.rs"]),
    // Dates are for people who read the access log, names of recordings and the ban file, and for programs
    // that read pages.
    (
        &["jiff", "Timestamp", "Zoned"],
        &[
            "access_log.rs",
            "w3c_log.rs",
            "ban_file/",
            // A trait has it.
            "log_output.rs",
            "log_writer/",
            "playlist_log.rs",
            "record/",
            "pages/api/time.rs",
            "pages/icecast/date.rs",
            // The day on which a certificate expires.
            "tls/validity.rs",
            // lofty has a type of this name for dates in tags.
            "transcode/tags/id3.rs",
            // symphonia has another.
            "transcode/test_audio.rs",
        ],
    ),
    // Blocking calls are made on other threads, or before the event loop starts.
    // The encode worker reads files in its own process.
    (
        &["fs", "File"],
        &[
            "autodj/",
            "ban_file.rs",
            "config/",
            "demo.rs",
            "file_version.rs",
            // What stderr is connected to.
            "journal.rs",
            "log_writer/",
            "open_file.rs",
            "open_file/",
            // Who owns a file.
            "privileges.rs",
            // The name of a key in playlists.
            "pages/stream_entry.rs",
            "record/",
            // Who can read a private key.
            "tls/key_access.rs",
            "transcode/decode/file_view.rs",
        ],
    ),
    (&["OpenOptions", "libc"], &["open_file.rs"]),
    // `sleep` is also a key of sc_serv.
    (&["thread", "sleep"], &["worker/", "foreign_config/shoutcast/debugging.rs"]),
    (&["ureq"], &["http_client.rs"]),
    // One module speaks TLS for all others.
    (&["rustls", "rustls_native_certs", "x509_parser"], &["tls/"]),
    (&["sd_notify"], &["service_manager.rs"]),
    // The system provides process statistics as files.
    (&["procfs"], &["process_usage.rs"]),
    (&["httparse"], &["http/request/head.rs", "http/upstream/response_head.rs"]),
    (&["base64"], &["http/request/basic_auth.rs"]),
    // `main.rs` names it in order to filter its log lines.
    (
        &["symphonia", "symphonia_core", "symphonia_bundle_mp3", "symphonia_metadata"],
        &["audio/", "transcode/", "main.rs"],
    ),
    // Decoders and encoders run only in an encode worker.
    (&["mp3lame_encoder", "ruopus", "rubato", "ebur128", "lofty"], &["transcode/"]),
    (&["postcard"], &["encode_worker/framing.rs"]),
    (
        &["Child", "Stdio"],
        &[
            "background.rs",
            "encode_worker/launch.rs",
            "encode_worker/process.rs",
            "encode_worker/thread_time.rs",
            "demo.rs",
        ],
    ),
    (
        &["rustix"],
        &[
            "background.rs",
            "encode_worker/launch.rs",
            "encode_worker/process.rs",
            "encode_worker/thread_time.rs",
            "demo.rs",
            // Whether stderr is the journal.
            "journal.rs",
            "open_file.rs",
            "open_file/",
            // Whether another process runs.
            "program/pid_file.rs",
            // The user that may not read a file, or should.
            "tls/key_access.rs",
        ],
    ),
    // Users and groups by their names.
    (&["nix"], &["privileges.rs"]),
    // Digests of secrets are made where secrets are.
    (&["sha2"], &["settings/secret.rs"]),
    (&["argh"], &["cli.rs", "cli/"]),
    (&["getrandom"], &["new_config.rs"]),
    // Also the names of files.
    (&["toml"], &["config/", "cli.rs", "cli/", "new_config.rs"]),
    (&["unsafe"], &[]),
    // Messages for the administrator go to the log.
    (&["println", "eprintln", "dbg"], &["main.rs"]),
];

/// Calls that open a file by its path. They block on a FIFO, read devices without an end and follow links;
/// `open_file` does not.
const OPENING_CALLS: [&str; 6] =
    ["File::open", "File::create", "fs::read(", "fs::read_to_string(", "fs::write(", "fs::copy("];

/// A line of a source file that is neither a comment nor part of a test.
struct Line {
    /// Relative to `src/`.
    file: String,
    number: usize,
    text: String,
}

impl Line {
    /// Returns the identifiers, keywords and numbers in this line.
    fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
    }

    /// Returns the modules of the crate that this line names.
    fn uses(&self) -> impl Iterator<Item = &str> {
        let named = self.text.split("crate::").skip(1);
        named.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
    }

    /// Returns whether this line has `call`, not only as the end of a longer name.
    fn calls(&self, call: &str) -> bool {
        let mut found = self.text.match_indices(call);
        found.any(|(at, _)| !self.text[..at].ends_with(char::is_alphanumeric))
    }

    /// Returns whether this line is in one of these files or folders.
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.file == *place || place.ends_with('/') && self.file.starts_with(place))
    }

    /// Returns the top-level module of this line.
    fn module(&self) -> &str {
        self.file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Returns a message about this line.
    fn fault(&self, message: &str) -> String {
        format!("src/{}:{}: {message}: {}", self.file, self.number, self.text.trim())
    }
}

/// Returns the index of the layer of a module.
fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Returns a message for each forbidden word or module in a line.
fn faults(line: &Line) -> Vec<String> {
    let mut all = Vec::new();
    for (words, places) in WORDS {
        let forbidden = |word: &&str| words.contains(word) && !line.is_in(places);
        all.extend(line.identifiers().find(forbidden).map(|word| {
            let places = if places.is_empty() { "nowhere".to_owned() } else { places.join(", ") };
            line.fault(&format!("`{word}` belongs in {places}"))
        }));
    }
    if !line.is_in(&["open_file.rs", "open_file/"]) && OPENING_CALLS.iter().any(|call| line.calls(call)) {
        all.push(line.fault("only open_file.rs opens files by their path"));
    }
    if !ROOTS.contains(&line.file.as_str()) {
        let user = line.module();
        let allowed = |used: &&str| *used == user || layer_of(used) > layer_of(user);
        all.extend(
            line.uses().filter(|used| !allowed(used)).map(|used| {
                line.fault(&format!("{user} may not use `{used}`, which is not in a lower layer"))
            }),
        );
    }
    all
}

/// Returns the lines of a file that are neither comments nor tests, and the test modules that it declares.
fn lines_of(file: &str, source: &str) -> (Vec<Line>, Vec<String>) {
    let (mut lines, mut tests) = (Vec::new(), Vec::new());
    let mut is_test_item = false;
    for (at, text) in source.lines().enumerate() {
        let text = text.split(" // ").next().unwrap_or_default();
        let trimmed = text.trim_start();
        if trimmed == "#[cfg(test)]" || trimmed.starts_with("#[cfg(all(test, ") {
            is_test_item = true;
        } else if is_test_item && trimmed.starts_with("mod ") && trimmed.ends_with('{') {
            // Tests come last.
            break;
        } else if is_test_item {
            let module = trimmed.trim_start_matches("pub(crate) ").strip_prefix("mod ");
            tests.extend(module.map(|name| name.trim_end_matches(';').to_owned()));
            is_test_item = false;
        } else if !trimmed.starts_with("//") {
            lines.push(Line { file: file.to_owned(), number: at + 1, text: text.to_owned() });
        }
    }
    (lines, tests)
}

/// Returns the lines in all files of src/ that are neither comments nor tests.
fn lines_outside_tests() -> Vec<Line> {
    let root = Path::new(ROOT).join("src");
    let (mut lines, mut tests) = (Vec::new(), BTreeSet::new());
    for path in source_files(&root) {
        let file = path.strip_prefix(&root).expect("a path below src/").to_string_lossy().into_owned();
        let (lines_of_file, test_modules) = lines_of(&file, &read(&path));
        // `mod tests;` in a/b.rs is a/b/tests.rs, in a/mod.rs it is a/tests.rs.
        let folder = file.trim_end_matches(".rs").trim_end_matches("/mod");
        tests.extend(test_modules.into_iter().map(|name| format!("{folder}/{name}.rs")));
        lines.extend(lines_of_file);
    }
    // Files in a/b/tests/ belong to a/b/tests.rs.
    let belongs_to = |line: &Line, test: &String| line.file.starts_with(test.trim_end_matches(".rs"));
    lines.retain(|line| !tests.iter().any(|test| belongs_to(line, test)));
    lines
}

#[test]
fn modules_use_only_lower_layers() {
    let lines = lines_outside_tests();
    let faults: Vec<String> = lines.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    let modules: BTreeSet<&str> = lines.iter().map(Line::module).collect();
    let is_unknown = |module: &&&str| !["lib", "main"].contains(*module) && layer_of(module).is_none();
    let unknown: Vec<_> = modules.iter().filter(is_unknown).collect();
    assert!(unknown.is_empty(), "missing in the list of layers: {unknown:?}");
}

#[test]
fn forbidden_uses_are_found() {
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
        ("autodj/scan.rs", "let file = File::open(path)?; let all = fs::read_dir(path)?;", 1),
        ("record/files.rs", "fs::OpenOptions::new().write(true)", 1),
        ("lib.rs", "BanFile::open(folder)", 0),
        ("ban_file.rs", "let bytes = std::fs::read(path)?;", 1),
        ("open_file.rs", "let file = OpenOptions::new().custom_flags(libc::O_NOFOLLOW).open(path)?;", 0),
        ("icy/mod.rs", "#[cfg(test)]\nmod tests {\n    use crate::net::Loop;\n}", 0),
    ] {
        let (lines, _) = lines_of(file, source);
        let faults: Vec<String> = lines.iter().flat_map(faults).collect();
        assert_eq!(faults.len(), found, "{file}: {source}: {faults:?}");
    }
    for module in ["mod golden;", "pub(crate) mod golden;"] {
        let source = format!("mod page;\n#[cfg(test)]\n{module}\nmod route;");
        assert_eq!(lines_of("http/mod.rs", &source).1, ["golden"]);
    }
}
