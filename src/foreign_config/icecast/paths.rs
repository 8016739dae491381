//! `<paths>`.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::{Translator, path_value};
use super::super::values;
use super::super::xml::Element;
use super::{alias, certificates, change_owner};
use crate::access_lists;

const TRUSTED_PROXIES: &str = "trusted_proxies";

pub(super) const RULES: Rules<Element> = &[
    ("basedir", Rule::NoEffect("nothing is read from there")),
    ("pidfile", Rule::Take(change_owner::pid_file)),
    ("logdir", Rule::Take(log_dir)),
    ("adminroot", Rule::NoEffect("the pages are part of the program")),
    ("ssl-certificate", Rule::Take(certificates::certificate)),
    ("ssl_certificate", Rule::Take(certificates::certificate)),
    ("tls-certificate", Rule::Take(certificates::certificate)),
    ("ssl-private-key", Rule::Take(certificates::private_key)),
    ("ssl-cafile", Rule::Take(certificates::chain)),
    ("deny-ip", Rule::Take(|translator, element| list(translator, element, "deny_ip_file"))),
    ("banfile", Rule::Take(|translator, element| list(translator, element, "deny_ip_file"))),
    ("ban-file", Rule::Take(|translator, element| list(translator, element, "deny_ip_file"))),
    ("allow-ip", Rule::Take(|translator, element| list(translator, element, "allow_ip_file"))),
    ("deny-agents", Rule::Take(|translator, element| list(translator, element, "deny_agents_file"))),
    ("alias", Rule::Take(alias::take)),
    ("resource", Rule::Take(alias::take)),
    ("x-forwarded-for", Rule::Take(forwarded_for)),
];

/// A file with one address or program on each line.
fn list(translator: &mut Translator, element: &Element, key: &'static str) {
    if element.setting.value.is_empty() {
        return translator.already_so(&element.setting, "it names no file");
    }
    let path = path_value(&translator.path(&element.setting.value));
    translator.take(Place::Server, key, path, &element.setting);
}

/// A proxy whose `X-Forwarded-For` is believed; there may be several.
fn forwarded_for(translator: &mut Translator, element: &Element) {
    let Some(network) = access_lists::network_of(&element.setting.value) else {
        return translator.invalid(&element.setting, "the address of a proxy, such as 127.0.0.1");
    };
    let before = translator.draft.table(Place::Server).get(TRUSTED_PROXIES).map(str::to_owned);
    let before = before.iter().map(|list| list.trim_matches(['[', ']']).to_owned());
    let all = before.chain([values::text(&network.to_string())]);
    translator.take(Place::Server, TRUSTED_PROXIES, values::list(all), &element.setting);
}

/// `logging` has read it.
fn log_dir(translator: &mut Translator, element: &Element) {
    translator.already_so(&element.setting, "the names of logs begin there");
}
