//! `http_headers`: headers that are added to streams and public replies.

use super::problems::printable;
use super::section::Section;
use crate::http::response::extra_headers::{EXTRA_HEADERS_MAX, header_fault};

const HTTP_HEADERS: &str = "http_headers";

const EXPECTED: &str = r#"a list of headers, such as ["X-Robots-Tag: noindex"]"#;

/// Reads the headers, each as `name: value`.
pub fn read(section: &mut Section<'_, '_, '_>) -> Vec<String> {
    if section.is_empty_list(HTTP_HEADERS) {
        return Vec::new();
    }
    let Some(texts) = section.strings(HTTP_HEADERS, EXPECTED) else { return Vec::new() };
    let mut headers = Vec::new();
    for text in texts.value {
        let (name, value) = text.value.split_once(':').unwrap_or((text.value, ""));
        let (name, value) = (name.trim(), value.trim());
        match header_fault(name, value) {
            Some(fault) => section.report_rejected(HTTP_HEADERS, text.span, &printable(fault)),
            None => headers.push(format!("{name}: {value}")),
        }
    }
    if headers.iter().map(String::len).sum::<usize>() > EXTRA_HEADERS_MAX {
        let message = format!("are more than {EXTRA_HEADERS_MAX} bytes together");
        section.report_error(HTTP_HEADERS, texts.span.start, &message);
    }
    headers
}
