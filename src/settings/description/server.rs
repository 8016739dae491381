//! Describes the settings of the server as a whole.

use std::net::SocketAddr;

use super::value::{SettingValue, SettingValues, absolute_text, collect};
use crate::settings::{
    Account, CertificateFiles, DirectorySettings, ListKind, Listen, LogRotation, LogSettings, MEGABYTE,
    MetricsAccess, MetricsSettings, ProcessSettings, RobotsPolicy, ServerInfo, Settings, TlsSettings,
};

/// Returns the keys of `[server]`.
pub fn describe(settings: &Settings, salt: &[u8]) -> SettingValues {
    let Settings {
        listen,
        stations: _,
        max_listeners,
        max_sources,
        max_connections_per_address,
        request_memory,
        access_log,
        logs: LogSettings { file: log_file, playlist, level, rotation: LogRotation { max_size, keeps_all } },
        process: ProcessSettings { pid_file, user: run_as, group },
        state_dir,
        source_listen,
        source_mounts,
        admin: Account { user, password },
        trusted_proxies,
        list_files,
        webroot,
        aliases,
        public_url,
        directory: _,
        metrics: MetricsSettings { access, icecast_names },
        encode_workers,
        robots,
        info: ServerInfo { location, admin_contact },
        embed_from,
        http_headers,
        header_timeout,
        unlisted: _,
        tls: TlsSettings { certificates, ca, redirect, acme_webroot },
    } = settings;
    let list_file = |kind| list_files.get(&kind).map(|path| SettingValue::path(path));
    collect([
        ("listen", Some(addresses(listen))),
        // The ports that are open: without the key they follow from other settings.
        ("source_listen", Some(addresses(&settings.source_ports()))),
        ("source_mounts", (!source_mounts.is_empty()).then(|| mounts(source_mounts))),
        ("source_listen_given", Some(SettingValue::Flag(source_listen.is_some()))),
        ("max_listeners", max_listeners.map(SettingValue::count)),
        ("max_sources", max_sources.map(SettingValue::count)),
        ("max_connections_per_address", Some(SettingValue::count(*max_connections_per_address))),
        ("request_memory_mb", Some(SettingValue::count(request_memory / MEGABYTE))),
        ("access_log", access_log.as_deref().map(SettingValue::path)),
        ("log_file", log_file.as_deref().map(SettingValue::path)),
        ("playlist_log", playlist.as_deref().map(SettingValue::path)),
        ("log_level", Some(SettingValue::text(level.as_str().to_lowercase()))),
        ("log_size_kb", max_size.map(|size| SettingValue::count((size / 1024) as usize))),
        ("log_archive", Some(SettingValue::Flag(*keeps_all))),
        ("pid_file", pid_file.as_deref().map(SettingValue::path)),
        ("user", run_as.as_ref().map(SettingValue::text)),
        ("group", group.as_ref().map(SettingValue::text)),
        ("state_dir", state_dir.as_deref().map(SettingValue::path)),
        ("admin_user", Some(SettingValue::text(user))),
        ("admin_password", password.as_ref().map(|password| SettingValue::password(password, salt))),
        ("trusted_proxies", Some(SettingValue::list(trusted_proxies.networks()))),
        ("deny_ip_file", list_file(ListKind::DenyIp)),
        ("allow_ip_file", list_file(ListKind::AllowIp)),
        ("deny_agents_file", list_file(ListKind::DenyAgents)),
        ("reserved_ip_file", list_file(ListKind::ReservedIp)),
        ("webroot", webroot.as_deref().map(SettingValue::path)),
        ("alias", Some(SettingValue::list(aliases))),
        ("public_url", public_url.as_ref().map(SettingValue::text)),
        ("metrics", Some(SettingValue::text(metrics_access(*access)))),
        ("metrics_icecast_names", Some(SettingValue::Flag(*icecast_names))),
        ("encode_workers", encode_workers.map(SettingValue::count)),
        ("robots", Some(SettingValue::text(robots_policy(*robots)))),
        ("location", Some(SettingValue::text(location))),
        ("admin_contact", Some(SettingValue::text(admin_contact))),
        ("embed_from", Some(SettingValue::list(embed_from))),
        ("http_headers", Some(SettingValue::list(http_headers))),
        ("header_timeout_s", Some(SettingValue::seconds(*header_timeout))),
        ("tls", Some(SettingValue::list(certificates.iter().map(certificate)))),
        ("tls_ca", ca.as_deref().map(SettingValue::path)),
        ("https_redirect", Some(SettingValue::Flag(*redirect))),
        ("acme_webroot", acme_webroot.as_deref().map(SettingValue::path)),
    ])
}

/// Returns the keys of `[directory]`.
pub fn describe_directory(directory: &DirectorySettings) -> SettingValues {
    let DirectorySettings { urls, touch_interval, timeout } = directory;
    let url = match urls.as_slice() {
        [url] => SettingValue::text(url),
        urls => SettingValue::list(urls),
    };
    collect([
        ("url", Some(url)),
        ("touch_interval_s", Some(SettingValue::seconds(*touch_interval))),
        ("timeout_s", Some(SettingValue::seconds(*timeout))),
    ])
}

fn mounts(all: &[(SocketAddr, String)]) -> SettingValue {
    SettingValue::list(all.iter().map(|(address, mount)| format!("{address} {mount}")))
}

fn addresses(all: &[Listen]) -> SettingValue {
    SettingValue::list(all.iter().map(|Listen { address, fallback: _, is_optional, tls_only }| {
        // What an address falls back to follows from the address.
        let note = if *is_optional { " (if this machine has it)" } else { "" };
        let only = if *tls_only { " (TLS only)" } else { "" };
        format!("{address}{note}{only}")
    }))
}

fn certificate(files: &CertificateFiles) -> String {
    let CertificateFiles { certificate, key } = files;
    let key = key.as_ref().map(|key| format!(" with {}", absolute_text(key))).unwrap_or_default();
    format!("{}{key}", absolute_text(certificate))
}

fn metrics_access(access: MetricsAccess) -> &'static str {
    match access {
        MetricsAccess::Off => "off",
        MetricsAccess::Admin => "admin",
        MetricsAccess::Public => "public",
    }
}

fn robots_policy(policy: RobotsPolicy) -> &'static str {
    match policy {
        RobotsPolicy::Pages => "pages",
        RobotsPolicy::Nothing => "none",
    }
}
