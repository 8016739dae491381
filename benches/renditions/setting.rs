//! The renditions that are measured.

use coldwave::transcode::{Rung, TargetFormat};

/// The six renditions that are proposed for a station, and two with which there are eight.
const SETTINGS: [(u32, u8, u16); 8] = [
    (44_100, 2, 320),
    (44_100, 2, 192),
    (44_100, 2, 128),
    (44_100, 2, 96),
    (44_100, 2, 64),
    (24_000, 2, 64),
    (22_050, 2, 48),
    (22_050, 1, 32),
];

/// Returns the rungs whose names contain one of these texts; all if there are none.
pub fn rungs(only: &[String]) -> Vec<Rung> {
    let all = (1..).zip(SETTINGS).map(|(id, setting)| Rung { id, format: format(setting), first: 0 });
    all.filter(|rung| only.is_empty() || only.iter().any(|part| name(rung.format).contains(part))).collect()
}

/// Returns a format.
pub const fn format((rate, channels, kbps): (u32, u8, u16)) -> TargetFormat {
    TargetFormat { rate, channels, kbps }
}

/// Returns the name of a format: `44100-2-128`.
pub fn name(format: TargetFormat) -> String {
    let TargetFormat { rate, channels, kbps } = format;
    format!("{rate}-{channels}-{kbps}")
}

/// Returns the format with this name, if it is one.
pub fn parse(name: &str) -> Option<TargetFormat> {
    let mut parts = name.split('-');
    let (rate, channels, kbps) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format((rate.parse().ok()?, channels.parse().ok()?, kbps.parse().ok()?)))
}
