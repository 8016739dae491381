//! Tests of whole files.

use std::path::Path;

use super::{Effect, Finding, ForeignFormat, Translation, translate};

pub(super) fn icecast(inner: &str) -> Translation {
    let text = format!("<icecast>\n{inner}\n</icecast>\n");
    translate(ForeignFormat::Icecast, &text, "icecast.xml", Path::new("/etc/icecast2"))
        .expect("a translation")
}

#[test]
fn each_element_has_a_finding_with_its_line() {
    let xml = "<limits>\n<clients>100</clients>\n<treadpool>5</treadpool></limits>\n\
               <authentication><source-password>rosebud</source-password></authentication>";
    let found = icecast(xml).findings;
    let lines: Vec<String> = found.iter().map(|it| format!("{}: {it}", it.line)).collect();
    assert_eq!(
        lines,
        [
            "3: <limits><clients>: taken: [server] max_listeners = 100",
            "4: <limits><treadpool>: unknown, did you mean <threadpool>?",
            "5: <authentication><source-password>: taken: [[station]] source_password",
        ]
    );
    assert!(matches!(&found[1], Finding { effect: Effect::Unknown(Some(_)), .. }));
}

#[test]
fn each_line_of_the_document_has_the_origin_of_its_setting() {
    let xml = "<authentication><source-password>rosebud</source-password></authentication>\n\
               <mount><mount-name>/live</mount-name>\n<stream-name>Harbour \"FM\"</stream-name></mount>";
    let document = icecast(xml).document;
    let at = document.text.lines().position(|line| line.starts_with("name = ")).expect("a name");
    let origin = document.origin(at + 1).expect("an origin");
    assert_eq!((origin.line, origin.setting.as_str()), (4, "<mount><stream-name>"));
}

#[test]
fn error_of_xml_has_its_line() {
    let errors =
        translate(ForeignFormat::Icecast, "<icecast>\n<limits>\n</icecast>\n", "a.xml", Path::new("/"));
    let errors = errors.expect_err("an error");
    assert!(errors[0].starts_with("a.xml:3: "), "{errors:?}");
}

/// Translates a file without errors, and returns its findings with their lines.
fn findings(inner: &str) -> Vec<String> {
    icecast(inner).findings.iter().map(|it| format!("{}: {it}", it.line)).collect()
}

const PASSWORD: &str = "<authentication><source-password>rosebud</source-password></authentication>";

#[test]
fn misspelt_and_misplaced_elements_are_named_with_what_was_meant() {
    let found = findings(&format!(
        "{PASSWORD}\n<limits><client-timout>1</client-timout>\n<logdir>x</logdir></limits>"
    ));
    assert_eq!(found[1], "3: <limits><client-timout>: unknown, did you mean <client-timeout>?");
    assert_eq!(found[2], "4: <limits><logdir>: unknown here, it belongs in <paths>");
}

#[test]
fn last_element_counts_and_an_empty_one_does_not() {
    let limits = "<limits>\n<clients>1</clients>\n<clients>2</clients>\n<clients/></limits>";
    let found = findings(&format!("{PASSWORD}{limits}"));
    let is_clients = |line: &&String| line.contains("<clients>");
    assert_eq!(
        found.iter().filter(is_clients).collect::<Vec<_>>(),
        [
            "3: <limits><clients>: no effect here: line 4 has it again, and the last one is used",
            "4: <limits><clients>: taken: [server] max_listeners = 2",
            "5: <limits><clients>: no effect here: it is empty",
        ]
    );
}

#[test]
fn hostname_has_the_port_of_the_first_plain_socket() {
    let tls = "<listen-socket><port>8443</port><ssl>1</ssl></listen-socket>";
    let paths = "<paths><ssl-certificate>a.pem</ssl-certificate></paths>";
    let socket = |port: &str| format!("<listen-socket><port>{port}</port></listen-socket>");
    for (sockets, expected) in [
        (tls.to_owned() + &socket("8000") + &socket("9000"), "http://radio.example:8000"),
        (socket("80"), "http://radio.example"),
        (tls.to_owned(), "https://radio.example:8443"),
        (String::new(), "http://radio.example:8000"),
    ] {
        let text = icecast(&format!("<hostname>Radio.Example</hostname>{sockets}{PASSWORD}{paths}"));
        let key = format!("public_url = \"{expected}\"");
        assert!(text.document.text.contains(&key), "{expected}: {}", text.document.text);
    }
}

#[test]
fn sockets_that_another_covers_are_opened_once() {
    let socket = |port: &str, bind: &str| {
        format!("<listen-socket><port>{port}</port><bind-address>{bind}</bind-address></listen-socket>\n")
    };
    let sockets = socket("8000", "127.0.0.1") + &socket("8000", "::") + &socket("8000", "10.0.0.1");
    let text = icecast(&format!("{sockets}{PASSWORD}")).document.text;
    assert!(text.contains("listen = [\n    \"[::]:8000\", #") && !text.contains("10.0.0.1"), "{text}");
}

/// Whatever a file is, it is translated in a short time and without much memory.
#[test]
fn hostile_xml_is_refused_with_its_line() {
    let long = "x".repeat(200_000);
    let attributes: String = (0..10_000).map(|number| format!(" a{number}=''")).collect();
    for (text, expected) in [
        (format!("<icecast>{}", "<a>".repeat(50_000)), "8 elements inside each other"),
        (format!("<icecast>\n{}</icecast>", "<a/>".repeat(50_000)), "more than 20000 elements"),
        (format!("<icecast><{long}/></icecast>"), "the name of an element"),
        (format!("<icecast><a{attributes}/></icecast>"), "attributes"),
        ("<icecast><a>&lol;</a></icecast>".to_owned(), "unknown entity"),
        ("<icecast><a b='1' b='2'/></icecast>".to_owned(), "<a>: "),
        ("<icecast>".to_owned(), "is not closed"),
        ("<icestats/>".to_owned(), "expected <icecast>"),
        (String::new(), "has no element"),
    ] {
        let errors = translate(ForeignFormat::Icecast, &text, "a.xml", Path::new("/"));
        let errors = errors.expect_err(expected);
        assert!(errors[0].starts_with("a.xml:") && errors[0].contains(expected), "{errors:?}");
    }
}

#[test]
fn each_of_thousands_of_unknown_elements_is_named() {
    let elements: String = (0..15_000)
        .map(|number| format!("<unknown-element-{number}>1</unknown-element-{number}>\n"))
        .collect();
    assert_eq!(findings(&format!("{PASSWORD}{elements}")).len(), 15_001);
}
