//! Runs the stored inputs of every fuzz target through its check. They are tests of coldwave, which need no
//! libFuzzer (see `[[test]]` in coldwave's Cargo.toml).

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use coldwave::audio::Codec;

use super::*;

/// Declares a test for each target, and the list of all.
macro_rules! replay {
    ($($target:ident: $check:expr),+ $(,)?) => {
        const TARGETS: &[&str] = &[$(stringify!($target)),+];

        $(
            #[test]
            fn $target() {
                let check: fn(&[u8]) = $check;
                inputs(stringify!($target)).for_each(|input| check(&input));
            }
        )+
    };
}

replay! {
    adts: |input| framer::check(Codec::Aac, input),
    chunked: chunked::check,
    config: config::check,
    foreign: foreign::check,
    framer: |input| framer::check(Codec::Mp3, input),
    icy: icy::check,
    pages: pages::check,
    playlist: playlist::check,
    probe: probe::check,
    request: request::check,
    server: server::check,
    source: source::check,
    tags: tags::check,
    title: title::check,
    tls: tls::check,
    upstream: upstream::check,
}

#[test]
fn every_target_is_replayed() {
    let names = |of: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(folder().join(of)).expect("a folder");
        let path = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").path();
        let stem = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
        entries.map(path).map(stem).collect()
    };
    let replayed: BTreeSet<String> = TARGETS.iter().map(|&target| target.to_owned()).collect();
    assert_eq!(replayed, names("fuzz_targets"));
}

/// Returns the inputs of a target. The last one that a failed test prints is the one that made it fail.
fn inputs(target: &str) -> impl Iterator<Item = Vec<u8>> {
    let folder = folder().join("corpus").join(target);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("an input").path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "{target} has {} inputs", paths.len());
    paths.into_iter().map(|path| {
        println!("{}", path.display());
        fs::read(path).expect("an input")
    })
}
