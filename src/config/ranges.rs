//! The range of every number in the file, and the reason for it.

use std::ops::RangeInclusive;

/// The range of a key with an integer value.
#[derive(Debug)]
pub struct IntegerRange {
    /// The unit, in the plural; may be empty.
    pub unit: &'static str,
    /// The valid values.
    pub range: RangeInclusive<u32>,
    /// A common value, for error messages.
    pub example: u32,
}

/// The range of a key whose value is a number with or without decimals.
#[derive(Debug)]
pub struct DecimalRange {
    /// The unit, in the plural.
    pub unit: &'static str,
    /// The valid values.
    pub range: RangeInclusive<f64>,
    /// A common value, for error messages.
    pub example: f64,
}

/// `id`: tools send 0 for "no stream", and some store the number in 31 bits.
pub const ID: IntegerRange = IntegerRange { unit: "", range: 1..=i32::MAX as u32, example: 1 };

/// `metaint`: above a mebibyte, which is a minute at 128 kbit/s, titles would come too rarely. Icecast and
/// most stations use 16,000.
pub const METAINT: IntegerRange = IntegerRange { unit: "bytes", range: 1..=1_048_576, example: 16_000 };

/// `burst_s`: players buffer a few seconds. With a burst of a minute, every listener hears the live programme
/// a minute later.
pub const BURST: DecimalRange = DecimalRange { unit: "seconds", range: 0.0..=60.0, example: 5.0 };

/// `buffer_s`: below one second every short stall of a connection would cause a gap. Ten minutes at 320
/// kbit/s are 24 MB.
pub const BUFFER: DecimalRange = DecimalRange { unit: "seconds", range: 1.0..=600.0, example: 30.0 };

/// `burst_bytes`: a minute at 320 kbit/s is 2.4 MB. Icecast's default is 65,536.
pub const BURST_BYTES: IntegerRange = IntegerRange { unit: "bytes", range: 0..=4_194_304, example: 65_536 };

/// `buffer_bytes`: 64 MiB are more than ten minutes at any bit rate. Icecast's default is 512,000.
pub const BUFFER_BYTES: IntegerRange =
    IntegerRange { unit: "bytes", range: 16_384..=67_108_864, example: 524_288 };

/// `max_listener_duration_s`: a month is longer than any player stays connected.
pub const LISTENER_DURATION: IntegerRange =
    IntegerRange { unit: "seconds", range: 1..=2_592_000, example: 14_400 };

/// `header_timeout_s`: a request over a bad mobile link takes some seconds. Longer than two minutes, clients
/// that send nothing would fill the server.
pub const HEADER_TIMEOUT: IntegerRange = IntegerRange { unit: "seconds", range: 1..=120, example: 15 };

/// `max_source_bitrate` and `min_source_bitrate`: MP3 has at most 320 kbit/s, AAC 576.
pub const SOURCE_BITRATE: IntegerRange = IntegerRange { unit: "kbit/s", range: 1..=2000, example: 192 };

/// `delivery_interval_ms`: the slots of the delivery wheel are 20 ms wide, so a shorter interval would have
/// no effect. Players run dry when they receive nothing for more than ten seconds, whatever the burst.
pub const DELIVERY_INTERVAL: IntegerRange =
    IntegerRange { unit: "milliseconds", range: 20..=10_000, example: 1000 };

/// `max_listeners`: Linux allows a process at most 1,048,576 open files (`fs.nr_open`), and each listener
/// needs one.
pub const LISTENERS: IntegerRange = IntegerRange { unit: "listeners", range: 1..=1_000_000, example: 500 };

/// `[[unlisted.mount]]`: each login at a new mount compares it with all patterns.
pub const MOUNT_PATTERNS_MAX: usize = 1000;

/// `max_sources`: there are no more stations than this.
pub const SOURCES: IntegerRange = IntegerRange { unit: "sources", range: 1..=65_536, example: 10 };

/// `max_connections_per_address`: 0 means no limit. The maximum is the same as for `max_listeners`.
pub const CONNECTIONS: IntegerRange = IntegerRange { unit: "connections", range: 0..=1_000_000, example: 20 };

/// `request_memory_mb`: rendered pages alone take up to 4 MB, and pictures 8 MB. A tebibyte is more than any
/// machine has.
pub const REQUEST_MEMORY: IntegerRange =
    IntegerRange { unit: "megabytes", range: 8..=1_048_576, example: 64 };

/// `log_size_kb`: a line of a log has at most 4 KB. A tebibyte is more than disks for logs have.
pub const LOG_SIZE: IntegerRange =
    IntegerRange { unit: "kilobytes", range: 4..=1_073_741_824, example: 10_000 };

/// `encode_workers`: one worker encodes about 50 stations in real time, so more than this would serve more
/// stations than a process can have.
pub const ENCODE_WORKERS: IntegerRange = IntegerRange { unit: "processes", range: 1..=256, example: 2 };

/// `channels` of a station's format and of a rendition: MP3 has no others.
pub const CHANNELS: IntegerRange = IntegerRange { unit: "channels", range: 1..=2, example: 2 };

