//! The head of a response, as a strict player parses it.

/// A head must be shorter than this many bytes, because the buffer of some radio sets is that small.
const HEAD_MAX: usize = 1024;

/// Returns the length of the head at the beginning of `bytes`, or `None` if it is incomplete.
///
/// # Errors
/// If the head is too long.
pub fn find_end(bytes: &[u8]) -> Result<Option<usize>, String> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    match end {
        Some(len) if len >= HEAD_MAX => Err(format!("a head of {len} bytes")),
        None if bytes.len() >= HEAD_MAX => Err(format!("a head without end in {} bytes", bytes.len())),
        end => Ok(end),
    }
}

/// The headers that describe a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamHeaders {
    /// Bytes of audio between two blocks, if there are any.
    pub metaint: Option<u32>,
    /// The bit rate in kbit/s.
    pub kbps: Option<u32>,
}

impl StreamHeaders {
    /// Parses a complete head.
    ///
    /// # Errors
    /// If the head is invalid, with the reason.
    pub fn parse(head: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(head).map_err(|_| "a head that is not UTF-8")?;
        let mut lines = text.trim_end_matches("\r\n").split("\r\n");
        let status = lines.next().unwrap_or_default();
        if !matches!(status, "HTTP/1.0 200 OK" | "ICY 200 OK") {
            return Err(format!("status line {status:?}"));
        }
        let fields: Vec<(&str, &str)> = lines
            .map(|line| line.split_once(':').ok_or(format!("not a header: {line:?}")))
            .collect::<Result<_, _>>()?;
        let field = |name: &str| {
            let mut matching = fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
            matching.next().map(|(_, value)| value.trim())
        };
        if field("content-type") != Some("audio/mpeg") {
            return Err(format!("content-type {:?}", field("content-type")));
        }
        if field("icy-name").is_none_or(str::is_empty) {
            return Err("no icy-name".into());
        }
        let number = |value: &str| value.parse().ok().filter(|metaint| *metaint > 0);
        let metaint = field("icy-metaint")
            .map(|value| number(value).ok_or(format!("icy-metaint {value:?}")))
            .transpose()?;
        Ok(Self { metaint, kbps: field("icy-br").and_then(|value| value.parse().ok()) })
    }
}
