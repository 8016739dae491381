//! `pid_file`, `user` and `group` of `[server]`.

use std::path::Path;

use super::paths;
use super::section::Section;
use crate::privileges::{GROUP, USER};
use crate::settings::ProcessSettings;

const PID_FILE: &str = "pid_file";

/// The most bytes of a name. Linux allows 32.
const NAME_MAX: usize = 64;

/// Returns the settings of the process. Whether a user exists is found out at the start.
pub fn read(section: &mut Section<'_, '_, '_>, folder: &Path) -> ProcessSettings {
    let (user, group) = (name(section, USER), name(section, GROUP));
    if group.is_some() && user.is_none() {
        let at = section.span(GROUP).map_or(section.start, |span| span.start);
        section.report_error(GROUP, at, "needs user");
    }
    let pid_file = section.string(PID_FILE, r#""/run/coldwave/coldwave.pid""#).and_then(|text| {
        let path = paths::pid_file(folder, text.value);
        path.map_err(|reason| section.report_rejected(PID_FILE, text.span, &reason)).ok()
    });
    ProcessSettings { pid_file, user, group }
}

fn name(section: &mut Section<'_, '_, '_>, key: &str) -> Option<String> {
    let text = section.string(key, r#""coldwave""#)?;
    let is_valid =
        !text.value.is_empty() && text.value.len() <= NAME_MAX && !text.value.contains(char::is_control);
    if !is_valid {
        section.report_invalid(key, text.span.clone(), "1 to 64 bytes, the name of a user or group");
    }
    is_valid.then(|| text.value.to_owned())
}
