//! The upstream of a relay: another server, whose stream the test controls.

use std::collections::VecDeque;

use coldwave::icy::Block;
use coldwave::server::Peer;

use super::encoder::Encoder;
use super::{Reply, World};

/// Bytes of audio between two metadata blocks.
pub const METAINT: usize = 4000;

/// Another server, with the latest connection of the relay to it.
pub struct FakeUpstream {
    pub encoder: Encoder,
    pub peer: Peer,
    /// Whether its stream has metadata blocks.
    has_blocks: bool,
    /// Whether its stream is chunked.
    is_chunked: bool,
    /// Bytes of audio until the next block.
    until_block: usize,
    titles: VecDeque<String>,
}

impl FakeUpstream {
    /// Accepts the connection that the relay opens.
    pub fn accept(world: &mut World, encoder: Encoder) -> Self {
        let (peer, titles) = (world.accept_dial(), VecDeque::new());
        Self { encoder, peer, has_blocks: false, is_chunked: false, until_block: METAINT, titles }
    }

    /// Accepts the next connection.
    pub fn reconnect(&mut self, world: &mut World) {
        self.peer = world.accept_dial();
        (self.has_blocks, self.is_chunked, self.until_block) = (false, false, METAINT);
    }

    /// Returns the request of the relay.
    pub fn request(&self, world: &World) -> Reply {
        world.reply(self.peer)
    }

    /// Answers with this head, whose lines are separated by LF.
    pub fn answer(&mut self, world: &mut World, head: &str) {
        self.has_blocks |= head.contains("icy-metaint");
        self.is_chunked |= head.contains("chunked");
        world.feed(self.peer, format!("{}\r\n\r\n", head.trim().replace('\n', "\r\n")).as_bytes());
    }

    /// Answers like an ICY server, with titles.
    pub fn answer_icy(&mut self, world: &mut World) {
        self.answer(world, &format!("ICY 200 OK\nicy-name:Harbour FM\nicy-metaint:{METAINT}"));
    }

    /// Puts a title into the next free metadata block.
    pub fn queue_title(&mut self, title: &str) {
        self.titles.push_back(title.to_owned());
    }

    /// Sends this many seconds of the stream at once.
    pub fn send(&mut self, world: &mut World, seconds: f64) {
        let stream = self.stream(seconds);
        world.feed(self.peer, &stream);
    }

    /// Sends the stream in real time for this many seconds.
    pub fn play(&mut self, world: &mut World, seconds: f64) {
        for _ in 0..(seconds * 10.0).round() as u64 {
            self.send(world, 0.1);
            world.pass(std::time::Duration::from_millis(100));
        }
    }

    /// Returns the next seconds of the stream as bytes on the wire.
    pub fn stream(&mut self, seconds: f64) -> Vec<u8> {
        let mut stream = Vec::new();
        let until = self.encoder.frames_made as f64 + seconds / self.encoder.frame_seconds();
        while (self.encoder.frames_made as f64) < until - 0.5 {
            let frame = self.encoder.frames(1);
            self.interleave(&frame, &mut stream);
        }
        if self.is_chunked { chunks(&stream) } else { stream }
    }

    /// Appends a frame, with the block in it if one is due. The title of the block applies from the next
    /// frame on.
    fn interleave(&mut self, frame: &[u8], stream: &mut Vec<u8>) {
        let mut rest = frame;
        while self.has_blocks && self.until_block <= rest.len() {
            let (before, behind) = rest.split_at(self.until_block);
            stream.extend_from_slice(before);
            self.push_block(stream);
            (rest, self.until_block) = (behind, METAINT);
        }
        self.until_block -= if self.has_blocks { rest.len() } else { 0 };
        stream.extend_from_slice(rest);
    }

    fn push_block(&mut self, stream: &mut Vec<u8>) {
        match self.titles.pop_front() {
            None => stream.push(0),
            Some(title) => {
                stream.extend_from_slice(Block::from_title_text(&title).bytes());
                self.encoder.set_next_title(&title);
            }
        }
    }
}

/// Cuts a stream into chunks whose boundaries are unrelated to frames and blocks.
fn chunks(stream: &[u8]) -> Vec<u8> {
    let chunks = stream
        .chunks(1009)
        .map(|chunk| [format!("{:x};n=v\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    chunks.collect::<Vec<_>>().concat()
}
