//! `webroot`: files at paths where the server has nothing itself.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use coldwave::bans::{BanTarget, Bans};
use coldwave::server::{Hooks, Peer};
use coldwave::session::CloseReason;
use coldwave::settings::StationSettings;
use coldwave::webroot_files::{FileFound, FilePiece, FileRequest, FileVersion, PIECE_MAX, SiteFiles};

use crate::world::{Link, Setup, World, seed};

/// The length of the file: two pieces and a half.
const LEN: u64 = PIECE_MAX * 5 / 2;

/// A directory with one file, `/long.mp3`. A test decides when its pieces have been read.
#[derive(Debug, Clone, Default)]
struct FakeFiles(Rc<RefCell<Pending>>);

#[derive(Debug, Default)]
struct Pending {
    requests: VecDeque<FileRequest>,
    /// The number of requests that may be answered.
    answered: usize,
    /// How many requests can wait; `None` for any number.
    room: Option<usize>,
    is_gone: bool,
}

impl FakeFiles {
    fn answer(&self, count: usize) {
        self.0.borrow_mut().answered += count;
    }
}

impl SiteFiles for FakeFiles {
    fn request(&mut self, request: FileRequest) -> bool {
        let mut pending = self.0.borrow_mut();
        let has_room = pending.room.is_none_or(|room| pending.requests.len() < room);
        if has_room {
            pending.requests.push_back(request);
        }
        has_room
    }

    fn poll(&mut self) -> Option<FileFound> {
        let mut pending = self.0.borrow_mut();
        pending.answered = pending.answered.checked_sub(1)?;
        let version = FileVersion { len: LEN, modified: (7, 0) };
        let (range, is_partial) = match pending.requests.pop_front()? {
            FileRequest::First { path, range, .. } if path == ["long.mp3"] => {
                let requested = range.and_then(|range| range.within(LEN));
                (requested.clone().unwrap_or(0..LEN), requested.is_some())
            }
            FileRequest::First { .. } => return Some(FileFound::Missing),
            FileRequest::Next(_) if pending.is_gone => {
                return Some(FileFound::Unreadable("gone".to_owned()));
            }
            FileRequest::Next(rest) => (rest.rest, true),
        };
        let bytes = (range.start..range.end.min(range.start + PIECE_MAX)).map(|at| at as u8).collect();
        Some(FileFound::Piece(FilePiece { version, range, is_partial, bytes }))
    }
}

fn world(files: &FakeFiles, bans: Bans) -> World {
    let hooks = Hooks { files: Some(Box::new(files.clone())), ..Hooks::default() };
    let mut world =
        World::start(seed(9), Setup { hooks, bans, ..Setup::with(vec![StationSettings::default()]) });
    world.pass(Duration::from_secs(2));
    world
}

fn request(world: &mut World, target: &str) -> Peer {
    world.get(target).http11().header("Host", "h").open()
}

#[test]
fn long_file_is_sent_in_pieces_and_holds_one_at_a_time() {
    let files = FakeFiles::default();
    let mut world = world(&files, Bans::default());
    let before = world.server.request_memory();
    let peer = request(&mut world, "/long.mp3");
    assert_eq!(*world.reply(peer), *"", "it is being read");
    for _ in 0..3 {
        files.answer(1);
        world.turn();
        world.pass(Duration::from_millis(10));
        assert!(world.server.request_memory() <= before + PIECE_MAX as usize);
    }
    let reply = world.socket(peer).received.clone();
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    assert!(reply.starts_with(b"HTTP/1.0 200 OK\r\n"));
    let expected: Vec<u8> = (0..LEN).map(|at| at as u8).collect();
    assert_eq!((reply.len() - end, reply[end..] == expected), (LEN as usize, true));
    assert!(world.socket(peer).finished);
    assert_eq!(world.server.request_memory(), before);
}

#[test]
fn own_pages_and_streams_come_before_files_and_banned_clients_get_none() {
    let files = FakeFiles::default();
    files.answer(100);
    let mut bans = Bans::default();
    let target = BanTarget::parse_address("203.0.113.9").expect("an address");
    bans.add(target, "", Duration::ZERO).expect("room");
    let mut world = world(&files, bans);
    for (target, status) in [
        ("/7.html", 200),
        ("/status-json.xsl", 200),
        ("/missing.html", 404),
        ("/..%2flong.mp3", 404),
        ("/long.mp3", 200),
    ] {
        let peer = request(&mut world, target);
        world.pass(Duration::from_millis(100));
        assert_eq!(world.reply(peer).status(), status, "{target}");
    }
    let banned = world.get("/long.mp3").http11().header("Host", "h").from("203.0.113.9:1").send();
    assert_eq!(banned.status(), 403);
    let post = world.post("/long.mp3", "a").http11().header("Host", "h").send();
    assert_eq!(post.status(), 405);
}

#[test]
fn file_that_is_gone_ends_the_connection_and_a_slow_disk_is_answered_503() {
    let files = FakeFiles::default();
    let mut world = world(&files, Bans::default());
    let [begun, waiting] = ["/long.mp3", "/long.mp3"].map(|target| request(&mut world, target));
    files.answer(1);
    world.turn();
    world.pass(Duration::from_secs(6));
    assert_eq!(world.reply(waiting).status(), 503);
    files.0.borrow_mut().is_gone = true;
    files.answer(2);
    world.turn();
    world.turn();
    assert!(world.socket(begun).closed);
    let reasons: Vec<CloseReason> = world.ended.borrow().iter().map(|ended| ended.reason).collect();
    assert_eq!(reasons, [CloseReason::FileChanged]);
}

#[test]
fn client_that_reads_nothing_is_closed_and_one_that_leaves_is_forgotten() {
    let files = FakeFiles::default();
    let mut world = world(&files, Bans::default());
    let gone = request(&mut world, "/long.mp3");
    world.disconnect(gone);
    let stalled =
        world.get("/long.mp3").http11().header("Host", "h").link(Link::Stuck { buffer: 1000 }).open();
    files.answer(10);
    world.pass(Duration::from_secs(20));
    assert!(world.socket(stalled).closed);
    let reasons: Vec<CloseReason> = world.ended.borrow().iter().map(|ended| ended.reason).collect();
    assert_eq!(reasons, [CloseReason::PeerClosed, CloseReason::ReplyTimeout]);
}

#[test]
fn download_that_has_begun_waits_for_room_and_no_other_begins_before_it() {
    let files = FakeFiles::default();
    let mut world = world(&files, Bans::default());
    let downloads: Vec<Peer> = (0..4).map(|_| request(&mut world, "/long.mp3")).collect();
    world.turn();
    // All beginnings are sent, and only two of the next pieces fit.
    files.0.borrow_mut().room = Some(2);
    files.answer(4);
    world.turn();
    let refused = request(&mut world, "/long.mp3");
    world.turn();
    assert_eq!(world.reply(refused).status(), 503);
    for _ in 0..20 {
        files.answer(2);
        world.turn();
        world.pass(Duration::from_millis(10));
    }
    for peer in downloads {
        let received = world.socket(peer).received.len();
        assert!(received as u64 > LEN && world.socket(peer).finished, "{received}");
    }
}
