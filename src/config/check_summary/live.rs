//! The lines of the summary about live sources. Passwords are not shown.

use crate::config::problems::printable;
use crate::settings::{
    DirectoryListing, LiveStart, MasterSettings, MetricsAccess, Settings, SourceSettings, StationSettings,
    Takeover, UnlistedSettings,
};
use crate::station::configured_codec;

/// A line of the summary: its label and its text.
pub type SummaryLine = (&'static str, String);

/// Returns the lines about the live sources of a station.
pub fn station_lines(station: &StationSettings) -> Vec<SummaryLine> {
    let sources = &station.sources;
    let mut lines = vec![("sources", allowed_sources(sources))];
    if sources.is_enabled() {
        lines.extend(source_lines(station));
    }
    if sources.is_enabled() || !sources.max_silence.is_zero() {
        lines.push(("silence", silence(station)));
    }
    lines
        .extend(station.only_while_on_air.then(|| ("listeners", "only while it has a programme".to_owned())));
    lines.extend(station.fallback.iter().map(|mount| ("fallback", printable(mount))));
    let input = station.fallback_input.iter();
    lines.extend(input.map(|mount| ("fallback", format!("the programme of {}", printable(mount)))));
    lines.extend(station.overflow.iter().map(|mount| ("when full", printable(mount))));
    lines.extend(station.record.as_ref().map(|record| {
        let path = record.folder.join(&record.pattern);
        ("recording", printable(&path.to_string_lossy()))
    }));
    lines.extend(station.artwork.as_ref().map(|artwork| ("artwork", format!("{artwork:?}"))));
    lines.extend(station.relay.as_ref().map(|relay| {
        let when = if relay.on_demand { "on demand" } else { "always" };
        let urls: Vec<String> = relay.urls().map(ToString::to_string).collect();
        ("relay", format!("{} ({when})", urls.join(", else ")))
    }));
    lines
}

/// Returns the lines about unlisted stations.
pub fn unlisted_lines(unlisted: &UnlistedSettings) -> Vec<SummaryLine> {
    let station = unlisted.station(0, "/");
    let end = format!("{} s after the last audio of its source", unlisted.max_silence.as_secs());
    let public = match unlisted.public {
        DirectoryListing::Never => "no",
        DirectoryListing::Always => "yes",
        DirectoryListing::AsSource => "as the source says",
    };
    let mut lines = vec![
        ("stations", format!("at most {}", unlisted.max)),
        ("sources", allowed_sources(&station.sources)),
    ];
    let sources = source_lines(&station).into_iter();
    lines.extend(sources.filter(|(label, _)| ["takeover", "timeout", "titles"].contains(label)));
    lines.extend([("end", end), ("public", public.to_owned())]);
    let patterns: Vec<&str> = unlisted.mounts.iter().map(|mount| mount.pattern.as_str()).collect();
    lines.extend((!patterns.is_empty()).then(|| ("patterns", printable(&patterns.join(", ")))));
    lines.extend(unlisted.max_listeners.map(|max| ("listeners", format!("at most {max} each"))));
    lines
}

/// Returns the lines about the mounts of a master.
pub fn master_lines(master: &MasterSettings) -> Vec<SummaryLine> {
    let when = if master.on_demand { "on demand" } else { "always" };
    vec![
        ("stations", format!("at most {}", master.max)),
        ("list", format!("every {} s", master.interval.as_secs())),
        ("relays", when.to_owned()),
    ]
}

/// Returns the lines about the server: ports for SHOUTcast v1 sources, administrator, metrics, public URL and
/// proxies.
pub fn server_lines(settings: &Settings) -> Vec<SummaryLine> {
    let mut lines = Vec::new();
    if settings.accepts_sources() {
        let ports = settings.source_ports();
        let ports: Vec<String> = ports.iter().map(|port| port.address.to_string()).collect();
        let additional = if ports.is_empty() { String::new() } else { format!("{} and ", ports.join(", ")) };
        lines.push(("v1 sources", format!("{additional}the listening ports")));
    }
    let metrics = match settings.metrics.access {
        MetricsAccess::Public => Some("public"),
        MetricsAccess::Admin if settings.serves_metrics() => Some("administrator only"),
        MetricsAccess::Admin | MetricsAccess::Off => None,
    };
    lines.extend(metrics.map(|access| ("metrics", format!("/metrics ({access})"))));
    lines.push((
        "admin",
        match settings.admin.password {
            Some(_) => printable(&settings.admin.user),
            None => "disabled: no admin_password".to_owned(),
        },
    ));
    if let Some(url) = &settings.public_url {
        lines.push(("public url", url.clone()));
    }
    let proxies = settings.trusted_proxies.networks();
    if !proxies.is_empty() {
        let proxies: Vec<String> = proxies.iter().map(ToString::to_string).collect();
        lines.push(("proxies", proxies.join(", ")));
    }
    if !settings.embed_from.is_empty() {
        lines.push(("frames", printable(&format!("/embed in pages of {}", settings.embed_from.join(", ")))));
    }
    lines
}

fn allowed_sources(sources: &SourceSettings) -> String {
    if !sources.is_enabled() {
        return "none: neither source_password nor dj is set".to_owned();
    }
    let source = sources.account.password.as_ref().map(|_| sources.account.user.clone());
    let djs = sources.djs.iter().map(|dj| format!("DJ {} (priority {})", dj.name, dj.priority));
    printable(&source.into_iter().chain(djs).collect::<Vec<_>>().join(", "))
}

fn source_lines(station: &StationSettings) -> [SummaryLine; 5] {
    let sources = &station.sources;
    let live_start = match sources.live_start {
        LiveStart::Immediate => "immediately, with the first frame",
        LiveStart::EndOfTrack => "at the end of the AutoDJ's track",
    };
    let takeover = match sources.takeover {
        Takeover::SameUser => "by the same user, after a second without data",
        Takeover::Never => "never",
        Takeover::AnyUser => "by any user",
        Takeover::Priority => "by the same user, after a second without data, or a higher priority",
    };
    let titles = format!("{}; {}", charset(sources), title_delay(sources));
    let codec = match configured_codec(station) {
        _ if sources.allow_codec_change => "may change".to_owned(),
        Some(codec) => format!("must be {}, that of the station", codec.name()),
        None => "that of the last source; without one, listeners are told MP3".to_owned(),
    };
    [
        ("live start", live_start.to_owned()),
        ("takeover", takeover.to_owned()),
        ("timeout", format!("{} s without audio", sources.timeout.as_secs())),
        ("titles", titles),
        ("codec", codec),
    ]
}

fn charset(sources: &SourceSettings) -> String {
    let charset = sources.charset.as_deref().unwrap_or("windows-1252");
    format!("UTF-8, else {charset}")
}

fn title_delay(sources: &SourceSettings) -> String {
    match sources.title_delay.as_millis() {
        0 => "no delay".to_owned(),
        delay_ms => format!("delayed by {delay_ms} ms"),
    }
}

fn silence(station: &StationSettings) -> String {
    match station.sources.max_silence.as_secs() {
        0 => "no limit".to_owned(),
        seconds if station.fallback.is_some() => format!("moves listeners to the fallback after {seconds} s"),
        seconds => format!("disconnects listeners after {seconds} s"),
    }
}
