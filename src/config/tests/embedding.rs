//! `embed_from`.

use super::{expect_errors, expect_valid, station};

#[test]
fn embed_from_has_origins() {
    let server = |line: &str| format!("[server]\n{line}\n{}", station(""));
    let valid = server("embed_from = ['https://Www.example.org/', 'http://*.example.org:8080']");
    assert_eq!(expect_valid(&valid).embed_from, ["https://www.example.org", "http://*.example.org:8080"]);
    assert!(expect_valid(&server("embed_from = []")).embed_from.is_empty());
    assert_eq!(expect_valid(&server("embed_from = ['*']")).embed_from, ["*"]);
    for (line, expected) in [
        (
            "embed_from = ['example.org']",
            "f:2: [server] embed_from: 'example.org' is invalid, expected a list of origins such as \
             [\"https://www.example.org\"]",
        ),
        (
            "embed_from = ['https://example.org/radio']",
            "has a path, but browsers compare only the origin: write \"https://example.org\"",
        ),
        ("embed_from = ['https://a:b@example.org']", "contains a login"),
        ("embed_from = ['https://*']", "has no valid host: expected a name such as www.example.org"),
        ("embed_from = ['https://a b/radio']", "write each origin as a string of its own"),
        ("embed_from = ['https://-/radio']", "has no valid host"),
        ("embed_from = ['https://a:']", "has no port after the colon"),
        ("embed_from = 5", "expected a list of origins"),
        ("embed_form = ['*']", "did you mean \"embed_from\"?"),
    ] {
        expect_errors(&server(line), &[expected]);
    }
}
