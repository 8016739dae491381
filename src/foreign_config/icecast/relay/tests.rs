//! Tests of `<relay>` and `<directory>` in whole files.

use std::path::Path;

use super::super::translate;

/// Returns the text of the translation, and its findings, one line each.
fn translated(elements: &str) -> (String, Vec<String>) {
    let text = format!(
        "<icecast>\n{elements}\n<listen-socket><port>8000</port></listen-socket>\
         <authentication><source-password>rosebud</source-password></authentication></icecast>\n"
    );
    let translation = translate(&text, "icecast.xml", Path::new("/etc/icecast2")).expect("a translation");
    let findings =
        translation.findings.iter().map(|finding| format!("{}: {finding}", finding.line)).collect();
    (translation.document.text, findings)
}

#[track_caller]
fn check(elements: &str, lines: &[&str], findings: &[&str]) {
    let (text, found) = translated(elements);
    for line in lines {
        let is_there = text.lines().any(|other| other.split(" # ").next() == Some(line));
        assert!(is_there, "{line} is not in\n{text}");
    }
    for finding in findings {
        assert!(found.iter().any(|other| other.contains(finding)), "{finding:?} is not in {found:#?}");
    }
    assert!(!text.contains("unknown"), "{found:#?}");
}

#[test]
fn relay_of_icecast_2_4_has_its_url_and_mount() {
    check(
        "<relay>\n<server>192.0.2.1</server><port>8001</port>\n<mount>/tour</mount>\n\
         <local-mount>/here</local-mount>\n<on-demand>1</on-demand><bind>192.0.2.9</bind>\n\
         <relay-shoutcast-metadata>0</relay-shoutcast-metadata></relay>",
        &["mount = \"/here\"", "relay = [\"http://192.0.2.1:8001/tour\"]", "relay_on_demand = true"],
        &[
            "2: <relay>: taken: [[station]] relay = [\"http://192.0.2.1:8001/tour\"] at /here",
            "6: <relay><bind>: no effect here: the system chooses the address",
            "7: <relay><relay-shoutcast-metadata>: taken differently: titles are relayed nevertheless",
        ],
    );
    let here = "<local-mount>/here</local-mount>";
    check(
        &format!("<relay><server>a</server>{here}</relay>"),
        &["mount = \"/here\"", "relay = [\"http://a:8000/\"]"],
        &[],
    );
    check(&format!("<relay><server>::1</server>{here}</relay>"), &["relay = [\"http://[::1]:8000/\"]"], &[]);
    check("<relay><server>a</server></relay>", &[], &["<relay>: no effect here: the mount is reserved"]);
}

#[test]
fn login_of_a_relay_is_in_no_finding() {
    let relay = "<relay><server>a</server><mount>/t</mount><username>me@home</username><password>pass:word \
                 </password></relay>";
    check(relay, &["relay = [\"http://me%40home:pass%3Aword@a:8000/t\"]"], &[]);
    let (_, findings) = translated(relay);
    assert!(
        findings.iter().all(|finding| !finding.contains("word@") && !finding.contains("pass%")),
        "{findings:?}"
    );
}

#[test]
fn masters_of_a_kh_relay_are_in_the_order_of_their_priorities() {
    check(
        "<relay><mount>/t</mount><local-mount>/l</local-mount><port>9000</port>\
         <master><server>c</server><priority>30</priority></master>\
         <master><server>a</server><priority>10</priority><ssl>1</ssl></master>\
         <host><ip>d</ip><port>1</port></host><timeout>5</timeout><retry-delay>60</retry-delay>\
         <run-on>10</run-on><enable>1</enable></relay>",
        &["relay = [\"https://a:9000/t\", \"http://c:9000/t\", \"http://d:1/t\"]", "mount = \"/l\""],
        &["<relay><retry-delay>: no effect here: a failed relay connects again after 1 s"],
    );
    let (text, findings) = translated("<relay><server>a</server><enable>0</enable></relay>");
    assert!(!text.contains("relay ="), "{text}");
    assert!(findings[0].contains("<relay>: no effect here: the relay is switched off"), "{findings:?}");
}

#[test]
fn upstreams_of_icecast_2_5_have_the_settings_of_the_default_one() {
    check(
        "<relay><upstream type=\"default\"><port>9000</port><username>u</username><password>p</password>\
         </upstream><upstream><server>a</server><mount>/t</mount></upstream>\
         <upstream type=\"normal\"><uri>https://b/live</uri></upstream></relay>",
        &["relay = [\"http://u:p@a:9000/t\", \"https://u:p@b/live\"]", "mount = \"/t\""],
        &[],
    );
    check("<relay><upstream><uri>http://b/live?x=1</uri></upstream></relay>", &["mount = \"/live\""], &[]);
}

#[test]
fn relays_without_on_demand_take_that_of_the_server() {
    let (text, _) = translated(
        "<relay><server>a</server><mount>/a</mount></relay>\
         <relay><server>b</server><mount>/b</mount><on-demand>0</on-demand>\
         </relay><relays-on-demand>1</relays-on-demand>",
    );
    let on_demand: Vec<&str> = text.lines().filter(|line| line.starts_with("relay_on_demand")).collect();
    assert!(
        on_demand.iter().any(|line| line.starts_with("relay_on_demand = true # line 2, <relays-on-demand>"))
    );
    assert!(on_demand.iter().any(|line| line.starts_with("relay_on_demand = false")) && on_demand.len() == 2);
}

