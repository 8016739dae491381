//! Artwork from the tags of tracks. A worker reads it, so that a slow disk delays only requests for images.

use std::io;
use std::sync::Arc;

use log::debug;

use super::tags::read_picture;
use crate::image::{IMAGE_MAX, Image};
use crate::station::{ArtworkLoader, LoadedArtwork, TrackInfo};
use crate::worker::{Inbox, LoopWaker, Outbox, Results, WhenFull, Worker, WorkerBuilder, result_channel};

/// Maximum number of pending requests. With a responsive disk there is rarely more than one.
const REQUESTS_MAX: usize = 64;

/// Stack of the thread in bytes: image data is on the heap.
const STACK: usize = 128 * 1024;

/// The event loop's handle to the worker.
#[derive(Debug)]
pub struct FileArtworkLoader {
    requests: Worker<Arc<TrackInfo>>,
    loaded: Results<LoadedArtwork>,
}

impl FileArtworkLoader {
    /// Starts the worker. It calls `alert` after every request that it has processed.
    ///
    /// # Errors
    /// Returns an error if no thread can be started.
    pub fn start(alert: LoopWaker) -> io::Result<Self> {
        let (outbox, loaded) = result_channel(REQUESTS_MAX, alert);
        let builder = WorkerBuilder::new("pictures").stack(STACK).queue(REQUESTS_MAX, WhenFull::Refuse);
        let requests = builder.spawn(move |tracks| read_all(&tracks, &outbox))?;
        Ok(Self { requests, loaded })
    }
}

impl ArtworkLoader for FileArtworkLoader {
    fn request(&mut self, track: &Arc<TrackInfo>) -> bool {
        self.requests.send(track.clone()).is_ok()
    }

    fn poll(&mut self) -> Option<LoadedArtwork> {
        self.loaded.poll()
    }
}

fn read_all(tracks: &Inbox<Arc<TrackInfo>>, outbox: &Outbox<LoadedArtwork>) {
    for track in tracks.jobs() {
        let image = read(&track).inspect_err(|error| debug!("{}: {error}", track.file.display()));
        if !outbox.send((track, image.ok())) {
            return;
        }
    }
}

fn read(track: &TrackInfo) -> Result<Image, String> {
    let picture = track.artwork.as_ref().ok_or("no artwork in the tags")?;
    // Undoing the unsynchronisation removes zeros, at most half of the bytes.
    if picture.len > 2 * IMAGE_MAX as u64 {
        return Err("the artwork is too large".to_owned());
    }
    let bytes =
        read_picture(&track.file, picture).map_err(|error| format!("cannot read the artwork: {error}"))?;
    Image::parse(bytes).map_err(|error| format!("the artwork {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::station::{ArtworkLocation, EmbeddedArtwork};
    use std::fs;
    use std::path::Path;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a picture";

    fn track(file: &Path, at: u64, len: u64) -> Arc<TrackInfo> {
        let location = ArtworkLocation::Bytes { offset: at, is_unsynchronised: false };
        let picture = EmbeddedArtwork { mime: "image/svg+xml".into(), len, location };
        Arc::new(TrackInfo { file: file.into(), artwork: Some(picture), ..TrackInfo::default() })
    }

    #[test]
    fn requests_are_answered_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.mp3");
        fs::write(&file, [b"tag", PNG, b"audio"].concat()).expect("a file");
        let (alert, alerted) = channel();
        let mut loader =
            FileArtworkLoader::start(Box::new(move || alert.send(()).expect("the test listens")))
                .expect("a thread");
        let png = PNG.len() as u64;
        for (track, expected) in [
            (track(&file, 3, png), Some("image/png")),
            (track(&file, 0, png), None),
            (track(&file, 3, 1000), None),
            (track(&file, 3, u64::MAX), None),
            (track(&folder.path().join("b.mp3"), 3, png), None),
            (track(&file, 3, png), Some("image/png")),
        ] {
            assert!(loader.request(&track));
            alerted.recv_timeout(Duration::from_secs(20)).expect("an alert after each request");
            let (read, image) = loader.poll().expect("a result");
            assert!(Arc::ptr_eq(&read, &track));
            assert_eq!(image.as_ref().map(Image::content_type), expected);
            assert!(image.is_none_or(|image| **image.bytes() == *PNG));
        }
        assert!(loader.poll().is_none());
    }
}
