//! `<authentication>` in `<icecast>`: the passwords of sources and of the administrator. Icecast 2.5 can also
//! write them as `<role>`. In `<mount>` it is about listeners, and about sources whose logins another server
//! checks.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::known::AUTHENTICATION_LATER;

pub(super) const RULES: Rules<Element> = &[
    ("source-password", Rule::Take(source_password)),
    ("admin-user", Rule::Take(|translator, element| text(translator, element, "admin_user"))),
    ("admin-password", Rule::Take(|translator, element| text(translator, element, "admin_password"))),
    ("relay-user", Rule::NoEffect(RELAYS)),
    ("relay-password", Rule::NoEffect(RELAYS)),
    ("shoutcast-user", Rule::NoEffect("a SHOUTcast v1 source is known by its password alone")),
    ("role", Rule::Take(role)),
];

/// What is said of `stream_auth`, the address at which the logins of sources are checked.
const SOURCES_BY_URL: &str = "sources whose logins are checked at this address cannot log in, except with the password \
                              of this file";

const RELAYS: &str = "the list of streams and the streams need no login";

/// The password of every source without one of its own, at every mount.
pub(super) fn source_password(translator: &mut Translator, element: &Element) {
    if element.attribute("mount").is_some() {
        let why = "the password of one mount is written in its <mount>";
        return translator.no_effect(&element.setting, why);
    }
    let value = values::text(&element.setting.value);
    translator.put(Place::Unlisted, "source_password", value.clone(), &element.setting);
    translator.take(Place::EveryMount, "source_password", value, &element.setting);
}

/// `<authentication>` of a mount.
pub(super) fn of_mount(translator: &mut Translator, element: &Element) {
    let (mut has_sources, mut has_listeners) = (false, false);
    for option in element.children.iter().filter(|child| child.name == "option") {
        match option.attribute("name") {
            Some("stream_auth") => {
                has_sources = true;
                translator.no_effect(&option.setting, SOURCES_BY_URL);
            }
            Some(name) => has_listeners |= name.starts_with("listener_") || name == "mount_add",
            None => {}
        }
    }
    // An address for sources alone says nothing about listeners.
    if has_listeners || !has_sources {
        translator.no_effect(&element.setting, AUTHENTICATION_LATER);
    }
}

fn text(translator: &mut Translator, element: &Element, key: &'static str) {
    translator.take(Place::Server, key, values::text(&element.setting.value), &element.setting);
}

/// A role with one user and password, for sources or for the administrator.
fn role(translator: &mut Translator, element: &Element) {
    let setting = &element.setting;
    let attribute = |name| element.attribute(name).unwrap_or_default();
    let methods = [attribute("allow-method"), attribute("match-method"), attribute("method")].join(",");
    let (user, password) = (option(element, "username"), option(element, "password"));
    let is_static = matches!(attribute("type"), "static" | "legacy-password");
    let Some(password) = password.filter(|_| is_static).map(values::text) else {
        return match attribute("type") {
            "anonymous" => translator.already_so(setting, "listeners need no login"),
            _ => translator.no_effect(setting, "listener authentication comes next; listeners need no login"),
        };
    };
    let user = user.filter(|_| attribute("type") == "static").map(values::text);
    if attribute("allow-admin") == "*" {
        user.into_iter().for_each(|user| translator.put(Place::Server, "admin_user", user, setting));
        translator.take(Place::Server, "admin_password", password, setting);
    } else if methods.split(',').any(|method| matches!(method.trim(), "source" | "put" | "*")) {
        for place in [Place::Unlisted, Place::EveryMount] {
            user.iter().for_each(|user| translator.put(place, "source_user", user.clone(), setting));
        }
        translator.put(Place::Unlisted, "source_password", password.clone(), setting);
        translator.take(Place::EveryMount, "source_password", password, setting);
    } else {
        translator.no_effect(setting, "it allows neither sources nor the administrator");
    }
}

/// Returns the value of `<option name="…" value="…"/>`.
fn option<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    let is_named = |option: &&Element| option.name == "option" && option.attribute("name") == Some(name);
    element.children.iter().filter(is_named).find_map(|option| option.attribute("value"))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::icecast;

    #[test]
    fn logins_of_sources_that_another_server_checks_are_named_as_such() {
        let option = |name: &str| format!("<option name=\"{name}\" value=\"http://radio.example/auth\"/>\n");
        for (options, about_sources, about_listeners) in [
            (option("stream_auth"), true, false),
            (option("stream_auth") + &option("listener_add"), true, true),
            (option("listener_add"), false, true),
            (String::new(), false, true),
        ] {
            let found = icecast(&format!(
                "<source-password>rosebud</source-password><mount><mount-name>/a</mount-name>\n\
                 <authentication type=\"url\">\n{options}</authentication></mount>"
            ))
            .findings;
            let found: Vec<String> = found.iter().map(|it| format!("{}: {it}", it.line)).collect();
            let has = |start: &str| found.iter().any(|it| it.starts_with(start));
            let path = "<mount><authentication>";
            let sources = format!(
                "4: {path}<option>: no effect here: sources whose logins are checked at this address"
            );
            assert_eq!(has(&sources), about_sources, "{found:?}");
            let listeners = format!("3: {path}: no effect here: listener authentication comes next");
            assert_eq!(has(&listeners), about_listeners, "{found:?}");
            assert!(!found.iter().any(|it| it.contains("unknown")), "{found:?}");
        }
    }
}
