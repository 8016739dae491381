//! Each element of an icecast.xml and each key of an sc_serv.conf that is taken has a test of its effect: of
//! what the running server does, not of the key into which it is translated.

use std::collections::BTreeSet;
use std::path::Path;

use crate::held_by::Tests;
use crate::tokens::tokens;
use crate::{ROOT, read, relative, source_files};

/// The folder with the rules.
const RULES: &str = "src/foreign_config/";

/// The folder with the tests whose paths begin with `~`.
const LOOPBACK: &str = "tests/loopback/foreign/";

/// The file of the rules, the names, and the test that shows what each of them does. A setting that becomes a
/// key with the same meaning may have the test of the key.
const EFFECTS: &[(&str, &str, &str)] = &[
    (
        "icecast/root",
        "location admin hostname",
        "~elements::location_admin_and_hostname_are_on_the_status_pages",
    ),
    ("icecast/root", "fileserve", "~paths::files_of_the_webroot_are_served_and_nothing_else"),
    (
        "icecast/root",
        "port bind-address source-password",
        "~old_files::port_address_and_password_in_the_root_of_an_old_file_apply",
    ),
    ("icecast/root", "shoutcast-mount", "~old_files::port_with_shoutcast_compat_feeds_the_mount_of_the_root"),
    ("icecast/root", "limits", "~limits::listener_beyond_the_limit_of_the_server_is_refused"),
    ("icecast/root", "authentication", "~elements::administrator_has_the_name_and_the_password_of_the_file"),
    ("icecast/root", "listen-socket", "~elements::each_socket_is_open_at_its_address_and_no_other"),
    ("icecast/root", "mount", "~elements::mount_has_its_own_login_and_texts"),
    ("icecast/root", "http-headers", "~delivery::headers_of_an_icecast_xml_are_those_of_its_responses"),
    ("icecast/root", "relay", "~relays::relay_of_an_icecast_xml_plays_the_stream_at_its_local_mount"),
    ("icecast/root", "relays-on-demand", "~relays::relay_on_demand_connects_for_a_listener"),
    ("icecast/root", "master", "~masters::mount_of_a_master_on_demand_is_relayed_for_a_listener"),
    (
        "icecast/root",
        "master-server master-server-port master-username master-password master-update-interval",
        "~masters::list_of_a_master_is_read_with_the_login_at_the_interval",
    ),
    (
        "icecast/root",
        "directory yp-directory",
        "~directories::public_mount_of_an_icecast_xml_is_in_its_directory",
    ),
    ("icecast/root", "paths", "~process::pid_file_has_the_process_until_its_end"),
    ("icecast/root", "logging", "~logs::error_log_is_reopened_by_a_sighup_after_its_rotation"),
    ("icecast/root", "security", "~process::changeowner_takes_root_away_from_all_threads"),
    (
        "icecast/authentication",
        "source-password admin-user admin-password",
        "~elements::administrator_has_the_name_and_the_password_of_the_file",
    ),
    (
        "icecast/authentication",
        "role",
        "~elements::roles_of_icecast_2_5_are_the_accounts_of_sources_and_administrator",
    ),
    (
        "icecast/certificates",
        "tls-certificate tls-key",
        "~elements::port_with_ssl_speaks_only_tls_and_the_others_both",
    ),
    ("icecast/change_owner", "user", "~process::changeowner_takes_root_away_from_all_threads"),
    ("icecast/change_owner", "group", "~process::changeowner_sets_the_group_and_chroot_changes_no_root"),
    ("icecast/directory", "yp-url", "~directories::public_mount_of_an_icecast_xml_is_in_its_directory"),
    (
        "icecast/directory",
        "yp-url-timeout",
        "~directories::directory_that_does_not_answer_is_given_up_after_its_timeout",
    ),
    (
        "icecast/directory",
        "touch-interval",
        "src/directory/entry/tests::interval_of_the_settings_is_used_if_the_directory_requests_none",
    ),
    ("icecast/http_headers", "header", "~delivery::headers_of_an_icecast_xml_are_those_of_its_responses"),
    (
        "icecast/limits",
        "clients max-listeners",
        "~limits::listener_beyond_the_limit_of_the_server_is_refused",
    ),
    ("icecast/limits", "sources", "~mounts::sources_are_limited_and_patterns_have_passwords_of_their_own"),
    (
        "icecast/limits",
        "source-timeout",
        "~limits::source_that_sends_nothing_is_disconnected_after_the_time_of_its_mount_or_of_limits",
    ),
    ("icecast/limits", "burst-on-connect", "~limits::server_without_a_burst_sends_audio_as_it_is_played"),
    ("icecast/limits", "burst-size", "~delivery::burst_of_a_mount_has_priority_over_that_of_limits"),
    (
        "icecast/limits",
        "queue-size",
        "tests/simulated/listeners/byte_limits::listener_behind_a_buffer_in_bytes_skips_forward",
    ),
    (
        "icecast/limits",
        "header-timeout",
        "~delivery::limits_of_listeners_and_sources_of_an_icecast_xml_apply",
    ),
    (
        "icecast/listen_socket",
        "port bind-address",
        "~elements::each_socket_is_open_at_its_address_and_no_other",
    ),
    ("icecast/listen_socket", "tls ssl", "~elements::port_with_ssl_speaks_only_tls_and_the_others_both"),
    (
        "icecast/listen_socket",
        "shoutcast-mount",
        "~mounts::shoutcast_encoder_at_the_next_port_feeds_the_mount_of_its_socket",
    ),
    (
        "icecast/listen_socket",
        "shoutcast-compat",
        "~old_files::port_with_shoutcast_compat_feeds_the_mount_of_the_root",
    ),
    (
        "icecast/logging",
        "accesslog errorlog loglevel logsize logarchive",
        "~logs::azuracast_has_its_access_log_beside_stderr",
    ),
    ("icecast/logging", "playlistlog", "~logs::playlist_log_has_every_title_with_its_listeners"),
    ("icecast/logging", "name size archive level", "~logs::logs_of_the_kh_branch_are_elements"),
    (
        "icecast/master",
        "server port username password interval",
        "~masters::list_of_a_master_is_read_with_the_login_at_the_interval",
    ),
    ("icecast/master", "on-demand", "~masters::mount_of_a_master_on_demand_is_relayed_for_a_listener"),
    (
        "icecast/mount",
        "mount-name username password charset stream-name stream-description stream-url genre",
        "~elements::mount_has_its_own_login_and_texts",
    ),
    (
        "icecast/mount",
        "max-listeners fallback-when-full",
        "~mounts::full_mount_sends_newcomers_to_its_fallback",
    ),
    (
        "icecast/mount",
        "public no-yp no-mount bitrate",
        "~mount_settings::mount_is_public_if_the_file_says_so_and_not_its_source",
    ),
    (
        "icecast/mount",
        "fallback fallback-mount fallback-override",
        "~mounts::fallback_mount_plays_on_the_mount_and_moves_no_listener",
    ),
    (
        "icecast/mount",
        "authentication",
        "~mount_settings::sources_and_listeners_of_a_mount_with_authentication_by_url_need_no_other_server",
    ),
    ("icecast/mount", "hijack", "~mount_settings::source_of_a_mount_with_hijack_replaces_the_one_that_sends"),
    (
        "icecast/mount",
        "hidden http-headers",
        "~delivery::headers_of_an_icecast_xml_are_those_of_its_responses",
    ),
    ("icecast/mount", "burst-size", "~delivery::burst_of_a_mount_has_priority_over_that_of_limits"),
    (
        "icecast/mount",
        "queue-size",
        "tests/simulated/listeners/byte_limits::listener_behind_a_buffer_in_bytes_skips_forward",
    ),
    (
        "icecast/mount",
        "max-listener-duration limit-rate",
        "~delivery::limits_of_listeners_and_sources_of_an_icecast_xml_apply",
    ),
    (
        "icecast/mount",
        "source-timeout",
        "~limits::source_that_sends_nothing_is_disconnected_after_the_time_of_its_mount_or_of_limits",
    ),
    (
        "icecast/mount",
        "mp3-metadata-interval icy-metadata-interval metadata-interval",
        "~limits::metadata_interval_of_a_mount_is_its_metaint",
    ),
    (
        "icecast/mount",
        "dump-file intro",
        "~delivery::intro_and_recording_of_a_mount_are_those_of_an_icecast_xml",
    ),
    ("icecast/paths", "pidfile", "~process::pid_file_has_the_process_until_its_end"),
    ("icecast/paths", "logdir", "~logs::error_log_is_reopened_by_a_sighup_after_its_rotation"),
    ("icecast/paths", "webroot", "~paths::files_of_the_webroot_are_served_and_nothing_else"),
    (
        "icecast/paths",
        "ssl-certificate ssl_certificate tls-certificate ssl-private-key ssl-cafile",
        "~elements::port_with_ssl_speaks_only_tls_and_the_others_both",
    ),
    (
        "icecast/paths",
        "deny-ip deny-agents x-forwarded-for",
        "~access::ban_that_is_written_before_sighup_disconnects_the_listener",
    ),
    ("icecast/paths", "banfile allow-ip", "~access::list_that_changes_is_in_force_without_a_signal"),
    ("icecast/paths", "ban-file", "~access::without_x_forwarded_for_the_header_is_not_believed"),
    ("icecast/paths", "alias resource", "~paths::alias_leads_to_the_status_page_and_to_a_mount"),
    (
        "icecast/relay",
        "server port mount local-mount",
        "~relays::relay_of_an_icecast_xml_plays_the_stream_at_its_local_mount",
    ),
    ("icecast/relay", "uri username password upstream", "~relays::login_of_a_relay_is_sent_to_the_upstream"),
    ("icecast/relay", "master ip priority", "~relays::first_master_of_a_kh_relay_that_works_is_relayed"),
    (
        "icecast/relay",
        "ssl tls relay-shoutcast-metadata relay-icy-metadata",
        "~relays::relay_asks_for_titles_and_speaks_tls_if_its_elements_say_so",
    ),
    (
        "icecast/relay",
        "on-demand enable host",
        "~relays::relay_on_demand_waits_for_its_listener_and_one_that_is_switched_off_is_none",
    ),
    ("icecast/security", "chroot", "~process::changeowner_sets_the_group_and_chroot_changes_no_root"),
    ("icecast/security", "changeowner", "~process::changeowner_takes_root_away_from_all_threads"),
    ("icecast/security", "tls-context", "~elements::port_with_ssl_speaks_only_tls_and_the_others_both"),
    (
        "shoutcast/access",
        "banfile",
        "tests/simulated/admin/access_lists::denied_listener_is_closed_and_refused_until_the_list_admits_it",
    ),
    (
        "shoutcast/access",
        "ripfile",
        "tests/simulated/admin/access_lists::reserved_address_is_admitted_when_the_station_and_the_server_are_full",
    ),
    (
        "shoutcast/access",
        "riponly",
        "tests/simulated/admin/access_lists::list_of_those_who_may_connect_refuses_all_others",
    ),
    ("shoutcast/access", "agentfile", "~shoutcast::banned_program_of_sc_serv_gets_no_stream"),
    (
        "shoutcast/access",
        "blockemptyuseragent",
        "~shoutcast_network::listeners_connect_at_all_ports_and_sources_of_version_1_at_the_port_of_portlegacy",
    ),
    (
        "shoutcast/directory",
        "publicserver streampublicserver",
        "~shoutcast_listeners::streams_have_the_metaint_and_the_texts_of_the_file",
    ),
    (
        "shoutcast/listeners",
        "maxuser streammaxuser",
        "~shoutcast_listeners::listeners_beyond_maxuser_and_streammaxuser_are_refused",
    ),
    (
        "shoutcast/listeners",
        "autodumptime autodumpsourcetime streamautodumptime streamautodumpsourcetime",
        "~shoutcast_listeners::source_that_sends_nothing_is_disconnected_after_autodumptime_or_that_of_its_stream",
    ),
    (
        "shoutcast/listeners",
        "autodumpusers streamautodumpusers",
        "~shoutcast_listeners::listeners_leave_a_stream_without_a_source_with_autodumpusers",
    ),
    (
        "shoutcast/listeners",
        "metainterval titleformat urlformat",
        "~shoutcast_listeners::streams_have_the_metaint_and_the_texts_of_the_file",
    ),
    (
        "shoutcast/listeners",
        "buffertype adaptivebuffersize",
        "~shoutcast_listeners::buffer_has_the_seconds_of_adaptivebuffersize_unless_buffertype_is_0",
    ),
    (
        "shoutcast/listeners",
        "fixedbuffersize",
        "tests/simulated/listeners/byte_limits::listener_behind_a_buffer_in_bytes_skips_forward",
    ),
    (
        "shoutcast/listeners",
        "listenertime listenertimer streamlistenertime",
        "tests/simulated/listeners/durations::listener_is_disconnected_at_a_frame_end_after_the_allowed_time",
    ),
    (
        "shoutcast/listeners",
        "minbitrate maxbitrate streamminbitrate streammaxbitrate",
        "~shoutcast_listeners::source_with_a_bit_rate_beyond_the_limits_is_refused",
    ),
    (
        "shoutcast/logging",
        "log logfile screenlog logclients pidfile",
        "~shoutcast_files::logs_and_pid_of_an_sc_serv_conf_are_in_its_files",
    ),
    ("shoutcast/logging", "w3cenable w3clog", "~shoutcast::listener_that_leaves_has_a_line_in_the_w3c_log"),
    (
        "shoutcast/network",
        "portbase portlegacy alternateports",
        "~shoutcast_network::listeners_connect_at_all_ports_and_sources_of_version_1_at_the_port_of_portlegacy",
    ),
    (
        "shoutcast/network",
        "destip dstip destdns srcip srcdns",
        "~shoutcast_network::ports_are_open_at_the_address_of_listeners_and_at_that_of_sources",
    ),
    (
        "shoutcast/network",
        "sslcertificatefile sslcertificatekeyfile",
        "~shoutcast_network::certificate_of_an_sc_serv_conf_is_that_of_its_port",
    ),
    ("shoutcast/network", "namelookups", "~shoutcast::listener_that_leaves_has_a_line_in_the_w3c_log"),
    (
        "shoutcast/pages",
        "hidestats streamhidestats",
        "~shoutcast_listeners::streams_have_the_metaint_and_the_texts_of_the_file",
    ),
    (
        "shoutcast/pages",
        "artworkfile streamartworkfile",
        "~shoutcast_files::picture_of_a_stream_is_that_of_the_file",
    ),
    ("shoutcast/pages", "unique", "~shoutcast_files::logs_and_pid_of_an_sc_serv_conf_are_in_its_files"),
    (
        "shoutcast/relays",
        "allowrelay streamallowrelay relayserver relayport streamrelayurl streambackupurl",
        "~shoutcast_network::stream_relays_the_stream_of_another_server",
    ),
    (
        "shoutcast/special_files",
        "introfile streamintrofile",
        "~shoutcast::intro_file_of_sc_serv_is_heard_first",
    ),
    (
        "shoutcast/special_files",
        "backupfile backuploop streambackupfile streambackuploop",
        "~shoutcast::backup_file_plays_until_a_source_comes_and_after_it",
    ),
    (
        "shoutcast/streams",
        "password streamid streampath streampassword",
        "~shoutcast::stream_of_another_id_takes_its_own_password_only",
    ),
    (
        "shoutcast/streams",
        "adminpassword requirestreamconfigs",
        "~shoutcast_network::only_configured_streams_take_sources_if_requirestreamconfigs_is_1",
    ),
];

