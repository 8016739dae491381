//! The texts that listeners see.

use super::ranges::TEXT_MAX;
use super::section::Section;
use crate::pages::is_http_url;

/// Reads one line of text. `example` is part of the message about another type.
pub fn line(section: &mut Section<'_, '_, '_>, key: &str, example: &str) -> Option<String> {
    let text = section.string(key, example)?;
    if text.value.contains(char::is_control) {
        section.report_rejected(
            key,
            text.span,
            "contains line breaks or control characters, expected one line",
        );
        return None;
    }
    if text.value.len() > TEXT_MAX {
        section.report_rejected(key, text.span, &format!("is longer than {TEXT_MAX} bytes"));
        return None;
    }
    Some(text.value.to_owned())
}

/// Reads the name, which must not be empty.
pub fn name(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let name = line(section, "name", r#""Harbour FM""#)?;
    if name.trim().is_empty() {
        let span = section.span("name")?;
        section.report_rejected(
            "name",
            span,
            "is empty: some players show titles only if the station has a name",
        );
    }
    Some(name)
}

/// Reads the address of the home page.
pub fn home_page(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let url = line(section, "url", r#""http://example.org""#)?;
    if !url.is_empty() && !is_http_url(&url) {
        let span = section.span("url")?;
        section.report_invalid("url", span, "an address that begins with http:// or https://");
    }
    Some(url)
}