#[test]
fn relay_and_mount_of_one_name_are_one_station() {
    let mount = "<mount><mount-name>/t</mount-name><stream-name>Harbour FM</stream-name></mount>";
    let relay = "<relay><server>a</server><mount>/t</mount></relay>";
    for elements in [format!("{mount}{relay}"), format!("{relay}{mount}")] {
        let (text, _) = translated(&elements);
        assert_eq!(text.lines().filter(|line| *line == "[[station]]").count(), 1, "{text}");
        check(&elements, &["relay = [\"http://a:8000/t\"]", "name = \"Harbour FM\""], &[]);
    }
}

#[test]
fn relay_of_an_unusable_address_is_left_out() {
    let (text, findings) = translated("<relay><server>a b</server></relay>");
    assert!(!text.contains("relay ="), "{text}");
    assert!(
        findings[0].contains("2: <relay>: no effect here: it cannot be relayed: expected a host"),
        "{findings:?}"
    );
}

#[test]
fn directories_are_one_list_with_the_longest_times() {
    check(
        "<hostname>radio.example</hostname>\n\
         <directory><yp-url-timeout>15</yp-url-timeout><yp-url>http://a/yp</yp-url></directory>\n\
         <directory><yp-url>http://b/yp</yp-url><yp-url-timeout>5</yp-url-timeout>\
         <touch-interval>20</touch-interval></directory>\n\
         <yp-directory url=\"http://c/yp\"><option name=\"timeout\" value=\"20\"/></yp-directory>\
         <directory><yp-url>http://a/yp</yp-url></directory>",
        &[
            "url = [\"http://a/yp\", \"http://b/yp\", \"http://c/yp\"]",
            "timeout_s = 20",
            "touch_interval_s = 30",
        ],
        &[
            "3: <directory><yp-url>: taken: [directory] url contains \"http://a/yp\"",
            "4: <directory><yp-url-timeout>: taken differently: [directory] timeout_s = 15: all directories have",
            "4: <directory><touch-interval>: taken differently: [directory] touch_interval_s = 30: from 30 to 3600",
            "5: <directory><yp-url>: no effect here: the directory is there already",
        ],
    );
}

#[test]
fn mount_without_yp_is_not_public() {
    let mount = "<mount><mount-name>/t</mount-name><no-yp>1</no-yp><public>1</public></mount>";
    check(mount, &["public = false"], &["<mount><public>: taken: no directory lists the mount"]);
    let by_source = "<mount><mount-name>/t</mount-name><public>-1</public></mount>";
    let finding = "<mount><public>: taken: as if it were not given: the source decides";
    check(by_source, &["public = \"as_source\""], &[finding]);
}

#[test]
fn highest_priority_of_an_upstream_leaves_room_for_the_next() {
    let upstream = |host: &str, rest: &str| {
        format!("<upstream><server>{host}</server><port>8000</port><mount>/a</mount>{rest}</upstream>")
    };
    let highest = upstream("b", "<priority>9223372036854775807</priority>");
    let relay = format!("<relay><local-mount>/t</local-mount>{highest}{}</relay>", upstream("c", ""));
    check(&relay, &["relay = [\"http://b:8000/a\", \"http://c:8000/a\"]"], &[]);
}

#[test]
fn directory_without_a_host_of_the_server_is_left_out() {
    let (text, findings) = translated("<directory>\n<yp-url>http://a/yp</yp-url></directory>");
    assert!(!text.contains("[directory]"), "{text}");
    assert!(
        findings[0].contains("<directory><yp-url>: no effect here: a directory needs a <hostname>"),
        "{findings:?}"
    );
}

#[test]
fn master_of_icecast_and_of_kh_is_one_table() {
    let lines = [
        "url = \"http://master.example:8001\"",
        "user = \"slave\"",
        "password = \"tide\"",
        "interval_s = 86400",
        "on_demand = true",
    ];
    check(
        "<master-server>master.example</master-server>\n<master-server-port>8001</master-server-port>\n\
         <master-username>slave</master-username><master-password>tide</master-password>\n\
         <master-update-interval>99999</master-update-interval><relays-on-demand>1</relays-on-demand>",
        &lines,
        &[
            "2: <master-server>: taken: [master] url = \"http://master.example:8001\"",
            "4: <master-password>: taken: [master] password",
            "5: <master-update-interval>: taken differently: [master] interval_s = 86400: from 1 to 86400",
        ],
    );
    check(
        "<master><server>master.example</server><port>8001</port><username>slave</username>\
         <password>tide</password><interval>86400</interval><on-demand>1</on-demand>\
         <relay-auth>1</relay-auth><run-on>5</run-on></master>",
        &lines,
        &["<master><run-on>: no effect here: a relay on demand ends 10 s after its last listener"],
    );
}

#[test]
fn master_without_a_password_is_not_followed() {
    let (text, findings) =
        translated("<master-server>a</master-server><master-server-port>8001</master-server-port>");
    assert!(!text.contains("[master]\n"), "{text}");
    assert!(findings.iter().filter(|it| it.contains("Icecast follows a master only with")).count() == 2);
}

#[test]
fn relay_over_tls_is_switched_on_by_every_word_for_yes() {
    for word in ["1", "yes", "True", "ON"] {
        let relay = format!(
            "<relay><server>192.0.2.1</server><port>443</port><mount>/tour</mount><tls>{word}</tls></relay>"
        );
        check(&relay, &["relay = [\"https://192.0.2.1:443/tour\"]"], &["<relay><tls>: taken"]);
    }
}
