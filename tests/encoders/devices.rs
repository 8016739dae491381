//! Encoders that record from a sound card. PulseAudio simulates a card with a tone as its input.

use std::path::PathBuf;
use std::process::Command;

use crate::audience::Audience;
use crate::common::wait_for;
use crate::sound::check_tone;
use crate::station::{DJ, NAME, PASSWORD, Station};
use crate::{Encoder, TITLE};

/// The program that simulates the sound card, with its package.
const PULSEAUDIO: (&str, &str) = ("pulseaudio", "pulseaudio");

/// darkice with the protocol of Icecast: the lines of its request end with LF. It sends no titles.
#[test]
fn darkice() {
    let programs = [("darkice", "darkice"), PULSEAUDIO, ("ffmpeg", "ffmpeg")];
    let Some(station) = Station::for_encoders(&programs) else { return };
    let card = SoundCard::start(&station);
    let mut audience = Audience::before_source(&station);
    let config = station.write(
        "darkice.cfg",
        format!(
            "[general]\nduration = 0\nbufferSecs = 1\nreconnect = yes\nrealtime = no\n\
             [input]\ndevice = pulseaudio\npaSourceName = {TONE}\nsampleRate = 44100\n\
             bitsPerSample = 16\nchannel = 2\n\
             [icecast2-0]\nbitrateMode = cbr\nbitrate = 128\nquality = 0.8\nserver = 127.0.0.1\n\
             port = {}\npassword = {PASSWORD}\nname = {NAME}\nformat = mp3\nmountPoint = live\n",
            station.port
        ),
    );
    let mut command = Command::new("darkice");
    command.arg("-c").arg(config);
    let encoder = Encoder::start(card.attach(command));
    audience.wait_for_live_seconds(1.0);
    station.update_title(TITLE);
    audience.wait_for_live_with_title(TITLE);
    audience.kill_and_wait_for_filler(encoder);
    check_tone(station.folder(), &audience.live());
}

/// butt with its Icecast setting: a PUT. It hardly escapes titles and passwords, and does not wait for the
/// reply. The test logs in as a DJ.
#[test]
fn butt_icecast() {
    butt(1, DJ.0, DJ.1);
}

/// butt with its SHOUTcast setting: on the port after that of the listeners.
#[test]
fn butt_shoutcast() {
    butt(0, "", &format!("{}:{}", DJ.0, DJ.1));
}

#[track_caller]
fn butt(kind: u8, user: &str, password: &str) {
    let programs = [("butt", "butt"), ("Xvfb", "xvfb"), PULSEAUDIO, ("ffmpeg", "ffmpeg")];
    // From this card, butt gets about half of the samples. A source that is so slow is on the air only where
    // nothing but silence could be played instead.
    let Some(station) = Station::without_autodj(&programs) else { return };
    let card = SoundCard::start(&station);
    let song = station.write("song.txt", format!("{TITLE}\n"));
    station.write(".asoundrc", "pcm.!default { type pulse }\nctl.!default { type pulse }\n");
    let config = station.write(
        "buttrc",
        format!(
            "[main]\nserver = {NAME}\nsrv_ent = {NAME}\nnum_of_srv = 1\nnum_of_icy = 0\n\
             song_path = {}\nsong_update = 1\n\
             connect_at_startup = 1\n\
             [audio]\ndevice = default\nsamplerate = 44100\nbitrate = 128\nchannel = 2\ncodec = mp3\n\
             [{NAME}]\naddress = 127.0.0.1\nport = {}\npassword = {password}\ntype = {kind}\ntls = 0\n\
             mount = live\nusr = {user}\n",
            song.display(),
            station.port
        ),
    );
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-nolisten", "tcp"]);
    let screen = Encoder::start(command);
    let display = wait_for("a display", || Some(screen.0.stdout.text()).filter(|text| text.ends_with('\n')));
    let mut command = Command::new("butt");
    // Without its command server, of which there can be only one.
    command.arg("-x").arg("-c").arg(config).env("DISPLAY", format!(":{}", display.trim()));
    let encoder = Encoder::start(card.attach(command));
    let mut audience = Audience::during_source(&station);
    audience.wait_for_live_with_title(TITLE);
    audience.kill_and_wait_for_filler(encoder);
    check_tone(station.folder(), &audience.live());
}

/// The name of the PulseAudio source that produces the tone.
const TONE: &str = "tone";

/// A simulated sound card with a tone as its input.
struct SoundCard {
    /// The card exists as long as this process runs.
    _server: Encoder,
    socket: PathBuf,
    home: PathBuf,
}

impl SoundCard {
    /// Starts PulseAudio with its files in the folder of `station`.
    #[track_caller]
    fn start(station: &Station) -> Self {
        let home = station.folder().to_owned();
        let socket = home.join("pulse.socket");
        let mut command = Command::new("pulseaudio");
        command.args([
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--log-target=stderr",
        ]);
        command.arg(format!("--load=module-sine-source source_name={TONE} rate=44100 frequency=440"));
        command.arg("--load=module-null-sink");
        let options = format!("auth-anonymous=1 socket={}", socket.display());
        command.arg(format!("--load=module-native-protocol-unix {options}"));
        command.env("HOME", &home).env("XDG_RUNTIME_DIR", &home);
        let server = Encoder::start(command);
        wait_for("PulseAudio to listen", || socket.exists().then_some(()));
        Self { _server: server, socket, home }
    }

    /// Sets the environment of `command` so that the program records from this card.
    fn attach(&self, mut command: Command) -> Command {
        let server = format!("unix:{}", self.socket.display());
        command.env("HOME", &self.home).env("XDG_RUNTIME_DIR", &self.home);
        command.env("PULSE_SERVER", server).env("PULSE_SOURCE", TONE).env("LC_ALL", "C.UTF-8");
        command
    }
}
