//! The command line of `coldwave probe`.

use std::path::PathBuf;
use std::time::Duration;

use argh::{EarlyExit, FromArgs};

use crate::probe::{FindingKind, ProbeOptions, Thresholds};
use crate::stream_url::StreamUrl;

/// The argument that precedes the URLs of streams to examine.
pub(super) const PROBE: &str = "probe";

/// The most URLs: each one is a thread.
const URLS_MAX: usize = 16;

/// Listens to streams as a player does, and says what is wrong with them: connection, frames, bit rate, pace,
/// titles, silence. Exits with 0 if nothing is wrong, 1 for faults, 2 if there is nothing to hear, 3 for a
/// wrong command line. docs/probe.md describes the report.
#[derive(FromArgs)]
struct ProbeArgs {
    /// how many seconds to listen (default: 10)
    #[argh(option, short = 's', default = "10.0")]
    seconds: f64,

    /// how many seconds everything before the stream may take (default: 10)
    #[argh(option, short = 't', default = "10.0")]
    timeout: f64,

    /// print JSON
    #[argh(switch)]
    json: bool,

    /// print one line for each stream
    #[argh(switch)]
    brief: bool,

    /// examine all streams in the playlist of the station, such as /live.m3u for /live
    #[argh(switch)]
    renditions: bool,

    /// user agent to send (default: coldwave-probe and the version)
    #[argh(option)]
    agent: Option<String>,

    /// the name that the station must have
    #[argh(option)]
    name: Option<String>,

    /// file with certificate authorities (PEM) to trust besides those of the system
    #[argh(option)]
    ca: Option<PathBuf>,

    /// the most seconds until the first byte of the stream (default: 3)
    #[argh(option)]
    max_start: Option<f64>,

    /// the most seconds without a byte (default: 3)
    #[argh(option)]
    max_stall: Option<f64>,

    /// the most seconds of silence (default: 5)
    #[argh(option)]
    max_silence: Option<f64>,

    /// level in dB below which audio is silence (default: -60)
    #[argh(option)]
    silence_level: Option<f64>,

    /// the most per cent by which the audio may be too fast or too slow (default: 3)
    #[argh(option)]
    max_drift: Option<f64>,

    /// the most per cent between announced and measured bit rate, twice that if it varies (default: 10)
    #[argh(option)]
    max_bitrate_difference: Option<f64>,

    /// the fewest days for which the certificate must still be valid (default: 7)
    #[argh(option)]
    min_certificate_days: Option<i64>,

    /// kind of finding that is only a note, such as bit-rate; may be given several times
    #[argh(option)]
    ignore: Vec<String>,

    /// URLs of streams or playlists
    #[argh(positional)]
    urls: Vec<String>,
}

/// What to examine, and how to report it.
#[derive(Debug, Clone)]
pub struct ProbeCommand {
    /// The streams, at least one.
    pub urls: Vec<StreamUrl>,
    /// How they are examined.
    pub options: ProbeOptions,
    /// Whether all streams in the playlists of these are examined.
    pub with_renditions: bool,
    /// Authorities to trust besides those of the system.
    pub ca: Option<PathBuf>,
    /// How the report is printed.
    pub output: ProbeOutput,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeOutput {
    /// As text.
    Text,
    /// As text, one line for each stream.
    Brief,
    /// As JSON.
    Json,
}

/// What a command line of the probe requests.
#[derive(Debug)]
pub(super) enum ProbeLine {
    Examine(Box<ProbeCommand>),
    /// Print argh's help.
    Help(String),
}

/// Parses the arguments after `probe`.
///
/// # Errors
/// Returns one sentence with the error.
pub(super) fn parse(arguments: &[String]) -> Result<ProbeLine, String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match ProbeArgs::from_args(&["coldwave", PROBE], &arguments) {
        Ok(args) => args.command().map(|command| ProbeLine::Examine(Box::new(command))),
        Err(EarlyExit { output, status: Ok(()) }) => Ok(ProbeLine::Help(output)),
        Err(EarlyExit { output, status: Err(()) }) => Err(without_logins(&one_line(&output))),
    }
}

