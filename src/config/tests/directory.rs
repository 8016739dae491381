//! Tests of `[directory]`, of the description of a station, and of the URLs of covers in titles.

use std::time::Duration;

use crate::settings::{DirectoryListing, DirectorySettings, Settings};

use super::{expect_errors, expect_valid, read, station};

const SERVER: &str = "[server]\npublic_url = \"http://radio.example\"\n";

fn directory(line: &str, station_lines: &str) -> String {
    format!("{SERVER}[directory]\n{line}\n{}", station(station_lines))
}

#[test]
fn directory_requires_its_url_and_public_url() {
    let public = "public = true\nname = \"Harbour FM\"";
    let url = "http://dir.xiph.org/cgi-bin/yp-cgi";
    let nine: Vec<String> = (0..9).map(|number| format!("'http://{number}'")).collect();
    expect_errors(
        &directory(&format!("url = [{}]", nine.join(", ")), public),
        &["expected at most 8 addresses"],
    );
    let (settings, errors, warnings) = read(&directory(&format!("url = \"{url}\""), public));
    assert_eq!((errors.len(), warnings.len()), (0, 0));
    let directory_of = |settings: &Settings| settings.directory.clone().expect("a directory");
    let defaults = (vec![url.to_owned()], Duration::from_secs(200), Duration::from_secs(15));
    let DirectorySettings { urls, touch_interval, timeout } = directory_of(&settings);
    assert_eq!((urls, touch_interval, timeout), defaults);
    let all = "url = ['http://a', 'https://b/cgi']\ntouch_interval_s = 600\ntimeout_s = 5";
    let DirectorySettings { urls, touch_interval, timeout } =
        directory_of(&expect_valid(&directory(all, public)));
    assert_eq!(urls, ["http://a", "https://b/cgi"]);
    assert_eq!((touch_interval.as_secs(), timeout.as_secs()), (600, 5));
    assert_eq!(expect_valid(&station(public)).directory, None);
    for (line, expected) in [
        ("", "f:3: [directory] url: is required, expected an address that begins with http://"),
        ("url = 5", "f:4: [directory] url: 5 is invalid, expected an address that begins with http://"),
        ("url = []", "f:4: [directory] url: [] is invalid, expected an address that begins with http://"),
        ("url = ['http://a', 'b']", "f:4: [directory] url: 'b' is invalid, expected an address"),
        ("url = ['http://a', 'http://a']", "f:4: [directory] url: 'http://a' is in the list twice"),
        ("url = 'http://a'\ntouch_interval_s = 5", "touch_interval_s: 5 is out of range"),
        ("url = 'http://a'\ntimeout_s = 0", "timeout_s: 0 is out of range"),
        ("url = \"dir.xiph.org\"", "expected an address that begins with http://"),
        ("url = \"http:///x\"", "expected an address that begins with http://"),
        ("url = \"http://a b\"", "expected an address that begins with http://"),
        ("url = \"https://\"", "expected an address that begins with http:// or https://"),
    ] {
        expect_errors(&directory(line, public), &[expected]);
    }
    let alone = format!("[directory]\nurl = \"{url}\"\n{}", station(public));
    expect_errors(&alone, &["f:1: [directory] url: requires public_url in [server]"]);
    expect_errors(
        &directory(&format!("url = \"{url}\"\nuri = 1"), public),
        &["[directory] uri: unknown key, did you mean"],
    );
}

#[test]
fn unlisted_stations_cause_warnings() {
    let url = "url = \"http://dir.xiph.org/cgi-bin/yp-cgi\"";
    for (station_lines, expected) in [
        ("name = \"Harbour FM\"", "has no effect: no station has public = true"),
        ("public = true", "will not list \"/live\", which sets no name"),
    ] {
        let (_, errors, warnings) = read(&directory(url, station_lines));
        assert!(errors.is_empty() && warnings.len() == 1 && warnings[0].contains(expected), "{warnings:?}");
    }
    let by_source = "name = \"Harbour FM\"\nsource_password = 'deep water'\npublic = \"as_source\"";
    let (settings, errors, warnings) = read(&directory(url, by_source));
    assert!(errors.is_empty() && warnings.is_empty(), "{errors:?} {warnings:?}");
    assert_eq!(settings.stations[0].public, DirectoryListing::AsSource);
    let expected = "f:7: [[station]] public: \"maybe\" is invalid, expected true or false, without quotes, or \"as_source\"";
    expect_errors(&directory(url, "public = \"maybe\""), &[expected]);
}

#[test]
fn stream_meta_is_read() {
    let settings = expect_valid(&station(
        "logo = \"https://example.org/l.png\"\ncountry_code = \"DE\"\ncountry_subdivision_code = \"DE-HH\"\n\
         language_codes = [\"de\", \"eng\"]\ngeo_lat_long = [53.5436, 10]\ndo_not_index = true",
    ));
    let meta = &settings.stations[0].meta;
    assert_eq!((meta.country_code.as_str(), meta.country_subdivision_code.as_str()), ("DE", "DE-HH"));
    assert_eq!((meta.geo_lat_long.as_str(), meta.do_not_index), ("53.54360,10.00000", true));
    assert_eq!(meta.language_codes, ["de", "eng"]);
    assert!(expect_valid(&station("")).stations[0].meta.is_empty());
}

#[test]
fn stream_meta_is_checked() {
    for (line, expected) in [
        ("logo = \"logo.png\"", "an address that begins with http:// or https://"),
        ("country_code = \"de\"", "an ISO 3166 code in capitals, such as \"DE\""),
        ("country_code = \"DEU\"", "an ISO 3166 code in capitals, such as \"DE\""),
        ("country_subdivision_code = \"HH\"", "such as \"DE-HH\""),
        ("country_code = \"AT\"\ncountry_subdivision_code = \"DE-HH\"", "such as \"AT-HH\""),
        ("language_codes = [\"German\"]", "a list of ISO 639 codes"),
        ("language_codes = \"German\"", "a list of ISO 639 codes"),
        ("geo_lat_long = [91, 0]", "latitude and longitude in degrees"),
        ("geo_lat_long = [0]", "latitude and longitude in degrees"),
        ("geo_lat_long = [nan, 0]", "latitude and longitude in degrees"),
        ("geo_lat_long = \"0,0\"", "latitude and longitude in degrees"),
        ("do_not_index = 1", "true or false"),
    ] {
        expect_errors(&station(line), &[expected]);
    }
}

#[test]
fn cover_urls_in_titles_require_the_public_url() {
    let with = |server: &str, lines: &str| format!("{server}{}", station(lines));
    let public = "[server]\npublic_url = 'https://radio.example'\n";
    let settings = expect_valid(&with(public, "artwork_in_stream_url = true"));
    assert!(settings.stations[0].artwork_in_stream_url);
    assert!(!expect_valid(&with("", "artwork_in_stream_url = false")).stations[0].artwork_in_stream_url);
    let missing = "f:3: [[station]] artwork_in_stream_url: true requires public_url in [server]";
    expect_errors(&with("", "artwork_in_stream_url = true"), &[missing]);
    expect_errors(&with(public, "artwork_in_stream_url = 1"), &["expected true or false"]);
    let live = "[[station]]\nsource_password = 'deep water'\nartwork_in_stream_url = true\n";
    let (_, errors, warnings) = read(&format!("{public}{live}"));
    assert!(errors.is_empty(), "{errors:?}");
    assert!(warnings.iter().any(|warning| warning.contains("has no effect without music")), "{warnings:?}");
}
