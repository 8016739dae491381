//! `<relay>`: one upstream in it (Icecast 2.4), several `<upstream>` (2.5) or several `<master>` (KH).

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;
use super::walk::walk;
use crate::stream_url::{StreamUrl, StreamUrlError};

const ROUTE: &str = "the system chooses the address from which it connects";
const TIMEOUT: &str =
    "another upstream is tried after 10 s, the last one has 30 s to connect and 15 s to answer";
const RETRIES: &str = "a failed relay connects again after 1 s, then 2 s, 4 s and so on, up to a minute";

const RULES: Rules<Element> = &[
    ("server", Rule::Take(part)),
    ("ip", Rule::Take(part)),
    ("port", Rule::Take(port)),
    ("mount", Rule::Take(part)),
    ("uri", Rule::Take(part)),
    ("username", Rule::Take(part)),
    ("password", Rule::Take(part)),
    ("ssl", Rule::Take(tls)),
    ("tls", Rule::Take(tls)),
    ("local-mount", Rule::Take(local_mount)),
    ("on-demand", Rule::Take(on_demand)),
    ("relay-shoutcast-metadata", Rule::Take(titles)),
    ("relay-icy-metadata", Rule::Take(titles)),
    (
        "enable",
        Rule::Take(|translator, element| translator.already_so(&element.setting, "the relay is in use")),
    ),
    ("upstream", Rule::Take(upstream)),
    ("master", Rule::Take(upstream)),
    ("host", Rule::Take(upstream)),
    ("priority", Rule::Take(part)),
    ("bind", Rule::NoEffect(ROUTE)),
    ("timeout", Rule::NoEffect(TIMEOUT)),
    ("retry-delay", Rule::NoEffect(RETRIES)),
];

/// Adds a station with a relay.
pub(super) fn take(translator: &mut Translator, element: &Element) {
    let enable = element.child("enable");
    if enable.is_some_and(|enable| translator.flag(&enable.setting) == Some(false)) {
        return translator.no_effect(&element.setting, "the relay is switched off by its <enable>");
    }
    let upstreams = upstreams(element);
    let urls = urls(translator, &upstreams);
    if urls.is_empty() {
        return;
    }
    translator.current = add_station(translator, element, &mount(element, &upstreams[0]), &urls);
    walk(translator, element, RULES);
    translator.current = Place::EveryMount;
}

/// Returns the URLs of the upstreams. Notes those that cannot be relayed.
fn urls(translator: &mut Translator, upstreams: &[Vec<&Element>]) -> Vec<String> {
    let mut urls = Vec::new();
    for upstream in upstreams {
        match url(upstream) {
            Ok(url) => urls.push(url),
            Err(error) => {
                translator.no_effect(&upstream[0].setting, &format!("it cannot be relayed: {error}"))
            }
        }
    }
    urls
}

/// Adds the station that relays these URLs, which the finding shows without their passwords.
fn add_station(translator: &mut Translator, element: &Element, mount: &str, urls: &[String]) -> Place {
    let list = |urls: &[String]| values::list(urls.iter().map(|url| values::text(url)));
    let station = translator.draft.add_table("[[station]]", &element.setting);
    translator.put(station, "mount", values::text(mount), &element.setting);
    translator.put(station, "relay", list(urls), &element.setting);
    let shown: Vec<String> =
        urls.iter().filter_map(|url| StreamUrl::parse(url).ok()).map(|it| it.to_string()).collect();
    let what = format!("[[station]] relay = {} at {mount}", list(&shown));
    translator.already_so(&element.setting, &what);
    station
}

/// Sets whether relays are on demand that do not say so themselves. `root` is `<icecast>`.
pub(super) fn finish(translator: &mut Translator, root: &Element) {
    let Some(default) = root.child("relays-on-demand") else { return };
    if translator.flag(&default.setting) != Some(true) {
        return;
    }
    for at in 0..translator.draft.tables.len() {
        let table = &translator.draft.tables[at];
        if table.get("relay").is_some() && table.get("relay_on_demand").is_none() {
            translator.put(Place::Table(at), "relay_on_demand", "true".to_owned(), &default.setting);
        }
    }
}

/// `<relays-on-demand>` applies to relays without `<on-demand>`, and to those of a master.
pub(super) fn relays_on_demand(translator: &mut Translator, element: &Element) {
    match translator.flag(&element.setting) {
        Some(true) => translator.already_so(
            &element.setting,
            "relays without <on-demand>, and those of a master, connect for their listeners",
        ),
        Some(false) => {
            translator.already_so(&element.setting, "relays without <on-demand> are always connected")
        }
        None => {}
    }
}

