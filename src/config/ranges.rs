//! How far every number in the file may go, and why.

use std::ops::RangeInclusive;

/// A whole number that a key may have.
#[derive(Debug)]
pub struct IntegerRange {
    /// What it is a number of.
    pub unit: &'static str,
    /// The least and the most.
    pub range: RangeInclusive<u32>,
    /// One that is often right.
    pub example: u32,
}

/// A length of time in seconds that a key may have, with decimals or without.
#[derive(Debug)]
pub struct SecondsRange {
    /// The least and the most.
    pub range: RangeInclusive<f64>,
    /// One that is often right.
    pub example: f64,
}

/// `id`: 0 is what tools send for "no stream", and some keep the number in 31 bits.
pub const ID: IntegerRange = IntegerRange { unit: "", range: 1..=i32::MAX as u32, example: 1 };

/// `metaint`: nobody would see a title at more than a mebibyte, which is a minute at 128 kbit/s. 16,000 is what
/// Icecast and most stations have.
pub const METAINT: IntegerRange = IntegerRange { unit: "bytes", range: 1..=1_048_576, example: 16_000 };

/// `burst_s`: players buffer some seconds; a minute sent at once delays what is live for everybody by a minute.
pub const BURST: SecondsRange = SecondsRange { range: 0.0..=60.0, example: 5.0 };

/// `buffer_s`: below one second every hiccup of a link would be a gap; ten minutes at 320 kbit/s are 24 MB.
pub const BUFFER: SecondsRange = SecondsRange { range: 1.0..=600.0, example: 30.0 };

/// `delivery_interval_ms`: the delivery wheel's slots are 20 ms wide, so less would change nothing; players run dry
/// when they hear nothing for more than ten seconds, whatever their burst was.
pub const DELIVERY_INTERVAL: IntegerRange =
    IntegerRange { unit: "milliseconds", range: 20..=10_000, example: 1000 };

/// `max_listeners`: Linux gives a process 1,048,576 files at most (`fs.nr_open`), and a listener is one.
pub const LISTENERS: IntegerRange = IntegerRange { unit: "listeners", range: 1..=1_000_000, example: 500 };

/// `max_connections_per_address`: 0 is no limit; the most is that of listeners.
pub const CONNECTIONS: IntegerRange = IntegerRange { unit: "connections", range: 0..=1_000_000, example: 20 };

/// `source_timeout_s`: encoders pause for a second or two when their link does; who is gone for an hour is gone.
pub const SOURCE_TIMEOUT: IntegerRange = IntegerRange { unit: "seconds", range: 1..=3600, example: 10 };

/// `title_delay_ms`: encoders announce a title up to some ten seconds before its audio, which they still hold back.
pub const TITLE_DELAY: IntegerRange = IntegerRange { unit: "milliseconds", range: 0..=60_000, example: 2000 };

/// `max_silence_s`: 0 is for ever; beyond a day it may as well be.
pub const SILENCE: IntegerRange = IntegerRange { unit: "seconds", range: 0..=86_400, example: 300 };

/// `priority` of a DJ: 0 is that of whoever is none.
pub const PRIORITY: IntegerRange = IntegerRange { unit: "", range: 0..=1000, example: 10 };

/// DJs of a station. Each is compared with whoever logs in.
pub const DJS_MAX: usize = 1000;

/// Bytes of a name or a password to log in with: encoders have fields for no more.
pub const LOGIN_MAX: usize = 255;

/// Addresses to listen on: as many as a machine may sensibly have.
pub const ADDRESSES_MAX: usize = 64;

/// Proxies that are believed. Each is compared with whoever connects; who has more can write them as networks.
pub const PROXIES_MAX: usize = 256;

/// Stations of one process. Each has a thread that reads its music; beyond a thousand, several processes use more
/// than one core.
pub const STATIONS_MAX: usize = 1000;

/// Bytes of a name, a description, a genre or a URL. Together they stay below the 10,000 bytes of a reply's head that
/// radio-browser's checker reads, and players show no more than a line.
pub const TEXT_MAX: usize = 1000;

/// Bytes of the address of a logo: it stands in every head that is sent.
pub const LOGO_MAX: usize = 300;

/// Languages of a station. They stand in every head too.
pub const LANGUAGES_MAX: usize = 10;

/// Bytes of a mount: it stands in the first line of a request, and in every line of the log.
pub const MOUNT_MAX: usize = 255;

impl IntegerRange {
    /// What would be right, as the end of "expects …".
    pub fn expectation(&self) -> String {
        let of = if self.unit.is_empty() { String::new() } else { format!(" of {}", self.unit) };
        let (least, most) = (self.range.start(), self.range.end());
        format!("a whole number{of} from {least} to {most}, such as {}", self.example)
    }
}

impl SecondsRange {
    /// What would be right, as the end of "expects …".
    pub fn expectation(&self) -> String {
        let (least, most) = (self.range.start(), self.range.end());
        format!("a number of seconds from {least} to {most}, such as {:.1}", self.example)
    }
}
