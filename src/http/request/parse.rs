//! A request: bytes that a client sent, taken apart into what it asks for.

use super::clean::{clean, head_length, may_have_ended};
use super::dialect::{Dialect, SIGNATURE_MAX, first_line_end};
use super::refusal::Refusal;
use crate::http::source::login::{Audiocast, PasswordLine};
use crate::http::text::decoded;
use percent_encoding::{percent_decode, percent_decode_str};

/// The longest head that is read, in bytes. Icecast stops at 4,096, which a browser's cookies alone can exceed.
pub const HEAD_MAX: usize = 16 * 1024;

/// The most header lines a head may have: the number that SHOUTcast's own server allows.
pub const HEADERS_MAX: usize = 100;

/// What has been made of the bytes that have come so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Parse {
    /// A whole request.
    Here {
        /// What it says.
        request: Request,
        /// How many bytes its head took; what follows them is its body or the next request.
        consumed: usize,
    },
    /// The first line of a SHOUTcast v1 source.
    Password {
        /// The line.
        line: PasswordLine,
        /// How many bytes it took, its end included; header lines follow, and audio may be there already.
        consumed: usize,
    },
    /// A source that logs in as xaudiocast did.
    Audiocast {
        /// What it says; boxed, as hardly anybody does it.
        login: Box<Audiocast>,
        /// How many bytes its head took; what follows them is audio.
        consumed: usize,
    },
    /// `!POKE`: libshout asks whether this port takes SHOUTcast v1 sources, and takes any line without `OK` for a yes.
    Poke {
        /// How many bytes its first line took. It has a second, and then waits for the answer.
        consumed: usize,
    },
    /// Nothing is wrong and nothing is whole yet: call again with all bytes when there are more.
    NotYet,
    /// This will never be any of them.
    No(Refusal),
}

/// A request's head. Owns what it says, so the bytes it came from can go.
///
/// `{:?}` leaves out what a header says that may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What is to be done.
    pub method: Method,
    /// The target up to the `?`, percent-decoded. May hold any character: print it with `{:?}`.
    pub path: String,
    /// The target behind the `?`, as it came.
    pub query: Option<String>,
    /// The version the client claims; the one it takes in a reply may be older.
    pub version: Version,
    /// See [`reached_at`](Self::reached_at).
    reached_at: Option<String>,
    headers: Vec<(String, String)>,
}

/// The first word of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// A listener, or a page.
    Get,
    /// As `Get`, but for the head alone: never attaches a listener.
    Head,
    /// A browser's CORS preflight; libshout's first step.
    Options,
    /// A form, such as a title update.
    Post,
    /// A source of Icecast's newer kind.
    Put,
    /// Icecast's own word for "here comes a source".
    Source,
    /// Icecast's own word for "tell me how you are".
    Stats,
    /// Any other word, upper and lower case as it came.
    Other(String),
}

/// The version of HTTP in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 1.0, `ICE/1.0`, or none.
    Http10,
    /// 1.1.
    Http11,
}

/// Looks for a request, or for what else a source may say first, at the front of `bytes`, which must begin where the connection, or the last request, did.
///
/// Looks at every byte in each call: where bytes come in many pieces, ask [`parse_more`].
pub fn parse(bytes: &[u8]) -> Parse {
    let bytes = &bytes[..bytes.len().min(HEAD_MAX)];
    match Dialect::of(bytes) {
        Some(Dialect::Http) => whole_head(bytes, parse_head),
        Some(Dialect::Audiocast) => whole_head(bytes, parse_audiocast),
        Some(Dialect::Line) => parse_line(bytes),
        Some(Dialect::Poke) => Parse::Poke { consumed: first_line_end(bytes).unwrap_or_default() },
        Some(Dialect::Tls) => Parse::No(Refusal::Tls),
        Some(Dialect::Ultravox) => Parse::No(Refusal::Ultravox),
        Some(Dialect::FlashPolicy) => Parse::No(Refusal::NotHttp),
        None => not_yet(bytes),
    }
}

fn whole_head(bytes: &[u8], parse: fn(&[u8]) -> Parse) -> Parse {
    head_length(bytes).map_or_else(|| not_yet(bytes), |length| parse(&bytes[..length]))
}

fn parse_audiocast(head: &[u8]) -> Parse {
    match Audiocast::of_head(head) {
        Some(login) => Parse::Audiocast { login: Box::new(login), consumed: head.len() },
        None => Parse::No(Refusal::NotHttp),
    }
}

