//! The challenges of ACME: requests that wait for a file, a slow disk, and the order of the replies.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::world::{Setup, World, seed};
use coldwave::acme_webroot::{ChallengeFile, ChallengeFiles};
use coldwave::http::request::challenge_token::ChallengeToken;
use coldwave::server::{CHALLENGE_TIMEOUT, Hooks, Peer};
use coldwave::settings::{Account, Secret, StationSettings};

/// The state of a [`FakeFiles`].
#[derive(Debug, Default)]
struct FilesState {
    wanted: Vec<String>,
    read: VecDeque<ChallengeFile>,
    is_full: bool,
}

#[derive(Debug, Clone, Default)]
struct FakeFiles(Rc<RefCell<FilesState>>);

impl ChallengeFiles for FakeFiles {
    fn request(&mut self, token: &ChallengeToken) -> bool {
        let mut state = self.0.borrow_mut();
        if !state.is_full {
            state.wanted.push(token.as_str().to_owned());
        }
        !state.is_full
    }

    fn poll(&mut self) -> Option<ChallengeFile> {
        self.0.borrow_mut().read.pop_front()
    }
}

struct ChallengeHarness {
    world: World,
    files: FakeFiles,
}

impl ChallengeHarness {
    fn new() -> Self {
        let files = FakeFiles::default();
        let hooks = Hooks { challenges: Some(Box::new(files.clone())), ..Hooks::default() };
        let setup = Setup { hooks, ..Setup::with(vec![StationSettings::default()]) };
        Self { world: World::start(seed(71), setup), files }
    }

    fn get(&mut self, token: &str) -> Peer {
        self.world.get(&format!("/.well-known/acme-challenge/{token}")).http11().header("Host", "h").open()
    }

    /// Completes the next request.
    fn finish(&mut self, file: ChallengeFile) {
        self.files.0.borrow_mut().read.push_back(file);
        self.world.turn();
    }

    fn status(&self, peer: Peer) -> u16 {
        self.world.reply(peer).status()
    }
}

#[test]
fn replies_follow_the_order_of_the_requests() {
    let mut harness = ChallengeHarness::new();
    let peers = ["one", "two", "three"].map(|token| harness.get(token));
    assert!(peers.iter().all(|&peer| harness.world.reply(peer).is_empty()));
    harness.finish(ChallengeFile::Found(b"one.print".to_vec()));
    harness.finish(ChallengeFile::Missing("two".into()));
    harness.finish(ChallengeFile::Unreadable("three cannot be read".into()));
    assert_eq!(peers.map(|peer| harness.status(peer)), [200, 404, 503]);
    assert!(harness.world.reply(peers[0]).ends_with("\r\n\r\none.print"));
    assert_eq!(harness.files.0.borrow().wanted, ["one", "two", "three"]);
}

#[test]
fn slow_disk_and_full_queue_are_503_and_the_next_reply_is_right() {
    let mut harness = ChallengeHarness::new();
    let (early, gone) = (harness.get("early"), harness.get("gone"));
    harness.world.disconnect(gone);
    harness.world.pass(CHALLENGE_TIMEOUT + Duration::from_secs(1));
    assert_eq!(harness.status(early), 503);
    let late = harness.get("late");
    harness.files.0.borrow_mut().is_full = true;
    let refused = harness.get("refused");
    assert_eq!(harness.status(refused), 503);
    for content in ["early", "gone", "late"] {
        harness.finish(ChallengeFile::Found(content.into()));
    }
    assert_eq!(harness.status(early), 503, "its reply was complete");
    assert!(harness.world.reply(late).ends_with("\r\n\r\nlate"));
}

#[test]
fn other_files_end_the_waiting_and_a_stop_closes() {
    let mut harness = ChallengeHarness::new();
    let waiting = harness.get("waiting");
    let now = harness.world.now;
    harness.world.server.set_challenge_files(Some(Box::new(FakeFiles::default())), now);
    harness.world.turn();
    assert_eq!(harness.status(waiting), 503);
    let stopped = harness.get("stopped");
    assert!(harness.world.reply(stopped).is_empty());
    harness.world.server.stop(harness.world.now);
    harness.world.turn();
    assert!(harness.world.socket(stopped).closed && harness.world.server.is_drained());
    let mut without = World::new(seed(72));
    assert_eq!(without.get("/.well-known/acme-challenge/token").send().status(), 404);
}

#[test]
fn bans_do_not_apply_to_challenges() {
    const BANNED: &str = "203.0.113.9:40000";
    let mut harness = ChallengeHarness::new();
    harness.world.configure(|config| {
        config.admin = Account { user: "admin".into(), password: Some(Secret::new("lighthouse")) };
    });
    let ban = "/admin.cgi?mode=bandst&bandst=203.0.113.9&pass=lighthouse";
    assert_eq!(harness.world.get(ban).send().status(), 200);
    assert_eq!(harness.world.get("/7.html").from(BANNED).send().status(), 403);
    let authority = harness.world.get("/.well-known/acme-challenge/token").from(BANNED).open();
    harness.finish(ChallengeFile::Found(b"token.print".to_vec()));
    assert_eq!(harness.status(authority), 200);
}
