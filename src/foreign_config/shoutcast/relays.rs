//! Relays of other servers.

use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::lines::ShoutcastLine;
use super::read_values::flag;

pub(super) const RULES: Rules<ShoutcastLine> = &[
    (
        "relayreconnecttime",
        Rule::NoEffect("a relay is tried again after one second, and then after longer times"),
    ),
    ("relayconnectretries", Rule::NoEffect("a relay is tried again without a limit")),
    ("maxhttpredirects", Rule::NoEffect("at most five redirects are followed")),
    ("allowrelay", Rule::Take(allow_relay)),
    ("allowpublicrelay", Rule::NoEffect(PUBLIC_RELAY)),
    ("cdn", Rule::NoEffect(CDN)),
    ("cdnmaster", Rule::NoEffect(CDN)),
    ("cdnslave", Rule::NoEffect(CDN)),
];

pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[
    ("relayserver", Rule::Take(relay_server)),
    ("relayport", Rule::Take(relay_port)),
    ("streamrelayurl", Rule::Take(relay_url)),
    ("streambackupurl", Rule::Take(backup_url)),
    ("streamallowrelay", Rule::Take(allow_relay)),
    ("streamallowpublicrelay", Rule::NoEffect(PUBLIC_RELAY)),
];

const PUBLIC_RELAY: &str = "SHOUTcast's directory, in which relays list themselves, is not announced to";

const CDN: &str = "servers find each other by their relays only";

/// Returns the URL of a stream. Files have it with and without a scheme.
fn url(text: &str) -> String {
    if text.contains("://") { text.to_owned() } else { format!("http://{text}") }
}

/// Sets what is relayed: the first of these that works.
fn relay_url(translator: &mut Translator, line: &ShoutcastLine) {
    let mut urls = vec![values::text(&url(&line.setting.value))];
    urls.extend(line.of_same_stream("streambackupurl").map(|backup| values::text(&url(&backup.value))));
    let value = if urls.len() == 1 { urls.remove(0) } else { values::list(urls) };
    translator.take(translator.current, "relay", value, &line.setting);
}

/// Relays another stream while there is no source.
fn backup_url(translator: &mut Translator, line: &ShoutcastLine) {
    let relays = ["streamrelayurl", "relayserver"].iter().find_map(|key| line.of_same_stream(key));
    match relays {
        Some(_) => translator.already_so(&line.setting, "it is relayed while the relay does not work"),
        None => {
            let value = values::text(&url(&line.setting.value));
            translator.take(translator.current, "relay", value, &line.setting);
        }
    }
}

/// Sets the relay of the file of version 1, which is that of stream 1.
fn relay_server(translator: &mut Translator, line: &ShoutcastLine) {
    let port = line.other("relayport").map_or("80", |port| port.value.as_str());
    let mut urls = vec![values::text(&url(&format!("{}:{port}/", line.setting.value.trim_end_matches('/'))))];
    urls.extend(line.of_same_stream("streambackupurl").map(|backup| values::text(&url(&backup.value))));
    translator.take(translator.current, "relay", values::list(urls), &line.setting);
}

fn relay_port(translator: &mut Translator, line: &ShoutcastLine) {
    match line.other("relayserver") {
        Some(_) => translator.already_so(&line.setting, "the port of the relay"),
        None => translator.no_effect(&line.setting, "relayserver is missing"),
    }
}

fn allow_relay(translator: &mut Translator, line: &ShoutcastLine) {
    match flag(translator, line) {
        Some(true) => translator.already_so(&line.setting, "relays are listeners like others"),
        Some(false) => {
            translator.no_effect(&line.setting, "relays are listeners like others, and are not refused")
        }
        None => {}
    }
}
