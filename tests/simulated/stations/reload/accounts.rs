//! Live sources, sources that are about to go live, and waiting logins, when accounts and other settings of
//! sources change.

use std::cell::RefCell;
use std::rc::Rc;

use coldwave::audio::{Frame, Header};
use coldwave::icy::Title;
use coldwave::server::{Hooks, Peer};
use coldwave::session::CloseReason;
use coldwave::settings::{Account, Dj, RecordSettings, Secret, StationSettings, Takeover};
use coldwave::station::RecordingSink;

use super::{SECOND, assert_undisturbed, given};
use crate::log;
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Setup, World, seed};

fn dj(name: &str, password: &str, priority: i32) -> Dj {
    Dj { name: name.into(), display: None, password: Secret::new(password), priority }
}

/// Returns a station with the shared account `source` and these DJs.
fn with_djs(djs: &[(&str, &str, i32)]) -> StationSettings {
    let mut settings = given(1, "/a");
    settings.sources.account = Account { user: "source".into(), password: Some(Secret::new("tide")) };
    settings.sources.djs =
        djs.iter().map(|&(name, password, priority)| dj(name, password, priority)).collect();
    settings
}

/// A source that sends in real time, until it is disconnected.
struct Live {
    peer: Peer,
    encoder: Encoder,
}

impl Live {
    fn log_in(world: &mut World, number: u64, user: &str, password: &str) -> Self {
        let encoder = Encoder::new(&world.logs[0], number, Header::DEFAULT);
        let peer = world.connect(Link::Fast);
        world.send(peer, &source_request("/a", user, password));
        Self { peer, encoder }
    }

    fn play(&mut self, world: &mut World, tenths: u32) {
        for _ in 0..tenths {
            let audio = self.encoder.seconds(0.1);
            if !world.socket(self.peer).closed && !world.socket(self.peer).finished {
                world.feed(self.peer, &audio);
            }
            world.pass(SECOND / 10);
        }
    }
}

fn reasons(world: &World) -> Vec<CloseReason> {
    world.ended.borrow().iter().map(|it| it.reason).collect()
}

/// Returns a world with this station, which plays a tone, and a listener of it.
fn world_with(seed: u64, station: StationSettings) -> (World, Peer) {
    let mut world = World::with(seed, Vec::new());
    world.reload(vec![station]);
    let listener = world.tune_in_to(0, "/a", Link::Fast);
    world.pass(2 * SECOND);
    (world, listener)
}

#[test]
fn live_source_whose_account_is_gone_is_removed_without_its_buffered_audio() {
    let mut renamed = with_djs(&[]);
    renamed.sources.account.user = "studio".into();
    for (user, password, after) in [
        ("anna", "ebb", with_djs(&[("ben", "ebb", 0)])),
        ("anna", "ebb", given(1, "/a")),
        ("source", "tide", renamed),
    ] {
        log::collect();
        let (mut world, listener) = world_with(seed(81), with_djs(&[("anna", "ebb", 0)]));
        let mut live = Live::log_in(&mut world, 1, user, password);
        live.play(&mut world, 100);
        assert!(world.is_live(0));
        // Five seconds that wait in its feed.
        let ahead = live.encoder.seconds(5.0);
        world.feed(live.peer, &ahead);
        world.reload(vec![after]);
        assert!(world.socket(live.peer).closed && !world.is_live(0));
        assert_eq!(reasons(&world), [CloseReason::AccountRemoved]);
        let lines = log::lines_with("live source");
        let expected = format!("/a: live source {user} ended (its account was removed) after");
        assert!(lines.iter().any(|line| line.starts_with(&expected)), "{lines:?}");
        world.pass(10 * SECOND);
        let (heard, sent) = (world.ear(listener).last_number(1), live.encoder.frames_made);
        assert!((300..sent - 150).contains(&heard), "{heard} of {sent}");
        world.assert_listens(listener);
        assert_eq!(world.ear(listener).silent_frames, 0, "the music plays at once");
    }
}

#[test]
fn source_stays_on_air_if_only_its_password_changes() {
    let (mut world, listener) = world_with(seed(82), with_djs(&[("anna", "ebb", 0)]));
    let mut live = Live::log_in(&mut world, 1, "anna", "ebb");
    live.play(&mut world, 50);
    world.reload(vec![with_djs(&[("anna", "flood", 0)])]);
    live.play(&mut world, 50);
    assert!(world.is_live(0) && reasons(&world).is_empty());
    assert_undisturbed(&world, &[listener], 12 * SECOND);
    world.disconnect(live.peer);
    for (password, is_live) in [("ebb", false), ("flood", true)] {
        let mut again = Live::log_in(&mut world, 2, "anna", password);
        again.play(&mut world, 20);
        assert_eq!(world.is_live(0), is_live, "{password}");
    }
}

