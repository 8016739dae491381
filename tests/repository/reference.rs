//! The documents agree with the program: keys, defaults and ranges of the configuration reference, examples,
//! close reasons and options.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use coldwave::config::check_summary::report;
use coldwave::config::{LoadedConfig, known_keys, load};
use coldwave::encode_worker::Launch;
use regex::Regex;
use toml::de::{DeTable, DeValue};

use super::{markdown_files, read};

/// One row of the configuration reference.
struct Row {
    key: String,
    default: String,
    range: String,
}

/// Returns the rows of `docs/configuration.md`, by the table of the configuration file to which they belong.
fn reference() -> BTreeMap<String, Vec<Row>> {
    let mut tables: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let (mut table, mut in_keys) = (String::new(), false);
    for line in read("docs/configuration.md").lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            table = heading.trim_matches('`').to_owned();
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells[..] {
            ["key", "type", "default", "range", "meaning"] => in_keys = true,
            [key, _, default, range, _] if in_keys && key.starts_with('`') => {
                let [key, default, range] = [key, default, range].map(str::to_owned);
                let row = Row { key: key.trim_matches('`').to_owned(), default, range };
                tables.entry(table.clone()).or_default().push(row);
            }
            _ => in_keys &= line.starts_with('|'),
        }
    }
    tables
}

/// Returns the keys of `fixtures/config/example.toml` by table, including those that are commented out.
fn keys_of_example() -> BTreeMap<String, BTreeSet<String>> {
    let is_commented_key = Regex::new(r"^#(\w+ = |\[)").expect("a pattern");
    let uncommented = |line: &str| line[usize::from(is_commented_key.is_match(line))..].to_owned();
    let text: Vec<String> = read("fixtures/config/example.toml").lines().map(uncommented).collect();
    let text = text.join("\n");
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    add_keys("", &DeTable::parse(&text).expect("valid TOML").into_inner(), &mut keys);
    keys
}

/// Adds the keys of `table`, whose name is `name`, and of the tables in it.
fn add_keys(name: &str, table: &DeTable<'_>, keys: &mut BTreeMap<String, BTreeSet<String>>) {
    for (key, value) in table {
        let key = key.get_ref().to_string();
        let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        let tables = match value.get_ref() {
            DeValue::Table(table) => vec![(format!("[{inner}]"), table)],
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| Some((format!("[[{inner}]]"), item.get_ref().as_table()?)))
                .collect(),
            _ => Vec::new(),
        };
        for (label, table) in tables {
            let path = label.trim_matches(['[', ']']);
            add_keys(path, table, keys);
            let names = table.keys().map(|key| key.get_ref().to_string());
            keys.entry(label.clone()).or_default().extend(names);
        }
    }
}

#[test]
fn parser_reference_and_example_have_the_same_keys() {
    let (reference, mut example) = (reference(), keys_of_example());
    // Its keys are those of `[[station]]`.
    example.remove("[[unlisted.mount]]");
    let expected: Vec<&str> = known_keys().map(|(table, _)| table).into();
    let sorted: BTreeSet<&str> = expected.iter().copied().collect();
    assert_eq!(
        reference.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        sorted,
        "tables of the reference"
    );
    assert_eq!(example.keys().map(String::as_str).collect::<BTreeSet<_>>(), sorted, "tables of the example");
    for (table, keys) in known_keys() {
        let documented: Vec<&str> = reference[table].iter().map(|row| row.key.as_str()).collect();
        assert_eq!(documented, keys, "{table} of docs/configuration.md, in the order of the parser's table");
        let shown: BTreeSet<&str> = example[table].iter().map(String::as_str).collect();
        assert_eq!(shown, keys.iter().copied().collect(), "{table} of fixtures/config/example.toml");
    }
}

/// An administrator finds there what a change of each key does to listeners and sources.
#[test]
fn every_key_is_named_in_the_document_about_reloads() {
    let text = read("docs/reload.md");
    let is_named = |key: &str| text.contains(&format!("`{key}`")) || text.contains(&format!("`{key} = "));
    for (table, keys) in known_keys() {
        let missing: Vec<&&str> = keys.iter().filter(|key| !is_named(key)).collect();
        assert!(missing.is_empty(), "keys of {table} that docs/reload.md does not name: {missing:?}");
    }
}

/// A temporary directory with the files that the examples in the documents name.
struct Sandbox(tempfile::TempDir);

