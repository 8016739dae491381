//! Tests of the choice of the login, and of the sentences for each answer of a server.

use super::*;
use crate::settings::Secret;

fn address(text: &str) -> ServerAddress {
    ServerAddress::parse(text).expect(text)
}

fn account(password: Option<&str>) -> Account {
    Account { user: "boss".into(), password: password.map(Secret::new) }
}

#[test]
fn login_of_the_address_has_priority_over_the_environment_and_that_over_the_file() {
    let choose = |text: &str, environment: Option<&str>, file: Option<&str>| {
        choose_login(&address(text), &account(file), environment)
            .map(|login| (String::from_utf8(login.login).unwrap(), login.origin))
    };
    let chosen = |login: &str, origin: &str| Ok((login.to_owned(), origin.to_owned()));
    let with_login = "http://me:a%3Ab@localhost:8000";
    assert_eq!(choose(with_login, Some("b"), Some("c")), chosen("me:a:b", "the login in the address"));
    let plain = "http://localhost:8000/radio";
    let from_environment = chosen("boss:b", "the password in COLDWAVE_ADMIN_PASSWORD");
    assert_eq!(choose(plain, Some("b"), Some("c")), from_environment);
    let from_file = chosen("boss:c", "admin_password of the checked configuration");
    assert_eq!(choose(plain, Some(""), Some("c")), from_file);
    let error = choose(plain, None, None).expect_err("no password");
    assert!(error.contains("COLDWAVE_ADMIN_PASSWORD"), "{error}");
    assert!(error.ends_with("or give it as http://USER:PASSWORD@localhost:8000/radio"), "{error}");
}

#[test]
fn every_answer_is_explained() {
    let login = Login { login: Vec::new(), origin: "the login in the address".into() };
    let at = address("http://admin:lighthouse@localhost:8000");
    for (status, body, expected) in [
        (401, r#"{"error":"x"}"#, "refuses the login in the address: set COLDWAVE_ADMIN_PASSWORD"),
        (
            403,
            r#"{"error":"the admin interface is disabled"}"#,
            "answers 403: the admin interface is disabled",
        ),
        (404, r#"{"error":"not found"}"#, "has no page /api/v1/admin/settings: an older version of coldwave"),
        (404, "<html>", "has no page /api/v1/admin/settings"),
        (429, r#"{"error":"too many"}"#, "answers 429: too many"),
        (301, "", "redirects to another address (301)"),
        (502, "<html>", "answers 502, which coldwave does not"),
    ] {
        let sentence = refusal(&at, &login, status, body.as_bytes());
        assert!(sentence.starts_with("http://localhost:8000 "), "{sentence}");
        assert!(sentence.contains(expected), "{status}: {sentence}");
        assert!(!sentence.contains("lighthouse"), "{sentence}");
    }
}

#[test]
fn settings_of_another_version_are_noted_or_not_understood() {
    let at = address("http://localhost:8000");
    for (body, expected) in [
        ("{\"settings\":null}", "has no configuration that it could reload"),
        ("{\"settings\":{}}", "another version may run there"),
        ("{}", "has no configuration"),
        ("<html>", "another version may run there"),
    ] {
        let error = parse(&at, body.as_bytes()).expect_err(body);
        assert!(error.contains(expected), "{body}: {error}");
    }
    let description = Description::new(&Settings::new(Vec::new()), b"salt");
    assert_eq!(version_note(&at, &description), [""; 0]);
    let json = serde_json::to_string(&serde_json::json!({ "settings": description })).unwrap();
    let other = json.replacen(env!("CARGO_PKG_VERSION"), "0.0.9", 1);
    let notes = version_note(&at, &parse(&at, other.as_bytes()).unwrap());
    assert!(notes[0].starts_with("http://localhost:8000 runs coldwave 0.0.9, this is"), "{notes:?}");
}

#[test]
fn changes_are_listed_one_a_line() {
    let at = address("localhost:8000");
    assert_eq!(describe(&at, &[]), "A reload of http://localhost:8000 would change nothing.\n");
    let text = describe(&at, &["/a: added".into(), "/b: removed".into()]);
    assert_eq!(text, "A reload of http://localhost:8000 would change:\n\n/a: added\n/b: removed\n");
}

#[test]
fn server_that_cannot_be_reached_is_named() {
    let settings = Settings::new(Vec::new());
    let refused = |_: &ServerAddress, _: &[u8]| Err(std::io::ErrorKind::ConnectionRefused.into());
    let error = preview("127.0.0.1:1", &settings, Some("lighthouse"), refused).expect_err("no server");
    assert!(error.starts_with("cannot reach http://127.0.0.1:1: "), "{error}");
}
