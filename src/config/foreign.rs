//! Configurations of Icecast and SHOUTcast, which are translated and then read like the file of coldwave.

use std::borrow::Cow;
use std::path::{Path, absolute};

use encoding_rs::{Encoding, WINDOWS_1252};

use super::loaded::{self, LoadedConfig, LocatedFinding};
use super::other_file::EXAMINED_MAX;
use super::problems::printable;
use crate::config_text::{self, ConfigKind};
use crate::foreign_config::{self, Document, Effect, Finding, ForeignFormat, Translation};
use crate::settings::CertificateFiles;

/// Returns the format of a configuration, if it is one of another server.
pub fn recognise(bytes: &[u8]) -> Option<ForeignFormat> {
    recognise_expecting(bytes, None)
}

/// Returns the format of a configuration, if it is one of another server. `expected` is that of the server
/// whose name the program has: it decides if the text does not show whose it is, and XML is Icecast's.
pub fn recognise_expecting(bytes: &[u8], expected: Option<ForeignFormat>) -> Option<ForeignFormat> {
    let beginning = &bytes[..bytes.len().min(EXAMINED_MAX)];
    if expected == Some(ForeignFormat::Icecast) && config_text::begins_as_xml(beginning) {
        return expected;
    }
    match ConfigKind::from_text(beginning) {
        Some(ConfigKind::Icecast) => Some(ForeignFormat::Icecast),
        Some(ConfigKind::Shoutcast) => Some(ForeignFormat::Shoutcast),
        Some(ConfigKind::Coldwave) => None,
        None => expected,
    }
}

/// Translates the content of the file `name`. Relative paths in it begin at the working directory.
///
/// # Errors
/// Returns one line if the file is not of this format.
pub fn translate(format: ForeignFormat, name: &str, bytes: &[u8]) -> Result<Translation, Vec<String>> {
    // Both servers open their files as they are written. The text can be written elsewhere, so no path in
    // the translation is relative. It is only relative without a working directory.
    let folder = absolute(".").unwrap_or_default();
    foreign_config::translate(format, &decode(format, bytes), name, &folder).map_err(|error| vec![error])
}

/// Returns where a line of the translation of the file `name` comes from.
pub fn place(name: &str, document: &Document, line: usize) -> String {
    match document.origin(line) {
        Some(origin) => format!("{name}:{}: {}", origin.line, printable(&origin.setting)),
        None => name.to_owned(),
    }
}

/// Reads the content of the file `name` by translating it.
///
/// # Errors
/// As [`load`](super::load). An error in what a setting was translated to is reported at that setting.
pub fn load(
    format: ForeignFormat,
    name: &str,
    bytes: &[u8],
    in_use: &[CertificateFiles],
) -> Result<LoadedConfig, Vec<String>> {
    let Translation { document, findings, errors } = translate(format, name, bytes)?;
    let located = |finding: Finding| LocatedFinding { place: format!("{name}:{}", finding.line), finding };
    let findings: Vec<LocatedFinding> = findings.into_iter().map(located).collect();
    let place = |line: usize| place(name, &document, line);
    let loaded = match errors.is_empty() {
        true => loaded::load(&document.text, Path::new(""), in_use, &place, document.origins()),
        false => Err(errors),
    };
    let kind = match format {
        ForeignFormat::Icecast => ConfigKind::Icecast,
        ForeignFormat::Shoutcast => ConfigKind::Shoutcast,
    };
    match loaded {
        Ok(loaded) => Ok(LoadedConfig { findings, kind, ..loaded }),
        Err(errors) => Err(errors.into_iter().chain(misread(&findings)).collect()),
    }
}

/// Returns the settings that are not known, one line each: a name with a typing error may be why another
/// setting is missing.
fn misread(findings: &[LocatedFinding]) -> impl Iterator<Item = String> {
    let is_misread =
        |it: &&LocatedFinding| matches!(it.finding.effect, Effect::Unknown(_) | Effect::Misplaced(_));
    findings.iter().filter(is_misread).map(LocatedFinding::to_string)
}

/// Returns the text of a file. XML says its encoding; sc_serv does not, and is older than UTF-8.
fn decode(format: ForeignFormat, bytes: &[u8]) -> Cow<'_, str> {
    let declared = match format {
        ForeignFormat::Icecast => declared_encoding(bytes),
        ForeignFormat::Shoutcast => None,
    };
    match declared {
        Some(encoding) => encoding.decode(bytes).0,
        None => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            crate::text::decode_or(bytes, WINDOWS_1252)
        }
    }
}

/// Returns the encoding that the XML declaration names.
fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let declaration = bytes.strip_prefix(b"<?xml")?;
    let end = declaration.windows(2).position(|two| two == b"?>")?;
    let text = String::from_utf8_lossy(&declaration[..end]);
    let (_, value) = text.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privileges::IdentityError;

    fn load_icecast(inner: &str) -> Result<LoadedConfig, Vec<String>> {
        let text = format!("<icecast>\n<source-password>a long swim</source-password>\n{inner}\n</icecast>");
        load(ForeignFormat::Icecast, "a.xml", text.as_bytes(), &[])
    }

    #[test]
    fn unknown_names_are_reported_with_the_errors_that_they_cause() {
        for (text, error) in [
            (
                "<icecast>\n<authentification>\n<source-password>rosebud</source-password>\n\
                 </authentification></icecast>",
                "no source can log in",
            ),
            (
                "<icecast><authentification/>\n<authentication>\n\
                 <source-password>rosebud</source-password></authentication>\n\
                 <limits><clients>many</clients></limits></icecast>",
                "\"many\"",
            ),
        ] {
            let errors = load(ForeignFormat::Icecast, "a.xml", text.as_bytes(), &[]).expect_err(error);
            assert!(errors[0].contains(error), "{errors:#?}");
            let hint = "<authentification>: unknown, did you mean <authentication>?";
            assert!(errors.iter().any(|it| it.starts_with("a.xml:") && it.ends_with(hint)), "{errors:#?}");
        }
    }

    #[test]
    fn missing_certificate_is_to_be_removed_from_the_file_of_the_operator() {
        let paths = "<paths><ssl-certificate>/no/such.pem</ssl-certificate></paths>";
        let errors = load_icecast(paths).expect_err("the file does not exist");
        let expected = "a.xml:3: <paths><ssl-certificate>: [[tls]] certificate: /no/such.pem does not exist; to run \
                        without it, remove the certificate and its key from the configuration";
        assert_eq!(errors, [expected]);
    }

    #[test]
    fn unknown_user_and_group_have_the_places_of_their_elements() {
        let owner = "<security><changeowner>\n<user>dj</user>\n<group>radio</group></changeowner></security>";
        let loaded = load_icecast(owner).expect("no errors");
        assert_eq!(loaded.kind, ConfigKind::Icecast);
        for (key, place) in [
            ("user", "a.xml:4: <security><changeowner><user>"),
            ("group", "a.xml:5: <security><changeowner><group>"),
        ] {
            let error = IdentityError { key, message: "no such name".to_owned() };
            assert_eq!(loaded.identity_at.locate(error), format!("{place}: no such name"));
        }
        let places = load_icecast("").expect("no errors").identity_at;
        let error = IdentityError { key: "user", message: "no such name".to_owned() };
        assert_eq!(places.locate(error), "no such name");
    }
}
