//! `<alias>` of Icecast 2.4 and the KH branch, and `<resource>` of Icecast 2.5.

use super::super::rules::{Rule, Rules};
use super::super::setting::Setting;
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;

/// The attributes besides those that [`take`] uses.
const OTHERS: Rules<Setting> = &[
    ("vhost", Rule::NoEffect("the path leads there at every host name")),
    ("omode", Rule::NoEffect("pages have one form")),
    ("module", Rule::NoEffect("there are no modules")),
    ("handler", Rule::NoEffect("there are no modules")),
    ("listen-socket", Rule::NoEffect("use port= and bind-address=; the path leads there at every port")),
    ("prefixmatch", Rule::NoEffect("only the path itself leads there")),
];

/// The attributes that become keys.
const USED: [&str; 5] = ["source", "destination", "dest", "port", "bind-address"];

/// Adds another path for what is at a path.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    let setting = &element.setting;
    let to = element.attribute("destination").or_else(|| element.attribute("dest"));
    match (element.attribute("source"), to) {
        (Some(from), Some(to)) if is_path(from) && is_path(to) => add(translator, element, from, to),
        (Some(_), Some(_)) => {
            let why = "source and destination have to be paths without ? and #, which begin with /";
            translator.no_effect(setting, why);
        }
        (None, _) => translator.no_effect(setting, "it has no source"),
        (_, None) => translator.no_effect(setting, "it has no destination"),
    }
    for (name, value) in element.attributes.iter().filter(|(name, _)| !USED.contains(&name.as_str())) {
        other(translator, setting, name, value);
    }
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.contains(|c: char| c.is_control() || "?#".contains(c))
}

fn add(translator: &mut Translator, element: &Element, from: &str, to: &str) {
    let setting = &element.setting;
    let attribute = |name| element.attribute(name).filter(|value| !value.is_empty());
    let port = attribute("port").map(str::parse::<u16>);
    // Icecast writes -1 for every port.
    if port.as_ref().is_some_and(Result::is_err) && attribute("port") != Some("-1") {
        return translator.error(setting, "port is invalid, expected a port, from 1 to 65535");
    }
    let address = attribute("bind-address").map(str::parse::<std::net::IpAddr>);
    if let Some(Err(_)) = address {
        return translator.no_effect(setting, "bind-address is no IP address");
    }
    let port = port.and_then(Result::ok).filter(|port| *port != 0);
    let address = address.and_then(Result::ok).filter(|address| !address.is_unspecified());
    if has_same(translator, from, port, address) {
        return translator.no_effect(setting, "an earlier one has the same source");
    }
    let place = translator.draft.add_table("[[alias]]", setting);
    translator.put(place, "from", values::text(from), setting);
    translator.put(place, "to", values::text(to), setting);
    let port_key = port.map(|port| ("port", port.to_string()));
    let address_key = address.map(|address| ("address", values::text(&address.to_string())));
    for (key, value) in port_key.into_iter().chain(address_key) {
        translator.put(place, key, value, setting);
    }
    let table = translator.draft.table(place);
    let keys: Vec<String> =
        table.entries.iter().map(|entry| format!("{} = {}", entry.key, entry.value)).collect();
    translator.already_so(setting, &format!("[[alias]] {}", keys.join(", ")));
}

/// Returns whether an earlier alias has the same source. Icecast uses the first one that applies.
fn has_same(
    translator: &Translator,
    from: &str,
    port: Option<u16>,
    address: Option<std::net::IpAddr>,
) -> bool {
    let port = port.map(|port| port.to_string());
    let address = address.map(|address| values::text(&address.to_string()));
    let mut aliases = translator.draft.tables.iter().filter(|table| table.header == "[[alias]]");
    aliases.any(|table| {
        table.get("from") == Some(values::text(from).as_str())
            && table.get("port") == port.as_deref()
            && table.get("address") == address.as_deref()
    })
}

fn other(translator: &mut Translator, setting: &Setting, name: &str, value: &str) {
    use super::super::rules::{closest, find};
    let path = format!("{} {name}=", setting.path);
    let setting = Setting { path, value: value.to_owned(), ..setting.clone() };
    match find(OTHERS, name) {
        Some(Rule::NoEffect(why)) => translator.no_effect(&setting, why),
        Some(Rule::Take(take)) => take(translator, &setting),
        None => {
            let meant = closest(OTHERS, name)
                .or_else(|| USED.into_iter().find(|known| known.eq_ignore_ascii_case(name)));
            translator.unknown(&setting, meant.map(str::to_owned));
        }
    }
}
