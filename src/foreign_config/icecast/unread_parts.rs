//! What stands in an element and is read by no rule: text between elements, elements in a text, and
//! attributes that Icecast does not have.

use super::super::setting::Setting;
use super::super::translator::Translator;
use super::super::xml::Element;
use crate::closest_name::closest_name;

/// The elements with further elements in them. The others have a text, or attributes.
const CONTAINERS: [&str; 22] = [
    "icecast",
    "limits",
    "authentication",
    "role",
    "listen-socket",
    "mount",
    "fallback",
    "http-headers",
    "relay",
    "upstream",
    "master",
    "host",
    "directory",
    "yp-directory",
    "paths",
    "logging",
    "accesslog",
    "errorlog",
    "playlistlog",
    "security",
    "tls-context",
    "changeowner",
];

/// The attributes of elements that have some, by the ends of their paths.
const ATTRIBUTES: [(&str, &[&str]); 10] = [
    ("<mount>", &["type"]),
    ("<mount><authentication>", &["type"]),
    ("<listen-socket>", &["type", "id", "on-behalf-of"]),
    ("<source-password>", &["mount"]),
    ("<header>", &["name", "value", "status", "type"]),
    ("<upstream>", &["type"]),
    ("<master>", &["type"]),
    ("<host>", &["type"]),
    ("<yp-directory>", &["url"]),
    (
        "<role>",
        &[
            "type",
            "name",
            "id",
            "method",
            "match-method",
            "nomatch-method",
            "match-web",
            "nomatch-web",
            "match-admin",
            "nomatch-admin",
            "match-origin",
            "nomatch-origin",
            "management-url",
            "allow-method",
            "deny-method",
            "allow-web",
            "deny-web",
            "allow-admin",
            "deny-admin",
            "allow-all",
            "deny-all",
            "connections-per-user",
            "connection-duration",
            "may-alter",
        ],
    ),
];

/// The values of the attribute `type`.
const TYPES: [(&str, [&str; 2]); 2] =
    [("mount", ["normal", "default"]), ("listen-socket", ["normal", "virtual"])];

/// The elements whose rules read all attributes, which replace a text.
const OF_ATTRIBUTES: [&str; 3] = ["alias", "resource", "header"];

/// Notes all of this in an element for which there is a rule.
pub(super) fn note(translator: &mut Translator, element: &Element) {
    if !is_container(element) {
        element.children.iter().for_each(|child| translator.unknown(&child.setting, None));
    } else if !element.children.is_empty() || is_only_container(element) {
        text(translator, element);
    }
    if !["alias", "resource"].contains(&element.name.as_str()) {
        attributes(translator, element);
    }
}

/// Returns whether an element has nothing that a rule could read.
pub(super) fn is_without_content(element: &Element) -> bool {
    let has_attributes = OF_ATTRIBUTES.contains(&element.name.as_str());
    element.setting.value.is_empty() && !is_container(element) && !has_attributes
}

/// `<mount>` in `<relay>` is the path of a stream.
fn is_container(element: &Element) -> bool {
    let name = element.name.as_str();
    CONTAINERS.contains(&name) && (name != "mount" || element.setting.path == "<mount>")
}

/// Returns whether an element has no text in any version of Icecast.
fn is_only_container(element: &Element) -> bool {
    !["fallback", "accesslog", "errorlog", "playlistlog"].contains(&element.name.as_str())
}

fn text(translator: &mut Translator, element: &Element) {
    if !element.setting.value.is_empty() {
        let setting = Setting { line: element.text_line, ..element.setting.clone() };
        translator.no_effect(&setting, "there is text in it that is in no element");
    }
}

