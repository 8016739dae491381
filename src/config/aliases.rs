//! `[[alias]]`: other paths for what is at a path.

use std::net::IpAddr;

use super::keys::{self, LocatedTable};
use super::problems::Problems;
use super::ranges::{ALIASES_MAX, MOUNT_MAX, PORT};
use super::section::Section;
use crate::settings::Alias;

const FROM: &str = "from";
const TO: &str = "to";
const ADDRESS: &str = "address";

/// Returns the aliases, in the order of the file.
pub fn read_all<'t>(found: &[LocatedTable<'_, 't>], problems: &mut Problems<'t>) -> Vec<Alias> {
    let mut all: Vec<Alias> = Vec::new();
    for &(table, start) in found {
        let mut section = Section::new(table, start, &keys::ALIAS, problems);
        if all.len() == ALIASES_MAX {
            section.report_error(FROM, start, &format!("expected at most {ALIASES_MAX} tables"));
            break;
        }
        let Some(alias) = read(&mut section) else { continue };
        let is_same = |other: &&Alias| {
            (&other.from, other.address, other.port) == (&alias.from, alias.address, alias.port)
        };
        match all.iter().find(is_same) {
            Some(_) => section.report_error(FROM, start, "is in an earlier [[alias]] table, which is used"),
            None => all.push(alias),
        }
    }
    all
}

fn read(section: &mut Section<'_, '_, '_>) -> Option<Alias> {
    let (from, to) = (path(section, FROM), path(section, TO));
    let address = address(section);
    let port = section.integer("port", &PORT).and_then(|port| u16::try_from(port.value).ok());
    Some(Alias { from: from?, to: to?, address, port })
}

/// Reads a path. Unlike a mount, it may be one that has a page.
fn path(section: &mut Section<'_, '_, '_>, key: &'static str) -> Option<String> {
    if section.span(key).is_none() {
        section.report_missing(key, "is required, a path such as \"/status.xsl\"");
    }
    let text = section.string(key, r#""/status.xsl""#)?;
    let reason = if !text.value.starts_with('/') {
        "does not begin with /, expected a path such as \"/status.xsl\""
    } else if text.value.contains(|c: char| c.is_control() || "?#".contains(c)) {
        "contains a character that no path can have: what follows ? or # is not a part of it"
    } else if text.value.len() > MOUNT_MAX {
        "is too long"
    } else {
        return Some(text.value.to_owned());
    };
    section.report_rejected(key, text.span, reason);
    None
}

fn address(section: &mut Section<'_, '_, '_>) -> Option<IpAddr> {
    let text = section.string(ADDRESS, r#""192.0.2.1""#)?;
    let address = text.value.trim_matches(['[', ']']).parse::<IpAddr>();
    if address.is_err() {
        section.report_invalid(ADDRESS, text.span, "an IP address of this server, such as \"192.0.2.1\"");
    }
    address.ok().map(|address| address.to_canonical())
}
