//! Access to the administrator's API: passwords, origins and methods.

use coldwave::settings::Account;

use super::{SECOND, act, answer, check_untouched, get, post, view, with_source_and_listener};
use crate::world::World;
use crate::world::request::Request;

const VIEWS: [&str; 4] = ["/stations", "/stations/1/listeners", "/audience", "/log"];
/// Paths and forms.
const ACTIONS: [(&str, &str); 5] = [
    ("/stations/1/title", "song=A"),
    ("/stations/1/skip", ""),
    ("/stations/1/kick-source", ""),
    ("/stations/1/kick", "client=all"),
    ("/stations/1/move", "to=/jazz"),
];

/// All views, with `None`, and all actions, with their forms.
fn requests() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    VIEWS.iter().map(|&path| (path, None)).chain(ACTIONS.iter().map(|&(path, form)| (path, Some(form))))
}

/// The requests for which a DJ's password is not sufficient.
fn requests_for_admins() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    requests().filter(|(path, _)| !path.contains("title") && !path.contains("kick-source"))
}

fn start<'w>(world: &'w mut World, (path, form): (&str, Option<&str>)) -> Request<'w> {
    match form {
        None => get(world, path),
        Some(form) => post(world, path, form),
    }
}

#[test]
fn requests_without_the_password_get_401_and_have_no_effect() {
    let (mut world, source, listener) = with_source_and_listener(9);
    for request in requests() {
        for header in ["", "Authorization: Basic YWRtaW46d3Jvbmc=", "Authorization: Bearer x"] {
            let started = start(&mut world, request).from("127.0.0.1:9");
            let (status, body) = answer(started.lines(header));
            assert_eq!((status, body["error"].is_string()), (401, true), "{request:?}: {body}");
        }
    }
    // Nadia may go live on the first station and set its title, but nothing else.
    for request in requests_for_admins() {
        let (status, _) = answer(start(&mut world, request).auth("nadia", "tide"));
        assert_eq!(status, 401, "{request:?}");
    }
    // The other station accepts no sources. To the encoder it does not exist.
    let other = post(&mut world, "/stations/7/title", "song=A").auth("nadia", "tide");
    assert_eq!(answer(other).0, 404);
    check_untouched(&world, source, listener);
}

#[test]
fn address_that_guesses_passwords_is_locked_out_for_a_minute() {
    const GUESSER: &str = "203.0.113.66:9";
    let (mut world, source, listener) = with_source_and_listener(10);
    for _ in 0..10 {
        let guess = get(&mut world, "/stations").from(GUESSER).auth("admin", "wrong");
        assert_eq!(answer(guess).0, 401);
    }
    for request in requests() {
        let (status, body) = answer(start(&mut world, request).from(GUESSER).by_admin());
        assert_eq!((status, body["error"].is_string()), (429, true), "{request:?}");
    }
    check_untouched(&world, source, listener);
    view(&mut world, "/stations");
    world.pass(61 * SECOND);
    let right = get(&mut world, "/stations").from(GUESSER).by_admin();
    assert_eq!(answer(right).0, 200, "the address may try again after a minute");
}

#[test]
fn requests_get_403_while_no_admin_password_is_configured() {
    let (mut world, source, listener) = with_source_and_listener(11);
    world.configure(|config| config.admin = Account { user: "admin".into(), password: None });
    for request in requests_for_admins() {
        assert_eq!(answer(start(&mut world, request).by_admin()).0, 403, "{request:?}");
    }
    check_untouched(&world, source, listener);
}

#[test]
fn actions_from_other_sites_are_refused() {
    let (mut world, source, listener) = with_source_and_listener(12);
    for (path, form) in ACTIONS {
        for (header, code) in [
            ("Sec-Fetch-Site: cross-site", 403),
            ("Origin: https://evil.example", 403),
            ("Origin: null", 403),
            ("Referer: http://evil.example/x", 403),
            ("Content-Type: text/plain", 415),
            ("Content-Type: multipart/form-data; boundary=x", 415),
        ] {
            let (status, body) = answer(post(&mut world, path, form).by_admin().lines(header));
            assert_eq!((status, body["error"].is_string()), (code, true), "{path} {header}");
        }
    }
    check_untouched(&world, source, listener);
    let own = post(&mut world, "/stations/1/kick", "client=all").by_admin();
    let own = own.header("Origin", "http://radio.example");
    let own = own.header("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8");
    assert_eq!(answer(own).0, 200);
}

#[test]
fn views_accept_get_and_actions_accept_post() {
    let (mut world, source, listener) = with_source_and_listener(13);
    for (path, _) in ACTIONS {
        let target = format!("{path}?client=all&song=A&to=/jazz");
        assert_eq!(answer(get(&mut world, &target).by_admin()).0, 405, "{path}");
    }
    for path in VIEWS {
        assert_eq!(act(&mut world, path, "").0, 405, "{path}");
    }
    for path in ["/", "/stations/1", "/stations/1/tea", "/stations/1/kick/", "/tea"] {
        assert_eq!(answer(get(&mut world, path).by_admin()).0, 404, "{path}");
        assert_eq!(act(&mut world, path, "").0, 404, "{path}");
    }
    for unknown in ["99", "x"] {
        let target = format!("/stations/{unknown}/listeners");
        assert_eq!(answer(get(&mut world, &target).by_admin()).0, 404, "{target}");
    }
    assert_eq!(act(&mut world, "/stations/99/skip", "").0, 404);
    check_untouched(&world, source, listener);
}
