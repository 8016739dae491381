//! `[master]`: the server whose mounts are relayed.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::keys::{self, LocatedTable};
use super::problems::Problems;
use super::ranges::{LOGIN_MAX, MASTER_INTERVAL, MASTER_MOUNTS};
use super::section::Section;
use crate::settings::MasterSettings;
use crate::stream_url::StreamUrl;

const URL: &str = "url";
const USER: &str = "user";
const PASSWORD: &str = "password";

const URL_EXPECTED: &str =
    r#"the address of a server without a login and a path, such as "http://master.example:8000""#;

/// Returns the master, if there is a `[master]` table.
pub fn read<'t>(found: Option<LocatedTable<'_, 't>>, problems: &mut Problems<'t>) -> Option<MasterSettings> {
    let (table, start) = found?;
    let mut section = Section::new(table, start, &keys::MASTER, problems);
    if section.span(URL).is_none() {
        section.report_missing(URL, &format!("is required, expected {URL_EXPECTED}"));
    }
    let login = login(&mut section);
    let url = url(&mut section, &login);
    let interval = section.integer("interval_s", &MASTER_INTERVAL);
    let on_demand = section.flag("on_demand").unwrap_or_default();
    let max = section.integer("max", &MASTER_MOUNTS).map_or(MasterSettings::MAX, |max| max.value as usize);
    Some(MasterSettings {
        url: url?,
        interval: interval
            .map_or(MasterSettings::INTERVAL, |interval| Duration::from_secs(interval.value.into())),
        on_demand,
        max,
    })
}

/// Returns the login as it is written in a URL; empty without a password.
fn login(section: &mut Section<'_, '_, '_>) -> String {
    let user = text(section, USER);
    let Some(password) = text(section, PASSWORD) else {
        if user.is_some() {
            section.warn(USER, "has no effect without password");
        }
        return String::new();
    };
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!("{}:{}@", escaped(user.unwrap_or(MasterSettings::USER)), escaped(password))
}

fn text<'d>(section: &mut Section<'_, 'd, '_>, key: &str) -> Option<&'d str> {
    let text = section.secret(key)?;
    let is_valid = (1..=LOGIN_MAX).contains(&text.value.len()) && !text.value.contains(char::is_control);
    if !is_valid || key == USER && text.value.contains(':') {
        section.report_error(key, text.start(), &format!("expected 1 to {LOGIN_MAX} bytes on one line"));
        return None;
    }
    Some(text.value)
}

fn url(section: &mut Section<'_, '_, '_>, login: &str) -> Option<StreamUrl> {
    let text = section.secret(URL)?;
    let address = text.value.trim_end_matches('/');
    let url = match address.split_once("://") {
        Some((scheme, rest)) if !rest.contains(['/', '@', '?', '#']) => {
            StreamUrl::parse(&format!("{scheme}://{login}{rest}/")).ok()
        }
        _ => None,
    };
    if url.is_none() {
        section.report_error(URL, text.start(), &format!("expected {URL_EXPECTED}"));
    }
    url
}
