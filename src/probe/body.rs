//! The beginning of a body, such as a whole playlist.

use super::network::{ReceiveOutcome, StreamConnection};
use crate::http::source::chunked::ChunkedDecoder;
use crate::http::upstream::ResponseHead;
use crate::time::Time;

/// A connection whose response has begun.
pub(super) struct Joined<C> {
    pub connection: C,
    pub head: ResponseHead,
    /// The bytes after the head that have arrived with it.
    pub body: Vec<u8>,
    /// When the whole head had arrived.
    pub at: Time,
    /// When the probe has started.
    pub started: Time,
}

/// Receives a body until it is complete, there are `most` bytes, the connection ends or `deadline` is over.
/// Returns its payload. The received bytes stay in `joined`.
///
/// A server may leave the connection open after the last byte, so the body itself says when it is complete.
pub(super) fn receive_beginning<C: StreamConnection>(
    joined: &mut Joined<C>,
    most: usize,
    deadline: Time,
) -> Vec<u8> {
    let Joined { connection, head, body, .. } = joined;
    let mut beginning = BodyBeginning::new(head);
    let mut taken = 0;
    let mut received = ReceiveOutcome::Bytes;
    loop {
        beginning.push(&body[taken..]);
        taken = body.len();
        if beginning.is_complete() || taken >= most || received != ReceiveOutcome::Bytes {
            return beginning.payload;
        }
        received = connection.receive(deadline, body);
    }
}

/// What has arrived of a body.
struct BodyBeginning {
    payload: Vec<u8>,
    extent: BodyExtent,
}

/// What says where a body ends.
enum BodyExtent {
    Chunks(ChunkedDecoder),
    /// The number of its bytes.
    Length(usize),
    Connection,
    /// It is malformed, and the rest is not read.
    Malformed,
}

impl BodyBeginning {
    fn new(head: &ResponseHead) -> Self {
        let length = head.value("content-length").and_then(|length| length.parse().ok());
        let extent = match head.is_chunked() {
            Ok(true) => BodyExtent::Chunks(ChunkedDecoder::new()),
            _ => length.map_or(BodyExtent::Connection, BodyExtent::Length),
        };
        Self { payload: Vec::new(), extent }
    }

    fn push(&mut self, bytes: &[u8]) {
        let Self { payload, extent } = self;
        match extent {
            BodyExtent::Chunks(chunks) => {
                if chunks.push(bytes, |run| payload.extend_from_slice(run)).is_err() {
                    *extent = BodyExtent::Malformed;
                }
            }
            BodyExtent::Length(length) => {
                let missing = length.saturating_sub(payload.len());
                payload.extend_from_slice(&bytes[..bytes.len().min(missing)]);
            }
            BodyExtent::Connection => payload.extend_from_slice(bytes),
            BodyExtent::Malformed => {}
        }
    }

    fn is_complete(&self) -> bool {
        match &self.extent {
            BodyExtent::Chunks(chunks) => chunks.is_complete(),
            BodyExtent::Length(length) => self.payload.len() >= *length,
            BodyExtent::Connection => false,
            BodyExtent::Malformed => true,
        }
    }
}
