//! Artwork from the tags of tracks. Workers read it, so that a slow disk delays only requests for images.

use std::io;
use std::sync::Arc;

use log::debug;

use super::tags::read_picture;
use crate::encode_worker::StationEncoder;
use crate::image::{IMAGE_MAX, Image};
use crate::station::{ArtworkLoader, ArtworkLocation, EmbeddedArtwork, LoadedArtwork, TrackInfo};
use crate::worker::{Inbox, LoopWaker, Outbox, Results, WhenFull, Worker, WorkerBuilder, result_channel};

/// Maximum number of pending requests of each thread. With a responsive disk there is rarely more than one.
const REQUESTS_MAX: usize = 64;

/// Stack of the threads in bytes: image data is on the heap.
const STACK: usize = 128 * 1024;

/// The event loop's handle to the workers.
///
/// One thread reads pictures from files, and another waits for an encode worker: while that is busy or has to
/// be restarted, the pictures in MP3 files are not delayed.
#[derive(Debug)]
pub struct FileArtworkLoader {
    from_files: ArtworkThread,
    from_encoder: Option<ArtworkThread>,
}

/// A thread that reads pictures.
#[derive(Debug)]
struct ArtworkThread {
    requests: Worker<Arc<TrackInfo>>,
    loaded: Results<LoadedArtwork>,
}

impl FileArtworkLoader {
    /// Starts the workers. They call the functions that `alert` returns after every request that they have
    /// processed. `encoder` reads the pictures in files that are not MP3.
    ///
    /// # Errors
    /// Returns an error if no thread can be started.
    pub fn start(alert: impl Fn() -> LoopWaker, encoder: Option<StationEncoder>) -> io::Result<Self> {
        let from_files = ArtworkThread::start("pictures", alert(), read_from_file)?;
        let start = |encoder: StationEncoder| {
            let read = move |track: &TrackInfo, picture: &EmbeddedArtwork| {
                read_from_encoder(&encoder, track, picture)
            };
            ArtworkThread::start("covers", alert(), read)
        };
        Ok(Self { from_files, from_encoder: encoder.map(start).transpose()? })
    }
}

impl ArtworkLoader for FileArtworkLoader {
    fn request(&mut self, track: &Arc<TrackInfo>) -> bool {
        let location = track.artwork.as_ref().map(|picture| picture.location);
        let source = match location {
            Some(ArtworkLocation::Worker) => self.from_encoder.as_ref(),
            _ => Some(&self.from_files),
        };
        source.is_some_and(|source| source.requests.send(track.clone()).is_ok())
    }

    fn poll(&mut self) -> Option<LoadedArtwork> {
        let from_encoder = self.from_encoder.as_ref();
        self.from_files.loaded.poll().or_else(|| from_encoder?.loaded.poll())
    }
}

impl ArtworkThread {
    fn start(
        name: &str,
        alert: LoopWaker,
        read: impl Fn(&TrackInfo, &EmbeddedArtwork) -> Result<Vec<u8>, String> + Send + 'static,
    ) -> io::Result<Self> {
        let (outbox, loaded) = result_channel(REQUESTS_MAX, alert);
        let builder = WorkerBuilder::new(name).stack(STACK).queue(REQUESTS_MAX, WhenFull::Refuse);
        let requests = builder.spawn(move |tracks| load_all(&tracks, &outbox, read))?;
        Ok(Self { requests, loaded })
    }
}

fn load_all(
    tracks: &Inbox<Arc<TrackInfo>>,
    outbox: &Outbox<LoadedArtwork>,
    read: impl Fn(&TrackInfo, &EmbeddedArtwork) -> Result<Vec<u8>, String>,
) {
    for track in tracks.jobs() {
        let image = load(&track, &read).inspect_err(|error| debug!("{}: {error}", track.file.display()));
        if !outbox.send((track, image.ok())) {
            return;
        }
    }
}

