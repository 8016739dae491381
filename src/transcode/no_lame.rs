//! The place of LAME in a program that was built without it: an encoder that cannot be started.

/// There is no value of this type.
pub(super) use std::convert::Infallible as Lame;

use super::left_out::LeftOut;
use super::target::TargetFormat;

/// Always fails.
pub(super) fn start(_: &TargetFormat) -> Result<Lame, LeftOut> {
    Err(LeftOut::NoEncoder)
}

/// Never called.
pub(super) fn encode(lame: &mut Lame, _: &[i32], _: &mut Vec<u8>) {
    match *lame {}
}

/// Never called.
pub(super) fn complete_frames(lame: &mut Lame, _: &mut Vec<u8>) {
    match *lame {}
}

#[cfg(test)]
mod tests {
    use super::super::mp3_encoder::Mp3Encoder;
    use super::*;

    #[test]
    fn program_without_lame_reports_that_it_has_no_encoder() {
        let format = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };
        assert_eq!(Mp3Encoder::new(format).err(), Some(LeftOut::NoEncoder));
    }
}
