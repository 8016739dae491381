//! `<http-headers>`: headers that are added to responses.

use super::super::draft::{self, Place};
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;
use crate::http::response::extra_headers::{EXTRA_HEADERS_MAX, header_fault};

pub(super) const KEY: &str = "http_headers";

/// The headers are read together, so that their list is one value.
const RULES: Rules<Element> = &[("header", Rule::Take(|_, _| {}))];

/// `<http-headers>` in `<icecast>`: of all streams and public responses.
pub(super) fn of_server(translator: &mut Translator, element: &Element) {
    take(translator, element, Place::Server);
}

/// `<http-headers>` in `<mount>`: of its stream.
pub(super) fn of_mount(translator: &mut Translator, element: &Element) {
    take(translator, element, translator.current);
}

fn take(translator: &mut Translator, element: &Element, place: Place) {
    walk(translator, element, RULES);
    // Icecast adds the headers of all such elements.
    let before = draft::items(translator.draft.table(place).get(KEY).unwrap_or_default()).to_owned();
    let (mut headers, mut length) = (Vec::new(), before.len());
    for header in element.children.iter().filter(|child| child.name == "header") {
        let Some(text) = header_text(translator, header) else { continue };
        if length + text.len() > EXTRA_HEADERS_MAX {
            let why = format!("the headers are more than {EXTRA_HEADERS_MAX} bytes together");
            translator.no_effect(&header.setting, &why);
            continue;
        }
        length += text.len();
        note(translator, header, &text);
        headers.push(values::text(&text));
    }
    if !headers.is_empty() {
        let all = Some(before).filter(|before| !before.is_empty()).into_iter().chain(headers);
        translator.put(place, KEY, values::list(all), &element.setting);
    }
}

/// Returns a header as `name: value`. Notes why one that cannot be added has no effect.
fn header_text(translator: &mut Translator, header: &Element) -> Option<String> {
    let name = header.attribute("name").unwrap_or_default().trim();
    // In old files, the value is the content of the element.
    let value = header.attribute("value").unwrap_or(&header.setting.value).trim();
    match header_fault(name, value) {
        Some(fault) => {
            translator.no_effect(&header.setting, &format!("the header {name:?} {fault}"));
            None
        }
        None => Some(format!("{name}: {value}")),
    }
}

fn note(translator: &mut Translator, header: &Element, text: &str) {
    let taken = format!("{KEY} has {text:?}");
    match header.attribute("status").or(header.attribute("type")) {
        Some(condition) => {
            let how = format!("{taken}: in every public response, not only with {condition:?}");
            translator.differs(&header.setting, &how);
        }
        None => translator.already_so(&header.setting, &taken),
    }
}
