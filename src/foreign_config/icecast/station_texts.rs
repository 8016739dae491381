//! The texts of a `<mount>`: names, addresses and charsets, as coldwave can take them.

use encoding_rs::Encoding;

use super::super::draft::Place;
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;

/// The longest text that listeners see, in bytes.
const TEXT_MAX: usize = 1000;

/// The ends of mounts whose streams are in a container that coldwave does not serve.
const OTHER_FORMATS: [&str; 7] = [".ogg", ".oga", ".ogv", ".opus", ".flac", ".webm", ".mkv"];

/// Returns whether the name of a mount says that its stream is in a format that is not served.
pub(super) fn has_other_format(mount: &str) -> bool {
    let mount = mount.to_ascii_lowercase();
    OTHER_FORMATS.iter().any(|end| mount.ends_with(end))
}

/// The path of the stream.
pub(super) fn mount(translator: &mut Translator, element: &Element) {
    let (setting, place) = (&element.setting, translator.current);
    let value = setting.value.as_str();
    match value.starts_with('/') {
        true => translator.take(place, "mount", values::text(value), setting),
        false => {
            let path = values::text(&format!("/{value}"));
            translator.take_differently(place, "mount", path, setting, "a mount begins with /");
        }
    }
}

/// A text about a mount, which listeners see, on one line.
pub(super) fn line(translator: &mut Translator, element: &Element, key: &'static str) {
    line_at(translator.current, translator, element, key);
}

/// A text about the server, on one line.
pub(super) fn server_line(translator: &mut Translator, element: &Element, key: &'static str) {
    line_at(Place::Server, translator, element, key);
}

fn line_at(place: Place, translator: &mut Translator, element: &Element, key: &'static str) {
    let setting = &element.setting;
    let value = one_line(&setting.value);
    let shortened = &value[..value.floor_char_boundary(TEXT_MAX)];
    if shortened != value {
        let how = format!("only the first {TEXT_MAX} bytes are used");
        translator.take_differently(place, key, values::text(shortened), setting, &how);
    } else if value != setting.value {
        let how = "line breaks are spaces";
        translator.take_differently(place, key, values::text(&value), setting, how);
    } else {
        translator.take(place, key, values::text(&value), setting);
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(char::is_whitespace).filter(|word| !word.is_empty()).collect();
    words.join(" ").replace(char::is_control, "")
}

/// The address of the home page.
pub(super) fn home_page(translator: &mut Translator, element: &Element) {
    let value = element.setting.value.as_str();
    let (url, how) = match value.split_once("://") {
        Some(("http" | "https", rest)) if !rest.is_empty() => (value.to_owned(), None),
        None if value.contains('.') && !value.contains(char::is_whitespace) => {
            (format!("http://{value}"), Some("an address begins with http://"))
        }
        _ => {
            let why = "it is no address that begins with http:// or https://";
            return translator.no_effect(&element.setting, why);
        }
    };
    if url.len() > TEXT_MAX || url.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return translator.no_effect(&element.setting, "it is too long, or has spaces");
    }
    let (place, url) = (translator.current, values::text(&url));
    match how {
        None => translator.take(place, "url", url, &element.setting),
        Some(how) => translator.take_differently(place, "url", url, &element.setting, how),
    }
}

/// The encoding of titles. Icecast gives any name to iconv; AzuraCast writes `UTF8` and `ISO8859-1`.
pub(super) fn charset(translator: &mut Translator, element: &Element) {
    let setting = &element.setting;
    let place = translator.current;
    let name = setting.value.to_ascii_lowercase();
    match Encoding::for_label_no_replacement(name.as_bytes()) {
        Some(_) => translator.take(place, "charset", values::text(&name), setting),
        None => translator.differs(
            setting,
            "the encoding is not known: titles are UTF-8 where they are valid UTF-8, else windows-1252",
        ),
    }
}

/// The bit rate is measured.
pub(super) fn bitrate(translator: &mut Translator, element: &Element) {
    translator.differs(&element.setting, "pages and directories have the bit rate of the frames");
}