fn load(
    track: &TrackInfo,
    read: impl Fn(&TrackInfo, &EmbeddedArtwork) -> Result<Vec<u8>, String>,
) -> Result<Image, String> {
    let picture = track.artwork.as_ref().ok_or("no artwork in the tags")?;
    // Undoing the unsynchronisation removes zeros, at most half of the bytes.
    if picture.len > 2 * IMAGE_MAX as u64 {
        return Err("the artwork is too large".to_owned());
    }
    let bytes = read(track, picture).map_err(|error| format!("cannot read the artwork: {error}"))?;
    Image::parse(bytes).map_err(|error| format!("the artwork {error}"))
}

fn read_from_file(track: &TrackInfo, picture: &EmbeddedArtwork) -> Result<Vec<u8>, String> {
    read_picture(&track.file, picture).map_err(|error| error.to_string())
}

/// The encode worker chooses the picture again, as it did when it read the tags.
fn read_from_encoder(
    encoder: &StationEncoder,
    track: &TrackInfo,
    _: &EmbeddedArtwork,
) -> Result<Vec<u8>, String> {
    encoder.read_cover(&track.file).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a picture";

    fn track(file: &Path, at: u64, len: u64) -> Arc<TrackInfo> {
        let location = ArtworkLocation::Bytes { offset: at, is_unsynchronised: false };
        let picture = EmbeddedArtwork { mime: "image/svg+xml".into(), len, location };
        Arc::new(TrackInfo { file: file.into(), artwork: Some(picture), ..TrackInfo::default() })
    }

    /// Returns a function that sends a message to the test.
    fn alert_through(alert: &Sender<()>) -> LoopWaker {
        let alert = alert.clone();
        Box::new(move || alert.send(()).expect("the test listens"))
    }

    #[test]
    fn requests_are_answered_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.mp3");
        fs::write(&file, [b"tag", PNG, b"audio"].concat()).expect("a file");
        let (alert, alerted) = channel();
        let mut loader = FileArtworkLoader::start(|| alert_through(&alert), None).expect("a thread");
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

    /// Returns a thread that reads `PNG`, or waits for the test to send a message.
    fn start_thread(alert: &Sender<()>, waits_for: Option<Receiver<()>>) -> ArtworkThread {
        let read = move |_: &TrackInfo, _: &EmbeddedArtwork| {
            let is_released = waits_for.as_ref().is_none_or(|wait| wait.recv().is_ok());
            is_released.then(|| PNG.to_vec()).ok_or_else(|| "the test is over".to_owned())
        };
        ArtworkThread::start("test", alert_through(alert), read).expect("a thread")
    }

    fn track_of_worker() -> Arc<TrackInfo> {
        let picture =
            EmbeddedArtwork { mime: "image/png".into(), len: 19, location: ArtworkLocation::Worker };
        Arc::new(TrackInfo { file: "a.flac".into(), artwork: Some(picture), ..TrackInfo::default() })
    }

    #[test]
    fn blocked_encode_worker_does_not_delay_pictures_from_files() {
        let (alert, alerted) = channel();
        let (release, released) = channel();
        let from_encoder = Some(start_thread(&alert, Some(released)));
        let mut loader = FileArtworkLoader { from_files: start_thread(&alert, None), from_encoder };
        let (blocked, from_file) = (track_of_worker(), track(Path::new("a.mp3"), 0, 19));
        assert!(loader.request(&blocked) && loader.request(&from_file));
        let mut next = || {
            alerted.recv_timeout(Duration::from_secs(20)).expect("an alert after each request");
            let (read, image) = loader.poll().expect("a result");
            assert!(image.is_some());
            read
        };
        assert!(Arc::ptr_eq(&next(), &from_file));
        release.send(()).expect("the thread waits");
        assert!(Arc::ptr_eq(&next(), &blocked));
    }

    #[test]
    fn picture_that_only_an_encode_worker_can_read_is_refused_without_one() {
        let (alert, _alerted) = channel();
        let mut loader = FileArtworkLoader::start(|| alert_through(&alert), None).expect("a thread");
        assert!(!loader.request(&track_of_worker()));
    }
}