#[test]
fn source_that_was_not_answered_yet_gets_the_reason_instead_of_its_acceptance() {
    let put = "PUT /a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic YW5uYTplYmI=\r\nContent-Type: audio/mpeg\r\n\
               Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (login, before, expected) in [
        (source_request("/a", "anna", "ebb"), "", "this account was removed"),
        (put.into(), "HTTP/1.1 100 Continue\r\n\r\n", "this account was removed"),
        (b"anna:ebb\r\n".to_vec(), "OK2\r\nicy-caps:11\r\n\r\n", "this account was removed"),
    ] {
        let (mut world, _) = world_with(seed(83), with_djs(&[("anna", "ebb", 0)]));
        let peer = world.connect(Link::Fast);
        // No turn passes between the login and the reload, so the acceptance was not sent.
        world.server.received(peer, &login, world.now);
        world.reload(vec![with_djs(&[])]);
        let reply = world.reply(peer).to_string();
        let refusal = reply.strip_prefix(before).unwrap_or_else(|| panic!("{reply}"));
        assert!(refusal.starts_with("HTTP/1.0 403 ") && refusal.ends_with(expected), "{reply}");
        assert!(world.socket(peer).finished);
        world.disconnect(peer);
        assert_eq!(reasons(&world), [CloseReason::AccountRemoved]);
    }
}

#[test]
fn source_that_has_sent_no_frame_yet_is_closed_with_its_account() {
    log::collect();
    let (mut world, _) = world_with(seed(84), with_djs(&[("anna", "ebb", 0)]));
    let [gone, stays] = [("anna", "ebb"), ("source", "tide")]
        .map(|(user, password)| Live::log_in(&mut world, 1, user, password));
    world.reload(vec![with_djs(&[])]);
    assert!(world.socket(gone.peer).closed && !world.socket(stays.peer).closed);
    assert_eq!(reasons(&world), [CloseReason::AccountRemoved]);
    let lines = log::lines_with("its account was removed");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let mut stays = stays;
    stays.play(&mut world, 20);
    assert!(world.is_live(0));
}

/// A second login of the user that is live waits until it is known whether the first connection is dead.
#[test]
fn login_that_waits_for_its_turn_follows_the_new_settings() {
    let others = |password, takeover| {
        let mut settings = with_djs(&[("anna", password, 0)]);
        settings.sources.takeover = takeover;
        settings
    };
    for (after, goes_live, status) in [
        (others("ebb", Takeover::SameUser), false, 403),
        (others("ebb", Takeover::AnyUser), true, 200),
        // A login that has waited is beyond the limit of logins: the answer if its password is wrong.
        (others("flood", Takeover::SameUser), false, 429),
        (with_djs(&[]), false, 429),
    ] {
        let (mut world, _) = world_with(seed(85), others("ebb", Takeover::SameUser));
        let mut live = Live::log_in(&mut world, 1, "anna", "ebb");
        live.play(&mut world, 50);
        let mut second = Live::log_in(&mut world, 2, "anna", "ebb");
        assert_eq!(world.reply(second.peer).to_string(), "", "it waits");
        world.reload(vec![after]);
        live.play(&mut world, 20);
        let reply = world.reply(second.peer);
        assert_eq!(reply.status(), status);
        second.play(&mut world, 10);
        let heard = world.is_live(0) && !world.socket(second.peer).finished;
        assert_eq!(heard, goes_live, "{status}");
    }
}

#[test]
fn changed_priority_decides_about_the_source_that_is_on_air() {
    let ranks = |anna, ben| {
        let mut settings = with_djs(&[("anna", "ebb", anna), ("ben", "flood", ben)]);
        settings.sources.takeover = Takeover::Priority;
        settings
    };
    for (after, replaces) in
        [(ranks(5, 1), false), (ranks(5, 9), true), (ranks(0, 1), true), (ranks(9, 8), false)]
    {
        let (mut world, _) = world_with(seed(86), ranks(5, 1));
        let mut anna = Live::log_in(&mut world, 1, "anna", "ebb");
        anna.play(&mut world, 30);
        world.reload(vec![after]);
        let mut ben = Live::log_in(&mut world, 2, "ben", "flood");
        ben.play(&mut world, 10);
        assert_eq!(world.socket(anna.peer).closed, replaces);
        assert_eq!(reasons(&world).contains(&CloseReason::Replaced), replaces);
    }
}

/// Logs the place, titles and the number of frames of each recording, and a full stop at its end.
#[derive(Debug)]
struct FakeRecording(Rc<RefCell<Vec<String>>>, usize, u64);

impl RecordingSink for FakeRecording {
    fn write_title(&mut self, title: &Title) {
        self.0.borrow_mut()[self.1] += &format!(" {:?}", title.text);
    }

    fn write_frame(&mut self, _: &Frame<'_>) {
        self.2 += 1;
    }
}

