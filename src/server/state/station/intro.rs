//! The intro of a station: one buffer that all its new listeners share.

use std::rc::Rc;

use crate::audio::{Codec, Format};
use crate::icy::Block;
use crate::session::FrameRemainder;
use crate::settings::{Intro, StationCodec, StationSettings};

/// The intro of a station, if it has one.
#[derive(Debug, Default)]
pub struct StationIntro {
    intro: Option<SharedIntro>,
}

#[derive(Debug)]
struct SharedIntro {
    settings: Intro,
    /// The name of the station, which is the title of an intro without one.
    name: String,
    format: Format,
    bytes: Rc<FrameRemainder>,
    /// Whether the log says that it is left out.
    is_mismatch_logged: bool,
}

impl StationIntro {
    /// Applies settings. Listeners that hear the old intro hear it to its end. The same intro is replaced
    /// too: else the bytes of a file that was read again would be in memory twice.
    pub fn apply(&mut self, settings: &StationSettings) {
        let is_same = |it: &SharedIntro| {
            it.is_mismatch_logged && Some(&it.settings) == settings.intro.as_ref() && it.name == settings.name
        };
        let is_mismatch_logged = self.intro.as_ref().is_some_and(is_same);
        let shared = |intro| SharedIntro { is_mismatch_logged, ..SharedIntro::new(intro, &settings.name) };
        self.intro = settings.intro.as_ref().map(shared);
    }

    /// Returns the intro for a listener whose head names this codec. `format` is that of the stream, if it is
    /// known. An intro in another format is left out: many players stop where the format changes. `warn` logs
    /// that, once until the formats have agreed again.
    pub fn matching(
        &mut self,
        codec: Codec,
        format: Option<Format>,
        warn: impl FnOnce(String),
    ) -> Option<Rc<FrameRemainder>> {
        let intro = self.intro.as_mut()?;
        let matches = format.map_or(intro.format.codec == codec, |format| format == intro.format);
        if !matches && !intro.is_mismatch_logged {
            let stream = format.map_or_else(|| codec.name().to_owned(), |format| format.to_string());
            warn(format!("the intro is left out: it is {}; the stream is {stream}", intro.format));
        }
        intro.is_mismatch_logged = !matches;
        matches.then(|| intro.bytes.clone())
    }
}

impl SharedIntro {
    fn new(intro: &Intro, name: &str) -> Self {
        let codec = match intro.codec {
            StationCodec::Mp3 => Codec::Mp3,
            StationCodec::Aac => Codec::Aac,
        };
        let title = if intro.title.is_empty() { name } else { &intro.title };
        let title = Rc::new(Block::from_title_text(title));
        Self {
            settings: intro.clone(),
            name: name.to_owned(),
            format: Format { codec, rate: intro.rate, channels: intro.channels },
            bytes: Rc::new(FrameRemainder { bytes: intro.frames.clone(), title }),
            is_mismatch_logged: false,
        }
    }
}
