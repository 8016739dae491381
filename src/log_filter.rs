//! Checks the value of `RUST_LOG`, so that a mistake in it does not silence the log.

use log::LevelFilter;

/// The levels, for error messages.
const LEVELS: &str = "off, error, warn, info, debug or trace";

/// The filter that a value of `RUST_LOG` describes.
#[derive(Debug, PartialEq, Eq)]
pub struct LogFilter {
    /// The valid parts of the value.
    pub filters: String,
    /// What is wrong with the others, one sentence each.
    pub problems: Vec<String>,
}

impl LogFilter {
    /// Checks a value such as `warn,coldwave::recovery=info`. A word without a level that is no module of
    /// coldwave is probably a misspelt level; as a module, it would silence all others.
    pub fn parse(value: &str) -> Self {
        // The part after a slash is a pattern for the text of lines.
        let (directives, pattern) = value.split_at(value.find('/').unwrap_or(value.len()));
        let (mut valid, mut problems) = (Vec::new(), Vec::new());
        for directive in directives.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
            match problem(directive) {
                None => valid.push(directive),
                Some(problem) => problems.push(format!("RUST_LOG: {problem}; this part is ignored")),
            }
        }
        Self { filters: valid.join(",") + pattern, problems }
    }
}

/// Returns what is wrong with a part between two commas.
fn problem(directive: &str) -> Option<String> {
    let is_level = |text: &str| text.trim().parse::<LevelFilter>().is_ok();
    match directive.split_once('=') {
        Some((_, level)) => (!is_level(level))
            .then(|| format!("{directive:?} has no valid level after the equals sign: {LEVELS}")),
        None => {
            let is_module = directive.contains("::") || directive == env!("CARGO_CRATE_NAME");
            (!is_level(directive) && !is_module).then(|| format!("{directive:?} is no level: {LEVELS}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_levels_are_ignored_with_a_message() {
        for (value, filters, problems) in [
            ("warn", "warn", 0),
            ("", "", 0),
            ("WARN,coldwave::recovery=info", "WARN,coldwave::recovery=info", 0),
            ("coldwave", "coldwave", 0),
            ("coldwave::net,mio=debug", "coldwave::net,mio=debug", 0),
            ("info/upload", "info/upload", 0),
            ("verbose", "", 1),
            ("warning", "", 1),
            ("2,coldwave=loud,error", "error", 2),
        ] {
            let found = LogFilter::parse(value);
            assert_eq!((found.filters.as_str(), found.problems.len()), (filters, problems), "{value}");
        }
        let expected =
            "RUST_LOG: \"verbose\" is no level: off, error, warn, info, debug or trace; this part is ignored";
        assert_eq!(LogFilter::parse("verbose").problems, [expected]);
    }
}
