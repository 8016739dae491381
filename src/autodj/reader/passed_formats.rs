//! The formats of the tracks that were passed on, and which of them most tracks have.

use crate::audio::Format;

/// How many tracks were passed on in each format.
#[derive(Debug, Default)]
pub(super) struct PassedFormats(Vec<(Format, u64)>);

impl PassedFormats {
    /// Counts a track in `format`. Returns the format that most tracks had, the first one of several.
    pub(super) fn note(&mut self, format: Format) -> Option<Format> {
        match self.0.iter_mut().find(|(other, _)| *other == format) {
            Some((_, count)) => *count += 1,
            None => self.0.push((format, 1)),
        }
        self.0.iter().rev().max_by_key(|(_, count)| *count).map(|(format, _)| *format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Codec;

    #[test]
    fn format_of_most_tracks_is_known_after_a_few() {
        let format = |rate| Format { codec: Codec::Mp3, rate, channels: 2 };
        let mut formats = PassedFormats::default();
        let most = [48_000, 44_100, 44_100, 48_000, 48_000].map(|rate| formats.note(format(rate)));
        assert_eq!(most, [48_000, 48_000, 44_100, 48_000, 48_000].map(|rate| Some(format(rate))));
    }
}
