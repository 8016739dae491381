//! All that a listener has heard, and where each title began.

use std::fs;
use std::path::Path;

use coldwave::audio::{Codec, Header};

use super::sound::Sound;
use crate::common::{Listener, title_text};

/// What a listener has heard.
pub struct Recording {
    listener: Listener,
    /// The titles, each with the index of the frame at which it began. The first began before the recording.
    titles: Vec<(String, usize)>,
}

impl Recording {
    /// Listens until this number of titles has begun. The silence before the music, without a title, does not
    /// count.
    pub fn of_titles(mut listener: Listener, count: usize, metaint: usize) -> Self {
        for heard in 1..=count {
            let title = format!("title {heard} of {count}");
            listener
                .until(&title, |it| it.titles().iter().filter(|title| !title.is_empty()).count() >= heard);
        }
        let mut titles = places(&listener, metaint);
        titles.retain(|(title, _)| !title.is_empty());
        Self { listener, titles }
    }

    pub fn titles(&self) -> impl Iterator<Item = &str> {
        self.titles.iter().map(|(title, _)| title.as_str())
    }

    /// Returns the frame at which a title began, and the number of frames until the next title, for the first
    /// time that it was heard from its beginning to its end.
    pub fn place(&self, title: &str) -> (usize, usize) {
        let complete = self.titles.windows(2).skip(1);
        let mut places = complete.filter(|two| two[0].0 == title).map(|two| (two[0].1, two[1].1 - two[0].1));
        places.next().unwrap_or_else(|| panic!("{title} was heard"))
    }

    pub fn samples_per_frame(&self) -> usize {
        usize::from(header(&self.listener, 0).samples())
    }

    /// Returns the different rates and numbers of channels of all frames.
    pub fn formats(&self) -> Vec<(u32, u8)> {
        formats(&self.listener)
    }

    /// Decodes all frames.
    pub fn decode(&self, folder: &Path) -> Sound {
        decode(&self.listener, folder)
    }
}

/// Returns the different rates and numbers of channels of all frames that a listener has received.
pub fn formats(listener: &Listener) -> Vec<(u32, u8)> {
    let headers = (0..listener.frames.len()).map(|at| header(listener, at));
    let mut formats: Vec<_> = headers.map(|header| (header.rate(), header.channels())).collect();
    formats.dedup();
    formats
}

/// Decodes all frames that a listener has received with ffmpeg, which must not complain about one.
pub fn decode(listener: &Listener, folder: &Path) -> Sound {
    let extension = match listener.codec() {
        Codec::Mp3 => "mp3",
        Codec::Aac => "aac",
    };
    let path = folder.join("heard").with_added_extension(extension);
    let end = listener.frames.last().expect("frames").end;
    fs::write(&path, &listener.audio[..end]).expect("the folder is writable");
    let sound = Sound::decode(&path);
    let samples: usize =
        (0..listener.frames.len()).map(|at| usize::from(header(listener, at).samples())).sum();
    assert_eq!(sound.len(), samples, "every frame was decoded");
    sound
}

fn header(listener: &Listener, at: usize) -> Header {
    let bytes = &listener.frame(at)[..listener.codec().header_len()];
    Header::parse(listener.codec(), bytes).expect("a frame")
}

/// Returns the titles, each with the index of the frame at which it began. Its block follows the first bytes
/// of this frame.
fn places(listener: &Listener, metaint: usize) -> Vec<(String, usize)> {
    let named = listener.blocks.iter().filter(|(_, text)| !text.is_empty());
    let place = |(offset, text): &(usize, Vec<u8>)| {
        let frame = listener.frames.partition_point(|frame| frame.start <= *offset) - 1;
        let late = offset - listener.frames[frame].start;
        assert!(late <= metaint, "no frame begins within {metaint} bytes before {}", title_text(text));
        (title_text(text), frame)
    };
    named.map(place).collect()
}
