//! The manual pages and the shell completions of the package agree with the documents and the program.

mod roff;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use coldwave::probe::{FindingKind, Severity};
use regex::Regex;

use crate::{ROOT, read};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The options of the program, as `coldwave --help` and `coldwave probe --help` print them, and the least
/// number of them.
const HELPS: [(&str, usize); 2] = [("fixtures/config/help.txt", 7), ("fixtures/config/probe-help.txt", 16)];

/// The shell completions.
const COMPLETIONS: [&str; 3] = ["coldwave.bash", "_coldwave", "coldwave.fish"];

/// The sections of docs/probe.md that are in coldwave(1).
const PROBE: [&str; 3] = ["## Options", "## Findings", "## Exit status"];

/// What coldwave(1) has besides docs/cli.md.
const FILES: &str = "\
## Files of the package

| file | what it is |
| --- | --- |
| `/etc/coldwave/coldwave.toml` | the configuration of the service |
| `/var/lib/coldwave/state` | bans, ids of stations, statistics |
| `/var/lib/coldwave/recordings` | recordings, if `record` says so |
| `/var/log/coldwave/access.log` | one line for each listener that has left |
| `/usr/share/doc/coldwave/examples/coldwave.toml` | a configuration with every key |
| `/usr/share/doc/coldwave/` | all documents |

## See also

coldwave.toml(5), systemctl(1), journalctl(1)
";

/// Returns the part of a document that begins with this heading and ends before the next one of its level.
fn section(document: &str, heading: &str) -> String {
    let text = read(document);
    let begin = text.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("{document}: {heading}")) + 1;
    let end = text[begin..].find("\n## ").map_or(text.len(), |length| begin + length + 1);
    text[begin..end].to_owned()
}

/// Returns each manual page: its file and its text.
fn pages() -> [(&'static str, String); 2] {
    let signals = section("docs/operations.md", "## Signals");
    let probe = PROBE.map(|heading| {
        section("docs/probe.md", heading).replacen(heading, &format!("{heading} of coldwave probe"), 1)
    });
    let daemon = [&read("docs/cli.md"), "\n", &probe.concat(), &signals, FILES].concat();
    let title = |name, number| roff::Title { name, number, version: VERSION };
    [
        ("packaging/man/coldwave.1", title("coldwave", 1).page("internet radio server", &daemon)),
        (
            "packaging/man/coldwave.toml.5",
            title("coldwave.toml", 5)
                .page("configuration of the radio server coldwave", &read("docs/configuration.md")),
        ),
    ]
}

#[test]
fn manual_pages_have_the_text_of_the_documents() {
    for (path, expected) in pages() {
        if std::env::var_os("COLDWAVE_RECORD").is_some() {
            fs::write(Path::new(ROOT).join(path), &expected).expect("the page can be written");
        }
        let outdated =
            format!("{path} is out of date; run COLDWAVE_RECORD=1 cargo test --test repository manual");
        assert!(read(path) == expected, "{outdated}");
    }
}

#[test]
fn manual_page_of_the_configuration_has_every_key() {
    let [_, (_, page)] = pages();
    for (table, keys) in coldwave::config::known_keys() {
        for key in keys {
            assert!(page.contains(&format!(".TP\n\\fB{key}\\fR\n")), "{table} {key}");
        }
    }
}

/// Returns the options in the help of the program.
fn options() -> BTreeSet<String> {
    let option = Regex::new(r"(?m)^  (?:-\w, )?(--[\w-]+)(?:  |$)").expect("a pattern");
    let mut all = BTreeSet::new();
    for (help, least) in HELPS {
        let text = read(help);
        let found: Vec<String> = option.captures_iter(&text).map(|found| found[1].to_owned()).collect();
        assert!(found.len() >= least, "{help}: {found:?}");
        all.extend(found);
    }
    all
}

#[test]
fn manual_page_of_the_program_has_every_option() {
    let [(_, page), _] = pages();
    let page = page.replace("\\-", "-");
    let is_named = |option: &str| {
        let words = Regex::new(&format!(r"(?m)^\\fB.*{option}\b")).expect("a pattern");
        words.is_match(&page)
    };
    let missing: Vec<_> = options().into_iter().filter(|option| !is_named(option)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn completions_name_every_option() {
    let options = options();
    for file in COMPLETIONS {
        let text = read(format!("packaging/completions/{file}"));
        let is_named = |option: &str| {
            let name = option.trim_start_matches('-');
            let words = Regex::new(&format!(r"(--{name}|-l {name})(?:[^\w-]|$)")).expect("a pattern");
            words.is_match(&text)
        };
        let missing: Vec<_> = options.iter().filter(|option| !is_named(option)).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
    }
}

#[test]
fn completions_name_every_finding_that_can_be_ignored() {
    for file in COMPLETIONS {
        let text = read(format!("packaging/completions/{file}"));
        let words: BTreeSet<&str> = text.split(|c: char| !c.is_ascii_lowercase() && c != '-').collect();
        let findings = FindingKind::all().filter(|kind| kind.severity() > Severity::Note);
        let missing: Vec<_> =
            findings.map(FindingKind::name).filter(|name| !words.contains(&**name)).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
    }
}
