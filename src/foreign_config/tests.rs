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
