//! Players and other clients.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::music::Music;
use super::station::{ECDSA_NAME, TlsStation};
use super::{HEARD, Version, body, hear};
use crate::browsers::{Browser, CHROMIUM, Page};
use crate::common::Program;
use crate::players::{check_mpg123, cvlc};
use crate::{only_browser, script, wait_for};

/// The environment variable with the file that holds GnuTLS to a version.
const GNUTLS: &str = "GNUTLS_SYSTEM_PRIORITY_FILE";

#[test]
fn curl_over_tls() {
    with_each_version(&[("curl", "curl")], |station, version| {
        let mut command = Command::new("curl");
        command.args(["-sSN", "--cacert"]).arg(station.authority());
        command.args(version.either(["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3", "--tls-max", "1.3"]));
        command.arg(station.url());
        hear(command, &Music::of_station(), stdout);
    });
}

#[test]
fn wget_over_tls() {
    with_each_version(&[("wget", "wget")], |station, version| {
        let mut command = Command::new("wget");
        command.args(["-q", "-O", "-", "--ca-certificate"]).arg(station.authority()).arg(station.url());
        command.env(GNUTLS, station.gnutls_priorities(version));
        hear(command, &Music::of_station(), stdout);
    });
}

#[test]
fn gnutls_cli() {
    with_each_version(&[("gnutls-cli", "gnutls-bin")], |station, version| {
        let script = "(printf 'GET /live HTTP/1.0\r\n\r\n'; sleep 60) | exec gnutls-cli \"$@\"";
        let mut command = Command::new("timeout");
        command.args(["60", "sh", "-c", script, "sh", "--x509cafile"]).arg(station.authority());
        // Then it writes to stdout only what it receives.
        command.arg("--logfile").arg(station.home().join(format!("{version:?}.log")));
        let priority = version.either("NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3");
        command.args(["--priority", priority, "--port", &station.port().to_string(), ECDSA_NAME]);
        hear(command, &Music::of_station(), |program| body(&program.stdout.bytes()));
    });
}

/// ffmpeg copies bytes of any kind as samples of 8 bits.
#[test]
fn ffmpeg_over_tls() {
    with_each_version(&[("ffmpeg", "ffmpeg")], |station, version| {
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-tls_verify", "1", "-ca_file"]);
        command.arg(station.authority()).args(["-f", "u8", "-i", &station.url()]);
        command.args(["-c", "copy", "-f", "u8", "-flush_packets", "1", "-"]);
        command.env(GNUTLS, station.gnutls_priorities(version));
        hear(command, &Music::of_station(), stdout);
    });
}

#[test]
fn mpv_over_tls() {
    with_each_version(&[("mpv", "mpv")], |station, version| {
        let dump = station.home().join(format!("{version:?}.mpv"));
        let mut command = Command::new("mpv");
        command.args(["--no-config", "--no-input-terminal", "--tls-verify"]);
        command.arg(option("--tls-ca-file=", &station.authority())).arg(option("--stream-dump=", &dump));
        command.arg(station.url()).env(GNUTLS, station.gnutls_priorities(version));
        hear(command, &Music::of_station(), |_| fs::read(&dump).unwrap_or_default());
    });
}

/// VLC's demultiplexer that writes what it gets.
#[test]
fn vlc_over_tls() {
    with_each_version(&[("cvlc", "vlc-bin"), ("setpriv", "util-linux")], |station, version| {
        let dump = station.home().join(format!("{version:?}.vlc"));
        let mut command = cvlc(station.home());
        let authorities = station.home().join("authorities");
        command.arg(option("--gnutls-dir-trust=", &authorities)).arg("--demux=dump");
        command.arg(option("--demuxdump-file=", &dump)).arg(station.url());
        command.env(GNUTLS, station.gnutls_priorities(version));
        hear(command, &Music::of_station(), |_| fs::read(&dump).unwrap_or_default());
    });
}

/// MPlayer, with the protocols of ffmpeg.
#[test]
fn mplayer_over_tls() {
    with_each_version(&[("mplayer", "mplayer")], |station, version| {
        let dump = station.home().join(format!("{version:?}.mplayer"));
        let mut command = Command::new("mplayer");
        command.env("HOME", station.home()).args(["-noconfig", "all", "-nojoystick", "-nolirc"]);
        command.args(["-noconsolecontrols", "-dumpstream", "-dumpfile"]).arg(&dump);
        command.arg(format!("ffmpeg://{}", station.url()));
        command.env(GNUTLS, station.gnutls_priorities(version));
        hear(command, &Music::of_station(), |_| fs::read(&dump).unwrap_or_default());
    });
}

