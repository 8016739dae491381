//! `<mount>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::station_texts::{self, line};
use super::walk::walk;
use super::{delivery, files_of_mounts, http_headers};

const RULES: Rules<Element> = &[
    ("mount-name", Rule::Take(|translator, element| text(translator, element, "mount"))),
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
    ("hidden", Rule::Take(hidden)),
    ("burst-size", Rule::Take(delivery::mount_burst_size)),
    ("queue-size", Rule::Take(delivery::mount_queue_size)),
    ("max-listener-duration", Rule::Take(delivery::max_listener_duration)),
    ("mp3-metadata-interval", Rule::Take(delivery::metadata_interval)),
    ("icy-metadata-interval", Rule::Take(delivery::metadata_interval)),
    ("metadata-interval", Rule::Take(delivery::metadata_interval)),
    ("limit-rate", Rule::Take(delivery::limit_rate)),
    ("http-headers", Rule::Take(http_headers::of_mount)),
    ("dump-file", Rule::Take(files_of_mounts::dump_file)),
    // It is translated when <webroot> is known.
    ("intro", Rule::Take(|_, _| {})),
    ("max-bandwidth", Rule::NoEffect("bandwidth is not limited; <max-listeners> limits listeners")),
    ("max-history", Rule::NoEffect("a station keeps its last 20 titles")),
    ("skip-accesslog", Rule::NoEffect("one access log has all mounts")),
];

/// Adds a station.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    translator.current = translator.draft.add_table("[[station]]", &element.setting);
    walk(translator, element, RULES);
    translator.current = Place::EveryMount;
}

fn text(translator: &mut Translator, element: &Element, key: &'static str) {
    translator.take(translator.current, key, values::text(&element.setting.value), &element.setting);
}

fn max_listeners(translator: &mut Translator, element: &Element) {
    match translator.integer(&element.setting) {
        Some(..0) => translator.already_so(&element.setting, "only the limit of the server applies"),
        Some(number) => {
            let number = number.clamp(1, 1_000_000).to_string();
            translator.take(translator.current, "max_listeners", number, &element.setting);
        }
        None => {}
    }
}

fn hidden(translator: &mut Translator, element: &Element) {
    if let Some(flag) = translator.flag(&element.setting) {
        translator.take(translator.current, "hidden", flag.to_string(), &element.setting);
    }
}

fn public(translator: &mut Translator, element: &Element) {
    if let Some(flag) = translator.flag(&element.setting) {
        translator.take(translator.current, "public", flag.to_string(), &element.setting);
    }
}
