//! The files of certificates: `<paths>` in Icecast 2.4 and the KH branch, `<tls-context>` in 2.5.

use super::super::draft::{Place, Table};
use super::super::finding::Effect;
use super::super::rules::{Rule, Rules};
use super::super::translator::{Translator, path_value};
use super::super::xml::Element;
use super::walk::walk;

const HEADER: &str = "[[tls]]";

const CONTEXT_RULES: Rules<Element> =
    &[("tls-certificate", Rule::Take(certificate)), ("tls-key", Rule::Take(private_key))];

/// `<tls-context>` of Icecast 2.5.
pub(super) fn context(translator: &mut Translator, element: &Element) {
    walk(translator, element, CONTEXT_RULES);
}

/// The certificate with its chain. Without a file for the key, the key is in it, too.
pub(super) fn certificate(translator: &mut Translator, element: &Element) {
    file(translator, element, "certificate");
}

/// The private key.
pub(super) fn private_key(translator: &mut Translator, element: &Element) {
    file(translator, element, "key");
}

/// The chain of the KH branch.
pub(super) fn chain(translator: &mut Translator, element: &Element) {
    let how = "the chain is read from the file of the certificate: append this file to it";
    translator.differs(&element.setting, how);
}

fn file(translator: &mut Translator, element: &Element, key: &'static str) {
    let path = path_value(&translator.path(&element.setting.value));
    let tables = &mut translator.draft.tables;
    let place = match tables.iter().position(|table| table.header == HEADER) {
        Some(at) => Place::Table(at),
        None => translator.draft.add_table(HEADER, &element.setting),
    };
    translator.take(place, key, path, &element.setting);
}

/// Takes a key without a certificate away: Icecast speaks no TLS then, either.
pub(super) fn drop_key_alone(translator: &mut Translator) {
    let tables = &mut translator.draft.tables;
    let is_alone = |table: &Table| table.header == HEADER && table.get("certificate").is_none();
    let Some(at) = tables.iter().position(is_alone) else { return };
    if let Some(origin) = tables.remove(at).origin {
        let why = "there is no certificate for it: <ssl-certificate> is missing";
        translator.replace_findings(&origin, Effect::NoEffect(why.to_owned()));
    }
}
