//! Access to the API: passwords, origins and methods.

use coldwave::settings::Account;

use super::{ADMIN, SECOND, act, ask_from, check_untouched, look, with_both};

/// What there is to look at, and what there is to do.
const LOOKED_AT: [&str; 4] = ["/stations", "/stations/1/listeners", "/audience", "/log"];
const DONE: [(&str, &str); 5] = [
    ("/stations/1/title", "song=A"),
    ("/stations/1/skip", ""),
    ("/stations/1/kick-source", ""),
    ("/stations/1/kick", "client=all"),
    ("/stations/1/move", "to=/jazz"),
];

fn requests() -> impl Iterator<Item = (String, &'static str)> {
    let looks = LOOKED_AT.iter().map(|path| (format!("GET /api/v1/admin{path} HTTP/1.1"), ""));
    looks.chain(DONE.iter().map(|(path, body)| (format!("POST /api/v1/admin{path} HTTP/1.1"), *body)))
}

#[test]
fn without_the_password_there_is_nothing() {
    let (mut world, source, listener) = with_both(9);
    for (request, body) in requests() {
        for header in ["", "\nAuthorization: Basic YWRtaW46d3Jvbmc=", "\nAuthorization: Bearer x"] {
            let (status, answer) = ask_from(&mut world, "127.0.0.1:9", &format!("{request}{header}"), body);
            assert_eq!((status, answer["error"].is_string()), (401, true), "{request}: {answer}");
        }
    }
    // nadia:tide, who may go live on the first station, and set its title.
    for (request, body) in
        requests().filter(|(request, _)| !request.contains("title") && !request.contains("kick-source"))
    {
        let head = format!("{request}\nAuthorization: Basic bmFkaWE6dGlkZQ==");
        assert_eq!(ask_from(&mut world, "127.0.0.1:9", &head, body).0, 401, "{request}");
    }
    let other = "POST /api/v1/admin/stations/7/title HTTP/1.1\nAuthorization: Basic bmFkaWE6dGlkZQ==";
    assert_eq!(ask_from(&mut world, "127.0.0.1:9", other, "song=A").0, 401);
    check_untouched(&world, source, listener);
}

#[test]
fn whoever_guesses_is_locked_out() {
    let (mut world, source, listener) = with_both(10);
    for _ in 0..10 {
        let guess = "GET /api/v1/admin/stations HTTP/1.1\nAuthorization: Basic YWRtaW46d3Jvbmc=";
        assert_eq!(ask_from(&mut world, "203.0.113.66:9", guess, "").0, 401);
    }
    for (request, body) in requests() {
        let (status, answer) = ask_from(&mut world, "203.0.113.66:9", &format!("{request}\n{ADMIN}"), body);
        assert_eq!((status, answer["error"].is_string()), (403, true), "{request}");
    }
    check_untouched(&world, source, listener);
    look(&mut world, "/stations");
    world.pass(61 * SECOND);
    let head = format!("GET /api/v1/admin/stations HTTP/1.1\n{ADMIN}");
    assert_eq!(ask_from(&mut world, "203.0.113.66:9", &head, "").0, 200, "after a while he may try again");
}

#[test]
fn without_an_admin_nobody_is_one() {
    let (mut world, source, listener) = with_both(11);
    world.configure(|config| config.admin = Account { user: "admin".into(), password: None });
    let admins =
        |(request, _): &(String, &str)| !request.contains("title") && !request.contains("kick-source");
    for (request, body) in requests().filter(admins) {
        assert_eq!(
            ask_from(&mut world, "203.0.113.1:9", &format!("{request}\n{ADMIN}"), body).0,
            403,
            "{request}"
        );
    }
    check_untouched(&world, source, listener);
}

#[test]
fn other_sites_have_no_hand_in_it() {
    let (mut world, source, listener) = with_both(12);
    for (path, body) in DONE {
        for (header, code) in [
            ("Sec-Fetch-Site: cross-site", 403),
            ("Origin: https://evil.example", 403),
            ("Origin: null", 403),
            ("Referer: http://evil.example/x", 403),
            ("Content-Type: text/plain", 415),
            ("Content-Type: multipart/form-data; boundary=x", 415),
        ] {
            let head = format!("POST /api/v1/admin{path} HTTP/1.1\n{ADMIN}\n{header}");
            let (status, answer) = ask_from(&mut world, "203.0.113.1:9", &head, body);
            assert_eq!((status, answer["error"].is_string()), (code, true), "{path} {header}");
        }
    }
    check_untouched(&world, source, listener);
    let own = format!(
        "POST /api/v1/admin/stations/1/kick HTTP/1.1\n{ADMIN}\nOrigin: http://radio.example\n\
         Content-Type: application/x-www-form-urlencoded;charset=UTF-8"
    );
    assert_eq!(ask_from(&mut world, "203.0.113.1:9", &own, "client=all").0, 200);
}

#[test]
fn each_path_takes_the_method_that_it_is_for() {
    let (mut world, source, listener) = with_both(13);
    for (path, _) in DONE {
        let head = format!("GET /api/v1/admin{path}?client=all&song=A&to=/jazz HTTP/1.1\n{ADMIN}");
        assert_eq!(ask_from(&mut world, "203.0.113.1:9", &head, "").0, 405, "{path}");
    }
    for path in LOOKED_AT {
        assert_eq!(act(&mut world, path, "").0, 405, "{path}");
    }
    for path in ["/", "/stations/1", "/stations/1/tea", "/stations/x/listeners", "/stations/1/kick/", "/tea"]
    {
        let head = format!("GET /api/v1/admin{path} HTTP/1.1\n{ADMIN}");
        assert_eq!(ask_from(&mut world, "203.0.113.1:9", &head, "").0, 404, "{path}");
        assert_eq!(act(&mut world, path, "").0, 404, "{path}");
    }
    let head = format!("GET /api/v1/admin/stations/99/listeners HTTP/1.1\n{ADMIN}");
    assert_eq!(ask_from(&mut world, "203.0.113.1:9", &head, "").0, 404);
    assert_eq!(act(&mut world, "/stations/99/skip", "").0, 404);
    check_untouched(&world, source, listener);
}