fn parse_line(bytes: &[u8]) -> Parse {
    match PasswordLine::at_front(bytes) {
        Some((line, consumed)) => Parse::Password { line, consumed },
        None => Parse::No(Refusal::NotHttp),
    }
}

/// [`parse`] for bytes whose first `seen` were [`Parse::NotYet`] in the call before. However a head is cut, all
/// calls together look at each byte a few times only.
pub fn parse_more(bytes: &[u8], seen: usize) -> Parse {
    let within = &bytes[..bytes.len().min(HEAD_MAX)];
    if seen >= SIGNATURE_MAX && !may_have_ended(within, seen.min(within.len())) {
        not_yet(within)
    } else {
        parse(within)
    }
}

fn not_yet(bytes: &[u8]) -> Parse {
    if bytes.len() < HEAD_MAX { Parse::NotYet } else { Parse::No(Refusal::TooLarge) }
}

fn parse_head(head: &[u8]) -> Parse {
    let cleaned = clean(head);
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(&cleaned) {
        Ok(httparse::Status::Complete(_)) => Parse::Here { request: own(&parsed), consumed: head.len() },
        Err(httparse::Error::TooManyHeaders) => Parse::No(Refusal::TooManyHeaders),
        Err(httparse::Error::Version) => Parse::No(Refusal::UnknownVersion),
        Ok(httparse::Status::Partial) | Err(_) => Parse::No(Refusal::Malformed),
    }
}

fn own(parsed: &httparse::Request) -> Request {
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    Request {
        method: Method::from(parsed.method.unwrap_or_default()),
        path: percent_decode_str(path).decode_utf8_lossy().into_owned(),
        query: query.map(str::to_owned),
        version: if parsed.version == Some(1) { Version::Http11 } else { Version::Http10 },
        reached_at: None,
        headers: parsed.headers.iter().map(own_header).collect(),
    }
}

fn own_header(header: &httparse::Header) -> (String, String) {
    (header.name.to_owned(), decoded(header.value.trim_ascii()))
}

