//! `<security>`.

use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::xml::Element;
use super::{certificates, change_owner};

pub(super) const RULES: Rules<Element> = &[
    ("chroot", Rule::Take(chroot)),
    ("changeowner", Rule::Take(change_owner::take)),
    ("tls-context", Rule::Take(certificates::context)),
];

fn chroot(translator: &mut Translator, element: &Element) {
    match translator.flag(&element.setting) {
        Some(false) => translator.already_so(&element.setting, "no chroot"),
        Some(true) => {
            let why = "a chroot would hide certificates, music and log files; systemd's ProtectSystem= and \
                       RootDirectory= do more";
            translator.no_effect(&element.setting, why);
        }
        None => {}
    }
}
