//! liquidsoap's `output.icecast` and `output.shoutcast`. It re-encodes the audio.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::audience::Audience;
use crate::common::tls::Authority;
use crate::sound::{check_tone, make_tone};
use crate::station::{NAME, PASSWORD, Station};
use crate::{Encoder, TITLE};

/// All of its protocols, each to a station of its own: the SOURCE method of Icecast, which is the default; a
/// PUT that waits for `100 Continue`; the same with chunks; SOURCE over TLS; and SHOUTcast, on the port after
/// that of the listeners, where it waits for `OK2`.
const OUTPUTS: [&str; 5] = [
    "output.icecast(mount=\"live\"",
    "output.icecast(mount=\"live\", method=\"put\"",
    "output.icecast(mount=\"live\", method=\"put\", chunked=true",
    "output.icecast(mount=\"live\", protocol=\"https\"",
    "output.shoutcast(encoding=\"UTF-8\"",
];

/// The time it may take to start. It first compiles a library of scripts, which takes seconds of processor
/// time, so the test starts it only once.
const START_TIMEOUT: Duration = Duration::from_secs(120);

#[test]
fn liquidsoap() {
    let programs = [("liquidsoap", "liquidsoap"), ("ffmpeg", "ffmpeg")];
    let Some(station) = Station::for_encoders(&programs) else { return };
    let mut stations = vec![station];
    // All of them have a certificate, and speak both.
    let authority = Authority::new("Authority of the tests");
    let certificate = authority.certificate(&["127.0.0.1"]).write(stations[0].folder(), "server");
    stations.extend(OUTPUTS[1..].iter().filter_map(|_| Station::with_tables(&programs, &certificate)));
    let mut audiences: Vec<Audience> = stations.iter().map(Audience::before_source).collect();
    make_tone(&stations[0].folder().join("tone.wav"), &[]);
    let script = stations[0].write("live.liq", script(&stations));
    let mut command = Command::new("liquidsoap");
    command.arg(script).env("LC_ALL", "C.UTF-8").env("HOME", stations[0].folder());
    command.env("SSL_CERT_FILE", stations[0].write("authority.pem", authority.pem()));
    let mut encoder = Encoder::start(command);
    let started = Instant::now();
    while stations.iter().any(|station| station.server.log().count("is live from") == 0) {
        assert!(encoder.0.is_running() && started.elapsed() < START_TIMEOUT, "liquidsoap does not go live");
        audiences.iter_mut().for_each(Audience::keep_listening);
    }
    audiences.iter_mut().for_each(|audience| audience.wait_for_live_with_title(TITLE));
    encoder.kill();
    for (audience, station) in audiences.iter_mut().zip(&stations) {
        audience.wait_for_filler();
        check_tone(station.folder(), &audience.live());
    }
}

/// Returns a script that sends a tone to all of these stations and changes its title after a while.
fn script(stations: &[Station]) -> String {
    let title = TITLE.replace('"', "\\\"");
    let outputs = OUTPUTS.iter().zip(stations).map(|(output, station)| {
        let port = station.port;
        format!(
            "{output}, host=\"127.0.0.1\", port={port}, password=\"{PASSWORD}\", name=\"{NAME}\", \
             %mp3(bitrate=128), tone)\n"
        )
    });
    let tone = format!(
        "settings.init.allow_root.set(true)\nsettings.log.stdout.set(true)\n\
         tone = insert_metadata(mksafe(single(\"{}\")))\n\
         thread.run(delay=2., fun () -> tone.insert_metadata([(\"title\", \"{title}\")]))\n",
        stations[0].folder().join("tone.wav").display()
    );
    tone + &outputs.collect::<String>()
}
