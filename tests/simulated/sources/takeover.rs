//! When a source goes on the air, and which source may replace another.

use coldwave::audio::{Header, silent_frame};
use coldwave::server::FIRST_FRAME_TIMEOUT;
use coldwave::settings::{LiveStart, Takeover};
use fastrand::Rng;

use super::{Live, MOUNT, assert_reply, is_closed, log_in, seconds, station, with, without_autodj, world};
use crate::world::Link;
use crate::world::encoder::Encoder;

#[test]
fn source_without_valid_audio_does_not_replace_the_current_one() {
    let mut world = world(with(|it| it.takeover = Takeover::AnyUser));
    let mut live = Live::source(&mut world);
    live.play(&mut world, 3.0);
    let noise = log_in(&mut world, "otto", "otto-pw");
    let silent = log_in(&mut world, "nadia", "nadia-pw");
    let mut rng = Rng::with_seed(1);
    let bytes: Vec<u8> = (0..70_000).map(|_| rng.u8(0..0xFF)).collect();
    world.feed(noise, &bytes);
    world.feed(noise, &bytes);
    live.play(&mut world, FIRST_FRAME_TIMEOUT.as_secs_f64() + 1.0);
    assert!(is_closed(&world, noise) && is_closed(&world, silent));
    assert!(!is_closed(&world, live.peer) && world.is_live(0));
}

#[test]
fn takeover_setting_decides_which_source_may_replace_another() {
    for (takeover, user, wins) in [
        (Takeover::SameUser, "source", true),
        (Takeover::SameUser, "nadia", false),
        (Takeover::Never, "source", false),
        (Takeover::AnyUser, "otto", true),
        (Takeover::Priority, "nadia", true),
        (Takeover::Priority, "source", true),
    ] {
        let mut world = world(with(|it| it.takeover = takeover));
        let mut first = Live::source(&mut world);
        first.play(&mut world, 3.0);
        // The connection of the current source is dead.
        world.pass(seconds(1.0));
        let password = if user == "source" { "deep water".to_owned() } else { format!("{user}-pw") };
        let second = log_in(&mut world, user, &password);
        let mut encoder = Encoder::new(&world.logs[0], 2, Header::DEFAULT);
        assert!(
            !is_closed(&world, first.peer),
            "the current source stays until the new one has sent a frame"
        );
        world.feed(second, &encoder.frames(100));
        let case = format!("{takeover:?} {user}");
        assert_eq!((is_closed(&world, first.peer), is_closed(&world, second)), (wins, !wins), "{case}");
        assert_eq!(world.reply(second).contains("Mountpoint in use"), !wins, "{case}");
    }
}

#[test]
fn source_with_live_start_end_of_track_waits_for_the_end_of_the_track() {
    let mut world = world(with(|it| it.live_start = LiveStart::EndOfTrack));
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut live = Live::source(&mut world);
    // A track of the tone has 500 frames, 13 s, of which the first burst was 5 s.
    live.play(&mut world, 6.0);
    assert_eq!((world.is_live(0), world.ear(ear).live_frames), (true, 0), "the source waits");
    live.play(&mut world, 6.0);
    let tones = world.logs[0].borrow().played_by("Tone");
    assert_eq!(tones, 500, "the track is played to its end, without a frame of the next");
    assert!(
        world.ear(ear).live_frames > 50,
        "then the source is on the air; only a second of its earlier audio is kept"
    );
    assert!(live.encoder.frames_made - world.ear(ear).live_frames > 150);
    // A source that reconnects does not wait again.
    world.disconnect(live.peer);
    world.pass(seconds(4.0));
    live.reconnect(&mut world);
    let before = world.ear(ear).live_frames;
    live.play(&mut world, 3.0);
    assert!(world.ear(ear).live_frames > before + 50);
}

#[test]
fn refused_source_is_never_on_air() {
    let mut world = world(station());
    let ear = world.tune_in(MOUNT, Link::Fast);
    let mut nadia = Live::connect(&mut world, 1, "nadia", "nadia-pw");
    let mut otto = Live::connect(&mut world, 2, "otto", "otto-pw");
    nadia.play(&mut world, 3.0);
    let frames = otto.encoder.frames(1);
    world.feed(otto.peer, &[frames, otto.encoder.frames(1)].concat());
    assert!(is_closed(&world, otto.peer));
    nadia.play(&mut world, 3.0);
    assert_eq!(world.ear(ear).encoders(), [1], "no frame of the refused source");
    // A source that is lost after a single frame does not replace the current one either.
    let second = log_in(&mut world, "nadia", "nadia-pw");
    world.feed(second, &Encoder::new(&world.logs[0], 3, Header::DEFAULT).frames(1));
    world.disconnect(second);
    nadia.play(&mut world, 3.0);
    assert!(!is_closed(&world, nadia.peer));
    assert_eq!(world.ear(ear).encoders(), [1]);
}

#[test]
fn codec_of_a_source_is_checked_again_when_it_goes_live() {
    let put = "PUT /live HTTP/1.1\r\nAuthorization: Basic c291cmNlOmRlZXAgd2F0ZXI=\r\nContent-Type: audio/aac\r\n\r\n";
    let mut world = without_autodj(station());
    let aac = world.connect(Link::Fast);
    world.send(aac, put.as_bytes());
    assert_reply(&world, aac, "200 OK");
    // Meanwhile another source has gone live. The listener's ear would notice any other codec than MP3.
    let mut live = Live::source(&mut world);
    live.play(&mut world, 10.0);
    let ear = world.tune_in(MOUNT, Link::Fast);
    let frame = silent_frame(&Header::new_aac(44_100, 2, 300).expect("a format"));
    world.feed(aac, &frame.repeat(20));
    assert!(is_closed(&world, aac) && world.is_live(0));
    live.play(&mut world, 5.0);
    world.assert_listens(ear);
}
