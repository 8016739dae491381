//! Reads the files of a directory that are served as they are, on a worker, in pieces: `webroot`.
//! protocol-notes/pages.md has what is served.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use crate::file_version::FileVersion;
use crate::http::request::byte_range::ByteRange;
use crate::http::response::site_file::{FilePath, FileRest, etag};
use crate::open_file::{self, BelowError};
use crate::worker::{Inbox, LoopWaker, Outbox, Results, WhenFull, Worker, WorkerBuilder, result_channel};

/// The most bytes of a piece: as many as one write of a reply has. A client holds one piece at a time.
pub const PIECE_MAX: u64 = 64 * 1024;

/// The most requests that wait.
const REQUESTS_MAX: usize = 64;

/// Stack of the thread in bytes: it reads small pieces.
const STACK: usize = 128 * 1024;

/// What to read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileRequest {
    /// The beginning of what a request asks for.
    First {
        /// The file.
        path: FilePath,
        /// The requested range; `None` for the whole file.
        range: Option<ByteRange>,
        /// The tag of the version for which the range is; `None` for any. Of another version, the whole file
        /// is read.
        if_version: Option<String>,
        /// Whether to read bytes.
        wants_body: bool,
    },
    /// The next bytes.
    Next(FileRest),
}

impl FileRequest {
    fn path(&self) -> &FilePath {
        match self {
            Self::First { path, .. } | Self::Next(FileRest { path, .. }) => path,
        }
    }
}

/// What was found of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum FileFound {
    /// A piece of it.
    Piece(FilePiece),
    /// It does not have the requested range.
    NoSuchRange {
        /// The length of the file in bytes.
        len: u64,
    },
    /// There is no file at this path, or none that may be served.
    Missing,
    /// There is one, and this sentence says why it cannot be served. Also a file that has changed since its
    /// first piece was read.
    Unreadable(String),
}

/// A piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct FilePiece {
    /// The version of the file.
    pub version: FileVersion,
    /// The range of the file that the reply has.
    pub range: Range<u64>,
    /// Whether the range was requested.
    pub is_partial: bool,
    /// The bytes at the beginning of what was requested.
    pub bytes: Vec<u8>,
}

/// Reads pieces of files, in the order of the requests.
pub trait SiteFiles: fmt::Debug {
    /// Requests a piece. Returns whether it will be read.
    fn request(&mut self, request: FileRequest) -> bool;

    /// Returns the next piece that was read.
    fn poll(&mut self) -> Option<FileFound>;
}

/// The event loop's handle to the worker.
#[derive(Debug)]
pub struct WebrootReader {
    requests: Worker<FileRequest>,
    found: Results<FileFound>,
}

impl WebrootReader {
    /// Starts the worker for the files below `webroot`. It calls `waker` after every piece.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(webroot: PathBuf, waker: LoopWaker) -> io::Result<Self> {
        let (outbox, found) = result_channel(REQUESTS_MAX, waker);
        let builder = WorkerBuilder::new("webroot").stack(STACK).queue(REQUESTS_MAX, WhenFull::Refuse);
        let requests = builder.spawn(move |inbox| read_all(&webroot, &inbox, &outbox))?;
        Ok(Self { requests, found })
    }
}

impl SiteFiles for WebrootReader {
    fn request(&mut self, request: FileRequest) -> bool {
        self.requests.send(request).is_ok()
    }

    fn poll(&mut self) -> Option<FileFound> {
        self.found.poll()
    }
}

fn read_all(webroot: &Path, inbox: &Inbox<FileRequest>, outbox: &Outbox<FileFound>) {
    for request in inbox.jobs() {
        if !outbox.send(read(webroot, &request)) {
            return;
        }
    }
}

fn read(webroot: &Path, request: &FileRequest) -> FileFound {
    let names: Vec<&str> = request.path().iter().map(String::as_str).collect();
    let mut chosen = None;
    let bytes = open_file::read_piece_below(webroot, &names, |metadata| {
        let version = FileVersion::from(metadata);
        let choice = choose(request, version);
        let wanted = choice.as_ref().map_or(0..0, |choice| choice.read.clone());
        chosen = Some((version, choice));
        wanted
    });
    match bytes {
        Ok(bytes) => match chosen {
            Some((version, Ok(Choice { range, is_partial, .. }))) => {
                FileFound::Piece(FilePiece { version, range, is_partial, bytes })
            }
            Some((_, Err(refusal))) => refusal,
            None => FileFound::Missing,
        },
        Err(fault) if is_missing(&fault.error) => FileFound::Missing,
        Err(BelowError { path, error }) => {
            FileFound::Unreadable(format!("{} {}", path.display(), open_file::describe_error(&error)))
        }
    }
}

fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | IsADirectory | InvalidInput | InvalidFilename)
}

