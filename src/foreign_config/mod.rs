//! Configurations of Icecast (2.4, 2.5 and the KH branch) and of SHOUTcast's sc_serv, translated into the
//! text of a configuration of coldwave.
//!
//! The text is what `coldwave convert` prints, and what `config` reads when such a file is given: there is
//! one way from a setting to the server, so both run alike. `xml` and `lines` read the two formats; `icecast`
//! and `shoutcast` list their elements and keys with a `Rule` for each; `translator` is what
//! the rules use; `draft` collects tables and keys; `document` writes them as TOML and remembers from which
//! line of the other file each line comes, so that an error is reported where the operator has to mend it.
//! [`Finding`] says what became of each setting: nothing is ignored silently.

mod amount;
mod document;
mod draft;
mod finding;
mod icecast;
mod pid_file;
mod rules;
mod setting;
mod shoutcast;
mod static_files;
mod translation;
mod translator;
mod values;
mod xml;
mod xml_faults;

#[cfg(test)]
mod tests;

/// Translates text without errors.
#[cfg(test)]
fn translate_checked(
    format: ForeignFormat,
    text: &str,
    file: &str,
    folder: &str,
) -> Result<Translation, Vec<String>> {
    translate(format, text, file, Path::new(folder)).map_err(|error| vec![error])?.checked()
}

use std::path::Path;

pub use document::Document;
pub use finding::{Effect, Finding};
pub use setting::Origin;
pub use translation::Translation;

/// A format of another server's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignFormat {
    /// `icecast.xml`.
    Icecast,
    /// `sc_serv.conf`.
    Shoutcast,
}

/// Translates the text of another server's configuration. `file` is its name in messages. Relative paths in
/// it begin at `folder`.
///
/// Only values that cannot be understood are errors, such as `icecast.xml:12: <limits><clients>: "many" is
/// invalid, expected a whole number`.
///
/// # Errors
/// Returns one line if it is not a file of this format at all.
pub fn translate(
    format: ForeignFormat,
    text: &str,
    file: &str,
    folder: &Path,
) -> Result<Translation, String> {
    match format {
        ForeignFormat::Icecast => icecast::translate(text, file, folder)
            .map_err(|(line, message)| finding::one_line(&format!("{file}:{line}: {message}"))),
        ForeignFormat::Shoutcast => Ok(shoutcast::translate(text, file, folder)),
    }
}
