//! `listen` and `source_listen`: addresses of this machine.

use std::net::SocketAddr;

use super::ranges::ADDRESSES_MAX;
use super::section::{Located, Section};
use crate::settings::Listen;

/// What such a list expects.
const ADDRESSES_EXPECTED: &str =
    r#"a list of addresses with ports, such as ["[::]:8000"] or ["127.0.0.1:8000"]"#;

/// The addresses for everybody. None if nothing is said, or nothing right.
pub fn listen(section: &mut Section<'_, '_, '_>) -> Option<Vec<Listen>> {
    addresses(section, "listen").filter(|all| !all.is_empty())
}

/// The addresses for SHOUTcast v1 sources; none in the list, if there are to be none.
pub fn source_listen(section: &mut Section<'_, '_, '_>) -> Option<Vec<Listen>> {
    let key = "source_listen";
    if section.is_empty_list(key) { Some(Vec::new()) } else { addresses(section, key) }
}

fn addresses(section: &mut Section<'_, '_, '_>, key: &str) -> Option<Vec<Listen>> {
    let texts = section.strings(key, ADDRESSES_EXPECTED)?;
    if texts.value.len() > ADDRESSES_MAX {
        section.report_rejected(key, texts.span, &format!("has more than {ADDRESSES_MAX} addresses"));
        return None;
    }
    let mut addresses: Vec<Located<Listen>> = Vec::new();
    for text in texts.value {
        match text.value.parse::<SocketAddr>() {
            Ok(address) => addresses.push(Located { value: Listen::new(address), span: text.span }),
            Err(_) => section.report_invalid(key, text.span, ADDRESSES_EXPECTED),
        }
    }
    for (place, one) in addresses.iter().enumerate() {
        let other = addresses[..place].iter().find(|other| one.value.overlaps(other.value.address));
        if let Some(other) = other {
            let why = format!("is covered by {} in the same list", other.value.address);
            section.report_rejected(key, one.span.clone(), &why);
        }
    }
    Some(addresses.into_iter().map(|address| address.value).collect())
}
