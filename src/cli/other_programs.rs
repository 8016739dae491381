//! The command lines of Icecast and SHOUTcast's sc_serv, for panels and scripts that start them.
//!
//! They are accepted if the program file has such a name, as with `/usr/bin/icecast2 -c FILE`, and after the
//! name of the other server: `coldwave icecast -c FILE`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::foreign_config::ForeignFormat;

/// Another server whose command line coldwave accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherProgram {
    /// `icecast`, which Debian calls `icecast2`.
    Icecast,
    /// `sc_serv`.
    Shoutcast,
}

/// What a command line of another server requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtherCommand {
    /// Run with this configuration file.
    Run {
        /// The configuration.
        config: PathBuf,
        /// Whether the process leaves the terminal.
        in_background: bool,
    },
    /// Print this text.
    Print(String),
}

/// How Icecast is started.
const ICECAST_USAGE: &str = "icecast -c FILE, icecast -b -c FILE or icecast -v";

/// How sc_serv is started.
const SHOUTCAST_USAGE: &str = "sc_serv FILE, sc_serv daemon FILE or sc_serv --version";

/// The files that sc_serv reads if it is given none, the first that exists. The documentation of sc_serv 2.6
/// names this order.
const SHOUTCAST_FILES: [&str; 2] = ["sc_serv.ini", "sc_serv.conf"];

impl OtherProgram {
    /// Returns the server whose place coldwave takes, by the name of the program, or by the first argument,
    /// which is removed. `./icecast` is a directory with music.
    pub fn recognise(program: &OsStr, arguments: &mut Vec<OsString>) -> Option<Self> {
        let by_name = Path::new(program).file_name().and_then(Self::from_name);
        let by_argument = || {
            let found = Self::from_name(arguments.first()?)?;
            arguments.remove(0);
            Some(found)
        };
        by_name.or_else(by_argument)
    }

    /// Returns the format of its configuration.
    pub fn format(self) -> ForeignFormat {
        match self {
            Self::Icecast => ForeignFormat::Icecast,
            Self::Shoutcast => ForeignFormat::Shoutcast,
        }
    }

    /// Returns the arguments with which coldwave runs this configuration in the place of the server.
    pub fn arguments(self, config: PathBuf) -> Vec<OsString> {
        match self {
            Self::Icecast => vec!["icecast".into(), "-c".into(), config.into()],
            Self::Shoutcast => vec!["sc_serv".into(), config.into()],
        }
    }

    fn from_name(name: &OsStr) -> Option<Self> {
        match name.to_str()? {
            "icecast" | "icecast2" => Some(Self::Icecast),
            "sc_serv" => Some(Self::Shoutcast),
            _ => None,
        }
    }

    /// Parses the arguments after the name. `program` is the path with which the process was started.
    ///
    /// # Errors
    /// Returns one sentence with the error and the right forms.
    pub fn parse(self, program: &OsStr, arguments: &[OsString]) -> Result<OtherCommand, String> {
        let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
        if texts.iter().any(|text| self.version_options().contains(text)) {
            return Ok(OtherCommand::Print(self.version()));
        }
        if texts.iter().any(|text| ["-h", "--help"].contains(text)) {
            return Ok(OtherCommand::Print(format!("{}\n", self.usage())));
        }
        match self {
            Self::Icecast => parse_icecast(arguments),
            Self::Shoutcast => parse_shoutcast(program, arguments),
        }
    }

    fn version_options(self) -> &'static [&'static str] {
        match self {
            Self::Icecast => &["-v", "--version"],
            Self::Shoutcast => &["-v", "-V", "--version"],
        }
    }

    /// Returns the line in which panels look for the version, such as `Icecast 2.4.4`. The number is that of
    /// the release whose interfaces coldwave offers, because panels compare it.
    fn version(self) -> String {
        let own = env!("CARGO_PKG_VERSION");
        match self {
            Self::Icecast => format!("Icecast 2.4.4 (coldwave {own})\n"),
            Self::Shoutcast => format!("Shoutcast DNAS v2.6.1.777 (coldwave {own})\n"),
        }
    }

    /// Returns how it is started, as a sentence.
    fn usage(self) -> String {
        let (name, forms) = match self {
            Self::Icecast => ("Icecast", ICECAST_USAGE),
            Self::Shoutcast => ("sc_serv", SHOUTCAST_USAGE),
        };
        format!("in the place of {name}, coldwave is started as {forms}; its own options: coldwave --help")
    }
}

fn parse_icecast(arguments: &[OsString]) -> Result<OtherCommand, String> {
    let (mut config, mut in_background) = (None, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.to_str() {
            Some("-b") => in_background = true,
            Some("-c") => {
                let file = rest.next().ok_or_else(|| format!("-c has no file: {ICECAST_USAGE}"))?;
                config = Some(PathBuf::from(file));
            }
            _ => return Err(unexpected(argument, OtherProgram::Icecast)),
        }
    }
    match config {
        Some(config) => Ok(OtherCommand::Run { config, in_background }),
        None => Err(format!("no configuration file is given: {}", OtherProgram::Icecast.usage())),
    }
}

