//! `<directory>`, and `<yp-directory>` of Icecast 2.5.

use super::super::draft::{self, Entry, Place};
use super::super::rules::{Rule, Rules};
use super::super::setting::Setting;
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;

const HEADER: &str = "[directory]";

const RULES: Rules<Element> = &[
    ("yp-url", Rule::Take(|translator, element| add(translator, &element.setting, &element.setting.value))),
    ("yp-url-timeout", Rule::Take(|translator, element| timeout(translator, &element.setting))),
    ("touch-interval", Rule::Take(|translator, element| touch_interval(translator, &element.setting))),
    ("server", Rule::NoEffect("a directory is named by its <yp-url>")),
];

/// Adds a directory.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    walk(translator, element, RULES);
}

/// Adds a directory as Icecast 2.5 writes it: `<yp-directory url="…"><option name="timeout" value="15"/>`.
pub(super) fn take_yp(translator: &mut Translator, element: &Element) {
    match element.attribute("url") {
        Some(url) => add(translator, &element.setting, url),
        None => translator.no_effect(&element.setting, "it has no url"),
    }
    for option in element.children.iter().filter(|child| child.name == "option") {
        let value = option.attribute("value").unwrap_or_default().to_owned();
        let setting = Setting { value, ..option.setting.clone() };
        match option.attribute("name") {
            Some("timeout") => timeout(translator, &setting),
            Some("touch-interval") => touch_interval(translator, &setting),
            _ => translator.no_effect(&setting, "there is nothing that corresponds to it"),
        }
    }
}

/// Takes the directories away if it is not known where the listeners would find the stations: Icecast would
/// announce `localhost`. Called when `public_url` is known.
pub(super) fn finish(translator: &mut Translator) {
    if translator.draft.server.get("public_url").is_some() {
        return;
    }
    let tables = &mut translator.draft.tables;
    let Some(at) = tables.iter().position(|table| table.header == HEADER) else { return };
    let table = tables.remove(at);
    let why = "a directory needs a <hostname> at which listeners find this server";
    translator.refute(&table, why);
}

/// Adds a URL to the list.
fn add(translator: &mut Translator, setting: &Setting, url: &str) {
    let place = table(translator, setting);
    let url = values::text(url);
    let table = translator.draft.table(place);
    let others = table.get("url").map(|list| draft::items(list).to_owned());
    if others.as_ref().is_some_and(|others| others.split(", ").any(|other| other == url)) {
        return translator.no_effect(setting, "the directory is there already");
    }
    let list = values::list(others.into_iter().chain([url.clone()]));
    table.set(Entry { key: "url", value: list, origin: Some(setting.origin()) });
    translator.already_so(setting, &format!("{HEADER} url contains {url}"));
}

/// Returns the place of `[directory]`, which all directories share.
fn table(translator: &mut Translator, setting: &Setting) -> Place {
    let existing = translator.draft.tables.iter().position(|table| table.header == HEADER);
    existing.map_or_else(|| translator.draft.add_table(HEADER, setting), Place::Table)
}

fn timeout(translator: &mut Translator, setting: &Setting) {
    longest(translator, "timeout_s", (1, 300), setting);
}

fn touch_interval(translator: &mut Translator, setting: &Setting) {
    longest(translator, "touch_interval_s", (30, 3600), setting);
}

/// Sets a number of seconds of all directories, which is the highest of those of each.
fn longest(translator: &mut Translator, key: &'static str, (min, max): (u64, u64), setting: &Setting) {
    let Some(seconds) = translator.number(setting) else { return };
    let place = table(translator, setting);
    let others = translator.draft.table(place).get(key).and_then(|value| value.parse::<u64>().ok());
    let value = seconds.clamp(min, max).max(others.unwrap_or(0));
    if value == seconds {
        return translator.take(place, key, value.to_string(), setting);
    }
    let how = match others {
        Some(other) if other == value => "all directories have the longest that is given for one".to_owned(),
        _ => format!("from {min} to {max}"),
    };
    translator.take_differently(place, key, value.to_string(), setting, &how);
}