/// What to read, and of what it is the beginning.
struct Choice {
    range: Range<u64>,
    is_partial: bool,
    read: Range<u64>,
}

fn choose(request: &FileRequest, version: FileVersion) -> Result<Choice, FileFound> {
    let piece = |range: &Range<u64>| range.start..range.end.min(range.start + PIECE_MAX);
    match request {
        FileRequest::Next(FileRest { version: first, rest, .. }) if *first == version => {
            Ok(Choice { range: rest.clone(), is_partial: true, read: piece(rest) })
        }
        FileRequest::Next(_) => {
            Err(FileFound::Unreadable("the file has changed while it was sent".to_owned()))
        }
        FileRequest::First { range, if_version, wants_body, .. } => {
            let is_version = if_version.as_ref().is_none_or(|tag| *tag == etag(version));
            let requested = range.filter(|_| is_version);
            let range = match requested.map(|range| range.within(version.len)) {
                Some(None) => return Err(FileFound::NoSuchRange { len: version.len }),
                Some(Some(range)) => range,
                None => 0..version.len,
            };
            let read = if *wants_body { piece(&range) } else { 0..0 };
            Ok(Choice { range, is_partial: requested.is_some(), read })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn first(path: &[&str], range: Option<ByteRange>) -> FileRequest {
        let path = path.iter().map(|&name| name.to_owned()).collect();
        FileRequest::First { path, range, if_version: None, wants_body: true }
    }

    fn piece(found: FileFound) -> FilePiece {
        match found {
            FileFound::Piece(piece) => piece,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn long_file_is_read_in_pieces_of_one_version() {
        let webroot = tempfile::tempdir().expect("a folder");
        let content: Vec<u8> = (0..PIECE_MAX + 100).map(|index| index as u8).collect();
        fs::write(webroot.path().join("long"), &content).expect("room");
        let one = piece(read(webroot.path(), &first(&["long"], None)));
        assert_eq!((one.range.clone(), one.is_partial), (0..PIECE_MAX + 100, false));
        let rest = PIECE_MAX..PIECE_MAX + 100;
        let next = FileRequest::Next(FileRest { path: vec!["long".to_owned()], version: one.version, rest });
        let two = piece(read(webroot.path(), &next));
        assert_eq!([one.bytes, two.bytes].concat(), content);
        fs::write(webroot.path().join("long"), b"another").expect("room");
        let changed = read(webroot.path(), &next);
        assert!(matches!(&changed, FileFound::Unreadable(why) if why.contains("changed")), "{changed:?}");
    }

    #[test]
    fn range_is_read_if_the_file_has_it() {
        let webroot = tempfile::tempdir().expect("a folder");
        fs::write(webroot.path().join("ten"), b"0123456789").expect("room");
        let read_range = |text: &str| read(webroot.path(), &first(&["ten"], ByteRange::parse(text)));
        let some = piece(read_range("bytes=2-4"));
        assert_eq!((some.range, some.is_partial, some.bytes), (2..5, true, b"234".to_vec()));
        assert_eq!(piece(read_range("bytes=-3")).bytes, b"789");
        assert_eq!(read_range("bytes=10-"), FileFound::NoSuchRange { len: 10 });
        let of_version = |tag: &str| FileRequest::First {
            path: vec!["ten".to_owned()],
            range: ByteRange::parse("bytes=2-4"),
            if_version: Some(tag.to_owned()),
            wants_body: true,
        };
        assert_eq!(piece(read(webroot.path(), &of_version("\"old\""))).bytes, b"0123456789");
        let tag = etag(some.version);
        assert_eq!(piece(read(webroot.path(), &of_version(&tag))).bytes, b"234");
    }

    #[test]
    fn only_regular_files_below_the_directory_are_read() {
        let webroot = tempfile::tempdir().expect("a folder");
        let inner = webroot.path().join("inner");
        fs::create_dir(&inner).expect("room");
        fs::write(webroot.path().join("outside"), b"secret").expect("room");
        fs::write(inner.join("empty"), b"").expect("room");
        symlink("../outside", inner.join("link")).expect("a link");
        symlink("..", inner.join("up")).expect("a link");
        fs::create_dir(inner.join("folder")).expect("room");
        assert_eq!(piece(read(&inner, &first(&["empty"], None))).bytes, b"");
        for path in [&["folder"][..], &["missing"], &["missing", "file"], &["empty", "file"], &[]] {
            assert_eq!(read(&inner, &first(path, None)), FileFound::Missing, "{path:?}");
        }
        for path in [&["link"][..], &["up", "outside"]] {
            let found = read(&inner, &first(path, None));
            assert!(matches!(&found, FileFound::Unreadable(why) if why.contains("link")), "{found:?}");
        }
    }
}
