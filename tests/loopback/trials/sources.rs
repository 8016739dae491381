//! Reports about the audio of live sources.

use coldwave::audio::Codec;

use super::source::{LiveStation, SourceAudio, is_live, log_in, play};
use crate::common::{Coldwave, PLAIN, track, wait_for};

/// A station that has only ever had AAC tells its first listener `audio/mpeg` after a restart. The listener
/// must not get AAC under that name, and the next start knows better.
#[test]
fn aac_source_on_a_station_that_has_promised_mp3() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = "[server]\nlisten = ['127.0.0.1:0']\nstate_dir = 'state'\n[[station]]\nsource_password = 'deep water'\n";
    let server = Coldwave::with_config(folder.path(), config, 1);
    let mut early = server.listen();
    assert_eq!(early.codec(), Codec::Mp3, "nothing is known of the station");
    early.until_seconds(5.0);
    let (mut source, mut audio) = (log_in(&server, "/live", "audio/aac"), SourceAudio::aac());
    source.send(&audio.seconds(3.0));
    early.until_end().expect("the stream ends in order");
    assert!(early.is_whole(), "the last frame is whole, and no frame of AAC follows");
    let mut returning = wait_for("the station to play AAC", || {
        source.send(&audio.seconds(0.1));
        let listener = server.listen();
        (listener.codec() == Codec::Aac).then_some(listener)
    });
    play(&mut returning, 4.0, |seconds| source.send(&audio.seconds(seconds)));
    drop((source, server));

    let server = Coldwave::with_config(folder.path(), config, 1);
    let mut early = server.listen();
    assert_eq!(early.codec(), Codec::Aac, "the station is known to play AAC");
    early.until_seconds(5.0);
    let (mut source, mut audio) = (log_in(&server, "/live", "audio/aac"), SourceAudio::aac());
    source.send(&audio.seconds(1.0));
    play(&mut early, 10.0, |seconds| source.send(&audio.seconds(seconds)));
}

/// A DJ's computer is suspended. The AutoDJ's track must go on when the server gives the source up.
#[test]
fn stalled_source_does_not_return_when_it_is_given_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["Anchors Aweigh.mp3", "Bell Buoy.mp3"] {
        track(folder.path(), name, PLAIN, 60);
    }
    let config = "[server]\nlisten = ['127.0.0.1:0']\n[[station]]\nmusic = ['Anchors Aweigh.mp3', 'Bell Buoy.mp3']\n\
                  source_password = 'deep water'\nsource_timeout_s = 6\n";
    let server = Coldwave::with_config(folder.path(), config, 1);
    let mut listener = server.listen_with_titles();
    listener.until_seconds(5.5);
    let (mut source, mut audio) = (log_in(&server, "/live", "audio/mpeg"), SourceAudio::mp3());
    source.send(&audio.seconds(3.0));
    play(&mut listener, 7.0, |seconds| source.send(&audio.seconds(seconds)));
    // Half a frame and a little more stay behind.
    let remains = audio.seconds(0.5);
    source.send(&remains[..remains.len() - 100]);
    listener.for_seconds(12.0);
    assert!(source.read().map_or(true, |bytes| bytes.is_empty()), "the source has timed out");
    let live: Vec<bool> = (0..listener.frames.len()).map(|at| is_live(listener.frame(at))).collect();
    let changes = live.windows(2).filter(|two| two[0] != two[1]).count();
    assert!(live.iter().filter(|live| **live).count() > 200, "the source was on the air");
    assert_eq!(changes, 2, "the source was on the air once");
    // The track that the source has interrupted is followed by one other track.
    let titles: Vec<String> = listener.titles().into_iter().filter(|title| !title.is_empty()).collect();
    assert_eq!(titles, ["Anchors Aweigh", "Bell Buoy"]);
}

/// An MP3 station gets a file that no station plays: it is refused at once, with the reason.
#[test]
fn ogg_sent_to_an_mp3_station() {
    let station = LiveStation::start();
    let server = &station.server;
    let mut source = log_in(server, "/live", "audio/mpeg");
    source.send(b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis");
    assert!(source.read().map_or(true, |bytes| bytes.is_empty()), "the source is closed");
    let log = server.log();
    let line = log.text().lines().find(|line| line.contains("Ogg")).map(str::to_owned).unwrap_or_default();
    assert!(line.contains("/live") && line.contains("source"), "{}", log.text());
}
