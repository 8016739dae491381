//! `dj`: people with a name and a password of their own.

use super::keys;
use super::logins::{self, LoginMethod};
use super::ranges::{DJS_MAX, PRIORITY};
use super::section::Section;
use super::texts;
use crate::settings::{Account, Dj, Secret};

const DJ: &str = "dj";

/// The expected value, for error messages. An invalid value may contain passwords and is not repeated.
const DJS_EXPECTED: &str = r#"a list such as [{ name = "nina", password = "…" }]"#;

/// Returns the DJs of the station in this section. `source` is the account that the station has besides its
/// DJs.
pub fn read(section: &mut Section<'_, '_, '_>, source: &Account) -> Vec<Dj> {
    let Some(mut djs) = section.tables(DJ, &keys::DJ, DJS_EXPECTED, read_dj) else { return Vec::new() };
    if djs.len() > DJS_MAX {
        section.report_error(DJ, djs[DJS_MAX].0, &format!("expected at most {DJS_MAX} of them"));
        djs.truncate(DJS_MAX);
    }
    for (index, (at, dj)) in djs.iter().enumerate() {
        report_duplicates(section, *at, dj, &djs[..index], source);
    }
    djs.into_iter().map(|(_, dj)| dj).collect()
}

/// Returns a DJ and the byte offset of its table in the file.
fn read_dj(mut section: Section<'_, '_, '_>) -> (usize, Dj) {
    for (key, example) in [("name", r#"name = "nina""#), ("password", r#"password = "…""#)] {
        if section.span(key).is_none() {
            section.report_missing(key, &format!("is required, such as {example}"));
        }
    }
    let name =
        logins::user(&mut section, "name", LoginMethod::Encoder).map_or("", |name| name.value).to_owned();
    let password = logins::password(&mut section, "password", &name, LoginMethod::Encoder);
    let priority = section.integer("priority", &PRIORITY).map_or(0, |priority| priority.value);
    let display = texts::line(&mut section, "display", r#""DJ Nina""#).filter(|text| !text.is_empty());
    let dj = Dj {
        display,
        password: password.unwrap_or_else(|| Secret::new("")),
        priority: i32::try_from(priority).unwrap_or(i32::MAX),
        name,
    };
    (section.start, dj)
}

/// Reports names that are used twice, and warns of passwords with which one DJ could log in as another.
fn report_duplicates(
    section: &mut Section<'_, '_, '_>,
    at: usize,
    dj: &Dj,
    earlier: &[(usize, Dj)],
    source: &Account,
) {
    let name = &dj.name;
    if name.is_empty() {
        return;
    }
    if earlier.iter().any(|(_, other)| other.name == *name) {
        section.report_error(DJ, at, &format!("{name:?} is already the name of another DJ"));
    } else if source.password.is_some() && source.user == *name {
        section.report_error(DJ, at, &format!("{name:?} is already the name of source_user"));
    } else if source.password.as_ref() == Some(&dj.password) {
        let message =
            format!("{name:?} has the same password as source_password, so it works without the name");
        section.warn_at(DJ, at, &message);
    } else if let Some((_, other)) = earlier.iter().find(|(_, other)| other.password == dj.password) {
        let message =
            format!("{name:?} and {:?} have the same password, so each can log in as the other", other.name);
        section.warn_at(DJ, at, &message);
    }
}