fn parse_shoutcast(program: &OsStr, arguments: &[OsString]) -> Result<OtherCommand, String> {
    let in_background = arguments.first().is_some_and(|first| first == "daemon");
    let files = &arguments[usize::from(in_background)..];
    let is_option = |argument: &&OsString| argument.as_encoded_bytes().starts_with(b"-");
    if let Some(argument) = files.iter().find(is_option).or(files.get(1)) {
        return Err(unexpected(argument, OtherProgram::Shoutcast));
    }
    let config = match files.first() {
        Some(file) => PathBuf::from(file),
        None => default_shoutcast_file(program)?,
    };
    Ok(OtherCommand::Run { config, in_background })
}

/// Returns the configuration beside the program.
fn default_shoutcast_file(program: &OsStr) -> Result<PathBuf, String> {
    let folder = Path::new(program).parent().unwrap_or(Path::new(""));
    let mut files = SHOUTCAST_FILES.iter().map(|name| folder.join(name));
    files.find(|file| file.is_file()).ok_or_else(|| {
        let names = SHOUTCAST_FILES.join(" or ");
        format!(
            "no configuration file is given, and there is no {names} beside the program: {SHOUTCAST_USAGE}"
        )
    })
}

fn unexpected(argument: &OsStr, program: OtherProgram) -> String {
    format!("unexpected argument {argument:?}: {}", program.usage())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses a line that begins with the path of the program.
    fn parse(line: &str) -> Option<Result<OtherCommand, String>> {
        let mut words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let program = words.remove(0);
        let other = OtherProgram::recognise(&program, &mut words)?;
        Some(other.parse(&program, &words))
    }

    fn run(config: &str, in_background: bool) -> Option<Result<OtherCommand, String>> {
        Some(Ok(OtherCommand::Run { config: config.into(), in_background }))
    }

    #[test]
    fn every_form_of_others_command_lines_names_the_configuration() {
        for line in ["/usr/local/bin/icecast -c a.xml", "icecast2 -c a.xml", "coldwave icecast -c a.xml"] {
            assert_eq!(parse(line), run("a.xml", false), "{line}");
        }
        for line in ["icecast2 -b -c a.xml", "icecast -c a.xml -b", "coldwave icecast2 -b -c a.xml"] {
            assert_eq!(parse(line), run("a.xml", true), "{line}");
        }
        assert_eq!(parse("/srv/shoutcast2/sc_serv /srv/a.conf"), run("/srv/a.conf", false));
        assert_eq!(parse("./coldwave sc_serv a.conf"), run("a.conf", false));
        assert_eq!(parse("sc_serv daemon a.conf"), run("a.conf", true));
    }

    #[test]
    fn own_command_lines_are_left_alone() {
        for line in
            ["coldwave -c icecast.xml", "coldwave ./icecast", "coldwave --shuffle icecast", "icecast.sh x"]
        {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn version_lines_have_the_forms_that_panels_parse() {
        let version = |line: &str| match parse(line) {
            Some(Ok(OtherCommand::Print(text))) => text,
            other => panic!("{line}: {other:?}"),
        };
        for line in ["icecast -v", "icecast2 --version", "coldwave icecast -v"] {
            // Panels take what follows the first space.
            assert_eq!(version(line).split_whitespace().nth(1), Some("2.4.4"), "{line}");
        }
        for line in ["sc_serv --version", "sc_serv -v"] {
            // AzuraCast: /^Shoutcast .* v(\S+) .*$/i
            let text = version(line);
            let rest = text.strip_prefix("Shoutcast ").expect("the name");
            let (name, number) = rest.split_once(" v").expect("a version");
            assert_eq!((name, number.split(' ').next()), ("DNAS", Some("2.6.1.777")), "{line}");
            assert_eq!(text.lines().count(), 1, "{line}");
        }
    }

    #[test]
    fn sc_serv_without_a_file_reads_the_one_beside_the_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("sc_serv");
        let line = program.to_str().expect("UTF-8").to_owned();
        assert!(matches!(parse(&line), Some(Err(message)) if message.contains("sc_serv.conf")));
        for name in ["sc_serv.conf", "sc_serv.ini"] {
            let file = folder.path().join(name);
            std::fs::write(&file, "portbase=8000\n").expect("a file");
            assert_eq!(parse(&line), run(file.to_str().expect("UTF-8"), false));
        }
    }

    #[test]
    fn invalid_arguments_are_answered_with_the_right_forms() {
        for (line, expected) in [
            ("icecast", "icecast -c FILE"),
            ("icecast -c", "-c has no file"),
            ("icecast -x -c a.xml", "\"-x\""),
            ("icecast a.xml", "\"a.xml\""),
            ("sc_serv --loud", "\"--loud\""),
            ("sc_serv a.conf b.conf", "\"b.conf\""),
            ("coldwave sc_serv daemon --x", "sc_serv FILE"),
        ] {
            let Some(Err(sentence)) = parse(line) else { panic!("{line}") };
            assert!(sentence.contains(expected) && !sentence.contains('\n'), "{line}: {sentence}");
        }
    }
}
