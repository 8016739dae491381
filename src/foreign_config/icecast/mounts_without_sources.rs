//! Mounts that never have anything to play, because no source can log in.

use super::super::draft::Table;
use super::super::finding::Effect;
use super::super::setting::Origin;
use super::super::translator::Translator;

const WHY: &str = "no source can log in: <source-password> is missing";

/// The keys of what a station plays.
const INPUTS: [&str; 4] = ["source_password", "relay", "fallback_input", "music"];

/// Takes away the stations that coldwave could not start with, and what leads to them. Icecast has such
/// mounts, without a stream.
pub(super) fn drop_all(translator: &mut Translator) {
    let of_all = [&translator.draft.every_station, &translator.draft.every_mount];
    if of_all.into_iter().any(|table| table.get("source_password").is_some()) {
        return;
    }
    let is_mute = |table: &mut Table| {
        table.header == "[[station]]" && INPUTS.iter().all(|key| table.get(key).is_none())
    };
    loop {
        let mute: Vec<Table> = translator.draft.tables.extract_if(.., is_mute).collect();
        if mute.is_empty() {
            return;
        }
        for table in mute {
            translator.refute(&table, WHY);
            drop_ways(translator, table.get("mount").unwrap_or_default());
        }
    }
}

/// Takes away the keys that name a mount that is no more.
fn drop_ways(translator: &mut Translator, mount: &str) {
    let names_it = |key: &str, value: &str| matches!(key, "fallback_input" | "overflow") && value == mount;
    let mut origins: Vec<Origin> = Vec::new();
    for table in &mut translator.draft.tables {
        let dropped = table.entries.extract_if(.., |entry| names_it(entry.key, &entry.value));
        origins.extend(dropped.filter_map(|entry| entry.origin));
    }
    for origin in origins {
        let why = format!("no source can log in at {mount}");
        translator.replace_findings(&origin, Effect::NoEffect(why));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::icecast;

    #[test]
    fn mount_without_a_password_is_left_out_with_the_reason() {
        let translation = icecast(
            "<mount><mount-name>/a</mount-name><password>rosebud</password>\n\
             <fallback-mount>/b</fallback-mount></mount>\n<mount>\n<mount-name>/b</mount-name></mount>",
        );
        let found: Vec<String> = translation.findings.iter().map(|it| format!("{}: {it}", it.line)).collect();
        for line in [
            "3: <mount><fallback-mount>: no effect here: no source can log in at \"/b\"",
            "4: <mount>: no effect here: no source can log in: <source-password> is missing",
            "5: <mount><mount-name>: no effect here: no source can log in: <source-password> is missing",
        ] {
            assert!(found.iter().any(|it| it == line), "{line}: {found:?}");
        }
        assert_eq!(translation.document.text.matches("[[station]]").count(), 1);
    }
}
