//! The command line.

mod other_programs;
mod probe;
mod startup_error;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use argh::{EarlyExit, FromArgs};

use crate::access_lists::LoadedLists;
use crate::config::{self, LoadedCertificates, LoadedConfig};
use crate::settings::{CertificateFiles, Listen, RelaySettings, Settings, StationSettings};
use crate::stream_url::StreamUrl;
use crate::text::shortened;
use other_programs::{OtherCommand, OtherProgram};
use probe::ProbeLine;
pub use probe::{ProbeCommand, ProbeOutput};
pub use startup_error::StartupError;

/// A radio server that SHOUTcast and Icecast players, encoders and tools can use. Plays music files,
/// directories and playlists, or, with `relay ADDRESS`, the stream of another server. Without arguments,
/// plays a demo station.
#[derive(FromArgs, Debug, Clone)]
struct Args {
    /// configuration file with stations and settings, also icecast.xml and sc_serv.conf
    #[argh(option, short = 'c')]
    config: Option<PathBuf>,

    /// validate the configuration, print a summary and exit
    #[argh(switch)]
    check: bool,

    /// with --check: say what a reload with this configuration would change in the server at an address such
    /// as http://localhost:8000
    #[argh(option)]
    against: Option<String>,

    /// address and port to listen on, such as localhost:9000, or only a port; may be given several times;
    /// overrides the configuration file (default: 8000, on all addresses)
    #[argh(option, short = 'l')]
    listen: Vec<String>,

    /// play the music in random order
    #[argh(switch)]
    shuffle: bool,

    /// print the version and exit
    #[argh(switch, short = 'V')]
    version: bool,

    /// music files, directories and playlists (.m3u, .m3u8, .pls, .xspf) to play; or `relay` and the URL of a
    /// stream, such as http://radio.example:8000/live; or `convert` and an icecast.xml or sc_serv.conf, to
    /// print it as a configuration of coldwave; or `probe` and the URLs of streams, to examine them, see
    /// `coldwave probe --help`
    #[argh(positional)]
    music: Vec<PathBuf>,
}

/// What the command line requests.
#[derive(Debug)]
pub enum Command {
    /// Run stations. The source reads the configuration again.
    Run(LoadedConfig, ConfigSource),
    /// Run stations in another process, with these arguments, in the background.
    StartInBackground(Vec<OsString>),
    /// Print a summary of what would run. The source reads the configuration again.
    Check(LoadedConfig, ConfigSource),
    /// Print what a reload would change in the server at this address.
    CheckAgainst(LoadedConfig, String),
    /// Print this text and exit.
    Print(String),
    /// Examine streams.
    Probe(Box<ProbeCommand>),
    /// Print this line on stderr: the command line of the probe is wrong. Exit status 1 would mean faults.
    RefuseProbe(String),
}

/// A function that returns the directory with the music of the demo station.
type DemoDirectory = Box<dyn Fn() -> Result<PathBuf, String> + Send>;

/// Reads a configuration file.
type ReadConfiguration<'r> = &'r dyn Fn(&Path) -> Result<LoadedConfig, Vec<String>>;

/// Where the configuration comes from: a file, or arguments of the command line.
pub struct ConfigSource {
    args: Args,
    is_relay: bool,
    demo: DemoDirectory,
}

impl fmt::Debug for ConfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigSource").field("args", &self.args).finish_non_exhaustive()
    }
}

impl ConfigSource {
    fn new(args: Args, is_relay: bool, demo: DemoDirectory) -> Self {
        Self { args, is_relay, demo }
    }

    /// Reads the configuration as at the start: the same file again, or the same arguments. The process never
    /// changes its working directory, so a relative path stays valid. A pipe is refused. `in_use` are the
    /// files of certificates that need not be good any more.
    ///
    /// # Errors
    /// Returns the lines that the start would print.
    pub fn read(&self, in_use: &[CertificateFiles]) -> Result<LoadedConfig, Vec<String>> {
        let read = |path: &Path| config::load_again(path, in_use);
        self.load(&read).map_err(|StartupError(lines)| lines)
    }

    fn load(&self, read: ReadConfiguration<'_>) -> Result<LoadedConfig, StartupError> {
        load(self.args.clone(), self.is_relay, &self.demo, read)
    }

    /// Returns whether the addresses to listen on are those of a configuration file.
    pub fn listens_as_file_says(&self) -> bool {
        self.args.config.is_some() && self.args.listen.is_empty()
    }

    /// Returns whether the demo station is played, because there is nothing else.
    fn is_demo(&self) -> bool {
        self.args.config.is_none() && self.args.music.is_empty()
    }
}

