//! Tests of whole files.

use super::super::{Effect, Finding, ForeignFormat, Translation, translate_checked};

/// The keys in the documentation of the DNAS 2.6, in files of hosting panels, and in the file of 1.9.
const DOCUMENTED: &str = "adaptivebuffersize admetricsdebug admincssfile adminpassword agentfile allowpublicrelay \
    allowrelay alternateports artworkfile autodumptime autodumpusers autodumpsourcetime backupfile backuploop \
    backuptitle banfile blockemptyuseragent bufferhardlimit buffertype cdn cdnmaster cdnslave cleanxml \
    configrewrite contentdir cpucount crossdomain destdns destip dstip faviconfile faviconmimetype \
    fixedbuffersize flashpolicyfile flashpolicyserverdebug flashpolicyserverport flvclientdebug hidestats \
    httpclientdebug httpsourcedebug httpstyledebug \
    include introfile licenceid listenertime listenertimer log logarchive logclients logfile logrotates \
    maxbitrate maxheaderlinecount maxheaderlinesize maxhttpredirects maxspecialfilesize maxuser metainterval \
    microserverdebug minbitrate namelookups password pidfile portbase portlegacy publicdns publicip publicport \
    publicserver realtime redirecturl relayconnectretries relaydebug relayport relayreconnecttime relayserver \
    relayshoutcastdebug relayuvoxdebug requirestreamconfigs ripfile riponly robotstxtfile rotateinterval \
    saveagentlistonexit savebanlistonexit saveriplistonexit screenlog shoutcast1clientdebug \
    shoutcast2clientdebug shoutcastsourcedebug showlastsongs sleep songhistory specialfiletmpdir srcip \
    sslcertificatefile sslcertificatekeyfile statsdebug streamadminpassword streamagentfile \
    streamallowpublicrelay streamallowrelay streamartworkfile streamauthhash streamautodumptime \
    streamautodumpusers streambackupfile streambackuploop streambackuptitle streambackupurl streambanfile \
    streamdatadebug streamhidestats streamid streamintrofile streamlistenertime streammaxbitrate \
    streammaxuser streamminbitrate streammovedurl streampassword streampath streamportlegacy \
    streampublicserver streamredirecturl streamrelayurl streamripfile streamriponly streamsonghistory \
    streamw3clog tchlog threadrunnerdebug titleformat unique urlformat userid uvox2sourcedebug uvoxcipherkey \
    w3cenable w3clog webclientdebug weblog yp2 yp2debug ypaddr ypmaxretries ypminreportinterval yport yppath \
    ypport ypreportinterval yptimeout";

fn shoutcast(text: &str) -> Result<Translation, Vec<String>> {
    translate_checked(ForeignFormat::Shoutcast, text, "sc_serv.conf", "/srv")
}

