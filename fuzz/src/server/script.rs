//! Reads choices from the input.

/// The rest of the input.
pub struct Script<'a>(pub &'a [u8]);

impl<'a> Script<'a> {
    /// Takes the next byte; `None` at the end of the input.
    pub fn next(&mut self) -> Option<u8> {
        self.0.split_off_first().copied()
    }

    /// Takes a byte as a number; 0 at the end of the input.
    pub fn number(&mut self) -> usize {
        self.next().unwrap_or(0).into()
    }

    /// Takes a byte and returns the element that it selects.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.number() % all.len()]
    }

    /// Takes `len` bytes, or fewer at the end of the input.
    pub fn bytes(&mut self, len: usize) -> &'a [u8] {
        self.0.split_off(..len.min(self.0.len())).unwrap_or_default()
    }
}

/// Common requests and logins, so that the fuzzer need not find them.
pub const REQUESTS: [&str; 23] = [
    "GET /1 HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n",
    "GET /2 HTTP/1.1\r\nIcy-MetaData: 1\r\nUser-Agent: Lavf/59\r\n\r\n",
    "GET /1 HTTP/1.0\r\n\r\n",
    "GET /stream?sid=2 HTTP/1.0\r\nIcy-MetaData:1\r\nUser-Agent: WinampMPEG/5\r\n\r\n",
    "GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\n\r\n",
    "HEAD /1 HTTP/1.1\r\nIcy-MetaData: 1\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\n\r\n",
    "OPTIONS /2 HTTP/1.1\r\n\r\n",
    "POST /1 HTTP/1.1\r\n\r\n",
    "GET /nowhere HTTP/1.1\r\n\r\n",
    "GET / HTTP/2.0\r\n\r\n",
    "SOURCE /1 ICE/1.0\r\n\r\n",
    "hackme\r\n",
    "\x16\x03\x01",
    "SOURCE /1 ICE/1.0\r\nAuthorization: Basic c291cmNlOmhhY2ttZQ==\r\n\r\n",
    "PUT /2 HTTP/1.1\r\nAuthorization: Basic c291cmNlOmhhY2ttZQ==\r\nContent-Type: audio/mpeg\r\n\r\n",
    "SOURCE hackme /2\n\n",
    "hackme:#2\nicy-br:128\n\n",
    "icy-name:a\r\ncontent-type:audio/aac\r\n\r\n",
    "\r\n",
    "GET /1 HTTP/1.0\r\nIcy-",
    "MetaData: 1\r\n\r\n",
    "GET /api/v1/events HTTP/1.1\r\n\r\n",
];
