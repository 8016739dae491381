//! liquidsoap's `output.icecast` and `output.shoutcast`. It encodes anew.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::audience::Audience;
use crate::sound::{check_tone, make_tone};
use crate::station::{NAME, PASSWORD, Station};
use crate::{Encoder, TITLE};

/// All the ways it has, each to a station of its own: Icecast's own method, as it comes; a PUT that waits to be told to go
/// on; the same in chunks; and SHOUTcast's, on the port behind that of the listeners, where it waits for `OK2`.
const OUTPUTS: [&str; 4] = [
    "output.icecast(mount=\"live\"",
    "output.icecast(mount=\"live\", method=\"put\"",
    "output.icecast(mount=\"live\", method=\"put\", chunked=true",
    "output.shoutcast(encoding=\"UTF-8\"",
];

/// It reads through a library of its own scripts before it does anything, for seconds of a processor: so it is started only
/// once.
const START: Duration = Duration::from_secs(120);

#[test]
fn liquidsoap() {
    let programs = [("liquidsoap", "liquidsoap"), ("ffmpeg", "ffmpeg")];
    let Some(station) = Station::for_encoders(&programs) else { return };
    let mut stations = vec![station];
    stations.extend(OUTPUTS[1..].iter().filter_map(|_| Station::for_encoders(&programs)));
    let mut audiences: Vec<Audience> = stations.iter().map(Audience::of_autodj).collect();
    make_tone(&stations[0].folder().join("tone.wav"), &[]);
    let script = stations[0].write("live.liq", script(&stations));
    let mut command = Command::new("liquidsoap");
    command.arg(script).env("LC_ALL", "C.UTF-8").env("HOME", stations[0].folder());
    let mut encoder = Encoder::started(command);
    let started = Instant::now();
    while stations.iter().any(|station| station.server.log().count("is live from") == 0) {
        assert!(encoder.0.is_running() && started.elapsed() < START, "liquidsoap does not go live");
        audiences.iter_mut().for_each(Audience::listens_on);
    }
    audiences.iter_mut().for_each(|audience| audience.hears_live_with(TITLE));
    encoder.kill();
    for (audience, station) in audiences.iter_mut().zip(&stations) {
        audience.hears_others();
        check_tone(station.folder(), &audience.live());
    }
}

/// A tone that is called something else after a while, for all of these stations.
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