fn translated(text: &str) -> Translation {
    shoutcast(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

#[test]
fn every_documented_key_is_known_in_every_case() {
    for key in DOCUMENTED.split_whitespace() {
        for name in [key.to_owned(), key.to_ascii_uppercase()] {
            let text = format!("password=rosebud\nstreamid_2=2\nstreampassword_2=rosebud\n{name}=\n");
            let found = translated(&text).findings;
            let unknown = found.iter().find(|it| matches!(it.effect, Effect::Unknown(_)));
            assert!(unknown.is_none() && found.iter().any(|it| it.line == 4), "{name}: {found:?}");
        }
    }
}

#[test]
fn misspelt_keys_and_keys_without_a_stream_are_named() {
    let found = translated("password=rosebud\nstreamid_1=1\nmaxusr=5\nstreampath_2=/b\nnonsense\n").findings;
    let lines: Vec<String> = found.iter().skip(2).map(|it| format!("{}: {it}", it.line)).collect();
    assert_eq!(
        lines,
        [
            "3: maxusr: unknown, did you mean maxuser?",
            "4: streampath_2: no effect here: there is no streamid_2",
            "5: nonsense: unknown",
        ]
    );
}

#[test]
fn values_that_cannot_be_understood_are_errors_with_their_lines() {
    let errors =
        shoutcast("password=rosebud\nportbase=radio\nmaxuser=many\nstreamid_1=0\nallowrelay=perhaps\n");
    let errors = errors.expect_err("errors");
    for (error, expected) in errors.iter().zip([
        "sc_serv.conf:2: portbase: \"radio\" is invalid, expected a port",
        "sc_serv.conf:3: maxuser: \"many\" is invalid",
        "sc_serv.conf:4: streamid_1: \"0\" is invalid",
        "sc_serv.conf:5: allowrelay: \"perhaps\" is invalid",
    ]) {
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(errors.len(), 4);
}

#[test]
fn stream_without_a_password_is_an_error_at_its_line() {
    let errors = shoutcast("portbase=8000\nstreamid_1=1\n").expect_err("an error");
    assert_eq!(errors, ["sc_serv.conf:2: streamid_1: no source can log in: password is missing"]);
}

#[test]
fn empty_password_is_an_error_at_its_line() {
    let errors = shoutcast("portbase=8000\npassword=\nlogfile=a.log\n").expect_err("an error");
    assert_eq!(errors, ["sc_serv.conf:2: password: no source can log in: it is empty"]);
}

#[test]
fn key_without_a_value_leaves_streams_that_sources_create() {
    for (line, is_unlisted) in [
        ("requirestreamconfigs=", true),
        ("requirestreamconfigs=0", true),
        ("requirestreamconfigs=1", false),
        ("requirestreamconfigs=1\nrequirestreamconfigs=", true),
    ] {
        let text = translated(&format!("password=rosebud\n{line}\n")).document.text;
        assert_eq!(text.contains("[unlisted]\nsource_password"), is_unlisted, "{line}: {text}");
    }
}

#[test]
fn file_without_an_administrator_says_that_the_admin_pages_are_off() {
    let Translation { document, findings, .. } = translated("portbase=8000\npassword=rosebud\n");
    let expected = "password: taken differently: [[station]] source_password: it is for sources alone: the pages of \
                    the administrator, admin.cgi, are off until adminpassword gives them a password";
    assert!(findings.iter().any(|it| it.line == 2 && it.to_string() == expected), "{findings:?}");
    assert!(!document.text.contains("admin_password"), "{}", document.text);
    let found = translated("password=rosebud\nadminpassword=lighthouse\n").findings;
    assert!(found.iter().all(|it| !it.effect.is_notable()), "{found:?}");
}

#[test]
fn defaults_are_those_of_sc_serv() {
    let text = translated("password=rosebud\nadminpassword=lighthouse\n").document.text;
    for line in [
        "listen = [\"[::]:8000\"]",
        "source_listen = [\"[::]:8001\"]",
        "max_listeners = 512",
        "robots = \"none\"",
        "id = 1",
        "mount = \"/stream1\"",
        "metaint = 16384",
        "source_timeout_s = 30",
    ] {
        let is_there = text.lines().any(|other| other.starts_with(line));
        assert!(is_there, "{line} is missing in {text}");
    }
    assert!(text.contains("[unlisted]"), "{text}");
    let text = translated("password=rosebud\nrequirestreamconfigs=1\n").document.text;
    assert!(!text.contains("[unlisted]"), "{text}");
}

#[test]
fn file_names_begin_at_the_folder_and_have_the_unique_text() {
    let text = translated("password=rosebud\nunique=b\nw3clog=$/w3c.log\nlogfile=/var/$.log\n").document.text;
    assert!(
        text.contains("w3c_log = \"/srv/b/w3c.log\"") && text.contains("log_file = \"/var/b.log\""),
        "{text}"
    );
}

#[test]
fn each_of_thousands_of_unknown_lines_is_named() {
    let lines: String = (0..15_000).map(|number| format!("unknownkey{number}=1\n")).collect();
    let found: Vec<Finding> = translated(&format!("password=rosebud\n{lines}")).findings;
    assert_eq!(found.len(), 15_001);
}

#[test]
fn path_of_a_page_is_no_mount() {
    let Translation { document, findings, .. } =
        translated("password=rosebud\nstreampath_1=/listen\nstreamid_1=1\n");
    assert!(document.text.contains("mount = \"/stream1\""), "{}", document.text);
    let is_it = |it: &Finding| it.line == 2 && matches!(it.effect, Effect::NoEffect(_));
    assert!(findings.iter().any(is_it), "{findings:?}");
}

#[test]
fn backup_that_does_not_exist_is_left_out() {
    let backup = |path: &str| translated(&format!("password=rosebud\nbackupfile={path}\n"));
    let Translation { document, findings, .. } = backup("/no/such/backup.mp3");
    assert!(!document.text.contains("music"), "{}", document.text);
    let line = "backupfile: no effect here: /no/such/backup.mp3 does not exist";
    assert!(findings.iter().any(|it| it.to_string() == line), "{findings:?}");
    let present = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mp3/cbr.mp3");
    assert!(backup(present).document.text.contains(&format!("music = [\"{present}\"]")));
}

#[test]
fn values_that_coldwave_does_not_have_differ_and_negative_ones_are_no_limit() {
    for (line, finding) in [
        ("streammaxuser_1=-1", "taken: the limit is that of the server"),
        ("maxbitrate=5000000", "differently: all mounts: max_source_bitrate = 2000: "),
        ("listenertime=100000", "differently: all mounts: max_listener_duration_s = 2592000: "),
        ("streampath_1=/listen", "no effect here: \"/listen\" is reserved"),
        ("streampath_1=http://radio.example:8000/live", "no effect here: it is the address of a server"),
    ] {
        let found = translated(&format!("password=rosebud\nstreamid_1=1\n{line}\n")).findings;
        assert!(found.iter().any(|it| it.to_string().contains(finding)), "{line}: {found:?}");
    }
}
