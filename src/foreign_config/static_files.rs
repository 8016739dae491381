//! Files that play while a mount has no source.
//!
//! As the music of the mount itself, a file would decide the format of the mount: sources in another one
//! would be converted or refused. So each file is a hidden station, which other stations have as their
//! fallback.

use std::collections::BTreeMap;
use std::path::Path;

use super::draft::{Draft, Entry, Table};
use super::setting::Origin;
use super::values;

/// The key of a file, as the rules set it.
pub const MUSIC: &str = "music";

/// Says what becomes of a file.
pub fn how(file: &Path) -> String {
    format!(
        "{} plays again and again as MP3 while there is no source, unless the listeners have heard a source in \
         another format",
        file.display()
    )
}

/// What the mounts of the stations begin with.
const FOLDER: &str = "/static-fallback/";

/// Makes a station of each file that plays at a mount, after all tables have got their keys.
pub fn separate(draft: &mut Draft) {
    let mut mounts: BTreeMap<String, (String, Option<Origin>)> = BTreeMap::new();
    for station in draft.stations() {
        let Some(music) = station.entries.iter_mut().find(|entry| entry.key == MUSIC) else { continue };
        let number = mounts.len() + 1;
        let new = || (values::text(&mount(&music.value, number)), music.origin.clone());
        let (mount, _) = mounts.entry(music.value.clone()).or_insert_with(new);
        (music.key, music.value) = ("fallback_input", mount.clone());
    }
    draft.tables.extend(mounts.into_iter().map(|(music, (mount, origin))| station(mount, music, origin)));
}

/// Returns the table of a file.
fn station(mount: String, music: String, origin: Option<Origin>) -> Table {
    let entry = |key, value| Entry { key, value, origin: origin.clone() };
    let entries = vec![entry("mount", mount), entry(MUSIC, music), entry("hidden", "true".to_owned())];
    Table { header: "[[station]]", entries, origin: origin.clone() }
}

/// Returns a mount with the name of the file in `music`, a list of TOML, and a number that no other has.
fn mount(music: &str, number: usize) -> String {
    let name = music.trim_matches(['[', ']', '"', '\'']).rsplit('/').next().unwrap_or_default();
    let plain = |it: char| if it.is_ascii_alphanumeric() || "-_.".contains(it) { it } else { '-' };
    format!("{FOLDER}{number}/{}", name.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::tests::icecast;

    #[test]
    fn each_file_is_one_station_behind_the_others() {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mp3");
        let mount = |name: &str, file: &str| {
            format!(
                "<mount><mount-name>{name}</mount-name><password>rosebud</password>\n\
                 <fallback-mount>/{file}</fallback-mount></mount>"
            )
        };
        let text = icecast(&format!(
            "<paths><webroot>{fixtures}</webroot></paths>{}{}{}",
            mount("/a", "cbr.mp3"),
            mount("/b", "junk-after.mp3"),
            mount("/c", "cbr.mp3")
        ));
        let text = text.document.text;
        let stations: Vec<&str> = text.split("[[station]]").skip(1).collect();
        let fallbacks =
            stations.iter().filter_map(|it| it.split_once("fallback_input = ")?.1.split(' ').next());
        let cbr = "\"/static-fallback/1/cbr.mp3\"";
        let junk = "\"/static-fallback/2/junk-after.mp3\"";
        assert_eq!(fallbacks.collect::<Vec<_>>(), [cbr, junk, cbr]);
        for (station, mount) in stations[3..].iter().zip([cbr, junk]) {
            assert!(station.contains(&format!("mount = {mount}")), "{text}");
            assert!(station.contains("music = [") && station.contains("hidden = true"), "{text}");
            assert!(!station.contains("source_password"), "{text}");
        }
        assert_eq!(stations.len(), 5, "{text}");
    }
}
