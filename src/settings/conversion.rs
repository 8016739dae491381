//! The settings of a station's format: its codec, and which audio is converted.

/// The codec of a station.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StationCodec {
    /// MP3. Files in other formats are converted.
    #[default]
    Mp3,
    /// AAC in ADTS frames, which are passed on as they are in the files: there is no encoder.
    Aac,
}

/// The format that a station of MP3 has. `None` leaves a property to the station's music.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FormatSettings {
    /// The sampling rate in Hz, one that MP3 has.
    pub rate: Option<u32>,
    /// The number of channels: 1 or 2.
    pub channels: Option<u8>,
    /// The bit rate in kbit/s, one that MP3 has at [`rate`](Self::rate), or at any rate if that is `None`. It
    /// applies to what is encoded.
    pub kbps: Option<u16>,
}

/// Which audio a station decodes and encodes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Process {
    /// What is not in the station's format.
    #[default]
    WhenNeeded,
    /// Nothing. Files that are not of the station's codec are left out.
    Never,
    /// Everything, also what is in the station's format, so that all of it gets the same loudness and bit
    /// rate.
    Always,
}
