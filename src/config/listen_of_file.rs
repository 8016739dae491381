//! Where the server of a file listens, whatever else is wrong in the file.

use std::path::Path;

use super::loaded::{self, ParsedConfig};
use super::problems::printable;
use super::{decode, foreign, read_bytes};
use crate::open_file;
use crate::settings::Listen;

/// Returns the addresses on which a server with the configuration file at `path` listens. The server may have
/// read the file before it was edited, or before its music disappeared, so other errors in it do not matter.
///
/// # Errors
/// Returns all errors, one line each, if the addresses are not certain.
pub fn load(path: &Path) -> Result<Vec<Listen>, Vec<String>> {
    let name = printable(&path.to_string_lossy());
    let (bytes, _) = read_bytes(&name, path, &open_file::read_configuration)?;
    match foreign::recognise(&bytes) {
        Some(format) => {
            let document = foreign::translate(format, &name, &bytes)?.document;
            listen(&document.text, &|line| foreign::place(&name, &document, line))
        }
        None => listen(decode(&name, &bytes)?, &|line| format!("{name}:{line}")),
    }
}

/// Returns the addresses in a text. `place` says where a line of it is in the file of the operator.
fn listen(text: &str, place: &dyn Fn(usize) -> String) -> Result<Vec<Listen>, Vec<String>> {
    let ParsedConfig { settings, problems, spans, .. } = loaded::parse(text, Path::new(""), &[], Vec::new());
    let is_certain = match spans.listen {
        Some(span) => !problems.has_error_in(span),
        // The key may be in the part that could not be read.
        None => !problems.has_syntax_error(),
    };
    if is_certain { Ok(settings.listen) } else { Err(problems.into_lines(place).0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Result<Vec<String>, Vec<String>> {
        let listen = listen(text, &|line| format!("a.toml:{line}"))?;
        Ok(listen.iter().map(|listen| listen.address.to_string()).collect())
    }

    #[test]
    fn errors_elsewhere_do_not_matter() {
        let server = "[server]\nlisten = [\"127.0.0.1:8010\"]\n";
        for rest in [
            "[[station]]\nmount = \"/live\"\nmusic = \"/no/such/folder\"\n",
            "[[station]]\nmount = 5\n",
            "[[station]]\nmusic = [\n",
            "burst_s = 9999\n",
        ] {
            assert_eq!(
                addresses(&format!("{server}{rest}")),
                Ok(vec!["127.0.0.1:8010".to_owned()]),
                "{rest}"
            );
        }
    }

    #[test]
    fn addresses_that_are_not_certain_are_errors() {
        for text in [
            "[server]\nlisten = \"127.0.0.1:80100\"\n",
            "[server]\nlisten = [\"127.0.0.1:8010\", true]\n",
            "[server]\nlisten = [\"127.0.0.1:8010\", \n",
            "[server\nlisten = [\"127.0.0.1:8010\"]\n",
            "= 5\n",
        ] {
            let errors = addresses(text).expect_err(text);
            assert!(errors[0].starts_with("a.toml:"), "{text}: {errors:?}");
        }
        assert_eq!(addresses(""), Ok(vec!["[::]:8000".to_owned()]));
    }
}
