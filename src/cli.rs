//! The command line.

use std::ffi::OsString;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use argh::{EarlyExit, FromArgs};

use crate::config::{self, LoadedConfig};
use crate::settings::{Listen, RelaySettings, Settings, StationSettings};
use crate::stream_url::StreamUrl;

/// A radio server that SHOUTcast and Icecast players, encoders and tools can use. Plays music files,
/// directories and playlists, or, with `relay ADDRESS`, the stream of another server.
#[derive(FromArgs, Debug)]
struct Args {
    /// configuration file with stations and settings
    #[argh(option, short = 'c')]
    config: Option<PathBuf>,

    /// validate the configuration, print a summary and exit
    #[argh(switch)]
    check: bool,

    /// address and port to listen on, such as 127.0.0.1:9000, or only a port; may be given several times;
    /// overrides the configuration file (default: [::]:8000)
    #[argh(option, short = 'l', from_str_fn(parse_address))]
    listen: Vec<SocketAddr>,

    /// play the music in random order
    #[argh(switch)]
    shuffle: bool,

    /// print the version and exit
    #[argh(switch)]
    version: bool,

    /// music files, directories and playlists (.m3u, .m3u8, .pls, .xspf) to play; or `relay` and the URL of a
    /// stream, such as http://radio.example:8000/live
    #[argh(positional)]
    music: Vec<PathBuf>,
}

/// What the command line requests.
#[derive(Debug)]
pub enum Command {
    /// Run stations.
    Run(LoadedConfig),
    /// Print a summary of what would run.
    Check(LoadedConfig),
    /// Print this text and exit.
    Print(String),
}

/// Why coldwave cannot execute a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartupError(Vec<String>);

impl StartupError {
    /// Returns the lines for stderr: one sentence, or all errors in a configuration file.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl From<String> for StartupError {
    fn from(sentence: String) -> Self {
        vec![sentence].into()
    }
}

impl From<Vec<String>> for StartupError {
    fn from(sentences: Vec<String>) -> Self {
        Self(sentences.into_iter().map(|sentence| format!("coldwave: {sentence}")).collect())
    }
}

/// Parses the arguments after the program's name. Without music arguments, coldwave plays the music in the
/// directory `bundled`.
///
/// # Errors
/// Returns one sentence with the error and a correct example, or all errors in the configuration file.
pub fn parse_args(arguments: Vec<OsString>, bundled: &Path) -> Result<Command, StartupError> {
    let mut arguments = normalize(arguments)?;
    let is_relay = take_relay(&mut arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Args::from_args(&["coldwave"], &arguments) {
        Ok(args) if args.version => Ok(Command::Print(format!("coldwave {}\n", env!("CARGO_PKG_VERSION")))),
        Ok(args) => {
            let command = if args.check { Command::Check } else { Command::Run };
            load(args, is_relay, bundled).map(command)
        }
        Err(EarlyExit { output, status: Ok(()) }) => Ok(Command::Print(output)),
        Err(EarlyExit { output, status: Err(()) }) => Err(one_line(&output).into()),
    }
}

/// Parses an address with a port. A port alone, with or without a colon, means all addresses.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix(':').unwrap_or(text).parse().ok();
    let everywhere = port.map(|port: u16| SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)));
    everywhere.or_else(|| text.parse().ok()).ok_or_else(|| {
        format!("{text:?} is not an address with a port, such as 127.0.0.1:8000 or [::1]:8000")
    })
}

/// Options without a value. A value after `=` is rejected, because argh would treat it as music.
const SWITCHES: [&str; 4] = ["--check", "--help", "--shuffle", "--version"];

/// Options with a value.
const OPTIONS_WITH_VALUE: [&str; 4] = ["--config", "-c", "--listen", "-l"];

/// Converts the arguments into the only forms that argh accepts: `--option value` and `--help`.
fn normalize(arguments: Vec<OsString>) -> Result<Vec<String>, String> {
    let mut normalized = Vec::new();
    let mut options_ended = false;
    for argument in arguments {
        let argument = argument.into_string().map_err(|argument| {
            format!("{argument:?} is not valid UTF-8: use a directory or a playlist that contains it")
        })?;
        match argument.split_once('=') {
            Some((option, _)) if !options_ended && SWITCHES.contains(&option) => {
                return Err(format!("{option} takes no value"));
            }
            Some((option, value)) if !options_ended && option.starts_with("--") => {
                normalized.extend([option.to_owned(), value.to_owned()]);
            }
            _ if !options_ended && argument == "-h" => normalized.push("--help".to_owned()),
            _ => normalized.push(argument.clone()),
        }
        options_ended |= argument == "--";
    }
    Ok(normalized)
}

