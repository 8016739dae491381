//! The framing of messages: a length of four bytes (little-endian) and that many bytes of postcard.

use std::io::{self, ErrorKind, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::protocol::MESSAGE_MAX;

/// The number of bytes of a length.
const LENGTH_SIZE: usize = 4;

/// Writes a message and flushes it.
///
/// # Errors
/// If writing fails, or the message is longer than [`MESSAGE_MAX`].
pub fn write_message(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    out.write_all(&encode(message)?)?;
    out.flush()
}

/// Returns the bytes of a message with its length.
///
/// # Errors
/// If the message is longer than [`MESSAGE_MAX`].
pub fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = postcard::to_extend(message, vec![0; LENGTH_SIZE]).map_err(invalid)?;
    let length = u32::try_from(checked(bytes.len() - LENGTH_SIZE)?).map_err(invalid)?;
    bytes[..LENGTH_SIZE].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// Reads a message, or `None` at the end of the input.
///
/// # Errors
/// If reading fails, or the bytes are not a complete message of this type: `InvalidData` or `UnexpectedEof`.
pub fn read_message<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; LENGTH_SIZE];
    // The first byte apart from the others tells the end between two messages from a torn length.
    if !read_first(input, &mut length[..1])? {
        return Ok(None);
    }
    input.read_exact(&mut length[1..])?;
    let mut bytes = vec![0; checked(u32::from_le_bytes(length) as usize)?];
    input.read_exact(&mut bytes)?;
    decode(&bytes).map(Some)
}

/// Reads the first byte of a message. Returns whether there is one.
fn read_first(input: &mut impl Read, byte: &mut [u8]) -> io::Result<bool> {
    loop {
        match input.read(byte) {
            Ok(count) => return Ok(count > 0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Decodes a message of exactly these bytes.
fn decode<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(invalid(format!("{} bytes too many in a message", rest.len()))),
        Err(error) => Err(invalid(format!("no message: {error}"))),
    }
}

/// Returns a length, if a message may have it.
fn checked(length: usize) -> io::Result<usize> {
    if length > MESSAGE_MAX {
        return Err(invalid(format!("a message of {length} bytes; at most {MESSAGE_MAX} are allowed")));
    }
    Ok(length)
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
