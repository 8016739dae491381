//! The forms of arguments: what argh does not accept itself, and what is said about mistakes.

use std::ffi::OsString;

/// Options without a value. A value after `=` is rejected, because argh would treat it as music.
const SWITCHES: [&str; 5] = ["--check", "--example-config", "--help", "--shuffle", "--version"];

/// Options with a value, in their long form.
const VALUED: [&str; 3] = ["--against", "--config", "--listen"];

/// What other servers call `--listen`.
const OTHER_NAMES_OF_LISTEN: [&str; 5] = ["-p", "--port", "-b", "--bind", "--host"];

/// Options with a value.
const OPTIONS_WITH_VALUE: [&str; 5] = ["--against", "--config", "-c", "--listen", "-l"];

/// Converts the arguments into the only forms that argh accepts: `--option value` and `--help`.
pub(super) fn normalize(arguments: Vec<OsString>) -> Result<Vec<String>, String> {
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
pub(super) fn take_relay(arguments: &mut Vec<String>) -> bool {
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
pub(super) fn describe_error(output: &str, arguments: &[&str]) -> String {
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