/// The argument that precedes the URL of a stream to relay.
const RELAY: &str = "relay";

/// If the first argument that is not an option is `relay`, removes it and returns true. A directory of that
/// name can be given as `./relay`.
fn take_relay(arguments: &mut Vec<String>) -> bool {
    let mut is_value = false;
    let first = arguments.iter().position(|argument| {
        let is_option = argument.starts_with('-');
        let is_first = !is_option && !is_value;
        is_value = OPTIONS_WITH_VALUE.contains(&argument.as_str());
        is_first || argument == "--"
    });
    let at = first.filter(|&at| arguments[at] == RELAY);
    at.map(|at| arguments.remove(at)).is_some()
}

fn one_line(output: &str) -> String {
    let text = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    format!("{}; see coldwave --help", text.trim_end_matches('.'))
}

fn load(args: Args, is_relay: bool, bundled: &Path) -> Result<LoadedConfig, StartupError> {
    let listen: Vec<Listen> = args.listen.iter().copied().map(Listen::new).collect();
    let mut loaded = match &args.config {
        Some(_) if is_relay || !args.music.is_empty() => {
            return Err(conflicts_with_config("music or a relay"));
        }
        Some(_) if args.shuffle => return Err(conflicts_with_config("--shuffle")),
        Some(file) => config::load(file).map_err(StartupError)?,
        None => {
            let station = if is_relay { relay_station(&args)? } else { station(args, bundled)? };
            LoadedConfig { settings: Settings::new(vec![station]), warnings: Vec::new() }
        }
    };
    if !listen.is_empty() {
        loaded.settings.listen = listen;
    }
    Ok(loaded)
}

fn conflicts_with_config(what: &str) -> StartupError {
    format!("--config cannot be combined with {what} on the command line").into()
}

fn station(args: Args, bundled: &Path) -> Result<StationSettings, String> {
    let station = if args.music.is_empty() { bundled_station(bundled)? } else { music_station(args.music) };
    Ok(StationSettings { shuffle: args.shuffle, ..station })
}

/// Returns a station that relays the stream at the URL in `args`. The station uses the name of that stream.
fn relay_station(args: &Args) -> Result<StationSettings, String> {
    if args.shuffle {
        return Err("--shuffle is for music, not for a relay".to_owned());
    }
    let [url] = args.music.as_slice() else {
        return Err(
            "relay takes one address, such as coldwave relay http://radio.example:8000/live".to_owned()
        );
    };
    let url = StreamUrl::parse(&url.to_string_lossy()).map_err(|error| format!("relay: {error}"))?;
    Ok(StationSettings { relay: Some(RelaySettings { url, on_demand: false }), ..StationSettings::default() })
}

fn bundled_station(folder: &Path) -> Result<StationSettings, String> {
    if !folder.is_dir() {
        return Err(
            "nothing to play: give files, directories or playlists, such as coldwave ~/Music".to_owned()
        );
    }
    Ok(StationSettings {
        name: "coldwave demo".to_owned(),
        description: "Three short pieces that come with coldwave".to_owned(),
        genre: "Ambient".to_owned(),
        ..music_station(vec![folder.to_owned()])
    })
}

/// Returns a station that plays `music`, named after it if it is a single path.
fn music_station(music: Vec<PathBuf>) -> StationSettings {
    let defaults = StationSettings::default();
    let name = match music.as_slice() {
        [one] => name_from_music(one),
        _ => None,
    };
    StationSettings { name: name.unwrap_or(defaults.name), music, ..defaults }
}

