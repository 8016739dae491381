//! `listen` and `source_listen`: the addresses on which coldwave listens.

use super::listen_text;
use super::ranges::ADDRESSES_MAX;
use super::section::{Located, Section};
use crate::settings::Listen;

/// The key of the addresses for everyone.
pub const LISTEN: &str = "listen";

/// The expected value, for error messages.
const ADDRESSES_EXPECTED: &str =
    r#"a port or a list of addresses with ports, such as 8000, ["[::]:8000"] or ["127.0.0.1:8000"]"#;

/// Returns the addresses in `listen`; `None` if the key is missing or has no valid address.
pub fn listen(section: &mut Section<'_, '_, '_>) -> Option<Vec<Listen>> {
    addresses(section, LISTEN).filter(|all| !all.is_empty())
}

/// Returns the addresses for SHOUTcast v1 sources in `source_listen`. An empty list disables the separate
/// ports.
pub fn source_listen(section: &mut Section<'_, '_, '_>) -> Option<Vec<Listen>> {
    let key = "source_listen";
    if section.is_empty_list(key) { Some(Vec::new()) } else { addresses(section, key) }
}

fn addresses(section: &mut Section<'_, '_, '_>, key: &str) -> Option<Vec<Listen>> {
    let texts = section.strings_or_integers(key, ADDRESSES_EXPECTED)?;
    if texts.value.len() > ADDRESSES_MAX {
        section.report_rejected(key, texts.span, &format!("has more than {ADDRESSES_MAX} addresses"));
        return None;
    }
    let mut addresses: Vec<Located<Listen>> = Vec::new();
    for text in texts.value {
        match listen_text::parse(&text.value) {
            Ok(all) => {
                let located = |value| Located { value, span: text.span.clone() };
                addresses.extend(all.into_iter().map(located));
            }
            Err(reason) => {
                section.report_rejected(key, text.span, &format!("{reason}; expected {ADDRESSES_EXPECTED}"));
            }
        }
    }
    let mut reported = None;
    for (index, address) in addresses.iter().enumerate() {
        let other = addresses[..index].iter().find(|other| address.value.overlaps(other.value.address));
        // A name has several addresses.
        if let Some(other) = other.filter(|_| reported.as_ref() != Some(&address.span)) {
            reported = Some(address.span.clone());
            let reason = format!("is covered by {} in the same list", other.value.address);
            section.report_rejected(key, address.span.clone(), &reason);
        }
    }
    Some(addresses.into_iter().map(|address| address.value).collect())
}