/// Returns argh's message as one sentence.
fn one_line(output: &str) -> String {
    let lines = output.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

impl ProbeArgs {
    fn command(self) -> Result<ProbeCommand, String> {
        let urls = self.urls.iter().map(|url| parse_url(url)).collect::<Result<Vec<_>, _>>()?;
        if urls.is_empty() || urls.len() > URLS_MAX {
            return Err(format!("expected 1 to {URLS_MAX} URLs, such as http://radio.example:8000/live"));
        }
        let output = match (self.json, self.brief) {
            (true, true) => return Err("--json and --brief exclude each other".to_owned()),
            (true, false) => ProbeOutput::Json,
            (false, true) => ProbeOutput::Brief,
            (false, false) => ProbeOutput::Text,
        };
        let options = self.options()?;
        Ok(ProbeCommand { urls, options, with_renditions: self.renditions, ca: self.ca, output })
    }

    fn options(&self) -> Result<ProbeOptions, String> {
        let defaults = ProbeOptions::default();
        let agent = self.agent.clone().unwrap_or(defaults.agent);
        if agent.is_empty() || agent.contains(char::is_control) {
            return Err("--agent is empty or contains control characters".to_owned());
        }
        let ignored = self.ignore.iter().map(|name| {
            FindingKind::from_name(name)
                .ok_or_else(|| format!("--ignore {name:?} is no kind of finding: {}", kinds()))
        });
        Ok(ProbeOptions {
            seconds: seconds("--seconds", self.seconds, 1.0, 3600.0)?,
            timeout: seconds("--timeout", self.timeout, 0.1, 300.0)?,
            agent,
            name: self.name.clone(),
            thresholds: self.thresholds()?,
            ignored: ignored.collect::<Result<_, _>>()?,
        })
    }

    fn thresholds(&self) -> Result<Thresholds, String> {
        let defaults = Thresholds::default();
        let time = |name, value: Option<f64>, default| {
            value.map_or(Ok(default), |value| seconds(name, value, 0.01, 3600.0))
        };
        let percent = |name, value: Option<f64>, default| {
            value.map_or(Ok(default), |value| within(name, value, 0.1, 100.0).map(|percent| percent / 100.0))
        };
        Ok(Thresholds {
            start: time("--max-start", self.max_start, defaults.start)?,
            stall: time("--max-stall", self.max_stall, defaults.stall)?,
            silence: time("--max-silence", self.max_silence, defaults.silence)?,
            silence_level: within(
                "--silence-level",
                self.silence_level.unwrap_or(defaults.silence_level),
                -120.0,
                0.0,
            )?,
            drift: percent("--max-drift", self.max_drift, defaults.drift)?,
            bit_rate: percent("--max-bitrate-difference", self.max_bitrate_difference, defaults.bit_rate)?,
            certificate_days: self.min_certificate_days.unwrap_or(defaults.certificate_days),
        })
    }
}

fn parse_url(text: &str) -> Result<StreamUrl, String> {
    StreamUrl::parse_any(text).map_err(|error| format!("{:?}: {error}", without_login(text)))
}

/// Returns a text that should be a URL without login and query, which are never printed. A password may
/// contain any character, so everything before the last `@` belongs to the login.
fn without_login(text: &str) -> String {
    let (login, rest) = text.rsplit_once('@').unwrap_or(("", text));
    let scheme = login.split_once("://").map(|(scheme, _)| scheme);
    let scheme = scheme.filter(|scheme| scheme.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let scheme = scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
    format!("{scheme}{}", rest.split('?').next().unwrap_or_default())
}

/// Returns a message without the logins of URLs in it, such as that of a URL in the place of a number.
fn without_logins(message: &str) -> String {
    let words = message.split(' ');
    words
        .map(|word| if word.contains("://") { without_login(word) } else { word.to_owned() })
        .collect::<Vec<_>>()
        .join(" ")
}

fn seconds(name: &str, value: f64, min: f64, max: f64) -> Result<Duration, String> {
    within(name, value, min, max).map(Duration::from_secs_f64)
}

/// Checks that a value is in its range. No range contains what is no number.
fn within(name: &str, value: f64, min: f64, max: f64) -> Result<f64, String> {
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{name} {value}: expected {min} to {max}"))
    }
}

/// Returns the names of all findings.
fn kinds() -> String {
    FindingKind::all().map(FindingKind::name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<ProbeCommand, String> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match parse(&arguments)? {
            ProbeLine::Examine(command) => Ok(*command),
            ProbeLine::Help(help) => panic!("{line}: {help}"),
        }
    }

    #[test]
    fn options_and_urls_are_parsed() {
        let command = parsed(
            "--seconds 2.5 --max-stall 1 --ignore junk --ignore bit-rate --json http://h/a https://h/b.m3u",
        );
        let command = command.expect("a valid line");
        assert_eq!(command.urls.len(), 2);
        assert_eq!(command.options.seconds, Duration::from_millis(2500));
        assert_eq!(command.options.thresholds.stall, Duration::from_secs(1));
        assert_eq!(command.options.ignored, [FindingKind::Junk, FindingKind::BitRate]);
        assert_eq!((command.output, command.with_renditions), (ProbeOutput::Json, false));
        let defaults = parsed("http://h/a").expect("a valid line");
        assert_eq!(defaults.options, ProbeOptions::default());
    }

    #[test]
    fn wrong_lines_are_refused_with_the_reason() {
        for (line, expected) in [
            ("", "expected 1 to 16 URLs"),
            ("ftp://h/", "http:// or https://"),
            ("--seconds 0 http://h/", "--seconds 0: expected 1 to 3600"),
            ("--seconds NaN http://h/", "--seconds NaN"),
            ("--seconds x http://h/", "--seconds"),
            ("--ignore loud http://h/", "torn-frame"),
            ("--json --brief http://h/", "exclude"),
            ("--loud http://h/", "--loud"),
        ] {
            let error = parsed(line).expect_err(line);
            assert!(error.contains(expected) && !error.contains('\n'), "{line}: {error}");
        }
    }

    #[test]
    fn login_and_query_of_a_wrong_url_are_not_printed() {
        for (line, expected) in [
            ("http://user:secret@h:99999/live?secret", "\"http://h:99999/live\": expected a port"),
            ("user:secret@h/live", "\"h/live\": expected an address that begins with http://"),
            ("http://user:secret/secret@h/", "\"http://h/\": expected a port"),
            ("--seconds http://user:secret@h/", "--seconds"),
        ] {
            let error = parsed(line).expect_err(line);
            assert!(error.contains(expected) && !error.contains("secret"), "{line}: {error}");
        }
    }

    #[test]
    fn help_names_the_options_and_the_exit_status() {
        let Ok(ProbeLine::Help(help)) = parse(&["--help".to_owned()]) else { panic!("no help") };
        assert!(help.contains("--max-silence") && help.contains("2 if there is nothing to hear"), "{help}");
    }
}