/// Returns the name of a file without its extension, or the full name of a directory, including any dots.
fn name_from_music(music: &Path) -> Option<String> {
    let name = if music.is_dir() {
        // The name of `.` is the name of the current directory.
        music.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned()
    } else {
        music.file_stem()?.to_string_lossy().into_owned()
    };
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Command, StartupError> {
        parse_args(line.split_whitespace().map(OsString::from).collect(), Path::new("/nowhere"))
    }

    fn run(line: &str) -> Settings {
        match parse_line(line) {
            Ok(Command::Run(loaded)) => loaded.settings,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn options_are_parsed_in_every_form() {
        for line in ["--listen 127.0.0.1:9000 x", "--listen=127.0.0.1:9000 x", "-l 127.0.0.1:9000 x"] {
            assert_eq!(run(line).listen[0].address.to_string(), "127.0.0.1:9000", "{line}");
        }
        for line in ["-l 9000 x", "--listen=:9000 x"] {
            assert_eq!(run(line).listen, [Listen::new("[::]:9000".parse().expect("an address"))], "{line}");
        }
        let two = run("-l 127.0.0.1:0 --listen=[::1]:0 --shuffle a.mp3 b.mp3");
        assert_eq!(two.listen.len(), 2);
        assert!(two.stations[0].shuffle);
        assert_eq!(two.stations[0].music, [Path::new("a.mp3"), Path::new("b.mp3")]);
        assert_eq!(run("-- --a=b.mp3 -h").stations[0].music, [Path::new("--a=b.mp3"), Path::new("-h")]);
    }

    #[test]
    fn listens_on_all_addresses_by_default() {
        let listen = run("x").listen[0];
        assert_eq!(listen.address.to_string(), "[::]:8000");
        assert_eq!(listen.fallback.map(|address| address.to_string()).as_deref(), Some("0.0.0.0:8000"));
    }

    #[test]
    fn help_and_version_are_printed() {
        for line in ["--help", "-h", "help"] {
            assert!(
                matches!(parse_line(line), Ok(Command::Print(text)) if text.contains("--listen")),
                "{line}"
            );
        }
        let version = format!("coldwave {}\n", env!("CARGO_PKG_VERSION"));
        assert!(matches!(parse_line("--version"), Ok(Command::Print(text)) if text == version));
    }

    #[test]
    fn invalid_arguments_give_one_sentence() {
        for (line, expected) in [
            ("", "coldwave ~/Music"),
            ("--listen", "--listen"),
            ("--listen nowhere x", "nowhere"),
            ("--listen localhost:8000 x", "127.0.0.1:8000"),
            ("--loud x", "--loud"),
            ("--shuffle=true x", "--shuffle takes no value"),
            ("--config", "--config"),
            ("--config a --config b", "duplicate"),
            ("--config a b.mp3", "combined with music or a relay"),
            ("-c a --shuffle", "combined with --shuffle"),
            ("relay", "relay takes one address"),
            ("relay http://a/ http://b/", "relay takes one address"),
            ("relay radio.example", "begins with http://"),
            ("relay https://radio.example/", "https://"),
            ("--shuffle relay http://a/", "--shuffle is for music"),
            ("-c a relay http://a/", "combined with music or a relay"),
        ] {
            let StartupError(sentences) = parse_line(line).expect_err(line);
            let [sentence] = sentences.as_slice() else { panic!("{line}: {sentences:?}") };
            assert!(sentence.contains(expected) && !sentence.contains('\n'), "{line}: {sentence}");
            assert!(sentence.starts_with("coldwave: "), "{line}: {sentence}");
        }
    }

    #[test]
    fn relay_is_a_station_without_music() {
        for line in [
            "relay http://radio.example/live",
            "-l 9000 relay http://radio.example/live",
            "relay -l 9000 http://radio.example/live",
            "relay http://radio.example/live --listen=9000",
        ] {
            let [station] = &run(line).stations[..] else { panic!("{line}") };
            let relay = station.relay.as_ref().unwrap_or_else(|| panic!("{line}"));
            assert_eq!(
                (relay.url.to_string().as_str(), relay.on_demand),
                ("http://radio.example/live", false)
            );
            assert!(station.music.is_empty() && station.is_name_default, "{line}");
        }
        for line in ["./relay", "-- relay", "a.mp3 relay", "--shuffle -- relay"] {
            assert!(run(line).stations[0].relay.is_none(), "{line}");
        }
    }

    #[test]
    fn check_loads_what_would_run() {
        let Ok(Command::Check(loaded)) = parse_line("--check --shuffle -l 127.0.0.1:1 x") else { panic!() };
        assert!(loaded.settings.stations[0].shuffle);
        assert_eq!(loaded.settings.listen, [Listen::new("127.0.0.1:1".parse().unwrap())]);
    }

    #[test]
    fn station_is_named_after_its_music() {
        assert_eq!(run("Music/Night.m3u").stations[0].name, "Night");
        assert_eq!(run("a.mp3 b.mp3").stations[0].name, "coldwave");
        assert_eq!(run("/").stations[0].name, "coldwave");
        let folder = tempfile::tempdir().expect("a folder");
        let volume = folder.path().join("Vol. 2");
        std::fs::create_dir(&volume).expect("a folder");
        assert_eq!(music_station(vec![volume]).name, "Vol. 2");
    }
}
