//! A relay's master for tests: another server, whose stream is what the test wants it to be.

use std::collections::VecDeque;

use coldwave::icy::Block;
use coldwave::server::Peer;

use super::World;
use super::encoder::Encoder;

/// Bytes of audio between two blocks.
pub const METAINT: usize = 4000;

/// Another server, with the connection that was last made to it.
pub struct Master {
    pub encoder: Encoder,
    pub peer: Peer,
    /// Whether its stream has titles between the audio.
    titled: bool,
    /// Whether its stream is in chunks.
    chunked: bool,
    /// Bytes of audio until the next block.
    left: usize,
    titles: VecDeque<String>,
}

impl Master {
    /// Takes the connection that the server wants.
    pub fn accept(world: &mut World, encoder: Encoder) -> Self {
        let peer = world.accept();
        Self { encoder, peer, titled: false, chunked: false, left: METAINT, titles: VecDeque::new() }
    }

    /// Takes the next connection.
    pub fn accept_again(&mut self, world: &mut World) {
        self.peer = world.accept();
        (self.titled, self.chunked, self.left) = (false, false, METAINT);
    }

    /// What it was asked.
    pub fn asked(&self, world: &World) -> String {
        world.reply(self.peer)
    }

    /// Answers with this head, a line each.
    pub fn answer(&mut self, world: &mut World, head: &str) {
        self.titled |= head.contains("icy-metaint");
        self.chunked |= head.contains("chunked");
        world.feed(self.peer, format!("{}\r\n\r\n", head.trim().replace('\n', "\r\n")).as_bytes());
    }

    /// Answers as an ICY server does, with titles.
    pub fn answer_icy(&mut self, world: &mut World) {
        self.answer(world, &format!("ICY 200 OK\nicy-name:Harbour FM\nicy-metaint:{METAINT}"));
    }

    /// The next block has this title.
    pub fn title(&mut self, title: &str) {
        self.titles.push_back(title.to_owned());
    }

    /// Sends so many seconds at once.
    pub fn send(&mut self, world: &mut World, seconds: f64) {
        let stream = self.stream(seconds);
        world.feed(self.peer, &stream);
    }

    /// Plays as time goes by.
    pub fn play(&mut self, world: &mut World, seconds: f64) {
        for _ in 0..(seconds * 10.0).round() as u64 {
            self.send(world, 0.1);
            world.pass(std::time::Duration::from_millis(100));
        }
    }

    /// The next so many seconds of its stream, as it goes over the wire.
    pub fn stream(&mut self, seconds: f64) -> Vec<u8> {
        let mut stream = Vec::new();
        let until = self.encoder.made as f64 + seconds / self.encoder.seconds_of_frame();
        while (self.encoder.made as f64) < until - 0.5 {
            let frame = self.encoder.frames(1);
            self.interleave(&frame, &mut stream);
        }
        if self.chunked { chunks(&stream) } else { stream }
    }

    /// Adds a frame, and the block that comes in it. Its title holds from the first frame that begins behind it.
    fn interleave(&mut self, frame: &[u8], stream: &mut Vec<u8>) {
        let mut rest = frame;
        while self.titled && self.left <= rest.len() {
            let (before, behind) = rest.split_at(self.left);
            stream.extend_from_slice(before);
            self.block(stream);
            (rest, self.left) = (behind, METAINT);
        }
        self.left -= if self.titled { rest.len() } else { 0 };
        stream.extend_from_slice(rest);
    }

    fn block(&mut self, stream: &mut Vec<u8>) {
        match self.titles.pop_front() {
            None => stream.push(0),
            Some(title) => {
                stream.extend_from_slice(Block::from_title_text(&title).bytes());
                self.encoder.titled_next(&title);
            }
        }
    }
}

/// Cuts it into chunks whose borders are nowhere in particular.
fn chunks(stream: &[u8]) -> Vec<u8> {
    let chunks = stream
        .chunks(1009)
        .map(|chunk| [format!("{:x};n=v\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    chunks.collect::<Vec<_>>().concat()
}
