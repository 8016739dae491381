//! Tests of whole files.

use std::path::Path;

use super::{Effect, Finding, ForeignFormat, Translation, translate_checked};

pub(super) fn icecast(inner: &str) -> Translation {
    let text = format!("<icecast>\n{inner}\n</icecast>\n");
    translate_checked(ForeignFormat::Icecast, &text, "icecast.xml", "/etc/icecast2").expect("a translation")
}

/// Returns the error about a file that cannot be translated.
fn translation_error(inner: &str) -> String {
    let text = format!("<icecast>\n{inner}\n</icecast>\n");
    let errors = translate_checked(ForeignFormat::Icecast, &text, "icecast.xml", "/etc/icecast2");
    errors.expect_err("an error").remove(0)
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
            "5: <authentication><source-password>: taken: all mounts: source_password",
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
    let errors = translate_checked(ForeignFormat::Icecast, "<icecast>\n<limits>\n</icecast>\n", "a.xml", "/");
    let errors = errors.expect_err("an error");
    assert!(errors[0].starts_with("a.xml:3: "), "{errors:?}");
}

/// Returns the findings of mounts in a file with a password for sources.
fn mounts(inner: &str) -> (Vec<String>, String) {
    let password = "<authentication><source-password>rosebud</source-password></authentication>";
    let translation = icecast(&format!("{password}\n{inner}"));
    let findings = translation.findings.iter().map(|it| format!("{}: {it}", it.line)).collect();
    (findings, translation.document.text)
}

#[test]
fn fallback_is_a_mount_or_a_file() {
    let (findings, text) = mounts(
        "<mount><mount-name>/a</mount-name>\n<fallback-mount>/b</fallback-mount>\n\
         <fallback-override>1</fallback-override>\n<fallback-when-full>1</fallback-when-full></mount>\n\
         <mount><mount-name>/b</mount-name>\n<fallback-mount>/missing-[64].mp3</fallback-mount></mount>",
    );
    let has = |line: &str| assert!(findings.iter().any(|it| it.starts_with(line)), "{line}: {findings:?}");
    has("4: <mount><fallback-mount>: taken: [[station]] fallback_input = \"/b\"");
    has("5: <mount><fallback-override>: taken: ");
    has("6: <mount><fallback-when-full>: taken: [[station]] overflow = \"/b\"");
    has("8: <mount><fallback-mount>: no effect");
    assert_eq!(text.matches("only_while_on_air = true").count(), 2, "{text}");
}

#[test]
fn fallback_that_cannot_be_played_has_no_effect() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("text.mp3"), "no audio").expect("a file");
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.mp3")).status();
    assert!(made.expect("mkfifo can be run").success());
    for (name, expected) in [("text.mp3", "is not audio"), ("pipe.mp3", "it is a named pipe")] {
        let (findings, text) = mounts(&format!(
            "<mount><mount-name>/a</mount-name>\n<fallback-mount>/{name}</fallback-mount></mount>\
             <paths><webroot>{}</webroot></paths>",
            folder.path().display()
        ));
        let is_it =
            |it: &String| it.starts_with("4: <mount><fallback-mount>: no effect") && it.contains(expected);
        assert!(findings.iter().any(is_it), "{name}: {findings:?}");
        assert!(!text.contains("music =") && !text.contains("fallback_input"), "{text}");
    }
}

#[test]
fn fallbacks_in_a_circle_are_errors() {
    let mount = |name: &str, fallback: &str| {
        format!(
            "<mount><mount-name>{name}</mount-name>\n<fallback-mount>{fallback}</fallback-mount></mount>\n"
        )
    };
    let text = format!(
        "<icecast>\n<source-password>rosebud</source-password>\n{}{}{}</icecast>",
        mount("/a", "/b"),
        mount("/b", "/a"),
        mount("/c", "/a")
    );
    let errors = translate_checked(ForeignFormat::Icecast, &text, "a.xml", "/").expect_err("errors");
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].starts_with("a.xml:4: <mount><fallback-mount>: the fallbacks lead back"), "{errors:?}");
}