impl Drop for FakeRecording {
    fn drop(&mut self) {
        self.0.borrow_mut()[self.1] += &format!(" {}.", self.2);
    }
}

#[test]
fn recording_of_a_live_session_moves_to_a_changed_place() {
    let all: Rc<RefCell<Vec<String>>> = Rc::default();
    let begun = all.clone();
    let hooks = Hooks {
        recorder: Box::new(move |station, dj, _| {
            let place = station.record.as_ref().expect("only recorded sessions begin").pattern.clone();
            begun.borrow_mut().push(format!("{place} {dj}"));
            let number = begun.borrow().len() - 1;
            Some(Box::new(FakeRecording(begun.clone(), number, 0)))
        }),
        ..Hooks::default()
    };
    let to = |pattern: Option<&str>| StationSettings {
        record: pattern.map(|pattern| RecordSettings { folder: "unused".into(), pattern: pattern.into() }),
        ..with_djs(&[])
    };
    let mut world = World::start(seed(87), Setup { hooks, ..Setup::with(Vec::new()) });
    world.reload(vec![to(Some("one"))]);
    let mut live = Live::log_in(&mut world, 1, "source", "tide");
    live.play(&mut world, 20);
    let first = live.encoder.frames_made;
    world.get("/admin.cgi?pass=tide&mode=updinfo&song=Song&mount=/a").send();
    live.play(&mut world, 20);
    let with_title = live.encoder.frames_made;
    for (pattern, tenths) in [(Some("two"), 20), (None, 20), (Some("three"), 10)] {
        world.reload(vec![to(pattern)]);
        live.play(&mut world, tenths);
    }
    // Other settings leave the recording as it is.
    world.reload(vec![StationSettings { name: "Other".into(), ..to(Some("three")) }]);
    live.play(&mut world, 10);
    world.disconnect(live.peer);
    let recorded = all.borrow();
    assert_eq!(recorded.len(), 3, "{recorded:?}");
    let places: Vec<_> = recorded.iter().map(|it| it.split(' ').next().expect("a place")).collect();
    assert_eq!(places, ["one", "two", "three"]);
    let frames: Vec<u64> = recorded
        .iter()
        .map(|it| it.trim_end_matches('.').rsplit(' ').next().expect("a number").parse().expect("a number"))
        .collect();
    // The last frame of what was sent is recognised only with the next one.
    assert!(first > 0 && (with_title - 1..=with_title).contains(&frames[0]), "{recorded:?}");
    assert!((75..=78).contains(&frames[1]) && (75..=78).contains(&frames[2]), "{recorded:?}");
    assert!(recorded[1].starts_with("two source \"Song\""), "it begins with the title on air: {recorded:?}");
    assert_eq!(world.ended.borrow().last().map(|it| it.reason), Some(CloseReason::SourceReset));
}

#[test]
fn changed_charset_applies_to_the_titles_of_a_source_on_air() {
    let with = |charset: &str| {
        let mut settings = with_djs(&[]);
        settings.sources.charset = Some(charset.into());
        settings
    };
    let mut world = World::with(seed(88), Vec::new());
    world.reload(vec![with("windows-1252")]);
    let mut encoder = Encoder::new(&world.logs[0], 1, Header::DEFAULT);
    let source = world.connect(Link::Fast);
    let metaint = 8 * encoder.frame_len();
    let login = String::from_utf8(source_request("/a", "source", "tide")).expect("ASCII");
    let login = login.replacen("\r\n\r\n", &format!("\r\nicy-metaint: {metaint}\r\n\r\n"), 1);
    world.send(source, login.as_bytes());
    let mut play = |world: &mut World| {
        for _ in 0..20 {
            let mut bytes = encoder.frames(8);
            bytes.extend_from_slice(b"\x01StreamTitle='\xe4';");
            world.feed(source, &bytes);
            world.pass(SECOND / 5);
        }
    };
    play(&mut world);
    assert_eq!(world.station(0).title(), "\u{e4}");
    world.reload(vec![with("windows-1251")]);
    play(&mut world);
    assert_eq!(world.station(0).title(), "\u{434}");
    assert!(!world.socket(source).closed);
}

#[test]
fn changed_timeout_applies_to_the_source_on_air() {
    let with = |timeout_s| {
        let mut settings = with_djs(&[]);
        settings.sources.timeout = timeout_s * SECOND;
        settings
    };
    for (before, after, survives) in [(10, 30, true), (30, 5, false)] {
        let (mut world, _) = world_with(seed(89), with(before));
        let mut live = Live::log_in(&mut world, 1, "source", "tide");
        live.play(&mut world, 30);
        world.pass(2 * SECOND);
        world.reload(vec![with(after)]);
        world.pass(15 * SECOND);
        assert_eq!(world.is_live(0), survives, "{before} s, then {after} s");
        let timed_out = reasons(&world).contains(&CloseReason::SourceTimeout);
        assert_eq!(timed_out, !survives);
    }
}