impl Sandbox {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["music", "night"] {
            fs::create_dir(directory.path().join(name)).expect("a directory");
        }
        fs::write(directory.path().join("tonight.m3u"), "").expect("a file");
        let tls = directory.path().join("tls");
        fs::create_dir(&tls).expect("a directory");
        for name in ["fullchain.pem", "privkey.pem"] {
            fs::write(tls.join(name), read("fixtures/tls/ec-sec1.pem")).expect("a file");
        }
        let authority = read("fixtures/tls/authority.pem");
        fs::write(directory.path().join("authorities.pem"), authority).expect("a file");
        fs::write(directory.path().join("cover.jpg"), b"\xFF\xD8\xFF an image").expect("a file");
        Self(directory)
    }

    /// Writes a configuration file and returns its path.
    fn write(&self, text: &str) -> PathBuf {
        let path = self.0.path().join("coldwave.toml");
        fs::write(&path, text).expect("a file");
        path
    }
}

const RENDITION: &str = "[[station.rendition]]";

/// Returns a configuration with `line` in `table`. It is also valid without `line`.
fn with_line(table: &str, line: &str) -> String {
    // With these logins, every key has an effect.
    let has = |key: &str| line.starts_with(&format!("{key} = "));
    let unless = |key: &str, text: &str| if has(key) { String::new() } else { format!("{text}\n") };
    let at = |name: &str| if name == table { line } else { "" };
    if table == "[unlisted]" {
        return format!(
            "{table}\n{}{line}\n",
            unless("source_password", "source_password = 'one of my own'")
        );
    }
    let url = unless("url", "url = 'http://master.example'");
    match table {
        "[master]" => return format!("{table}\n{url}{line}\n[[station]]\nmusic = ['music/']\n"),
        "[directory]" => {
            let server = "[server]\npublic_url = 'http://radio.example'";
            return format!("{server}\n{table}\n{url}{line}\n[[station]]\nmusic = ['music/']\n");
        }
        _ => {}
    }
    let dj = [unless("name", "name = 'nina'"), unless("password", "password = 'another of my own'")].concat();
    let alias = [unless("from", "from = '/a'"), unless("to", "to = '/b'")].concat();
    let rendition = [unless("mount", "mount = '/low'"), unless("bitrate", "bitrate = 64")].concat();
    let dj =
        if table == "[[station.dj]]" { dj } else { "name = 'nina'\npassword = 'another of my own'\n".into() };
    format!(
        "[server]\n{}{}\n{}[[station]]\n{}{}{}\n{}{}[[station.dj]]\n{dj}{}\n",
        unless("admin_password", "admin_password = 'of my own'"),
        at("[server]"),
        if table == "[[alias]]" { format!("{table}\n{alias}{line}\n") } else { String::new() },
        unless("music", "music = ['music/']"),
        unless("source_password", "source_password = 'one of my own'"),
        at("[[station]]"),
        if table == "[station.format]" { format!("{table}\n{line}\n") } else { String::new() },
        if table == RENDITION { format!("{table}\n{rendition}{line}\n") } else { String::new() },
        at("[[station.dj]]"),
    )
}

/// Returns the TOML value of a cell, if the cell consists of one.
fn literal(cell: &str) -> Option<&str> {
    let value = cell.strip_prefix('`')?.strip_suffix('`').filter(|value| !value.contains('`'))?;
    DeTable::parse(&format!("key = {value}")).is_ok().then_some(value)
}

/// Returns whether two configurations have the same effect, where only the second one sets `key`.
fn are_equivalent(key: &str, without: &LoadedConfig, with: &LoadedConfig) -> bool {
    /// Keys whose settings record whether the file sets them. They are compared in the report of `--check`.
    const COMPARED_IN_REPORT: [&str; 2] = ["name", "charset"];
    if COMPARED_IN_REPORT.contains(&key) {
        let report = |config| report(config, 1024, Duration::ZERO, Launch::Thread).expect("a report").text;
        report(with) == report(without)
    } else {
        format!("{:?}", with.settings) == format!("{:?}", without.settings)
    }
}