/// `loudness`: streams are between -23 (EBU R 128) and -14 LUFS. A limiter that has to bring music to more
/// than -5 makes noise of it; below -40 listeners hear nothing.
pub const LOUDNESS: DecimalRange = DecimalRange { unit: "LUFS", range: -40.0..=-5.0, example: -16.0 };

/// `source_timeout_s`: encoders pause for a second or two when their connection stalls. A source that sends
/// nothing for an hour does not come back.
pub const SOURCE_TIMEOUT: IntegerRange = IntegerRange { unit: "seconds", range: 1..=3600, example: 10 };

/// `title_delay_ms`: encoders announce a title up to about ten seconds before they send its audio.
pub const TITLE_DELAY: IntegerRange = IntegerRange { unit: "milliseconds", range: 0..=60_000, example: 2000 };

/// `max_silence_s`: 0 means no limit. More than a day would be practically the same.
pub const SILENCE: IntegerRange = IntegerRange { unit: "seconds", range: 0..=86_400, example: 300 };

/// `max` of unlisted stations: as many as there can be stations.
pub const UNLISTED: IntegerRange = IntegerRange { unit: "stations", range: 1..=1000, example: 10 };

/// `max_silence_s` of unlisted stations: without a limit, none of them would ever end.
pub const UNLISTED_SILENCE: IntegerRange = IntegerRange { unit: "seconds", range: 1..=86_400, example: 10 };

/// `touch_interval_s`: directories drop a station that they do not hear of for some minutes.
pub const TOUCH_INTERVAL: IntegerRange = IntegerRange { unit: "seconds", range: 30..=3600, example: 200 };

/// `timeout_s` of directories: a request to one that does not answer delays those about other stations.
pub const DIRECTORY_TIMEOUT: IntegerRange = IntegerRange { unit: "seconds", range: 1..=300, example: 15 };

/// `interval_s` of a master: its list is short, but each mount begins up to an interval late.
pub const MASTER_INTERVAL: IntegerRange = IntegerRange { unit: "seconds", range: 1..=86_400, example: 120 };

/// `max` of a master's mounts: as many as there can be stations.
pub const MASTER_MOUNTS: IntegerRange = IntegerRange { unit: "mounts", range: 1..=1000, example: 100 };

/// `priority` of a DJ: 0 is the priority of the shared source account.
pub const PRIORITY: IntegerRange = IntegerRange { unit: "", range: 0..=1000, example: 10 };

/// Maximum number of DJs of a station. A login is compared with each of them.
pub const DJS_MAX: usize = 1000;

/// Maximum length of a user name or a password in bytes: the input fields of encoders are not longer.
pub const LOGIN_MAX: usize = 255;

/// Maximum number of other paths. The path of each request is compared with each of them.
pub const ALIASES_MAX: usize = 256;

/// `port` of another path.
pub const PORT: IntegerRange = IntegerRange { unit: "", range: 1..=65_535, example: 8000 };

/// Maximum number of addresses to listen on: more than any machine reasonably has.
pub const ADDRESSES_MAX: usize = 64;

/// Maximum number of trusted proxies. Each connection is compared with each of them. Larger sets can be
/// written as networks.
pub const PROXIES_MAX: usize = 256;

/// Maximum number of origins in `embed_from`, which are in a header of each response.
pub const ORIGINS_MAX: usize = 50;

/// Maximum number of stations and renditions together in one process. Each station has a thread that reads
/// its music. Beyond a thousand, several processes are better, because they use more than one core.
pub const STATIONS_MAX: usize = 1000;

/// Maximum number of directories. Each has a thread.
pub const DIRECTORIES_MAX: usize = 8;

/// Maximum number of addresses of a relay: a failing station tries all of them, one after the other.
pub const RELAY_URLS_MAX: usize = 16;

/// Maximum number of renditions of a station: eight take about a tenth of a core, and no player offers a
/// longer choice.
pub const RENDITIONS_MAX: usize = 8;

/// Maximum length of a name, a description, a genre or a URL in bytes. Together they stay below the 10,000
/// bytes of a response head that the checker of radio-browser reads, and players show no more than one line.
pub const TEXT_MAX: usize = 1000;

/// Maximum length of a logo's URL in bytes: every stream response contains it.
pub const LOGO_MAX: usize = 300;

/// Maximum number of languages of a station: every stream response contains them.
pub const LANGUAGES_MAX: usize = 10;

/// Maximum length of a mount in bytes: it is in the first line of a request, and in every line of the log.
pub const MOUNT_MAX: usize = crate::http::request::station_ref::MOUNT_MAX;

impl IntegerRange {
    /// Describes a valid value, as the end of "expected …".
    pub fn expectation(&self) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" of {}", self.unit) };
        let (min, max) = (self.range.start(), self.range.end());
        format!("a whole number{unit} from {min} to {max}, such as {}", self.example)
    }
}

impl DecimalRange {
    /// Describes a valid value, as the end of "expected …".
    pub fn expectation(&self) -> String {
        let (min, max) = (self.range.start(), self.range.end());
        format!("a number of {} from {min} to {max}, such as {:.1}", self.unit, self.example)
    }
}
