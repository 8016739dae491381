//! `<master-server>` and what belongs to it, and `<master>` of KH: the server whose mounts are relayed.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::setting::Setting;
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;

const TIMES: &str = "a failed relay connects again after 1 s, then 2 s, 4 s and so on, up to a minute";

/// What is in `<master>`. The elements that make keys are translated together.
const RULES: Rules<Element> = &[
    ("server", Rule::Take(|_, _| {})),
    ("port", Rule::Take(|_, _| {})),
    ("username", Rule::Take(|_, _| {})),
    ("password", Rule::Take(|_, _| {})),
    ("interval", Rule::Take(|_, _| {})),
    ("on-demand", Rule::Take(|_, _| {})),
    ("bind", Rule::NoEffect("the system chooses the address from which it connects")),
    ("ssl-port", Rule::NoEffect("the list of mounts is read from <port>")),
    ("relay-auth", Rule::NoEffect("the login is sent for the list and for the streams")),
    ("retry-delay", Rule::NoEffect(TIMES)),
    ("redirect", Rule::NoEffect("listeners are not sent to other servers")),
    ("run-on", Rule::NoEffect("a relay on demand ends 10 s after its last listener")),
];

/// Notes what in `<master>` has no effect. [`finish`] does the rest.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    walk(translator, element, RULES);
}

/// The settings of a master, each from `<master>` or from an element of `<icecast>`.
struct MasterElements<'e>(&'e Element);

impl<'e> MasterElements<'e> {
    fn get(&self, inner: &str, outer: &str) -> Option<&'e Setting> {
        let given = |element: &'e Element| Some(&element.setting).filter(|setting| !setting.value.is_empty());
        let group = self.0.child("master").and_then(|master| master.child(inner)).and_then(given);
        group.or_else(|| self.0.child(outer).and_then(given))
    }

    /// Returns all of them that are given.
    fn all(&self) -> impl Iterator<Item = &'e Setting> {
        let names = [
            ("server", "master-server"),
            ("port", "master-server-port"),
            ("username", "master-username"),
            ("password", "master-password"),
            ("interval", "master-update-interval"),
        ];
        names.into_iter().filter_map(|(inner, outer)| self.get(inner, outer))
    }
}

/// Adds `[master]`. `root` is `<icecast>`.
pub(super) fn finish(translator: &mut Translator, root: &Element) {
    let elements = MasterElements(root);
    let server = elements.get("server", "master-server");
    let port = elements.get("port", "master-server-port");
    let password = elements.get("password", "master-password");
    let (Some(server), Some(port), Some(password)) = (server, port, password) else {
        let why =
            "Icecast follows a master only with <master-server>, <master-server-port> and <master-password>";
        return elements.all().for_each(|setting| translator.no_effect(setting, why));
    };
    let Some(number) = translator.number(port) else { return };
    let host = match server.value.as_str() {
        address if address.contains(':') => format!("[{}]", address.trim_matches(['[', ']'])),
        host => host.to_owned(),
    };
    let place = translator.draft.add_table("[master]", server);
    translator.take(place, "url", values::text(&format!("http://{host}:{number}")), server);
    translator.already_so(port, "it is part of [master] url");
    translator.take(place, "password", values::text(&password.value), password);
    if let Some(user) = elements.get("username", "master-username") {
        translator.take(place, "user", values::text(&user.value), user);
    }
    if let Some(interval) = elements.get("interval", "master-update-interval") {
        seconds(translator, place, interval);
    }
    on_demand(translator, place, root);
}

fn seconds(translator: &mut Translator, place: Place, setting: &Setting) {
    let Some(given) = translator.number(setting) else { return };
    match given.clamp(1, 86_400) {
        value if value == given => translator.take(place, "interval_s", value.to_string(), setting),
        value => {
            translator.take_differently(place, "interval_s", value.to_string(), setting, "from 1 to 86400")
        }
    }
}

/// KH has a setting of its own; `<relays-on-demand>` is reported with the other relays.
fn on_demand(translator: &mut Translator, place: Place, root: &Element) {
    let own = root.inner("master", "on-demand");
    if let Some(own) = own.filter(|own| !own.setting.value.is_empty()) {
        if let Some(flag) = translator.flag(&own.setting) {
            translator.take(place, "on_demand", flag.to_string(), &own.setting);
        }
    } else if let Some(all) = root.child("relays-on-demand")
        && translator.flag(&all.setting) == Some(true)
    {
        translator.put(place, "on_demand", "true".to_owned(), &all.setting);
    }
}
