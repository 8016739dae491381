//! The JSON of the last reload, and of the settings that apply.

use serde::Serialize;

use crate::pages::api::rfc3339;
use crate::pages::{AdminSnapshot, LastReload};
use crate::settings::Description;
use crate::time::WallClock;

/// The last reload of the configuration.
#[derive(Serialize)]
pub struct LastReloadJson<'a> {
    /// `None` if there was none since the start.
    last: Option<ReloadJson<'a>>,
}

/// One reload.
#[derive(Serialize)]
pub struct ReloadJson<'a> {
    result: &'static str,
    changes: &'a [String],
    errors: &'a [String],
    warnings: &'a [String],
    requested_by: &'a str,
    /// When it ended.
    at: String,
}

/// The settings that apply.
#[derive(Serialize)]
pub struct SettingsJson<'a> {
    settings: Option<&'a Description>,
}

impl<'a> LastReloadJson<'a> {
    /// Creates the report of the last reload of `snapshot`.
    pub fn new(snapshot: &'a AdminSnapshot) -> Self {
        let clock = snapshot.public.clock;
        Self { last: snapshot.last_reload.as_ref().map(|last| ReloadJson::new(last, clock)) }
    }
}

impl<'a> ReloadJson<'a> {
    fn new(LastReload { report, ended_at }: &'a LastReload, clock: WallClock) -> Self {
        Self {
            result: report.result().as_str(),
            changes: report.changes(),
            errors: report.errors(),
            warnings: &report.warnings,
            requested_by: &report.requested_by,
            at: rfc3339(clock, *ended_at),
        }
    }
}

impl<'a> SettingsJson<'a> {
    /// Creates the settings of `snapshot`.
    pub fn new(snapshot: &'a AdminSnapshot) -> Self {
        Self { settings: snapshot.settings.as_deref() }
    }
}