/// Returns the names in a source whose rules take the setting: `("name", Rule::Take(…))`.
fn taken(source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let is_rule = |five: &&[String]| five[0].starts_with('"') && five[1..] == [",", "Rule", "::", "Take"];
    tokens.windows(5).filter(is_rule).map(|five| five[0].trim_matches('"').to_owned()).collect()
}

/// Returns the settings that are taken, each with the file of its rule.
fn all_taken() -> BTreeSet<(String, String)> {
    let folders = ["icecast", "shoutcast"].map(|name| Path::new(ROOT).join(RULES).join(name));
    let files = folders.iter().flat_map(|folder| source_files(folder));
    let settings = files.flat_map(|path| {
        let file = relative(&path).trim_start_matches(RULES).trim_end_matches(".rs").to_owned();
        taken(&read(&path)).into_iter().map(move |name| (file.clone(), name))
    });
    settings.collect()
}

/// Returns the file and the name of a test.
fn place(test: &str) -> (String, &str) {
    let (file, name) = test.split_once("::").expect("a file and a test");
    (format!("{}.rs", file.replace('~', LOOPBACK)), name)
}

#[test]
fn each_setting_of_other_servers_that_is_taken_has_a_test_of_its_effect() {
    let all = all_taken();
    let listed = EFFECTS
        .iter()
        .flat_map(|(file, names, _)| names.split(' ').map(|name| ((*file).to_owned(), name.to_owned())));
    let listed: Vec<(String, String)> = listed.collect();
    let named: BTreeSet<(String, String)> = listed.iter().cloned().collect();
    let without: Vec<_> = all.difference(&named).collect();
    assert!(without.is_empty(), "settings without a test of their effect: {without:?}");
    let gone: Vec<_> = named.difference(&all).collect();
    assert!(gone.is_empty(), "settings that are not taken: {gone:?}");
    assert_eq!(listed.len(), named.len(), "a setting is listed twice");
    assert!(all.len() > 190, "{} settings", all.len());
}

#[test]
fn each_test_of_an_effect_exists_and_runs_the_server() {
    let tests = Tests::read();
    for (_, _, test) in EFFECTS {
        let (file, name) = place(test);
        assert!(tests.has(&file, Some(name)), "{file} has no test {name}");
        assert!(!file.starts_with(RULES), "{test} sees the translation only");
    }
}

#[test]
fn rules_are_found_on_one_line_or_several() {
    let source = "const RULES: Rules<Element> = &[\n(\"port\", Rule::Take(|_, _| {})),\n(\n\"admin\",\n\
                  Rule::Take(take),\n),\n(\"master-bind\", Rule::NoEffect(\"no\")),\n];\n\
                  match rule { Rule::NoEffect(why) => no(why), Rule::Take(take) => take(line) }";
    assert_eq!(taken(source), ["port", "admin"]);
}