impl From<&str> for Method {
    fn from(word: &str) -> Self {
        match word {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "OPTIONS" => Self::Options,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "SOURCE" => Self::Source,
            "STATS" => Self::Stats,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Request {
    /// A GET of this path, which is taken as it is, without any header.
    pub fn get(path: &str) -> Self {
        Self {
            method: Method::Get,
            path: path.to_owned(),
            query: None,
            version: Version::Http11,
            reached_at: None,
            headers: Vec::new(),
        }
    }

    /// Where whoever asks found us, as [`base`](crate::http::proxy::base::base) has it, if others say so than the request itself.
    pub fn reached_at(&self) -> Option<&str> {
        self.reached_at.as_deref()
    }

    /// Notes where whoever asks found us: by the operator's word, or a proxy's that is believed.
    pub fn note_reached_at(&mut self, base: String) {
        self.reached_at = Some(base);
    }

    /// The value of the first header of that name, in any case; trimmed, and without line ends by construction.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names, as they came, and values of all headers.
    pub(in crate::http) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value of that name in the query, decoded; `+` is a space. A name without `=` has an empty value.
    pub fn query_value(&self, name: &str) -> Option<String> {
        let pairs = self.query.as_deref()?.split('&');
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(other, _)| decode_query(other) == name).map(|(_, value)| decode_query(value))
    }

    /// Whether the client wants titles between the audio: `Icy-MetaData` is an integer other than zero.
    pub fn wants_metadata(&self) -> bool {
        self.header("icy-metadata")
            .and_then(|value| value.parse::<i64>().ok())
            .is_some_and(|value| value != 0)
    }

    /// The `User-Agent`, empty if there is none.
    pub fn user_agent(&self) -> &str {
        self.header("user-agent").unwrap_or_default()
    }
}

fn decode_query(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes()).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
impl Request {
    /// The request that `head` is; its lines may end in `\n`, and the empty line at its end is added.
    pub fn of(head: &str) -> Self {
        match parse(format!("{head}\n\n").as_bytes()) {
            Parse::Here { request, .. } => request,
            other => panic!("{head:?} is {other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BROWSER: &[u8] = b"GET /a%20b;c%3Bd?x=%41 HTTP/1.1\r\nHost: h:8000\r\nX-Name: Caf\xE9\r\n\r\nrest";

    fn here(bytes: &[u8]) -> (Request, usize) {
        match parse(bytes) {
            Parse::Here { request, consumed } => (request, consumed),
            other => panic!("{} is {other:?}", bytes.escape_ascii()),
        }
    }

    #[test]
    fn takes_a_request_apart() {
        let (request, consumed) = here(BROWSER);
        assert_eq!(consumed, BROWSER.len() - "rest".len());
        assert_eq!((request.method, request.version), (Method::Get, Version::Http11));
        assert_eq!((request.path.as_str(), request.query.as_deref()), ("/a b;c;d", Some("x=%41")));
    }

    #[test]
    fn waits_at_every_cut() {
        for head in [BROWSER, b"\r\nGET /\r\r\nA : b\r\r\n\r\r\n", b"GET / ICE/1.0\n\n"] {
            let (_, whole) = here(head);
            for cut in 0..whole {
                assert_eq!(parse(&head[..cut]), Parse::NotYet, "{}", head[..cut].escape_ascii());
                assert_eq!(parse_more(head, cut), parse(head));
            }
            assert_eq!(here(&head[..whole]), here(head));
        }
    }

    /// What is at the front of `bytes` takes the first `took` of them, and nobody knows before they are all there.
    #[track_caller]
    fn check_front(bytes: &[u8], took: usize, is: impl Fn(Parse) -> Option<usize>) {
        for cut in 0..took {
            assert_eq!(parse(&bytes[..cut]), Parse::NotYet, "{}", bytes[..cut].escape_ascii());
        }
        assert_eq!(parse_more(&bytes[..took], took - 1), parse(bytes));
        assert_eq!(is(parse(bytes)), Some(took), "{}", bytes.escape_ascii());
    }

    #[test]
    fn tells_what_sources_say_that_is_not_http() {
        let password = |said| match said {
            Parse::Password { consumed, .. } => Some(consumed),
            _ => None,
        };
        check_front(b"hackme\r\nicy-name:x\r\n\r\n", 8, password);
        check_front(b"\ndj:hackme:#2\n\xFF\xFB", 14, password);
        check_front(b"!POKE\nicy-name:libshout server poke request\n\n", 6, |said| match said {
            Parse::Poke { consumed } => Some(consumed),
            _ => None,
        });
        check_front(b"SOURCE hackme /live\nx-audiocast-name: A\n\n\xFF", 41, |said| match said {
            Parse::Audiocast { login, consumed } => {
                let said = (login.mount.as_str(), login.password.as_str(), login.info.name.as_deref());
                (said == ("/live", "hackme", Some("A"))).then_some(consumed)
            }
            _ => None,
        });
    }

    #[test]
    fn finds_headers_in_any_case() {
        let request = Request::of("GET / HTTP/1.0\nHOST:h\nX-Empty:\nAccept: \t a \t\naccept: b");
        assert_eq!(request.header("host"), Some("h"));
        assert_eq!(request.header("Accept"), Some("a"));
        assert_eq!(request.header("x-empty"), Some(""));
        assert_eq!(request.header("x-none"), None);
        assert_eq!(request.user_agent(), "");
    }

    #[test]
    fn reads_values_as_utf8_or_windows_1252() {
        let latin1 = here(BROWSER).0;
        assert_eq!(latin1.header("x-name"), Some("Café"));
        assert_eq!(Request::of("GET /\nX-Name: Café").header("x-name"), Some("Café"));
    }

    #[test]
    fn reads_icy_metadata_as_an_integer() {
        let wants = |line: &str| Request::of(&format!("GET / HTTP/1.0\nHost: h\n{line}")).wants_metadata();
        for line in ["Icy-MetaData: 1", "Icy-MetaData:1", "icy-metadata: 2", "ICY-METADATA : 01"] {
            assert!(wants(line), "{line}");
        }
        for line in ["Icy-MetaData: 0", "Icy-MetaData: yes", "Icy-MetaData:", "Icy-MetaData: 1.5", "X-Icy: 1"]
        {
            assert!(!wants(line), "{line}");
        }
    }

    #[test]
    fn decodes_values_of_the_query() {
        let request = Request::of("GET /stream?a&sid=2&s%69d=3&song=A+%26+B\"é HTTP/1.1");
        assert_eq!(request.query_value("sid").as_deref(), Some("2"));
        assert_eq!(request.query_value("song").as_deref(), Some("A & B\"é"));
        assert_eq!(request.query_value("a").as_deref(), Some(""));
        assert_eq!(request.query_value("b"), None);
        assert_eq!(Request::of("GET /stream").query_value("sid"), None);
    }

    #[test]
    fn refuses_with_a_reason() {
        let many = format!("GET / HTTP/1.1\n{}\n", "a: b\n".repeat(HEADERS_MAX + 1));
        for (bytes, refusal) in [
            (&b"\x16\x03\x01"[..], Refusal::Tls),
            (b"\x5A\x00\x10\x09", Refusal::Ultravox),
            (b"hack\0me\r\n", Refusal::NotHttp),
            (b"<policy-file-request/>\0", Refusal::NotHttp),
            (b"GET / HTTP/2.0\n\n", Refusal::UnknownVersion),
            (b"GET HTTP/1.1\n\n", Refusal::Malformed),
            (b"GET /\x00 HTTP/1.1\n\n", Refusal::Malformed),
            (b"GET / HTTP/1.1\nno colon\n\n", Refusal::Malformed),
            (b"GET / HTTP/1.1\n \nVia: hidden\n\n", Refusal::Malformed),
            (b"GET / HTTP/1.1\nA: b\rC: d\n\n", Refusal::Malformed),
            (many.as_bytes(), Refusal::TooManyHeaders),
            (&[b'x'; HEAD_MAX], Refusal::TooLarge),
        ] {
            assert_eq!(parse(bytes), Parse::No(refusal), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn allows_heads_up_to_the_limits() {
        let headers = "a: b\n".repeat(HEADERS_MAX);
        assert!(matches!(parse(format!("GET / HTTP/1.1\n{headers}\n").as_bytes()), Parse::Here { .. }));
        let fixed = "GET / HTTP/1.1\nCookie: \n\n".len();
        let head = |spare| format!("GET / HTTP/1.1\nCookie: {}\n\n", "x".repeat(HEAD_MAX - fixed + spare));
        assert_eq!(here(head(0).as_bytes()).1, HEAD_MAX);
        assert_eq!(parse(head(1).as_bytes()), Parse::No(Refusal::TooLarge));
    }

    /// Bytes that get far: pieces of heads in any order, with noise between them.
    fn heads() -> impl Strategy<Value = Vec<u8>> {
        let pieces = [
            "GET ",
            "/",
            "HTTP/1.1",
            " ",
            "\r",
            "\n",
            "\r\n",
            ":",
            "Host",
            "%",
            "%3",
            "é",
            "http://",
            "?",
            "a-password-longer-than-any-signature",
        ];
        let piece = prop_oneof![
            6 => prop::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..4),
        ];
        let begin = prop::sample::select(vec!["", "\r\n", "GET / HTTP/1.1\r\n", "GET /a b\n"]);
        (begin, prop::collection::vec(piece, 0..40))
            .prop_map(|(begin, pieces)| [begin.as_bytes(), &pieces.concat()].concat())
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_within_bounds(bytes in prop_oneof![heads(), prop::collection::vec(any::<u8>(), 0..300)]) {
            if let Parse::Here { request, consumed } = parse(&bytes) {
                prop_assert!(consumed <= bytes.len().min(HEAD_MAX));
                prop_assert!(request.headers.len() <= HEADERS_MAX);
                for (_, value) in &request.headers {
                    prop_assert!(!value.contains(['\r', '\n', '\0']));
                }
                prop_assert_eq!(here(&bytes[..consumed]).0, request);
            }
        }

        #[test]
        fn any_cut_gives_the_same(bytes in heads(), cuts in prop::collection::vec(0..300usize, 0..9)) {
            let mut cuts = [cuts, vec![0, bytes.len()]].concat();
            cuts.retain(|cut| *cut <= bytes.len());
            cuts.sort_unstable();
            for pair in cuts.windows(2) {
                let parsed = parse_more(&bytes[..pair[1]], pair[0]);
                prop_assert_eq!(&parsed, &parse(&bytes[..pair[1]]));
                if parsed != Parse::NotYet { break }
            }
        }

        #[test]
        fn a_verdict_outlives_more_bytes(bytes in heads()) {
            let verdicts = (0..=bytes.len()).map(|cut| parse(&bytes[..cut]));
            let mut verdicts = verdicts.skip_while(|verdict| *verdict == Parse::NotYet);
            if let Some(first) = verdicts.next() {
                prop_assert!(verdicts.all(|verdict| verdict == first));
            }
        }
    }
}