/// Parses the path of the program and the arguments after it. Both can be those of another
/// server. Without music arguments, coldwave plays the music in the directory that `demo`
/// returns.
///
/// # Errors
/// Returns one sentence with the error and a correct example, or all errors in the configuration file.
pub fn parse_args(
    program: &OsStr,
    mut arguments: Vec<OsString>,
    demo: impl Fn() -> Result<PathBuf, String> + Send + 'static,
) -> Result<Command, StartupError> {
    if let Some(other) = OtherProgram::recognise(program, &mut arguments) {
        match other.parse(program, &arguments)? {
            OtherCommand::Print(text) => return Ok(Command::Print(text)),
            OtherCommand::Run { config, in_background: true } => {
                return Ok(Command::StartInBackground(vec!["--config".into(), config.into()]));
            }
            OtherCommand::Run { config, .. } => arguments = vec!["--config".into(), config.into()],
        }
    }
    if arguments.first().is_some_and(|first| first == probe::PROBE) {
        return Ok(probe_command(arguments.split_off(1)));
    }
    let mut arguments = normalize(arguments)?;
    if let [CONVERT, file] = arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        let converted = config::convert(&expand_home(Path::new(file)));
        return converted.map(Command::Print).map_err(StartupError);
    }
    let is_relay = take_relay(&mut arguments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Args::from_args(&["coldwave"], &arguments) {
        Ok(args) if args.version => Ok(Command::Print(format!("coldwave {}\n", env!("CARGO_PKG_VERSION")))),
        Ok(args) if args.against.is_some() && !args.check => Err(AGAINST_WITHOUT_CHECK.to_owned().into()),
        Ok(args) => {
            let (is_check, against) = (args.check, args.against.clone());
            let source = ConfigSource::new(args, is_relay, Box::new(demo));
            if against.is_some() && source.is_demo() {
                return Err(AGAINST_WITHOUT_CONFIGURATION.to_owned().into());
            }
            let loaded = source.load(&config::load)?;
            if source.is_demo() {
                log::info!(target: "coldwave", "no music given: playing the demo station; your own: coldwave ~/Music");
            }
            Ok(match against {
                Some(address) => Command::CheckAgainst(loaded, address),
                None if is_check => Command::Check(loaded, source),
                None => Command::Run(loaded, source),
            })
        }
        Err(EarlyExit { output, status: Ok(()) }) => Ok(Command::Print(with_short_help(&output))),
        Err(EarlyExit { output, status: Err(()) }) => Err(describe_error(&output, &arguments).into()),
    }
}

/// Parses the arguments after `probe`.
fn probe_command(arguments: Vec<OsString>) -> Command {
    match normalize(arguments).and_then(|arguments| probe::parse(&arguments)) {
        Ok(ProbeLine::Examine(command)) => Command::Probe(command),
        Ok(ProbeLine::Help(help)) => Command::Print(with_short_help(&help)),
        Err(error) => Command::RefuseProbe(format!("coldwave: probe: {error}; see coldwave probe --help")),
    }
}

/// `--against` alone must not start a server.
const AGAINST_WITHOUT_CHECK: &str =
    "--against is for --check: coldwave --check --against http://localhost:8000 -c FILE";

/// `--against` must not compare a server with the demo station.
const AGAINST_WITHOUT_CONFIGURATION: &str = "--against compares the running server with a configuration: give it with -c FILE, or give the music that \
     the server plays";

/// Adds `-h`, which argh does not know, to the help.
fn with_short_help(help: &str) -> String {
    help.replacen("  --help, help  ", "  -h, --help    ", 1)
}

/// The most bytes of an invalid `--listen` in its error.
const LISTEN_SHOWN_MAX: usize = 100;

/// Parses a `--listen`, and looks its name up.
fn parse_listen(text: &str) -> Result<Vec<Listen>, String> {
    config::parse_listen_address(text).map_err(|reason| {
        let text = shortened(text, LISTEN_SHOWN_MAX);
        format!(
            "--listen {text:?} {reason}; give one such as 127.0.0.1:8000, localhost:8000 or [::1]:8000, or only a port"
        )
    })
}

/// Options without a value. A value after `=` is rejected, because argh would treat it as music.
const SWITCHES: [&str; 4] = ["--check", "--help", "--shuffle", "--version"];

/// Options with a value, in their long form.
const VALUED: [&str; 3] = ["--against", "--config", "--listen"];

/// What other servers call `--listen`.
const OTHER_NAMES_OF_LISTEN: [&str; 5] = ["-p", "--port", "-b", "--bind", "--host"];

/// Options with a value.
const OPTIONS_WITH_VALUE: [&str; 5] = ["--against", "--config", "-c", "--listen", "-l"];

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

/// The argument that precedes another server's configuration, to print it as one of coldwave.
const CONVERT: &str = "convert";

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

/// Returns argh's message as one sentence, with the option that was probably meant.
fn describe_error(output: &str, arguments: &[&str]) -> String {
    let text = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let text = text.trim_end_matches('.');
    let unknown = arguments.iter().find(|argument| text.ends_with(&format!("argument: {argument}")));
    let meant = unknown.and_then(|unknown| similar_option(unknown));
    let meant = meant.map_or(String::new(), |option| format!(", did you mean {option}?"));
    format!("{text}{meant}; see coldwave --help").replace("?; see", "? See")
}

