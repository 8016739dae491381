//! The targets of links and anchors in the documents exist, and README.md is short.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;

use super::{DOCUMENT_FOLDERS, ROOT, markdown_files, read};

/// The maximum size of README.md in bytes. It is a first page, not a manual.
const README_MAX: usize = 8192;

/// Returns `text` without its code blocks, and with `` in place of each inline code span.
fn prose(text: &str) -> String {
    let fenced = Regex::new(r"(?ms)^```.*?^```$").expect("a pattern");
    let inline = Regex::new("`[^`]*`").expect("a pattern");
    let lines = fenced
        .replace_all(text, "")
        .lines()
        .filter(|line| !line.starts_with("    "))
        .fold(String::new(), |text, line| text + line + "\n");
    inline.replace_all(&lines, "``").into_owned()
}

/// Returns the targets of the links and images in `text`.
fn links(text: &str) -> Vec<String> {
    let link = Regex::new(r#"\]\(([^)\s]+)\)|(?:src|href)="([^"]+)""#).expect("a pattern");
    let text = prose(text);
    let targets = link.captures_iter(&text).filter_map(|found| found.get(1).or_else(|| found.get(2)));
    targets.map(|target| target.as_str().to_owned()).collect()
}

/// Returns the anchors of the headings in `text`, as GitHub builds them.
fn anchors(text: &str) -> BTreeSet<String> {
    let fenced = Regex::new(r"(?ms)^```.*?^```$").expect("a pattern");
    let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").expect("a pattern");
    let (mut anchors, mut seen) = (BTreeSet::new(), BTreeMap::new());
    for line in fenced.replace_all(text, "").lines() {
        let Some(heading) = line.strip_prefix('#').map(|line| line.trim_start_matches('#')) else { continue };
        let Some(heading) = heading.strip_prefix(' ') else { continue };
        let heading = link.replace_all(heading.trim(), "$1").to_lowercase();
        let text = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String = text.map(|c| if c == ' ' { '-' } else { c }).collect();
        let count = seen.entry(anchor.clone()).and_modify(|count| *count += 1).or_insert(0);
        anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
    }
    anchors
}

/// Returns the links in `text`, a document in the directory `base`, whose targets do not exist.
fn broken_links(base: &Path, text: &str) -> Vec<String> {
    let is_external = |link: &String| link.contains("://") || link.starts_with("mailto:");
    let is_broken = |link: &String| {
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = Path::new(ROOT).join(base).join(path);
        let is_anchor_missing = || match path {
            "" => !anchors(text).contains(anchor),
            _ => {
                !anchor.is_empty()
                    && !anchors(&fs::read_to_string(&target).unwrap_or_default()).contains(anchor)
            }
        };
        !target.exists() || is_anchor_missing()
    };
    links(text).into_iter().filter(|link| !is_external(link)).filter(is_broken).collect()
}

#[test]
fn targets_of_links_in_documents_exist() {
    let mut broken = Vec::new();
    for document in markdown_files(&DOCUMENT_FOLDERS) {
        let base = document.parent().expect("a directory");
        let links = broken_links(base, &read(&document));
        broken.extend(links.into_iter().map(|link| format!("{}: {link}", document.display())));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn broken_links_are_found() {
    let text = "# A `[b]` c_d, e\n\n## [Link](src)\n\n## Link\n\n[ok](#a-b-c_d-e) [ok](#link-1) [bad](#link-2)\n\
        [ok](README.md) [`bad`](nowhere.md) `[code](nowhere)` <img src=\"gone.png\">\n\n    [code](nowhere)\n\n\
        ```\n# [code](nowhere)\n```\n[far](https://radio.example/) [bad](README.md#no-such-heading)\n";
    let broken = broken_links(Path::new(""), text);
    assert_eq!(broken, ["#link-2", "nowhere.md", "gone.png", "README.md#no-such-heading"]);
}

#[test]
fn readme_is_short() {
    let length = read("README.md").len();
    assert!(length <= README_MAX, "README.md has {length} bytes, more than {README_MAX}");
}
