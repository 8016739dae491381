//! The keys of `[[station]]` for stream-meta.info, which describes a station to stream catalogues.

use super::ranges::{LANGUAGES_MAX, LOGO_MAX};
use super::section::Section;
use crate::pages::is_http_url;
use crate::settings::StreamMeta;

const LOGO: &str = "logo";
const COUNTRY: &str = "country_code";
const SUBDIVISION: &str = "country_subdivision_code";
const LANGUAGES: &str = "language_codes";
const GEO: &str = "geo_lat_long";

/// The expected value of `language_codes`, for error messages.
const CODES_EXPECTED: &str = r#"a list of ISO 639 codes, such as ["de", "en"]"#;

/// Reads all these keys.
pub fn read(section: &mut Section<'_, '_, '_>) -> StreamMeta {
    let country_code = code(section, COUNTRY, r#""DE""#, is_country).unwrap_or_default();
    StreamMeta {
        logo: logo(section).unwrap_or_default(),
        country_subdivision_code: subdivision(section, &country_code).unwrap_or_default(),
        country_code,
        language_codes: languages(section).unwrap_or_default(),
        geo_lat_long: geo(section).unwrap_or_default(),
        do_not_index: section.flag("do_not_index").unwrap_or(false),
    }
}

fn logo(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let text = section.string(LOGO, r#""https://example.org/logo.png""#)?;
    if !is_http_url(text.value) || text.value.contains(|c: char| c.is_control() || c == ' ') {
        section.report_invalid(LOGO, text.span, "an address that begins with http:// or https://");
        return None;
    }
    if text.value.len() > LOGO_MAX {
        section.report_rejected(LOGO, text.span, &format!("is longer than {LOGO_MAX} bytes"));
        return None;
    }
    Some(text.value.to_owned())
}

fn code(
    section: &mut Section<'_, '_, '_>,
    key: &str,
    example: &str,
    is_valid: impl Fn(&str) -> bool,
) -> Option<String> {
    let text = section.string(key, example)?;
    if !is_valid(text.value) {
        section.report_invalid(key, text.span, &format!("an ISO 3166 code in capitals, such as {example}"));
        return None;
    }
    Some(text.value.to_owned())
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Reads an ISO 3166-2 code, which begins with the country: `DE-HH`.
fn subdivision(section: &mut Section<'_, '_, '_>, country: &str) -> Option<String> {
    let is_part = |text: &str| {
        text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let is_valid = |text: &str| {
        let parts =
            text.split_once('-').filter(|(code, part)| is_country(code) && !part.is_empty() && is_part(part));
        parts.is_some_and(|(code, _)| country.is_empty() || code == country)
    };
    let example = format!("\"{}-HH\"", if country.is_empty() { "DE" } else { country });
    code(section, SUBDIVISION, &example, is_valid)
}

fn languages(section: &mut Section<'_, '_, '_>) -> Option<Vec<String>> {
    let texts = section.strings(LANGUAGES, CODES_EXPECTED)?;
    let is_valid =
        |text: &str| (2..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase());
    if texts.value.len() > LANGUAGES_MAX {
        section.report_rejected(LANGUAGES, texts.span, &format!("has more than {LANGUAGES_MAX}"));
        return None;
    }
    let mut codes = Vec::new();
    for text in texts.value {
        match is_valid(text.value) {
            true => codes.push(text.value.to_owned()),
            false => section.report_invalid(LANGUAGES, text.span, CODES_EXPECTED),
        }
    }
    Some(codes)
}

fn geo(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let expects = "latitude and longitude in degrees, such as [53.5436, 9.9807]";
    let numbers = section.numbers(GEO, expects)?;
    match numbers.value[..] {
        [latitude, longitude] if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 => {
            // Five decimals give a precision of one metre.
            Some(format!("{latitude:.5},{longitude:.5}"))
        }
        _ => {
            section.report_invalid(GEO, numbers.span, expects);
            None
        }
    }
}
