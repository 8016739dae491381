//! `<mount>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::station_texts::{self, line};
use super::walk::walk;
use super::{authentication, delivery, files_of_mounts, http_headers, limits};

const RULES: Rules<Element> = &[
    ("mount-name", Rule::Take(station_texts::mount)),
    ("username", Rule::Take(|translator, element| text(translator, element, "source_user"))),
    ("password", Rule::Take(|translator, element| text(translator, element, "source_password"))),
    ("max-listeners", Rule::Take(max_listeners)),
    ("charset", Rule::Take(station_texts::charset)),
    ("stream-name", Rule::Take(|translator, element| line(translator, element, "name"))),
    ("stream-description", Rule::Take(|translator, element| line(translator, element, "description"))),
    ("stream-url", Rule::Take(station_texts::home_page)),
    ("genre", Rule::Take(|translator, element| line(translator, element, "genre"))),
    ("bitrate", Rule::Take(station_texts::bitrate)),
    ("public", Rule::Take(public)),
    // These are translated when all mounts are known.
    ("fallback", Rule::Take(|_, _| {})),
    ("fallback-mount", Rule::Take(|_, _| {})),
    ("fallback-override", Rule::Take(|_, _| {})),
    ("fallback-when-full", Rule::Take(|_, _| {})),
    ("hijack", Rule::Take(hijack)),
    ("no-mount", Rule::Take(no_mount)),
    ("allow-direct-access", Rule::NoEffect(DIRECT_ACCESS)),
    ("hidden", Rule::Take(hidden)),
    ("burst-size", Rule::Take(delivery::mount_burst_size)),
    ("queue-size", Rule::Take(delivery::mount_queue_size)),
    ("max-listener-duration", Rule::Take(delivery::max_listener_duration)),
    ("source-timeout", Rule::Take(limits::source_timeout)),
    ("mp3-metadata-interval", Rule::Take(delivery::metadata_interval)),
    ("icy-metadata-interval", Rule::Take(delivery::metadata_interval)),
    ("metadata-interval", Rule::Take(delivery::metadata_interval)),
    ("limit-rate", Rule::Take(delivery::limit_rate)),
    ("http-headers", Rule::Take(http_headers::of_mount)),
    ("dump-file", Rule::Take(files_of_mounts::dump_file)),
    // It is translated when <webroot> is known.
    ("intro", Rule::Take(|_, _| {})),
    ("max-bandwidth", Rule::NoEffect("bandwidth is not limited; <max-listeners> limits listeners")),
    ("max-history", Rule::NoEffect("a station keeps its last 200 titles")),
    ("skip-accesslog", Rule::NoEffect("one access log has all mounts")),
    ("no-yp", Rule::Take(no_yp)),
    ("authentication", Rule::Take(authentication::of_mount)),
];

const DIRECT_ACCESS: &str = "listeners that know the mount can ask for it; <hidden> keeps it out of lists";

/// Adds a station, or the settings of the stations that sources make: all of them with `type="default"`, or
/// those whose mounts match a pattern.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    let is_default = element.attribute("type") == Some("default");
    let is_pattern = element.text("mount-name").is_some_and(is_pattern);
    let header = if is_default || is_pattern { "[[unlisted.mount]]" } else { "[[station]]" };
    translator.current = translator.draft.add_table(header, &element.setting);
    walk(translator, element, RULES);
    if is_default && !is_pattern {
        translator.put(translator.current, "mount", values::text("*"), &element.setting);
    }
    translator.current = Place::EveryMount;
}

/// Returns whether the KH branch takes a name for a pattern.
fn is_pattern(name: &str) -> bool {
    let has_set = name.split_once('[').is_some_and(|(_, rest)| rest.contains(']'));
    has_set || name.contains(['*', '?'])
}

/// Whether a source replaces the one that is live at once.
fn hijack(translator: &mut Translator, element: &Element) {
    match translator.flag(&element.setting) {
        Some(true) => {
            translator.take(translator.current, "takeover", values::text("any_user"), &element.setting)
        }
        Some(false) => translator.differs(
            &element.setting,
            "a source replaces the live one only if that has sent nothing for a second, after a lost connection",
        ),
        None => {}
    }
}

fn no_mount(translator: &mut Translator, element: &Element) {
    match translator.flag(&element.setting) {
        Some(true) => translator.no_effect(&element.setting, DIRECT_ACCESS),
        Some(false) => translator.already_so(&element.setting, "listeners can ask for the mount"),
        None => {}
    }
}

fn text(translator: &mut Translator, element: &Element, key: &'static str) {
    translator.take(translator.current, key, values::text(&element.setting.value), &element.setting);
}

fn max_listeners(translator: &mut Translator, element: &Element) {
    let place = translator.current;
    match translator.limit(&element.setting, "only the limit of the server applies") {
        Some(0) => {
            let how = "Icecast admits no listener then; the least here is one";
            translator.take_differently(place, "max_listeners", "1".to_owned(), &element.setting, how);
        }
        Some(number) => {
            translator.take_clamped(place, "max_listeners", number, limits::LISTENERS, &element.setting);
        }
        None => {}
    }
}

fn hidden(translator: &mut Translator, element: &Element) {
    if let Some(flag) = translator.flag(&element.setting) {
        translator.take(translator.current, "hidden", flag.to_string(), &element.setting);
    }
}

/// -1, the default of Icecast, leaves it to `<mount type="default">`, or else to the source.
fn public(translator: &mut Translator, element: &Element) {
    if translator.draft.table(translator.current).get("public") == Some("false") {
        return translator.already_so(&element.setting, "no directory lists the mount (<no-yp>)");
    }
    if element.setting.value == "-1" {
        return translator.already_so(&element.setting, "as if it were not given: the source decides");
    }
    if let Some(flag) = translator.flag(&element.setting) {
        translator.take(translator.current, "public", flag.to_string(), &element.setting);
    }
}

/// Without `<public>`, a directory lists a mount if its source asks for it.
pub(super) fn defaults(translator: &mut Translator) {
    translator.default(Place::EveryMount, "public", values::text("as_source"));
}

fn no_yp(translator: &mut Translator, element: &Element) {
    match translator.flag(&element.setting) {
        Some(true) => translator.take(translator.current, "public", "false".to_owned(), &element.setting),
        Some(false) => translator.already_so(&element.setting, "<public> or the source decides"),
        None => {}
    }
}
