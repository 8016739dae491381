//! Tests of what Icecast does with unusual values.

use super::super::tests::icecast;

const PASSWORD: &str = "<authentication><source-password>rosebud</source-password></authentication>";

/// Returns the findings, and the text.
fn translated(inner: &str) -> (Vec<String>, String) {
    let translation = icecast(&format!("{PASSWORD}{inner}"));
    (translation.findings.iter().map(ToString::to_string).collect(), translation.document.text)
}

fn mount(inner: &str) -> String {
    format!("<mount><mount-name>/a</mount-name>{inner}</mount>")
}

#[test]
fn numbers_out_of_range_differ_and_negative_ones_are_no_limit() {
    for (xml, finding) in [
        (
            mount("<max-listeners>0</max-listeners>"),
            "differently: [[station]] max_listeners = 1: Icecast admits no listener",
        ),
        (mount("<max-listeners>-1</max-listeners>"), "taken: only the limit of the server"),
        (
            mount("<source-timeout>86400</source-timeout>"),
            "differently: [[station]] source_timeout_s = 3600: ",
        ),
        (mount("<source-timeout>-1</source-timeout>"), "taken: the time is that of the server"),
        (
            mount("<max-listener-duration>99999999</max-listener-duration>"),
            "differently: [[station]] max_listener_duration_s = 2592000",
        ),
        (mount("<max-listener-duration>-1</max-listener-duration>"), "taken: listeners may stay"),
        (
            mount("<mp3-metadata-interval>9999999</mp3-metadata-interval>"),
            "differently: [[station]] metaint = 1048576",
        ),
        (mount("<burst-size>-1</burst-size>"), "taken: the size is that of the server"),
        (mount("<limit-rate>-1</limit-rate>"), "taken: sources may have any bit rate"),
        (mount("<limit-rate>133k</limit-rate>"), "max_source_bitrate = 133: "),
        (mount("<limit-rate>1M</limit-rate>"), "max_source_bitrate = 1000: "),
        ("<limits><clients>0</clients></limits>".to_owned(), "differently: [server] max_listeners = 1: "),
        ("<limits><clients>-1</clients></limits>".to_owned(), "taken: listeners have no limit"),
        ("<limits><sources>0</sources></limits>".to_owned(), "differently: [server] max_sources = 1: "),
        ("<limits><sources>-1</sources></limits>".to_owned(), "taken: sources have no limit"),
        ("<limits><queue-size>-1</queue-size></limits>".to_owned(), "taken: the size is that of the server"),
        ("<limits><source-timeout>-1</source-timeout></limits>".to_owned(), "taken: the time is"),
    ] {
        let (found, _) = translated(&xml);
        assert!(found.iter().any(|it| it.contains(finding)), "{xml}: {finding}: {found:?}");
    }
}

#[test]
fn limits_are_those_of_icecast_and_a_lingering_mount_is_no_source() {
    for (limits, lines) in [
        ("", ["max_listeners = 256 ", "max_sources = 16 ", "max = 1000 "]),
        (
            "<limits><clients>9</clients><sources>2</sources></limits>",
            ["max_listeners = 9 ", "max_sources = 2 ", "max = 1000 "],
        ),
    ] {
        let (_, text) = translated(limits);
        for line in lines {
            assert!(text.lines().any(|it| it.starts_with(line)), "{line}: {text}");
        }
    }
    let (_, text) = translated("<limits><clients>-1</clients><sources>-1</sources></limits>");
    assert!(!text.contains("max_listeners") && !text.contains("max_sources"), "{text}");
}

#[test]
fn tls_port_without_a_certificate_speaks_plain_text() {
    for element in ["ssl", "tls"] {
        let socket = format!("<listen-socket><port>18443</port><{element}>1</{element}></listen-socket>");
        let (found, text) = translated(&format!("<hostname>radio.example</hostname>{socket}"));
        assert!(text.contains("\"[::]:18443\", #"), "{text}");
        assert!(text.contains("public_url = \"http://radio.example:18443\""), "{text}");
        let how = "taken differently: the port speaks plain text: there is no certificate";
        assert!(found.iter().any(|it| it.contains(how)), "{found:?}");
    }
}

#[test]
fn headers_of_several_elements_add_up() {
    let headers = |name: &str| format!("<http-headers><header name='{name}' value='1'/></http-headers>");
    let (_, text) = translated(&(headers("X-A") + &headers("X-B")));
    assert!(text.contains("http_headers = [\"X-A: 1\", \"X-B: 1\"]"), "{text}");
}

#[test]
fn mount_at_the_path_of_a_page_is_left_out() {
    for path in ["/listen", "/stats", "/home.html", "/metrics", "/live.m3u", "/stream/1"] {
        let (found, text) = translated(&format!("<mount><mount-name>{path}</mount-name></mount>"));
        let why = "<mount>: no effect here: the mount is reserved";
        assert!(found.iter().any(|it| it.starts_with(why)), "{path}: {found:?}");
        assert!(!text.contains("[[station]]"), "{text}");
    }
    let (found, _) = translated(&mount("<fallback-mount>/stats</fallback-mount>"));
    let why = "<mount><fallback-mount>: no effect here: ";
    assert!(found.iter().any(|it| it.starts_with(why)), "{found:?}");
}

#[test]
fn mount_of_encoders_needs_a_port_after_that_of_the_socket() {
    let socket = |port: u32| {
        format!(
            "<authentication><source-password>rosebud</source-password></authentication><listen-socket>\
             <port>{port}</port>\n<shoutcast-mount>/sc</shoutcast-mount></listen-socket>"
        )
    };
    let finding = |port: u32| {
        let findings = icecast(&socket(port)).findings;
        let found = findings.iter().find(|it| it.setting.ends_with("<shoutcast-mount>"));
        found.map(|it| format!("{}: {it}", it.line)).unwrap_or_default()
    };
    let path = "3: <listen-socket><shoutcast-mount>";
    assert!(finding(65_534).starts_with(&format!("{path}: taken: ")), "{}", finding(65_534));
    let expected = format!("{path}: no effect here: encoders use the port after this one, and there is none");
    assert_eq!(finding(65_535), expected);
}

#[test]
fn fallback_with_a_name_of_ogg_is_told_that_ogg_is_not_served() {
    let (findings, text) = translated(&mount("<fallback-mount>/silence.ogg</fallback-mount>"));
    assert!(text.contains("fallback_input = \"/silence.ogg\""), "{text}");
    let expected =
        "<mount><fallback-mount>: taken differently: [[station]] fallback_input = \"/silence.ogg\": Ogg";
    assert!(findings.iter().any(|it| it.starts_with(expected)), "{findings:?}");
}