#[test]
#[cfg_attr(not(feature = "lame"), ignore = "a build without an encoder refuses renditions")]
fn reference_has_the_defaults_of_the_parser() {
    let sandbox = Sandbox::new();
    let (mut compared, mut wrong) = (0, Vec::new());
    for (table, rows) in reference() {
        let without = load(&sandbox.write(&with_line(&table, ""))).expect("a valid configuration");
        for Row { key, default, .. } in rows {
            let Some(value) = literal(&default) else { continue };
            let with = load(&sandbox.write(&with_line(&table, &format!("{key} = {value}"))));
            compared += 1;
            if !with.as_ref().is_ok_and(|with| are_equivalent(&key, &without, with)) {
                wrong.push(format!("{table} {key}: {value} is not the default: {with:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared > 20, "only {compared} defaults were found");
}

#[test]
#[cfg_attr(not(feature = "lame"), ignore = "a build without an encoder refuses renditions")]
fn reference_has_the_ranges_of_the_parser() {
    let sandbox = Sandbox::new();
    let (numbers, word) = (
        Regex::new(r"^(-?\d+) to (-?\d+)$").expect("a pattern"),
        Regex::new("`(\"\\w+\")`").expect("a pattern"),
    );
    let refusal = |table: &str, key: &str, value: &str| {
        let errors =
            load(&sandbox.write(&with_line(table, &format!("{key} = {value}")))).err().unwrap_or_default();
        errors.into_iter().find(|error| error.contains("out of range") || error.contains("is invalid"))
    };
    let mut checked = 0;
    for (table, rows) in reference() {
        for Row { key, range, .. } in rows {
            if let Some(range) = numbers.captures(&range) {
                let [least, most] = [1, 2].map(|at| range[at].parse::<i64>().expect("a number"));
                for (value, fits) in [(least, true), (most, true), (least - 1, false), (most + 1, false)] {
                    let refused = refusal(&table, &key, &value.to_string());
                    assert_eq!(refused.is_none(), fits, "{table} {key} = {value}: {refused:?}");
                }
                checked += 1;
            }
            for value in word.captures_iter(&range) {
                assert_eq!(refusal(&table, &key, &value[1]), None, "{table} {key} = {}", &value[1]);
                checked += 1;
            }
        }
    }
    assert!(checked > 20, "only {checked} ranges were found");
}

/// Returns a configuration from a document with the keys that it requires and does not show.
fn completed(example: &str) -> String {
    let mut text = example.replace("\"/etc/letsencrypt/live/radio.example/", "\"tls/");
    if text.starts_with("[directory]") {
        text += "[server]\npublic_url = \"https://radio.example\"\n";
    }
    if !text.contains("[[station]]") && !text.contains("[unlisted]") {
        text += "[[station]]\nmusic = [\"music/\"]\n";
    } else if !["[unlisted]", "music =", "password =", "relay ="].iter().any(|key| text.contains(key)) {
        text += "music = [\"music/\"]\n";
    }
    text
}

#[test]
#[cfg_attr(not(feature = "lame"), ignore = "a build without an encoder refuses renditions")]
fn configurations_in_documents_are_valid() {
    let block = Regex::new(r"(?s)```toml\n(.*?)```").expect("a pattern");
    let sandbox = Sandbox::new();
    let mut found = 0;
    for document in markdown_files(&["", "docs"]) {
        for block in block.captures_iter(&read(&document)) {
            let text = completed(&block[1]);
            let loaded = load(&sandbox.write(&text));
            assert!(loaded.is_ok(), "{}:\n{text}\n{loaded:#?}", document.display());
            found += 1;
        }
    }
    assert!(found > 10, "only {found} configurations were found");
}

/// A coldwave process, which is killed when the value is dropped.
struct ColdwaveProcess(Child);

impl Drop for ColdwaveProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts coldwave and returns the response to a request for its metrics.
fn fetch_metrics() -> String {
    let sandbox = Sandbox::new();
    let config = "[server]\nlisten = ['127.0.0.1:0']\nmetrics = 'public'\n[[station]]\nmusic = ['music/']\n";
    let path = sandbox.write(config);
    let mut command = Command::new(env!("CARGO_BIN_EXE_coldwave"));
    command.arg("-c").arg(path).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut coldwave = ColdwaveProcess(command.spawn().expect("coldwave starts"));
    let mut url = String::new();
    BufReader::new(coldwave.0.stdout.take().expect("a pipe")).read_line(&mut url).expect("an address");
    let address = url.strip_prefix("http://").and_then(|url| url.split('/').next()).expect("an address");
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("a request");
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics).expect("a response");
    metrics
}

#[test]
fn operations_page_lists_the_close_reasons_of_the_metrics() {
    let metrics = fetch_metrics();
    let reason = Regex::new(r#"coldwave_sessions_ended_total\{reason="(\w+)"\}"#).expect("a pattern");
    let exported: BTreeSet<String> =
        reason.captures_iter(&metrics).map(|found| found[1].to_owned()).collect();
    let operations = read("docs/operations.md");
    let (_, section) = operations.split_once("\n## Close reasons\n").expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let row = Regex::new(r"(?m)^\| `(\w+)` \|").expect("a pattern");
    let documented: BTreeSet<String> = row.captures_iter(section).map(|found| found[1].to_owned()).collect();
    assert_eq!(documented, exported);
}

#[test]
fn command_line_page_lists_the_options_of_the_help() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_coldwave")).arg("--help").output().expect("coldwave starts");
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    let option = Regex::new(r"(?m)^  (?:-\w, )?(--\w+)").expect("a pattern");
    let offered: BTreeSet<String> = option.captures_iter(&help).map(|found| found[1].to_owned()).collect();
    let row = Regex::new(r"(?m)^\| (?:`-\w`, )?`(--\w+)[^`]*` \|").expect("a pattern");
    let page = read("docs/cli.md");
    let documented: BTreeSet<String> = row.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    assert_eq!(documented, offered);
}
