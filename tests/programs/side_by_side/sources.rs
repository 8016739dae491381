//! Encoders: each at a mount of its own, at the same time.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Observations;
use super::requests::Reply;
use super::server::{NAME, PASSWORD, Server};
use crate::common::{Peer, Program, Request, fixture};
use crate::{wait_for, wait_within};

/// The mounts of the encoders.
const MOUNTS: [&str; 5] = ["/live", "/ezstream", "/shout.mp3", "/butt", "/liquidsoap"];

/// How long liquidsoap may take to compile its library, on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(240);

/// The running encoders.
pub struct Sources {
    _programs: Vec<Program>,
    shout: std::cell::RefCell<Option<Program>>,
}

impl Sources {
    /// Starts all, and waits until all are listed.
    pub fn start(server: &Server) -> Self {
        let shout = std::cell::RefCell::new(Some(shout(server)));
        let (card, screen, butt) = butt(server);
        let sources = vec![ffmpeg(server), ezstream(server), liquidsoap(server), card, screen, butt];
        wait_within(START_TIMEOUT, "all sources to be listed", || {
            MOUNTS.iter().all(|mount| source(server, mount).is_some()).then_some(())
        });
        Self { _programs: sources, shout }
    }

    /// Returns what the pages say about each source.
    pub fn observe(&self, server: &Server) -> Observations {
        // Titles and numbers of some come later than their audio.
        wait_for("the titles of the encoders", || {
            let has = |mount: &&str| {
                let title = source(server, mount).and_then(|it| Some(it.get("title")?.as_str()?.to_owned()));
                title.is_some_and(|title| !title.is_empty())
            };
            ["/ezstream", "/butt", "/liquidsoap"].iter().all(has).then_some(())
        });
        let fields = |mount: &&str| {
            let source = source(server, mount).expect("a listed source");
            let fields = source.as_object().expect("an object").clone();
            fields
                .into_iter()
                .map(|(name, value)| {
                    (format!("status-json.xsl {} {name}", *mount), shown(server, &name, &value))
                })
                .collect::<Vec<_>>()
        };
        MOUNTS.iter().flat_map(fields).collect()
    }

    /// Kills an encoder, and returns what becomes of its mount and of its listener.
    pub fn end_of_a_source(&self, server: &Server) -> Observations {
        let mut listener = Request::new(server.address(), "GET", "/shout.mp3").open();
        assert!(Reply::new(&mut listener).status.contains("200"), "a listener of a source");
        drop(self.shout.borrow_mut().take());
        let killed = Instant::now();
        wait_for("the stream to end", || {
            listener.read().map_or(true, |bytes| bytes.is_empty()).then_some(())
        });
        let seconds = killed.elapsed().as_secs();
        let status = wait_for("a mount without a source to go", || {
            let status = Reply::new(&mut Request::new(server.address(), "GET", "/shout.mp3").open()).status;
            (status == "404").then_some(status)
        });
        let again = if seconds < 5 { "at once" } else { "after some seconds" };
        let texts =
            [("listener at the end of a source ends", again.to_owned()), ("mount after its source", status)];
        texts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
    }
}

