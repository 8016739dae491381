//! The sampling rates and bit rates in which MP3 can be encoded.

use crate::audio::Mp3Header;

/// The sampling rates of MPEG-1, MPEG-2 and MPEG-2.5 in Hz, in ascending order.
pub const MP3_RATES: [u32; 9] = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/// The bit rates of layer III in kbit/s, in ascending order. No sampling rate has all of them. Those that the
/// library of LAME cannot be set to are not among them: 56 and 144.
const KBPS: [u16; 16] = [8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];

/// The most that LAME encodes below 16 kHz (MPEG-2.5), in kbit/s. The unofficial standard has more.
const MPEG_2_5_KBPS_MAX: u16 = 64;

/// Returns the bit rates in kbit/s that can be encoded at this sampling rate (Hz), in ascending order; none
/// at a rate that is not one of [`MP3_RATES`].
pub fn mp3_bit_rates(rate: u32) -> impl Iterator<Item = u16> {
    let max = if rate < 16_000 { MPEG_2_5_KBPS_MAX } else { u16::MAX };
    KBPS.into_iter().filter(move |kbps| *kbps <= max && Mp3Header::new(rate, 2, *kbps).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_rates_are_those_of_the_standard_and_of_lame() {
        let of_mpeg_1 = [32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        let of_mpeg_2 = [8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160];
        for rate in MP3_RATES {
            let expected: &[u16] = match rate {
                ..16_000 => &of_mpeg_2[..7],
                16_000..32_000 => &of_mpeg_2,
                _ => &of_mpeg_1,
            };
            assert_eq!(mp3_bit_rates(rate).collect::<Vec<_>>(), expected, "{rate}");
        }
        for other in [0, 7350, 44_000, 96_000] {
            assert_eq!(mp3_bit_rates(other).count(), 0, "{other}");
        }
    }

    #[cfg(feature = "lame")]
    #[test]
    fn exactly_these_bit_rates_can_be_encoded() {
        use crate::transcode::{Mp3Encoder, TargetFormat};
        let all = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320];
        for rate in MP3_RATES {
            for (kbps, channels) in all.into_iter().flat_map(|kbps| [(kbps, 1), (kbps, 2)]) {
                let is_encodable = Mp3Encoder::new(TargetFormat { rate, channels, kbps }).is_ok();
                let is_listed = mp3_bit_rates(rate).any(|listed| listed == kbps);
                assert_eq!(is_listed, is_encodable, "{rate} Hz, {channels} channels, {kbps} kbit/s");
            }
        }
    }
}
