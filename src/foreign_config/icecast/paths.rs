//! `<paths>`.

use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::xml::Element;
use super::{certificates, change_owner};

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
];

/// `logging` has read it.
fn log_dir(translator: &mut Translator, element: &Element) {
    translator.already_so(&element.setting, "the names of logs begin there");
}