/// GStreamer's `souphttpsrc`, with GLib's TLS.
#[test]
fn gstreamer_over_tls() {
    let needed = [("gst-launch-1.0", "gstreamer1.0-tools"), ("gst-launch-1.0", "glib-networking")];
    with_each_version(&needed, |station, version| {
        let dump = station.home().join(format!("{version:?}.gst"));
        let mut command = Command::new("gst-launch-1.0");
        command.env("HOME", station.home()).args(["-q", "souphttpsrc", "iradio-mode=false"]);
        command.arg(format!("location={}", station.url())).arg(option("ssl-ca-file=", &station.authority()));
        command.args(["!", "filesink", "buffer-mode=2"]).arg(option("location=", &dump));
        command.env(GNUTLS, station.gnutls_priorities(version));
        hear(command, &Music::of_station(), |_| fs::read(&dump).unwrap_or_default());
    });
}

/// mpg123 gets the stream from curl, and decodes it.
#[test]
fn mpg123_over_tls() {
    let Some(station) = TlsStation::for_programs(&[("mpg123", "mpg123"), ("curl", "curl")]) else { return };
    let mut command = Command::new("mpg123");
    command.args(["--network", "curl"]).env("CURL_CA_BUNDLE", station.authority());
    check_mpg123(&station.url(), command);
}

/// Python's `ssl`, whose second connection resumes the session of the first one.
#[test]
fn python_over_tls() {
    with_each_version(&[("python3", "python3")], |station, version| {
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script("tls.py")).arg(station.authority()).arg(station.port().to_string());
        command.arg(version.either("TLSv1_2", "TLSv1_3"));
        hear(command, &Music::of_station(), stdout);
    });
}

/// Node.js, with OpenSSL of its own.
#[test]
fn node_over_tls() {
    with_each_version(&[("node", "nodejs")], |station, version| {
        let mut command = Command::new("node");
        command.arg(script("tls.mjs")).arg(station.url()).arg(version.either("TLSv1.2", "TLSv1.3"));
        command.env("NODE_EXTRA_CA_CERTS", station.authority());
        hear(command, &Music::of_station(), stdout);
    });
}

/// Chromium's BoringSSL: a page gets the stream with `fetch` and reports its bytes, and plays it with
/// `<audio>`. The browser accepts the certificate by the hash of its key.
#[test]
fn chromium_over_tls() {
    let _only = only_browser();
    let Some(station) = TlsStation::for_programs(&CHROMIUM) else { return };
    for version in Version::ALL {
        let page = Page::new("tls.html", &station.url_of_address());
        let home = station.home().join(format!("{version:?}.chromium"));
        let trust = format!("--ignore-certificate-errors-spki-list={}", station.key_hash());
        let most = version.either("--ssl-version-max=tls1.2", "--ssl-version-min=tls1.3");
        let _browser = Browser::open_with(&home, &page.url, &[&trust, most]);
        let audio = wait_for("a page to have heard", || {
            assert!(page.reported("wrong").is_empty(), "{:#?}", page.all());
            let played = page.reported("played").iter().any(|it| it.parse::<f64>().is_ok_and(|it| it > 2.0));
            page.reported("audio").pop().filter(|_| played)
        });
        let audio =
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, audio).expect("Base64");
        assert!(audio.len() >= HEARD, "{} bytes", audio.len());
        Music::of_station().check("Chromium", &audio);
    }
}

fn with_each_version(programs: &[(&str, &str)], each: impl Fn(&TlsStation, Version) + Sync) {
    let Some(station) = TlsStation::for_programs(programs) else { return };
    std::thread::scope(|scope| {
        let threads = Version::ALL.map(|version| {
            scope.spawn({
                let (each, station) = (&each, &station);
                move || each(station, version)
            })
        });
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
    });
}

fn option(name: &str, path: &Path) -> String {
    format!("{name}{}", path.display())
}

fn stdout(program: &Program) -> Vec<u8> {
    program.stdout.bytes()
}
