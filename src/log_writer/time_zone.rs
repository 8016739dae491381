//! The time zone of the machine, in which the access log has its times.

use std::env;

use jiff::tz::TimeZone;

/// Returns a warning if the environment names a time zone that is not known here: times are in UTC then.
/// Blocks on the disk.
pub fn warning() -> Option<String> {
    let name = env::var_os("TZ")?;
    let text = || {
        format!(
            "TZ: {name:?} is not known here, so access log and recordings have times in UTC: write a name such \
             as Europe/Oslo, and install tzdata if the machine has no /usr/share/zoneinfo"
        )
    };
    TimeZone::try_system().is_err().then(text)
}