fn attributes(translator: &mut Translator, element: &Element) {
    let (name, path) = (element.name.as_str(), element.setting.path.as_str());
    let known = ATTRIBUTES.iter().find(|(end, _)| path.ends_with(end)).map_or(&[][..], |(_, known)| known);
    for (attribute, value) in &element.attributes {
        let path = format!("{path} {attribute}=");
        let setting = Setting { path, value: value.clone(), ..element.setting.clone() };
        if !known.contains(&attribute.as_str()) {
            let meant = if translator.may_compare() { closest_name(attribute, known) } else { None };
            translator.unknown(&setting, meant.map(str::to_owned));
        } else if let Some((_, types)) = TYPES.iter().find(|(of, _)| *of == name && attribute == "type")
            && !types.contains(&value.as_str())
        {
            let [usual, other] = types;
            let why = format!("{value:?} is none of its values: {usual}, as without it, and {other}");
            translator.no_effect(&setting, &why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{ForeignFormat, translate_checked};

    /// Returns the findings of a file whose third line and those after it are these.
    fn findings(inner: &str) -> Vec<String> {
        let password = "<authentication><source-password>rosebud</source-password></authentication>";
        let text = format!("<icecast>\n{password}\n{inner}\n</icecast>\n");
        let translated = translate_checked(ForeignFormat::Icecast, &text, "a.xml", "/").expect("no error");
        translated.findings.iter().map(|it| format!("{}: {it}", it.line)).collect()
    }

    #[test]
    fn what_no_rule_reads_is_named_with_its_line_and_is_no_error() {
        for (inner, expected) in [
            ("<limits/>\nclients=10", "4: <icecast>: no effect here: there is text in it"),
            ("<limits>\nclients=10</limits>", "4: <limits>: no effect here: there is text in it"),
            ("<mount>\n<mount-name>/a</mount-name>\n/b</mount>", "5: <mount>: no effect here: there is text"),
            ("<limits foo=\"1\"><clients>9</clients></limits>", "3: <limits> foo=: unknown"),
            ("<listen-socket ssl=\"1\"><port>9</port></listen-socket>", "3: <listen-socket> ssl=: unknown"),
            ("<authentication realm=\"x\">\n</authentication>", "3: <authentication> realm=: unknown"),
            (
                "<listen-socket typ=\"virtual\"><port>9</port></listen-socket>",
                "3: <listen-socket> typ=: unknown, did you mean type?",
            ),
            (
                "<mount type=\"defualt\"><mount-name>/a</mount-name></mount>",
                "3: <mount> type=: no effect here: \"defualt\" is none of its values: normal",
            ),
            ("<mount type=\"relay\"><mount-name>/a</mount-name></mount>", "3: <mount> type=: no effect here"),
            ("<hostname>\n<b>radio.example</b></hostname>", "4: <hostname><b>: unknown"),
            ("<hostname>\n<b>radio.example</b></hostname>", "3: <hostname>: no effect here: it is empty"),
            ("<fileserve enabled=\"no\"/>", "3: <fileserve> enabled=: unknown"),
            ("<fileserve enabled=\"no\"/>", "3: <fileserve>: no effect here: it is empty"),
            (
                "<logging><loglevel level=\"3\"/></logging>",
                "3: <logging><loglevel>: no effect here: it is empty",
            ),
            ("<logging><loglevel level=\"3\"/></logging>", "3: <logging><loglevel> level=: unknown"),
        ] {
            let found = findings(inner);
            assert!(found.iter().any(|it| it.starts_with(expected)), "{inner}: {found:?}");
        }
    }

    #[test]
    fn what_every_icecast_has_is_read() {
        for inner in [
            "<mount type=\"normal\"><mount-name>/a</mount-name></mount>",
            "<mount type=\"default\"><max-listeners>1</max-listeners></mount>",
            "<paths xmlns:xi=\"http://www.w3.org/2001/XInclude\"><alias source=\"/a\" destination=\"/b\"/></paths>",
            "<http-headers><header name=\"a\" value=\"b\"/></http-headers>",
            "<logging><errorlog><name>a.log</name></errorlog></logging>",
            "<logging><errorlog>a.log</errorlog></logging>",
            "<relay><server>192.0.2.1</server><mount>/live</mount></relay>",
        ] {
            let found = findings(inner);
            let is_unread = |it: &String| it.contains("unknown") || it.contains("no effect");
            assert!(!found.iter().any(is_unread), "{inner}: {found:?}");
        }
    }
}