/// Returns the upstreams in order of priority. Each is an element, followed by those in which a setting is
/// looked up that it does not have itself.
fn upstreams(relay: &Element) -> Vec<Vec<&Element>> {
    let is_default = |element: &&Element| element.attribute("type") == Some("default");
    let several =
        || relay.children.iter().filter(|it| ["upstream", "master", "host"].contains(&it.name.as_str()));
    let defaults: Vec<&Element> = several().filter(is_default).chain([relay]).collect();
    let mut ordered: Vec<(i64, Vec<&Element>)> = Vec::new();
    for element in several().filter(|element| !is_default(element)) {
        let upstream: Vec<&Element> = [element].into_iter().chain(defaults.iter().copied()).collect();
        let given =
            element.text("priority").and_then(|text| text.parse().ok()).filter(|priority| *priority != 0);
        let last = ordered.last().map_or(0, |(priority, _)| *priority);
        let priority: i64 = given.unwrap_or(last.saturating_add(1));
        let at = ordered.iter().position(|(other, _)| given.is_some() && *other > priority);
        ordered.insert(at.unwrap_or(ordered.len()), (priority, upstream));
    }
    if ordered.is_empty() {
        return vec![defaults.iter().rev().copied().collect()];
    }
    ordered.into_iter().map(|(_, upstream)| upstream).collect()
}

/// Returns a setting of an upstream, under its first name that is given.
fn text<'e>(upstream: &[&'e Element], names: &[&str]) -> Option<&'e str> {
    upstream.iter().find_map(|element| names.iter().find_map(|name| element.text(name)))
}

/// Returns the URL of an upstream, with its login.
fn url(upstream: &[&Element]) -> Result<String, StreamUrlError> {
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let login = text(upstream, &["username"]).zip(text(upstream, &["password"]));
    let login = login.map(|(user, password)| format!("{}:{}@", escaped(user), escaped(password)));
    let url = match text(upstream, &["uri"]) {
        Some(uri) => match (uri.split_once("://"), login) {
            (Some((scheme, rest)), Some(login)) if !rest.contains('@') => format!("{scheme}://{login}{rest}"),
            _ => uri.to_owned(),
        },
        None => composed(upstream, &login.unwrap_or_default()),
    };
    StreamUrl::parse(&url).map(|_| url)
}

/// Returns the URL that host, port and mount make. The defaults are Icecast's.
fn composed(upstream: &[&Element], login: &str) -> String {
    let is_tls = text(upstream, &["tls", "ssl"]).and_then(values::flag).unwrap_or(false);
    let scheme = if is_tls { "https" } else { "http" };
    let host = match text(upstream, &["server", "ip"]).unwrap_or("127.0.0.1") {
        address if address.contains(':') => format!("[{}]", address.trim_matches(['[', ']'])),
        host => host.to_owned(),
    };
    let port = text(upstream, &["port"]).unwrap_or("8000");
    format!("{scheme}://{login}{host}:{port}{}", with_slash(text(upstream, &["mount"]).unwrap_or("/")))
}

/// Returns the mount here: `<local-mount>`, else the mount at the upstream.
fn mount(relay: &Element, first: &[&Element]) -> String {
    let by_uri = || {
        let url = StreamUrl::parse(text(first, &["uri"])?).ok()?;
        url.target().split('?').next().map(str::to_owned)
    };
    let local = relay.text("local-mount").or(text(first, &["mount"])).map(str::to_owned);
    with_slash(&local.or_else(by_uri).unwrap_or_else(|| "/".to_owned()))
}

fn with_slash(mount: &str) -> String {
    if mount.starts_with('/') { mount.to_owned() } else { format!("/{mount}") }
}

/// Notes a setting that is in the URL.
fn part(translator: &mut Translator, element: &Element) {
    translator.already_so(&element.setting, "it is part of [[station]] relay");
}

fn port(translator: &mut Translator, element: &Element) {
    if translator.number(&element.setting).is_some() {
        part(translator, element);
    }
}

fn tls(translator: &mut Translator, element: &Element) {
    if translator.flag(&element.setting).is_some() {
        part(translator, element);
    }
}

fn local_mount(translator: &mut Translator, element: &Element) {
    let mount = values::text(&with_slash(&element.setting.value));
    translator.take(translator.current, "mount", mount, &element.setting);
}

fn on_demand(translator: &mut Translator, element: &Element) {
    if let Some(flag) = translator.flag(&element.setting) {
        translator.take(translator.current, "relay_on_demand", flag.to_string(), &element.setting);
    }
}

/// Titles are always relayed: a player that asks for none gets none.
fn titles(translator: &mut Translator, element: &Element) {
    match translator.flag(&element.setting) {
        Some(true) => translator.already_so(&element.setting, "titles are relayed"),
        Some(false) => translator.differs(&element.setting, "titles are relayed nevertheless"),
        None => {}
    }
}

fn upstream(translator: &mut Translator, element: &Element) {
    walk(translator, element, RULES);
}

#[cfg(test)]
mod tests;