#[test]
fn default_mount_and_patterns_are_those_of_unlisted_stations_and_the_default_is_last() {
    let (_, text) = mounts(
        "<mount type=\"default\"><max-listeners>9</max-listeners></mount>\n\
         <mount><mount-name>/dj/*</mount-name><max-listeners>7</max-listeners></mount>",
    );
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is missing in {text}"));
    assert!(at("mount = \"/dj/*\"") < at("mount = \"*\""));
    assert_eq!((text.matches("[[unlisted.mount]]").count(), text.matches("[[station]]").count()), (2, 0));
}

#[test]
fn ports_of_shoutcast_encoders_have_mounts() {
    let (_, text) = mounts(
        "<listen-socket><port>8000</port><shoutcast-mount>/one</shoutcast-mount></listen-socket>\n\
         <listen-socket><port>8005</port><shoutcast-compat>1</shoutcast-compat></listen-socket>\n\
         <shoutcast-mount>/two</shoutcast-mount>",
    );
    let line = text.lines().find(|line| line.starts_with("source_listen = ")).unwrap_or_default();
    for part in ["address = \"[::]:8001\", mount = \"/one\"", "address = \"[::]:8005\", mount = \"/two\""] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!text.lines().any(|line| line.contains("8005") && !line.starts_with("source_listen")), "{text}");
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
fn include_is_read_nowhere() {
    let found = findings(&format!(
        "{PASSWORD}<mount><mount-name>/a</mount-name>\n<xi:include href=\"b.xml\"/></mount>"
    ));
    let expected = "3: <mount><include>: no effect here: this file is not read: ";
    assert!(found.iter().any(|it| it.starts_with(expected)), "{found:?}");
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

/// Returns the lines of a translation without where they come from.
fn keys_of(text: &str) -> Vec<String> {
    let translated = translate_checked(ForeignFormat::Icecast, text, "icecast.xml", "/etc/icecast2");
    let text = translated.expect("a translation").document.text;
    let keys = text.lines().filter(|line| !line.starts_with('#'));
    keys.map(|line| line.rsplit_once(" # ").map_or(line, |(key, _)| key).to_owned()).collect()
}

#[test]
fn pid_file_that_is_no_file_has_no_effect() {
    let (findings, text) = mounts("<paths><pidfile>/dev/null</pidfile></paths>");
    let is_it = |it: &String| it.starts_with("3: <paths><pidfile>: no effect here: ");
    assert!(findings.iter().any(is_it), "{findings:?}");
    assert!(!text.contains("pid_file ="), "{text}");
}

#[test]
fn file_on_one_line_has_the_same_keys() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/icecast");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "xml") {
            let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into_owned();
            assert_eq!(keys_of(&text.replace(['\r', '\n'], " ")), keys_of(&text), "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 20, "{count}");
}

#[test]
fn elements_on_one_line_keep_their_own_fallbacks_and_ports() {
    let (_, text) = mounts(
        "<mount><mount-name>/a</mount-name><fallback-mount>/b</fallback-mount><intro>a.mp3</intro></mount>\
         <mount><mount-name>/b</mount-name><fallback-mount>/c</fallback-mount><intro>b.mp3</intro></mount>\
         <listen-socket><port>8000</port></listen-socket>\
         <listen-socket><port>8005</port><shoutcast-compat>1</shoutcast-compat></listen-socket>",
    );
    let stations: Vec<&str> = text.split("\n[[station]]\n").collect();
    for (station, [fallback, intro]) in
        stations[1..].iter().zip([["\"/b\"", "/a.mp3\""], ["\"/c\"", "/b.mp3\""]])
    {
        let has = |key: &str, end: &str| {
            let mut values =
                station.lines().filter_map(|line| line.split_once(" # ")).map(|(value, _)| value);
            values.any(|value| value.starts_with(key) && value.ends_with(end))
        };
        assert!(has("fallback_input = ", fallback) && has("intro = ", intro), "{station}");
    }
    assert!(text.contains("listen = [\n    \"[::]:8000\",") && !text.contains("    \"[::]:8005\""), "{text}");
    assert!(text.contains("source_listen = [{ address = \"[::]:8005\", mount = "), "{text}");
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
        let errors = translate_checked(ForeignFormat::Icecast, &text, "a.xml", "/");
        let errors = errors.expect_err(expected);
        assert!(errors[0].starts_with("a.xml:") && errors[0].contains(expected), "{errors:?}");
    }
}