/// Returns an object of `/status-json.xsl`.
pub fn source(server: &Server, mount: &str) -> Option<Value> {
    let page = Request::new(server.address(), "GET", "/status-json.xsl").send();
    let all: Value = serde_json::from_str(page.text()).ok()?;
    let sources = match &all["icestats"]["source"] {
        Value::Array(sources) => sources.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let suffix = format!("{}{mount}", server.port);
    sources.into_iter().find(|source| source["listenurl"].as_str().is_some_and(|url| url.ends_with(&suffix)))
}

/// Returns a value without what differs with each run.
fn shown(server: &Server, name: &str, value: &Value) -> String {
    match name {
        "stream_start" | "stream_start_iso8601" => "a time".into(),
        // Its parts have no order.
        "audio_info" => {
            let mut parts: Vec<&str> = value.as_str().unwrap_or_default().split(';').collect();
            parts.sort_unstable();
            parts.join(";")
        }
        _ => server.neutral(&value.to_string()),
    }
}

fn ffmpeg(server: &Server) -> Program {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i"]);
    command.arg(fixture("station/01-foehn-over-the-skerries.mp3"));
    command.args(["-c", "copy", "-f", "mp3", "-content_type", "audio/mpeg", "-ice_genre", "Ambient"]);
    command.args(["-ice_name", "Name of the encoder", "-ice_description", "Slow <music> & more"]);
    command.arg(format!("icecast://source:{PASSWORD}@127.0.0.1:{}/live", server.port));
    Program::start(command)
}

fn ezstream(server: &Server) -> Program {
    let list =
        server.write("list.m3u", format!("{}\n", fixture("station/02-last-ferry-light-snow.mp3").display()));
    let config = server.write(
        "ezstream.xml",
        format!(
            "<ezstream><servers><server><hostname>127.0.0.1</hostname><port>{}</port>
               <password>{PASSWORD}</password></server></servers>
             <streams><stream><mountpoint>/ezstream</mountpoint><format>MP3</format>
               <stream_name>{NAME}</stream_name><stream_url>http://radio.example</stream_url>
               <stream_genre>Jazz</stream_genre><stream_description>Slow</stream_description>
               <stream_bitrate>128</stream_bitrate><stream_samplerate>44100</stream_samplerate>
               <stream_channels>2</stream_channels></stream></streams>
             <intakes><intake><type>playlist</type><filename>{}</filename></intake></intakes>
             <metadata><format_str>@a@ - @t@</format_str></metadata></ezstream>",
            server.port,
            list.display()
        ),
    );
    let mut command = Command::new("ezstream");
    command.arg("-c").arg(config).env("LC_ALL", "C.UTF-8");
    Program::start(command)
}

fn shout(server: &Server) -> Program {
    let mut command = Command::new("bash");
    let script = "music=$1; shift; exec shout \"$@\" < <(while cat \"$music\"; do :; done)";
    command.args(["-c", script, "bash"]);
    command.arg(fixture("station/01-foehn-over-the-skerries.mp3")).args(["--host", "127.0.0.1"]);
    command.args(["--port", &server.port.to_string(), "--mount", "/shout.mp3", "--pass", PASSWORD]);
    command.args(["--usage", "audio", "--format", "mp3", "--station-name", NAME]);
    Program::start(command)
}

fn liquidsoap(server: &Server) -> Program {
    let script = server.write(
        "live.liq",
        format!(
            "settings.init.allow_root.set(true)\n\
             tone = mksafe(sine(440.))\n\
             tone = insert_metadata(tone)\n\
             thread.run(delay=2., fun () -> tone.insert_metadata([(\"artist\", \"Zoë\"), (\"title\", \"Tone\")]))\n\
             output.icecast(mount=\"liquidsoap\", host=\"127.0.0.1\", port={}, password=\"{PASSWORD}\", \
             name=\"{NAME}\", genre=\"Jazz\", url=\"http://radio.example\", description=\"Slow\", \
             encoding=\"UTF-8\", %mp3(bitrate=96), tone)\n",
            server.port
        ),
    );
    let mut command = Command::new("liquidsoap");
    command.arg(script).env("LC_ALL", "C.UTF-8").env("HOME", server.home("liquidsoap"));
    Program::start(command)
}

/// butt records from a sound card, which PulseAudio simulates, and needs a screen.
fn butt(server: &Server) -> (Program, Program, Program) {
    let home = server.home("butt");
    let socket = home.join("pulse.socket");
    let mut command = Command::new("pulseaudio");
    command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-target=stderr"]);
    command.arg("--load=module-sine-source source_name=tone rate=44100 frequency=440");
    command.arg("--load=module-null-sink");
    command.arg(format!("--load=module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()));
    command.env("HOME", &home).env("XDG_RUNTIME_DIR", &home);
    let card = Program::start(command);
    wait_for("PulseAudio to listen", || socket.exists().then_some(()));
    let song = server.write("song.txt", "Zoë - Butt\n");
    server.write("home/butt/.asoundrc", "pcm.!default { type pulse }\nctl.!default { type pulse }\n");
    let config = server.write(
        "buttrc",
        format!(
            "[main]\nserver = here\nsrv_ent = here\nnum_of_srv = 1\nnum_of_icy = 1\nicy = station\n\
             icy_ent = station\nsong_path = {}\nsong_update = 1\nconnect_at_startup = 1\n\
             [audio]\ndevice = default\nsamplerate = 44100\nbitrate = 128\nchannel = 2\ncodec = mp3\n\
             [here]\naddress = 127.0.0.1\nport = {}\npassword = {PASSWORD}\ntype = 1\ntls = 0\n\
             mount = butt\nusr = source\n\
             [station]\npub = 0\ndescription = {NAME}\ngenre = Jazz\nurl = http://radio.example\n",
            song.display(),
            server.port
        ),
    );
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-nolisten", "tcp"]);
    let screen = Program::start(command);
    let display = wait_for("a display", || Some(screen.stdout.text()).filter(|text| text.ends_with('\n')));
    let mut command = Command::new("butt");
    command.arg("-x").arg("-c").arg(config).env("DISPLAY", format!(":{}", display.trim()));
    command.env("HOME", &home).env("XDG_RUNTIME_DIR", &home).env("LC_ALL", "C.UTF-8");
    command.env("PULSE_SERVER", format!("unix:{}", socket.display())).env("PULSE_SOURCE", "tone");
    (card, screen, Program::start(command))
}

/// A source that sends nothing after its login.
pub fn silent_source(server: &Server, mount: &str, content_type: &str, password: &str) -> Peer {
    let request = Request::new(server.address(), "SOURCE", mount).auth("source", password);
    request.header("Content-Type", content_type).open()
}
