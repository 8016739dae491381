//! The configuration of AAC in MP4, AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).

use super::bits::Bits;
use crate::transcode::LeftOut;

/// What a decoder and an ADTS header need to know about AAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AacConfig {
    /// The sampling rate in Hz.
    pub rate: u32,
    /// The channel configuration, 1 to 7.
    pub configuration: u8,
}

/// Sampling rates in Hz, by index.
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// Audio object types (ISO/IEC 14496-3, 1.5.1.1).
const LC: u32 = 2;
const SBR: u32 = 5;
const PS: u32 = 29;

/// What follows the configuration of LC if an extension does.
const SYNC_EXTENSION: u32 = 0x2B7;

impl AacConfig {
    /// Parses a configuration.
    ///
    /// # Errors
    /// [`LeftOut::HeAac`] if it signals spectral band replication, another error if it is not of AAC-LC with
    /// frames of 1024 samples, or leaves the channels to the first frame.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeftOut> {
        let mut bits = Bits::new(bytes, 0);
        let object_type = object_type(&mut bits).ok_or(LeftOut::Damaged)?;
        check_object_type(object_type)?;
        let rate = rate(&mut bits).ok_or(LeftOut::Damaged)?;
        let configuration = bits.read(4).ok_or(LeftOut::Damaged)? as u8;
        let is_short = bits.read(1) == Some(1);
        if bits.read(1) == Some(1) {
            bits.skip(14);
        }
        bits.skip(1);
        if has_sbr_extension(bits) {
            return Err(LeftOut::HeAac);
        }
        if is_short {
            return Err(LeftOut::Unsupported("AAC with frames of 960 samples".to_owned()));
        }
        if configuration == 0 || configuration > 7 {
            return Err(LeftOut::Unsupported("AAC without a channel configuration".to_owned()));
        }
        Ok(Self { rate, configuration })
    }

    /// Returns the number of channels.
    pub fn channels(&self) -> u8 {
        if self.configuration == 7 { 8 } else { self.configuration }
    }
}

/// Returns an error if this is not the object type of AAC-LC.
pub(super) fn check_object_type(object_type: u32) -> Result<(), LeftOut> {
    let name = match object_type {
        LC => return Ok(()),
        SBR | PS => return Err(LeftOut::HeAac),
        1 => "AAC Main",
        3 => "AAC SSR",
        4 => "AAC LTP",
        23 => "AAC-LD",
        39 => "AAC-ELD",
        42 => "xHE-AAC",
        36 => "MPEG-4 ALS",
        _ => return Err(LeftOut::UnknownCodec(format!("MPEG-4 audio object type {object_type}"))),
    };
    Err(LeftOut::UnknownCodec(name.to_owned()))
}

fn object_type(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.read(5)? {
        31 => Some(32 + bits.read(6)?),
        object_type => Some(object_type),
    }
}

fn rate(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.read(4)? {
        15 => bits.read(24),
        index => RATES.get(index as usize).copied(),
    }
}

/// Returns whether what follows the configuration of LC signals spectral band replication, in a way that
/// decoders of LC do not notice.
fn has_sbr_extension(mut bits: Bits<'_>) -> bool {
    bits.read(11) == Some(SYNC_EXTENSION)
        && object_type(&mut bits).is_some_and(|object_type| object_type == SBR || object_type == 22)
        && bits.read(1) == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lc_is_distinguished_from_other_object_types() {
        // From ffmpeg: LC at 44.1 kHz stereo, with an empty SBR extension.
        let stereo = AacConfig { rate: 44_100, configuration: 2 };
        assert_eq!(AacConfig::parse(&[0x12, 0x10]), Ok(stereo));
        assert_eq!(AacConfig::parse(&[0x12, 0x10, 0x56, 0xE5, 0x00]), Ok(stereo), "SBR is absent");
        assert_eq!(AacConfig::parse(&[0x13, 0x90, 0x56, 0xE5, 0xA0]), Err(LeftOut::HeAac), "SBR, hidden");
        assert_eq!(AacConfig::parse(&[0x2B, 0x92, 0x08, 0x00]), Err(LeftOut::HeAac), "SBR, explicit");
        assert_eq!(AacConfig::parse(&[0xEB, 0x8A, 0x08, 0x00]), Err(LeftOut::HeAac), "PS, explicit");
        assert_eq!(AacConfig::parse(&[0x0A, 0x10]), Err(LeftOut::UnknownCodec("AAC Main".to_owned())));
        assert_eq!(
            AacConfig::parse(&[0xF9, 0x48, 0x42, 0x14]),
            Err(LeftOut::UnknownCodec("xHE-AAC".to_owned()))
        );
        assert!(matches!(AacConfig::parse(&[0x12, 0x14]), Err(LeftOut::Unsupported(_))), "960 samples");
        assert!(matches!(AacConfig::parse(&[0x12, 0x00]), Err(LeftOut::Unsupported(_))), "no channels");
        for bytes in [&[][..], &[0x12], &[0xF8], &[0x17, 0x80]] {
            assert_eq!(AacConfig::parse(bytes), Err(LeftOut::Damaged), "{bytes:02X?}");
        }
    }

    #[test]
    fn rate_can_be_written_in_full() {
        // 00010 1111, 24 bits of rate, 0001, 000.
        let bits: u64 = 0b0_0010_1111 << 31 | 44_056 << 7 | 1 << 3;
        let config = AacConfig::parse(&bits.to_be_bytes()[3..]);
        assert_eq!(config, Ok(AacConfig { rate: 44_056, configuration: 1 }));
    }
}