#[test]
fn messages_have_no_control_characters_and_are_not_long() {
    let long = "x".repeat(70_000);
    let sc = |text: &str| translate_checked(ForeignFormat::Shoutcast, text, "sc.conf", "/");
    let errors = sc("a\u{1b}[2J=1\n").expect_err("there is no password");
    assert_eq!(errors, ["sc.conf:1: the file: no source can log in: password is missing"]);
    let found = sc(&format!("password=x\na\u{1b}[2J=1\n{long}=1\n")).expect("a translation").findings;
    let xml = format!("<icecast>\n<a>\n</\u{1b}[2J{long}>\n</icecast>");
    let errors = translate_checked(ForeignFormat::Icecast, &xml, "a.xml", "/").expect_err("an error");
    for message in found.iter().map(Finding::to_string).chain(errors) {
        assert!(message.len() < 1100 && !message.contains(char::is_control), "{message:?}");
    }
}

#[test]
fn each_of_thousands_of_unknown_elements_is_named() {
    let elements: String = (0..15_000)
        .map(|number| format!("<unknown-element-{number}>1</unknown-element-{number}>\n"))
        .collect();
    assert_eq!(findings(&format!("{PASSWORD}{elements}")).len(), 15_001);
}

#[test]
fn mount_that_no_station_can_have_is_left_out_with_the_reason() {
    for name in ["/listen", "/stats", "/home.html", "/metrics", "/a//../b"] {
        let inner = format!(
            "<mount><mount-name>{name}</mount-name>\n<genre>Sea</genre></mount>\n\
             <mount><mount-name>/live</mount-name>\n<fallback-mount>/stats</fallback-mount></mount>"
        );
        let (findings, text) = mounts(&inner);
        assert_eq!(text.matches("[[station]]").count(), 1, "{name}: {text}");
        assert!(!text.contains("fallback_input"), "{name}: {text}");
        for line in
            ["3: <mount><mount-name>: no effect here: the mount ", "4: <mount><genre>: no effect here: "]
        {
            assert!(findings.iter().any(|it| it.starts_with(line)), "{name}: {findings:?}");
        }
        assert!(
            findings.iter().any(|it| it.starts_with("6: <mount><fallback-mount>: no effect here: it is re"))
        );
    }
}

#[test]
fn pattern_with_brackets_is_a_pattern_of_mounts() {
    for name in ["/live[12]", "/dj[0-9]*"] {
        let (findings, text) = mounts(&format!("<mount><mount-name>{name}</mount-name></mount>"));
        assert!(text.contains("[[unlisted.mount]]") && !text.contains("[[station]]"), "{text}");
        let expected = format!("3: <mount><mount-name>: taken: [[unlisted.mount]] mount = \"{name}\"");
        assert!(findings.contains(&expected), "{findings:?}");
    }
    let (_, text) = mounts("<mount><mount-name>/live[1</mount-name></mount>");
    assert!(text.contains("[[station]]"), "the bracket is not closed: {text}");
}

#[test]
fn file_that_another_file_includes_is_named_where_a_password_is_missing() {
    let error = translation_error("<include>mounts.xml</include>");
    let expected = "icecast.xml:1: <icecast>: no source can log in: <authentication><source-password> is \
         missing; files of <include>, line 2, are not read";
    assert_eq!(error, expected);
    let found = findings(&format!("{PASSWORD}<include>mounts.xml</include>"));
    assert!(
        found.iter().any(|line| line.contains("<include>: no effect here: this file is not read")),
        "{found:?}"
    );
}