/// Returns the option that is most similar to an unknown one, if any is.
fn similar_option(unknown: &str) -> Option<&'static str> {
    /// The least similarity, from 0 to 1.
    const SIMILARITY_MIN: f64 = 0.75;
    if OTHER_NAMES_OF_LISTEN.contains(&unknown) {
        return Some("--listen");
    }
    let dashed = format!("--{}", unknown.trim_start_matches('-'));
    let similar = |option: &&'static str| strsim::jaro_winkler(option, &dashed);
    let all = SWITCHES.into_iter().chain(VALUED);
    all.max_by(|a, b| similar(a).total_cmp(&similar(b))).filter(|best| similar(best) >= SIMILARITY_MIN)
}

fn load(
    args: Args,
    is_relay: bool,
    demo: &DemoDirectory,
    read: ReadConfiguration<'_>,
) -> Result<LoadedConfig, StartupError> {
    let listen = listen_addresses(&args.listen)?;
    let mut loaded = match &args.config {
        Some(_) if is_relay => return Err(conflicts_with_config("a relay", "relay = \"http://…\"")),
        Some(_) if !args.music.is_empty() => {
            let music = args.music.iter().map(|path| format!("{:?}", path.to_string_lossy()));
            let music = music.take(3).collect::<Vec<_>>().join(", ");
            return Err(conflicts_with_config("music", &format!("music = [{music}]")));
        }
        Some(_) if args.shuffle => return Err(conflicts_with_config("--shuffle", "shuffle = true")),
        Some(name) => read(&expand_home(name)).map_err(StartupError)?,
        None => {
            let station = if is_relay { relay_station(&args)? } else { station(args, demo)? };
            let settings = Settings::new(vec![station]);
            let certificates = LoadedCertificates::new();
            LoadedConfig {
                settings,
                warnings: Vec::new(),
                findings: Vec::new(),
                certificates,
                lists: LoadedLists::new(),
                listen_at: None,
            }
        }
    };
    if !listen.is_empty() {
        override_listen(&mut loaded, listen);
    }
    Ok(loaded)
}

/// Uses the addresses of `--listen`, and warns about others in the file: a reload cannot move there.
fn override_listen(loaded: &mut LoadedConfig, listen: Vec<Listen>) {
    if let Some(at) = loaded.listen_at.as_ref().filter(|_| loaded.settings.listen != listen) {
        let warning = format!("{at}: [server] listen is ignored: --listen is in force");
        loaded.warnings.insert(0, warning);
    }
    loaded.settings.listen = listen;
}

/// Returns the addresses of all `--listen`. Names are looked up each time.
fn listen_addresses(arguments: &[String]) -> Result<Vec<Listen>, String> {
    let mut all: Vec<Listen> = Vec::new();
    let parsed = arguments.iter().map(|text| parse_listen(text)).collect::<Result<Vec<_>, _>>()?;
    for listen in parsed.into_iter().flatten() {
        if let Some(other) = all.iter().find(|other| other.overlaps(listen.address)) {
            let (address, other) = (listen.address, other.address);
            return Err(format!("--listen {address} is covered by --listen {other}: leave one of them out"));
        }
        all.push(listen);
    }
    Ok(all)
}

fn conflicts_with_config(what: &str, key: &str) -> StartupError {
    format!(
        "--config cannot be combined with {what} on the command line: leave out one of them, or write {key} into \
         a [[station]] of the file"
    )
    .into()
}

/// Expands `~/`, which the shell leaves in `--config=~/radio.toml` and in quotes.
fn expand_home(path: &Path) -> PathBuf {
    let expanded = if path.exists() { None } else { config::home_path(path) };
    expanded.unwrap_or_else(|| path.to_owned())
}

fn station(mut args: Args, demo: &DemoDirectory) -> Result<StationSettings, String> {
    args.music.iter_mut().for_each(|path| *path = expand_home(path));
    let station = if args.music.is_empty() { demo_station(demo)? } else { music_station(args.music)? };
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
    Ok(StationSettings { relay: Some(RelaySettings::new(url, false)), ..StationSettings::default() })
}

fn demo_station(demo: &DemoDirectory) -> Result<StationSettings, String> {
    let folder = demo().map_err(|error| {
        format!(
            "nothing to play: give files, directories or playlists, such as coldwave ~/Music (the demo station \
             cannot be written: {error})"
        )
    })?;
    Ok(StationSettings {
        name: "coldwave demo".to_owned(),
        description: "Three short pieces that come with coldwave".to_owned(),
        genre: "Ambient".to_owned(),
        ..named_after_music(vec![folder])
    })
}

/// Returns a station that plays `music`.
fn music_station(music: Vec<PathBuf>) -> Result<StationSettings, String> {
    for path in &music {
        let text = path.to_string_lossy();
        if text.starts_with("http://") || text.starts_with("https://") {
            return Err(format!("{text} is a URL, not music: to relay a stream, use coldwave relay {text}"));
        }
        if let Some(other) = config::recognise_other_file(path) {
            return Err(other.advice(&text));
        }
    }
    Ok(named_after_music(music))
}

/// Returns a station that plays `music`, named after it if it is a single path.
fn named_after_music(music: Vec<PathBuf>) -> StationSettings {
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
mod tests;
