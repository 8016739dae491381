//! `[unlisted]`: the stations that exist only while they have a source.

use super::delivery::{self, Delivery};
use super::keys::{self, LocatedTable};
use super::logins::{self, LoginMethod};
use super::problems::Problems;
use super::ranges::{LISTENERS, UNLISTED, UNLISTED_SILENCE};
use super::section::Section;
use super::station::StationContext;
use super::{directory, sources, station, unlisted_mounts};
use crate::settings::UnlistedSettings;

const PASSWORD: &str = "source_password";

/// Returns the settings of unlisted stations, if there is an `[unlisted]` table.
pub fn read<'t>(
    found: Option<LocatedTable<'_, 't>>,
    context: StationContext<'_>,
    problems: &mut Problems<'t>,
) -> Option<UnlistedSettings> {
    let (table, start) = found?;
    let mounts = unlisted_mounts::read_all(table, context, problems);
    let mut section = Section::new(table, start, &keys::UNLISTED, problems);
    if section.span(PASSWORD).is_none() {
        section.report_missing(PASSWORD, "is required, the password that creates stations");
    }
    let defaults = UnlistedSettings::default();
    let account =
        logins::account(&mut section, ["source_user", PASSWORD], LoginMethod::Encoder, defaults.account);
    let Delivery { burst, burst_bytes, buffer, buffer_bytes } = delivery::read(&mut section);
    Some(UnlistedSettings {
        account,
        mounts,
        max: section.integer("max", &UNLISTED).map_or(defaults.max, |max| max.value as usize),
        public: directory::public(&mut section).unwrap_or(defaults.public),
        hidden: section.flag("hidden").unwrap_or(defaults.hidden),
        burst,
        burst_bytes,
        buffer,
        buffer_bytes,
        icy_status_line: section.choice("icy_status_line", station::ICY).unwrap_or(defaults.icy_status_line),
        max_listeners: section.integer("max_listeners", &LISTENERS).map(|max| max.value as usize),
        max_listener_duration: delivery::max_listener_duration(&mut section),
        bitrates: sources::bitrates(&mut section),
        timeout: sources::timeout(&mut section).unwrap_or(defaults.timeout),
        takeover: section.choice("takeover", sources::TAKEOVERS).unwrap_or(defaults.takeover),
        charset: sources::charset(&mut section),
        title_delay: sources::title_delay(&mut section).unwrap_or(defaults.title_delay),
        max_silence: sources::max_silence(&mut section, &UNLISTED_SILENCE).unwrap_or(defaults.max_silence),
    })
}