/// Files of containers are templates, which a script fills in before Icecast starts.
#[test]
fn variable_that_was_not_replaced_is_named() {
    let found =
        findings("<authentication><source-password>${SOURCE_PASSWORD:-a}</source-password></authentication>");
    let expected = "2: <authentication><source-password>: taken differently: all mounts: source_password: a \
         variable in ${ } is not replaced: the value is as it is written";
    assert_eq!(found[0], expected);
    let error =
        translation_error(&format!("{PASSWORD}<listen-socket><port>${{PORT}}</port></listen-socket>"));
    assert!(
        error.contains("expected a port, from 1 to 65535; a variable in ${ } is not replaced"),
        "{error}"
    );
}

#[test]
fn host_at_which_no_other_machine_finds_the_server_is_in_no_link() {
    for (host, is_public) in [
        ("0.0.0.0", false),
        ("127.0.0.1", false),
        ("[::1]", false),
        ("0.0.0.0:8000", false),
        ("localhost", false),
        ("192.0.2.1", true),
        ("radio.example", true),
    ] {
        let text = icecast(&format!("{PASSWORD}<hostname>{host}</hostname>")).document.text;
        assert_eq!(text.contains("\npublic_url ="), is_public, "{host}: {text}");
    }
}

#[test]
fn source_decides_about_directories_where_the_file_does_not() {
    let default = |public: &str| format!("<mount type=\"default\">{public}</mount>");
    let mount = |public: &str| format!("<mount><mount-name>/live</mount-name>{public}</mount>");
    let [yes, no, by_source] = ["1", "0", "-1"].map(|value| format!("<public>{value}</public>"));
    for (elements, of_mount, of_others) in [
        (mount(""), "\"as_source\"", "\"as_source\""),
        (mount(&by_source), "\"as_source\"", "\"as_source\""),
        (mount(&yes), "true", "\"as_source\""),
        (mount(&no), "false", "\"as_source\""),
        (default(&yes) + &mount(""), "true", "true"),
        (default(&yes) + &mount(&by_source), "true", "true"),
        (default(&no) + &mount(&yes), "true", "false"),
    ] {
        let text = icecast(&format!("{PASSWORD}{elements}")).document.text;
        let value = |table: &str| {
            let keys = text.split(table).nth(1).unwrap_or_default().split("\n[").next().unwrap_or_default();
            let line = keys.lines().find_map(|line| line.strip_prefix("public = "));
            line.and_then(|line| line.split(" #").next()).map(str::to_owned)
        };
        assert_eq!(value("[[station]]").as_deref(), Some(of_mount), "{elements}: {text}");
        let others = value("[[unlisted.mount]]").or_else(|| value("[unlisted]"));
        assert_eq!(others.as_deref(), Some(of_others), "{elements}: {text}");
    }
}

#[test]
fn pid_file_without_its_directory_is_left_out() {
    let pid_file = |path: &str| icecast(&format!("{PASSWORD}<paths>\n<pidfile>{path}</pidfile></paths>"));
    let missing = pid_file("/no/such/folder/icecast.pid");
    assert!(!missing.document.text.contains("pid_file ="), "{}", missing.document.text);
    let why = "<paths><pidfile>: no effect here: the directory /no/such/folder does not exist";
    assert!(missing.findings.iter().any(|it| it.to_string().starts_with(why)), "{:?}", missing.findings);
    assert!(pid_file("/icecast.pid").document.text.contains("pid_file = \"/icecast.pid\""));
}

#[test]
fn rest_of_a_mount_of_the_kh_branch_has_findings() {
    let (findings, _) = mounts(
        "<mount name=\"x\"><mount-name>/live</mount-name>\n<fallback><mount>/b</mount>\n<rate>128</rate>\n\
         <speed>1</speed></fallback></mount>",
    );
    for line in [
        "3: <mount> name=: unknown",
        "4: <mount><fallback><mount>: taken: [[station]] fallback_input = \"/b\"",
        "5: <mount><fallback><rate>: no effect here: ",
        "6: <mount><fallback><speed>: unknown",
    ] {
        assert!(findings.iter().any(|it| it.starts_with(line)), "{line}: {findings:?}");
    }
}
