//! Listeners that stay until their stream ends, and keep everything that they receive.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use coldwave::audio::{Codec, Header, silent_frame};
use coldwave::icy::{Deinterleaver, StreamPart};

use super::tee::frames;
use crate::common::{Peer, Request, title_text};
use crate::wait_for;

/// A listener that reads on a thread of its own.
pub struct Attached {
    name: String,
    codec: Codec,
    pub head: Vec<(String, String)>,
    received: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<bool>,
}

/// What a listener has received.
pub struct Heard {
    pub frames: Vec<Vec<u8>>,
    pub titles: Vec<String>,
}

impl Attached {
    /// Sends the request, and reads the stream from then on.
    #[track_caller]
    pub fn new(name: &str, codec: Codec, request: Request) -> Self {
        let mut peer = request.open();
        let head = peer.head();
        assert!(head.status.ends_with(" 200 OK"), "{name}: {head:?}");
        let received = Arc::<Mutex<Vec<u8>>>::default();
        let kept = received.clone();
        let reader = thread::spawn(move || read_to_end(&mut peer, &kept));
        let head = head.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        Self { name: name.to_owned(), codec, head, received, reader }
    }

    /// Waits until this many more bytes have arrived.
    #[track_caller]
    pub fn wait_for_bytes(&self, count: usize) {
        let until = self.received().len() + count;
        wait_for(&format!("{} to receive {count} bytes", self.name), || {
            assert!(self.is_attached(), "{} has lost the stream", self.name);
            (self.received().len() >= until).then_some(())
        });
    }

    pub fn is_attached(&self) -> bool {
        !self.reader.is_finished()
    }

    /// Waits until the stream has ended, and returns what was received. It must end cleanly.
    #[track_caller]
    pub fn wait_for_end(self) -> Heard {
        wait_for(&format!("the stream of {} to end", self.name), || self.reader.is_finished().then_some(()));
        let heard = self.heard();
        assert!(self.reader.join().expect("the reader does not panic"), "{} was cut off", self.name);
        heard
    }

    /// Returns the titles so far.
    pub fn titles(&self) -> Vec<String> {
        self.parts().1
    }

    fn heard(&self) -> Heard {
        let (audio, titles) = self.parts();
        Heard { frames: frames(self.codec, &audio), titles }
    }

    fn parts(&self) -> (Vec<u8>, Vec<String>) {
        let metaint = self.head.iter().find(|(name, _)| name == "icy-metaint");
        let metaint = metaint.map(|(_, value)| value.parse().expect("a number"));
        let (mut audio, mut titles) = (Vec::new(), Vec::new());
        Deinterleaver::new(metaint).push(&self.received(), |part| match part {
            StreamPart::Audio(bytes) => audio.extend_from_slice(bytes),
            StreamPart::Block([]) => {}
            StreamPart::Block(text) => titles.push(title_text(text)),
        });
        (audio, titles)
    }

    fn received(&self) -> Vec<u8> {
        self.received.lock().expect("no panics").clone()
    }
}

/// Returns whether the stream has ended cleanly.
fn read_to_end(peer: &mut Peer, kept: &Mutex<Vec<u8>>) -> bool {
    loop {
        match peer.read() {
            Ok(bytes) if bytes.is_empty() => return true,
            Ok(bytes) => kept.lock().expect("no panics").extend(bytes),
            Err(_) => return false,
        }
    }
}

impl Heard {
    /// Removes the intro, with which the stream must begin.
    #[track_caller]
    pub fn take_intro(&mut self, intro: &[Vec<u8>], name: &str) {
        assert!(self.frames.starts_with(intro), "{name} does not begin with the intro");
        self.frames.drain(..intro.len());
    }

    /// Checks that all frames are consecutive frames of the source. What is played while a source is late on
    /// a busy machine, silence and the fallback, does not count, up to a tenth.
    #[track_caller]
    pub fn check_lost_nothing(&self, sent: &[Vec<u8>], fallback: &[Vec<u8>], name: &str) {
        let silence = |codec| {
            let header = Header::parse(codec, &self.frames[0]);
            header.map(|header| silent_frame(&header))
        };
        let silence = [Codec::Mp3, Codec::Aac].into_iter().filter_map(silence);
        let others: HashSet<Vec<u8>> = silence.chain(fallback.iter().cloned()).collect();
        let heard: Vec<&Vec<u8>> = self.frames.iter().filter(|frame| !others.contains(*frame)).collect();
        let sent: Vec<&Vec<u8>> = sent.iter().filter(|frame| !others.contains(*frame)).collect();
        assert!(heard.len() * 10 >= self.frames.len() * 9, "{name}: more than a tenth is not of the source");
        let found = sent.windows(heard.len()).any(|window| window == heard);
        assert!(found, "{name}: {} frames are not consecutive frames of the source", heard.len());
    }
}
