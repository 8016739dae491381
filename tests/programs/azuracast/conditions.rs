//! Each condition under which AzuraCast writes more into its configuration: every element of it is known.

use std::fs;
use std::path::Path;

use super::config::{Mount, StationConfig};
use super::station::{NAME, Station};
use crate::common::tls::Authority;
use crate::common::{fixture, run_to_end, two_free_ports};

/// The elements of AzuraCast that have no effect, because there is nothing for them to do here.
const WITHOUT_EFFECT: [&str; 6] = [
    "<paths><basedir>",
    "<paths><adminroot>",
    "<paths><ssl-allowed-ciphers>",
    "<authentication><relay-password>",
    "<limits><client-timeout>",
    "<mount><listenurl>",
];

/// The element that is to have an effect later.
const NOT_YET: &str = "<mount><authentication>";

/// A station with everything that AzuraCast can be told.
fn everything(root: &Path) -> StationConfig {
    let first = Mount {
        name: "/radio.mp3",
        intro: Some("intro.mp3"),
        autodj: Some((128, "mp3")),
        max_listener_duration: Some(7200),
        custom: "        <max-listeners>50</max-listeners>\n",
        ..Mount::default()
    };
    let second =
        Mount { name: "/hidden.mp3", is_hidden: true, fallback: Some("/radio.mp3"), ..Mount::default() };
    let third = Mount { name: "/relay.mp3", relay: Some(("127.0.0.1", 9, "/live")), ..Mount::default() };
    StationConfig {
        config_dir: root.join("stations/harbour/config"),
        share: root.join("share/icecast"),
        port: two_free_ports(),
        name: NAME,
        description: Some("News &amp; music"),
        genre: Some("Ambient"),
        url: Some("http://radio.example/"),
        max_listeners: None,
        max_bitrate: Some(192),
        is_latin1: true,
        has_listener_auth: true,
        is_in_development: true,
        mounts: vec![first, second, third],
        custom: "    <http-headers>\n        <header name=\"X-Station\" value=\"harbour\"/>\n    </http-headers>\n",
    }
}

/// `--check` knows every element, and says of all but a few that they are taken.
#[test]
fn every_element_of_azuracast_is_known() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let config = everything(root.path());
    fs::create_dir_all(&config.config_dir).expect("the folder is writable");
    fs::create_dir_all(config.share.join("web")).expect("the folder is writable");
    for path in [config.config_dir.join("intro.mp3"), config.share.join("web/fallback-[128].mp3")] {
        fs::copy(fixture("mp3/cbr.mp3"), path).expect("a fixture");
    }
    for name in ["ip_bans.txt", "user_agent_bans.txt"] {
        fs::write(config.config_dir.join(name), "").expect("the folder is writable");
    }
    let certificate = Authority::new("The first").certificate(&["127.0.0.1"]);
    Station::install(&config.share, &certificate);
    let file = config.config_dir.join("icecast.xml");
    fs::write(&file, config.xml()).expect("the folder is writable");
    let checked = run_to_end(&["--check".as_ref(), "-c".as_ref(), file.as_os_str()]);
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    let unknown: Vec<&str> = checked.stdout.lines().filter(|line| line.contains(": unknown")).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let idle = checked.stdout.lines().filter(|line| line.contains("no effect here"));
    let unexpected: Vec<&str> = idle
        .filter(|line| !line.contains(NOT_YET))
        .filter(|line| !WITHOUT_EFFECT.iter().any(|element| line.contains(element)))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert_eq!(checked.stdout.matches("listener authentication comes next").count(), 3, "{}", checked.stdout);
}
