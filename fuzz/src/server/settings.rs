//! The settings of the stations, as the input selects them.

use std::time::Duration;

use coldwave::audio::Header;
use coldwave::settings::{Account, LiveStart, Secret, SourceSettings, StationSettings, Takeover};

use super::script::Script;

/// A metadata interval below this many bytes makes many metadata blocks.
pub const SHORT_METAINT: u32 = 300;

/// Returns the settings of a station.
pub fn settings(id: u32, script: &mut Script) -> StationSettings {
    let metaint = script.one_of(&[16_000, 8192, 300, 61, 1]);
    // With a block every few bytes, a second of audio takes as many steps as a minute does otherwise.
    let longest = if metaint < SHORT_METAINT { Duration::from_millis(500) } else { Duration::MAX };
    let mut seconds = || Duration::from_millis(script.number() as u64 * 50).min(longest);
    let (burst, buffer) = (seconds(), seconds());
    StationSettings {
        id,
        mount: format!("/{id}"),
        name: id.to_string(),
        metaint,
        burst,
        buffer,
        delivery_interval: Duration::from_millis(4 * script.number() as u64),
        max_listeners: script.one_of(&[None, Some(0), Some(2)]),
        sources: sources(id),
        ..StationSettings::default()
    }
}

fn sources(id: u32) -> SourceSettings {
    let account = Account { user: "source".into(), password: Some(Secret::new("hackme")) };
    let common = SourceSettings { account, ..SourceSettings::default() };
    match id {
        1 => SourceSettings { takeover: Takeover::AnyUser, timeout: Duration::from_secs(4), ..common },
        _ => SourceSettings {
            live_start: LiveStart::EndOfTrack,
            max_silence: Duration::from_secs(3),
            allow_codec_change: true,
            ..common
        },
    }
}

/// Returns the formats of a tone's tracks, in turn.
pub fn formats(seed: usize) -> Vec<Header> {
    let all = [(44_100, 2, 128), (48_000, 2, 320), (22_050, 1, 64), (32_000, 2, 192), (8_000, 1, 64)];
    let format = |(rate, channels, kbps)| Header::new_mp3(rate, channels, kbps).expect("a format");
    vec![format(all[seed % 5]), format(all[seed / 5 % 5])]
}
